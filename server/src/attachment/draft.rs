//! `POST /attachments/draft`: what was entered into a long form, kept together with the files that came with it. A plain form of a page of ours: it
//! leads back to its page, so that nothing that was typed or sent is lost on the way, with or without the browser's module.

use super::{may, patient, take::entered};
use crate::{paced::Unread, state::AppState};
use app::access::Asker;
use axum::{
    Extension,
    extract::{Multipart, State, multipart::Field, multipart::MultipartRejection},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use data::form_draft::{self, Form};
use domain::{
    attachment::{Why, is_token},
    form::Values,
    paper::FILES_MAX,
    permission::Permission,
};

/// Longest text of a field that is kept, bytes.
const TEXT_MAX: usize = 100_000;
/// Text of a form that is kept, with the names of its fields, bytes.
const ALL_MAX: usize = 250_000;
/// Parts of a form, and so words of its fields that hold several.
const PARTS_MAX: usize = 4_000;
/// Longest name of a form, bytes.
const NAME_MAX: usize = 20;

/// What a form says.
struct Said {
    form: Form,
    /// The fields that it knows.
    fields: &'static [&'static str],
    about: i64,
    id: i64,
    act: String,
    values: Values,
    drop: Vec<String>,
    /// Tokens of the files that came with it.
    files: Vec<String>,
    /// Why one was refused.
    refused: Option<Why>,
    bytes: usize,
    parts: usize,
    /// The field of several words that is being read.
    open: Option<String>,
    /// Its files were reached: all its text stands before them.
    reached: bool,
    /// It broke off before.
    cut: bool,
}

impl Said {
    fn new(form: Form, fields: &'static [&'static str]) -> Self {
        Self {
            form,
            fields,
            about: 0,
            id: 0,
            act: String::new(),
            values: Values::new(),
            drop: vec![],
            files: vec![],
            refused: None,
            bytes: 0,
            parts: 0,
            open: None,
            reached: false,
            cut: false,
        }
    }

    /// Nothing more of it is read.
    fn ends(&mut self) {
        self.cut = !self.reached;
    }

    /// Something of it is refused; what was refused first is told.
    fn refuse(&mut self, why: Why) {
        self.refused = self.refused.or(Some(why));
    }
}

/// The forms that hold files: which, who may fill it in, and its fields.
fn known(form: &str) -> Option<(Form, Permission, &'static [&'static str])> {
    Some(match form {
        "paper" => (Form::Paper, Permission::PaperIssue, &app::features::papers::FIELDS[..]),
        "answer" => (Form::Answer, Permission::PaperSign, &["answer"][..]),
        _ => return None,
    })
}

/// Which form it is: its first field tells, so that nothing is taken of one that nobody may fill in.
async fn which(form: &mut Multipart) -> Option<String> {
    let mut field = patient(form.next_field()).await.ok()??;
    if field.name() != Some("form") {
        return None;
    }
    let mut out: Vec<u8> = vec![];
    while let Some(chunk) = patient(field.chunk()).await.ok()? {
        out.extend_from_slice(&chunk);
        if out.len() > NAME_MAX {
            return None;
        }
    }
    String::from_utf8(out).ok()
}

/// The text of a field. Nothing of what is handed on is counted as read by it: all the text of a form is less than may stand unread.
async fn text(mut field: Field<'_>, said: &mut Said) -> Result<String, Why> {
    let mut out: Vec<u8> = vec![];
    while let Some(chunk) = patient(field.chunk()).await? {
        if out.len() + chunk.len() > TEXT_MAX || said.bytes + chunk.len() > ALL_MAX {
            return Err(Why::TooLarge);
        }
        said.bytes += chunk.len();
        out.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8_lossy(&out).into_owned())
}

/// Takes one part of the form.
async fn part(app: &AppState, said: &mut Said, (field, by): (Field<'_>, i64), unread: &Unread) -> Result<(), Why> {
    let name = field.name().unwrap_or_default().to_owned();
    said.parts += 1;
    said.bytes += name.len();
    if said.parts > PARTS_MAX || said.bytes > ALL_MAX {
        return Err(Why::TooLarge);
    }
    if name == "file" {
        said.reached = true;
        let sent = field.file_name().unwrap_or_default().to_owned();
        // A field for files into which nothing was put is sent without a name.
        if sent.is_empty() {
            return Ok(());
        }
        if said.files.len() >= FILES_MAX {
            return Err(Why::TooMany);
        }
        said.files.push(entered(app, Box::pin(field), (&sent, by), unread).await?.token);
        return Ok(());
    }
    // Of one name several: `orgs[]`; of one name one: `values[title]`.
    let several = name.strip_suffix("[]").filter(|n| said.fields.contains(n));
    let one = name.strip_prefix("values[").and_then(|n| n.strip_suffix(']')).filter(|n| said.fields.contains(n));
    said.open = several.map(str::to_owned);
    if several.is_none() && one.is_none() && !["about", "id", "act", "drop[]"].contains(&name.as_str()) {
        return Ok(());
    }
    let value = text(field, said).await?;
    let number = || value.parse::<i64>().unwrap_or_default();
    match name.as_str() {
        "about" => said.about = number(),
        "id" => said.id = number(),
        "act" => said.act = value,
        "drop[]" => {
            if said.drop.len() < FILES_MAX && is_token(&value) {
                said.drop.push(value);
            }
        }
        _ => {
            if let Some(several) = several {
                if !value.is_empty() && !value.contains(',') {
                    let all = said.values.entry(several.to_owned()).or_default();
                    if !all.is_empty() {
                        all.push(',');
                    }
                    all.push_str(&value);
                }
            } else if let Some(one) = one {
                said.values.insert(one.to_owned(), value);
            }
        }
    }
    Ok(())
}

/// The route.
pub async fn keep(
    State(app): State<AppState>,
    Extension(asker): Extension<Asker>,
    Extension(unread): Extension<Unread>,
    form: Result<Multipart, MultipartRejection>,
) -> Response {
    let who = asker.who.permissions();
    let me = asker.who.me().filter(|_| may(who));
    let Some(me) = me else { return StatusCode::FORBIDDEN.into_response() };
    let Ok(mut form) = form else { return StatusCode::BAD_REQUEST.into_response() };
    let Some(name) = which(&mut form).await else { return StatusCode::BAD_REQUEST.into_response() };
    let Some((kind, _, fields)) = known(&name).filter(|(_, needed, _)| who.has(*needed)) else {
        return StatusCode::FORBIDDEN.into_response();
    };
    let mut said = Said::new(kind, fields);
    loop {
        let field = match patient(form.next_field()).await {
            Ok(Some(field)) => field,
            Ok(None) => break,
            Err(why) => {
                said.refuse(why);
                said.ends();
                break;
            }
        };
        // Fields of text stand before the files: what was typed is kept whatever becomes of a file.
        if let Err(why) = part(&app, &mut said, (field, me.id), &unread).await {
            said.refuse(why);
            if matches!(why, Why::Interrupted | Why::TooLarge) {
                said.ends();
                break;
            }
        }
    }
    match save(&app, me.id, said).await {
        Ok(to) => Redirect::to(&to).into_response(),
        Err(e) => {
            tracing::error!(error = %e, "a draft");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// Keeps it, and tells the page that it leads back to.
async fn save(app: &AppState, account: i64, mut said: Said) -> Result<String, data::Error> {
    let form = said.form;
    let about = if form == Form::Answer { said.about } else { 0 };
    let txn = app.db.begin_write().await?;
    let before = form_draft::one(&txn, account, form, said.id).await?.filter(|d| d.about == about);
    let before = before.map(|d| d.values).unwrap_or_default();
    if said.cut {
        // Of what did not come any more stands what stood there; a field of several words that broke off is not half of them.
        if let Some(open) = said.open.take().filter(|n| before.contains_key(n)) {
            said.values.remove(&open);
        }
        for (name, value) in &before {
            said.values.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    let held = before.get("files").map_or("", String::as_str);
    let mut files: Vec<String> = held.split(',').filter(|t| is_token(t)).map(str::to_owned).collect();
    files.extend(said.files);
    files.retain(|t| !said.drop.contains(t));
    if files.len() > FILES_MAX {
        said.refused = said.refused.or(Some(Why::TooMany));
        files.truncate(FILES_MAX);
    }
    said.values.insert("files".into(), files.join(","));
    let id = form_draft::save(&txn, account, (form, about, said.id), &said.values, app.clock.now()).await?;
    txn.commit().await?;
    let page = if form == Form::Answer { format!("/papers/{about}") } else { "/papers/new".to_owned() };
    Ok(match (id, said.refused) {
        (None, _) => format!("{page}?file={}", Why::TooLarge.code()),
        (Some(id), Some(why)) => format!("{page}?draft={id}&file={}", why.code()),
        (Some(id), None) if said.act == "preview" => format!("{page}?draft={id}&checked=1"),
        (Some(id), None) => format!("{page}?draft={id}&done=kept"),
    })
}
