//! «导出»: whatever is shown can be had as a file, by whoever may export.

use crate::{
    features::me::who_am_i,
    lang::{Lang, tr},
};
use domain::{export::Format, permission::Permission as P};
use leptos::prelude::*;

/// Buttons that begin an export of this name, narrowed as is shown (JSON): a form that works without its module.
#[must_use]
pub fn buttons(what: String, filter: impl Fn() -> String + Clone + Send + Sync + 'static) -> AnyView {
    let who = Resource::new_blocking(|| (), |()| who_am_i());
    view! {
        <Transition>
            {move || {
                let (what, filter) = (what.clone(), filter.clone());
                Suspend::new(async move {
                    let may = who.await.ok().flatten().is_some_and(|me| me.permissions.has(P::Export));
                    may.then(|| form(what, filter))
                })
            }}
        </Transition>
    }
    .into_any()
}

fn form(what: String, filter: impl Fn() -> String + Send + Sync + 'static) -> AnyView {
    let first = untrack(&filter);
    let button = |f: Format, text: &'static str| {
        view! { <button type="submit" class="button" name="format" value=f.code() data-testid=format!("export-{}", f.code())>{text}</button> }
    };
    view! {
        <form class="export" method="post" action="/api/fn/export_begin">
            <input type="hidden" name="what" value=what/>
            <input type="hidden" name="lang" value=Lang::current().code()/>
            <input type="hidden" name="filter" value=first prop:value=filter/>
            {button(Format::Csv, tr("导出 CSV", "Export CSV"))}
            {button(Format::Xlsx, tr("导出 XLSX", "Export XLSX"))}
        </form>
    }
    .into_any()
}
