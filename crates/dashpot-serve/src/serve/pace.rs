//! Whether a client takes what a stream of its HTTP/2 connection has ready for it.
//!
//! A stream that waits for its client's window polls neither its service nor its body, so that
//! the wait is watched from around the task that hyper makes of the stream.

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::rt::Executor;
use pin_project_lite::pin_project;
use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    task::futures::TaskLocalFuture,
    time::{Sleep, sleep},
};
use tokio_util::task::TaskTracker;
use tracing::debug;

/// The largest piece handed to hyper at a time: it takes the next only once the client has room,
/// so that a client that takes this much in a stall's time is not stalled.
const PIECE_BYTES: usize = 64 << 10;

tokio::task_local! {
    /// That of the stream whose task this is.
    static PACE: Arc<Pace>;
}

/// How a stream's body gets on.
#[derive(Debug, Default)]
struct Pace {
    /// The next piece has been handed over and none was asked for since.
    waits_for_client: AtomicBool,
    /// Pieces handed over.
    pieces: AtomicU64,
}

/// Runs hyper's tasks in a tracker and ends those whose clients take nothing.
#[derive(Clone, Debug)]
pub(super) struct Paces {
    pub(super) tasks: TaskTracker,
    /// How long a client may take nothing.
    pub(super) stall_timeout: Duration,
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Paces {
    fn execute(&self, stream: F) {
        let pace = Arc::<Pace>::default();
        let limit = self.stall_timeout;
        let inner = PACE.scope(Arc::clone(&pace), stream);
        self.tasks.spawn(Watched { inner, pace, limit, timer: None });
    }
}

pin_project! {
    /// A stream's task; it ends, and with it the stream, where the client takes too long.
    struct Watched<F> {
        #[pin]
        inner: TaskLocalFuture<Arc<Pace>, F>,
        pace: Arc<Pace>,
        limit: Duration,
        // With the number of pieces handed over when it was set.
        timer: Option<(Pin<Box<Sleep>>, u64)>,
    }
}

impl<F: Future<Output = ()>> Future for Watched<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        if this.inner.poll(cx).is_ready() {
            return Poll::Ready(());
        }
        loop {
            if !this.pace.waits_for_client.load(Ordering::Relaxed) {
                *this.timer = None;
                return Poll::Pending;
            }
            let pieces = this.pace.pieces.load(Ordering::Relaxed);
            let (timer, since) =
                this.timer.get_or_insert_with(|| (Box::pin(sleep(*this.limit)), pieces));
            ready!(timer.as_mut().poll(cx));
            if pieces == *since {
                debug!("a stream is cut: its client takes nothing");
                return Poll::Ready(());
            }
            // One timer a stall instead of one a piece: it runs once to twice the limit.
            *this.timer = None;
        }
    }
}

pin_project! {
    /// A body in pieces, which tells its stream's task how it gets on.
    pub(super) struct Paced<B> {
        #[pin]
        body: B,
        // What is left of the body's last frame.
        rest: Bytes,
    }
}

impl<B> Paced<B> {
    pub(super) const fn new(body: B) -> Self {
        Self { body, rest: Bytes::new() }
    }
}

impl<B: Body<Data = Bytes>> Body for Paced<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.project();
        if this.rest.is_empty() {
            let polled = this.body.poll_frame(cx);
            if polled.is_pending() {
                note(|pace| pace.waits_for_client.store(false, Ordering::Relaxed));
                return Poll::Pending;
            }
            match ready!(polled) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => *this.rest = data,
                    Err(frame) => return Poll::Ready(Some(Ok(frame))),
                },
                end => return Poll::Ready(end),
            }
        }
        let piece = this.rest.split_to(this.rest.len().min(PIECE_BYTES));
        note(|pace| {
            pace.waits_for_client.store(true, Ordering::Relaxed);
            pace.pieces.fetch_add(1, Ordering::Relaxed);
        });
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = u64::try_from(self.rest.len()).unwrap_or(u64::MAX);
        let inner = self.body.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower().saturating_add(rest));
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper.saturating_add(rest));
        }
        hint
    }
}

/// Tells the task of the stream; a body that is polled elsewhere tells nobody.
fn note(what: impl FnOnce(&Pace)) {
    PACE.try_with(|pace| what(pace)).unwrap_or_default();
}
