//! `/records`: pre-check, fill and post-check, linked (充装前检查、充装、充装后复检).

mod api;
mod one;
mod spec;

pub use api::{RecordChoices, RecordList, RecordOne, record_choices, record_list, record_one};
pub use one::page as one_page;

use crate::kit::list;
use leptos::prelude::*;

/// The page.
#[must_use]
pub fn page() -> AnyView {
    list::page(&spec::RECORDS)
}
