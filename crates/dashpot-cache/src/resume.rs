//! The rest of a body that broke off: what to ask for, and whether what comes belongs to it.

use dashpot_base::WallTime;
use dashpot_http::range::ContentRange;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::{Framing, ResponseHead, StoredHead, StrongValidator, parts::only};

/// The rest of a body of which the first bytes have arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rest {
    /// The first byte that has not come: so many there are of a whole.
    pub from: u64,
    /// The length of the whole, where it is known.
    pub length: Option<u64>,
    /// The last byte that is wanted, where no more than a part of the whole is.
    last: Option<u64>,
    validator: StrongValidator,
    /// Which coding the bytes are in: a time does not tell codings apart.
    coding: Option<HeaderValue>,
}

/// What the answer to the request for a [`Rest`] comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Continuation {
    /// The same representation: its body goes on after the first `skip` bytes of this one.
    Rest {
        /// Bytes that have arrived before.
        skip: u64,
        /// The length of the whole, where it is known.
        length: Option<u64>,
    },
    /// Nothing that says anything about the representation: it may be asked for again.
    Unavailable,
    /// Another representation, or none: the rest will not be had.
    Lost,
}

impl Rest {
    /// Returns the rest of the response with `head` behind `from` bytes; `None` where nothing would
    /// tell a change of the representation.
    #[must_use]
    pub fn of(head: &StoredHead, from: u64, length: Option<u64>) -> Option<Self> {
        // RFC 9110 §14.2: ranges are of what a GET is answered 200 with.
        if head.status != StatusCode::OK {
            return None;
        }
        let validator = StrongValidator::of(head)?;
        let coding = head.headers.get(header::CONTENT_ENCODING).cloned();
        Some(Self { from, length, last: None, validator, coding })
    }

    /// Returns the rest of all that a response brings that is not stored, which came at `responded`
    /// with `length` bytes of content; `None` where nothing would tell a change of the
    /// representation.
    #[must_use]
    pub fn of_passing(
        (status, headers): (StatusCode, &HeaderMap),
        length: u64,
        responded: WallTime,
    ) -> Option<Self> {
        let (from, last, length) = match status {
            StatusCode::OK => (0, None, Some(length)),
            // RFC 9110 §15.3.7.2: several parts have no such field, and are not bytes of the whole.
            StatusCode::PARTIAL_CONTENT => {
                let told = only(headers, &header::CONTENT_RANGE)?;
                let ContentRange::Part { range, complete } = ContentRange::parse(told.as_bytes())?
                else {
                    return None;
                };
                if range.size() != length {
                    return None;
                }
                (range.first, Some(range.last), complete)
            }
            _ => return None,
        };
        let validator = StrongValidator::of_passing(headers, responded)?;
        let coding = headers.get(header::CONTENT_ENCODING).cloned();
        Some(Self { from, length, last, validator, coding })
    }

    /// Writes what asks for the rest, and only while it is of the same representation.
    pub fn write(&self, request: &mut HeaderMap) {
        let range = match self.last {
            Some(last) => format!("bytes={}-{last}", self.from),
            None => format!("bytes={}-", self.from),
        };
        let range = HeaderValue::try_from(range);
        // Digits are a field value.
        request.insert(header::RANGE, range.unwrap_or_else(|_| HeaderValue::from_static("")));
        request.insert(header::IF_RANGE, self.validator.to_value());
    }

    /// Returns what the response with `head` means for this rest.
    #[must_use]
    pub fn answered_by(&self, head: &ResponseHead) -> Continuation {
        let continuation = match head.status {
            StatusCode::PARTIAL_CONTENT => self.partial(head),
            // RFC 9110 §13.1.5: who gave a part before gives the whole where that is another one.
            StatusCode::OK if self.last.is_none() => self.whole(head),
            status if is_of_the_moment(status) => return Continuation::Unavailable,
            _ => None,
        };
        continuation.unwrap_or(Continuation::Lost)
    }

    /// RFC 9110 §15.3.7.3: parts are combined where both have the same strong validator.
    fn partial(&self, head: &ResponseHead) -> Option<Continuation> {
        let told = only(&head.headers, &header::CONTENT_RANGE)?;
        let Some(ContentRange::Part { range, complete }) = ContentRange::parse(told.as_bytes())
        else {
            return None;
        };
        // RFC 9110 §15.3.7: what describes the content may be left out, since the first part has it.
        let coding = head.headers.get(header::CONTENT_ENCODING);
        let same_coding = coding.is_none() || coding == self.coding.as_ref();
        let length = self.same_length(complete)?;
        let is_framed = match head.framing {
            Framing::Length(length) => length == range.size(),
            Framing::Delimited | Framing::UntilClose => true,
        };
        // Without the complete length its end would be taken on trust.
        let ends_within = match self.last {
            Some(last) => range.last <= last,
            None => length.is_some_and(|length| range.last < length),
        };
        (self.validator.is_of(&head.headers)
            && same_coding
            && range.first == self.from
            && ends_within
            && is_framed)
            .then_some(Continuation::Rest { skip: 0, length })
    }

    /// RFC 9110 §14.2: a server may ignore ranges; what comes is the same where it says so.
    fn whole(&self, head: &ResponseHead) -> Option<Continuation> {
        let declared = match head.framing {
            Framing::Length(length) => Some(length),
            Framing::Delimited => None,
            Framing::UntilClose if self.length.is_some() => None,
            // Its end could not be told from a break.
            Framing::UntilClose => return None,
        };
        let same_coding = head.headers.get(header::CONTENT_ENCODING) == self.coding.as_ref();
        let length = self.same_length(declared)?;
        (self.validator.is_of(&head.headers) && same_coding)
            .then_some(Continuation::Rest { skip: self.from, length })
    }

    /// Returns the length of the whole, where what is `told` of it agrees with what is known.
    fn same_length(&self, told: Option<u64>) -> Option<Option<u64>> {
        let agrees = match (self.length, told) {
            (Some(known), Some(told)) => known == told,
            (None, Some(told)) => self.from <= told,
            (_, None) => true,
        };
        agrees.then_some(self.length.or(told))
    }
}

/// Returns whether `status` says nothing of the representation, so that it may be asked for again.
#[must_use]
pub fn is_of_the_moment(status: StatusCode) -> bool {
    // RFC 9110 §15.5.9 and §15.6, RFC 8470 §5.2, RFC 6585 §4.
    status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429)
}

#[cfg(test)]
mod tests;
