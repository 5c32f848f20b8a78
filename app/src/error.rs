//! The one error of server functions: what a person is told. Details go to the server's log, never to a page.

use crate::lang::tr;
use domain::outcome::Text;
use leptos::server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};
use serde::{Deserialize, Serialize};

/// What a server function answers instead of its result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "error", content = "detail", rename_all = "snake_case")]
pub enum AppError {
    /// This display or account may not ask this.
    #[error("not allowed")]
    NotAllowed,
    /// An argument is not what the function takes.
    #[error("invalid request: {0}")]
    Invalid(String),
    /// What was asked for does not exist, or not for whoever asks.
    #[error("not found")]
    NotFound,
    /// The server could not do it now.
    #[error("the server could not answer")]
    Unavailable,
    /// The browser did not reach the server.
    #[error("the server was not reached")]
    Unreachable,
}

impl AppError {
    /// HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::NotAllowed => 403,
            Self::Invalid(_) => 400,
            Self::NotFound => 404,
            Self::Unavailable => 500,
            Self::Unreachable => 502,
        }
    }

    /// For a person, in the page's language: what happened and what to do.
    #[must_use]
    pub fn text(&self) -> &'static str {
        let Text { zh, en } = self.words();
        tr(zh, en)
    }

    /// For a person: what happened and what to do.
    #[must_use]
    pub const fn words(&self) -> Text {
        let (zh, en) = match self {
            Self::NotAllowed => ("无权查看,请先配对本显示屏", "Not allowed: pair this display first"),
            Self::Invalid(_) => ("请求无效,请检查输入", "The request is not valid: check what was entered"),
            Self::NotFound => ("没有找到,可能已被处理", "Not found: it may have been dealt with"),
            Self::Unavailable => ("服务器暂时无法应答,请稍后重试", "The server cannot answer now: try again later"),
            Self::Unreachable => ("无法连接服务器,请检查网络", "The server was not reached: check the network"),
        };
        Text { zh, en }
    }
}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(value: ServerFnErrorErr) -> Self {
        use ServerFnErrorErr as E;
        let error = match value {
            E::Args(why) | E::MissingArg(why) => Self::Invalid(why),
            // On the server it is the request that could not be read, in the browser the answer.
            #[cfg(feature = "ssr")]
            E::Deserialization(why) => Self::Invalid(why),
            E::Request(_) => Self::Unreachable,
            _ => Self::Unavailable,
        };
        #[cfg(feature = "ssr")]
        set_status(error.status());
        error
    }
}

/// Gives an error its HTTP status: without this every error of a server function is a 500.
#[cfg(feature = "ssr")]
#[must_use]
pub fn fail(error: AppError) -> AppError {
    set_status(error.status());
    error
}

/// An error of the record, for the log; a person is told only that it did not work.
#[cfg(feature = "ssr")]
pub fn internal(what: &'static str) -> impl Fn(data::Error) -> AppError {
    move |why| {
        tracing::error!(error = %why, "{what}");
        fail(AppError::Unavailable)
    }
}

/// Sets the status of the answer, if one is being made.
#[cfg(feature = "ssr")]
pub fn set_status(status: u16) {
    use axum::http::StatusCode;
    if let (Some(options), Ok(status)) =
        (leptos::context::use_context::<leptos_axum::ResponseOptions>(), StatusCode::from_u16(status))
    {
        options.set_status(status);
    }
}
