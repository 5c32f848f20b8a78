//! The one error of server functions: what a person is told. Details go to the server's log, never to a page.

use crate::lang::Lang;
use domain::{case::Bar, message::push, outcome::Text, policy::Weak, post, rules::draft::Deny};
use leptos::server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};
use serde::{Deserialize, Serialize};

/// What a server function answers instead of its result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "error", content = "detail", rename_all = "snake_case")]
pub enum AppError {
    /// Nobody known asks this.
    #[error("not signed in")]
    NotSignedIn,
    /// This display or account may not ask this.
    #[error("not allowed")]
    NotAllowed,
    /// The account, password or code is wrong: which of them is not told.
    #[error("wrong account, password or code")]
    Wrong,
    /// Too many failures: nothing is looked at for a while.
    #[error("too many attempts")]
    TooMany,
    /// The new password cannot be taken.
    #[error("the password cannot be taken")]
    Weak(Weak),
    /// A field of a form cannot be taken.
    #[error("the field {0} cannot be taken")]
    Field(String),
    /// The name is taken.
    #[error("the name is taken")]
    Taken,
    /// What was looked at is not what stands there now.
    #[error("changed meanwhile")]
    Stale,
    /// As many exports are under way as one may have.
    #[error("as many exports are under way as one may have")]
    Busy,
    /// Something cannot be done with a draft of the rules now.
    #[error("the draft cannot be taken on")]
    Draft(Deny),
    /// Something stands against what is to be done with a case.
    #[error("the case does not allow it")]
    Case(Bar),
    /// Something cannot be done with a post now.
    #[error("the post does not allow it")]
    Post(post::Deny),
    /// This browser cannot be told of messages.
    #[error("the browser cannot be told")]
    Push(push::Refused),
    /// Who decided something does not decide on it again.
    #[error("somebody else must decide this")]
    Own,
    /// The roles do not go together, or not with the scope.
    #[error("these roles cannot be held")]
    Roles,
    /// An argument is not what the function takes.
    #[error("invalid request: {0}")]
    Invalid(String),
    /// What was asked for does not exist, or not for whoever asks.
    #[error("not found")]
    NotFound,
    /// Too much is asked of the server at once.
    #[error("the server has too much to do")]
    Overloaded,
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
            Self::NotSignedIn | Self::Wrong => 401,
            Self::NotAllowed => 403,
            Self::TooMany | Self::Busy => 429,
            Self::Taken | Self::Stale | Self::Draft(_) | Self::Case(_) | Self::Post(_) | Self::Own => 409,
            Self::Weak(_) | Self::Field(_) | Self::Roles | Self::Push(_) => 422,
            Self::Invalid(_) => 400,
            Self::NotFound => 404,
            Self::Unavailable => 500,
            Self::Overloaded => 503,
            Self::Unreachable => 502,
        }
    }

    /// For a person, in the page's language: what happened and what to do.
    #[must_use]
    pub fn text(&self) -> &'static str {
        Lang::current().text(self.words())
    }

    /// For a person: what happened and what to do.
    #[must_use]
    pub fn words(&self) -> Text {
        let (zh, en) = match self {
            Self::NotSignedIn => ("请先登录", "Sign in first"),
            Self::NotAllowed => ("无此权限,如需使用请联系安全管理员", "Not allowed: ask the security administrator"),
            Self::Wrong => ("账号、口令或验证码不正确", "The account, password or code is not right"),
            Self::TooMany => (
                "尝试次数过多,请稍后再试或联系安全管理员解锁",
                "Too many attempts: wait, or ask the security administrator to unlock",
            ),
            Self::Weak(why) => return why.text(),
            Self::Draft(why) => return why.text(),
            Self::Case(bar) => return bar.text(),
            Self::Post(why) => return why.info(),
            Self::Push(why) => return why.info(),
            Self::Field(_) => {
                ("填写内容有误,请按提示修改", "Something that was entered cannot be taken: see the hint at the field")
            }
            Self::Taken => ("该账号名已被使用,请换一个", "This name is taken: choose another"),
            Self::Stale => (
                "内容在此期间已有变化,请重新核对后再操作",
                "It was changed meanwhile, or allows this no more: look again",
            ),
            Self::Own => (
                "不得办理自己登记或决定过的事项,请由另一人办理",
                "Who entered or decided it does not decide on it: somebody else must",
            ),
            Self::Busy => (
                "已有 5 个导出在进行,请等待其中一个完成,或先取消一个",
                "Five exports are under way: wait for one, or cancel one first",
            ),
            Self::Roles => (
                "角色组合与数据范围不符:三类管理员须单独任职,企业角色须限定单位,区县角色须限定区县",
                "These roles do not go together with this scope: administrators stand alone, enterprise roles need an enterprise, district roles a district",
            ),
            Self::Invalid(_) => ("请求无效,请检查输入", "The request is not valid: check what was entered"),
            Self::NotFound => ("没有找到,可能已被处理", "Not found: it may have been dealt with"),
            Self::Overloaded => ("服务器繁忙,请稍后重试", "The server has too much to do: try again later"),
            Self::Unavailable => ("服务器暂时无法应答,请稍后重试", "The server cannot answer now: try again later"),
            Self::Unreachable => ("无法连接服务器,请检查网络", "The server was not reached: check the network"),
        };
        Text { zh, en }
    }
}

impl AppError {
    /// A word for the address of a page, from which [`told`] makes the error again. Only what a form can meet has one.
    #[must_use]
    pub fn word(&self) -> Option<String> {
        Some(match self {
            Self::Wrong => "wrong".into(),
            Self::TooMany => "too_many".into(),
            Self::Weak(why) => format!("weak_{}", Weak::ALL.iter().position(|w| w == why)?),
            Self::Draft(why) => format!("draft_{}", Deny::ALL.iter().position(|w| w == why)?),
            Self::Case(bar) => format!("case_{}", bar.code()),
            Self::Post(why) => format!("post_{}", why.code()),
            Self::Push(why) => format!("push_{}", why.code()),
            Self::Field(_) | Self::Invalid(_) => "field".into(),
            Self::Taken => "taken".into(),
            Self::Busy => "busy".into(),
            Self::Stale => "stale".into(),
            Self::Own => "own".into(),
            Self::Roles => "roles".into(),
            Self::NotFound => "not_found".into(),
            Self::Overloaded => "overloaded".into(),
            Self::Unavailable => "unavailable".into(),
            Self::NotSignedIn | Self::NotAllowed | Self::Unreachable => return None,
        })
    }
}

/// The error that a word of the address tells, if it is one: texts of our own only, whatever the address says.
#[must_use]
pub fn told(word: &str) -> Option<AppError> {
    Some(match word {
        "wrong" => AppError::Wrong,
        "too_many" => AppError::TooMany,
        "field" => AppError::Field(String::new()),
        "taken" => AppError::Taken,
        "busy" => AppError::Busy,
        "stale" => AppError::Stale,
        "own" => AppError::Own,
        "roles" => AppError::Roles,
        "not_found" => AppError::NotFound,
        "overloaded" => AppError::Overloaded,
        "unavailable" => AppError::Unavailable,
        _ if word.starts_with("draft_") => {
            AppError::Draft(*Deny::ALL.get(word.strip_prefix("draft_")?.parse::<usize>().ok()?)?)
        }
        _ if word.starts_with("case_") => AppError::Case(Bar::from_code(word.strip_prefix("case_")?)?),
        _ if word.starts_with("post_") => AppError::Post(post::Deny::from_code(word.strip_prefix("post_")?)?),
        _ if word.starts_with("push_") => AppError::Push(push::Refused::from_code(word.strip_prefix("push_")?)?),
        _ => AppError::Weak(*Weak::ALL.get(word.strip_prefix("weak_")?.parse::<usize>().ok()?)?),
    })
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

/// Gives an error its HTTP status: without this every error of a server function is a 500. A plain form goes back to the
/// page it stands on, which tells the error ([`told`]).
#[cfg(feature = "ssr")]
#[must_use]
pub fn fail(error: AppError) -> AppError {
    let back = form_page().filter(|_| !matches!(error, AppError::NotAllowed | AppError::NotSignedIn));
    match (back, error.word()) {
        (Some(page), Some(why)) => leptos_axum::redirect(&with_query(&page, "why", &why)),
        _ => set_status(error.status()),
    }
    error
}

/// The same, but a plain form goes to this page of ours: it tells the error, and what was entered.
#[cfg(feature = "ssr")]
#[must_use]
pub fn fail_at(error: AppError, page: &str) -> AppError {
    if form_page().is_some() {
        leptos_axum::redirect(page);
    } else {
        set_status(error.status());
    }
    error
}

/// After a form was taken: on to a page of ours.
#[cfg(feature = "ssr")]
pub fn done(page: &str) {
    leptos_axum::redirect(page);
}

/// The page on which the plain form stands that is being answered: its path and query, as the browser tells it.
#[cfg(feature = "ssr")]
fn form_page() -> Option<String> {
    use axum::http::{Method, header};
    let parts = leptos::context::use_context::<axum::http::request::Parts>()?;
    let text = |name| parts.headers.get(name).and_then(|v| v.to_str().ok());
    if parts.method != Method::POST || !text(header::ACCEPT)?.contains("text/html") {
        return None;
    }
    let (_, rest) = text(header::REFERER)?.split_once("://")?;
    let path = rest.find('/').map_or("/", |at| &rest[at..]);
    domain::account::own_path(path.split('#').next().unwrap_or_default()).map(str::to_owned)
}

/// A path with one query parameter set.
#[cfg(feature = "ssr")]
fn with_query(path: &str, name: &str, value: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let told = ["why", "done"];
    let kept = query.split('&').filter(|q| !q.is_empty() && !told.contains(&q.split('=').next().unwrap_or_default()));
    let all: Vec<String> = kept.map(str::to_owned).chain([format!("{name}={value}")]).collect();
    format!("{path}?{}", all.join("&"))
}

/// An error of the record, for the log; a person is told only that it did not work.
#[cfg(feature = "ssr")]
pub fn internal<E: Into<data::Error>>(what: &'static str) -> impl Fn(E) -> AppError {
    move |why| {
        let why: data::Error = why.into();
        if why.is_overload() {
            tracing::warn!(error = %why, "{what}");
            return fail(AppError::Overloaded);
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_tells_the_error_again_and_nothing_else() {
        let weak = Weak::ALL.iter().map(|w| AppError::Weak(*w));
        let others = [
            AppError::Wrong,
            AppError::TooMany,
            AppError::Taken,
            AppError::Busy,
            AppError::Stale,
            AppError::Roles,
            AppError::NotFound,
            AppError::Overloaded,
            AppError::Unavailable,
        ];
        let drafts = Deny::ALL.iter().map(|w| AppError::Draft(*w));
        let posts = post::Deny::ALL.iter().map(|w| AppError::Post(*w));
        let pushes = push::Refused::ALL.iter().map(|w| AppError::Push(*w));
        for e in weak.chain(drafts).chain(posts).chain(pushes).chain(others) {
            assert_eq!(e.word().and_then(|w| told(&w)), Some(e));
        }
        for word in ["", "weak_", "weak_99", "<script>", "not_allowed"] {
            assert_eq!(told(word), None, "{word}");
        }
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn a_query_is_told_once() {
        assert_eq!(with_query("/me", "why", "wrong"), "/me?why=wrong");
        assert_eq!(with_query("/login?next=/wall&why=x&done=1", "why", "wrong"), "/login?next=/wall&why=wrong");
    }
}
