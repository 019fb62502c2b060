//! A byte stream that ends where its client dawdles.

use super::{Limits, connection::Busy};
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
    busy: Busy,
    head: Head,
    reading: Timer,
    writing: Timer,
}

/// How far the request head that is awaited has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Head {
    /// No exchange has been on this connection, or the head's first byte has come.
    Begun,
    /// The last exchange is over and nothing has come since.
    Rest,
    /// An exchange is under way; what is read belongs to it.
    Read,
}

impl<T> Guarded<T> {
    pub(super) const fn new(inner: T, limits: Limits, busy: Busy) -> Self {
        Self { inner, limits, busy, head: Head::Begun, reading: Timer(None), writing: Timer(None) }
    }

    /// Moves on from what came in since the last read; a changed state begins its own deadline.
    fn advance(&mut self, bytes_read: usize) {
        let next = match (self.busy.is_set(), self.head, bytes_read) {
            (true, ..) => Head::Read,
            (false, Head::Read | Head::Rest, 0) => Head::Rest,
            (false, ..) => Head::Begun,
        };
        if next != self.head {
            self.reading.disarm();
        }
        self.head = next;
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Guarded<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buf.filled().len();
        let polled = Pin::new(&mut this.inner).poll_read(cx, buf);
        this.advance(buf.filled().len() - before);
        if polled.is_ready() {
            return polled;
        }
        let limit = match this.head {
            Head::Begun => this.limits.header_read_timeout,
            Head::Rest => this.limits.idle_timeout,
            // The body of a request is its service's to bound.
            Head::Read => return Poll::Pending,
        };
        this.reading.poll(cx, limit)
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
