//! What the answer to a request for a part comes to.

use dashpot_http::range::{ByteRange, ContentRange};
use http::{StatusCode, header};

use super::{BLOCK_BYTES, Portion, StrongValidator, block_of, validator::only};
use crate::{Framing, NotStorable, RequestHead, ResponseHead, Rules, StoredHead, Times};

/// A part that may be kept.
#[derive(Clone, Debug)]
pub struct Part {
    /// The head of the whole, as a 200 would have it.
    pub head: StoredHead,
    /// The length of the whole in bytes.
    pub length: u64,
    /// What of the whole is to be kept.
    pub extent: ByteRange,
    /// Bytes at the beginning of the body that are not.
    pub skip: u64,
    /// What ties it to other parts; without it, it stays alone.
    pub validator: Option<StrongValidator>,
}

/// What the answer to a request for a part comes to.
#[derive(Clone, Debug)]
pub enum PartAnswer {
    /// A part that may be kept.
    Part(Box<Part>),
    /// A part that is for its own request only, or cannot be read.
    Unusable(NotStorable),
    /// Nothing of what was asked for exists: the resource is so long.
    Unsatisfied {
        /// The length of the whole in bytes.
        length: u64,
    },
    /// What is stored is still good.
    NotModified,
    /// No partial content: what a request for the whole is answered with.
    Ordinary,
}

impl PartAnswer {
    /// Returns what `response` to `request`, sent upstream for `asked`, comes to.
    #[must_use]
    pub fn of(
        request: &RequestHead,
        asked: Option<Portion>,
        response: &ResponseHead,
        times: Times,
        rules: &Rules,
    ) -> Self {
        let Some(asked) = asked else {
            let is_304 = response.status == StatusCode::NOT_MODIFIED;
            return if is_304 { Self::NotModified } else { Self::Ordinary };
        };
        match response.status {
            StatusCode::NOT_MODIFIED => Self::NotModified,
            StatusCode::PARTIAL_CONTENT => match part(request, asked, response, times, rules) {
                Ok(part) => Self::Part(Box::new(part)),
                Err(why) => Self::Unusable(why),
            },
            StatusCode::RANGE_NOT_SATISFIABLE => match content_range(response) {
                Some(ContentRange::Unsatisfied { complete }) => {
                    Self::Unsatisfied { length: complete }
                }
                Some(ContentRange::Part { .. }) | None => Self::Unusable(NotStorable::Status),
            },
            _ => Self::Ordinary,
        }
    }
}

fn content_range(response: &ResponseHead) -> Option<ContentRange> {
    // RFC 9110 §15.3.7.2: each part of a multipart body has its own instead.
    ContentRange::parse(only(&response.headers, &header::CONTENT_RANGE)?.as_bytes())
}

fn part(
    request: &RequestHead,
    asked: Portion,
    response: &ResponseHead,
    times: Times,
    rules: &Rules,
) -> Result<Part, NotStorable> {
    // RFC 9110 §15.3.7: without the complete length it is not known what the part is part of.
    let Some(ContentRange::Part { range, complete: Some(length) }) = content_range(response) else {
        return Err(NotStorable::Status);
    };
    let is_framed = match response.framing {
        Framing::Length(len) => len == range.size(),
        // Content-Range says where the body ends.
        Framing::Delimited | Framing::UntilClose => true,
    };
    let extent = kept(asked, range).filter(|extent| {
        // What comes before it would be fetched for nothing: more than a block is too much.
        is_framed && extent.first - range.first <= BLOCK_BYTES
    });
    let extent = extent.ok_or(NotStorable::Status)?;
    let mut headers = response.headers.clone();
    headers.remove(header::CONTENT_RANGE);
    // RFC 9111 §3.4: together the parts are a 200 with the length of the whole.
    let whole = ResponseHead { status: StatusCode::OK, headers, framing: Framing::Length(length) };
    let head = StoredHead::new(request, &whole, times, rules)?;
    let validator = StrongValidator::of(&head);
    Ok(Part { head, length, extent, skip: extent.first - range.first, validator })
}

/// Returns what of the `range` that came is kept. RFC 9110 §15.3.7: it need not be what was
/// `asked` for.
fn kept(asked: Portion, range: ByteRange) -> Option<ByteRange> {
    let extent = match asked {
        Portion::Range(asked) => {
            ByteRange { first: range.first.max(asked.first), last: range.last.min(asked.last) }
        }
        // Of a suffix so much as two blocks hold: the rest is asked for by block.
        Portion::Suffix(_) => {
            let end = block_of(range.first).saturating_add(2).saturating_mul(BLOCK_BYTES);
            ByteRange { first: range.first, last: range.last.min(end - 1) }
        }
    };
    (extent.first <= extent.last).then_some(extent)
}
