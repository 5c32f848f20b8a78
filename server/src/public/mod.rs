//! What anybody may ask without an account: the truth of a cylinder by its code (S0-51, S0-58B; rules.md §8). Addresses that are printed
//! on labels live as long as these: `/q/{code}`, and the source's `/Q?id=` and `/L?id=` (S1 5.1.1).

mod case;
mod kept;
mod news;
mod rating;
mod throttle;

pub use throttle::Throttles;

use crate::{
    access::{cookie, guard},
    api::problem::english,
    state::AppState,
    web::viewer,
};
use app::{
    Who,
    lang::{self, Lang},
    public::{
        frame::{Reading, SCRIPT, STYLE},
        scan::{Answer, Asked, Beside, document},
    },
};
use axum::{
    Extension, Router,
    extract::{ConnectInfo, Path, RawQuery, State, rejection::PathRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use data::secret::sha;
use domain::{
    codes::{self, Kind},
    list::encode,
    permission::Permission,
    scan::Found,
};
use percent_encoding::percent_decode_str;
use sha2::{Digest, Sha256};
use std::{
    net::{IpAddr, SocketAddr},
    sync::LazyLock,
    time::Instant,
};

/// Longest code that is looked for, bytes.
const CODE_MAX: usize = 200;

/// The connection that asks.
type Peer = Option<Extension<ConnectInfo<SocketAddr>>>;

/// The pages.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/q", get(by_form))
        .route("/q/", get(by_form))
        .route("/q/{code}", get(by_path))
        .route("/Q", get(by_label))
        .route("/Q/", get(by_label))
        .route("/L", get(by_label))
        .route("/L/", get(by_label))
        .merge(case::routes())
        .merge(news::routes())
        .merge(rating::routes())
}

/// What may run and be shown: the document's own style and script, by their content.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    // Nothing here connects; readers of pages look for /robots.txt from within them.
    let text = format!(
        "default-src 'none'; style-src '{}' '{}'; script-src '{}'; img-src data:; connect-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'",
        hashed(STYLE),
        hashed(case::STYLE),
        hashed(SCRIPT)
    );
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("default-src 'none'"))
});

/// A style or script as a policy names it.
fn hashed(text: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(text.as_bytes())))
}

/// A parameter of an address, decoded.
fn parameter(query: &str, name: &str) -> Option<String> {
    let found = query.split('&').filter_map(|p| p.split_once('=')).find(|(n, _)| *n == name)?;
    Some(decoded(found.1))
}

/// A name or value of a form, decoded.
fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

/// The address that asks; `None` where no connection is known.
fn asker(app: &AppState, peer: &Peer, headers: &HeaderMap) -> Option<IpAddr> {
    peer.as_ref().map(|Extension(ConnectInfo(p))| guard::asker(p.ip().to_canonical(), headers, &app.proxies))
}

/// How the page is to be read: as the address says, as was chosen before, else as the browser is set.
fn reading(query: &str, headers: &HeaderMap) -> Reading {
    let chosen = || cookie(headers, lang::COOKIE).map(|c| Lang::from_code(&c));
    Reading {
        lang: lang::in_query(query).or_else(chosen).unwrap_or(if english(headers) { Lang::En } else { Lang::Zh }),
        big: parameter(query, "big").is_some_and(|b| b == "1"),
    }
}

async fn by_form(app: State<AppState>, peer: Peer, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let code = parameter(&query, "code").unwrap_or_default();
    let code = code.trim();
    if code.is_empty() && parameter(&query, "id").is_some() {
        return by_label(app, peer, headers, RawQuery(Some(query))).await;
    }
    // Dots alone would be a step up in the address.
    if code.is_empty() || code.len() > CODE_MAX || code.chars().all(|c| c == '.') {
        return answer(&app, peer, &headers, &query, code.to_owned()).await;
    }
    let rest: Vec<&str> = query.split('&').filter(|p| matches!(*p, "lang=en" | "lang=zh" | "big=1")).collect();
    let and = if rest.is_empty() { "" } else { "?" };
    Redirect::to(&format!("/q/{}{and}{}", encode(code), rest.join("&"))).into_response()
}

async fn by_path(
    app: State<AppState>,
    peer: Peer,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    code: Result<Path<String>, PathRejection>,
) -> Response {
    // What is no text is no code.
    let code = code.map_or_else(|_| "\u{fffd}".to_owned(), |Path(c)| c);
    answer(&app, peer, &headers, &query.unwrap_or_default(), code).await
}

/// The addresses of the source's labels: division and tag in one number.
async fn by_label(app: State<AppState>, peer: Peer, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let id = parameter(&query, "id").unwrap_or_default();
    let read = if id.len() > CODE_MAX { vec![] } else { codes::read(&format!("https://q/Q?id={}", encode(&id))) };
    let code = read.into_iter().find(|r| r.kind == Kind::Tag).map_or(id, |r| r.text);
    answer(&app, peer, &headers, &query, code).await
}

/// Whether a code can be one: short, and of letters that are seen.
fn can_be(code: &str) -> bool {
    code.len() <= CODE_MAX && !code.chars().any(|c| c.is_control() || c == '\u{fffd}')
}

/// What stays of a text that is no code, to be shown again.
fn clipped(code: &str) -> String {
    code.chars().filter(|c| !c.is_control()).take(60).collect()
}

async fn answer(app: &AppState, peer: Peer, headers: &HeaderMap, query: &str, code: String) -> Response {
    let address = asker(app, &peer, headers);
    let code = code.trim();
    // A token is that of the tag, however its code is written.
    let possible = can_be(code);
    let tags = if possible { data::scan::tags(code) } else { vec![] };
    let good = |k: &String| tags.iter().any(|t| sha(k) == sha(&app.access.master.label_token(t)));
    // Somebody may paste the whole address of a label.
    let pasted = || code.split_once('?').and_then(|(_, q)| parameter(q, "k"));
    let asked = Asked {
        reading: reading(query, headers),
        code: if possible { code.to_owned() } else { clipped(code) },
        token: parameter(query, "k").or_else(pasted).filter(|k| k.len() <= 64).filter(good),
        now: app.clock.now(),
    };
    let found = if code.is_empty() {
        Answer::Ask
    } else if possible {
        found(app, headers, address, &asked, (code, &tags)).await.unwrap_or_else(|why| {
            tracing::error!(error = %why, "a cylinder by its code");
            Answer::Down
        })
    } else {
        Answer::Nothing
    };
    let status = match &found {
        Answer::Ask | Answer::One(..) | Answer::Several => StatusCode::OK,
        Answer::Nothing => StatusCode::NOT_FOUND,
        Answer::Later(_) => StatusCode::TOO_MANY_REQUESTS,
        Answer::Down => StatusCode::SERVICE_UNAVAILABLE,
    };
    let mut response = page(status, document(&asked, &found));
    if let Answer::Later(seconds) = found {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// A page of these, with what goes with all of them.
fn page(status: StatusCode, html: String) -> Response {
    let mut response = (status, html).into_response();
    let h = response.headers_mut();
    h.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    h.insert(header::CONTENT_SECURITY_POLICY, POLICY.clone());
    h.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // A label's token stands in the address: nobody else is told of it. Forms must say where they come from.
    h.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

async fn found(
    app: &AppState,
    headers: &HeaderMap,
    address: Option<IpAddr>,
    asked: &Asked,
    code: (&str, &[String]),
) -> Result<Answer, data::Error> {
    let who = app.access.who(headers).await?;
    let staff = who.permissions().has(Permission::CylinderRead);
    // Whoever has a token, or an account, has it from the authority.
    let counted = address.filter(|_| asked.token.is_none() && !staff);
    if let Some(address) = counted
        && let Err(wait) = app.throttles.codes.ask(address, Instant::now())
    {
        return Ok(Answer::Later(wait.as_secs().saturating_add(1)));
    }
    let leads = || {
        if let Some(address) = counted {
            app.throttles.codes.found(address, Instant::now());
        }
    };
    let soon = app.rules.now().due_soon_days();
    match data::scan::answer(&app.db, code, asked.token.is_some(), asked.now, soon).await? {
        Found::One(scan) => {
            leads();
            let beside = if staff { beside(app, &who, scan.id, asked.now).await? } else { None };
            Ok(Answer::One(scan, beside))
        }
        Found::Several => {
            leads();
            Ok(Answer::Several)
        }
        Found::Nothing => Ok(Answer::Nothing),
    }
}

/// What staff sees of it beside, where it lies within their scope.
async fn beside(app: &AppState, who: &Who, cylinder: i64, now: i64) -> Result<Option<Beside>, data::Error> {
    let soon = app.rules.now().due_soon_days();
    let line = data::scan::beside(&app.db, viewer(who), cylinder, now, soon).await?;
    Ok(line.map(|l| Beside { custody: l.custody, faults: l.faults(), place: l.place }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_whatever_stands_around_them() {
        assert_eq!(parameter("a=1&code=%E7%93%B6+1&code=2", "code").as_deref(), Some("瓶 1"));
        assert_eq!(parameter("code", "code"), None);
        assert_eq!(parameter("code=%ff%zz", "code").map(|c| can_be(&c)), Some(false));
    }

    #[test]
    fn the_policy_is_one() {
        let text = POLICY.to_str().unwrap();
        assert!(text.contains("style-src 'sha256-") && !text.contains("unsafe"), "{text}");
    }
}
