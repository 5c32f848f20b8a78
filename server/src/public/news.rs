//! What the authority tells everybody: `/news`, a post, its feed, and the code that leads to it.

use super::{Peer, asker, hashed, page, parameter, reading};
use crate::state::AppState;
use app::public::{
    body::Files,
    frame::{Reading, SCRIPT},
    news::{self as pages, Found, Missing, STYLE, Shown, Site},
};
use axum::{
    Router,
    extract::{Path, RawQuery, State, rejection::PathRejection},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use chrono::DateTime;
use data::post;
use domain::{
    clock,
    post::{Category, Channel, Item, PublicAsk, PublicLine, PublicPost, TAG_MAX, rss, tokens},
};
use sha2::{Digest, Sha256};
use std::{sync::LazyLock, time::Instant};

/// Characters of what is searched for.
const ASKED_MAX: usize = 100;
/// Tags that the list offers.
const TAGS: usize = 20;
/// How long a feed may be kept, seconds.
const FEED_KEPT: &str = "public, max-age=300";

/// The pages.
pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/news", get(list))
        .route("/news/", get(list))
        .route("/news/feed.xml", get(feed))
        .route("/news/{name}", get(one))
        .route("/news/{name}/qr.svg", get(code))
}

/// What may run and be shown: the document's own style and script, our own pictures and films.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let text = format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; img-src 'self' data:; media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'",
        hashed(STYLE),
        hashed(SCRIPT)
    );
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("default-src 'none'"))
});

fn shown(status: StatusCode, html: String) -> Response {
    let mut response = page(status, html);
    let h = response.headers_mut();
    h.insert(header::CONTENT_SECURITY_POLICY, POLICY.clone());
    // It is everybody's, and made anew for each language: kept by whoever reads it, and asked for again.
    h.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}

/// Scheme and host by which the site was asked for: what is passed on leads there again.
fn site(app: &AppState, headers: &HeaderMap) -> String {
    let named = headers.get(header::HOST).and_then(|h| h.to_str().ok());
    let host = named.and_then(domain::label::host).unwrap_or("localhost");
    format!("{}://{host}", if app.secure { "https" } else { "http" })
}

/// What a list is narrowed to; what cannot be meant is left out.
fn asked(query: &str) -> PublicAsk {
    let text = |name: &str, most: usize| -> String {
        let value = parameter(query, name).unwrap_or_default();
        let line: String = value.chars().filter(|c| !c.is_control()).take(most).collect();
        line.trim().to_owned()
    };
    PublicAsk {
        category: Category::from_code(&text("category", 20)),
        tag: text("tag", TAG_MAX),
        text: text("q", ASKED_MAX),
        page: text("page", 9).parse().unwrap_or(1).max(1),
    }
}

async fn list(State(app): State<AppState>, peer: Peer, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let (reading, mut ask) = (reading(&query, &headers), asked(&query));
    // Whatever narrows costs more.
    let throttle = if ask.text.is_empty() { &app.throttles.news } else { &app.throttles.searched };
    let counted = asker(&app, &peer, &headers);
    let (status, found) = if counted.is_some_and(|a| throttle.ask(a, Instant::now()).is_err()) {
        (StatusCode::TOO_MANY_REQUESTS, Found::Later)
    } else {
        match listed(&app, &ask).await {
            Ok(found) => (StatusCode::OK, found),
            Err(why) => {
                tracing::error!(error = %why, "the list of posts");
                (StatusCode::SERVICE_UNAVAILABLE, Found::Down)
            }
        }
    };
    if let Found::Page(p, _) = &found {
        ask.page = p.page;
    }
    let site = Site { address: &site(&app, &headers), demo: app.shell.demo };
    shown(status, pages::list(reading, &ask, &found, site))
}

async fn listed(app: &AppState, ask: &PublicAsk) -> Result<Found, data::Error> {
    let now = app.clock.now();
    let page = post::public_list(&app.db, ask, now).await?;
    let plain = ask.text.is_empty() && ask.tag.is_empty() && ask.category.is_none() && ask.page == 1;
    let mut tags = if plain { post::public_tags(&app.db, now).await? } else { vec![] };
    tags.truncate(TAGS);
    Ok(Found::Page(page, tags))
}

/// A name in an address; empty for what is no text.
fn named(name: Result<Path<String>, PathRejection>) -> String {
    name.map_or_else(|_| String::new(), |Path(n)| n)
}

/// Whether somebody reads it now: a browser that fetches ahead may never show it.
fn is_opening(method: &Method, headers: &HeaderMap) -> bool {
    let ahead = ["sec-purpose", "purpose", "x-purpose"]
        .iter()
        .any(|n| headers.get(*n).is_some_and(|v| v.to_str().is_ok_and(|v| v.contains("prefetch"))));
    method == Method::GET && !ahead
}

async fn one(
    State(app): State<AppState>,
    peer: Peer,
    method: Method,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    name: Result<Path<String>, PathRejection>,
) -> Response {
    let query = query.unwrap_or_default();
    let reading = reading(&query, &headers);
    if asker(&app, &peer, &headers).is_some_and(|a| app.throttles.news.ask(a, Instant::now()).is_err()) {
        return missing(reading, Missing::Later);
    }
    let name = named(name);
    match found(&app, &name).await {
        Ok(Ok((post, _))) if post.line.slug != name => {
            let rest: Vec<&str> = query.split('&').filter(|p| matches!(*p, "lang=en" | "lang=zh" | "big=1")).collect();
            let and = if rest.is_empty() { "" } else { "?" };
            Redirect::permanent(&format!("{}{and}{}", post.line.path(), rest.join("&"))).into_response()
        }
        Ok(Ok((post, files))) => {
            if is_opening(&method, &headers) {
                app.tally.opened(post.line.id, clock::local_day(app.clock.now()));
            }
            let site = Site { address: &site(&app, &headers), demo: app.shell.demo };
            shown(StatusCode::OK, pages::post(Shown { reading, post: &post, files: &files, site }))
        }
        Ok(Err(why)) => missing(reading, why),
        Err(why) => {
            tracing::error!(error = %why, "a post");
            missing(reading, Missing::Down)
        }
    }
}

fn missing(reading: Reading, why: Missing) -> Response {
    let status = match why {
        Missing::Unknown => StatusCode::NOT_FOUND,
        Missing::Gone => StatusCode::GONE,
        Missing::Later => StatusCode::TOO_MANY_REQUESTS,
        Missing::Down => StatusCode::SERVICE_UNAVAILABLE,
    };
    shown(status, pages::missing(reading, why))
}

/// A post that everybody sees and the files that it names, or why there is none.
async fn found(app: &AppState, name: &str) -> Result<Result<(PublicPost, Files), Missing>, data::Error> {
    let now = app.clock.now();
    let Some(post) = post::public_one(&app.db, name, now).await? else {
        let gone = post::gone(&app.db, name, now).await?;
        return Ok(Err(if gone { Missing::Gone } else { Missing::Unknown }));
    };
    let mut names = tokens(&post.body);
    names.extend(post.downloads.iter().cloned());
    let files = data::attachment::named(app.db.read(), &names).await?;
    Ok(Ok((post, files)))
}

/// The code that leads to a post: for whoever reads of it on a wall or on paper.
async fn code(
    State(app): State<AppState>,
    peer: Peer,
    headers: HeaderMap,
    name: Result<Path<String>, PathRejection>,
) -> Response {
    if asker(&app, &peer, &headers).is_some_and(|a| app.throttles.news.ask(a, Instant::now()).is_err()) {
        return StatusCode::TOO_MANY_REQUESTS.into_response();
    }
    let path = match post::public_one(&app.db, &named(name), app.clock.now()).await {
        Ok(Some(post)) => post.line.path(),
        Ok(None) => return StatusCode::NOT_FOUND.into_response(),
        Err(why) => {
            tracing::error!(error = %why, "the code of a post");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    let drawn = pages::qr(&format!("{}{path}", site(&app, &headers)));
    let Some(svg) = drawn else { return StatusCode::NOT_FOUND.into_response() };
    let kind = [(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "public, max-age=3600")];
    let none = [(header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox")];
    (kind, none, svg).into_response()
}

/// A moment as HTTP writes it.
fn http_date(ms: i64) -> String {
    DateTime::from_timestamp_millis(ms).unwrap_or_default().format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn item(site: &str, p: PublicLine) -> Item {
    Item {
        link: format!("{site}{}", p.path()),
        title: p.title,
        about: p.summary,
        category: p.category.info().text.zh.to_owned(),
        guid: format!("pingji:post:{}", p.id),
        at: p.public_at,
    }
}

async fn feed(State(app): State<AppState>, peer: Peer, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    if asker(&app, &peer, &headers).is_some_and(|a| app.throttles.news.ask(a, Instant::now()).is_err()) {
        return StatusCode::TOO_MANY_REQUESTS.into_response();
    }
    let category = asked(&query.unwrap_or_default()).category;
    let posts = match post::feed(&app.db, category, app.clock.now()).await {
        Ok(p) => p,
        Err(why) => {
            tracing::error!(error = %why, "the feed of posts");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    let site = site(&app, &headers);
    let changed = http_date(posts.iter().map(|p| p.changed_at).max().unwrap_or_default());
    let named = category.map_or_else(String::new, |c| format!("?category={}", c.code()));
    let title = category.map_or_else(String::new, |c| format!(" · {}", c.info().text.zh));
    let channel = Channel {
        title: format!("{}{title}", app::public::frame::NEWS.zh),
        link: format!("{site}/news{named}"),
        own: format!("{site}/news/feed.xml{named}"),
        about: "燃气与气瓶安全知识、通知公告、法律法规".into(),
    };
    let text = rss(&channel, &posts.into_iter().map(|p| item(&site, p)).collect::<Vec<_>>());
    let tag = format!("\"{}\"", &hex::encode(Sha256::digest(text.as_bytes()))[..32]);
    let h = [
        (header::CONTENT_TYPE, "application/rss+xml; charset=utf-8"),
        (header::CACHE_CONTROL, FEED_KEPT),
        (header::ETAG, tag.as_str()),
        (header::LAST_MODIFIED, changed.as_str()),
    ];
    if known(&headers, &tag, &changed) {
        return (StatusCode::NOT_MODIFIED, h).into_response();
    }
    (h, text).into_response()
}

/// Whether whoever asks has it. A feed loses posts, too, so that only the very same moment counts.
fn known(headers: &HeaderMap, tag: &str, changed: &str) -> bool {
    let of = |name: header::HeaderName| headers.get(name).and_then(|v| v.to_str().ok());
    match of(header::IF_NONE_MATCH) {
        Some(tags) => tags.split(',').map(|t| t.trim().trim_start_matches("W/")).any(|t| t == tag || t == "*"),
        None => of(header::IF_MODIFIED_SINCE) == Some(changed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_as_http_writes_them() {
        assert_eq!(http_date(1_795_248_000_000), "Sat, 21 Nov 2026 08:00:00 GMT");
    }

    #[test]
    fn whatever_is_asked_is_read() {
        let long = "长".repeat(20_000);
        let ask = asked(&format!("q=+%E7%93%B6%00%0a&tag={long}&category=gossip&page=-3"));
        assert_eq!((ask.text.as_str(), ask.tag.chars().count(), ask.category, ask.page), ("瓶", TAG_MAX, None, 1));
        assert_eq!(asked(&format!("q={long}")).text.chars().count(), ASKED_MAX);
        for odd in ["", "&&=", "q=%ff%zz", "page=99999999999999", "q"] {
            assert!(asked(odd).page >= 1);
        }
        assert_eq!(asked("category=safety&page=2").category, Some(Category::Safety));
    }

    #[test]
    fn the_policy_lets_nothing_of_others_in() {
        let text = POLICY.to_str().unwrap();
        assert!(text.starts_with("default-src 'none'; style-src 'sha256-") && !text.contains("unsafe"), "{text}");
    }
}
