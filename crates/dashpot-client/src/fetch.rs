//! One request, from its first byte out to its last byte in.

use crate::{FetchError, MediaError, media::SegmentCheck, server_time::Stamp};
use bytes::{Bytes, BytesMut};
use dashpot_base::WallTime;
use dashpot_http::{cache_status::CACHE_STATUS, cmsd::CMSD_DYNAMIC};
use dashpot_player::Ticket;
use futures_util::StreamExt as _;
use reqwest::{
    Client, Response, StatusCode,
    header::{CONTENT_RANGE, CONTENT_TYPE, HeaderMap, HeaderName, RANGE},
};
use std::sync::Arc;
use tokio::sync::{Semaphore, mpsc};

/// How many bytes may have come in beyond those that have crossed the link. Enough to keep a link
/// of 100 Mbps busy between two looks at it; more would only hide the link from the server.
pub(crate) const WINDOW_BYTES: usize = 256 * 1024;

/// A request as this crate makes it.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) ticket: Ticket,
    pub(crate) url: String,
    pub(crate) range: Option<(u64, u64)>,
    pub(crate) headers: HeaderMap,
    pub(crate) keep: Keep,
    pub(crate) bytes_max: u64,
    /// When it is made.
    pub(crate) asked: WallTime,
}

/// What of a body is of interest beyond its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// All of it.
    Whole,
    /// Whether it is a media segment, and its beginning.
    Segment,
    /// Its beginning.
    Head,
}

/// How much of a body is kept in any case, to say what it is.
pub(crate) const HEAD_BYTES: usize = 512;

/// A response that came whole.
#[derive(Debug)]
pub(crate) struct Reply {
    /// Where it came from in the end, after redirects.
    pub(crate) url: String,
    pub(crate) status: StatusCode,
    pub(crate) content_type: Option<String>,
    pub(crate) cache_status: Option<String>,
    pub(crate) server_data: Option<String>,
    /// When it left its server, as that says.
    pub(crate) stamp: Option<Stamp>,
    pub(crate) size: u64,
    /// The body, as far as it was to be kept.
    pub(crate) body: Bytes,
    /// Why it is no media segment, where it was to be one.
    pub(crate) flaw: Option<MediaError>,
}

/// What becomes of a request, in this order: a head, which may announce the size, bytes, an end.
#[derive(Debug)]
pub(crate) enum Progress {
    Head(Option<u64>),
    Bytes(u64),
    End(Result<Box<Reply>, FetchError>),
}

/// The way back to the transport.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) events: mpsc::Sender<(Ticket, Progress)>,
    pub(crate) window: Arc<Semaphore>,
}

impl Line {
    /// Says what happened; where nobody listens any more the task is about to be dropped anyway.
    async fn say(&self, ticket: Ticket, progress: Progress) {
        self.events.send((ticket, progress)).await.unwrap_or_default();
    }

    /// Offers bytes to the link, as the window has room for them.
    async fn offer(&self, ticket: Ticket, mut length: usize) {
        while 0 < length {
            let piece = length.min(WINDOW_BYTES);
            length -= piece;
            // The window is never closed; what crosses the link gives its room back.
            if let Ok(room) = self.window.acquire_many(u32::try_from(piece).unwrap_or(0)).await {
                room.forget();
            }
            self.say(ticket, Progress::Bytes(u64::try_from(piece).unwrap_or(0))).await;
        }
    }
}

/// Makes `request` and says how it goes.
pub(crate) async fn fetch(client: Client, request: Request, line: Line) {
    let ticket = request.ticket;
    let end = match head(&client, &request).await {
        Ok(response) => {
            line.say(ticket, Progress::Head(announced(&response, &request))).await;
            body(response, &request, &line).await
        }
        Err(error) => Err(error),
    };
    line.say(ticket, Progress::End(end.map(Box::new))).await;
}

async fn head(client: &Client, request: &Request) -> Result<Response, FetchError> {
    let url = || request.url.clone();
    let mut builder = client.get(&request.url).headers(request.headers.clone());
    if let Some(range) = request.range {
        builder = builder.header(RANGE, format!("bytes={}", range_text(range)));
    }
    let response = builder.send().await.map_err(|source| {
        // What the client says names the URL, which is said already.
        let (url, source) = (url(), source.without_url());
        match source.is_connect() {
            true => FetchError::Connect { url, source },
            false => FetchError::Unanswered { url, source },
        }
    })?;
    let status = response.status();
    let Some(range) = request.range else {
        return match status {
            StatusCode::OK => Ok(response),
            _ => Err(FetchError::Status { url: url(), status }),
        };
    };
    if !status.is_success() {
        return Err(FetchError::Status { url: url(), status });
    }
    // RFC 9110 §14.2: a server may ignore Range; then all of a film would come for one segment.
    let found = text(response.headers(), &CONTENT_RANGE);
    let begins = format!("bytes {}-", range.0);
    let fits = found.as_deref().is_some_and(|found| found.starts_with(&begins));
    if status == StatusCode::PARTIAL_CONTENT && fits {
        return Ok(response);
    }
    Err(FetchError::WrongRange {
        url: url(),
        status,
        found: found.unwrap_or_else(|| "no Content-Range".to_owned()),
        wanted: range_text(range),
    })
}

/// Returns how many bytes the body is to have.
fn announced(response: &Response, request: &Request) -> Option<u64> {
    match request.range {
        Some((first, last)) if last < u64::MAX => Some((last - first).saturating_add(1)),
        Some(_) | None => response.content_length(),
    }
}

async fn body(response: Response, request: &Request, line: &Line) -> Result<Reply, FetchError> {
    let url = || request.url.clone();
    let expected = announced(&response, request);
    let too_large = || FetchError::TooLarge { url: url(), max: request.bytes_max };
    if expected.is_some_and(|bytes| request.bytes_max < bytes) {
        return Err(too_large());
    }
    let mut reply = Reply {
        url: response.url().as_str().to_owned(),
        status: response.status(),
        content_type: text(response.headers(), &CONTENT_TYPE),
        cache_status: text(response.headers(), &CACHE_STATUS),
        server_data: text(response.headers(), &CMSD_DYNAMIC),
        stamp: Stamp::of(response.headers(), request.asked),
        size: 0,
        body: Bytes::new(),
        flaw: None,
    };
    let mut check = (request.keep == Keep::Segment).then(|| SegmentCheck::new(expected));
    let mut kept = BytesMut::new();
    let mut stream = response.bytes_stream();
    while let Some(chunk) = stream.next().await {
        let received = reply.size;
        let chunk = chunk.map_err(|source| FetchError::Truncated {
            url: url(),
            received,
            expected,
            source: Some(source.without_url()),
        })?;
        let length = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        reply.size = reply.size.saturating_add(length);
        if request.bytes_max < reply.size {
            return Err(too_large());
        }
        let kept_max = if request.keep == Keep::Whole { usize::MAX } else { HEAD_BYTES };
        let length = chunk.len().min(kept_max.saturating_sub(kept.len()));
        kept.extend_from_slice(&chunk[..length]);
        if let Some(check) = &mut check {
            check.push(&chunk);
        }
        line.offer(request.ticket, chunk.len()).await;
    }
    if expected.is_some_and(|bytes| bytes != reply.size) {
        let received = reply.size;
        return Err(FetchError::Truncated { url: url(), received, expected, source: None });
    }
    reply.body = kept.freeze();
    reply.flaw = check.and_then(|check| check.finish().err());
    Ok(reply)
}

fn range_text((first, last): (u64, u64)) -> String {
    match last {
        u64::MAX => format!("{first}-"),
        _ => format!("{first}-{last}"),
    }
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let lines = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    let lines = lines.collect::<Vec<_>>();
    (!lines.is_empty()).then(|| lines.join(", "))
}
