//! Tables that staff pastes or sends as a file, read at once: a year of the working-day calendar (`POST /calendar`), cases of the 12315 and 12345
//! platforms (`POST /cases/import`). Plain forms, so that they work without the page's program.

use crate::{
    attachment::patient,
    paced::{Unread, paced},
    state::AppState,
    web::viewer,
};
use app::access::Asker;
use axum::{
    Extension, Router,
    extract::{DefaultBodyLimit, Multipart, State, multipart::MultipartRejection},
    http::StatusCode,
    middleware::from_fn,
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use data::audit::Actor;
use domain::{attachment::Why, calendar, case::Channel, form::Values, permission::Permission};
use encoding_rs::GB18030;

/// A table of cases and the form around it, bytes.
const CASES_MAX: usize = 4 << 20;
/// A calendar and the form around it, bytes: what it takes, and as much again for whoever both pastes and chooses one.
const CALENDAR_MAX: usize = calendar::TEXT_MAX * 3;
/// Fields of a form.
const FIELDS: usize = 10;

/// The routes. Whoever mounts them has found out who asks.
pub fn routes() -> Router<AppState> {
    let of = |path, most, to| Router::new().route(path, to).layer(from_fn(paced)).layer(DefaultBodyLimit::max(most));
    of("/calendar", CALENDAR_MAX, post(of_calendar)).merge(of("/cases/import", CASES_MAX, post(of_cases)))
}

/// What a file holds: UTF-8, or as Chinese offices write it.
fn text_of(bytes: Vec<u8>) -> String {
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(e) => GB18030.decode(e.as_bytes()).0.into_owned(),
    }
}

/// The fields of a form; a file goes before what was pasted.
async fn fields(form: Result<Multipart, MultipartRejection>, unread: &Unread) -> Result<Values, Why> {
    let mut form = form.map_err(|_| Why::Interrupted)?;
    let (mut out, mut count) = (Values::new(), 0);
    while let Some(mut field) = patient(form.next_field()).await? {
        unread.none();
        count += 1;
        if count > FIELDS {
            return Err(Why::Interrupted);
        }
        let name = field.name().unwrap_or_default().to_owned();
        let file = field.file_name().is_some_and(|f| !f.is_empty());
        // The body as a whole is bounded.
        let mut bytes: Vec<u8> = vec![];
        while let Some(chunk) = patient(field.chunk()).await? {
            unread.none();
            bytes.extend(chunk);
        }
        match name.as_str() {
            "file" if file && !bytes.is_empty() => {
                out.insert("text".into(), text_of(bytes));
                out.insert("sent".into(), "yes".into());
            }
            "file" => {}
            "text" if out.contains_key("sent") => {}
            _ if name.len() <= 40 => {
                out.insert(name, text_of(bytes));
            }
            _ => {}
        }
    }
    Ok(out)
}

async fn of_calendar(
    State(app): State<AppState>,
    Extension(asker): Extension<Asker>,
    Extension(unread): Extension<Unread>,
    form: Result<Multipart, MultipartRejection>,
) -> Response {
    let Some(me) = asker.who.me().filter(|_| asker.who.permissions().has(Permission::RuleEdit)) else {
        return StatusCode::FORBIDDEN.into_response();
    };
    let text = fields(form, &unread).await.ok().and_then(|mut f| f.remove("text")).unwrap_or_default();
    // What is too long is cut: whoever reads it says that it is.
    let text: String = text.chars().take(calendar::TEXT_MAX + 1).collect();
    let kept = Values::from([("text".to_owned(), text)]);
    match app::kept::typed(me.id, kept, app.clock.now()) {
        Some(key) => Redirect::to(&format!("/calendar?{}={key}#preview", app::kit::entered::NAME)).into_response(),
        None => Redirect::to("/calendar?why=field").into_response(),
    }
}

/// What is said where a table is longer than is kept.
const TOO_LONG: (&str, &str) =
    ("表格太长,未能保留,请重新选择文件或粘贴", "the table is too long to be kept here: choose or paste it again");

/// One text behind another, where there is another.
fn joined(first: &str, between: &str, then: &str) -> String {
    if first.is_empty() { then.to_owned() } else { format!("{first}{between}{then}") }
}

async fn of_cases(
    State(app): State<AppState>,
    Extension(asker): Extension<Asker>,
    Extension(unread): Extension<Unread>,
    form: Result<Multipart, MultipartRejection>,
) -> Response {
    let Some(me) = asker.who.me().filter(|_| asker.who.permissions().has(Permission::ComplaintHandle)) else {
        return StatusCode::FORBIDDEN.into_response();
    };
    let Ok(mut given) = fields(form, &unread).await else {
        return Redirect::to("/cases/import?why=field").into_response();
    };
    let text = given.remove("text").unwrap_or_default();
    let channel = given.get("channel").and_then(|c| Channel::from_code(c));
    let channel = channel.filter(|c| matches!(c, Channel::P12315 | Channel::P12345));
    let back = |why: &str, (zh, en): (&str, &str)| {
        let keep = |text: &str, zh: &str, en: &str| {
            let all = [("text", text), ("zh", zh), ("en", en), ("channel", channel.map_or("", Channel::code))];
            let kept = all.into_iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
            app::kept::typed(me.id, kept, app.clock.now())
        };
        // Of a table that is longer than is kept stay what is wrong with it and where it comes from, and that it is gone is said.
        let without = || keep("", &joined(zh, ";", TOO_LONG.0), &joined(en, "; ", TOO_LONG.1));
        match keep(&text, zh, en).or_else(without) {
            Some(key) => Redirect::to(&format!("/cases/import?why={why}&{}={key}", app::kit::entered::NAME)),
            None => Redirect::to(&format!("/cases/import?why={why}")),
        }
        .into_response()
    };
    let Some(channel) = channel else { return back("field", ("请选择来源平台", "choose the platform")) };
    let mended = given.get("aside").and_then(|id| id.parse::<i64>().ok());
    let by = Actor { account: me.id, session: me.session, address: asker.address.clone() };
    let see = viewer(&asker.who);
    let whole = {
        let (app, text) = (app.clone(), text.clone());
        async move {
            let (rules, now) = (app.rules.now(), app.clock.now());
            let asked = (text.as_str(), channel, mended);
            data::case_import::import(&app.db, &app.access.master, &rules, see, asked, (&by, now)).await
        }
    };
    // A task of its own: whoever goes away in the middle leaves neither rows that nobody set aside nor cases of which the log has no table.
    let came = match tokio::spawn(whole).await {
        Ok(came) => came.map_err(|e| e.to_string()),
        Err(e) => Err(e.to_string()),
    };
    match came {
        Ok(i) => match i.faults.first() {
            Some(f) => back("field", (&f.zh, &f.en)),
            None => {
                let (new, known, aside) = (i.new, i.known, i.aside);
                Redirect::to(&format!("/cases/import?new={new}&known={known}&aside={aside}")).into_response()
            }
        },
        Err(why) => {
            tracing::error!(error = %why, "a table of cases");
            back("unavailable", ("", ""))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_a_chinese_office_is_read() {
        let gbk = GB18030.encode("工单编号,内容").0.into_owned();
        assert_eq!((text_of(gbk), text_of("瓶".into())), ("工单编号,内容".to_owned(), "瓶".to_owned()));
        let _ = text_of(vec![0xFF, 0xFE, 0x00, 0xD8]);
    }
}
