//! What a reply means to the player.

use crate::{
    FetchError, MediaError,
    fetch::{HEAD_BYTES, Reply},
    media::check_init,
    server_time,
};
use dashpot_base::{ByteSize, WallTime};
use dashpot_bmff::{boxes, parse_sidx};
use dashpot_mpd::timeline::{Presentation, Sidx};
use dashpot_player::{Input, Request, What};
use url::Url;

/// How much of a body that nothing else describes is quoted.
const QUOTED_BYTES: usize = 16;

/// Returns what the player is told of `reply`, the answer to `request`, which is here at `now`.
pub(crate) fn meaning(request: &Request, reply: Reply, now: WallTime) -> Result<Input, FetchError> {
    let ticket = request.fetch.ticket;
    match request.fetch.what {
        What::Manifest => {
            let presentation = Box::new(presentation(request, &reply, now)?);
            Ok(Input::Manifest { ticket, presentation })
        }
        What::Index { .. } => Ok(Input::Index { ticket, sidx: sidx(request, &reply)? }),
        What::Init { .. } | What::Segment { .. } => {
            check_media(request, &reply)?;
            let size = ByteSize::new(reply.size);
            let Reply { cache_status, server_data, .. } = reply;
            Ok(Input::Arrived { ticket, size, cache_status, server_data })
        }
    }
}

/// Returns whether what is fetched is declared to be of the ISO base media file format, the one
/// whose segments are looked into; what is not declared is taken to be, as all of DASH is.
pub(crate) fn is_mp4(request: &Request) -> bool {
    let Some(mime) = &request.mime else { return true };
    let essence = mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence.ends_with("/mp4") || essence.ends_with("/iso.segment")
}

fn check_media(request: &Request, reply: &Reply) -> Result<(), FetchError> {
    let not_media = |wanted, source: MediaError| FetchError::NotMedia {
        url: request.url.clone(),
        status: reply.status,
        found: what_came(reply),
        wanted,
        source: Box::new(source),
    };
    match (&request.fetch.what, &reply.flaw) {
        (What::Init { .. }, _) if is_mp4(request) => {
            check_init(&reply.body).map_err(|source| not_media("an initialisation segment", source))
        }
        (_, Some(flaw)) => Err(not_media("a media segment", flaw.clone())),
        (_, None) => Ok(()),
    }
}

fn presentation(
    request: &Request,
    reply: &Reply,
    now: WallTime,
) -> Result<Presentation, FetchError> {
    let not_an_mpd = |source| FetchError::NotAnMpd {
        url: request.url.clone(),
        status: reply.status,
        found: what_came(reply),
        source,
    };
    let (mpd, warnings) =
        dashpot_mpd::parse(&reply.body).map_err(|source| not_an_mpd(Some(Box::new(source))))?;
    warn_of(&request.url, "odd in the MPD", &warnings);
    // RFC 3986 §5.1.3: after redirects, the base is where the MPD was found in the end.
    let base = Url::parse(&reply.url).map_err(|_| not_an_mpd(None))?;
    let now = server_time::now(&mpd, reply.stamp, now);
    let presentation = Presentation::resolve_at(&mpd, &base, now).map_err(|source| {
        FetchError::Timeline { url: request.url.clone(), source: Box::new(source) }
    })?;
    warn_of(&request.url, "wrong in the presentation", &presentation.problems);
    Ok(presentation)
}

/// How many oddities of one MPD are told at once, and how much of each: the first few show what is
/// wrong with the rest, and their texts are the server's.
const ODDITIES_TOLD: usize = 10;
const ODDITY_CHARS: usize = 300;

fn warn_of(url: &str, what: &str, oddities: &[impl ToString]) {
    for oddity in oddities.iter().take(ODDITIES_TOLD) {
        let text = oddity.to_string();
        let text = text.chars().filter(|c| !c.is_control()).take(ODDITY_CHARS);
        tracing::warn!(url, "{what}: {}", text.collect::<String>());
    }
    let more = oddities.len().saturating_sub(ODDITIES_TOLD);
    if 0 < more {
        tracing::warn!(url, "{what}: {more} more");
    }
}

/// Says for a person what a body is.
fn what_came(reply: &Reply) -> String {
    let head = &reply.body[..reply.body.len().min(HEAD_BYTES)];
    let quoted = head[..head.len().min(QUOTED_BYTES)].escape_ascii();
    let head = String::from_utf8_lossy(head).trim_start().to_ascii_lowercase();
    let declared = reply.content_type.as_deref().unwrap_or_default();
    let guess = if reply.body.is_empty() {
        "an empty body"
    } else if head.starts_with("<!doctype html") || head.starts_with("<html") {
        "an HTML page"
    } else if head.contains("<mpd") {
        "a broken MPD"
    } else if head.starts_with("#extm3u") {
        "an HLS playlist"
    } else if head.starts_with('{') || head.starts_with('[') {
        "JSON"
    } else if head.starts_with('<') {
        "other XML"
    } else {
        "something else"
    };
    match (guess, declared) {
        ("something else", "") => format!("`{quoted}…`"),
        ("something else", _) => format!("`{quoted}…` ({declared})"),
        (_, "") => guess.to_owned(),
        _ => format!("{guess} ({declared})"),
    }
}

fn sidx(request: &Request, reply: &Reply) -> Result<Sidx, FetchError> {
    let bad = |source| FetchError::BadIndex { url: request.url.clone(), source };
    let sidx = parse_sidx(&reply.body).map_err(bad)?;
    if sidx.references.iter().any(|reference| reference.to_index) {
        return Err(FetchError::NestedIndex { url: request.url.clone() });
    }
    // ISO/IEC 14496-12 §8.16.3: distances count from the first byte after the index box.
    let found = boxes(&reply.body).filter_map(Result::ok).find(|found| found.is(b"sidx"));
    let end = found.map_or(0, |found| found.header.end());
    let start = request.range.map_or(0, |(first, _)| first);
    Ok(Sidx {
        timescale: sidx.timescale,
        earliest_presentation_time: sidx.earliest_presentation_time,
        first_byte: start.saturating_add(end).saturating_add(sidx.first_offset),
        entries: sidx
            .references
            .iter()
            .map(|reference| (u64::from(reference.size), u64::from(reference.duration)))
            .collect(),
    })
}

#[cfg(test)]
mod tests;
