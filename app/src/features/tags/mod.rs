//! `/tags`: tags with the cylinders that they lead to. `/tags/bind` binds or replaces one, `/tags/void` voids one, `/tags/series` are
//! those that were issued, `/tags/issue` issues more.

mod api;
pub mod bind;
pub mod issue;
mod series;
mod spec;
pub mod void;

pub use api::{
    IssueAsk, SeriesList, TagAsk, TagBind, TagIssue, TagList, TagVoid, VoidAsk, issue_ask, series_list, tag_ask,
    tag_bind, tag_issue, tag_list, tag_void, void_ask,
};

use crate::kit::list;
use leptos::prelude::*;

/// The page.
#[must_use]
pub fn page() -> AnyView {
    list::page(&spec::TAGS)
}

/// The page of the series.
#[must_use]
pub fn series_page() -> AnyView {
    list::page(&series::SERIES)
}
