//! What can be wrong with a request, and what its sender is told.

use http::StatusCode;
use std::fmt;

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A line ends with LF alone, or CR stands elsewhere than before LF.
    LineEnd,
    /// More empty lines than one forgives before a request line.
    EmptyLines,
    /// The request line is not three words with one space between.
    RequestLine,
    /// The method is not a token.
    Method,
    /// The target is of no form that its method has, or holds what no URI holds.
    Target,
    /// The target is too long.
    TargetTooLong,
    /// The version is not written as RFC 9112 §2.3 has it.
    VersionSyntax,
    /// The version is none of HTTP/1.0 and HTTP/1.1.
    Version,
    /// The head, or the trailers, are too large or have too many fields.
    TooLarge,
    /// A field line begins with white space.
    Folded,
    /// A field name is not a token directly before a colon.
    FieldName,
    /// A field value holds a control character.
    FieldValue,
    /// There is no `Host`, or there are several.
    HostCount,
    /// `Host` is not a host with an optional port.
    Host,
    /// `Content-Length` is not one number in digits.
    ContentLength,
    /// `Transfer-Encoding` is not `chunked` alone.
    TransferEncoding,
    /// `Transfer-Encoding` in a request of HTTP/1.0.
    TransferEncodingVersion,
    /// `Content-Length` and `Transfer-Encoding` together.
    TwoFramings,
    /// A chunk's size is no hexadecimal number, or is too large.
    ChunkSize,
    /// A chunk's extension is too long or holds a control character.
    ChunkExtension,
    /// A chunk's data do not end with CRLF where its size says.
    ChunkEnd,
    /// A trailer says what only a head may say.
    Trailer,
}

impl Refusal {
    /// Returns the word for it in metrics and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LineEnd => "line-end",
            Self::EmptyLines => "empty-lines",
            Self::RequestLine => "request-line",
            Self::Method => "method",
            Self::Target => "target",
            Self::TargetTooLong => "target-too-long",
            Self::VersionSyntax => "version-syntax",
            Self::Version => "version",
            Self::TooLarge => "head-too-large",
            Self::Folded => "folded",
            Self::FieldName => "field-name",
            Self::FieldValue => "field-value",
            Self::HostCount => "host-count",
            Self::Host => "host",
            Self::ContentLength => "content-length",
            Self::TransferEncoding => "transfer-encoding",
            Self::TransferEncodingVersion => "transfer-encoding-version",
            Self::TwoFramings => "two-framings",
            Self::ChunkSize => "chunk-size",
            Self::ChunkExtension => "chunk-extension",
            Self::ChunkEnd => "chunk-end",
            Self::Trailer => "trailer",
        }
    }

    /// Returns the status that tells it.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::TargetTooLong => StatusCode::URI_TOO_LONG,
            Self::TooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::Version => StatusCode::HTTP_VERSION_NOT_SUPPORTED,
            Self::LineEnd
            | Self::EmptyLines
            | Self::RequestLine
            | Self::Method
            | Self::Target
            | Self::VersionSyntax
            | Self::Folded
            | Self::FieldName
            | Self::FieldValue
            | Self::HostCount
            | Self::Host
            | Self::ContentLength
            | Self::TransferEncoding
            | Self::TransferEncodingVersion
            | Self::TwoFramings
            | Self::ChunkSize
            | Self::ChunkExtension
            | Self::ChunkEnd
            | Self::Trailer => StatusCode::BAD_REQUEST,
        }
    }

    /// Returns what the sender is told, as a sentence without an end.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::LineEnd => "lines end with CR LF, and neither stands anywhere else",
            Self::EmptyLines => "there are too many empty lines before the request",
            Self::RequestLine => {
                "a request line is method, target and version with one space between"
            }
            Self::Method => "the method is not a token",
            Self::Target => "the request target is malformed",
            Self::TargetTooLong => "the request target is too long",
            Self::VersionSyntax => "the version is malformed",
            Self::Version => "this is a server of HTTP/1.1",
            Self::TooLarge => "the header fields are too many or too large",
            Self::Folded => "a field line does not begin with white space",
            Self::FieldName => "a field name is a token directly before a colon",
            Self::FieldValue => "a field value has no control characters",
            Self::HostCount => "a request has exactly one Host",
            Self::Host => "Host is a host name or address and an optional port",
            Self::ContentLength => "Content-Length is one number in digits",
            Self::TransferEncoding => "Transfer-Encoding is chunked alone, once",
            Self::TransferEncodingVersion => "HTTP/1.0 has no Transfer-Encoding",
            Self::TwoFramings => "Content-Length and Transfer-Encoding exclude each other",
            Self::ChunkSize => "a chunk begins with its size as a hexadecimal number",
            Self::ChunkExtension => "a chunk extension is too long or malformed",
            Self::ChunkEnd => "a chunk ends with CR LF where its size says",
            Self::Trailer => "a trailer does not frame or route the request",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}
