//! The combined log format: `client - - [time] "request" status bytes "referer" "user agent"`.

use super::Entry;
use dashpot_http::date;
use std::io::{self, Write};

/// nginx's word for a request whose response never began.
const CLOSED_EARLY: u16 = 499;

/// Writes `entry` without the line's end.
pub(super) fn write(entry: &Entry, out: &mut impl Write) -> io::Result<()> {
    write!(out, "{} - - [{}] \"", entry.client, date::print_common_log(entry.t))?;
    escaped(out, &entry.method)?;
    out.write_all(b" ")?;
    escaped(out, &entry.path)?;
    let status = entry.status.unwrap_or(CLOSED_EARLY);
    write!(out, " {}\" {status} {} \"", entry.protocol, entry.bytes)?;
    escaped(out, entry.referer.as_deref().unwrap_or("-"))?;
    out.write_all(b"\" \"")?;
    escaped(out, entry.user_agent.as_deref().unwrap_or("-"))?;
    out.write_all(b"\"")
}

/// Writes what a client chose so that it cannot end its field or its line.
fn escaped(out: &mut impl Write, text: &str) -> io::Result<()> {
    let is_plain = |byte: &u8| !matches!(byte, b'"' | b'\\' | 0..=0x1f | 0x7f..);
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|byte| !is_plain(byte)) {
        out.write_all(&rest[..at])?;
        write!(out, "\\x{:02X}", rest[at])?;
        rest = &rest[at + 1..];
    }
    out.write_all(rest)
}
