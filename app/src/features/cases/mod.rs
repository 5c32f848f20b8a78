//! `/cases`: complaints, reports, suggestions and repairs (S0-50): the list, an entry, one with its clocks, its documents, and how well the
//! authority keeps its terms.

#[cfg(feature = "ssr")]
mod act;
mod api;
mod document;
pub mod enter;
mod evaluation;
mod import;
mod one;
mod spec;

pub use api::{
    CaseAct, CaseAside, CaseAsideLeave, CaseAsk, CaseChoices, CaseDocument, CaseEnter, CaseEvaluation, CaseList,
    CaseOne, CaseUnmask, Shown, case_act, case_aside, case_aside_leave, case_ask, case_choices, case_document,
    case_enter, case_evaluation, case_list, case_one, case_unmask,
};
pub use document::page as document;
pub use evaluation::page as evaluation;
pub use import::page as import;
pub use one::page as one;

/// Among what a page is brought by a key: that it holds who brought the case, whole.
const SHOWN: &str = "reporter";

use crate::kit::list;
use leptos::prelude::*;

/// `/cases`
#[must_use]
pub fn page() -> AnyView {
    list::page(&spec::CASES)
}
