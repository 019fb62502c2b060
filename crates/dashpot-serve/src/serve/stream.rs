//! A byte stream that ends where its client dawdles.

use super::{Limits, connection::Activity};
use std::{
    future::Future as _,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

/// Bytes of a body that must come in each `body_timeout`: far below what the slowest link carries,
/// far above what it takes to hold a connection open.
const BODY_BYTES_MIN: usize = 256;

/// A stream with a deadline for each thing a client may wait over: the first head, a head begun,
/// a body, the rest between requests, and taking a response.
#[derive(Debug)]
pub(super) struct Guarded<T> {
    inner: T,
    limits: Limits,
    activity: Activity,
    awaited: Awaited,
    /// Bytes of a body that have come since its deadline was set.
    body_bytes: usize,
    reading: Timer,
    /// The client has taken something since its deadline was set.
    has_taken: bool,
    writing: Timer,
    /// What makes a reset of the end, where the activity asks for one.
    reset: fn(&T),
}

/// What a client is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaited {
    /// A head that has begun, or a connection's first.
    Head,
    /// More of a request's body.
    Body,
    /// Whatever comes while a response is in flight, or the first byte after it.
    Anything,
    /// Room for more of a response.
    Room,
}

impl<T> Guarded<T> {
    pub(super) const fn new(inner: T, limits: Limits, activity: Activity) -> Self {
        Self {
            inner,
            limits,
            activity,
            awaited: Awaited::Head,
            body_bytes: 0,
            reading: Timer(None),
            has_taken: false,
            writing: Timer(None),
            reset: |_| (),
        }
    }

    /// Returns it with what makes a reset of its end.
    pub(super) fn with_reset(mut self, reset: fn(&T)) -> Self {
        self.reset = reset;
        self
    }

    /// Moves on from what came in since the last read.
    ///
    /// No timer is touched: requests that come whole pass by all of them.
    fn advance(&mut self, bytes_read: usize) {
        self.awaited = match (self.activity.is_busy(), self.awaited, bytes_read) {
            (true, ..) if self.activity.is_body_due() => Awaited::Body,
            (true, ..) | (false, Awaited::Anything, 0) => Awaited::Anything,
            (false, ..) => Awaited::Head,
        };
        self.body_bytes += bytes_read;
    }

    /// Pending until the client has taken too long.
    ///
    /// hyper does not read again when an exchange ends, so the deadline of a rest runs from
    /// before: where an exchange fell into it, it runs once more, and a connection rests once to
    /// twice `idle_timeout`. A timer a connection suffices for that, instead of one a request.
    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let awaited = self.awaited;
            let limit = match awaited {
                Awaited::Head => self.limits.header_read_timeout,
                Awaited::Body => self.limits.body_timeout,
                Awaited::Anything | Awaited::Room => self.limits.idle_timeout,
            };
            ready!(self.reading.poll(cx, awaited, limit));
            let bytes = std::mem::take(&mut self.body_bytes);
            let goes_on = match awaited {
                Awaited::Head => false,
                Awaited::Body => BODY_BYTES_MIN <= bytes,
                Awaited::Anything | Awaited::Room => self.activity.take(),
            };
            if !goes_on {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            self.reading.disarm();
        }
    }
}

impl<T> Drop for Guarded<T> {
    fn drop(&mut self) {
        if self.activity.is_reset() {
            (self.reset)(&self.inner);
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Guarded<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(cx, buf);
        self.advance(buf.filled().len() - before);
        if polled.is_ready() { polled } else { self.poll_deadline(cx) }
    }
}

impl<T: AsyncWrite + Unpin> Guarded<T> {
    fn watch_write<R>(
        &mut self,
        cx: &mut Context<'_>,
        polled: Poll<io::Result<R>>,
    ) -> Poll<io::Result<R>> {
        if polled.is_ready() {
            self.has_taken = true;
            return polled;
        }
        // As above: the deadline runs once to twice `write_stall_timeout`, with one timer for all
        // the times that a client's window is full.
        loop {
            ready!(self.writing.poll(cx, Awaited::Room, self.limits.write_stall_timeout));
            if !std::mem::take(&mut self.has_taken) {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            self.writing.disarm();
        }
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Guarded<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write(cx, buf);
        self.watch_write(cx, polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write_vectored(cx, bufs);
        self.watch_write(cx, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.inner).poll_flush(cx);
        self.watch_write(cx, polled)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.inner).poll_shutdown(cx);
        self.watch_write(cx, polled)
    }
}

/// A deadline that begins when it is first waited for; its memory is kept for the next one.
#[derive(Debug)]
struct Timer(Option<Armed>);

#[derive(Debug)]
struct Armed {
    /// `None` where it is to begin anew.
    awaited: Option<Awaited>,
    sleep: Pin<Box<Sleep>>,
}

impl Timer {
    /// Has the next wait begin anew.
    fn disarm(&mut self) {
        if let Some(armed) = &mut self.0 {
            armed.awaited = None;
        }
    }

    /// Pending until `limit` after the first call for `awaited` since the last `disarm`, or since
    /// a call for something else.
    fn poll(&mut self, cx: &mut Context<'_>, awaited: Awaited, limit: Duration) -> Poll<()> {
        let armed = self
            .0
            .get_or_insert_with(|| Armed { awaited: Some(awaited), sleep: Box::pin(sleep(limit)) });
        if armed.awaited != Some(awaited) {
            armed.awaited = Some(awaited);
            armed.sleep.set(sleep(limit));
        }
        armed.sleep.as_mut().poll(cx)
    }
}
