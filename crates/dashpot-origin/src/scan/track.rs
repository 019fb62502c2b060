//! One track file: its movie header and the head of each fragment.
//!
//! Fragments are found by walking the file rather than through its `sidx`: their heads are needed
//! in memory anyway, and what is there cannot disagree with what an index says.

use crate::{
    scan::{
        SkipError,
        piece::{Piece, Place, fragments},
        walk::Walk,
    },
    store::{File, Store},
};
use bytes::Bytes;
use dashpot_bmff::{Handler, Init, Moof, TopBox, parse_init, parse_moof};
use dashpot_packager::{Kind, Track};
use xxhash_rust::xxh3::Xxh3;

/// Bytes of all heads of one track, which stay in memory: about four days of 2 s fragments.
const HEADS_MAX: usize = 256 << 20;

/// Bytes of each fragment's media that count for the fingerprint. Frames of equal lengths in other
/// encodes differ from their first coded block on, which comes well before this; to read all media
/// at every start would take minutes.
const SAMPLED: u64 = 1 << 10;

/// Boxes that an MP4 file may begin with (ISO/IEC 14496-12 §4.3 asks for `ftyp`, which older files
/// do not have).
const FIRST: [&[u8]; 10] =
    [b"ftyp", b"styp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pdin", b"sidx", b"moof"];
const NOT_FRAGMENTED: &str = "it is not a fragmented MP4; `dashpot ingest` makes one of it";

const NO_MOOV: &str = "it has no moov box before its media";
const NO_MDAT: &str = "a moof is not followed by its mdat";

/// Reads the track in `file` and adds what makes it unique to `hash`.
pub(super) async fn read(
    store: &Store,
    file: &File,
    id: &str,
    label: Option<String>,
    hash: &mut Xxh3,
) -> Result<Track, SkipError> {
    let mut walk = Walk::new(store, file);
    let first = walk.read(0..file.size.min(8)).await?;
    if first.is_empty() {
        return Err(walk.wrong("it is empty"));
    }
    if !first.get(4..8).is_some_and(|kind| FIRST.contains(&kind)) {
        return Err(walk.wrong("it is not MP4"));
    }
    let init_end = loop {
        match walk.next().await? {
            Some(TopBox::Read(found)) if found.is(b"moov") => break found.header.end(),
            Some(TopBox::Read(found)) if found.is(b"moof") => {
                return Err(walk.wrong(NO_MOOV));
            }
            Some(TopBox::Read(_) | TopBox::Skipped(_)) => {}
            None => return Err(walk.wrong(NO_MOOV)),
        }
    };
    let init_bytes = walk.read(0..init_end).await?;
    let init = parse_init(&init_bytes).map_err(|error| walk.wrong(error))?;
    let pieces = pieces(&mut walk, &init, hash).await?;
    hash.update(file.path.as_ref().as_bytes());
    hash.update(&file.size.to_le_bytes());
    hash.update(&init_bytes);
    let (Some(first), [track]) = (pieces.first(), init.tracks.as_slice()) else {
        return Err(walk.wrong(NOT_FRAGMENTED));
    };
    let kind = match track.handler {
        Handler::Video => Kind::Video {
            width: track.width.into(),
            height: track.height.into(),
            frame_rate: track.frame_rate().or_else(|| first.frame_rate(track.timescale)),
            sar: (1, 1),
        },
        Handler::Audio => {
            Kind::Audio { sample_rate: track.sample_rate, channels: track.channels.into() }
        }
        Handler::Text | Handler::Other(_) => {
            return Err(walk.wrong("it holds neither video nor audio"));
        }
    };
    Ok(Track {
        id: id.to_owned(),
        path: file.path.to_string(),
        kind,
        codec: track.codec.clone(),
        track_id: track.id,
        timescale: track.timescale,
        lang: track.language.clone().unwrap_or_else(|| "und".to_owned()),
        label,
        init: 0..init_end,
        defaults: track.defaults,
        // A slice would keep the whole read-ahead window alive.
        sample_entries: Bytes::copy_from_slice(&track.sample_entries),
        fragments: fragments(pieces),
    })
}

async fn pieces(
    walk: &mut Walk<'_>,
    init: &Init,
    hash: &mut Xxh3,
) -> Result<Vec<Piece>, SkipError> {
    let [track] = init.tracks.as_slice() else {
        return Err(walk.wrong("it must have exactly one track"));
    };
    // An edit moves the whole timeline, which no manifest here says.
    if track.edits.iter().any(|edit| edit.media_time != 0) {
        return Err(walk.wrong("it has an edit list; `dashpot ingest` makes a file without one"));
    }
    let (mut pieces, mut held) = (Vec::new(), 0_usize);
    let mut start = None;
    let mut moof: Option<(u64, Moof)> = None;
    while let Some(found) = walk.next().await? {
        let header = match &found {
            TopBox::Read(found) => found.header,
            TopBox::Skipped(header) => *header,
        };
        match (&header.kind.0, &moof) {
            (b"styp" | b"prft" | b"emsg", None) => start = start.or(Some(header.start)),
            (b"moof", None) => {
                start = start.or(Some(header.start));
                let bytes = walk.read(header.start..header.end()).await?;
                let parsed = parse_moof(&bytes, init).map_err(|error| walk.wrong(error))?;
                moof = Some((header.start, parsed));
            }
            (b"moof", Some(_)) => return Err(walk.wrong(NO_MDAT)),
            (b"mdat", _) => {
                let (Some(begin), Some((at, moof))) = (start.take(), moof.take()) else {
                    return Err(walk.wrong(NOT_FRAGMENTED));
                };
                let head = walk.read(begin..header.start).await?;
                held = held.saturating_add(head.len());
                if HEADS_MAX < held {
                    return Err(walk.wrong("the heads of its fragments are beyond 256 MiB"));
                }
                hash.update(&head);
                let sampled = header.end().min(header.start.saturating_add(SAMPLED));
                hash.update(&walk.read(header.start..sampled).await?);
                let place = Place { begin, moof: at, mdat: header };
                let piece = Piece::read(&moof, &place, &head);
                pieces
                    .push(piece.map_err(|what| {
                        walk.wrong(format!("fragment {}: {what}", pieces.len()))
                    })?);
            }
            // Indexes, padding and whatever else stands between fragments is not media.
            _ => {}
        }
    }
    if moof.is_some() {
        return Err(walk.wrong(NO_MDAT));
    }
    Ok(pieces)
}
