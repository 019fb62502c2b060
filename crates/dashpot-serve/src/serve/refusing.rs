//! The end of a connection whose request cannot be taken: an answer, and time to read it.

use crate::Clock;
use dashpot_http::{date, framing::Refusal};
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

/// How long, and for how many bytes, a client is listened to that has been refused: a socket closed
/// with bytes unread resets the connection, and the answer may be lost with it.
const LINGER_FOR: Duration = Duration::from_secs(1);
const LINGER_BYTES_MAX: usize = 256 << 10;

/// A refusal under way.
#[derive(Debug)]
pub(super) enum Refusing {
    /// The rest of the answer is to be written.
    Answer(Vec<u8>),
    /// The answer is to be sent, and with it the end of the stream.
    Shutdown,
    /// What the client sends is read and forgotten.
    Linger(Linger),
    /// The connection may be closed.
    Over,
}

impl Refusing {
    pub(super) fn new(refusal: Refusal) -> Self {
        tracing::debug!(%refusal, "request refused");
        let (status, message) = (refusal.status(), refusal.message());
        let date = date::print(Clock::system().wall());
        Self::Answer(
            format!(
                "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\n\
                 Cache-Control: no-store\r\nContent-Length: {}\r\nDate: {date}\r\n\
                 Connection: close\r\n\r\n{message}\n",
                message.len() + 1
            )
            .into_bytes(),
        )
    }

    /// Goes on with the refusal; ready, with an error that ends the connection, once it is over.
    pub(super) fn poll<T: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        cx: &mut Context<'_>,
        stream: &mut T,
    ) -> Poll<io::Error> {
        loop {
            let polled = match self {
                Self::Answer(rest) => poll_answer(cx, stream, rest).map_ok(|()| Self::Shutdown),
                Self::Shutdown => Pin::new(&mut *stream)
                    .poll_shutdown(cx)
                    .map_ok(|()| Self::Linger(Linger::default())),
                Self::Linger(linger) => linger.poll(cx, stream).map_ok(|()| Self::Over),
                Self::Over => return Poll::Ready(io::ErrorKind::InvalidData.into()),
            };
            // A client that has gone needs no answer.
            *self = ready!(polled).unwrap_or(Self::Over);
        }
    }
}

fn poll_answer<T: AsyncWrite + Unpin>(
    cx: &mut Context<'_>,
    stream: &mut T,
    rest: &mut Vec<u8>,
) -> Poll<io::Result<()>> {
    while !rest.is_empty() {
        let taken = ready!(Pin::new(&mut *stream).poll_write(cx, rest))?;
        if taken == 0 {
            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
        }
        rest.drain(..taken);
    }
    Pin::new(stream).poll_flush(cx)
}

/// Reads and forgets, for a while.
#[derive(Debug, Default)]
pub(super) struct Linger {
    timer: Option<Pin<Box<Sleep>>>,
    bytes: usize,
}

impl Linger {
    fn poll<T: AsyncRead + Unpin>(
        &mut self,
        cx: &mut Context<'_>,
        stream: &mut T,
    ) -> Poll<io::Result<()>> {
        let mut room = [0; 4 << 10];
        while self.bytes < LINGER_BYTES_MAX {
            let mut buf = ReadBuf::new(&mut room);
            match Pin::new(&mut *stream).poll_read(cx, &mut buf)? {
                Poll::Ready(()) if buf.filled().is_empty() => break,
                Poll::Ready(()) => self.bytes += buf.filled().len(),
                Poll::Pending => {
                    let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(LINGER_FOR)));
                    ready!(timer.as_mut().poll(cx));
                    break;
                }
            }
        }
        Poll::Ready(Ok(()))
    }
}
