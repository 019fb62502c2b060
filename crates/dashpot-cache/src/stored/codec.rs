//! Stored heads as bytes, for tiers that outlive the process.
//!
//! All that was decided when a response was stored is written, not only its fields: a reader that
//! worked it out anew would have to know what the operator had configured then.

use std::time::Duration;

use dashpot_base::{Packed, WallTime, put_bytes, put_size};
use dashpot_http::{etag::EntityTag, vary::Vary};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use super::{Policy, StoredHead, Validate, compact};
use crate::{Basis, Tags, freshness::Freshness, tags::TAGS_MAX};

/// What the bytes begin with. It changes with the layout: what another version wrote is not read.
const VERSION: u8 = 3;

/// Header fields that a head has at most: more than any server sends, and few enough to decode.
const FIELDS_MAX: usize = 1_024;

impl StoredHead {
    /// Appends this head to `out`, for [`StoredHead::decode`] to read.
    pub fn encode(&self, out: &mut Vec<u8>) {
        // All fields are named, so that one that is added is not forgotten here.
        let Self {
            status,
            headers,
            vary,
            tags,
            length: _,
            etag: _,
            last_modified,
            date,
            selected,
            is_aged,
            freshness,
            policy,
        } = self;
        let Freshness { born, arrived, lifetime, basis, date: freshness_date } = freshness;
        let Policy { validate, stale_while_revalidate, stale_if_error, stale_if_disconnected } =
            policy;
        out.push(VERSION);
        out.extend(status.as_u16().to_le_bytes());
        put_vary(out, vary);
        put_bytes(out, selected);
        put_option(out, last_modified.map(WallTime::since_epoch));
        put_span(out, date.since_epoch());
        put_span(out, born.since_epoch());
        put_span(out, arrived.since_epoch());
        put_span(out, *lifetime);
        out.push(byte_of(*basis));
        put_span(out, freshness_date.since_epoch());
        out.push(u8::from(*is_aged));
        out.push(number_of(*validate));
        put_span(out, *stale_while_revalidate);
        put_span(out, *stale_if_error);
        put_span(out, *stale_if_disconnected);
        out.push(u8::from(tags.has_more()));
        put_size(out, tags.iter().len());
        tags.iter().for_each(|tag| put_bytes(out, tag.as_bytes()));
        put_size(out, headers.len());
        for (name, value) in headers {
            put_bytes(out, name.as_str().as_bytes());
            put_bytes(out, value.as_bytes());
        }
    }

    /// Returns the head that `bytes` are, all of them; `None` where they are none, or one of
    /// another version.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut from = Packed(bytes);
        if from.byte()? != VERSION {
            return None;
        }
        let status = StatusCode::from_u16(u16::from_le_bytes(from.array()?)).ok()?;
        let vary = read_vary(&mut from)?;
        let selected = from.bytes()?.to_vec();
        let last_modified = read_option(&mut from)?.map(WallTime::from_epoch);
        let date = read_time(&mut from)?;
        let (born, arrived, lifetime) =
            (read_time(&mut from)?, read_time(&mut from)?, read_span(&mut from)?);
        let (basis, date_then) = (basis_of(from.byte()?)?, read_time(&mut from)?);
        let freshness = Freshness { born, arrived, lifetime, basis, date: date_then };
        let is_aged = match from.byte()? {
            0 => false,
            1 => true,
            _ => return None,
        };
        let policy = Policy {
            validate: validate_of(from.byte()?)?,
            stale_while_revalidate: read_span(&mut from)?,
            stale_if_error: read_span(&mut from)?,
            stale_if_disconnected: read_span(&mut from)?,
        };
        let tags = read_tags(&mut from)?;
        let headers = compact(&read_headers(&mut from)?);
        if !from.0.is_empty() {
            return None;
        }
        let etag = headers.get(header::ETAG).and_then(|etag| EntityTag::parse(etag.as_bytes()));
        let length = super::content_length(&headers);
        Some(Self {
            status,
            headers,
            vary,
            tags,
            length,
            etag,
            last_modified,
            date,
            selected,
            is_aged,
            freshness,
            policy,
        })
    }
}

const fn number_of(validate: Validate) -> u8 {
    match validate {
        Validate::Always => 0,
        Validate::OnceStale => 1,
        Validate::UnlessSaid => 2,
        Validate::Usually => 3,
    }
}

const fn validate_of(number: u8) -> Option<Validate> {
    Some(match number {
        0 => Validate::Always,
        1 => Validate::OnceStale,
        2 => Validate::UnlessSaid,
        3 => Validate::Usually,
        _ => return None,
    })
}

const fn byte_of(basis: Basis) -> u8 {
    match basis {
        Basis::Origin => 0,
        Basis::Heuristic => 1,
        Basis::NegativeTtl => 2,
        Basis::DefaultTtl => 3,
    }
}

const fn basis_of(byte: u8) -> Option<Basis> {
    Some(match byte {
        0 => Basis::Origin,
        1 => Basis::Heuristic,
        2 => Basis::NegativeTtl,
        3 => Basis::DefaultTtl,
        _ => return None,
    })
}

fn put_span(out: &mut Vec<u8>, span: Duration) {
    out.extend(span.as_secs().to_le_bytes());
    out.extend(span.subsec_nanos().to_le_bytes());
}

fn put_option(out: &mut Vec<u8>, span: Option<Duration>) {
    out.push(u8::from(span.is_some()));
    if let Some(span) = span {
        put_span(out, span);
    }
}

fn put_vary(out: &mut Vec<u8>, vary: &Vary) {
    match vary {
        Vary::Any => put_size(out, usize::MAX),
        Vary::Fields(names) => {
            put_size(out, names.len());
            for name in names {
                put_bytes(out, name.as_str().as_bytes());
            }
        }
    }
}

fn read_span(from: &mut Packed<'_>) -> Option<Duration> {
    let seconds = u64::from_le_bytes(from.array()?);
    let nanos = u32::from_le_bytes(from.array()?);
    // More would carry into the seconds, and could overflow them.
    (nanos < 1_000_000_000).then(|| Duration::new(seconds, nanos))
}

fn read_time(from: &mut Packed<'_>) -> Option<WallTime> {
    read_span(from).map(WallTime::from_epoch)
}

#[expect(clippy::option_option, reason = "the outer one is whether it could be read")]
fn read_option(from: &mut Packed<'_>) -> Option<Option<Duration>> {
    match from.byte()? {
        0 => Some(None),
        1 => read_span(from).map(Some),
        _ => None,
    }
}

fn read_name(from: &mut Packed<'_>) -> Option<HeaderName> {
    HeaderName::from_bytes(from.bytes()?).ok()
}

fn read_vary(from: &mut Packed<'_>) -> Option<Vary> {
    let count = from.size()?;
    if count == u32::MAX {
        return Some(Vary::Any);
    }
    let names = (0..bounded(count)?).map(|_| read_name(from)).collect::<Option<_>>()?;
    Some(Vary::Fields(names))
}

fn read_headers(from: &mut Packed<'_>) -> Option<HeaderMap> {
    let count = from.size()?;
    let count = bounded(count)?;
    let mut headers = HeaderMap::with_capacity(count);
    for _ in 0..count {
        let name = read_name(from)?;
        let value = HeaderValue::from_bytes(from.bytes()?).ok()?;
        headers.try_append(name, value).ok()?;
    }
    Some(headers)
}

fn read_tags(from: &mut Packed<'_>) -> Option<Tags> {
    let has_more = match from.byte()? {
        0 => false,
        1 => true,
        _ => return None,
    };
    let count = usize::try_from(from.size()?).ok().filter(|&count| count <= TAGS_MAX)?;
    let tag = |_| std::str::from_utf8(from.bytes()?).ok().map(Box::from);
    let tags = (0..count).map(tag).collect::<Option<_>>()?;
    Some(Tags::from_parts(tags, has_more))
}

fn bounded(count: u32) -> Option<usize> {
    usize::try_from(count).ok().filter(|&count| count <= FIELDS_MAX)
}

#[cfg(test)]
mod tests;
