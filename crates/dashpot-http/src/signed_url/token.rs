//! How a signature travels: as text in a URL or a cookie, and back.

use super::Grant;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What the token's cookie begins with.
pub(super) const COOKIE: &[u8] = b"dp-token=";

/// What the token's path segment begins with.
const SEGMENT: &str = "/~dp.";

/// Bytes of a signature.
const SIGNATURE_BYTES: usize = 32;

/// What a query keeps as it is.
const QUERY_SET: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Where a signature is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Behind the path: for one URL, or a player that copies the query.
    Query,
    /// Before the path: relative URLs inherit it.
    Path,
    /// In a cookie: nothing shows in URLs.
    Cookie,
}

/// What a request shows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) key: String,
    pub(super) expires: u64,
    pub(super) scope: String,
    pub(super) is_for_client: bool,
    pub(super) signature: [u8; SIGNATURE_BYTES],
}

/// A request's target, taken apart.
#[derive(Debug)]
pub(super) struct Found<'a> {
    /// `Err` where there is one that nobody wrote so.
    pub(super) token: Option<Result<Token, ()>>,
    pub(super) path: &'a str,
    pub(super) query: Option<String>,
}

pub(super) fn print(grant: &Grant, key: &str, signature: &[u8], form: Form, path: &str) -> String {
    let (expires, scope) = (grant.expires, &grant.scope);
    let signature: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
    let bound = if grant.client.is_some() { "i" } else { "" };
    match form {
        Form::Query => {
            let bound = if bound.is_empty() { "" } else { "&dp-ip=1" };
            let scope = utf8_percent_encode(scope, QUERY_SET);
            format!(
                "{path}?dp-exp={expires}&dp-key={key}&dp-scope={scope}{bound}&dp-sig={signature}"
            )
        }
        Form::Path => {
            let depth = if scope.ends_with('/') {
                (scope.matches('/').count() - 1).to_string()
            } else {
                "x".to_owned()
            };
            format!("{SEGMENT}{expires}.{key}.{depth}{bound}.{signature}{path}")
        }
        Form::Cookie => {
            let scope = utf8_percent_encode(scope, QUERY_SET);
            format!("dp-token={expires}.{key}.s{bound}.{signature}.{scope}")
        }
    }
}

/// Takes the token out of a target; that of the path counts before that of the query, and that
/// before the cookie's.
pub(super) fn find<'a>(path_and_query: &'a str, cookie: Option<&str>) -> Found<'a> {
    let (path, query) = match path_and_query.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (path_and_query, None),
    };
    let (in_query, query) = query.map_or((None, None), from_query);
    if let Some(rest) = path.strip_prefix(SEGMENT) {
        let (segment, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, "/"),
        };
        return Found { token: Some(from_segment(segment, path).ok_or(())), path, query };
    }
    let token = match in_query {
        Some(shown) => Some(shown.token(path).ok_or(())),
        None => cookie.map(|cookie| from_cookie(cookie).ok_or(())),
    };
    Found { token, path, query }
}

/// Parameters of a query, as they came.
#[derive(Debug, Default)]
struct Shown<'a> {
    expires: Option<&'a str>,
    key: Option<&'a str>,
    scope: Option<&'a str>,
    bound: Option<&'a str>,
    signature: Option<&'a str>,
}

impl Shown<'_> {
    fn token(&self, path: &str) -> Option<Token> {
        let scope = match self.scope {
            Some(scope) => percent_decode_str(scope).decode_utf8().ok()?.into_owned(),
            None => path.to_owned(),
        };
        Some(Token {
            key: self.key?.to_owned(),
            expires: seconds(self.expires?)?,
            scope,
            is_for_client: match self.bound {
                None => false,
                Some("1") => true,
                Some(_) => return None,
            },
            signature: signature(self.signature?)?,
        })
    }
}

/// Returns what a query shows, and the query without it.
fn from_query(query: &str) -> (Option<Shown<'_>>, Option<String>) {
    let (mut shown, mut is_shown, mut rest) = (Shown::default(), false, Vec::new());
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let place = match name {
            "dp-exp" => &mut shown.expires,
            "dp-key" => &mut shown.key,
            "dp-scope" => &mut shown.scope,
            "dp-ip" => &mut shown.bound,
            "dp-sig" => &mut shown.signature,
            _ => {
                rest.push(pair);
                continue;
            }
        };
        is_shown = true;
        // Given twice, no signature can be right.
        *place = if place.is_some() { Some("") } else { Some(value) };
    }
    (is_shown.then_some(shown), (!rest.is_empty()).then(|| rest.join("&")))
}

fn from_segment(segment: &str, path: &str) -> Option<Token> {
    let mut fields = segment.split('.');
    let (expires, key, depth, hex) =
        (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let (depth, is_for_client) = match depth.strip_suffix('i') {
        Some(depth) => (depth, true),
        None => (depth, false),
    };
    let scope = if depth == "x" {
        path
    } else {
        let depth = usize::try_from(seconds(depth)?).ok()?;
        let end = path.match_indices('/').nth(depth)?.0;
        &path[..=end]
    };
    fields.next().is_none().then_some(())?;
    Some(Token {
        key: key.to_owned(),
        expires: seconds(expires)?,
        scope: scope.to_owned(),
        is_for_client,
        signature: signature(hex)?,
    })
}

fn from_cookie(cookie: &str) -> Option<Token> {
    let mut fields = cookie.splitn(5, '.');
    let (expires, key, bound, hex, scope) =
        (fields.next()?, fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    Some(Token {
        key: key.to_owned(),
        expires: seconds(expires)?,
        scope: percent_decode_str(scope).decode_utf8().ok()?.into_owned(),
        is_for_client: match bound {
            "s" => false,
            "si" => true,
            _ => return None,
        },
        signature: signature(hex)?,
    })
}

/// Digits in one spelling only, so that a grant has one text.
fn seconds(text: &str) -> Option<u64> {
    let is_plain = text == "0" || !text.starts_with('0');
    if is_plain && text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().ok()
    } else {
        None
    }
}

fn signature(hex: &str) -> Option<[u8; SIGNATURE_BYTES]> {
    let mut bytes = [0; SIGNATURE_BYTES];
    if hex.len() != 2 * SIGNATURE_BYTES || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, at) in bytes.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(hex.get(at..at + 2)?, 16).ok()?;
    }
    Some(bytes)
}
