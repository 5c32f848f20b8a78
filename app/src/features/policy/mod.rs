//! `/policy`: the policy of passwords and sessions.

mod api;

use crate::{
    kit::{page, told},
    lang::{Lang, tr},
};
use domain::policy::{LIMITS, Policy, Profile};
use leptos::prelude::*;
use leptos_meta::Title;

pub use api::{PolicyRead, PolicySave, policy_read, policy_save};

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let policy = Resource::new_blocking(|| (), |()| policy_read());
    let content = view! {
        <Title text=tr("安全策略 · 瓶迹", "Policy · Pingji")/>
        <h1>{tr("安全策略", "Policy")}</h1>
        {told::told()}
        <Suspense fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                match policy.await {
                    Ok(p) => form(p),
                    Err(why) => page::failed(&why),
                }
            })}
        </Suspense>
    };
    page::page(content.into_any())
}

fn form(mut policy: Policy) -> AnyView {
    let lang = Lang::current();
    let profiles = Profile::ALL.map(|p| {
        let chosen = p == policy.profile;
        view! { <option value=p.code() selected=chosen>{lang.text(p.text())}</option> }
    });
    let numbers = LIMITS.map(|l| {
        let value = policy.number(l.name).map_or_else(String::new, |n| n.to_string());
        view! {
            <label for=l.name>{lang.text(l.text)}</label>
            <input id=l.name name=format!("policy[{}]", l.name) type="number" min=l.min.to_string() max=l.max.to_string() value=value required/>
        }
    });
    view! {
        <form class="form" method="post" action="/api/fn/policy_save">
            <label for="profile">{tr("口令规则", "Rules of passwords")}</label>
            <select id="profile" name="policy[profile]">{profiles.into_iter().collect_view()}</select>
            {numbers.into_iter().collect_view()}
            <button type="submit">{tr("保存", "Save")}</button>
        </form>
    }
    .into_any()
}
