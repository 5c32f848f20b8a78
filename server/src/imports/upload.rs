//! A file on its way: streamed to the disk, never whole in memory, within its limit.

use super::{Imports, ImportsError, Uploaded};
use crate::{
    api::problem::Problem,
    import::MAX_BYTES,
    paced::{Unread, paced},
    state::AppState,
    web::viewer,
};
use app::access::Asker;
use axum::{
    Extension, Json, Router,
    extract::{
        DefaultBodyLimit, Multipart, State,
        multipart::{Field, MultipartError, MultipartRejection},
    },
    http::{HeaderMap, StatusCode, header},
    middleware::from_fn,
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use data::{audit::Actor, secret};
use domain::{outcome::RequestCode, permission::Permission};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use tokio::io::AsyncWriteExt;

/// How the name of a file begins that is still on its way.
pub(super) const PART: &str = "part-";
/// What a form takes beside its file, bytes.
const AROUND: usize = 64 << 10;

/// Why a file was not taken. The words stand in the address of the page that tells it.
#[derive(Debug)]
enum Refused {
    NotAllowed,
    None,
    Empty,
    TooLarge,
    TooMany,
    Broken,
    Failed(ImportsError),
}

impl From<ImportsError> for Refused {
    fn from(e: ImportsError) -> Self {
        if matches!(e, ImportsError::TooMany) { Self::TooMany } else { Self::Failed(e) }
    }
}

impl From<std::io::Error> for Refused {
    fn from(e: std::io::Error) -> Self {
        Self::Failed(e.into())
    }
}

impl From<MultipartError> for Refused {
    fn from(e: MultipartError) -> Self {
        if e.status() == StatusCode::PAYLOAD_TOO_LARGE { Self::TooLarge } else { Self::Broken }
    }
}

impl Refused {
    const fn word(&self) -> &'static str {
        match self {
            Self::NotAllowed => "not_allowed",
            Self::None => "none",
            Self::Empty => "empty",
            Self::TooLarge => "large",
            Self::TooMany => "many",
            Self::Broken => "broken",
            Self::Failed(_) => "failed",
        }
    }

    fn answer(self, headers: &HeaderMap) -> Response {
        if let Self::Failed(why) = &self {
            tracing::error!(error = %why, "an upload");
        }
        let accept = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
        if accept.contains("text/html") && !matches!(self, Self::NotAllowed) {
            return Redirect::to(&format!("/imports?refused={}", self.word())).into_response();
        }
        let problem = |code, detail: &str| Problem::new(code, headers).detail(detail).into_response();
        match self {
            Self::NotAllowed => StatusCode::FORBIDDEN.into_response(),
            Self::None => problem(RequestCode::BadBody, "file: 请选择文件 (choose a file)"),
            Self::Empty => problem(RequestCode::BadBody, "file: 文件为空 (the file is empty)"),
            Self::TooLarge => problem(RequestCode::BodyTooLarge, &format!("file: {MAX_BYTES} bytes at most")),
            Self::TooMany => (StatusCode::TOO_MANY_REQUESTS, ImportsError::TooMany.to_string()).into_response(),
            Self::Broken => problem(RequestCode::BadBody, "file: 上传中断或格式有误 (broken off, or no form)"),
            Self::Failed(_) => problem(RequestCode::Busy, "请稍后重试 (try again later)"),
        }
    }
}

/// `POST /imports/upload`. Whoever mounts it has found out who asks.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/imports/upload", post(upload))
        .layer(from_fn(paced))
        .layer(DefaultBodyLimit::max(MAX_BYTES + AROUND))
}

async fn upload(
    State(app): State<AppState>,
    Extension(asker): Extension<Asker>,
    Extension(unread): Extension<Unread>,
    headers: HeaderMap,
    form: Result<Multipart, MultipartRejection>,
) -> Response {
    let taken = match form {
        _ if !asker.who.permissions().has(Permission::CylinderImport) => Err(Refused::NotAllowed),
        Err(_) => Err(Refused::Broken),
        Ok(form) => receive(&app, &asker, form, &unread).await,
    };
    match taken {
        Ok(id) => {
            let html =
                headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).is_some_and(|a| a.contains("text/html"));
            let to = format!("/imports/{id}");
            if html {
                Redirect::to(&to).into_response()
            } else {
                (StatusCode::CREATED, [(header::LOCATION, to)], Json(serde_json::json!({ "id": id }))).into_response()
            }
        }
        Err(why) => why.answer(&headers),
    }
}

async fn receive(app: &AppState, asker: &Asker, mut form: Multipart, unread: &Unread) -> Result<i64, Refused> {
    let Some(me) = asker.who.me() else { return Err(Refused::NotAllowed) };
    while let Some(field) = form.next_field().await? {
        unread.none();
        if field.name() != Some("file") || field.file_name().is_none_or(str::is_empty) {
            continue;
        }
        let name = name_of(field.file_name().unwrap_or_default());
        let path = app.imports.dir.join(format!("{PART}{}", secret::random()));
        let file = match store(field, &path, name, unread).await {
            Ok(file) => file,
            Err(why) => {
                super::gone(&path);
                return Err(why);
            }
        };
        let actor = Actor { account: me.id, session: me.session, address: asker.address.clone() };
        let begun = Imports::begin(&app.imports, file, viewer(&asker.who), &actor).await;
        if begun.is_err() {
            super::gone(&path);
        }
        return Ok(begun?);
    }
    Err(Refused::None)
}

/// The name of a file without the folders that some browsers put before it, without control characters, at most 100 characters.
fn name_of(sent: &str) -> String {
    let last = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    last.chars().filter(|c| !c.is_control()).take(100).collect()
}

async fn store(mut field: Field<'_>, path: &Path, name: String, unread: &Unread) -> Result<Uploaded, Refused> {
    let mut options = tokio::fs::OpenOptions::new();
    let mut file = options.create_new(true).write(true).mode(0o600).open(path).await?;
    let (mut hash, mut bytes) = (Sha256::new(), 0_usize);
    while let Some(part) = field.chunk().await? {
        unread.none();
        bytes += part.len();
        if bytes > MAX_BYTES {
            return Err(Refused::TooLarge);
        }
        hash.update(&part);
        file.write_all(&part).await?;
    }
    file.flush().await?;
    file.sync_all().await?;
    if bytes == 0 {
        return Err(Refused::Empty);
    }
    let path: PathBuf = path.to_owned();
    Ok(Uploaded { path, name, bytes: i64::try_from(bytes).unwrap_or(i64::MAX), hash: hex::encode(hash.finalize()) })
}
