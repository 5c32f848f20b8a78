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
                    Ok((own, usual, digest)) => form(own, usual, digest),
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

fn form(own: Option<Quiet>, usual: Quiet, digest: bool) -> AnyView {
    let never = own.is_some_and(|q| q.from == q.to);
    let hours = own.filter(|_| !never).map(|q| (time(q.from), time(q.to)));
    let (from, to) = hours.unwrap_or_default();
    let usual = if usual.from == usual.to {
        tr("不设免打扰", "none").to_owned()
    } else {
        format!("{}–{}", time(usual.from), time(usual.to))
    };
    view! {
        <form class="handle task-settings" method="post" action="/api/fn/task_settings_save">
            <p>{tr(
                "免打扰时段内不发送提醒(紧急事项除外),时段结束后送达。",
                "Nothing that is not urgent is sent within these hours; it comes when they are over.",
            )}</p>
            <p id="usual">{tr("两项都留空为按通常时段:", "Leave both empty for the usual hours: ")} {usual}</p>
            <label for="from">{tr("免打扰开始", "Quiet from")}</label>
            <input id="from" name="from" type="time" value=from aria-describedby="usual"/>
            <label for="to">{tr("免打扰结束", "Quiet until")}</label>
            <input id="to" name="to" type="time" value=to aria-describedby="usual"/>
            <p><label><input type="checkbox" name="never" value="yes" checked=never/> " "
                {tr("不设免打扰(不看上面的时段)", "No such hours (whatever stands above)")}</label></p>
            <p><label><input type="checkbox" name="digest" value="yes" checked=digest/> " "
                {tr("每日汇总到期与逾期的待办", "Once a day, what is due and late")}</label></p>
            <p class="act"><button type="submit">{tr("保存", "Save")}</button></p>
        </form>
    }
    .into_any()
}
