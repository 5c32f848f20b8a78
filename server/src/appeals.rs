//! `POST /credit/appeals/file`: an appeal, or more evidence for one, with files. A plain form, so that it works without the page's program.

use crate::{
    attachment::{WAITING, patient},
    paced::{Unread, paced},
    state::AppState,
    web::viewer,
};
use app::{access::Asker, kit::form};
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
    WriteTxn,
    audit::Actor,
    credit::{self, Acted, FiledAs},
};
use domain::{
    account::Me,
    attachment::{Accept, Attachment, DOCUMENT_BYTES, FORM_MAX, Why, is_token, sent_name},
    credit::{Act, PointRef, read_act, read_appeal},
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

/// A form as it came; its files go with it unless they were attached, or kept for the form that is shown again.
struct Sent {
    app: AppState,
    values: Values,
    files: Vec<Attachment>,
    wrong: Option<Why>,
    /// The file that was refused first, by its name.
    which: String,
    /// Tokens of files that were kept when it came before, and those of them that are not wanted any more.
    tokens: Vec<String>,
    unwanted: Vec<String>,
    /// Files of these tokens that are there still, and nothing refers to.
    held: Vec<Attachment>,
}

impl Sent {
    /// Tokens of files that are still wanted.
    fn wanted(&self) -> impl Iterator<Item = &String> {
        self.tokens.iter().filter(move |t| !self.unwanted.contains(t))
    }

    fn refuse(&mut self, name: &str, why: Why) {
        if self.wrong.is_none() {
            (self.wrong, self.which) = (Some(why), sent_name(name));
        }
    }

    /// All that is to be attached.
    fn all(&self) -> Vec<Attachment> {
        self.held.iter().chain(&self.files).cloned().collect()
    }
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
    let mut sent = Sent {
        app: app.clone(),
        values: Values::new(),
        files: vec![],
        wrong: None,
        which: String::new(),
        tokens: vec![],
        unwanted: vec![],
        held: vec![],
    };
    let came = match form {
        Ok(form) => receive(&app, form, &mut sent, &unread).await,
        Err(_) => Err(Why::Interrupted),
    };
    if let Err(why) = came {
        sent.wrong = Some(why);
    }
    let by = Actor { account: me.id, session: me.session, address: asker.address.clone() };
    let done = match find(&app, &me, &mut sent).await {
        Err(why) => Err(why),
        Ok(()) if sent.values.contains_key("id") => supplement(&app, &asker, &me, &mut sent, &by).await,
        Ok(()) => begin(&app, &asker, &me, &mut sent, &by).await,
    };
    match done {
        Ok(to) => Redirect::to(&to).into_response(),
        Err(why) => {
            tracing::error!(error = %why, "files of an appeal");
            Redirect::to(&back(&app, &me, &mut sent, "unavailable").await).into_response()
        }
    }
}

/// Looks up what was kept when the form came before: what the account sent itself and nothing refers to, each once.
async fn find(app: &AppState, me: &Me, sent: &mut Sent) -> Result<(), data::Error> {
    let mut tokens: Vec<String> = vec![];
    for t in sent.wanted() {
        if !tokens.contains(t) && tokens.len() + sent.files.len() < FORM_MAX {
            tokens.push(t.clone());
        }
    }
    for t in tokens {
        let row = data::attachment::one(app.db.read(), &t).await?.map(|(row, _)| row);
        let row = row.filter(|r| r.by_id == me.id && r.uses == 0);
        sent.held.extend(row.and_then(|r| r.shown()));
    }
    Ok(())
}

/// Keeps the files that came with a form which is shown again, as far as its sender may have more lying about.
async fn keep(app: &AppState, me: &Me, sent: &mut Sent) -> Result<(), data::Error> {
    if sent.files.is_empty() {
        return Ok(());
    }
    let txn = app.db.begin_write().await?;
    let bytes: i64 = sent.files.iter().map(|f| f.bytes).sum();
    if data::attachment::waiting(&txn, me.id).await?.saturating_add(bytes) > WAITING {
        sent.refuse("", Why::Full);
        return Ok(());
    }
    for f in &sent.files {
        data::attachment::put(&txn, f, me.id, app.clock.now()).await?;
    }
    txn.commit().await?;
    let kept = std::mem::take(&mut sent.files);
    sent.held.extend(kept);
    Ok(())
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
        let mut field = Box::pin(field);
        if file.is_empty() {
            // Nothing was put into the field.
        } else if sent.wanted().count() + sent.files.len() >= FORM_MAX {
            sent.refuse(&file, Why::TooMany);
        } else {
            match app.attachments.take(&mut field, &file, Accept::Any, unread).await {
                Ok(f) => sent.files.push(f),
                Err(Why::Interrupted) => return Err(Why::Interrupted),
                // The others are taken all the same.
                Err(why) => sent.refuse(&file, why),
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
    let text = String::from_utf8_lossy(&text).into_owned();
    match name {
        form::KEPT | "drop" => {
            let all = if name == form::KEPT { &mut sent.tokens } else { &mut sent.unwanted };
            if is_token(&text) {
                all.push(text);
            }
        }
        "" => {}
        _ if name.len() > 40 => {}
        _ => {
            sent.values.insert(name.to_owned(), text);
        }
    }
    Ok(())
}

/// The page of the form again, with what was entered and what is wrong.
async fn back(app: &AppState, me: &Me, sent: &mut Sent, why: &str) -> String {
    if let Err(e) = keep(app, me, sent).await {
        tracing::error!(error = %e, "files of an appeal");
        sent.refuse("", Why::Busy);
    }
    let id = sent.values.get("id").and_then(|id| id.parse::<i64>().ok());
    // The page of the form asks for the point before it looks at what was kept.
    let point = sent.values.get("point").and_then(|p| p.parse::<PointRef>().ok());
    let point = point.map(|p| format!("&point={}", encode(&p.to_string()))).unwrap_or_default();
    let begin = match id {
        Some(id) => format!("/credit/appeals/{id}?why={why}"),
        None if why == "field" => format!("/credit/appeal?checked=1{point}"),
        None => format!("/credit/appeal?checked=1&why={why}{point}"),
    };
    let named = if sent.which.is_empty() { String::new() } else { format!("&named={}", encode(&sent.which)) };
    let wrong = sent.wrong.map(|w| format!("&file={}{named}", w.code())).unwrap_or_default();
    let told = ["grounds", "evidence", "note"].into_iter().filter_map(|n| Some((n, sent.values.get(n)?)));
    let fields: String = told.clone().map(|(n, v)| format!("&{n}={}", encode(v))).collect();
    if begin.len() + fields.len() <= ADDRESS_MAX && sent.held.is_empty() {
        return format!("{begin}{wrong}{fields}");
    }
    let mut kept: Values = told.map(|(n, v)| (n.to_owned(), v.clone())).collect();
    let files: Vec<String> = sent.held.iter().map(|f| format!("{} {}", f.token, f.name)).collect();
    kept.insert(form::KEPT.into(), files.join("\n"));
    match app::kept::typed(me.id, kept, app.clock.now()) {
        Some(key) => format!("{begin}{wrong}&{}={key}", app::kit::entered::NAME),
        None => format!("{begin}{wrong}"),
    }
}

async fn begin(app: &AppState, asker: &Asker, me: &Me, sent: &mut Sent, by: &Actor) -> Result<String, data::Error> {
    let (Ok(filed), None) = (read_appeal(&sent.values), sent.wrong) else {
        return Ok(back(app, me, sent, "field").await);
    };
    let (rules, now) = (app.rules.now(), app.clock.now());
    let txn = app.db.begin_write().await?;
    let more = match credit::file(&txn, viewer(&asker.who), &rules, &filed, by, now).await? {
        FiledAs::New(id) => match attach(&txn, id, sent, by, now).await? {
            Some(why) => {
                sent.refuse("", why);
                ""
            }
            None => {
                txn.commit().await?;
                sent.files.clear();
                return Ok(format!("/credit/appeals/{id}?done=saved"));
            }
        },
        FiledAs::Before(id) => return Ok(format!("/credit/appeals/{id}?done=twice")),
        FiledAs::Unknown | FiledAs::Late(_) => "&taken=point",
    };
    // The files of the form that is shown again are kept by a transaction of their own.
    txn.rollback().await?;
    Ok(format!("{}{more}", back(app, me, sent, "field").await))
}

/// Attaches what came with a form, and tells why it cannot.
async fn attach(txn: &WriteTxn, id: i64, sent: &Sent, by: &Actor, now: i64) -> Result<Option<Why>, data::Error> {
    let mut wanted: Vec<&String> = sent.wanted().collect();
    wanted.sort_unstable();
    wanted.dedup();
    if wanted.len() > sent.held.len() {
        return Ok(Some(Why::Gone));
    }
    let done = credit::attach(txn, id, &sent.all(), by, now).await?;
    Ok((!done).then_some(Why::TooMany))
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
    let (Ok(asked), None) = (read_act(&sent.values), sent.wrong) else {
        return Ok(back(app, me, sent, "field").await);
    };
    let (rules, now) = (app.rules.now(), app.clock.now());
    let txn = app.db.begin_write().await?;
    let why = match credit::act(&txn, viewer(&asker.who), &rules, (id, &asked), by, now).await? {
        Acted::Taken(_) => match attach(&txn, id, sent, by, now).await? {
            Some(why) => {
                sent.refuse("", why);
                "field"
            }
            None => {
                txn.commit().await?;
                sent.files.clear();
                return Ok(format!("/credit/appeals/{id}?done=saved"));
            }
        },
        Acted::Unknown => return Ok(format!("/credit/appeals/{id}?why=not_found")),
        Acted::NotNow | Acted::Stale => "stale",
        Acted::Own => "own",
    };
    txn.rollback().await?;
    Ok(back(app, me, sent, why).await)
}
