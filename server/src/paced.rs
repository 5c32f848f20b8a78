//! Bodies that are handed on chunk by chunk: a reader of forms takes all that is there at once, and whoever sends faster than it is written
//! to the disk would have it kept in memory.

use axum::{
    body::{Body, Bytes},
    extract::Request,
    middleware::Next,
    response::Response,
};
use futures_util::Stream;
use std::{
    pin::Pin,
    task::{Context, Poll},
};

/// A stream that has nothing for a moment after each chunk.
struct Paced<S> {
    inner: S,
    rest: bool,
}

impl<S: Stream<Item = Result<Bytes, axum::Error>> + Unpin> Stream for Paced<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.rest) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let next = Pin::new(&mut self.inner).poll_next(cx);
        self.rest = matches!(next, Poll::Ready(Some(_)));
        next
    }
}

/// Hands a request's body on chunk by chunk.
pub async fn paced(request: Request, next: Next) -> Response {
    let paced = |b: Body| Body::from_stream(Paced { inner: b.into_data_stream(), rest: false });
    next.run(request.map(paced)).await
}
