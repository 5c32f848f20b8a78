//! `/tasks`: what is due for whoever asks (综合提醒, S0-51): the inbox, one task, when it is told.

#[cfg(feature = "ssr")]
mod act;
mod api;
mod one;
mod settings;
mod spec;

pub use api::{
    Listed, TaskAct, TaskCounts, TaskList, TaskOne, TaskSettings, TaskSettingsSave, task_act, task_counts, task_list,
    task_one, task_settings, task_settings_save,
};
pub use one::page as one;
pub use settings::page as settings;

use crate::{
    kit::{list, who},
    lang::tr,
};
use leptos::prelude::*;

/// `/tasks`
#[must_use]
pub fn page() -> AnyView {
    list::page(&spec::TASKS)
}

/// How many tasks wait for whoever is signed in: a line of the start page. Nothing for a display, and where nothing waits.
#[must_use]
pub fn waiting() -> AnyView {
    let Some(session) = who::Session::current() else { return ().into_any() };
    let counts = Resource::new(
        || (),
        move |()| async move {
            match session.me().await {
                Some(_) => task_counts().await.ok(),
                None => None,
            }
        },
    );
    view! {
        <Suspense fallback=|| ()>
            {move || Suspend::new(async move {
                let c = counts.await.filter(|c| c.open > 0)?;
                Some(view! {
                    <p class="task-box" data-testid="tasks-waiting">
                        <a href="/tasks">{tr("我的待办", "My tasks")} " " <strong>{c.open}</strong> " " {tr("项", "open")}</a>
                        {(c.late > 0).then(|| view! {
                            <a class="late" href="/tasks?state=late">{tr("逾期", "late")} " " <strong>{c.late}</strong> " " {tr("项", "")}</a>
                        })}
                        {(c.today > 0).then(|| view! {
                            <a href="/tasks?state=today">{tr("今日到期", "due today")} " " <strong>{c.today}</strong> " " {tr("项", "")}</a>
                        })}
                    </p>
                })
            })}
        </Suspense>
    }
    .into_any()
}
