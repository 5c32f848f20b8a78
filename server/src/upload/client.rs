//! One request to the platform: the file as its body, streamed; signed as devices sign theirs, over the file's hash.

use super::Limits;
use axum::body::{Bytes, HttpBody};
use domain::{
    sign,
    upload::{H_IDEMPOTENCY, H_SHA256, UploadWhy, WORDS_MAX, address_ok},
};
use futures_util::{Stream, stream};
use http_body::{Frame, SizeHint};
use reqwest::{
    Client, Url,
    header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_TYPE},
    redirect,
};
use std::{
    io,
    path::Path,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};
use tokio::{fs::File, io::AsyncReadExt};

/// Bytes read of a file at a time.
const PIECE: usize = 64 * 1024;
/// Bytes of an answer that are looked at.
const ANSWER_MAX: usize = 16 * 1024;

/// What is sent, and to whom.
pub(super) struct Parcel<'a> {
    pub address: &'a str,
    pub key_id: &'a str,
    pub secret: &'a [u8],
    pub path: &'a Path,
    pub kind: &'static str,
    pub disposition: &'a str,
    pub bytes: u64,
    pub sha256: &'a str,
    pub now: i64,
}

/// What the platform said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub status: u16,
    /// Its receipt, where it gave one.
    pub receipt: Option<String>,
    /// Its reason, in its own words; empty where it gave none.
    pub reason: String,
}

/// Sends a file and reads what is answered. `sent` counts the bytes that left.
pub(super) async fn send(p: &Parcel<'_>, limits: Limits, sent: Arc<AtomicU64>) -> Result<Answer, UploadWhy> {
    let whole = limits.whole + Duration::from_secs(p.bytes / limits.rate.max(1));
    tokio::time::timeout(whole, exchange(p, limits, sent)).await.unwrap_or(Err(UploadWhy::Late))
}

async fn exchange(p: &Parcel<'_>, limits: Limits, sent: Arc<AtomicU64>) -> Result<Answer, UploadWhy> {
    // What stands in the record was checked when it was set; it is checked where it matters, too.
    let url = Url::parse(p.address).ok().filter(|_| address_ok(p.address)).ok_or(UploadWhy::Unreachable)?;
    let client = client(&url, limits)?;
    let query = url.query().map(|q| format!("?{q}")).unwrap_or_default();
    let (target, time) = (format!("{}{query}", url.path()), p.now.to_string());
    let nonce = format!("{:032x}", rand::random::<u128>());
    let signature = sign::sign_digest(p.secret, ["POST", &target, &time, &nonce], p.sha256);
    let file = File::open(p.path).await.map_err(|_| UploadWhy::File)?;
    let request = client
        .post(url)
        .header(CONTENT_TYPE, p.kind)
        .header(CONTENT_DISPOSITION, p.disposition)
        .header(ACCEPT, "application/json")
        .header(sign::H_KEY, p.key_id)
        .header(sign::H_TIME, &time)
        .header(sign::H_NONCE, &nonce)
        .header(sign::H_SIGNATURE, signature)
        .header(H_SHA256, p.sha256)
        .header(H_IDEMPOTENCY, p.sha256)
        .body(reqwest::Body::wrap(Body { pieces: Box::pin(pieces(file, sent)), left: p.bytes }));
    let mut response = request.send().await.map_err(|e| said(&e))?;
    let (status, mut bytes) = (response.status().as_u16(), Vec::new());
    // A body without an end is cut off, and then no answer that can be read.
    while let Some(chunk) = response.chunk().await.map_err(|e| said(&e))? {
        if bytes.len() + chunk.len() > ANSWER_MAX {
            bytes.clear();
            break;
        }
        bytes.extend_from_slice(&chunk);
    }
    let (receipt, reason) = words(&bytes);
    Ok(Answer { status, receipt, reason })
}

/// A client that goes nowhere but where it is sent.
fn client(url: &Url, limits: Limits) -> Result<Client, UploadWhy> {
    // The second and later calls find one installed, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder().connect_timeout(limits.connect).no_proxy().redirect(redirect::Policy::none());
    let builder = if url.scheme() == "http" {
        // Plain HTTP must run where no certificates are installed.
        builder.tls_certs_only(std::iter::empty())
    } else {
        builder.https_only(true)
    };
    builder.build().map_err(|e| {
        tracing::error!(error = %e, "no client for the platform");
        UploadWhy::Tls
    })
}

/// Why a request came to nothing. The particulars are for the log.
fn said(e: &reqwest::Error) -> UploadWhy {
    tracing::warn!(error = ?e, "the platform");
    if e.is_connect() {
        UploadWhy::Unreachable
    } else if e.is_timeout() {
        UploadWhy::Late
    } else {
        UploadWhy::Broken
    }
}

/// A file's pieces, counted.
fn pieces(file: File, sent: Arc<AtomicU64>) -> impl Stream<Item = io::Result<Bytes>> + Send + Sync {
    stream::try_unfold((file, sent), |(mut file, sent)| async move {
        let mut piece = Vec::with_capacity(PIECE);
        let n = (&mut file).take(PIECE as u64).read_to_end(&mut piece).await?;
        sent.fetch_add(n as u64, Ordering::Relaxed);
        Ok((n > 0).then(|| (Bytes::from(piece), (file, sent))))
    })
}

/// A body that says how long it is.
struct Body {
    pieces: Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send + Sync>>,
    left: u64,
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let next = self.pieces.as_mut().poll_next(cx);
        if let Poll::Ready(Some(Ok(piece))) = &next {
            self.left = self.left.saturating_sub(piece.len() as u64);
        }
        next.map(|piece| piece.map(|p| p.map(Frame::data)))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// The receipt and the reason that an answer holds: fields of a JSON object, with nothing in them that cannot be shown.
fn words(bytes: &[u8]) -> (Option<String>, String) {
    let answer: serde_json::Value = serde_json::from_slice(bytes).unwrap_or_default();
    let field = |name: &str| {
        let text = answer.get(name)?.as_str()?;
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(WORDS_MAX).collect();
        Some(text.trim().to_owned()).filter(|t| !t.is_empty())
    };
    let reason = ["reason", "detail", "message", "title"].into_iter().find_map(field);
    (field("receipt"), reason.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_as_far_as_it_can_be_shown() {
        let of = |text: &str| words(text.as_bytes());
        assert_eq!(of("{\"receipt\":\" A-1 \"}"), (Some("A-1".into()), String::new()));
        assert_eq!(of("{\"title\":\"t\",\"detail\":\"行 3\\n有误\"}"), (None, "行 3 有误".into()));
        for nothing in
            ["", "<html>ok</html>", "[]", "null", "{\"receipt\":\"\"}", "{\"receipt\":7}", "{\"receipt\":null}"]
        {
            assert_eq!(of(nothing), (None, String::new()), "{nothing}");
        }
        assert_eq!(
            of(&format!("{{\"receipt\":\"{}\"}}", "长".repeat(999))).0.map(|r| r.chars().count()),
            Some(WORDS_MAX)
        );
    }
}
