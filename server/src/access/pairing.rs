//! A browser that nobody knows, at `/wall`: it shows a code, asks again by itself, and becomes a display once somebody on
//! duty entered the code.

use crate::{api::problem::Problem, displays, state::AppState};
use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use data::{
    audit::{self, Actor},
    pairing_code, secret,
    throttle::{self, Subject},
};
use domain::outcome::RequestCode;

/// Name of the waiting browser's cookie: its secret and the code it shows.
const COOKIE: &str = "pingji_pairing";
/// The page asks again after so many seconds.
const AGAIN_S: u32 = 3;

/// What to answer.
enum Answer {
    /// The code is shown; the cookie is set when it is new.
    Wait { code: String, cookie: Option<String> },
    /// The browser is a display now.
    Paired(String),
    /// Too many wait, or too many were asked for from here.
    Busy,
}

/// Answers whoever asks for the wall and is nobody.
pub async fn page(app: &AppState, headers: &HeaderMap, address: &str, path: &str) -> Response {
    let agent = headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let agent: String = agent.chars().take(120).collect();
    let kept = super::cookie(headers, COOKIE);
    match answer(app, kept, address, &agent).await {
        Err(why) => {
            tracing::error!(error = %why, "pairing by code");
            Problem::new(RequestCode::Busy, headers).into_response()
        }
        Ok(Answer::Busy) => shown("配对请求过多,请稍后再试", "Too many ask to be paired: wait a little", None),
        Ok(Answer::Paired(cookie)) => {
            let mut r = Redirect::to(path).into_response();
            for c in [displays::set_cookie(&cookie, app.secure), cleared()] {
                if let Ok(v) = HeaderValue::from_str(&c) {
                    r.headers_mut().append(header::SET_COOKIE, v);
                }
            }
            r
        }
        Ok(Answer::Wait { code, cookie }) => {
            let mut r = shown("显示屏未配对", "This display is not paired", Some(&code));
            let secure = if app.secure { "; Secure" } else { "" };
            let age = pairing_code::VALID_MS / 1_000;
            let cookie = cookie.and_then(|c| {
                HeaderValue::from_str(&format!("{COOKIE}={c}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age}{secure}"))
                    .ok()
            });
            if let Some(v) = cookie {
                r.headers_mut().append(header::SET_COOKIE, v);
            }
            r
        }
    }
}

fn cleared() -> String {
    format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0")
}

async fn answer(app: &AppState, kept: Option<String>, address: &str, agent: &str) -> Result<Answer, data::Error> {
    let now = app.clock.now();
    // The code stands in the cookie, not in the record, which holds its hash.
    let kept = kept.and_then(|c| c.split_once('.').map(|(s, code)| (s.to_owned(), code.to_owned())));
    let kept = kept.filter(|(s, code)| s.len() == 64 && code.len() == pairing_code::LETTERS);
    if let Some((key, code)) = kept
        && code.bytes().all(|b| secret::ALPHABET.contains(&b))
        && let Some(row) = pairing_code::find(app.db.read(), &key, now).await?
        && row.code_hash == secret::sha(&code)
    {
        if row.confirmed_by.is_none() {
            return Ok(Answer::Wait { code, cookie: None });
        }
        let display_key = secret::random();
        let txn = app.db.begin_write().await?;
        let id = pairing_code::enter(&txn, &key, &secret::sha(&display_key), now).await?;
        txn.commit().await.map_err(data::Error::from)?;
        if let Some(id) = id {
            app.displays.entered(id, &display_key);
            return Ok(Answer::Paired(format!("{id}.{display_key}")));
        }
    }
    let policy = data::policy::load(app.db.read()).await?;
    let (code, key) = (secret::code(pairing_code::LETTERS), secret::random());
    let txn = app.db.begin_write().await?;
    let place = format!("pairing {address}");
    let free = throttle::take(&txn, &policy, Subject::Address(&place), now).await?
        && pairing_code::offer(&txn, &code, &key, agent, now).await?;
    txn.commit().await.map_err(data::Error::from)?;
    Ok(if free { Answer::Wait { cookie: Some(format!("{key}.{code}")), code } } else { Answer::Busy })
}

/// A page that needs no module and no script: a wall that waits may be any browser.
fn shown(zh: &str, en: &str, code: Option<&str>) -> Response {
    let steps = code.map_or_else(String::new, |c| {
        format!(
            "<p class=\"pair-code\"><code>{}-{}</code></p>\
             <p>请值班人员登录后打开「显示屏」页面,输入此配对码;十分钟内有效。配对后本屏自动显示。</p>\
             <p>Somebody on duty signs in, opens «Displays» and enters this code within ten minutes. The wall then shows by itself.</p>\
             <p>系统管理员也可在服务器上运行 <code>pingji display pair</code>,用它打印的链接打开本页。<br>\
             Or run <code>pingji display pair</code> on the server and open the link it prints.</p>\
             <p><a href=\"/login?next=/wall\">登录 Sign in</a></p>",
            &c[..4],
            &c[4..]
        )
    });
    let page = format!(
        "<!DOCTYPE html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta http-equiv=\"refresh\" content=\"{AGAIN_S}\"><title>{zh} · 瓶迹 Pingji</title></head>\
         <body><main><h1>{zh}</h1><p>{en}.</p>{steps}</main></body></html>"
    );
    (StatusCode::UNAUTHORIZED, [(header::CACHE_CONTROL, "no-store")], Html(page)).into_response()
}

/// Uses a one-time link up.
///
/// # Errors
/// When the record does not answer.
pub async fn by_link(app: &AppState, token: &str, name: &str, address: &str) -> Result<Option<String>, data::Error> {
    let cookie = app.displays.pair(token, name).await?;
    if let Some(c) = &cookie {
        let id = c.split('.').next().unwrap_or_default();
        let txn = app.db.begin_write().await?;
        let actor = Actor { address: address.to_owned(), ..Actor::default() };
        let subject = format!("display {id}");
        audit::append(&txn, &actor, app.clock.now(), "display.link", &subject, &serde_json::Value::Null).await?;
        txn.commit().await.map_err(data::Error::from)?;
    }
    Ok(cookie)
}
