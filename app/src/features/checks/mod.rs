//! `/checks`: catalogues of check items (检查项目). `/checks/:catalogue`: one of them in a version, what it changes, and its draft.
//! `/checks/edit`: an item of a draft. `/cylinders/:code/checks`: the checks of a cylinder.

#[cfg(feature = "ssr")]
mod act;
mod api;
mod catalogue;
pub mod edit;
mod of_cylinder;

pub use api::{
    CheckAsk, CheckCatalogue, CheckCatalogues, CheckDraft, CheckSave, CylinderChecks, check_ask, check_catalogue,
    check_catalogues, check_draft, check_save, cylinder_checks,
};
pub use catalogue::page as catalogue_page;
pub use of_cylinder::page as of_cylinder_page;

use crate::{
    kit::{format, list::Tone, page, table},
    lang::{Lang, tr},
};
use domain::{
    check::{Severity, Summary, Version},
    clock,
};
use leptos::prelude::*;
use leptos_meta::Title;

/// `/checks`
#[must_use]
pub fn page() -> AnyView {
    let all = Resource::new_blocking(|| (), |()| check_catalogues());
    let content = view! {
        <Title text=format!("{} · {}", tr("检查项目", "Check items"), tr("瓶迹", "Pingji"))/>
        <h1>{tr("检查项目", "Check items")}</h1>
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                match all.await {
                    Ok(all) => catalogues(all),
                    Err(why) => page::failed(&why),
                }
            })}
        </Transition>
    };
    page::page(content.into_any())
}

fn catalogues(all: Vec<Summary>) -> AnyView {
    let lang = Lang::current();
    let row = |s: Summary| {
        let href = format!("/checks/{}", s.catalogue.code());
        let state = s.draft.then(|| view! { " " <span class="badge warn">{tr("有草稿", "Draft")}</span> });
        vec![
            view! { <a href=href.clone()>{lang.text(s.catalogue.text())}</a> {state} }.into_any(),
            view! { <a href=href.clone()>{format::count(s.asked)}</a> }.into_any(),
            view! { <a href=format!("{href}?only=unconfirmed")>{format::count(s.unconfirmed)}</a> }.into_any(),
            s.version.no.to_string().into_any(),
            since(&s.version).into_any(),
        ]
    };
    let columns = [
        (tr("目录", "Catalogue"), ""),
        (tr("启用项目(项)", "Items asked"), "num"),
        (tr("其中待确认(项)", "To be confirmed"), "num"),
        (tr("现行版本", "Version"), "num"),
        (tr("生效", "In force since"), "when"),
    ];
    view! {
        <p class="quiet">
            {tr(
                "每个目录按版本发布:发布后的版本不再改动,旧版本保持可读,每次检查按其入库时的版本解释。",
                "Each catalogue is published in versions: a published one never changes, older ones stay readable, and each check is read by the version of its time.",
            )}
        </p>
        {table::table(tr("检查项目目录", "Catalogues"), "catalogues", &columns, all.into_iter().map(row).collect())}
    }
    .into_any()
}

/// Since when a version is in force.
fn since(v: &Version) -> String {
    match v.published_at {
        None => tr("草稿", "draft").to_owned(),
        Some(0) => tr("随系统提供", "ships with the product").to_owned(),
        Some(at) => clock::local_text(at),
    }
}

/// How grave, as a badge.
pub(crate) fn severity(s: Severity) -> AnyView {
    let tone = match s {
        Severity::Common => Tone::Plain,
        Severity::Serious => Tone::Warn,
        Severity::Grave => Tone::Bad,
    };
    view! { <span class=format!("badge {}", tone.class())>{Lang::current().text(s.text())}</span> }.into_any()
}
