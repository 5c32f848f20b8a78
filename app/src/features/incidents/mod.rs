//! `/accidents`, `/hazards`: the registers of accidents (事故) and hazards (隐患), each with its entry and the page of one.

#[cfg(feature = "ssr")]
mod act;
mod api;
pub mod enter;
mod one;
mod spec;

pub use api::{
    AccidentEnter, HazardEnter, IncidentAct, IncidentAsk, IncidentChoices, IncidentList, IncidentOne, accident_enter,
    hazard_enter, incident_act, incident_ask, incident_choices, incident_list, incident_one,
};

use crate::kit::list;
use domain::incident::Register;
use leptos::prelude::*;

/// `/accidents`
#[must_use]
pub fn accidents() -> AnyView {
    list::page(&spec::ACCIDENTS)
}

/// `/hazards`
#[must_use]
pub fn hazards() -> AnyView {
    list::page(&spec::HAZARDS)
}

/// `/accidents/:id`
#[must_use]
pub fn accident() -> AnyView {
    one::page(Register::Accident)
}

/// `/hazards/:id`
#[must_use]
pub fn hazard() -> AnyView {
    one::page(Register::Hazard)
}
