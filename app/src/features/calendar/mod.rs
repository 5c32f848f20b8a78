//! `/calendar`: the working-day calendar that terms are counted on (rules.md §11): a year at a glance, and the import of another one with what
//! it would change.

#[cfg(feature = "ssr")]
mod act;
mod api;
mod page;

pub use api::{CalendarLook, CalendarPut, CalendarYear, calendar_look, calendar_put, calendar_year};
pub use page::page;
