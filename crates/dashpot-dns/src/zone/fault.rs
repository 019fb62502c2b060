//! What can be wrong with a zone.

use hickory_proto::rr::{Name, RecordType};
use std::fmt;

/// Why a text or some records are no zone.
#[derive(Debug, PartialEq, Eq)]
pub struct ZoneError {
    /// The line at fault, the first being 1; none where it is about the whole.
    pub line: Option<usize>,
    /// What is wrong.
    pub fault: Fault,
}

impl fmt::Display for ZoneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.fault),
            None => self.fault.fmt(f),
        }
    }
}

impl std::error::Error for ZoneError {}

/// What is wrong with a zone, or with a line of its file.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// A quoted string does not end.
    #[error("a quoted string that does not end")]
    Quote,
    /// Parentheses do not match.
    #[error("a parenthesis without its other half")]
    Parenthesis,
    /// An entry has too many words.
    #[error("an entry that is too long")]
    TooLong,
    /// A directive that there is not, or with other than one argument.
    #[error(
        "`{name}` is no directive that can be read here: there are $ORIGIN and $TTL, with one argument each"
    )]
    Directive {
        /// Its name.
        name: String,
    },
    /// A record without type.
    #[error("a record without a type")]
    NoType,
    /// The first record begins with a blank.
    #[error("a record without an owner before it")]
    NoOwner,
    /// Neither record nor `$TTL` says how long the record holds.
    #[error("a record without a TTL, and no $TTL before it")]
    NoTtl,
    /// A class other than that of the Internet.
    #[error("class {class}: only IN is served")]
    Class {
        /// The class.
        class: String,
    },
    /// A TTL that is none.
    #[error("`{text}` is no TTL")]
    Ttl {
        /// What stands there.
        text: String,
    },
    /// A type that there is not.
    #[error("`{name}` is no type of record")]
    Type {
        /// What stands there.
        name: String,
    },
    /// A name that is none.
    #[error("`{name}` is no domain name")]
    Name {
        /// What stands there.
        name: String,
    },
    /// Character strings that are none, or too long.
    #[error("strings of up to 255 characters are wanted")]
    Text,
    /// Data that does not fit its type.
    #[error("this is no data of type {kind}: {why}")]
    Data {
        /// The type.
        kind: RecordType,
        /// What its reader says.
        why: String,
    },
    /// Data by its bytes that is not what its length says.
    #[error("data of this form is \\# LENGTH and as many bytes in hexadecimal")]
    Generic,
    /// A key that is none.
    #[error("a key is FLAGS 3 ALGORITHM and its bytes in Base64")]
    Key,
    /// A record of another zone.
    #[error("{name} is not in this zone")]
    OutOfZone {
        /// Its owner.
        name: Name,
    },
    /// A type that is not served.
    #[error("records of type {kind} are not served")]
    Unsupported {
        /// The type.
        kind: RecordType,
    },
    /// Two different SOA records.
    #[error("a second SOA record")]
    SoaTwice,
    /// A SOA record elsewhere than at the zone's own name.
    #[error("a SOA record at {name}, where this zone does not begin")]
    SoaBelow {
        /// Its owner.
        name: Name,
    },
    /// An alias that is something else too (RFC 1034 §3.6.2).
    #[error("{name} is an alias (CNAME) and something else too")]
    CnameAndOther {
        /// The alias.
        name: Name,
    },
    /// More records than are held.
    #[error("more than {} records", super::RECORDS_MAX)]
    TooMany,
    /// The zone has no SOA record.
    #[error("there is no SOA record at the zone's own name")]
    NoSoa,
    /// The zone has no name server.
    #[error("there is no NS record at the zone's own name")]
    NoNs,
}
