//! The values of attributes.

use crate::time;
use dashpot_base::WallTime;
use std::time::Duration;

/// A value that an attribute can have.
///
/// Law: printing and parsing again gives the same value.
pub(crate) trait Value: Sized {
    /// Parses the value, or says in a lowercase fragment why not.
    fn parse(text: &str) -> Result<Self, String>;
    fn print(&self) -> String;
}

/// Whether a presentation is on demand or live (`MPD@type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PresentationType {
    /// All segments are there.
    Static,
    /// Segments become available and unavailable as time passes.
    Dynamic,
    /// A list of other presentations.
    List,
}

/// A range of bytes as MPDs write it, `first-last`, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteRange {
    /// The offset of the first byte.
    pub first: u64,
    /// The offset of the last byte; `u64::MAX` for the rest of the resource.
    pub last: u64,
}

impl Value for String {
    fn parse(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }
    fn print(&self) -> String {
        self.clone()
    }
}

macro_rules! integers {
    ($($type:ty),*) => { $(
        impl Value for $type {
            fn parse(text: &str) -> Result<Self, String> {
                let number = text.trim();
                number.parse().map_err(|_| {
                    format!("`{number}` is not a whole number from {} to {}", Self::MIN, Self::MAX)
                })
            }
            fn print(&self) -> String {
                self.to_string()
            }
        }
    )* };
}
integers!(u32, u64, i64);

impl Value for f64 {
    fn parse(text: &str) -> Result<Self, String> {
        let number = match text.trim() {
            "INF" => Some(Self::INFINITY),
            "-INF" => Some(Self::NEG_INFINITY),
            // Words such as `inf` and `nan` are Rust's, not the schema's.
            number if number.bytes().any(|byte| matches!(byte, b'i' | b'n' | b'I' | b'N')) => None,
            number => number.parse().ok().filter(|number: &Self| number.is_finite()),
        };
        number.ok_or_else(|| format!("`{}` is not a number", text.trim()))
    }
    fn print(&self) -> String {
        if self.is_infinite() {
            return if self.is_sign_positive() { "INF" } else { "-INF" }.to_owned();
        }
        self.to_string()
    }
}

impl Value for bool {
    fn parse(text: &str) -> Result<Self, String> {
        match text.trim() {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            other => Err(format!("`{other}` is neither true nor false")),
        }
    }
    fn print(&self) -> String {
        self.to_string()
    }
}

impl Value for Duration {
    fn parse(text: &str) -> Result<Self, String> {
        time::parse_duration(text)
    }
    fn print(&self) -> String {
        time::format_duration(*self)
    }
}

impl Value for WallTime {
    fn parse(text: &str) -> Result<Self, String> {
        time::parse_date_time(text)
    }
    fn print(&self) -> String {
        time::format_date_time(*self)
    }
}

impl Value for PresentationType {
    fn parse(text: &str) -> Result<Self, String> {
        match text.trim() {
            "static" => Ok(Self::Static),
            "dynamic" => Ok(Self::Dynamic),
            "list" => Ok(Self::List),
            other => Err(format!("`{other}` is none of static, dynamic, list")),
        }
    }
    fn print(&self) -> String {
        match self {
            Self::Static => "static",
            Self::Dynamic => "dynamic",
            Self::List => "list",
        }
        .to_owned()
    }
}

impl Value for ByteRange {
    fn parse(text: &str) -> Result<Self, String> {
        let malformed = || format!("`{}` is not a byte range such as 0-499", text.trim());
        let (first, last) = text.trim().split_once('-').ok_or_else(malformed)?;
        let number = |text: &str| text.parse::<u64>().map_err(|_| malformed());
        let first = number(first)?;
        let last = if last.is_empty() { u64::MAX } else { number(last)? };
        if last < first { Err(malformed()) } else { Ok(Self { first, last }) }
    }
    fn print(&self) -> String {
        if self.last == u64::MAX {
            format!("{}-", self.first)
        } else {
            format!("{}-{}", self.first, self.last)
        }
    }
}
