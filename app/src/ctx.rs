//! What a server function stands on: the one place that says who asks.

use crate::{Ctx, error::AppError};
use leptos::prelude::use_context;

/// The record, the viewer and the clock of this request.
///
/// # Errors
/// [`AppError::NotAllowed`] when nobody is known to ask.
pub fn ctx() -> Result<Ctx, AppError> {
    use_context().ok_or_else(|| crate::error::fail(AppError::NotAllowed))
}

/// An error of a list for whoever asked: what they cannot have meant by its name, the rest to the log.
pub fn ask_failed(what: &'static str) -> impl Fn(data::page::AskError) -> AppError {
    move |why| match why {
        data::page::AskError::Field(field) => crate::error::fail(AppError::Invalid(field.into())),
        data::page::AskError::Data(why) => crate::error::internal(what)(why),
    }
}
