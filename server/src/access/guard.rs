//! The guard before pages and server functions: who asks is found out here, once, and what the table of pages does not
//! grant is refused, the same whether the thing that was asked for exists or not.

use super::pairing;
use crate::{api::problem::Problem, attachment, state::AppState, ws};
use app::{
    Who,
    access::Asker,
    error::AppError,
    kit::told::query_value,
    routes::{self, Access},
};
use axum::{
    Json,
    body::Body,
    extract::{ConnectInfo, Request},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{Html, IntoResponse, Redirect, Response},
};
use data::audit::Actor;
use domain::{
    account::{Due, Me, own_path},
    outcome::RequestCode,
    permission::Permission,
    scope::Scope,
};
use std::net::{IpAddr, SocketAddr};

/// Where server functions are.
const FUNCTIONS: &str = "/api/fn/";
/// Where finished exports lie.
const EXPORTS: &str = "/exports/";
/// Where packs of evidence are made.
const EVIDENCE: &str = "/evidence/";
/// Where staff sends files that are attached afterwards, alone or with what else was entered.
const ATTACHMENTS: [&str; 2] = ["/attachments", "/attachments/draft"];
/// Functions that are answered to anybody: signing in, and who one is.
pub const OPEN_FUNCTIONS: [&str; 3] = ["/api/fn/login", "/api/fn/logout", "/api/fn/who_am_i"];

/// What the guard makes of a request.
enum Verdict {
    Pass,
    Refused,
    To(String),
    SignIn,
    Pair,
}

/// The address that asks: the connection's, or, where that is a proxy of ours, the last in `X-Forwarded-For` that is none. What stands
/// before it anybody can write.
pub(crate) fn asker(peer: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> IpAddr {
    if !proxies.contains(&peer) {
        return peer;
    }
    let told: Vec<&str> =
        headers.get_all("x-forwarded-for").iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(',')).collect();
    for text in told.into_iter().rev() {
        // A proxy may add the port.
        let text = text.trim();
        let ip = text.parse::<IpAddr>().or_else(|_| text.parse::<SocketAddr>().map(|a| a.ip()));
        // What is no address was not written by a proxy of ours.
        let Ok(ip) = ip.map(|ip| ip.to_canonical()) else { return peer };
        if !proxies.contains(&ip) {
            return ip;
        }
    }
    peer
}

/// Guards; `refusal` renders the page that says no.
pub async fn guard<F, R>(app: AppState, refusal: F, mut request: Request<Body>, next: Next) -> Response
where
    F: Fn(Request<Body>) -> R,
    R: Future<Output = Response>,
{
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let address = peer.map(|ConnectInfo(p)| asker(p.ip().to_canonical(), request.headers(), &app.proxies));
    let address = address.map_or_else(String::new, |a| a.to_string());
    // Writes come from our own pages only, signing in too; reads carry no Origin.
    if !ws::same_origin(request.headers()) {
        return Problem::new(RequestCode::ForeignOrigin, request.headers()).into_response();
    }
    let who = match app.access.who(request.headers()).await {
        Ok(w) => w,
        Err(why) => {
            tracing::error!(error = %why, "who asks");
            return Problem::new(RequestCode::Busy, request.headers()).into_response();
        }
    };
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let token = query.split('&').find_map(|p| p.strip_prefix("pair=")).filter(|_| request.method() == "GET");
    if let Some(token) = token {
        return by_link(&app, &who, token, &path, request.headers(), &address).await;
    }
    let function = path.starts_with(FUNCTIONS);
    let verdict = if function { of_function(&who, &path) } else { of_page(&who, &path, &query) };
    let actor = who.me().map(|me| Actor { account: me.id, session: me.session, address: address.clone() });
    let headers = request.headers().clone();
    request.extensions_mut().insert(Asker { who: who.clone(), address: address.clone() });
    let mut response = match verdict {
        Verdict::Pass => {
            let response = next.run(request).await;
            if function && is_form(&headers) && response.status() == StatusCode::FORBIDDEN {
                // A person gets a page, not what a program reads.
                let mut again = Request::new(Body::empty());
                *again.headers_mut() = headers.clone();
                again.extensions_mut().insert(Asker { who, address });
                refusal(again).await
            } else {
                response
            }
        }
        Verdict::Refused => refusal(request).await,
        Verdict::To(to) => Redirect::to(&to).into_response(),
        Verdict::Pair => pairing::page(&app, &headers, &address, &asked(&path, &query)).await,
        Verdict::SignIn if function => not_signed_in(&headers),
        Verdict::SignIn => Redirect::to(&sign_in(&asked(&path, &query))).into_response(),
    };
    // What one account was shown is not shown to another from a store.
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if response.status() == StatusCode::FORBIDDEN
        && let Some(actor) = actor
    {
        app.access.refused(&actor, &path).await;
    }
    response
}

fn asked(path: &str, query: &str) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

fn sign_in(next: &str) -> String {
    match own_path(next) {
        Some("/") | None => "/login".into(),
        Some(next) => format!("/login?next={}", query_value(next)),
    }
}

fn of_function(who: &Who, path: &str) -> Verdict {
    if *who == Who::Nobody && !OPEN_FUNCTIONS.contains(&path) { Verdict::SignIn } else { Verdict::Pass }
}

fn of_page(who: &Who, path: &str, query: &str) -> Verdict {
    if path.starts_with(EXPORTS) {
        // Whose file it is, is asked there.
        return match who {
            Who::Nobody => Verdict::SignIn,
            _ if who.permissions().has(Permission::Export) => Verdict::Pass,
            _ => Verdict::Refused,
        };
    }
    if path.starts_with(EVIDENCE) {
        let may = who.permissions();
        return match who {
            Who::Nobody => Verdict::SignIn,
            _ if may.has(Permission::Export) && may.has(Permission::TraceRead) => Verdict::Pass,
            _ => Verdict::Refused,
        };
    }
    if ATTACHMENTS.contains(&path) {
        return match who {
            Who::Nobody => Verdict::SignIn,
            _ if attachment::may(who.permissions()) => Verdict::Pass,
            _ => Verdict::Refused,
        };
    }
    let Some(page) = routes::at(path) else { return Verdict::Refused };
    match (page.access, who) {
        (Access::Open, _) => Verdict::Pass,
        (Access::Needs(_), Who::Nobody) if page.path == "/wall" => Verdict::Pair,
        (_, Who::Nobody) => Verdict::SignIn,
        (Access::SignedIn, Who::Display(_)) => Verdict::Pass,
        (Access::Account, Who::Display(_)) => Verdict::Refused,
        (access, Who::Account(me)) => match (first(me), access) {
            (Some(to), _) if page.path != to => Verdict::To(to.into()),
            // Its code is not due, or no more.
            (None, Access::Account) if page.path == "/login/code" => Verdict::To("/".into()),
            (_, Access::Needs(p)) if !me.permissions.has(p) => Verdict::Refused,
            _ => own_wall(me, page.path, query).map_or(Verdict::Pass, Verdict::To),
        },
        (Access::Needs(p), Who::Display(_)) if who.permissions().has(p) => Verdict::Pass,
        (Access::Needs(_), Who::Display(_)) => Verdict::Refused,
    }
}

/// The page that an account must see first.
fn first(me: &Me) -> Option<&'static str> {
    Some(match me.due? {
        Due::Code => "/login/code",
        Due::Password | Due::SecondFactor => "/me",
    })
}

/// The wall of the part of the record that an account may see, where it asked for none.
fn own_wall(me: &Me, page: &str, query: &str) -> Option<String> {
    let chosen = query.split('&').any(|q| q.starts_with("scope="));
    (page == "/wall" && me.scope != Scope::City && !chosen).then(|| {
        let and = if query.is_empty() { "" } else { "&" };
        format!("/wall?{query}{and}scope={}", me.scope)
    })
}

/// Whether a plain form was sent, not a call of the browser's module or of a program.
fn is_form(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).is_some_and(|a| a.contains("text/html"))
}

/// A plain form goes to the page where one signs in, and from there back; a program gets the error.
fn not_signed_in(headers: &HeaderMap) -> Response {
    if is_form(headers) {
        let referer = headers.get(header::REFERER).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let back = referer.split_once("://").and_then(|(_, rest)| Some(&rest[rest.find('/')?..]));
        return Redirect::to(&sign_in(back.unwrap_or("/"))).into_response();
    }
    (StatusCode::UNAUTHORIZED, Json(AppError::NotSignedIn)).into_response()
}

async fn by_link(app: &AppState, who: &Who, token: &str, path: &str, headers: &HeaderMap, address: &str) -> Response {
    if matches!(who, Who::Display(_)) {
        return Redirect::to(path).into_response();
    }
    let name = headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    match pairing::by_link(app, token, &name.chars().take(120).collect::<String>(), address).await {
        Ok(Some(cookie)) => {
            tracing::info!("a display was paired");
            let mut r = Redirect::to(path).into_response();
            if let Ok(v) = HeaderValue::from_str(&crate::displays::set_cookie(&cookie, app.secure)) {
                r.headers_mut().insert(header::SET_COOKIE, v);
            }
            r
        }
        Ok(None) => used_before(),
        Err(why) => {
            tracing::error!(error = %why, "pairing");
            Problem::new(RequestCode::Busy, headers).into_response()
        }
    }
}

fn used_before() -> Response {
    let page = "<!DOCTYPE html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>链接无效 · 瓶迹 Pingji</title></head><body><main><h1>显示屏未配对:此链接已使用或已过期</h1>\
         <p>This link was used before or is out of date.</p>\
         <p>请打开 <a href=\"/wall\">/wall</a> 取得配对码,或在服务器上运行 <code>pingji display pair</code>。</p>\
         <p>Open <a href=\"/wall\">/wall</a> for a code, or run <code>pingji display pair</code> on the server.</p></main></body></html>";
    (StatusCode::UNAUTHORIZED, Html(page)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_through_a_proxy_is_told_by_the_proxy_alone() {
        let (here, proxy, inner): (IpAddr, IpAddr, IpAddr) =
            ("203.0.113.9".parse().unwrap(), "10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        let from = |peer: IpAddr, told: &[&str]| {
            let mut headers = HeaderMap::new();
            for t in told {
                headers.append("x-forwarded-for", HeaderValue::from_bytes(t.as_bytes()).unwrap());
            }
            asker(peer, &headers, &[proxy, inner]).to_string()
        };
        // Whoever asks himself may write what he likes.
        assert_eq!(from(here, &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(from(proxy, &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(from(proxy, &["1.1.1.1, 198.51.100.1, 10.0.0.2"]), "198.51.100.1");
        assert_eq!(from(proxy, &["1.1.1.1", "198.51.100.1:4711"]), "198.51.100.1");
        assert_eq!(from(proxy, &["::ffff:198.51.100.1"]), "198.51.100.1");
        for odd in [&[][..], &[""], &["unknown"], &["1.1.1.1, unknown"], &["10.0.0.2"], &["1.1.1.1,"], &["\u{e9}"]] {
            assert_eq!(from(proxy, odd), "10.0.0.1", "{odd:?}");
        }
    }
}
