//! `/tags`: tags with the cylinders that they lead to. `/tags/bind` binds one.

mod api;
pub mod bind;
mod spec;

pub use api::{TagAsk, TagBind, TagList, tag_ask, tag_bind, tag_list};

use crate::kit::list;
use leptos::prelude::*;

/// The page.
#[must_use]
pub fn page() -> AnyView {
    list::page(&spec::TAGS)
}
