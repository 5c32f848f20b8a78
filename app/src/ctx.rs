//! What server functions of lists and forms have in common.

use crate::{error::AppError, kit::form::ADDRESS_MAX};
use domain::{
    form::{Saved, Values},
    list::encode,
};
use leptos::prelude::use_context;

/// An error of a list for whoever asked: what they cannot have meant by its name, the rest to the log.
pub fn ask_failed(what: &'static str) -> impl Fn(data::page::AskError) -> AppError {
    move |why| match why {
        data::page::AskError::Field(field) => crate::error::fail(AppError::Invalid(field.into())),
        data::page::AskError::Data(why) => crate::error::internal(what)(why),
    }
}

/// Sends a reader whose form was posted without its module on: to the page of what was saved, or back to the form with what was
/// entered and what is wrong.
pub fn after_form(form: &str, values: &Values, saved: &Saved) {
    let parts = use_context::<axum::http::request::Parts>();
    let accept = parts.as_ref().and_then(|p| p.headers.get(axum::http::header::ACCEPT));
    if !accept.and_then(|a| a.to_str().ok()).is_some_and(|a| a.contains("text/html")) {
        return;
    }
    match saved {
        Saved::Done(address) => leptos_axum::redirect(address),
        Saved::Faults(faults) => {
            let mut address = format!("{form}?checked=1");
            // Whatever the fields alone do not tell is the record's word on one of them.
            if let [fault] = faults.as_slice() {
                address.push_str(&format!("&taken={}", encode(&fault.field)));
            }
            for (name, value) in values {
                let more = format!("&{}={}", encode(name), encode(value));
                if address.len() + more.len() <= ADDRESS_MAX {
                    address.push_str(&more);
                }
            }
            leptos_axum::redirect(&address);
        }
    }
}
