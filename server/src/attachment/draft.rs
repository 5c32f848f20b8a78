//! `POST /attachments/draft`: what was entered into a long form, kept together with the files that came with it. A plain form of a page of ours: it
//! leads back to its page, so that nothing that was typed or sent is lost on the way, with or without the browser's module.

use super::{broken, may};
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
    attachment::{Accept, Why, is_token},
    form::Values,
    paper::FILES_MAX,
    permission::{Permission, Permissions},
};

/// Longest text of a field that is kept, bytes.
const TEXT_MAX: usize = 100_000;
/// Text of a form that is kept, bytes.
const ALL_MAX: usize = 250_000;
/// Words of a field that holds several.
const WORDS_MAX: usize = 4_000;

/// What a form says.
#[derive(Default)]
struct Said {
    form: String,
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
    words: usize,
}

/// The forms that hold files: which, who may fill it in, and its fields.
fn known(form: &str) -> Option<(Form, Permission, &'static [&'static str])> {
    Some(match form {
        "paper" => (Form::Paper, Permission::PaperIssue, &app::features::papers::FIELDS[..]),
        "answer" => (Form::Answer, Permission::PaperSign, &["answer"][..]),
        _ => return None,
    })
}

fn allowed(who: Permissions, form: &str) -> bool {
    known(form).is_some_and(|(_, p, _)| who.has(p))
}

/// The text of a field, or as much of it as is kept.
async fn text(mut field: Field<'_>, said: &mut Said, unread: &Unread) -> Result<String, Why> {
    let mut out: Vec<u8> = vec![];
    while let Some(chunk) = field.chunk().await.map_err(|e| broken(&e))? {
        unread.none();
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
    if name == "file" {
        let sent = field.file_name().unwrap_or_default().to_owned();
        // A field for files into which nothing was put is sent without a name.
        if sent.is_empty() {
            return Ok(());
        }
        if said.files.len() >= FILES_MAX {
            return Err(Why::TooMany);
        }
        let file = app.attachments.take(Box::pin(field), &sent, Accept::Any, unread).await?;
        let entered = async {
            let txn = app.db.begin_write().await?;
            data::attachment::put(&txn, &file, by, app.clock.now()).await?;
            txn.commit().await.map_err(data::Error::from)
        };
        if let Err(e) = entered.await {
            tracing::error!(error = %e, "an attachment");
            app.attachments.discard(&file);
            return Err(Why::Busy);
        }
        said.files.push(file.token);
        return Ok(());
    }
    let value = text(field, said, unread).await?;
    let number = || value.parse::<i64>().unwrap_or_default();
    match name.as_str() {
        "form" => said.form = value,
        "about" => said.about = number(),
        "id" => said.id = number(),
        "act" => said.act = value,
        "drop[]" => said.drop.push(value),
        _ => {
            // Of one name several: `orgs[]`; of one name one: `values[title]`.
            if let Some(several) = name.strip_suffix("[]") {
                said.words += 1;
                if said.words <= WORDS_MAX && !value.is_empty() && !value.contains(',') {
                    let all = said.values.entry(several.to_owned()).or_default();
                    if !all.is_empty() {
                        all.push(',');
                    }
                    all.push_str(&value);
                }
            } else if let Some(one) = name.strip_prefix("values[").and_then(|n| n.strip_suffix(']')) {
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
    let mut said = Said::default();
    match form {
        Ok(mut form) => loop {
            let field = match form.next_field().await {
                Ok(Some(field)) => field,
                Ok(None) => break,
                Err(e) => {
                    said.refused = Some(broken(&e));
                    break;
                }
            };
            unread.none();
            // Fields of text stand before the files: what was typed is kept whatever becomes of a file.
            if let Err(why) = part(&app, &mut said, (field, me.id), &unread).await {
                said.refused = Some(why);
                if matches!(why, Why::Interrupted | Why::TooLarge) {
                    break;
                }
            }
        },
        Err(_) => return StatusCode::BAD_REQUEST.into_response(),
    }
    if !allowed(who, &said.form) {
        return StatusCode::FORBIDDEN.into_response();
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
    let Some((form, _, fields)) = known(&said.form) else { return Ok("/".into()) };
    said.values.retain(|name, _| fields.contains(&name.as_str()));
    let about = if form == Form::Answer { said.about } else { 0 };
    let txn = app.db.begin_write().await?;
    let before = form_draft::one(&txn, account, form, said.id).await?;
    let held = before.and_then(|d| d.values.get("files").cloned()).unwrap_or_default();
    let mut files: Vec<String> = held.split(',').filter(|t| is_token(t)).map(str::to_owned).collect();
    files.extend(said.files);
    files.retain(|t| !said.drop.contains(t));
    if files.len() > FILES_MAX {
        said.refused = Some(Why::TooMany);
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
