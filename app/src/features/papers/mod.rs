//! `/papers`: documents with receipt (公文签收, S0-54): the list, one that is drawn up, one with its parties, its receipt sheet.

#[cfg(feature = "ssr")]
mod act;
mod answer;
mod api;
mod files;
mod one;
mod sheet;
mod spec;
mod write;

pub use api::{
    PaperAct, PaperAnswer, PaperAsk, PaperDrop, PaperIssue, PaperList, PaperOne, PaperSheet, PaperSign, Reply, Shown,
    ToIssue, paper_act, paper_answer, paper_ask, paper_drop, paper_issue, paper_list, paper_one, paper_sheet,
    paper_sign,
};
pub use one::page as one;
pub use sheet::page as sheet;
pub use write::page as write;

use crate::{
    kit::{list, told, who},
    lang::tr,
};
use leptos::prelude::*;

/// Where what is entered is kept with its files: a form of several parts, as files come.
pub(crate) const KEEP: &str = "/attachments/draft";
/// Fields of a document as its draft holds them: those that hold several words hold them separated by commas.
pub const FIELDS: [&str; 10] =
    ["number", "title", "issuer", "body", "deadline", "answer", "orgs", "areas", "kinds", "districts"];

/// `/papers`
#[must_use]
pub fn page() -> AnyView {
    list::page_with(&spec::PAPERS, above)
}

fn above() -> AnyView {
    let ways = |may: domain::permission::Permissions| {
        let write = who::opens(may, "/papers/new")
            .then(|| view! { <a class="button strong" href="/papers/new">{tr("拟发公文", "Draw up a document")}</a> });
        let own = may.has(domain::permission::Permission::PaperSign).then(
            || view! { <a class="button" href="/papers?state=open">{tr("待我单位办理", "For us to deal with")}</a> },
        );
        view! {
            <p class="act">{write} {own} <a class="button" href="/papers?state=late">{tr("已逾期", "Overdue")}</a></p>
        }
        .into_any()
    };
    view! { <div class="message-ways">{told::told()} {who::permitted(ways)}</div> }.into_any()
}
