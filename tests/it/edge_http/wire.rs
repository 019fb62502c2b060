//! HTTP/1.1 messages as they are on the wire.

use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// How long one exchange may take before the case fails: a minute for a busy machine.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// A message's start line, fields in order, and content.
#[derive(Clone, Debug, Default)]
pub(super) struct Message {
    pub(super) start: String,
    /// Names in lower case. Bytes that are not UTF-8 are replaced.
    pub(super) fields: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// Names and values behind the last chunk.
    pub(super) trailers: Vec<(String, String)>,
}

impl Message {
    /// Returns the values of the field `name`, in order.
    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        let same = self.fields.iter().filter(|(field, _)| field.eq_ignore_ascii_case(name));
        same.map(|(_, value)| value.as_str()).collect()
    }

    /// Returns whether `line` is one of the fields.
    pub(super) fn has(&self, line: &str) -> bool {
        let (name, value) = line.split_once(':').expect("a field line");
        self.all(name).contains(&value.trim())
    }

    fn parse_head(head: &[u8]) -> Self {
        let head = String::from_utf8_lossy(head);
        let mut lines = head.split("\r\n");
        let start = lines.next().unwrap_or_default().to_owned();
        Self { start, fields: fields_of(lines), ..Self::default() }
    }

    /// Returns the message as text, for a report.
    pub(super) fn shown(&self) -> String {
        let mut text = format!("{}\n", self.start);
        for (name, value) in self.fields.iter().chain(&self.trailers) {
            text.push_str(&format!("{name}: {value}\n"));
        }
        let body = String::from_utf8_lossy(&self.body);
        text + "| " + body.get(..200).unwrap_or(&body)
    }
}

/// A response that has ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Response {
    pub(super) interim: Vec<u16>,
    pub(super) status: u16,
    pub(super) message: Message,
    /// Whether the framing says that the body is whole.
    pub(super) whole: bool,
}

/// Sends `request` and reads to the end of the connection.
///
/// # Errors
/// What was seen instead of one response.
pub(super) async fn exchange(
    addr: SocketAddr,
    method: &str,
    request: &[u8],
) -> Result<Response, String> {
    let talk = async {
        let mut stream = TcpStream::connect(addr).await.expect("the edge listens");
        // What is refused early may be reset before it is all sent.
        stream.write_all(request).await.unwrap_or_default();
        let mut received = Vec::new();
        // A reset is a broken end like any other: the framing tells what is missing.
        stream.read_to_end(&mut received).await.unwrap_or_default();
        received
    };
    let received =
        timeout(PATIENCE, talk).await.map_err(|_| "no end of the response".to_owned())?;
    read_response(method, &received).map(|(response, _)| response)
}

/// Reads the final response at the start of `received`, and what is behind it.
///
/// # Errors
/// What was seen instead.
pub(super) fn read_response<'a>(
    method: &str,
    mut received: &'a [u8],
) -> Result<(Response, &'a [u8]), String> {
    let mut response = Response::default();
    loop {
        let Some(head) = head_length(received) else {
            return Err(format!("no head in {:?}", String::from_utf8_lossy(received)));
        };
        let (head, rest) = received.split_at(head);
        received = rest;
        let message = Message::parse_head(&head[..head.len() - 4]);
        let status = message.start.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status: u16 = status.ok_or_else(|| format!("no status in {:?}", message.start))?;
        if status < 200 {
            response.interim.push(status);
            continue;
        }
        (response.status, response.message) = (status, message);
        let has_body = method != "HEAD" && status != 204 && status != 304;
        let rest = if has_body { unframe(&mut response, received) } else { Some(received) };
        response.whole = rest.is_some();
        return Ok((response, rest.unwrap_or_default()));
    }
}

/// Takes the body off `wire`; returns what is behind it, `None` where it does not end.
fn unframe<'a>(response: &mut Response, wire: &'a [u8]) -> Option<&'a [u8]> {
    let message = &mut response.message;
    if message.all("transfer-encoding") == ["chunked"] {
        let (body, trailers, rest) = unchunk(wire)?;
        (message.body, message.trailers) = (body, trailers);
        return Some(rest);
    }
    let length = message.all("content-length").first().and_then(|length| length.parse().ok());
    let Some(length) = length else {
        message.body = wire.to_vec();
        return Some(&[]);
    };
    message.body = wire[..wire.len().min(length)].to_vec();
    wire.get(length..)
}

/// Returns content, trailers and what is behind them; `None` where the last chunk is not there.
#[expect(clippy::type_complexity, reason = "read in one place")]
fn unchunk(mut wire: &[u8]) -> Option<(Vec<u8>, Vec<(String, String)>, &[u8])> {
    let mut body = Vec::new();
    loop {
        let line = wire.windows(2).position(|pair| pair == b"\r\n")?;
        let size = std::str::from_utf8(&wire[..line]).ok()?;
        let size = usize::from_str_radix(size.split(';').next()?.trim(), 16).ok()?;
        wire = &wire[line + 2..];
        if size == 0 {
            if let Some(rest) = wire.strip_prefix(b"\r\n") {
                return Some((body, Vec::new(), rest));
            }
            let end = head_length(wire)?;
            let trailers = String::from_utf8_lossy(&wire[..end - 4]).into_owned();
            return Some((body, fields_of(trailers.split("\r\n")), &wire[end..]));
        }
        body.extend_from_slice(wire.get(..size)?);
        wire = wire.get(size + 2..)?;
    }
}

fn fields_of<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<(String, String)> {
    lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| {
            (name.to_ascii_lowercase(), value.trim_matches([' ', '\t']).to_owned())
        })
        .collect()
}

fn head_length(received: &[u8]) -> Option<usize> {
    received.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

/// Reads a request with its content; `None` where the connection ends before.
pub(super) async fn read_request(stream: &mut TcpStream) -> Option<Message> {
    let mut received = Vec::new();
    loop {
        if let Some(head) = head_length(&received) {
            let mut message = Message::parse_head(&received[..head - 4]);
            let rest = &received[head..];
            if message.all("transfer-encoding") == ["chunked"] {
                if let Some((body, trailers, _)) = unchunk(rest) {
                    (message.body, message.trailers) = (body, trailers);
                    return Some(message);
                }
            } else {
                let length = message.all("content-length").first().map(|length| length.parse());
                let length: usize = length.and_then(Result::ok).unwrap_or_default();
                if let Some(body) = rest.get(..length) {
                    message.body = body.to_vec();
                    return Some(message);
                }
            }
        }
        if stream.read_buf(&mut received).await.ok()? == 0 {
            return None;
        }
    }
}
