//! What the options of a path come to for one asset.

use crate::{
    catalogue::{Asset, Track},
    grammar::{LOOP, Options, PASSES_MAX, SEG, seconds},
    only, query,
    timeline::Timeline,
};
use dashpot_base::MediaTime;

/// Options that the asset can meet: every track of it can be served in this shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shape {
    /// How often the asset is played, one after the other.
    pub passes: u32,
    /// How many groups of pictures one segment holds.
    pub gops: u32,
}

impl Shape {
    /// The asset as it is on disk.
    pub const PLAIN: Self = Self { passes: 1, gops: 1 };
}

/// Why an asset cannot be served with an option.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OptionError {
    /// The segment length is not a multiple of the GOP length.
    #[error(
        "option `seg_{given}s` does not fit: a segment must hold whole groups of pictures of {gop}s; the nearest is `seg_{nearest}s`"
    )]
    Segment {
        /// Seconds that were asked for.
        given: String,
        /// Seconds of one group of pictures.
        gop: String,
        /// The nearest length that fits, in seconds.
        nearest: String,
    },
    /// The groups of pictures differ in length.
    #[error(
        "option `seg_{given}s` does not fit: groups of pictures of this asset differ in length"
    )]
    NoGop {
        /// Seconds that were asked for.
        given: String,
    },
    /// Another option, or the asset, leaves no room for this one.
    #[error("option `{given}` does not fit: {why}")]
    Fit {
        /// The option as it would be written.
        given: String,
        /// Why not, and what would.
        why: String,
    },
    /// So many passes would be too much for a manifest, a `sidx` or the times in the file.
    #[error("option `loop_{given}` is too much for this asset: `loop_{most}` is the most")]
    Loop {
        /// Passes that were asked for.
        given: u32,
        /// The most there can be.
        most: u32,
    },
}

/// The longest segment, so that a player's buffer of a few segments stays below a few minutes.
const SEGMENT_MS_MAX: u64 = 60_000;
/// Segments that one Representation may have: eleven hours of 2 s. Bounds what a `SegmentList` can
/// grow to (a few megabytes), and stays within the 65,535 references of a `sidx`.
const SEGMENTS_MAX: u64 = 20_000;
/// Bytes that looped subtitles may have.
pub(crate) const SUBTITLE_BYTES_MAX: usize = 16 << 20;

impl Shape {
    /// Returns the shape that `options` come to for `asset`.
    ///
    /// # Errors
    /// Names the option that the asset cannot meet and the nearest that it can.
    pub fn of(asset: &Asset, options: &Options) -> Result<Self, OptionError> {
        let gops = options.number(&SEG).map_or(Ok(1), |given| gops(asset, given))?;
        let passes =
            options.number(&LOOP).and_then(|passes| u32::try_from(passes).ok()).unwrap_or(1);
        let fits = |passes| fits(asset, Self { passes, gops });
        if fits(passes) {
            return Ok(Self { passes, gops });
        }
        let (mut most, mut refused) = (1, passes.min(PASSES_MAX));
        while most + 1 < refused {
            let middle = most.midpoint(refused);
            *(if fits(middle) { &mut most } else { &mut refused }) = middle;
        }
        Err(OptionError::Loop { given: passes, most })
    }
}

/// Returns how many groups of pictures a segment of that length has.
pub(crate) fn gops(asset: &Asset, given_ms: u64) -> Result<u32, OptionError> {
    let given = seconds(given_ms);
    let Some(gop) = asset.gop() else {
        return Err(OptionError::NoGop { given });
    };
    let (ticks, scale) = (u128::from(gop.ticks), u128::from(gop.timescale));
    // Rounded to milliseconds, because the option cannot say more.
    let length = |count: u64| round(u128::from(count) * ticks * 1_000, scale);
    let count = round(u128::from(given_ms) * scale, ticks * 1_000).max(1);
    let least = gops_min(asset, gop);
    if length(count) == given_ms && given_ms <= SEGMENT_MS_MAX && (count == 1 || least <= count) {
        return u32::try_from(count).map_err(|_| OptionError::NoGop { given });
    }
    let most = (SEGMENT_MS_MAX / length(1).max(1)).max(1);
    let count = if count == 1 { 1 } else { count.max(least) };
    let nearest = seconds(length(count.min(most)));
    Err(OptionError::Segment { given, gop: seconds(length(1)), nearest })
}

/// Returns how many groups of pictures a merged segment must hold so that at least one fragment of
/// every track has its middle in each: half as long again as the longest fragment, since the last
/// one of a pass may be said to last almost twice its length.
fn gops_min(asset: &Asset, gop: MediaTime) -> u64 {
    let of_track = |track: &Track| {
        let longest = track.fragments.iter().map(|fragment| fragment.duration).max().unwrap_or(0);
        let needed = u128::from(longest) * 3 * u128::from(gop.timescale);
        let one = u128::from(gop.ticks) * u128::from(track.timescale) * 2;
        needed.div_ceil(one.max(1))
    };
    let most = asset.tracks().iter().map(of_track).max().unwrap_or(1);
    u64::try_from(most).unwrap_or(u64::MAX)
}

/// Refuses options that say nothing, or would leave nothing.
pub(crate) fn checked(asset: &Asset, options: &Options) -> Result<(), OptionError> {
    query::checked(options).and_then(|()| only::checked(asset, options))
}

/// Refuses options that playlists cannot meet.
pub(crate) fn unlisted(options: &Options) -> Result<(), OptionError> {
    query::unlisted(options).and_then(|()| only::unlisted(options))
}

/// Writes a span of media time as the seconds of an option, to the nearest millisecond.
pub(crate) fn seconds_of(time: MediaTime) -> String {
    seconds(round(u128::from(time.ticks) * 1_000, time.timescale.into()))
}

fn round(dividend: u128, divisor: u128) -> u64 {
    let doubled = (dividend * 2 + divisor).checked_div(divisor * 2).unwrap_or(0);
    u64::try_from(doubled).unwrap_or(u64::MAX)
}

pub(crate) fn fits(asset: &Asset, shape: Shape) -> bool {
    let texts = asset.subtitles().iter().all(|subtitle| {
        let passes = usize::try_from(shape.passes).unwrap_or(usize::MAX);
        shape.passes == 1 || subtitle.text.len().saturating_mul(passes) <= SUBTITLE_BYTES_MAX
    });
    texts && (0..asset.tracks.len()).all(|track| track_fits(asset, track, shape))
}

fn track_fits(asset: &Asset, index: usize, shape: Shape) -> bool {
    let (Some(timeline), Some(track)) =
        (Timeline::new(asset, index, shape), asset.tracks.get(index))
    else {
        return false;
    };
    // As the asset is, it is served whatever its length: only options can be too much.
    let few = shape == Shape::PLAIN || timeline.fragment_count() <= SEGMENTS_MAX;
    few && (timeline.layout().wide || narrow_fits(&timeline, track))
}

/// Says whether the last decode time still has room where a `tfdt` has but 32 bits.
fn narrow_fits(timeline: &Timeline<'_>, track: &Track) -> bool {
    let added = timeline.fragment_count().checked_sub(1).map(|last| timeline.added(last));
    let last = track.fragments.last().map_or(0, |last| last.start + last.duration);
    added.is_some_and(|added| added.saturating_add(last) <= u64::from(u32::MAX))
}

#[cfg(test)]
mod tests;
