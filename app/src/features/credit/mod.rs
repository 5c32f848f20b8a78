//! `/credit`: how enterprises and makers are rated (S0-50): the list, the page of one with every point and what would mend it, appeals, and
//! what a regulator enters.

#[cfg(feature = "ssr")]
mod act;
mod api;
pub mod appeal;
pub mod enter;
mod one;
mod spec;

pub use api::{
    CreditAct, CreditAppeal, CreditAppealAsk, CreditAppealOne, CreditAppeals, CreditAsk, CreditChoices, CreditEnter,
    CreditEntries, CreditEntryAct, CreditList, CreditOne, Shown, credit_act, credit_appeal, credit_appeal_ask,
    credit_appeal_one, credit_appeals, credit_ask, credit_choices, credit_enter, credit_entries, credit_entry_act,
    credit_list, credit_one,
};
pub use one::page as one;

use crate::kit::list;
use leptos::prelude::*;

/// `/credit`
#[must_use]
pub fn page() -> AnyView {
    list::page(&spec::RATINGS)
}

/// `/credit/appeals`
#[must_use]
pub fn appeals() -> AnyView {
    list::page(&spec::APPEALS)
}

/// `/credit/entries`
#[must_use]
pub fn entries() -> AnyView {
    list::page(&spec::ENTRIES)
}
