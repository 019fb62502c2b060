//! `multipart/byteranges` (RFC 9110 §14.6): everything but the bytes, so that bodies are streamed.

use super::{ByteRange, ContentRange};
use bytes::Bytes;
use http::HeaderValue;

/// The frame of a multipart response: each part's head, the ranges, and the closing line.
#[derive(Clone, Debug)]
pub struct Multipart {
    /// What precedes each range's bytes, with the range.
    pub parts: Vec<(Bytes, ByteRange)>,
    /// What follows the last range's bytes.
    pub tail: Bytes,
    boundary: String,
}

impl Multipart {
    /// Returns the frame of `ranges` of a representation of `complete` bytes.
    ///
    /// `boundary` must be unlikely to occur in the representation, and is kept to its letters,
    /// digits and dashes.
    #[must_use]
    pub fn new(
        ranges: &[ByteRange],
        complete: u64,
        content_type: Option<&HeaderValue>,
        boundary: &str,
    ) -> Self {
        let allowed = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
        // RFC 2046 §5.1.1: at most 70 characters.
        let boundary: String = boundary.chars().filter(allowed).take(70).collect();
        let part = |(at, &range): (usize, &ByteRange)| {
            let content_range = ContentRange::Part { range, complete: Some(complete) };
            let mut head = Vec::new();
            head.extend_from_slice(if at == 0 { b"--" } else { b"\r\n--" });
            head.extend_from_slice(boundary.as_bytes());
            if let Some(content_type) = content_type {
                head.extend_from_slice(b"\r\nContent-Type: ");
                head.extend_from_slice(content_type.as_bytes());
            }
            head.extend_from_slice(
                format!("\r\nContent-Range: {content_range}\r\n\r\n").as_bytes(),
            );
            (Bytes::from(head), range)
        };
        let parts = ranges.iter().enumerate().map(part).collect();
        Self { parts, tail: Bytes::from(format!("\r\n--{boundary}--\r\n")), boundary }
    }

    /// Returns the length of the whole body.
    #[must_use]
    pub fn content_length(&self) -> u64 {
        let framed = self.parts.iter().map(|(head, _)| head).chain([&self.tail]);
        let framing: u64 = framed.map(|bytes| u64::try_from(bytes.len()).unwrap_or(u64::MAX)).sum();
        self.parts.iter().fold(framing, |sum, (_, range)| sum.saturating_add(range.size()))
    }

    /// Returns the value of the response's `Content-Type`.
    #[must_use]
    pub fn content_type(&self) -> HeaderValue {
        let value = format!("multipart/byteranges; boundary={}", self.boundary);
        HeaderValue::try_from(value)
            .unwrap_or_else(|_| HeaderValue::from_static("multipart/byteranges"))
    }
}
