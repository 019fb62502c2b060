//! The framing guard of HTTP/1: hyper reads whole heads that have one meaning, one request at a
//! time, or nothing.

use super::{Limits, connection::Activity, refused::Refused, refusing::Refusing};
use dashpot_http::framing::{Framer, Limits as FramingLimits, Next, Refusal, Scan};
use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream of HTTP/1 requests that ends where their framing does not hold.
///
/// Bytes stream through where they are; copied is only a head that comes in pieces, and what
/// a client sends ahead of the response before. A request that is refused is never seen by the
/// reader: once the response in flight has gone out, the refusal is written here and the
/// connection ends.
#[derive(Debug)]
pub(super) struct Framed<T> {
    inner: T,
    framer: Framer,
    activity: Activity,
    /// Bytes that have come and have not been given to the reader.
    held: Vec<u8>,
    /// How many of those held may be given.
    vetted: usize,
    /// How many of those held have been looked at, in vain for want of more.
    seen: usize,
    request: Request,
    refusing: Option<Box<Refusing>>,
    /// Bytes of a response have been offered and not been taken.
    unwritten: bool,
    /// A read waits for the response in flight; nobody else wakes the task for it.
    blocked: bool,
}

/// How far the reader has come with the request under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Request {
    /// It has seen nothing of it.
    Ahead,
    /// It has seen some of it.
    Begun {
        /// And has written since.
        answered: bool,
    },
    /// It has seen, or is about to see, all of it.
    Whole,
}

impl<T> Framed<T> {
    pub(super) fn new(inner: T, limits: Limits, activity: Activity) -> Self {
        let framer = Framer::new(FramingLimits {
            head_bytes_max: limits.header_bytes_max,
            target_bytes_max: limits.target_bytes_max,
        });
        Self {
            inner,
            framer,
            activity,
            held: Vec::new(),
            vetted: 0,
            seen: 0,
            request: Request::Ahead,
            refusing: None,
            unwritten: false,
            blocked: false,
        }
    }

    /// Gives the reader what it may have of the bytes held.
    fn give(&mut self, buf: &mut ReadBuf<'_>) {
        let here = self.vetted.min(buf.remaining());
        buf.put_slice(&self.held[..here]);
        self.vetted -= here;
        self.held.drain(..here);
        if self.held.is_empty() {
            // Few clients need it, and most of those once.
            self.held = Vec::new();
        }
    }

    /// Looks at the bytes held; returns whether anything has come of it.
    fn look_at_held(&mut self) -> bool {
        if self.seen == self.held.len() {
            return false;
        }
        let Scan { passed, next } = self.framer.advance(&self.held);
        self.vetted = passed;
        self.seen = self.held.len() - passed;
        self.follow(passed, next);
        self.vetted != 0 || self.refusing.is_some()
    }

    /// Looks at the bytes of `buf` behind the first `before`, keeps what may not be given, and
    /// returns whether anything is left to give.
    fn look_at_read(&mut self, buf: &mut ReadBuf<'_>, before: usize) -> bool {
        let Scan { passed, next } = self.framer.advance(&buf.filled()[before..]);
        if before + passed < buf.filled().len() {
            self.held.extend_from_slice(&buf.filled()[before + passed..]);
            self.seen = self.held.len();
            buf.set_filled(before + passed);
        }
        self.follow(passed, next);
        if self.refusing.is_some() {
            buf.set_filled(before);
        }
        passed != 0
    }

    fn follow(&mut self, passed: usize, next: Next) {
        match next {
            Next::More if passed == 0 => (),
            Next::More => {
                if self.request == Request::Ahead {
                    self.request = Request::Begun { answered: false };
                }
            }
            Next::Request => {
                self.request = Request::Whole;
                // What is held behind it is looked at when its turn comes.
                self.seen = 0;
            }
            Next::Refused { refusal, .. } => self.refuse(refusal),
        }
        self.activity.set_body_due(self.framer.is_in_body());
    }

    fn refuse(&mut self, refusal: Refusal) {
        self.activity.refuse(Refused::Framing(refusal));
        (self.held, self.vetted, self.seen) = (Vec::new(), 0, 0);
        let can_answer = match self.request {
            Request::Ahead | Request::Whole => true,
            // An answer within, or behind, another one would be taken for the next one's.
            Request::Begun { answered } => !answered && !self.unwritten,
        };
        self.refusing =
            Some(Box::new(if can_answer { Refusing::new(refusal) } else { Refusing::Over }));
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Framed<T> {
    /// Reads while a response is in flight, so that its client's end is noticed.
    fn poll_read_ahead(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.held.is_empty() {
            let before = buf.filled().len();
            ready!(Pin::new(&mut self.inner).poll_read(cx, buf))?;
            if buf.filled().len() == before {
                return Poll::Ready(Ok(()));
            }
            self.held.extend_from_slice(&buf.filled()[before..]);
            buf.set_filled(before);
        }
        self.blocked = true;
        Poll::Pending
    }

    /// Refuses the request under way, and ends with an error.
    fn poll_refuse(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        if self.unwritten && self.request == Request::Ahead {
            self.blocked = true;
            return Poll::Pending;
        }
        let Some(refusing) = &mut self.refusing else {
            return Poll::Ready(io::ErrorKind::InvalidData.into());
        };
        refusing.poll(cx, &mut self.inner)
    }

    /// Takes note of a write that offered `offered` bytes.
    fn wrote(&mut self, polled: &Poll<io::Result<usize>>, offered: usize) {
        if let Poll::Ready(Ok(_)) = polled
            && let Request::Begun { answered } = &mut self.request
        {
            *answered = true;
        }
        self.unwritten = !matches!(polled, Poll::Ready(Ok(taken)) if *taken == offered);
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncRead for Framed<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if this.refusing.is_some() {
                return this.poll_refuse(cx).map(Err);
            }
            if this.vetted != 0 {
                this.give(buf);
                return Poll::Ready(Ok(()));
            }
            if this.request == Request::Whole {
                if this.activity.is_busy() {
                    return this.poll_read_ahead(cx, buf);
                }
                this.request = Request::Ahead;
            }
            if this.look_at_held() {
                continue;
            }
            let before = buf.filled().len();
            if let Err(error) = ready!(Pin::new(&mut this.inner).poll_read(cx, buf)) {
                if error.kind() == io::ErrorKind::TimedOut && this.is_in_head() {
                    this.activity.refuse(Refused::SlowHead);
                }
                return Poll::Ready(Err(error));
            }
            if buf.filled().len() == before {
                // What is held is a head without an end: nothing that could be answered.
                return Poll::Ready(Ok(()));
            }
            if this.held.is_empty() {
                if this.look_at_read(buf, before) && this.refusing.is_none() {
                    return Poll::Ready(Ok(()));
                }
            } else {
                this.held.extend_from_slice(&buf.filled()[before..]);
                buf.set_filled(before);
            }
        }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Framed<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.is_mute() {
            return this.poll_refuse(cx).map(Err);
        }
        let polled = Pin::new(&mut this.inner).poll_write(cx, buf);
        this.wrote(&polled, buf.len());
        polled
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.is_mute() {
            return this.poll_refuse(cx).map(Err);
        }
        let polled = Pin::new(&mut this.inner).poll_write_vectored(cx, bufs);
        this.wrote(&polled, bufs.iter().map(|buf| buf.len()).sum());
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        // The writer flushes once it has nothing left to offer.
        this.unwritten = false;
        if this.blocked && !this.activity.is_busy() {
            this.blocked = false;
            cx.waker().wake_by_ref();
        }
        Pin::new(&mut this.inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        // What nobody wanted of a body is read, so that closing does not reset the connection.
        if this.refusing.is_none() && matches!(this.request, Request::Begun { .. }) {
            this.refusing = Some(Box::new(Refusing::Shutdown));
        }
        match &mut this.refusing {
            Some(refusing) => refusing.poll(cx, &mut this.inner).map(|_over| Ok(())),
            None => Pin::new(&mut this.inner).poll_shutdown(cx),
        }
    }
}

impl<T> Framed<T> {
    /// Returns whether a head has begun and not ended: nothing is given of one before.
    fn is_in_head(&self) -> bool {
        self.request == Request::Ahead && !self.held.is_empty()
    }

    /// Returns whether the request under way is refused and what would be written answers it.
    fn is_mute(&self) -> bool {
        self.refusing.is_some() && self.request == Request::Begun { answered: false }
    }
}
