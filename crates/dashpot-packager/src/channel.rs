//! A channel that an encoder contributes (DASH-IF Live Media Ingest, interfaces 1 and 2): which
//! segments there are, by the heads of what arrived. The media itself is with the driver.
//!
//! A track is what arrives under one name, with an initialization segment of one track. A body is
//! one segment, or, where it begins with an initialization segment, all that is to come, which is
//! divided where decoding may begin.

mod lookup;
mod mpd;
mod names;
mod pieces;

pub use lookup::{Lookup, Place};
pub use mpd::ChannelForm;
pub use names::track_name;
pub use pieces::{Piece, PieceError, Pieces};

use bytes::Bytes;
use dashpot_base::WallTime;
use dashpot_bmff::{Handler, Track as Coded, parse_init, parse_moof};
use std::{collections::BTreeMap, time::Duration};

/// Tracks of a channel: a ladder of pictures and sound in a few languages.
pub const TRACKS_MAX: usize = 16;
/// How long a silent encoder keeps its channel: long enough for a segment to be made between two
/// bodies, short enough that whoever takes over need not be told to wait twice.
pub const HELD_FOR: Duration = Duration::from_secs(6);
/// How long after an encoder's first media tracks may still join: it sends what initializes them at its
/// start, over connections of their own.
const JOIN_MS: u64 = 5_000;
/// The least length of a segment that is divided off an endless body.
const DIVIDED_MS: u64 = 1_000;
/// How far ahead of the last segment one may begin while an encoder is at it: what it left out.
const JUMP_MS: u64 = 10_000;
/// Fragments of one segment: a minute of single pictures.
const FRAGMENTS_MAX: u32 = 4_000;

/// Why a contribution is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Contributed {
    /// It cannot be read, or is nothing that a channel can have.
    #[error("{0}")]
    Wrong(String),
    /// Somebody else contributes, or times went back while somebody did.
    #[error("another encoder contributes to this channel, or its times went back: try again later")]
    Held,
    /// An encoder with other tracks is at it.
    #[error(
        "the encoder of this channel sends {0}: no other track joins it now; take another channel, or wait until it has ended"
    )]
    Foreign(String),
    /// It has arrived already.
    #[error("this segment is there")]
    Known,
    /// No initialization segment has arrived under this name.
    #[error("send the initialization segment of `{0}` first")]
    Unknown(String),
}

/// What holds a channel within bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// How far back segments are kept.
    pub window: Duration,
    /// Bytes of all segments.
    pub bytes_max: u64,
}

/// Where a fragment belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Added {
    /// The time, in ticks, at which its segment starts.
    pub start: u64,
    /// The segment that is whole because this one begins.
    pub closed: Option<u64>,
    /// Segments that leave: their tracks and starts.
    pub left: Vec<(String, u64)>,
    /// Whether all that there was before is gone, since the encoder began anew.
    pub is_anew: bool,
}

/// A channel.
#[derive(Clone, Debug)]
pub struct Channel {
    bounds: Bounds,
    /// When it began, or began anew.
    began: WallTime,
    /// When media arrived last.
    last: Option<WallTime>,
    /// When the encoder that is at it sent its first media.
    entered: Option<WallTime>,
    /// Whether a track was initialized again since media arrived: the encoder goes on.
    is_greeted: bool,
    /// When time zero of the media was, in milliseconds since the epoch.
    zero_ms: Option<u64>,
    /// When its first segment begins, in milliseconds of media.
    begun_ms: Option<u64>,
    /// The length of segments that numbers count by, which stays so for all of the run.
    counted_ms: Option<u64>,
    is_ended: bool,
    tracks: BTreeMap<String, Track>,
}

#[derive(Clone, Debug)]
struct Track {
    init: Bytes,
    coded: Coded,
    segments: BTreeMap<u64, Segment>,
}

#[derive(Clone, Copy, Debug)]
struct Segment {
    duration: u64,
    bytes: u64,
    fragments: u32,
    is_whole: bool,
}

/// The head of a fragment that arrived as a whole.
#[derive(Clone, Copy, Debug)]
pub struct Arrived<'a> {
    /// The `moof`.
    pub moof: &'a Bytes,
    /// Bytes of the whole, with what stands before the `moof`.
    pub bytes: u64,
    /// Bytes of media in the `mdat`.
    pub media: u64,
    /// Whether it is of an endless body, which is to be divided.
    pub divides: bool,
    /// The segment of the body's last fragment, where it has begun.
    pub open: Option<u64>,
}

impl Channel {
    /// Returns a channel that nothing has arrived of.
    #[must_use]
    pub const fn new(now: WallTime, bounds: Bounds) -> Self {
        let tracks = BTreeMap::new();
        Self {
            bounds,
            began: now,
            last: None,
            entered: None,
            is_greeted: false,
            zero_ms: None,
            begun_ms: None,
            counted_ms: None,
            is_ended: false,
            tracks,
        }
    }

    /// Returns what tells this run of the channel from others, in its segments' URLs.
    #[must_use]
    pub fn run(&self) -> String {
        format!("g{}", self.began.unix_millis())
    }

    /// Says whether an encoder is at it.
    #[must_use]
    pub fn is_held(&self, now: WallTime) -> bool {
        let is_recent = self.last.is_some_and(|last| now.since(last) < HELD_FOR);
        let segments = || self.tracks.values().flat_map(|track| track.segments.values());
        !self.is_ended && (is_recent || segments().any(|segment| !segment.is_whole))
    }

    /// Takes an initialization segment, and says whether all that there was before is gone.
    ///
    /// # Errors
    /// Where it cannot be played, or another encoder is at it.
    pub fn initialize(
        &mut self,
        now: WallTime,
        name: &str,
        init: &Bytes,
    ) -> Result<bool, Contributed> {
        let wrong = |why: &str| Contributed::Wrong(format!("`{name}`: {why}"));
        let parsed = parse_init(init).map_err(|error| wrong(&error.to_string()))?;
        let [coded] = parsed.tracks.as_slice() else {
            return Err(wrong("CMAF has one track in a file"));
        };
        match coded.handler {
            Handler::Video | Handler::Audio => (),
            Handler::Text | Handler::Other(_) => return Err(wrong("neither pictures nor sound")),
        }
        let known = self.tracks.get(name);
        if known.is_some_and(|known| !known.segments.is_empty()) && self.is_held(now) {
            return Err(Contributed::Held);
        }
        let is_known = known.is_some();
        let is_other = known.is_some_and(|known| known.init != *init);
        if !is_known && self.is_closed(now) {
            return Err(Contributed::Foreign(self.names()));
        }
        // Nobody is at what there is, and nobody has come back to it.
        let is_left = !is_known && !self.is_held(now) && !self.is_greeted && self.has_media();
        let is_other = is_other || is_left;
        let is_anew = is_other || self.is_ended;
        if is_anew {
            // What came before was of another encoder, or of another time.
            self.begin_anew(now);
        }
        if is_other {
            self.tracks.clear();
        } else if !is_known && TRACKS_MAX <= self.tracks.len() {
            return Err(wrong("a channel has 16 tracks at most"));
        }
        let track =
            || Track { init: init.clone(), coded: coded.clone(), segments: BTreeMap::new() };
        self.tracks.entry(name.to_owned()).or_insert_with(track);
        self.is_greeted |= is_known;
        Ok(is_anew)
    }

    /// Says whether an encoder is at it that has had the time to name all of its tracks.
    fn is_closed(&self, now: WallTime) -> bool {
        let join = Duration::from_millis(JOIN_MS);
        self.is_held(now) && self.entered.is_some_and(|entered| join <= now.since(entered))
    }

    fn has_media(&self) -> bool {
        self.tracks.values().any(|track| !track.segments.is_empty())
    }

    fn names(&self) -> String {
        let names = self.tracks.keys().map(|name| format!("`{name}`"));
        names.collect::<Vec<_>>().join(", ")
    }

    /// Says whether a time in milliseconds is about where the other tracks are, if they have anything.
    fn is_near(&self, name: &str, ms: u64) -> bool {
        let others = self.tracks.iter().filter(|(other, _)| *other != name);
        let newest = others.filter_map(|(_, track)| Some(track.ms(track.end()?))).max();
        newest.is_none_or(|newest| newest.abs_diff(ms) <= JUMP_MS)
    }

    /// Takes a fragment. Bodies of one track may overlap in time: encoders begin the next one before
    /// they have the answer to the last.
    ///
    /// # Errors
    /// Where it cannot be, is there, or is another encoder's.
    pub fn add(
        &mut self,
        now: WallTime,
        name: &str,
        arrived: &Arrived<'_>,
    ) -> Result<Added, Contributed> {
        // What is arriving cannot leave, so that it alone may come to no more than all may.
        if self.bounds.bytes_max <= self.bytes(|segment| !segment.is_whole) {
            let why = format!("`{name}`: what is arriving is more than the channel may hold");
            return Err(Contributed::Wrong(why));
        }
        // After an end, an initialization segment comes first.
        let is_held = self.last.is_some_and(|last| now.since(last) < HELD_FOR) || self.is_ended;
        let unknown = || Contributed::Unknown(name.to_owned());
        let track = self.tracks.get_mut(name).ok_or_else(unknown)?;
        let fragment = read(track, name, arrived)?;
        let mut added = Added { start: 0, closed: None, left: Vec::new(), is_anew: false };
        let goes_on = arrived.open.and_then(|start| Some((start, *track.segments.get(&start)?)));
        if let Some((start, mut segment)) = goes_on {
            let is_long = DIVIDED_MS <= track.ms(segment.duration);
            if fragment.time != start + segment.duration {
                let why = format!("`{name}`: a fragment does not begin where the last one ended");
                return Err(Contributed::Wrong(why));
            }
            if !(arrived.divides && fragment.is_sync && is_long) {
                if FRAGMENTS_MAX <= segment.fragments {
                    let why = format!("`{name}`: a segment has too many fragments");
                    return Err(Contributed::Wrong(why));
                }
                segment.duration += fragment.duration;
                segment.bytes += arrived.bytes;
                segment.fragments += 1;
                let next = track.segments.range(start + 1..).next();
                if next.is_some_and(|(next, _)| *next < start + segment.duration) {
                    return Err(Contributed::Held);
                }
                track.segments.insert(start, segment);
                added.start = start;
                return Ok(self.added(now, name, added));
            }
            added.closed = Some(start);
            track.close(start);
        }
        let (is_first, ms) = (track.segments.is_empty(), track.ms(fragment.time));
        if is_first && is_held && !self.is_near(name, ms) {
            // Two encoders that count from other times.
            return Err(Contributed::Foreign(self.names()));
        }
        let track = self.tracks.get_mut(name).ok_or_else(unknown)?;
        match track.place(&fragment) {
            Fits::Yes => (),
            Fits::Before if is_held && self.is_in_window(name, &fragment) => (),
            Fits::Ahead if !is_held => (),
            // The last one once more: its answer was lost.
            Fits::Known if is_held => return Err(Contributed::Known),
            Fits::Before | Fits::Ahead | Fits::Known | Fits::Not if is_held => {
                return Err(Contributed::Held);
            }
            Fits::Before | Fits::Ahead | Fits::Known | Fits::Not => {
                self.begin_anew(now);
                added.is_anew = true;
            }
        }
        let track = self.tracks.get_mut(name).ok_or_else(unknown)?;
        let segment = Segment {
            duration: fragment.duration,
            bytes: arrived.bytes,
            fragments: 1,
            is_whole: false,
        };
        track.segments.insert(fragment.time, segment);
        added.start = fragment.time;
        Ok(self.added(now, name, added))
    }

    /// Notes that a body has ended, well or not, and with it its last segment. What did not end
    /// well is no segment.
    pub fn end_body(&mut self, name: &str, open: u64, is_well: bool) {
        let Some(track) = self.tracks.get_mut(name) else { return };
        if is_well {
            track.close(open);
            self.count();
        } else if track.segments.get(&open).is_some_and(|segment| !segment.is_whole) {
            track.segments.remove(&open);
        }
    }

    /// Notes that nothing more is to come.
    pub const fn end(&mut self) {
        self.is_ended = true;
    }

    /// Notes an arrival, and lets leave what is out of bounds.
    fn added(&mut self, now: WallTime, name: &str, mut added: Added) -> Added {
        if self.last.is_none_or(|last| HELD_FOR <= now.since(last)) {
            self.entered = Some(now);
        }
        (self.last, self.is_greeted) = (Some(now), false);
        let start_ms = self.tracks.get(name).map_or(0, |track| track.ms(added.start));
        self.begun_ms = Some(self.begun_ms.map_or(start_ms, |held| held.min(start_ms)));
        if let Some(track) = self.tracks.get(name)
            && let Some((start, segment)) = track.segments.last_key_value()
            && track.segments.values().all(|segment| !segment.is_whole)
        {
            // What has arrived is there: the latest track says when that is, for all of them.
            let end_ms = track.ms(start + segment.duration);
            let zero_ms = now.unix_millis().saturating_sub(end_ms);
            self.zero_ms = Some(self.zero_ms.map_or(zero_ms, |held| held.max(zero_ms)));
        }
        let window_ms = u64::try_from(self.bounds.window.as_millis()).unwrap_or(u64::MAX);
        for (name, track) in &mut self.tracks {
            let newest_ms = track.end().map_or(0, |end| track.ms(end));
            while let Some((start, segment)) = track.segments.first_key_value()
                && track.ms(start + segment.duration).saturating_add(window_ms) < newest_ms
                && segment.is_whole
            {
                let start = *start;
                track.segments.remove(&start);
                added.left.push((name.clone(), start));
            }
        }
        self.count();
        while self.bounds.bytes_max < self.bytes(|_| true) && self.drop_oldest(&mut added) {}
        added
    }

    /// Notes by what numbers count from the first MPD on that can tell of them: what an encoder changes
    /// later must not give a segment another number.
    fn count(&mut self) {
        if self.counted_ms.is_none() && self.is_ready() {
            self.counted_ms = self.each_ms();
        }
    }

    /// Says whether a fragment that is older than all there is would stay.
    fn is_in_window(&self, name: &str, fragment: &Fragment) -> bool {
        let Some(track) = self.tracks.get(name) else { return false };
        let window_ms = u64::try_from(self.bounds.window.as_millis()).unwrap_or(u64::MAX);
        let newest_ms = track.end().map_or(0, |end| track.ms(end));
        newest_ms <= track.ms(fragment.time).saturating_add(window_ms.min(JUMP_MS))
    }

    fn bytes(&self, counts: impl Fn(&Segment) -> bool) -> u64 {
        let segments = self.tracks.values().flat_map(|track| track.segments.values());
        segments.filter(|segment| counts(segment)).map(|segment| segment.bytes).sum()
    }

    /// Drops the oldest segment of all tracks that is whole; says whether there was one.
    fn drop_oldest(&mut self, added: &mut Added) -> bool {
        let whole = self.tracks.iter().filter_map(|(name, track)| {
            let (start, _) = track.segments.iter().find(|(_, segment)| segment.is_whole)?;
            Some((track.ms(*start), name.clone(), *start))
        });
        let Some((_, name, start)) = whole.min() else { return false };
        if let Some(track) = self.tracks.get_mut(&name) {
            track.segments.remove(&start);
        }
        added.left.push((name, start));
        true
    }

    fn begin_anew(&mut self, now: WallTime) {
        // Two runs never have one name.
        self.began = now.max(self.began.after(Duration::from_millis(1)));
        (self.zero_ms, self.begun_ms, self.counted_ms) = (None, None, None);
        (self.last, self.is_ended) = (None, false);
        (self.entered, self.is_greeted) = (None, false);
        for track in self.tracks.values_mut() {
            track.segments.clear();
        }
    }
}

/// A fragment, as its head tells of it.
struct Fragment {
    time: u64,
    duration: u64,
    is_sync: bool,
}

fn read(track: &Track, name: &str, arrived: &Arrived<'_>) -> Result<Fragment, Contributed> {
    let wrong = |why: &str| Contributed::Wrong(format!("`{name}`: {why}"));
    let coded = std::slice::from_ref(&track.coded);
    let init = dashpot_bmff::Init { timescale: 0, duration: 0, tracks: coded.to_vec() };
    let moof = parse_moof(arrived.moof, &init).map_err(|error| wrong(&error.to_string()))?;
    let [fragment] = moof.fragments.as_slice() else {
        return Err(wrong("a moof of CMAF has one traf"));
    };
    let time = fragment.decode_time.ok_or_else(|| wrong("a fragment without tfdt"))?;
    let media: u64 = fragment.samples().map(|sample| u64::from(sample.size)).sum();
    let duration = fragment.duration();
    if fragment.base_data_offset.is_some() || arrived.media < media {
        return Err(wrong("samples that are not in the fragment's mdat"));
    }
    // A duration of an hour at the finest timescale; and no time that anything overflows by.
    if duration == 0 || u64::from(u32::MAX) * 3_600 < duration || u64::MAX / 2_000 < time {
        return Err(wrong("a time that cannot be"));
    }
    let is_sync = fragment.samples().next().is_some_and(dashpot_bmff::RunSample::is_sync);
    Ok(Fragment { time, duration, is_sync })
}

/// Whether a segment has room where it belongs.
enum Fits {
    Yes,
    /// It is beyond what an encoder leaves out.
    Ahead,
    /// It is before all there is.
    Before,
    /// It is the last one again.
    Known,
    Not,
}

impl Track {
    fn ms(&self, ticks: u64) -> u64 {
        crate::live::settings::to_ms(ticks.into(), self.coded.timescale)
    }

    fn end(&self) -> Option<u64> {
        self.segments.last_key_value().map(|(start, segment)| start + segment.duration)
    }

    fn close(&mut self, start: u64) {
        if let Some(segment) = self.segments.get_mut(&start) {
            segment.is_whole = true;
        }
    }

    fn place(&self, fragment: &Fragment) -> Fits {
        let Some((last, segment)) = self.segments.last_key_value() else { return Fits::Yes };
        if *last == fragment.time && segment.is_whole {
            return Fits::Known;
        }
        if self.ms(last + segment.duration).saturating_add(JUMP_MS) < self.ms(fragment.time) {
            return Fits::Ahead;
        }
        let before = self.segments.range(..=fragment.time).next_back();
        let after = self.segments.range(fragment.time..).next();
        let is_behind =
            before.is_none_or(|(start, segment)| start + segment.duration <= fragment.time);
        let is_before = after.is_none_or(|(start, _)| fragment.time + fragment.duration <= *start);
        match (is_behind && is_before, before) {
            (true, Some(_)) => Fits::Yes,
            (true, None) => Fits::Before,
            (false, _) => Fits::Not,
        }
    }
}

#[cfg(test)]
mod tests;
