//! What server functions of lists and forms have in common.

use crate::{
    error::AppError,
    kit::{form::ADDRESS_MAX, list::Choices},
};
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

/// An address that has a query, with what was entered: whoever must look again types nothing twice. What makes it too long is kept here for
/// the account that typed it, and the address names it ([`crate::kit::entered`]).
pub fn with_entered<'a>(mut address: String, fields: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut kept = Values::new();
    for (name, value) in fields {
        let more = format!("&{}={}", encode(name), encode(value));
        if address.len() + more.len() <= ADDRESS_MAX {
            address.push_str(&more);
        } else {
            kept.insert(name.to_owned(), value.to_owned());
        }
    }
    if !kept.is_empty()
        && let Some(ctx) = use_context::<crate::Ctx>()
        && let Some(key) = crate::kept::typed(ctx.who.me().map_or(0, |me| me.id), kept, ctx.now)
    {
        address.push_str(&format!("&{}={key}", crate::kit::entered::NAME));
    }
    address
}

/// Whether a plain form is answered, and not a program.
pub fn is_plain() -> bool {
    let parts = use_context::<axum::http::request::Parts>();
    let accept = parts.as_ref().and_then(|p| p.headers.get(axum::http::header::ACCEPT));
    accept.and_then(|a| a.to_str().ok()).is_some_and(|a| a.contains("text/html"))
}

/// The page of something with why its form was not taken, and what was entered but the version that was seen.
pub fn again(page: &str, why: &AppError, values: &Values) -> String {
    let address = format!("{page}?why={}", encode(&why.word().unwrap_or_default()));
    let fields = values.iter().filter(|(name, value)| !value.is_empty() && name.as_str() != "seen");
    with_entered(address, fields.map(|(name, value)| (name.as_str(), value.as_str())))
}

/// The districts and organisations within sight, as lists and forms choose from them.
///
/// # Errors
/// When the record does not answer.
pub async fn places(ctx: &crate::Ctx) -> Result<Choices, AppError> {
    let c = data::incident::choices(&ctx.db, ctx.viewer).await;
    let c = c.map_err(crate::error::internal("choices of districts and organisations"))?;
    Ok(Choices::from([
        ("district".to_owned(), c.districts.into_iter().map(|(d, n)| (d.to_string(), n.clone(), n)).collect()),
        ("org".to_owned(), c.orgs.into_iter().map(|(o, n)| (o.to_string(), n.clone(), n)).collect()),
    ]))
}

/// Sends a reader whose form was posted without its module on: to the page of what was saved, or back to the form with what was
/// entered and what is wrong.
pub fn after_form(form: &str, values: &Values, saved: &Saved) {
    if !is_plain() {
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
            let fields = values.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            leptos_axum::redirect(&with_entered(address, fields));
        }
    }
}
