//! `/orgs`: organisations (单位). `/orgs/:id`: one of them.

mod api;
mod one;
mod spec;

pub use api::{OrgChoices, OrgList, OrgOne, org_choices, org_list, org_one};
pub use one::page as one_page;

use crate::kit::list;
use leptos::prelude::*;

/// The page.
#[must_use]
pub fn page() -> AnyView {
    list::page(&spec::ORGS)
}
