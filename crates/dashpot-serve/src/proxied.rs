//! Who a connection came from, where a proxy in front tells.

use dashpot_http::proxy_protocol::{HEADER_BYTES_MAX, HeaderError, Who, parse};
use std::{io, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    time::timeout,
};

/// How long the header may take: a proxy sends it with the first packet.
const HEADER_TIMEOUT: Duration = Duration::from_secs(3);

/// Why a connection has no PROXY header.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProxiedError {
    /// What came is none.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The connection ended or failed before the header did.
    #[error("the connection ended before its PROXY header did")]
    Read(#[source] io::Error),
    /// It took too long.
    #[error("the PROXY header took more than 3 s")]
    Timeout,
}

/// Reads the PROXY header of a connection, and nothing behind it.
///
/// # Errors
/// Where the connection does not begin with one.
pub async fn read_proxied(stream: &mut (impl AsyncRead + Unpin)) -> Result<Who, ProxiedError> {
    timeout(HEADER_TIMEOUT, read(stream)).await.map_err(|_| ProxiedError::Timeout)?
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Result<Who, ProxiedError> {
    // Every header has these sixteen bytes, the last two of which say how many follow.
    let mut header = vec![0; 16];
    // Whoever sends something else is told by its first byte, and not kept for sixteen.
    let mut filled = 0;
    while filled < header.len() {
        match stream.read(&mut header[filled..]).await.map_err(ProxiedError::Read)? {
            0 => return Err(ProxiedError::Read(io::ErrorKind::UnexpectedEof.into())),
            count => filled += count,
        }
        parse(&header[..filled])?;
    }
    let length = usize::from(u16::from_be_bytes([header[14], header[15]]));
    header.resize((16 + length).min(HEADER_BYTES_MAX), 0);
    stream.read_exact(&mut header[16..]).await.map_err(ProxiedError::Read)?;
    match parse(&header)? {
        Some((who, _)) => Ok(who),
        None => Err(ProxiedError::Read(io::ErrorKind::UnexpectedEof.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dashpot_http::proxy_protocol::{Ends, Transport, write};

    async fn check(bytes: &[u8], expected: &str, rest: &str) {
        let mut stream = bytes;
        let got = match read_proxied(&mut stream).await {
            Ok(Who::Client(ends)) => ends.source.to_string(),
            Ok(Who::Itself) => "itself".to_owned(),
            Err(error) => error.to_string(),
        };
        assert_eq!((&*got, std::str::from_utf8(stream).unwrap_or_default()), (expected, rest));
    }

    #[tokio::test]
    async fn a_header_is_read_and_nothing_behind_it() {
        let ends = Ends {
            source: "192.0.2.1:7".parse().unwrap(),
            destination: "192.0.2.2:9".parse().unwrap(),
        };
        let client = write(Who::Client(ends), Transport::Stream);
        check(&[&client, &b"GET /"[..]].concat(), "192.0.2.1:7", "GET /").await;
        let itself = write(Who::Itself, Transport::Stream);
        check(&[&itself, &b"x"[..]].concat(), "itself", "x").await;
        check(b"GET / HTTP/1.1\r\n\r\n", "there is no PROXY header", "\r\n").await;
        check(&client[..20], "the connection ended before its PROXY header did", "").await;
    }

    #[tokio::test(start_paused = true)]
    async fn who_sends_nothing_is_not_waited_for() {
        let (mut ours, theirs) = tokio::io::duplex(64);
        assert!(matches!(read_proxied(&mut ours).await, Err(ProxiedError::Timeout)));
        drop(theirs);
    }
}
