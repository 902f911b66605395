//! What an early answer left unread of its request's body.
//!
//! A handler that refuses a request (too large, wrong type, no session) drops the body while the client may still be
//! writing it. Closing the connection with bytes unread makes the kernel send a reset, which overtakes the answer: the
//! client sees a broken connection instead of the reason. So a bounded rest is read and dropped before the answer goes
//! out. Who sends more than that, or slower, has the connection closed on them.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes, HttpBody as _};
use axum::extract::Request;
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;
use futures_util::{Stream, StreamExt as _};
use tokio::sync::oneshot;

/// Most that is read only to be dropped, bytes.
const REST_BYTES: usize = 1024 * 1024;
/// For so long the answer waits for the rest.
const REST_TIME: Duration = Duration::from_secs(3);

/// A body that gives itself back when whoever reads it loses interest before its end.
struct Lent {
    body: Option<BodyDataStream>,
    begun: bool,
    back: Option<oneshot::Sender<Rest>>,
}

struct Rest {
    body: BodyDataStream,
    begun: bool,
}

impl Stream for Lent {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.begun = true;
        let Some(body) = self.body.as_mut() else { return Poll::Ready(None) };
        let chunk = ready!(body.poll_next_unpin(context));
        if !matches!(chunk, Some(Ok(_))) {
            self.body = None;
        }
        Poll::Ready(chunk)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let (Some(body), Some(back)) = (self.body.take(), self.back.take()) {
            // Nobody waits any more when the connection itself is gone.
            let _ = back.send(Rest { body, begun: self.begun });
        }
    }
}

/// Answers only after the body, or a bounded rest of it, has been read.
pub(super) async fn drop_rest(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let expects = request.headers().contains_key(header::EXPECT);
    let announced = request.body().size_hint().lower();
    let (parts, body) = request.into_parts();
    let (back, mut rest) = oneshot::channel();
    let lent = Lent { body: Some(body.into_data_stream()), begun: false, back: Some(back) };
    let response = next.run(Request::from_parts(parts, Body::from_stream(lent))).await;
    if let Ok(rest) = rest.try_recv() {
        // A client that waits for `100 Continue` has not begun to send, and reading would tell it to.
        let comes = rest.begun || !expects;
        if comes && usize::try_from(announced).is_ok_and(|bytes| bytes <= REST_BYTES) {
            let _ = tokio::time::timeout(REST_TIME, read_rest(rest.body)).await;
        }
    }
    response
}

async fn read_rest(mut body: BodyDataStream) {
    let mut left = REST_BYTES;
    while let Some(Ok(chunk)) = body.next().await {
        match left.checked_sub(chunk.len()) {
            Some(less) => left = less,
            None => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::Router;
    use axum::http::StatusCode;
    use tower::ServiceExt as _;

    use super::*;

    /// Sends `chunks` of 64 KiB to a door that refuses unread; how many of them were taken, and after how long.
    async fn refused(chunks: usize, expects: bool, stalls: bool) -> (usize, Duration) {
        let taken = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&taken);
        let body = futures_util::stream::iter(0..chunks).map(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            Ok::<_, axum::Error>(Bytes::from(vec![0u8; 64 * 1024]))
        });
        let body = if stalls {
            Body::from_stream(body.chain(futures_util::stream::pending()))
        } else {
            Body::from_stream(body)
        };
        let mut request = axum::http::Request::post("/");
        if expects {
            request = request.header(header::EXPECT, "100-continue");
        }
        let router = Router::new()
            .fallback(|| async { StatusCode::PAYLOAD_TOO_LARGE })
            .layer(axum::middleware::from_fn(drop_rest));
        let begun = crate::clock::instant();
        let answer = router.oneshot(request.body(body).unwrap()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
        (taken.load(Ordering::Relaxed), crate::clock::instant().duration_since(begun))
    }

    #[tokio::test]
    async fn a_bounded_rest_is_read_before_the_answer() {
        assert_eq!(refused(3, false, false).await.0, 3);
        assert_eq!(refused(1_000, false, false).await.0, 17, "one more than the bound");
        assert_eq!(refused(3, true, false).await.0, 0, "it waits to be asked");
        let (taken, waited) = refused(3, false, true).await;
        assert_eq!(taken, 3, "a client that stalls");
        assert!(waited >= REST_TIME, "{waited:?}");
    }
}
