//! What can be wrong with an MPD, and where.

use std::fmt;

/// Something odd in an MPD that could be read all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The element, as a path from the root: `MPD/Period[1]/AdaptationSet[2]`.
    pub path: String,
    /// Where the element begins, in bytes from the beginning of the text.
    pub offset: u64,
    /// What is odd, as a lowercase fragment.
    pub message: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (byte {}): {}", self.path, self.offset, self.message)
    }
}

/// Why a text is not an MPD.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// The text is longer than the limit.
    #[error("the text has {bytes} bytes; at most {limit} are read")]
    TooLarge {
        /// The length of the text.
        bytes: usize,
        /// The most that is read.
        limit: usize,
    },
    /// The text is not UTF-8.
    #[error("byte {offset} is not UTF-8, the one encoding that is read")]
    NotUtf8 {
        /// How many bytes are valid before it.
        offset: usize,
    },
    /// The text is not XML.
    #[error("{path} (byte {offset}): not well-formed XML: {message}")]
    NotXml {
        /// The innermost open element.
        path: String,
        /// Bytes from the beginning of the text.
        offset: u64,
        /// What the reader found.
        message: String,
    },
    /// The XML is not acceptable.
    #[error("{path} (byte {offset}): {message}")]
    Refused {
        /// The innermost open element.
        path: String,
        /// Bytes from the beginning of the text.
        offset: u64,
        /// What is wrong, as a lowercase fragment.
        message: String,
    },
}
