//! `/calls`: who called, what was said, and what became of it (S0-50, S0-54): the list, an entry, one.

#[cfg(feature = "ssr")]
mod act;
mod api;
pub mod enter;
mod one;
mod spec;

pub use api::{
    CallAct, CallAsk, CallChoices, CallEnter, CallList, CallOne, CallUnmask, Listed, Shown, call_act, call_ask,
    call_choices, call_enter, call_list, call_one, call_unmask,
};
pub use one::page as one;

use crate::kit::list;
use leptos::prelude::*;

/// `/calls`
#[must_use]
pub fn page() -> AnyView {
    list::page(&spec::CALLS)
}
