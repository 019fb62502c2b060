//! The bytes of a segment: its samples, cut into chunks, each with a head of its own.

use crate::{
    catalogue::{Fragment, Kind, Track},
    events::Carrier,
    live::{
        manifest::events::carries,
        reel::{Source, Strip},
        settings::Settings,
    },
    plan::{self, Part, Plan},
    protect::{self, Piece, Seal},
};
use bytes::Bytes;
use dashpot_base::WallTime;
use dashpot_bmff::{
    BmffError, Cut, FourCc, Placed, RunSample, build_cut, build_prft, build_styp, placed,
};
use std::{ops::Range, time::Duration};

/// What a feature puts before the first chunk of a segment.
type Front = fn(&Settings<'_>, &Strip<'_>, u64) -> Option<Bytes>;
/// Boxes before the first chunk of a segment, such as events, feature by feature.
const FRONT: &[Front] = &[events];

/// A segment as it leaves.
#[derive(Clone, Debug)]
pub struct Segment {
    /// Its bytes.
    pub plan: Plan,
    /// When which part of them exists, in order; the last covers them all.
    pub due: Vec<Due>,
    /// In place of all bytes, where they are protected: a piece for each part.
    pub sealed: Vec<Piece>,
}

/// From when on the bytes of a body exist up to a certain one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// Bytes from the start of the body.
    pub end: u64,
    /// When they exist.
    pub at: WallTime,
}

/// A sample of the film, where its bytes are, and how long after the segment's begin it starts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Take {
    pub(crate) sample: RunSample,
    /// Bytes from the start of the file.
    pub(crate) offset: u64,
    /// Ticks since the segment's first sample.
    pub(crate) since: u64,
}

impl Take {
    pub(crate) fn new(fragment: &Fragment, one: &Placed, since: u64) -> Self {
        Self { sample: one.sample, offset: fragment.offset.saturating_add(one.offset), since }
    }
}

/// Returns segment `index` of a track, or `None` where the track has nothing in it.
///
/// # Errors
/// Fails where a fragment of the file is broken, which [`Asset::new`](crate::Asset::new) rules out.
pub fn segment(
    settings: &Settings<'_>,
    strip: &Strip<'_>,
    index: u64,
) -> Result<Option<Segment>, BmffError> {
    let (decode_time, takes) = takes(strip, index)?;
    let seal = settings.seal(strip, index);
    let (parts, sealed) = (Vec::new(), Vec::new());
    let mut writer = Writer { settings, strip, decode_time, seal, parts, len: 0, sealed };
    writer.bytes(build_styp(FourCc(*b"msdh"), &[FourCc(*b"msdh"), FourCc(*b"cmfs")])?);
    for front in FRONT {
        front(settings, strip, index).into_iter().for_each(|boxes| writer.bytes(boxes));
    }
    let mut due = Vec::new();
    for (number, range, at_ms) in cuts(settings, strip, index, &takes) {
        writer.chunk(index, number, &takes[range])?;
        due.push(Due { end: writer.len, at: wall(at_ms) });
    }
    let (plan, sealed) = (Plan::of_parts(writer.parts), writer.sealed);
    Ok((!takes.is_empty()).then_some(Segment { plan, due, sealed }))
}

/// Returns the messages of a segment.
fn events(settings: &Settings<'_>, strip: &Strip<'_>, index: u64) -> Option<Bytes> {
    if !carries(settings, strip) {
        return None;
    }
    let carrier = Carrier {
        timescale: strip.track.timescale,
        span: strip.start(index)..strip.start(index.saturating_add(1)),
        is_first: index == settings.first,
        end: settings.stop.map(|stop| strip.start(stop)),
    };
    settings.events.boxes(&carrier).ok()
}

/// A chunk of a segment, as those see it who list it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// How long it is, in the track's ticks.
    pub duration: u64,
    /// Whether it begins with a sample that needs no other.
    pub independent: bool,
    /// When it exists, in milliseconds since the epoch.
    pub at_ms: u64,
}

/// Returns the chunks of segment `index` of a track, in the order of their bytes.
///
/// # Errors
/// Fails as [`segment`] does.
pub fn chunks(
    settings: &Settings<'_>,
    strip: &Strip<'_>,
    index: u64,
) -> Result<Vec<Chunk>, BmffError> {
    // ISO/IEC 14496-12 §8.8.3.1: `sample_is_non_sync_sample`.
    const NON_SYNC: u32 = 0x1_0000;
    let (_, takes) = takes(strip, index)?;
    let chunk = |(_, range, at_ms): (u64, Range<usize>, u64)| {
        let takes = &takes[range];
        let first = takes.first().map_or(NON_SYNC, |take| take.sample.flags);
        // Of sound every frame can be begun with, whatever its flags say.
        let is_sound = matches!(strip.track.kind, Kind::Audio { .. });
        Chunk {
            duration: takes.iter().map(|take| u64::from(take.sample.duration)).sum(),
            independent: is_sound || first & NON_SYNC == 0,
            at_ms,
        }
    };
    Ok(cuts(settings, strip, index, &takes).into_iter().map(chunk).collect())
}

/// Returns the number of each chunk that has samples, which these are, and when it is whole.
fn cuts(
    settings: &Settings<'_>,
    strip: &Strip<'_>,
    index: u64,
    takes: &[Take],
) -> Vec<(u64, Range<usize>, u64)> {
    let (mut cuts, mut from, mut number) = (Vec::new(), 0, 0);
    while from < takes.len() {
        let (count, at_ms) = next_chunk(settings, strip, index, &takes[from..], number);
        if 0 < count {
            cuts.push((number, from..from + count, at_ms));
        }
        (from, number) = (from + count, number + 1);
    }
    cuts
}

fn wall(ms: u64) -> WallTime {
    WallTime::from_epoch(Duration::from_millis(ms))
}

/// Returns how many samples belong to chunk `number`, and when it is whole, in milliseconds since the
/// epoch. A sample belongs to the chunk in whose nominal time its middle lies.
fn next_chunk(
    settings: &Settings<'_>,
    strip: &Strip<'_>,
    index: u64,
    rest: &[Take],
    number: u64,
) -> (usize, u64) {
    let (begin, end) = (settings.start_ms(index), settings.start_ms(index + 1));
    let Some(chunk_ms) = settings.chunk_ms else {
        return (rest.len(), end);
    };
    let behind = chunk_ms.saturating_mul(number + 1);
    if end <= begin.saturating_add(behind) {
        return (rest.len(), end);
    }
    let limit = u128::from(behind) * u128::from(strip.track.timescale) * 2;
    let count = rest.partition_point(|take| {
        let middle = u128::from(take.since) * 2 + u128::from(take.sample.duration);
        middle * 1_000 < limit
    });
    (count, begin + behind)
}

/// Puts parts in a row.
struct Writer<'a> {
    settings: &'a Settings<'a>,
    strip: &'a Strip<'a>,
    /// Decode time of the segment's first sample.
    decode_time: u64,
    /// What is done with samples, if anything is.
    seal: Option<Seal>,
    parts: Vec<Part>,
    len: u64,
    sealed: Vec<Piece>,
}

impl Writer<'_> {
    fn bytes(&mut self, bytes: Bytes) {
        self.push(Part::Bytes(bytes));
    }

    fn push(&mut self, part: Part) {
        self.len = self.len.saturating_add(part.len());
        self.parts.push(part);
    }

    fn chunk(&mut self, index: u64, number: u64, takes: &[Take]) -> Result<(), BmffError> {
        let since = takes.first().map_or(0, |take| take.since);
        let decode_time = self.decode_time.saturating_add(since);
        let track = self.strip.track;
        if self.settings.chunk_ms.is_some() {
            let shown = takes.first().map_or(0, |take| take.sample.composition_offset);
            let media_time = decode_time.saturating_add_signed(shown);
            let ntp = ntp(self.settings.ast_ms, media_time, track.timescale);
            self.bytes(build_prft(track.track_id, ntp, media_time)?);
        }
        let samples: Vec<_> = takes.iter().map(|take| take.sample).collect();
        // ISO/IEC 14496-12 §8.8.5: numbers increase from fragment to fragment. In 32 bits they begin
        // again after so many, as any channel's do that runs for long.
        let chunks = self.settings.chunk_ms.map_or(1, |chunk_ms| {
            let longest = u128::from(self.settings.reel.longest()) * 1_000;
            let chunk = u128::from(chunk_ms) * u128::from(self.settings.reel.timescale());
            u64::try_from(longest.div_ceil(chunk.max(1))).unwrap_or(1)
        });
        let sequence = index.wrapping_mul(chunks).wrapping_add(number).wrapping_add(1);
        let [_, _, _, _, low @ ..] = sequence.to_be_bytes();
        let (track_id, sequence_number) = (track.track_id, u32::from_be_bytes(low));
        let file = |range| Part::File { path: track.path.clone(), range };
        if let Some(seal) = self.seal.clone() {
            // What came before it leaves with it.
            let before = self.parts.drain(..).filter_map(Part::into_bytes).collect();
            let chunk =
                protect::Chunk { before, track_id, sequence_number, decode_time, samples, seal };
            self.sealed.push(Piece::chunk(runs(takes).into_iter().map(file).collect(), chunk));
            return Ok(());
        }
        self.bytes(build_cut(&Cut { track_id, sequence_number, decode_time, samples: &samples })?);
        runs(takes).into_iter().map(file).for_each(|part| self.push(part));
        Ok(())
    }
}

/// Returns the bytes of samples, joined where they adjoin in the file.
pub(crate) fn runs(takes: &[Take]) -> Vec<Range<u64>> {
    plan::runs(takes.iter().map(|take| (take.offset, take.sample.size)))
}

/// Returns the NTP timestamp of a media time: it entered the encoder as it was due.
fn ntp(ast_ms: u64, media_time: u64, timescale: u32) -> u64 {
    // RFC 5905 §6: seconds since 1900 and their fraction in 32 bits each; an era has 2^32 seconds.
    const EPOCH: u128 = 2_208_988_800;
    let scale = u128::from(timescale).max(1);
    let fraction = (u128::from(ast_ms) << 32) / 1_000 + (u128::from(media_time) << 32) / scale;
    let stamp = (EPOCH << 32) + fraction;
    u64::try_from(stamp & u128::from(u64::MAX)).unwrap_or(u64::MAX)
}

/// Returns the decode time of a segment's first sample and all its samples.
pub(crate) fn takes(strip: &Strip<'_>, index: u64) -> Result<(u64, Vec<Take>), BmffError> {
    match strip.source(index) {
        Source::Fragments(range, added) => fragments(strip.track, range, added),
        Source::Frames { from, count } => {
            frames(strip, from, count).map(|takes| (strip.start(index), takes))
        }
    }
}

fn fragments(
    track: &Track,
    range: Range<usize>,
    added: u64,
) -> Result<(u64, Vec<Take>), BmffError> {
    let (mut takes, mut since, mut decode_time) = (Vec::new(), 0_u64, None);
    for fragment in track.fragments.get(range).unwrap_or(&[]) {
        let found = placed(&fragment.head, track.track_id, track.defaults)?;
        decode_time.get_or_insert(added.saturating_add(found.decode_time));
        for one in found.samples {
            takes.push(Take::new(fragment, &one, since));
            since = since.saturating_add(one.sample.duration.into());
        }
    }
    Ok((decode_time.unwrap_or(added), takes))
}

fn frames(strip: &Strip<'_>, from: i128, count: u64) -> Result<Vec<Take>, BmffError> {
    let track = strip.track;
    let Some(frames) = strip.frames() else {
        return Ok(Vec::new());
    };
    let last = frames.ends.last().copied().unwrap_or(0).saturating_sub(1);
    // Consecutive frames lie in the same fragment, most of the time.
    let mut open: Option<(usize, Vec<Placed>)> = None;
    let mut takes = Vec::new();
    for step in 0..count {
        let frame = (from + i128::from(step)).clamp(0, i128::from(last));
        let frame = u64::try_from(frame).unwrap_or(0);
        let at = frames.ends.partition_point(|end| *end <= frame);
        let Some(fragment) = track.fragments.get(at) else { continue };
        let before = at.checked_sub(1).and_then(|before| frames.ends.get(before)).copied();
        let within = usize::try_from(frame - before.unwrap_or(0)).unwrap_or(usize::MAX);
        let samples = match open.take() {
            Some((opened, samples)) if opened == at => samples,
            Some(_) | None => placed(&fragment.head, track.track_id, track.defaults)?.samples,
        };
        if let Some(one) = samples.get(within) {
            let mut take = Take::new(fragment, one, step * frames.duration);
            // The very last one of the file may be said to be shorter.
            take.sample.duration = u32::try_from(frames.duration).unwrap_or(u32::MAX);
            takes.push(take);
        }
        open = Some((at, samples));
    }
    Ok(takes)
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
