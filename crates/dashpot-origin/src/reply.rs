//! From a resource and a request to a response: conditions, ranges, codings and headers.

use crate::{
    coding::{Coded, Coding},
    contribution::Arriving,
    media::Media,
};
use axum::body::Body;
use bytes::Bytes;
use dashpot_base::WallTime;
use dashpot_http::{
    cors, date,
    etag::EntityTag,
    precondition::{Evaluator, Outcome, Validators, evaluate},
    range::{ByteRange, ContentRange, Multipart, Resolved},
};
use dashpot_packager::{Due, Part, Plan, Refused, Sealed};
use dashpot_serve::Clock;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use std::{borrow::Cow, ops::Range, time::Duration};
use xxhash_rust::xxh3::xxh3_64;

/// What a path stands for.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    pub(crate) content_type: &'static str,
    pub(crate) cache_control: Cow<'static, str>,
    /// When it last changed; pages made for the request have no such time.
    pub(crate) modified: Option<WallTime>,
    pub(crate) content: Content,
    /// How long the answer waits, where it says what holds only then.
    pub(crate) held: Duration,
}

/// The bytes of a resource.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// In memory; compressed where the client wants it.
    Text(Bytes),
    /// To be read.
    Media {
        plan: Plan,
        /// Differs whenever the bytes do.
        version: u64,
    },
    /// To be read as it comes to be; the number differs whenever the bytes do.
    Paced(Paced, u64),
    /// To be made of what is read; the number differs whenever the bytes do.
    Sealed(Sealing, u64),
    /// Of an encoder that is still sending it; the number differs whenever the bytes do.
    Arriving(Arriving, u64),
}

/// Media that is protected on its way out.
#[derive(Clone, Debug)]
pub(crate) struct Sealing {
    pub(crate) sealed: Sealed,
    /// When each piece exists, where not all of them do yet.
    pub(crate) due: Vec<Due>,
    /// The time that it was asked for at.
    pub(crate) asked: WallTime,
}

/// Media that is still being made.
#[derive(Clone, Debug)]
pub(crate) struct Paced {
    pub(crate) plan: Plan,
    /// When which bytes of it exist, in order, up to its end.
    pub(crate) due: Vec<Due>,
    /// The time that it was asked for at.
    pub(crate) asked: WallTime,
}

/// What carries an answer out.
#[derive(Clone, Debug)]
pub(crate) struct Driver {
    pub(crate) media: Media,
    pub(crate) clock: Clock,
    pub(crate) coded: Coded,
}

impl Resource {
    pub(crate) fn text(
        content_type: &'static str,
        cache_control: impl Into<Cow<'static, str>>,
        text: impl Into<Bytes>,
    ) -> Self {
        let (cache_control, content) = (cache_control.into(), Content::Text(text.into()));
        Self { content_type, cache_control, modified: None, content, held: Duration::ZERO }
    }

    /// Answers a `GET` or `HEAD`.
    pub(crate) async fn answer(
        mut self,
        now: WallTime,
        method: &Method,
        headers: &HeaderMap,
        driver: Driver,
    ) -> Response<Body> {
        if !self.held.is_zero() {
            tokio::time::sleep(self.held).await;
        }
        // What came to be while the answer waited was modified then.
        let now = now.after(self.held);
        let coding = if let Content::Text(text) = &self.content {
            Coding::choose(headers, text.len())
        } else {
            Coding::Identity
        };
        let version = self.version();
        let etag = etag(version, coding);
        // RFC 9110 §8.8.2.1: a file from the future was modified now, as far as anyone can tell.
        self.modified = self.modified.map(|modified| modified.min(now));
        let mut response = Response::new(Body::empty());
        self.validators(response.headers_mut(), etag.as_ref());
        let current =
            Validators { etag: etag.as_ref(), last_modified: self.modified, date: Some(now) };
        let range = match evaluate(now, Evaluator::Origin, method, headers, &current) {
            Outcome::Proceed { range } => range,
            Outcome::NotModified => {
                *response.status_mut() = StatusCode::NOT_MODIFIED;
                return response;
            }
            Outcome::PreconditionFailed => return refuse(StatusCode::PRECONDITION_FAILED, OTHER),
        };
        if let Some(body) = self.content.coming(&driver) {
            let fields = response.headers_mut();
            fields.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
            // Its length is not known before its end, so that ranges of it are not either
            // (RFC 9110 §14.2 lets a server ignore them).
            if method == Method::GET {
                *response.body_mut() = body;
            }
            return response;
        }
        let content = match self.content {
            Content::Text(text) => match driver.coded.apply(coding, version, text).await {
                Ok(coded) => Content::Text(coded),
                Err(error) => {
                    tracing::error!(%error, "could not compress in memory");
                    return refuse(StatusCode::INTERNAL_SERVER_ERROR, "could not compress");
                }
            },
            // How long it is shows once it is made.
            Content::Sealed(made, version) => {
                // Boxed: what is not protected does not carry the room that this needs.
                match Box::pin(driver.media.clone().sealed(made.sealed, version)).await {
                    Ok(plan) => Content::Media { plan, version },
                    Err(_) => return unreadable(),
                }
            }
            media @ (Content::Media { .. } | Content::Paced(..) | Content::Arriving(..)) => media,
        };
        let complete = content.len();
        let ranges = match range.map_or(Resolved::Ignored, |range| range.resolve(complete)) {
            Resolved::Ignored => None,
            Resolved::Unsatisfiable => return unsatisfiable(complete),
            Resolved::Satisfiable(ranges) => Some(ranges),
        };
        let fields = response.headers_mut();
        fields.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        fields.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        if let Some(name) = coding.name() {
            fields.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
        }
        let (len, parts) = content.select(&mut response, ranges.as_deref());
        if method == Method::GET {
            match driver.media.body(parts, len).await {
                Ok(body) => *response.body_mut() = body,
                Err(_) => return unreadable(),
            }
        }
        response
    }

    /// Returns what differs whenever the bytes do.
    fn version(&self) -> u64 {
        match &self.content {
            Content::Text(text) => xxh3_64(text),
            Content::Media { version, .. }
            | Content::Paced(_, version)
            | Content::Sealed(_, version)
            | Content::Arriving(_, version) => *version,
        }
    }

    /// Adds the fields that a 304 has too (RFC 9110 §15.4.5).
    fn validators(&self, fields: &mut HeaderMap, etag: Option<&EntityTag>) {
        cors::open(fields);
        if let Ok(value) = HeaderValue::from_str(&self.cache_control) {
            fields.insert(header::CACHE_CONTROL, value);
        }
        if let Some(etag) = etag {
            fields.insert(header::ETAG, etag.to_value());
        }
        if let Some(modified) = self.modified {
            fields.insert(header::LAST_MODIFIED, date::to_value(modified));
        }
        if let Content::Text(_) = self.content {
            fields.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        }
    }
}

fn etag(version: u64, coding: Coding) -> Option<EntityTag> {
    // RFC 9110 §8.8.3.3: each coding of a resource has its own strong tag.
    let suffix = coding.name().map_or_else(String::new, |name| format!("-{name}"));
    EntityTag::strong(&format!("{version:016x}{suffix}"))
}

/// The parts of a body, made as they are sent.
type BoxedParts = Box<dyn Iterator<Item = Part> + Send>;

impl Content {
    /// Returns the body of what is still being made.
    fn coming(&self, driver: &Driver) -> Option<Body> {
        let (media, clock) = (&driver.media, &driver.clock);
        match self {
            Self::Paced(paced, version) => {
                Some(media.clone().paced(paced.clone(), *version, clock.clone()))
            }
            Self::Sealed(sealing, _) if !sealing.due.is_empty() => {
                Some(media.clone().sealed_paced(sealing.clone(), clock.clone()))
            }
            Self::Arriving(arriving, _) => Some(arriving.clone().body(media.sent())),
            Self::Text(_) | Self::Media { .. } | Self::Sealed(..) => None,
        }
    }

    fn len(&self) -> u64 {
        match self {
            Self::Text(text) => u64::try_from(text.len()).unwrap_or(u64::MAX),
            Self::Media { plan, .. } | Self::Paced(Paced { plan, .. }, _) => plan.len(),
            // Of none that is not made yet is the length asked.
            Self::Sealed(..) | Self::Arriving(..) => 0,
        }
    }

    fn parts(&self, range: Range<u64>) -> BoxedParts {
        match self {
            Self::Text(text) => {
                let at = |offset| usize::try_from(offset).unwrap_or(usize::MAX).min(text.len());
                let slice = text.slice(at(range.start)..at(range.end));
                Box::new(std::iter::once(Part::Bytes(slice)))
            }
            Self::Media { plan, .. } | Self::Paced(Paced { plan, .. }, _) => {
                Box::new(plan.parts(range))
            }
            Self::Sealed(..) | Self::Arriving(..) => Box::new(std::iter::empty()),
        }
    }

    /// Sets status and length for the ranges asked for, if any, and returns the length and the parts
    /// of the body.
    fn select(
        self,
        response: &mut Response<Body>,
        ranges: Option<&[ByteRange]>,
    ) -> (u64, BoxedParts) {
        let complete = self.len();
        if ranges.is_some() {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        }
        let (len, parts) = match ranges {
            None => (complete, self.parts(0..complete)),
            Some(&[range]) => {
                let part = ContentRange::Part { range, complete: Some(complete) };
                response.headers_mut().insert(header::CONTENT_RANGE, part.to_value());
                (range.size(), self.parts(half_open(range)))
            }
            Some(ranges) => self.multipart(response, ranges),
        };
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(len));
        (len, parts)
    }

    /// RFC 9110 §14.6: several ranges become one `multipart/byteranges`.
    fn multipart(self, response: &mut Response<Body>, ranges: &[ByteRange]) -> (u64, BoxedParts) {
        let fields = response.headers_mut();
        let boundary = fields.get(header::ETAG).map_or(0, |etag| xxh3_64(etag.as_bytes()));
        let content_type = fields.get(header::CONTENT_TYPE);
        let frame = Multipart::new(ranges, self.len(), content_type, &format!("{boundary:016x}"));
        fields.insert(header::CONTENT_TYPE, frame.content_type());
        let len = frame.content_length();
        let tail = Part::Bytes(frame.tail);
        let bodies = frame.parts.into_iter().flat_map(move |(head, range)| {
            std::iter::once(Part::Bytes(head)).chain(self.parts(half_open(range)))
        });
        (len, Box::new(bodies.chain(std::iter::once(tail))))
    }
}

const fn half_open(range: ByteRange) -> Range<u64> {
    range.first..range.last.saturating_add(1)
}

/// RFC 9110 §15.5.17: says how long the resource is, which is all that is said of it.
fn unsatisfiable(complete: u64) -> Response<Body> {
    let why = format!("no byte of the range is there: there are {complete}");
    let mut response = refuse(StatusCode::RANGE_NOT_SATISFIABLE, &why);
    let range = ContentRange::Unsatisfied { complete }.to_value();
    response.headers_mut().insert(header::CONTENT_RANGE, range);
    response
}

/// Why a condition is not met.
const OTHER: &str = "the resource is not the one that the request is conditional on";

fn unreadable() -> Response<Body> {
    let why = "the media could not be read: was it changed under the server?";
    refuse(StatusCode::INTERNAL_SERVER_ERROR, why)
}

/// Returns a short answer that says why there is nothing else.
pub(crate) fn refuse(status: StatusCode, why: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(format!("{why}\n")));
    *response.status_mut() = status;
    let fields = response.headers_mut();
    cors::open(fields);
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    // Long enough to keep a storm of mistaken requests at the edge, short enough that a film which
    // appears is soon seen. A fault of the server is nothing to remember, and what is wrong with the
    // conditions or the range of one request says nothing about the next one's.
    let of_this_request =
        [StatusCode::PRECONDITION_FAILED, StatusCode::RANGE_NOT_SATISFIABLE].contains(&status);
    let brief =
        if status.is_server_error() || of_this_request { "no-store" } else { "public, max-age=5" };
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static(brief));
    response
}

/// Returns the answer where there is nothing else.
pub(crate) fn refused_with(refused: &Refused) -> Response<Body> {
    let why = refused.to_string();
    match refused {
        Refused::NotFound(_) => refuse(StatusCode::NOT_FOUND, &why),
        Refused::BadRequest(_) => refuse(StatusCode::BAD_REQUEST, &why),
        Refused::Gone(_) => refuse(StatusCode::GONE, &why),
        Refused::TooFar(_) => {
            let mut response = refuse(StatusCode::BAD_REQUEST, &why);
            // A moment later it can be waited for, and who asks then is not to hear this.
            let fields = response.headers_mut();
            fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        // What is asked for is what changed, and nothing has.
        Refused::Unchanged => {
            let mut response = refuse(StatusCode::NO_CONTENT, "");
            *response.body_mut() = Body::empty();
            let fields = response.headers_mut();
            fields.remove(header::CONTENT_TYPE);
            fields.remove(header::CONTENT_LENGTH);
            // A moment later something has.
            fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        Refused::TooEarly { in_ms, .. } => {
            let mut response = refuse(StatusCode::TOO_EARLY, &why);
            let fields = response.headers_mut();
            // RFC 9110 §10.2.3: whole seconds, which are not to be too few.
            fields.insert(header::RETRY_AFTER, HeaderValue::from(in_ms.div_ceil(1_000)));
            // A moment later it is there.
            fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        Refused::Unavailable { in_ms, .. } => {
            let mut response = refuse(StatusCode::SERVICE_UNAVAILABLE, &why);
            let seconds = HeaderValue::from(in_ms.div_ceil(1_000));
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
            response
        }
    }
}
