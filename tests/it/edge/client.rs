//! A client that reads what is on the wire, so that a broken end is seen as one.

use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// A response under way.
pub(super) struct Client {
    stream: TcpStream,
    received: Vec<u8>,
}

/// A response that has ended.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: u16,
    fields: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// Whether the framing says that the body is whole.
    pub(super) whole: bool,
}

impl Client {
    /// Sends a request with these further fields.
    pub(super) async fn send(addr: SocketAddr, path: &str, fields: &[(&str, &str)]) -> Self {
        let mut stream = TcpStream::connect(addr).await.expect("the edge listens");
        let mut head = format!("GET {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n");
        for (name, value) in fields {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes()).await.expect("the edge reads");
        Self { stream, received: Vec::new() }
    }

    /// Reads until at least `bytes` of the body, as framed, have come.
    pub(super) async fn read_body(&mut self, bytes: usize) {
        while head_length(&self.received).is_none_or(|head| self.received.len() < head + bytes) {
            let read = self.stream.read_buf(&mut self.received).await.expect("not reset");
            let text = String::from_utf8_lossy(&self.received[..self.received.len().min(400)]);
            assert_ne!(read, 0, "ended early: {text}");
        }
    }

    /// Reads to the end of the connection, whatever that is.
    pub(super) async fn finish(mut self) -> Response {
        // A reset is a broken end like any other: the framing tells what is missing.
        self.stream.read_to_end(&mut self.received).await.unwrap_or_default();
        let head = head_length(&self.received).expect("a response head");
        let (head, body) = self.received.split_at(head);
        let head = String::from_utf8(head.to_vec()).expect("a head in ASCII");
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).expect("a status line");
        let status = status.parse().expect("a status");
        let fields: Vec<_> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let mut response = Response { status, fields, body: body.to_vec(), whole: false };
        response.unframe();
        response
    }
}

/// Asks and reads to the end.
pub(super) async fn fetch(addr: SocketAddr, path: &str, fields: &[(&str, &str)]) -> Response {
    Client::send(addr, path, fields).await.finish().await
}

impl Response {
    /// Returns the values of the field `name`.
    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        let same = self.fields.iter().filter(|(field, _)| field == name);
        same.map(|(_, value)| value.as_str()).collect()
    }

    /// Returns the value of the field `name`, which must be there once.
    pub(super) fn one(&self, name: &str) -> &str {
        let all = self.all(name);
        assert_eq!(all.len(), 1, "{name}: {:?}", self.fields);
        all[0]
    }

    /// Turns the bytes on the wire into the body, and sees whether it is whole.
    fn unframe(&mut self) {
        if self.all("transfer-encoding") == ["chunked"] {
            let wire = std::mem::take(&mut self.body);
            self.whole = self.unchunk(&wire).is_some();
        } else {
            let length: usize = self.one("content-length").parse().expect("a length");
            self.whole = self.body.len() == length;
        }
    }

    /// `None` where the last chunk does not come.
    fn unchunk(&mut self, mut wire: &[u8]) -> Option<()> {
        loop {
            let line = wire.windows(2).position(|pair| pair == b"\r\n")?;
            let size = std::str::from_utf8(&wire[..line]).ok()?;
            let size = usize::from_str_radix(size, 16).ok()?;
            wire = &wire[line + 2..];
            if size == 0 {
                return (wire == b"\r\n").then_some(());
            }
            self.body.extend_from_slice(&wire[..size.min(wire.len())]);
            wire = wire.get(size + 2..)?;
        }
    }
}

fn head_length(received: &[u8]) -> Option<usize> {
    received.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}
