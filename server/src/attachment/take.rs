//! A file on its way in: to the disk as it comes, never whole in memory before its kind allows it, looked at when it is there.

use super::{Attachments, PART, WAITING, document, gone, picture, place};
use crate::{
    api::problem::english,
    export::sha256,
    paced::{Unread, paced},
    state::AppState,
};
use app::access::Asker;
use axum::{
    Extension, Json, Router,
    body::Bytes,
    extract::{
        DefaultBodyLimit, Multipart, State,
        multipart::{MultipartError, MultipartRejection},
    },
    http::{HeaderMap, StatusCode},
    middleware::from_fn,
    response::{IntoResponse, Response},
    routing::post,
};
use data::secret;
use domain::{
    attachment::{Accept, Attachment, Format, HEAD, Kind, Start, VIDEO_BYTES, Why, mp4, name, taken},
    permission::{Permission, Permissions},
};
use futures_util::{Stream, StreamExt};
use sha2::{Digest, Sha256};
use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::io::AsyncWriteExt;

/// What a form takes beside its file, bytes.
const AROUND: u64 = 64 << 10;
/// Fields of a form that are looked at for its file.
const FIELDS: usize = 10;
/// How long a file waits to be looked at.
const WAIT: Duration = Duration::from_secs(60);
/// How long nothing may come before a file is given up.
const SILENCE: Duration = Duration::from_secs(30);
/// How long a file may take however slow its line is, and one second more for each so many bytes.
const PATIENCE: (Duration, u64) = (Duration::from_secs(60), 16 << 10);

/// A file that is not finished goes when its holder does.
struct Part(PathBuf);

impl Drop for Part {
    fn drop(&mut self) {
        gone(&self.0);
    }
}

/// Why a part of a form did not come.
fn broken(e: &MultipartError) -> Why {
    if e.status() == StatusCode::PAYLOAD_TOO_LARGE { Why::TooLarge } else { Why::Interrupted }
}

/// Waits for the next part of a form, or of a field, and gives it up where nothing comes.
///
/// # Errors
/// [`Why`].
pub(crate) async fn patient<T>(next: impl Future<Output = Result<T, MultipartError>>) -> Result<T, Why> {
    tokio::time::timeout(SILENCE, next).await.map_err(|_| Why::Interrupted)?.map_err(|e| broken(&e))
}

impl Attachments {
    /// Takes a file as it comes. Its bytes are on the disk when this returns; its row is the caller's to write, or it goes a day later.
    ///
    /// # Errors
    /// [`Why`].
    pub(crate) async fn take<S>(
        &self,
        chunks: S,
        sent_name: &str,
        accept: Accept,
        unread: &Unread,
    ) -> Result<Attachment, Why>
    where
        S: Stream<Item = Result<Bytes, MultipartError>> + Unpin,
    {
        // The public's do not keep staff's out.
        let coming = if accept == Accept::Pictures { &self.coming } else { &self.of_staff };
        let _coming = coming.try_acquire().map_err(|_| Why::Busy)?;
        let part = Part(self.dir.join(format!("{PART}{}", secret::random())));
        let start = receive(chunks, &part.0, accept, unread).await?;
        let permit = tokio::time::timeout(WAIT, self.look.clone().acquire_owned()).await;
        let Ok(Ok(permit)) = permit else { return Err(Why::Busy) };
        let (dir, sent) = (self.dir.clone(), sent_name.to_owned());
        let flat = accept == Accept::Pictures;
        let looked = tokio::task::spawn_blocking(move || {
            let out = look(&dir, &part.0, (start, flat), &sent);
            drop(permit);
            out
        });
        // A reader of pictures that panics was given something that is no picture.
        let file = looked.await.unwrap_or_else(|e| {
            tracing::warn!(error = %e, "a file that could not be looked at");
            Err(Why::Broken)
        })?;
        if accept == Accept::Pictures && !self.room(file.bytes) {
            self.discard(&file);
            return Err(Why::Busy);
        }
        Ok(file)
    }
}

fn disk(e: &io::Error) -> Why {
    tracing::error!(error = %e, "an attachment");
    Why::Busy
}

async fn receive<S>(mut chunks: S, path: &Path, accept: Accept, unread: &Unread) -> Result<Start, Why>
where
    S: Stream<Item = Result<Bytes, MultipartError>> + Unpin,
{
    let mut options = tokio::fs::OpenOptions::new();
    let opened = options.create_new(true).write(true).mode(0o600).open(path).await;
    let mut file = opened.map_err(|e| disk(&e))?;
    let since = std::time::Instant::now();
    let (mut head, mut bytes, mut start) = (Vec::with_capacity(HEAD), 0_u64, None);
    loop {
        let next = tokio::time::timeout(SILENCE, chunks.next()).await.map_err(|_| Why::Interrupted)?;
        let Some(chunk) = next else { break };
        let chunk = chunk.map_err(|e| broken(&e))?;
        unread.none();
        bytes += chunk.len() as u64;
        if since.elapsed() > PATIENCE.0 + Duration::from_secs(bytes / PATIENCE.1) {
            return Err(Why::Interrupted);
        }
        if head.len() < HEAD {
            head.extend(chunk.iter().take(HEAD - head.len()));
        }
        if start.is_none() && head.len() == HEAD {
            start = Some(taken(&head, accept)?);
        }
        if start.is_some_and(|s| bytes > s.kind().bytes_max()) {
            return Err(Why::TooLarge);
        }
        file.write_all(&chunk).await.map_err(|e| disk(&e))?;
    }
    file.flush().await.map_err(|e| disk(&e))?;
    start.map_or_else(|| taken(&head, accept), Ok)
}

/// Looks at a file that came, and puts what is kept of it in its place.
fn look(dir: &Path, part: &Path, (start, flat): (Start, bool), sent: &str) -> Result<Attachment, Why> {
    // Half of a hash's digits: as many as nobody guesses.
    let token = secret::random()[..32].to_owned();
    let of = |format: Format, bytes: u64, sha256: String| Attachment {
        name: name(sent, format),
        token: token.clone(),
        format,
        bytes: i64::try_from(bytes).unwrap_or(i64::MAX),
        sha256,
        width: 0,
        height: 0,
        seconds: 0,
    };
    let side = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
    let io = |e: io::Error| disk(&e);
    match start {
        Start::One(format) if format.info().kind == Kind::Picture => {
            let drawn = picture::draw(&std::fs::read(part).map_err(io)?, format, flat)?;
            let file = of(drawn.format, drawn.bytes.len() as u64, hex::encode(Sha256::digest(&drawn.bytes)));
            put(&place(dir, &token, "preview.jpg"), &drawn.preview).map_err(io)?;
            put(&place(dir, &token, drawn.format.info().extension), &drawn.bytes).map_err(io)?;
            Ok(Attachment { width: side(drawn.width), height: side(drawn.height), ..file })
        }
        Start::One(Format::Mp4) => {
            let mut file = File::options().read(true).write(true).open(part).map_err(io)?;
            let bytes = file.metadata().map_err(io)?.len();
            let film = mp4::read(&mut io::BufReader::new(&file), bytes)?;
            for (at, len) in &film.empty {
                file.seek(SeekFrom::Start(*at)).map_err(io)?;
                file.write_all(&mp4::emptied(*len)?).map_err(io)?;
                io::copy(&mut io::repeat(0).take(len - 8), &mut file).map_err(io)?;
            }
            file.seek(SeekFrom::Start(0)).map_err(io)?;
            let (bytes, hash) = sha256(&mut file).map_err(io)?;
            file.sync_all().map_err(io)?;
            moved(part, &place(dir, &token, "mp4")).map_err(io)?;
            let seconds = side(film.seconds);
            Ok(Attachment {
                width: side(film.width),
                height: side(film.height),
                seconds,
                ..of(Format::Mp4, bytes, hex::encode(hash))
            })
        }
        Start::One(_) | Start::Archive => {
            let mut file = File::open(part).map_err(io)?;
            let format = if start == Start::Archive {
                document::office(io::BufReader::new(&file))?
            } else {
                document::pdf(&std::fs::read(part).map_err(io)?)?;
                Format::Pdf
            };
            file.seek(SeekFrom::Start(0)).map_err(io)?;
            let (bytes, hash) = sha256(&mut file).map_err(io)?;
            file.sync_all().map_err(io)?;
            moved(part, &place(dir, &token, format.info().extension)).map_err(io)?;
            Ok(of(format, bytes, hex::encode(hash)))
        }
    }
}

/// Takes bytes that are at hand as a file of staff's: what is kept of them lies in its place when this returns.
///
/// # Errors
/// [`Why`].
pub fn keep(dir: &Path, bytes: &[u8], sent_name: &str) -> Result<Attachment, Why> {
    let start = taken(&bytes[..bytes.len().min(HEAD)], Accept::Any)?;
    let part = Part(dir.join(format!("{PART}{}", secret::random())));
    put(&part.0, bytes).map_err(|e| disk(&e))?;
    look(dir, &part.0, (start, false), sent_name)
}

fn folder(path: &Path) -> io::Result<&Path> {
    let dir = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    std::fs::create_dir_all(dir)?;
    Ok(dir)
}

/// Writes a file that is there whole or not at all, also after a power cut.
fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let dir = folder(path)?;
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    File::open(dir)?.sync_all()
}

/// Puts a file that came in its place.
fn moved(part: &Path, path: &Path) -> io::Result<()> {
    let dir = folder(path)?;
    std::fs::rename(part, path)?;
    File::open(dir)?.sync_all()
}

/// `POST /attachments`: a file of staff's, to be attached afterwards. Whoever mounts it has found out who asks.
pub fn upload() -> Router<AppState> {
    let most = usize::try_from(VIDEO_BYTES + AROUND).unwrap_or(usize::MAX);
    Router::new()
        .route("/attachments", post(one))
        .route("/attachments/draft", post(super::draft::keep))
        .layer(from_fn(paced))
        .layer(DefaultBodyLimit::max(most))
}

/// Who may send files: who writes something that they belong to.
pub(crate) fn may(who: Permissions) -> bool {
    use Permission as P;
    [P::PostEdit, P::ComplaintHandle, P::PaperIssue, P::PaperSign].into_iter().any(|p| who.has(p))
}

async fn one(
    State(app): State<AppState>,
    Extension(asker): Extension<Asker>,
    Extension(unread): Extension<Unread>,
    headers: HeaderMap,
    form: Result<Multipart, MultipartRejection>,
) -> Response {
    let me = asker.who.me().filter(|_| may(asker.who.permissions()));
    let Some(me) = me else { return StatusCode::FORBIDDEN.into_response() };
    let taken = match form {
        Ok(form) => staffs(&app, form, me.id, &unread).await,
        Err(_) => Err(Why::Interrupted),
    };
    match taken {
        Ok(file) => (StatusCode::CREATED, Json(file)).into_response(),
        Err(why) => {
            let text = if english(&headers) { why.info().en } else { why.info().zh };
            let body = serde_json::json!({ "code": why.code(), "title": text });
            (status(why), Json(body)).into_response()
        }
    }
}

/// The status of a refusal.
pub(crate) const fn status(why: Why) -> StatusCode {
    match why {
        Why::TooLarge | Why::TooMany => StatusCode::PAYLOAD_TOO_LARGE,
        Why::Busy => StatusCode::SERVICE_UNAVAILABLE,
        Why::None | Why::Interrupted => StatusCode::BAD_REQUEST,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// Takes a file of staff's as it comes and enters it. Of files that nothing refers to yet an account has so many bytes and no more.
///
/// # Errors
/// [`Why`].
pub(super) async fn entered<S>(
    app: &AppState,
    chunks: S,
    (sent, by): (&str, i64),
    unread: &Unread,
) -> Result<Attachment, Why>
where
    S: Stream<Item = Result<Bytes, MultipartError>> + Unpin,
{
    let failed = |e: data::Error| {
        tracing::error!(error = %e, "an attachment");
        Why::Busy
    };
    let waiting = data::attachment::waiting(app.db.read(), by).await.map_err(|e| failed(e.into()))?;
    if waiting >= WAITING {
        return Err(Why::Full);
    }
    let file = app.attachments.take(chunks, sent, Accept::Any, unread).await?;
    let put = async {
        let txn = app.db.begin_write().await?;
        // Others of the same account may have come meanwhile.
        if data::attachment::waiting(&txn, by).await?.saturating_add(file.bytes) > WAITING {
            return Ok(false);
        }
        data::attachment::put(&txn, &file, by, app.clock.now()).await?;
        txn.commit().await?;
        Ok::<_, data::Error>(true)
    };
    let why = match put.await {
        Ok(true) => return Ok(file),
        Ok(false) => Why::Full,
        Err(e) => failed(e),
    };
    app.attachments.discard(&file);
    Err(why)
}

async fn staffs(app: &AppState, mut form: Multipart, by: i64, unread: &Unread) -> Result<Attachment, Why> {
    for _ in 0..FIELDS {
        let Some(field) = patient(form.next_field()).await? else { break };
        if field.name() != Some("file") || field.file_name().is_none_or(str::is_empty) {
            continue;
        }
        let sent = field.file_name().unwrap_or_default().to_owned();
        return entered(app, Box::pin(field), (&sent, by), unread).await;
    }
    Err(Why::None)
}
