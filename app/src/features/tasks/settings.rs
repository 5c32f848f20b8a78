//! `/tasks/settings`: when whoever is signed in is told of tasks, and by which browsers.

use super::task_settings;
use crate::{
    kit::{page, told},
    lang::tr,
};
use domain::message::Quiet;
use leptos::prelude::*;

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let mine = Resource::new_blocking(|| (), |()| task_settings());
    let content = view! {
        {page::title(|| tr("提醒设置 · 瓶迹", "Reminders · Pingji").to_owned())}
        <h1>{tr("提醒设置", "When I am told")}</h1>
        {told::told()}
        <Suspense fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                match mine.await {
                    Ok((quiet, digest)) => form(quiet, digest),
                    Err(why) => page::failed(&why),
                }
            })}
        </Suspense>
        {crate::features::push::section()}
        <p><a href="/tasks">{tr("返回待办", "Back to the tasks")}</a></p>
    };
    page::page(content.into_any())
}

/// A minute of the day as a time field takes it.
fn time(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

fn form(quiet: Quiet, digest: bool) -> AnyView {
    let (from, to) =
        if quiet == Quiet::NEVER { <(String, String)>::default() } else { (time(quiet.from), time(quiet.to)) };
    view! {
        <form class="handle task-settings" method="post" action="/api/fn/task_settings_save">
            <p>{tr(
                "免打扰时段内不发送提醒(紧急事项除外),时段结束后送达。两项都留空为不设免打扰。",
                "Nothing that is not urgent is sent within these hours; it comes when they are over. Leave both empty for no such hours.",
            )}</p>
            <label for="from">{tr("免打扰开始", "Quiet from")}</label>
            <input id="from" name="from" type="time" value=from/>
            <label for="to">{tr("免打扰结束", "Quiet until")}</label>
            <input id="to" name="to" type="time" value=to/>
            <p><label><input type="checkbox" name="digest" value="yes" checked=digest/> " "
                {tr("每日汇总到期与逾期的待办", "Once a day, what is due and late")}</label></p>
            <p class="act"><button type="submit">{tr("保存", "Save")}</button></p>
        </form>
    }
    .into_any()
}
