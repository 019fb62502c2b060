//! What of a stored or arriving response to send: 200, 206, 304 or 416.

use dashpot_base::WallTime;
use dashpot_http::{
    precondition::{Evaluator, Outcome, Validators, evaluate},
    range::{ByteRange, ContentRange, Multipart, RangeSet, RangeSpec, Resolved},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

use crate::{RequestHead, StoredHead, stored::may_have_content};

/// How much of a body there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// The whole body is this long, in bytes, even if not all of it has arrived.
    Complete(u64),
    /// The body has no declared length, and so many bytes of it have arrived.
    AtLeast(u64),
}

/// Which bytes to send.
#[derive(Clone, Debug)]
pub enum Content {
    /// None.
    Nothing,
    /// All there are and all that will come.
    Whole,
    /// These.
    Part(ByteRange),
    /// These, each behind its own head.
    Parts(Multipart),
}

/// A reply, but for the bytes of its body.
#[derive(Clone, Debug)]
pub struct ReplyPlan {
    /// The status code.
    pub status: StatusCode,
    /// The header fields, `Content-Length` included where it is known.
    pub headers: HeaderMap,
    /// The bytes to send.
    pub content: Content,
}

/// Returns what to answer `request` with at `now`, given a response that may answer it.
///
/// `boundary` separates the parts of a reply of several ranges and must be unlikely to occur in a
/// body.
#[must_use]
pub fn reply(
    now: WallTime,
    head: &StoredHead,
    request: &RequestHead,
    extent: Extent,
    boundary: &str,
) -> ReplyPlan {
    // RFC 9110 §13.2.1: preconditions are for requests that would otherwise succeed; §14.2: ranges
    // are for those that would be answered 200.
    if head.status != StatusCode::OK {
        return whole(head, request, extent);
    }
    let current = Validators {
        etag: head.etag.as_ref(),
        last_modified: head.last_modified,
        date: Some(head.date),
    };
    // RFC 9111 §4.3.2.
    match evaluate(now, Evaluator::Cache, &request.method, &request.headers, &current) {
        Outcome::Proceed { range: Some(range) } => ranged(head, request, extent, &range, boundary),
        Outcome::Proceed { range: None } => whole(head, request, extent),
        Outcome::NotModified => not_modified(head),
        // The preconditions that end so are the origin's to evaluate, and never get here.
        Outcome::PreconditionFailed => whole(head, request, extent),
    }
}

fn whole(head: &StoredHead, request: &RequestHead, extent: Extent) -> ReplyPlan {
    let mut headers = head.headers.clone();
    match extent {
        Extent::Complete(_) if !may_have_content(head.status) => {}
        // Mostly it is there, and a hit need not write it again.
        Extent::Complete(len) if head.length == Some(len) => {}
        Extent::Complete(len) => {
            headers.insert(header::CONTENT_LENGTH, len.into());
        }
        Extent::AtLeast(_) => {
            headers.remove(header::CONTENT_LENGTH);
        }
    }
    let is_head = request.method == Method::HEAD;
    let content = if is_head { Content::Nothing } else { Content::Whole };
    ReplyPlan { status: head.status, headers, content }
}

fn not_modified(head: &StoredHead) -> ReplyPlan {
    let mut headers = head.headers.clone();
    // RFC 9110 §15.4.5: the client has the metadata of the content.
    for name in &CONTENT_FIELDS {
        headers.remove(name);
    }
    ReplyPlan { status: StatusCode::NOT_MODIFIED, headers, content: Content::Nothing }
}

fn ranged(
    head: &StoredHead,
    request: &RequestHead,
    extent: Extent,
    range: &RangeSet,
    boundary: &str,
) -> ReplyPlan {
    let length = match extent {
        Extent::Complete(length) => length,
        Extent::AtLeast(arrived) => match arrived_part(range, arrived) {
            Some(part) => return one_part(head, part, None),
            // RFC 9110 §14.2: a server may ignore Range, and without the length it cannot say
            // what is satisfiable.
            None => return whole(head, request, extent),
        },
    };
    match range.resolve(length) {
        Resolved::Ignored => whole(head, request, extent),
        Resolved::Unsatisfiable => unsatisfiable(head, length),
        Resolved::Satisfiable(ranges) => match *ranges {
            [part] => one_part(head, part, Some(length)),
            _ => many_parts(head, &ranges, length, boundary),
        },
    }
}

/// Returns the range where it lies wholly within the bytes that have arrived.
fn arrived_part(range: &RangeSet, arrived: u64) -> Option<ByteRange> {
    match range.single()? {
        RangeSpec::From { first, last: Some(last) } if last < arrived => {
            Some(ByteRange { first, last })
        }
        RangeSpec::From { .. } | RangeSpec::Suffix { .. } => None,
    }
}

fn one_part(head: &StoredHead, range: ByteRange, complete: Option<u64>) -> ReplyPlan {
    let mut headers = head.headers.clone();
    headers.insert(header::CONTENT_RANGE, ContentRange::Part { range, complete }.to_value());
    headers.insert(header::CONTENT_LENGTH, range.size().into());
    ReplyPlan { status: StatusCode::PARTIAL_CONTENT, headers, content: Content::Part(range) }
}

fn many_parts(head: &StoredHead, ranges: &[ByteRange], length: u64, boundary: &str) -> ReplyPlan {
    let mut headers = head.headers.clone();
    let parts = Multipart::new(ranges, length, headers.get(header::CONTENT_TYPE), boundary);
    headers.insert(header::CONTENT_TYPE, parts.content_type());
    headers.insert(header::CONTENT_LENGTH, parts.content_length().into());
    ReplyPlan { status: StatusCode::PARTIAL_CONTENT, headers, content: Content::Parts(parts) }
}

fn unsatisfiable(head: &StoredHead, length: u64) -> ReplyPlan {
    let mut headers = head.headers.clone();
    // The 416 is not the representation: neither its metadata nor its freshness apply.
    for name in CONTENT_FIELDS.iter().chain(&[
        header::ETAG,
        header::LAST_MODIFIED,
        header::CACHE_CONTROL,
        header::EXPIRES,
    ]) {
        headers.remove(name);
    }
    let range = ContentRange::Unsatisfied { complete: length };
    headers.insert(header::CONTENT_RANGE, range.to_value());
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
    ReplyPlan { status: StatusCode::RANGE_NOT_SATISFIABLE, headers, content: Content::Nothing }
}

const CONTENT_FIELDS: [HeaderName; 5] = [
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::CONTENT_ENCODING,
    header::CONTENT_LANGUAGE,
    header::CONTENT_RANGE,
];

#[cfg(test)]
mod tests;
