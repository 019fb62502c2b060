//! One track file: its movie header and the head of each fragment.
//!
//! Fragments are found by walking the file rather than through its `sidx`: their heads are needed
//! in memory anyway, and what is there cannot disagree with what an index says.

use crate::{
    scan::{SkipError, walk::Walk},
    store::{File, Store},
};
use bytes::Bytes;
use dashpot_bmff::{Handler, Init, Moof, TopBox, parse_init, parse_moof};
use dashpot_packager::{Fragment, Kind, Track};
use xxhash_rust::xxh3::Xxh3;

/// Bytes of all heads of one track, which stay in memory: about four days of 2 s fragments.
const HEADS_MAX: usize = 256 << 20;

const NOT_FRAGMENTED: &str = "it is not a fragmented MP4; `dashpot ingest` makes one of it";

/// Reads the track in `file` and adds what makes it unique to `hash`.
pub(super) async fn read(
    store: &Store,
    file: &File,
    id: &str,
    label: Option<String>,
    hash: &mut Xxh3,
) -> Result<Track, SkipError> {
    let mut walk = Walk::new(store, file);
    let init_end = loop {
        match walk.next().await? {
            Some(TopBox::Read(found)) if found.is(b"moov") => break found.header.end(),
            Some(TopBox::Read(found)) if found.is(b"moof") => {
                return Err(walk.wrong(NOT_FRAGMENTED));
            }
            Some(TopBox::Read(_) | TopBox::Skipped(_)) => {}
            None => return Err(walk.wrong("it has no moov box")),
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
        fragments: fragments(pieces),
    })
}

/// A fragment before its duration is known, which is how long it takes to the next one's start.
struct Piece {
    offset: u64,
    size: u64,
    head: Bytes,
    start: u64,
    samples_duration: u64,
    sample_duration: Option<u32>,
}

impl Piece {
    fn frame_rate(&self, timescale: u32) -> Option<(u32, u32)> {
        let duration = self.sample_duration.filter(|duration| *duration != 0)?;
        let (mut divisor, mut rest) = (timescale, duration);
        while rest != 0 {
            (divisor, rest) = (rest, divisor % rest);
        }
        Some((timescale.checked_div(divisor)?, duration.checked_div(divisor)?))
    }
}

fn fragments(pieces: Vec<Piece>) -> Vec<Fragment> {
    let starts: Vec<u64> = pieces.iter().skip(1).map(|piece| piece.start).collect();
    let ends = starts.into_iter().map(Some).chain([None]);
    let fragment = |(piece, end): (Piece, Option<u64>)| Fragment {
        offset: piece.offset,
        size: piece.size,
        start: piece.start,
        // Times that go backwards become a duration of zero, which `Asset::new` refuses.
        duration: end.map_or(piece.samples_duration, |end| end.saturating_sub(piece.start)),
        head: piece.head,
    };
    pieces.into_iter().zip(ends).map(fragment).collect()
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
    let mut moof: Option<Moof> = None;
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
                moof = Some(parse_moof(&bytes, init).map_err(|error| walk.wrong(error))?);
            }
            (b"moof", Some(_)) => return Err(walk.wrong("a moof is not followed by its mdat")),
            (b"mdat", _) => {
                let (Some(begin), Some(moof)) = (start.take(), moof.take()) else {
                    return Err(walk.wrong(NOT_FRAGMENTED));
                };
                let head = walk.read(begin..header.start).await?;
                held = held.saturating_add(head.len());
                if HEADS_MAX < held {
                    return Err(walk.wrong("the heads of its fragments are beyond 256 MiB"));
                }
                hash.update(&head);
                let (offset, size) = (begin, header.end() - begin);
                let piece = piece(&moof, offset, size, &head);
                pieces
                    .push(piece.map_err(|what| {
                        walk.wrong(format!("fragment {}: {what}", pieces.len()))
                    })?);
            }
            // Indexes, padding and whatever else stands between fragments is not media.
            _ => {}
        }
    }
    Ok(pieces)
}

fn piece(moof: &Moof, offset: u64, size: u64, head: &Bytes) -> Result<Piece, &'static str> {
    let [run] = moof.fragments.as_slice() else {
        return Err("it must have exactly one traf");
    };
    let decode_time = run.decode_time.ok_or("it has no tfdt")?;
    if !run.samples().next().is_some_and(dashpot_bmff::RunSample::is_sync) {
        return Err("it does not begin with a random access point");
    }
    let (mut at, mut earliest) = (i128::from(decode_time), i128::MAX);
    for sample in run.samples() {
        earliest = earliest.min(at + i128::from(sample.composition_offset));
        at += i128::from(sample.duration);
    }
    let start = u64::try_from(earliest).map_err(|_| "it begins before time 0")?;
    let first = run.samples().next().map(|sample| sample.duration);
    let even = first.filter(|first| run.samples().all(|sample| sample.duration == *first));
    // A slice would keep the whole read-ahead window alive.
    let head = Bytes::copy_from_slice(head);
    let samples_duration = run.duration();
    Ok(Piece { offset, size, head, start, samples_duration, sample_duration: even })
}
