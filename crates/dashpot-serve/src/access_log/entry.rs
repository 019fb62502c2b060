//! One line of the access log.

use super::{Asked, Line, LogFormat, combined};
use crate::Role;
use dashpot_base::WallTime;
use dashpot_http::{cmcd, cmcd::Cmcd, date, signed_url::without_token};
use http::{HeaderMap, HeaderName, StatusCode, Version, header};
use serde::{Serialize, Serializer, ser::SerializeMap as _};
use std::{
    io::{self, Write},
    net::{IpAddr, SocketAddr},
};

/// Characters kept of a path and query: enough for CMCD, and a bound on the queue.
const PATH_CHARS_MAX: usize = 2_048;

/// Characters kept of any other field that a client chooses.
const FIELD_CHARS_MAX: usize = 256;

/// What is written of one request.
#[derive(Debug, Serialize)]
pub(super) struct Entry {
    #[serde(serialize_with = "rfc3339")]
    pub(super) t: WallTime,
    role: &'static str,
    pub(super) client: IpAddr,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) protocol: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<String>,
    /// Absent where the request ended before its response began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<u16>,
    pub(super) bytes: u64,
    pub(super) took_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) first_byte_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) upstream_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cache_status: Option<String>,
    /// What went wrong on purpose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fault: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) referer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user_agent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "entries")]
    cmcd: Option<Cmcd>,
    pub(super) aborted: bool,
    /// Why nobody has read the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<&'static str>,
}

impl Entry {
    pub(super) fn new(now: WallTime, role: Role, request: &Asked<'_>) -> Self {
        let field = |name: HeaderName| request.headers.get(name).map(|v| text(v.as_bytes()));
        let path = request.uri.path_and_query().map_or("*", |path| path.as_str());
        Self {
            t: now,
            role: role.as_str(),
            client: request.client.ip(),
            method: text(request.method.as_str().as_bytes()),
            path: bounded(&without_token(path), PATH_CHARS_MAX),
            protocol: protocol(request.version),
            // HTTP/2 and 3 have it in the target.
            host: field(header::HOST)
                .or_else(|| Some(text(request.uri.authority()?.as_str().as_bytes()))),
            status: None,
            bytes: 0,
            took_ms: 0.0,
            first_byte_ms: None,
            upstream_ms: None,
            cache_status: None,
            fault: None,
            range: field(header::RANGE),
            referer: field(header::REFERER).map(|url| page_of(&url)),
            user_agent: field(header::USER_AGENT),
            trace: trace_id(request.headers),
            cmcd: Cmcd::from_headers(request.headers)
                .or_else(|| Cmcd::from_query(request.uri.query()?)),
            aborted: true,
            refused: None,
        }
    }

    /// Returns the entry of a request that was `refused` before it was one.
    pub(super) fn refused(
        now: WallTime,
        role: Role,
        client: SocketAddr,
        (status, refused): (StatusCode, &'static str),
    ) -> Self {
        Self {
            t: now,
            role: role.as_str(),
            client: client.ip(),
            // As nginx writes what it has not read.
            method: "-".to_owned(),
            path: "-".to_owned(),
            protocol: "-",
            host: None,
            status: Some(status.as_u16()),
            bytes: 0,
            took_ms: 0.0,
            first_byte_ms: None,
            upstream_ms: None,
            cache_status: None,
            fault: None,
            range: None,
            referer: None,
            user_agent: None,
            trace: None,
            cmcd: None,
            aborted: true,
            refused: Some(refused),
        }
    }

    pub(super) fn is_head(&self) -> bool {
        self.method == "HEAD"
    }
}

impl Line for Entry {
    fn write_to(&self, out: &mut impl Write, format: LogFormat) -> io::Result<()> {
        match format {
            LogFormat::Json => serde_json::to_writer(&mut *out, self)?,
            LogFormat::Combined => combined::write(self, out)?,
        }
        out.write_all(b"\n")
    }
}

/// Returns the URL of a page without what it may show of a signed URL.
fn page_of(url: &str) -> String {
    let authority = url.find("://").map_or(0, |scheme| scheme + 3);
    let path = url[authority..].find('/').map_or(url.len(), |path| authority + path);
    let (site, path) = url.split_at(path);
    if path.is_empty() { site.to_owned() } else { format!("{site}{}", without_token(path)) }
}

fn protocol(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_2 => "HTTP/2",
        Version::HTTP_3 => "HTTP/3",
        _ => "HTTP/1.1",
    }
}

/// Returns the trace that a request belongs to (W3C Trace Context §3.2.2.3), by which its lines in
/// all logs are found.
fn trace_id(headers: &HeaderMap) -> Option<String> {
    let mut parts = headers.get("traceparent")?.to_str().ok()?.split('-');
    let (version, id) = (parts.next()?, parts.next()?);
    let is_hex = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let is_valid = version.len() == 2 && id.len() == 32 && is_hex(version) && is_hex(id);
    // All zeros stand for no trace.
    (is_valid && id.bytes().any(|byte| byte != b'0')).then(|| id.to_owned())
}

/// Returns a field value as text of a bounded length.
pub(super) fn text(value: &[u8]) -> String {
    bounded(&String::from_utf8_lossy(value), FIELD_CHARS_MAX)
}

/// Returns the first `chars_max` characters of `text`.
fn bounded(text: &str, chars_max: usize) -> String {
    // No text has more characters than bytes, and hardly any is so long that they must be counted.
    if text.len() <= chars_max {
        return text.to_owned();
    }
    text.chars().take(chars_max).collect()
}

fn rfc3339<S: Serializer>(time: &WallTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&date::print_rfc3339(*time))
}

#[expect(clippy::ref_option, reason = "serde passes the field by reference")]
fn entries<S: Serializer>(cmcd: &Option<Cmcd>, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    for (key, value) in cmcd.iter().flat_map(Cmcd::entries) {
        match value {
            cmcd::Value::Flag => map.serialize_entry(key, &true)?,
            cmcd::Value::Integer(number) => map.serialize_entry(key, &number)?,
            cmcd::Value::Decimal(number) => map.serialize_entry(key, &number)?,
            cmcd::Value::Token(token) => map.serialize_entry(key, token)?,
            cmcd::Value::Text(text) => map.serialize_entry(key, text)?,
        }
    }
    map.end()
}
