//! Bodies that are handed on chunk by chunk: a reader of forms takes all that is there at once, and whoever sends faster than it is written
//! to the disk would have it kept in memory. It also keeps what stands between two fields, however long that is: so much and no more is
//! handed on until it has something to show for it.

use axum::{
    body::{Body, Bytes},
    extract::Request,
    middleware::Next,
    response::Response,
};
use futures_util::Stream;
use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

/// Bytes that a reader may take without anything coming of it. A chunk of a connection is smaller by far.
const UNREAD: usize = 4 << 20;

/// How much was handed on since its reader had something to show. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unread(Arc<AtomicUsize>);

impl Unread {
    /// Something came of what was handed on.
    pub(crate) fn none(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

/// A stream that has nothing for a moment after each chunk, and ends where nothing comes of it.
struct Paced<S> {
    inner: S,
    rest: bool,
    unread: Unread,
}

impl<S: Stream<Item = Result<Bytes, axum::Error>> + Unpin> Stream for Paced<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.rest) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let next = Pin::new(&mut self.inner).poll_next(cx);
        if let Poll::Ready(Some(Ok(chunk))) = &next {
            self.rest = true;
            let before = self.unread.0.fetch_add(chunk.len(), Ordering::Relaxed);
            if before > UNREAD {
                return Poll::Ready(Some(Err(axum::Error::new("nothing can be read of what was sent"))));
            }
        }
        next
    }
}

/// Hands a request's body on chunk by chunk. Its reader finds [`Unread`] among the request's extensions, and tells it what it could read.
pub async fn paced(mut request: Request, next: Next) -> Response {
    let unread = Unread::default();
    request.extensions_mut().insert(unread.clone());
    let paced = |b: Body| Body::from_stream(Paced { inner: b.into_data_stream(), rest: false, unread });
    next.run(request.map(paced)).await
}
