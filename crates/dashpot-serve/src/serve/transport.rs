//! What a connection runs over, and which protocol is spoken on it.

use super::{Limits, connection::Connection};
use crate::tls::{Tls, TlsConnection};
use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    select,
    time::timeout,
};

/// A protocol spoken with clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Http1,
    Http2,
}

impl Protocol {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Http1 => "h1",
            Self::Http2 => "h2",
        }
    }
}

impl Connection {
    /// Finds out what is spoken on `stream`, after a handshake where `tls` asks for one; `None`
    /// where the client says nothing usable in time or the server ends.
    pub(super) async fn open(
        &self,
        stream: TcpStream,
        tls: Option<&Tls>,
    ) -> Option<(Transport, Protocol)> {
        let opened = async {
            match tls {
                // Boxed, so that plain connections do not carry the room.
                Some(tls) => Box::pin(secure(tls, stream)).await,
                None => peek(stream, self.limits).await,
            }
        };
        select! {
            biased;
            opened = opened => opened,
            () = self.shutdown.begun() => None,
        }
    }
}

async fn secure(tls: &Tls, stream: TcpStream) -> Option<(Transport, Protocol)> {
    let connection = tls.accept(stream).await?;
    // RFC 7301 §3.2: what both agreed on; clients without ALPN speak HTTP/1.1.
    let protocol = match connection.get_ref().1.alpn_protocol() {
        Some(b"h2") => Protocol::Http2,
        Some(_) | None => Protocol::Http1,
    };
    Some((Transport::Tls(Box::new(connection)), protocol))
}

/// Looks at the first bytes and leaves them where they are: one system call a connection, and
/// nothing on the way of the requests.
async fn peek(stream: TcpStream, limits: Limits) -> Option<(Transport, Protocol)> {
    // RFC 9113 §3.4: no method of HTTP/1 is called so. A client that sends its preface byte by
    // byte is taken for HTTP/1 and refused.
    const PREFACE: &[u8] = b"PRI ";
    let mut first = [0; PREFACE.len()];
    let peeked = timeout(limits.header_read_timeout, stream.peek(&mut first)).await;
    let length = peeked.ok()?.ok().filter(|length| 0 < *length)?;
    let protocol = if first[..length] == *PREFACE { Protocol::Http2 } else { Protocol::Http1 };
    Some((Transport::Plain(stream), protocol))
}

/// A byte stream to a client.
#[derive(Debug)]
pub(super) enum Transport {
    Plain(TcpStream),
    Tls(Box<TlsConnection>),
}

impl AsyncRead for Transport {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Transport {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
