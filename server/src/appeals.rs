//! `POST /credit/appeals/file`: an appeal, or more evidence for one, with files. A plain form, so that it works without the page's program.

use crate::{
    attachment::patient,
    paced::{Unread, paced},
    state::AppState,
    web::viewer,
};
use app::access::Asker;
use axum::{
    Extension, Router,
    extract::{
        DefaultBodyLimit, Multipart, State,
        multipart::{Field, MultipartRejection},
    },
    http::StatusCode,
    middleware::from_fn,
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use data::{
    audit::Actor,
    credit::{self, Acted, FiledAs},
};
use domain::{
    account::Me,
    attachment::{Accept, Attachment, DOCUMENT_BYTES, FORM_MAX, Why},
    credit::{Act, read_act, read_appeal},
    form::Values,
    list::encode,
    permission::Permission,
};

/// All files of a form and the form around them, bytes.
const BODY_MAX: u64 = DOCUMENT_BYTES * FORM_MAX as u64 + (64 << 10);
/// One field of text, bytes.
const TEXT_BYTES: usize = 4 << 10;
/// Fields of a form.
const FIELDS: usize = 20;
/// Longest address that what was entered is sent back in.
const ADDRESS_MAX: usize = 4_000;

/// The route. Whoever mounts it has found out who asks.
pub fn routes() -> Router<AppState> {
    let most = usize::try_from(BODY_MAX).unwrap_or(usize::MAX);
    Router::new().route("/credit/appeals/file", post(file)).layer(from_fn(paced)).layer(DefaultBodyLimit::max(most))
}

/// A form as it came; its files go with it unless they were attached.
struct Sent {
    app: AppState,
    values: Values,
    files: Vec<Attachment>,
    wrong: Option<Why>,
}

impl Drop for Sent {
    fn drop(&mut self) {
        for f in &self.files {
            self.app.attachments.discard(f);
        }
    }
}

async fn file(
    State(app): State<AppState>,
    Extension(asker): Extension<Asker>,
    Extension(unread): Extension<Unread>,
    form: Result<Multipart, MultipartRejection>,
) -> Response {
    let who = &asker.who;
    let Some(me) = who.me().filter(|_| who.permissions().has(Permission::CreditAppeal)).cloned() else {
        return StatusCode::FORBIDDEN.into_response();
    };
    let mut sent = Sent { app: app.clone(), values: Values::new(), files: vec![], wrong: None };
    let came = match form {
        Ok(form) => receive(&app, form, &mut sent, &unread).await,
        Err(_) => Err(Why::Interrupted),
    };
    if let Err(why) = came {
        sent.wrong = Some(why);
    }
    let by = Actor { account: me.id, session: me.session, address: asker.address.clone() };
    let done = if sent.values.contains_key("id") {
        supplement(&app, &asker, &me, &mut sent, &by).await
    } else {
        begin(&app, &asker, &me, &mut sent, &by).await
    };
    match done {
        Ok(to) => Redirect::to(&to).into_response(),
        Err(why) => {
            tracing::error!(error = %why, "files of an appeal");
            Redirect::to(&back(&app, &me, &sent, "unavailable")).into_response()
        }
    }
}

async fn receive(app: &AppState, mut form: Multipart, sent: &mut Sent, unread: &Unread) -> Result<(), Why> {
    let mut fields = 0;
    while let Some(field) = patient(form.next_field()).await? {
        unread.none();
        fields += 1;
        if fields > FIELDS {
            return Err(Why::Interrupted);
        }
        one(app, field, sent, unread).await?;
    }
    Ok(())
}

async fn one(app: &AppState, mut field: Field<'_>, sent: &mut Sent, unread: &Unread) -> Result<(), Why> {
    let name = field.name().unwrap_or_default().to_owned();
    if name == "file" {
        let file = field.file_name().unwrap_or_default().to_owned();
        if sent.files.len() == FORM_MAX && !file.is_empty() {
            sent.wrong = Some(Why::TooMany);
        }
        let mut field = Box::pin(field);
        if !file.is_empty() && sent.wrong.is_none() {
            match app.attachments.take(&mut field, &file, Accept::Any, unread).await {
                Ok(f) => sent.files.push(f),
                Err(Why::Interrupted) => return Err(Why::Interrupted),
                Err(why) => sent.wrong = Some(why),
            }
        }
        // What follows is read all the same: whoever sent it is told what is wrong.
        while patient(field.chunk()).await?.is_some() {
            unread.none();
        }
        return Ok(());
    }
    let mut text: Vec<u8> = vec![];
    while let Some(chunk) = patient(field.chunk()).await? {
        unread.none();
        text.extend(chunk.iter().take(TEXT_BYTES - text.len()));
    }
    let name = name.strip_prefix("values[").and_then(|n| n.strip_suffix(']')).unwrap_or(&name);
    if !name.is_empty() && name.len() <= 40 {
        sent.values.insert(name.to_owned(), String::from_utf8_lossy(&text).into_owned());
    }
    Ok(())
}

/// The page of the form again, with what was entered and what is wrong.
fn back(app: &AppState, me: &Me, sent: &Sent, why: &str) -> String {
    let id = sent.values.get("id").and_then(|id| id.parse::<i64>().ok());
    let begin = match id {
        Some(id) => format!("/credit/appeals/{id}?why={why}"),
        None if why == "field" => "/credit/appeal?checked=1".to_owned(),
        None => format!("/credit/appeal?checked=1&why={why}"),
    };
    let wrong = sent.wrong.map(|w| format!("&file={}", w.code())).unwrap_or_default();
    let told = ["point", "grounds", "evidence", "note"].into_iter().filter_map(|n| Some((n, sent.values.get(n)?)));
    let fields: String = told.clone().map(|(n, v)| format!("&{n}={}", encode(v))).collect();
    if begin.len() + fields.len() <= ADDRESS_MAX {
        return format!("{begin}{wrong}{fields}");
    }
    let kept = told.map(|(n, v)| (n.to_owned(), v.clone())).collect();
    match app::kept::typed(me.id, kept, app.clock.now()) {
        Some(key) => format!("{begin}{wrong}&{}={key}", app::kit::entered::NAME),
        None => format!("{begin}{wrong}"),
    }
}

async fn begin(app: &AppState, asker: &Asker, me: &Me, sent: &mut Sent, by: &Actor) -> Result<String, data::Error> {
    let (Ok(filed), None) = (read_appeal(&sent.values), sent.wrong) else { return Ok(back(app, me, sent, "field")) };
    let (rules, now) = (app.rules.now(), app.clock.now());
    let txn = app.db.begin_write().await?;
    Ok(match credit::file(&txn, viewer(&asker.who), &rules, &filed, by, now).await? {
        FiledAs::New(id) => {
            if !credit::attach(&txn, id, &sent.files, by, now).await? {
                sent.wrong = Some(Why::TooMany);
                return Ok(back(app, me, sent, "field"));
            }
            txn.commit().await?;
            sent.files.clear();
            format!("/credit/appeals/{id}?done=saved")
        }
        FiledAs::Before(id) => format!("/credit/appeals/{id}?done=twice"),
        FiledAs::Unknown | FiledAs::Late(_) => format!("{}&taken=point", back(app, me, sent, "field")),
    })
}

async fn supplement(
    app: &AppState,
    asker: &Asker,
    me: &Me,
    sent: &mut Sent,
    by: &Actor,
) -> Result<String, data::Error> {
    let id = sent.values.get("id").and_then(|id| id.parse::<i64>().ok()).unwrap_or_default();
    sent.values.insert("act".into(), Act::Supplement.code().into());
    let (Ok(asked), None) = (read_act(&sent.values), sent.wrong) else { return Ok(back(app, me, sent, "field")) };
    let (rules, now) = (app.rules.now(), app.clock.now());
    let txn = app.db.begin_write().await?;
    Ok(match credit::act(&txn, viewer(&asker.who), &rules, (id, &asked), by, now).await? {
        Acted::Taken(_) => {
            if !credit::attach(&txn, id, &sent.files, by, now).await? {
                sent.wrong = Some(Why::TooMany);
                return Ok(back(app, me, sent, "field"));
            }
            txn.commit().await?;
            sent.files.clear();
            format!("/credit/appeals/{id}?done=saved")
        }
        Acted::Unknown => format!("/credit/appeals/{id}?why=not_found"),
        Acted::NotNow | Acted::Stale => back(app, me, sent, "stale"),
        Acted::Own => back(app, me, sent, "own"),
    })
}
