//! Who asks, and what may be asked: the first line of every server function is [`need`] or one of its like.

use crate::{
    Ctx,
    error::{AppError, fail},
};
use domain::{
    account::{Due, Me},
    permission::{Permission, Permissions},
};
use leptos::prelude::use_context;
use std::sync::Arc;

/// Who asks, as the server found it out once for the request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Who {
    /// Nobody known.
    #[default]
    Nobody,
    /// A paired display, by its id.
    Display(i64),
    /// An account that signed in.
    Account(Arc<Me>),
}

impl Who {
    /// What may be asked now.
    #[must_use]
    pub fn permissions(&self) -> Permissions {
        match self {
            Self::Nobody => Permissions::NONE,
            Self::Display(_) => Permissions::DISPLAY,
            Self::Account(me) => me.permissions,
        }
    }

    /// The account, if it is one.
    #[must_use]
    pub fn me(&self) -> Option<&Arc<Me>> {
        if let Self::Account(me) = self { Some(me) } else { None }
    }
}

/// What the server refused a page for; the page is then rendered as a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

/// The context of whoever may do this.
///
/// # Errors
/// [`AppError::NotSignedIn`] for nobody, [`AppError::NotAllowed`] for whom it is not granted.
pub fn need(permission: Permission) -> Result<Ctx, AppError> {
    let ctx: Ctx = use_context().ok_or_else(|| fail(AppError::NotSignedIn))?;
    if ctx.who == Who::Nobody {
        return Err(fail(AppError::NotSignedIn));
    }
    if ctx.who.permissions().has(permission) { Ok(ctx) } else { Err(fail(AppError::NotAllowed)) }
}

/// The context of anybody who can be asked who it is, for what is open to all.
///
/// # Errors
/// [`AppError::NotSignedIn`] where no request is answered.
pub fn anybody() -> Result<Ctx, AppError> {
    use_context().ok_or_else(|| fail(AppError::NotSignedIn))
}

/// The context of an account that signed in whole, for what concerns itself: its password, second factor, sessions.
///
/// # Errors
/// [`AppError::NotSignedIn`] for nobody and for whom the code of the second factor is due, [`AppError::NotAllowed`] for a display.
pub fn account() -> Result<(Ctx, Arc<Me>), AppError> {
    let ctx: Ctx = anybody()?;
    match &ctx.who {
        Who::Account(me) if me.due == Some(Due::Code) => Err(fail(AppError::NotSignedIn)),
        Who::Account(me) => {
            let me = Arc::clone(me);
            Ok((ctx, me))
        }
        Who::Display(_) => Err(fail(AppError::NotAllowed)),
        Who::Nobody => Err(fail(AppError::NotSignedIn)),
    }
}
