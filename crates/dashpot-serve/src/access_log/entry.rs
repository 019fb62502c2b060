//! One line of the access log.

use super::Asked;
use crate::Role;
use dashpot_base::WallTime;
use dashpot_http::{cmcd, cmcd::Cmcd, date};
use http::{HeaderName, header};
use serde::{Serialize, Serializer, ser::SerializeMap as _};
use std::{
    io::{self, Write},
    net::IpAddr,
};

/// Characters kept of a path and query: enough for CMCD, and a bound on the queue.
const PATH_CHARS_MAX: usize = 2_048;

/// Characters kept of any other field that a client chooses.
const FIELD_CHARS_MAX: usize = 256;

/// What is written of one request.
#[derive(Debug, Serialize)]
pub(super) struct Entry {
    #[serde(serialize_with = "rfc3339")]
    t: WallTime,
    role: &'static str,
    client: IpAddr,
    method: String,
    path: String,
    /// Absent where the request ended before its response began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<u16>,
    pub(super) bytes: u64,
    pub(super) took_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) first_byte_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cache_status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "entries")]
    cmcd: Option<Cmcd>,
    pub(super) aborted: bool,
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
            path: path.chars().take(PATH_CHARS_MAX).collect(),
            status: None,
            bytes: 0,
            took_ms: 0.0,
            first_byte_ms: None,
            cache_status: None,
            range: field(header::RANGE),
            user_agent: field(header::USER_AGENT),
            cmcd: Cmcd::from_headers(request.headers)
                .or_else(|| Cmcd::from_query(request.uri.query()?)),
            aborted: true,
        }
    }

    pub(super) fn is_head(&self) -> bool {
        self.method == "HEAD"
    }

    /// Writes the line and its end.
    pub(super) fn write_to(&self, out: &mut impl Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        out.write_all(b"\n")
    }
}

/// Returns a field value as text of a bounded length.
pub(super) fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(value).chars().take(FIELD_CHARS_MAX).collect()
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
