//! A request's head (RFC 9112 §3 and §5), line by line as the lines come.

use super::{Body, Limits, Part, Refusal, host};
use crate::list::trim;
use memchr::memchr;

/// Empty lines forgiven before a request line (RFC 9112 §2.2 asks for one): old clients send one
/// behind a body.
const EMPTY_LINES_MAX: u8 = 4;

/// What a request line has beside its target: the longest registered method is 17 bytes, and a
/// longer one than this allows is answered as if the target were too long.
const LINE_BESIDE_TARGET_MAX: usize = 64;

/// Fields of a head: as many as hyper takes.
const FIELDS_MAX: u16 = 100;

/// The facts of a head so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Head {
    lines: Lines,
    empty_lines: u8,
    /// `None` until the request line has been read.
    version: Option<Version>,
    fields: u16,
    hosts: u8,
    length: Option<u64>,
    is_chunked: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    Http10,
    Http11,
}

/// Cuts lines off bytes of which more come.
#[derive(Clone, Debug, Default)]
struct Lines {
    /// Where the line under way begins.
    begin: usize,
    /// Where no LF has been found before.
    searched: usize,
}

impl Lines {
    /// Returns the next line without its end, or `None` where its end has not come.
    fn next<'a>(&mut self, bytes: &'a [u8], bytes_max: usize) -> Result<Option<&'a [u8]>, Refusal> {
        let end = memchr(b'\n', &bytes[self.searched..]).map(|at| self.searched + at);
        // Before the line is looked at, so that it makes no difference how the bytes arrive.
        if bytes_max < end.map_or(bytes.len(), |end| end + 1) {
            return Err(Refusal::TooLarge);
        }
        let Some(end) = end else {
            self.searched = bytes.len();
            return Ok(None);
        };
        let line = &bytes[self.begin..end];
        (self.begin, self.searched) = (end + 1, end + 1);
        // RFC 9112 §2.2: a recipient may take LF alone; then it ends lines where others do not.
        line.strip_suffix(b"\r").map(Some).ok_or(Refusal::LineEnd)
    }
}

impl Head {
    /// Reads the lines that are whole.
    pub(super) fn advance(&mut self, bytes: &[u8], limits: Limits) -> Result<Part<Body>, Refusal> {
        while self.version.is_none() {
            let line_max = self.lines.begin + limits.target_bytes_max + LINE_BESIDE_TARGET_MAX;
            let line = match self.lines.next(bytes, line_max.min(limits.head_bytes_max)) {
                Ok(Some(line)) => line,
                Ok(None) => return Ok(Part::More),
                Err(Refusal::TooLarge) => return Err(Refusal::TargetTooLong),
                Err(refusal) => return Err(refusal),
            };
            if line.is_empty() {
                self.empty_lines += 1;
                if EMPTY_LINES_MAX < self.empty_lines {
                    return Err(Refusal::EmptyLines);
                }
            } else {
                self.version = Some(request_line(line, limits.target_bytes_max)?);
            }
        }
        while let Some(line) = self.lines.next(bytes, limits.head_bytes_max)? {
            if line.is_empty() {
                return Ok(Part::Whole(self.lines.begin, self.body()?));
            }
            self.field(line)?;
        }
        Ok(Part::More)
    }

    fn field(&mut self, line: &[u8]) -> Result<(), Refusal> {
        let (name, value) = field(line)?;
        self.fields += 1;
        if FIELDS_MAX < self.fields {
            return Err(Refusal::TooLarge);
        }
        match Framing::named(name) {
            None => Ok(()),
            Some(Framing::Host) => {
                self.hosts += 1;
                if self.hosts == 1 { host::check(trim(value)) } else { Err(Refusal::HostCount) }
            }
            Some(Framing::ContentLength) => {
                // RFC 9112 §6.3: equal lengths in a list may be taken as one; not here.
                let length = content_length(trim(value)).ok_or(Refusal::ContentLength)?;
                if self.length.replace(length).is_some() {
                    return Err(Refusal::ContentLength);
                }
                Ok(())
            }
            Some(Framing::TransferEncoding) => {
                // RFC 9112 §6.1: no other coding is understood here, and none is applied twice.
                let is_chunked = trim(value).eq_ignore_ascii_case(b"chunked");
                if !is_chunked || std::mem::replace(&mut self.is_chunked, true) {
                    return Err(Refusal::TransferEncoding);
                }
                Ok(())
            }
        }
    }

    /// Returns what the whole head says of its body.
    fn body(&self) -> Result<Body, Refusal> {
        let is_http11 = self.version == Some(Version::Http11);
        // RFC 9112 §3.2.
        if self.hosts == 0 && is_http11 {
            return Err(Refusal::HostCount);
        }
        match (self.is_chunked, self.length) {
            // RFC 9112 §6.1: a client of HTTP/1.0 cannot have meant it.
            (true, _) if !is_http11 => Err(Refusal::TransferEncodingVersion),
            // RFC 9112 §6.1: "ought to be handled as an error".
            (true, Some(_)) => Err(Refusal::TwoFramings),
            (true, None) => Ok(Body::Chunked),
            // RFC 9112 §6.3: a request with neither has no body.
            (false, length) => Ok(Body::Length(length.unwrap_or(0))),
        }
    }
}

/// The trailers of a chunked body.
#[derive(Clone, Debug, Default)]
pub(super) struct Trailers {
    lines: Lines,
    fields: u16,
}

impl Trailers {
    /// Reads the lines that are whole.
    pub(super) fn advance(&mut self, bytes: &[u8], limits: Limits) -> Result<Part<()>, Refusal> {
        while let Some(line) = self.lines.next(bytes, limits.head_bytes_max)? {
            if line.is_empty() {
                return Ok(Part::Whole(self.lines.begin, ()));
            }
            let (name, _) = field(line)?;
            self.fields += 1;
            if FIELDS_MAX < self.fields {
                return Err(Refusal::TooLarge);
            }
            // RFC 9110 §6.5.1: framing and routing are decided before a trailer comes.
            if Framing::named(name).is_some() {
                return Err(Refusal::Trailer);
            }
        }
        Ok(Part::More)
    }
}

/// The fields that say where a request ends and whom it is for.
#[derive(Clone, Copy, Debug)]
enum Framing {
    Host,
    ContentLength,
    TransferEncoding,
}

impl Framing {
    fn named(name: &[u8]) -> Option<Self> {
        // By length first: most names are none of these.
        let (expected, field) = match name.len() {
            4 => (&b"host"[..], Self::Host),
            14 => (&b"content-length"[..], Self::ContentLength),
            17 => (&b"transfer-encoding"[..], Self::TransferEncoding),
            _ => return None,
        };
        name.eq_ignore_ascii_case(expected).then_some(field)
    }
}

fn request_line(line: &[u8], target_bytes_max: usize) -> Result<Version, Refusal> {
    let method_end = memchr(b' ', line).ok_or(Refusal::RequestLine)?;
    let (method, rest) = (&line[..method_end], &line[method_end + 1..]);
    let target_end = memchr(b' ', rest).ok_or(Refusal::RequestLine)?;
    let (target, version) = (&rest[..target_end], &rest[target_end + 1..]);
    if method.is_empty() || target.is_empty() || version.is_empty() || version.contains(&b' ') {
        return Err(Refusal::RequestLine);
    }
    if !method.iter().all(|&byte| is_token(byte)) {
        return Err(Refusal::Method);
    }
    if target_bytes_max < target.len() {
        return Err(Refusal::TargetTooLong);
    }
    check_target(method, target)?;
    match version {
        b"HTTP/1.1" => Ok(Version::Http11),
        b"HTTP/1.0" => Ok(Version::Http10),
        // RFC 9110 §2.5 would have HTTP/1.2 read as HTTP/1.1; there is none, and never will be.
        [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
            if major.is_ascii_digit() && minor.is_ascii_digit() =>
        {
            Err(Refusal::Version)
        }
        _ => Err(Refusal::VersionSyntax),
    }
}

/// RFC 9112 §3.2: the four forms.
fn check_target(method: &[u8], target: &[u8]) -> Result<(), Refusal> {
    let is_bad = |byte: &u8| !byte.is_ascii_graphic() || *byte == b'#';
    if target.iter().fold(false, |bad, byte| bad | is_bad(byte)) {
        return Err(Refusal::Target);
    }
    if target[0] == b'/' && method != b"CONNECT" {
        return Ok(());
    }
    if method == b"CONNECT" {
        return host::check(target).map_err(|_| Refusal::Target);
    }
    if target == b"*" && method == b"OPTIONS" {
        return Ok(());
    }
    let rest = [&b"http://"[..], b"https://"].iter().find_map(|scheme| {
        let (start, rest) = target.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some(rest)
    });
    let rest = rest.ok_or(Refusal::Target)?;
    let end = rest.iter().position(|byte| b"/?".contains(byte)).unwrap_or(rest.len());
    // With user information, as RFC 9110 §4.2.4 deprecates it, this fails too.
    host::check(&rest[..end]).map_err(|_| Refusal::Target)
}

/// Splits a field line into its name and its value, white space around it included.
fn field(line: &[u8]) -> Result<(&[u8], &[u8]), Refusal> {
    // RFC 9112 §5.2: folded lines; §2.2: white space before the first field.
    if line.starts_with(b" ") || line.starts_with(b"\t") {
        return Err(Refusal::Folded);
    }
    // RFC 9112 §5.1: no white space between name and colon.
    let name_end = line.iter().position(|&byte| !is_token(byte)).unwrap_or(line.len());
    if name_end == 0 || line.get(name_end) != Some(&b':') {
        return Err(Refusal::FieldName);
    }
    let (name, value) = (&line[..name_end], &line[name_end + 1..]);
    if is_text(value) { Ok((name, value)) } else { Err(Refusal::FieldValue) }
}

/// RFC 9110 §5.5: what a field value may hold; obs-text is left to those who read it.
pub(super) fn is_text(value: &[u8]) -> bool {
    let is_bad = |byte: u8| ((byte < 0x20) & (byte != b'\t')) | (byte == 0x7f);
    // Without a way out in the middle, so that the compiler takes many bytes at a time.
    !value.iter().fold(false, |bad, &byte| bad | is_bad(byte))
}

/// RFC 9110 §8.6: digits only, and nothing that overflows anybody's signed 64 bits.
fn content_length(value: &[u8]) -> Option<u64> {
    if value.is_empty() {
        return None;
    }
    let length = value.iter().try_fold(0_u64, |length, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        length.checked_mul(10)?.checked_add(digit)
    })?;
    (length >> 63 == 0).then_some(length)
}

/// RFC 9110 §5.6.2.
const fn is_token(byte: u8) -> bool {
    TOKEN[byte as usize]
}

const TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let marks = b"!#$%&'*+-.^_`|~";
    let mut at = 0;
    while at < marks.len() {
        table[marks[at] as usize] = true;
        at += 1;
    }
    let mut byte = 0_u8;
    while byte < 128 {
        if byte.is_ascii_alphanumeric() {
            table[byte as usize] = true;
        }
        byte += 1;
    }
    table
};
