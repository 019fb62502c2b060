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

/// A stream with a deadline for each thing a client may wait over: the first head, a head begun,
/// the rest between requests, and taking a response.
#[derive(Debug)]
pub(super) struct Guarded<T> {
    inner: T,
    limits: Limits,
    activity: Activity,
    awaited: Awaited,
    reading: Timer,
    writing: Timer,
}

/// What a read waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaited {
    /// A head that has begun, or a connection's first.
    Head,
    /// Whatever comes during an exchange, or the first byte after it.
    Anything,
}

impl<T> Guarded<T> {
    pub(super) const fn new(inner: T, limits: Limits, activity: Activity) -> Self {
        let awaited = Awaited::Head;
        Self { inner, limits, activity, awaited, reading: Timer(None), writing: Timer(None) }
    }

    /// Moves on from what came in since the last read; what is awaited then has its own deadline.
    fn advance(&mut self, bytes_read: usize) {
        let next = match (self.activity.is_busy(), self.awaited, bytes_read) {
            (true, ..) | (false, Awaited::Anything, 0) => Awaited::Anything,
            (false, ..) => Awaited::Head,
        };
        if next != self.awaited {
            self.reading.disarm();
        }
        self.awaited = next;
    }

    /// Pending until the client has taken too long.
    ///
    /// hyper does not read again when an exchange ends, so the deadline of a rest runs from
    /// before: where an exchange fell into it, it runs once more, and a connection rests once to
    /// twice `idle_timeout`. A timer a connection suffices for that, instead of one a request.
    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            match self.awaited {
                Awaited::Head => return self.reading.poll(cx, self.limits.header_read_timeout),
                Awaited::Anything => {
                    let late = ready!(self.reading.poll(cx, self.limits.idle_timeout));
                    if !self.activity.take() {
                        return Poll::Ready(late);
                    }
                    self.reading.disarm();
                }
            }
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
            self.writing.disarm();
            return polled;
        }
        match ready!(self.writing.poll(cx, self.limits.write_stall_timeout)) {
            Ok(()) => Poll::Pending,
            Err(error) => Poll::Ready(Err(error)),
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
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

/// A deadline that begins when it is first waited for and ends with `TimedOut`.
#[derive(Debug)]
struct Timer(Option<Pin<Box<Sleep>>>);

impl Timer {
    fn disarm(&mut self) {
        self.0 = None;
    }

    /// Pending until `limit` after the first call since the last `disarm`, then an error.
    fn poll(&mut self, cx: &mut Context<'_>, limit: Duration) -> Poll<io::Result<()>> {
        let timer = self.0.get_or_insert_with(|| Box::pin(sleep(limit)));
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}
