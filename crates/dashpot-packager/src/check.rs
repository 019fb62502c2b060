//! Which rules an asset must keep, so that no request can fail for its sake.

use crate::{
    address::is_name,
    catalogue::{Asset, AssetSource, Fragment, Frames, Kind, Layout, Subtitle, Thumbnails, Track},
    text::{cues::Cues, set},
    thumbs, trick,
};
use dashpot_base::MediaTime;
use dashpot_bmff::{BmffError, placed, retime};
use std::collections::BTreeSet;

/// Why an asset is not served.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AssetError {
    /// There is neither video nor audio.
    #[error("it has no track: it needs at least one fragmented .mp4")]
    NoTrack,
    /// A name cannot stand in a URL as it is.
    #[error(
        "the name `{name}` cannot stand in a URL: use up to 64 letters, digits, `-`, `_` and `.`, not first a `.`, and not `init`"
    )]
    Name {
        /// The name.
        name: String,
    },
    /// Two tracks have one name.
    #[error("two tracks are called `{track}`")]
    Duplicate {
        /// The name.
        track: String,
    },
    /// A track has no fragments, no timescale, or times that cannot be.
    #[error("track {track}: {what}")]
    Track {
        /// The track.
        track: String,
        /// What is wrong.
        what: &'static str,
    },
    /// A fragment's head cannot be moved in time.
    #[error("track {track}, fragment {fragment}: its head cannot be patched")]
    Head {
        /// The track.
        track: String,
        /// Which fragment, from 0.
        fragment: usize,
        /// Why.
        #[source]
        source: BmffError,
    },
    /// A track ends at another time than the asset.
    #[error("track {track} lasts {track_ms} ms but the asset {asset_ms} ms: cut or pad it")]
    Length {
        /// The track.
        track: String,
        /// Its duration.
        track_ms: u128,
        /// The asset's.
        asset_ms: u128,
    },
    /// Two tracks that a player may switch between have other segment boundaries.
    #[error("tracks {track} and {other} do not cut at the same times (fragment {fragment})")]
    Misaligned {
        /// The track.
        track: String,
        /// The one it is compared with.
        other: String,
        /// The first fragment that differs, from 0.
        fragment: usize,
    },
}

/// Ticks that a track may reach: leaves room for 1,000 passes in 64 bits.
const TICKS_MAX: u64 = 1 << 48;

pub(crate) fn asset(source: AssetSource) -> Result<Asset, AssetError> {
    let AssetSource { name, title, fingerprint, modified, tracks, subtitles, thumbnails, roles } =
        source;
    let ids = tracks.iter().map(|track| &track.id).chain(subtitles.iter().map(|text| &text.id));
    names(&name, ids)?;
    thumbnails.iter().try_for_each(|sheets| pictures(sheets, &tracks))?;
    tracks.iter().try_for_each(times)?;
    let lead = lead(&tracks).ok_or(AssetError::NoTrack)?;
    let (period, gop) = (end(&tracks[lead]), gop(&tracks[lead]));
    let layouts = tracks.iter().map(|track| layout(track, period)).collect::<Result<_, _>>()?;
    aligned(&tracks)?;
    let read = |subtitle: &Subtitle| {
        set::measured(Cues::read(&subtitle.text), &subtitle.lang, &tracks[lead])
    };
    let cues = subtitles.iter().map(read).collect();
    Ok(Asset {
        name,
        title,
        fingerprint,
        modified,
        layouts,
        tracks,
        subtitles,
        cues,
        thumbnails,
        roles,
        period,
        gop,
        lead,
    })
}

/// Most pictures across or down a sheet.
const TILES_MAX: u32 = 64;

fn pictures(sheets: &Thumbnails, tracks: &[Track]) -> Result<(), AssetError> {
    let within = |tiles: u32| (1..=TILES_MAX).contains(&tiles);
    let some = sheets.sheets.iter().all(|sheet| 0 < sheet.size) && !sheets.sheets.is_empty();
    if !within(sheets.columns) || !within(sheets.rows) || !some {
        return Err(AssetError::Track {
            track: thumbs::ID.to_owned(),
            what: "it needs a sheet at least, of 1 to 64 pictures across and down",
        });
    }
    if tracks.iter().any(|track| track.id == thumbs::ID) {
        return Err(AssetError::Duplicate { track: thumbs::ID.to_owned() });
    }
    Ok(())
}

fn names<'a>(asset: &'a String, ids: impl Iterator<Item = &'a String>) -> Result<(), AssetError> {
    let mut seen = BTreeSet::new();
    for name in std::iter::once(asset).chain(ids) {
        if !is_name(name) {
            return Err(AssetError::Name { name: name.clone() });
        }
        if name != asset && !seen.insert(name) {
            return Err(AssetError::Duplicate { track: name.clone() });
        }
    }
    Ok(())
}

fn times(track: &Track) -> Result<(), AssetError> {
    let wrong = |what| Err(AssetError::Track { track: track.id.clone(), what });
    let Some(first) = track.fragments.first() else {
        return wrong("it has no fragment");
    };
    if track.timescale == 0 {
        return wrong("its timescale is zero");
    }
    if first.duration < first.start.saturating_mul(2) {
        return wrong("it begins more than half a fragment after time 0");
    }
    let mut at = first.start;
    for fragment in &track.fragments {
        if fragment.duration == 0 || TICKS_MAX < fragment.duration {
            return wrong("a fragment's duration is zero or beyond all reason");
        }
        if fragment.start != at {
            return wrong("a fragment does not begin where the one before it ends");
        }
        at += fragment.duration;
        if TICKS_MAX < at {
            return wrong("its times are beyond all reason");
        }
        let head = u64::try_from(fragment.head.len()).unwrap_or(u64::MAX);
        if fragment.size < head {
            return wrong("a fragment's head is longer than the fragment");
        }
    }
    Ok(())
}

fn end(track: &Track) -> MediaTime {
    let ticks = track.fragments.last().map_or(0, |last| last.start + last.duration);
    MediaTime { ticks, timescale: track.timescale }
}

/// Returns which track says how long a pass lasts: the longest of video, else of audio; of several
/// the first.
fn lead(tracks: &[Track]) -> Option<usize> {
    let is_video = |at: &usize| matches!(tracks[*at].kind, Kind::Video { .. });
    let longest = |tracks_of_kind: &mut dyn Iterator<Item = usize>| {
        tracks_of_kind.max_by_key(|at| (end(&tracks[*at]).as_duration(), tracks.len() - at))
    };
    longest(&mut (0..tracks.len()).filter(is_video)).or_else(|| longest(&mut (0..tracks.len())))
}

/// Decides which fragments belong to a pass: those whose middle lies before its end.
fn layout(track: &Track, period: MediaTime) -> Result<Layout, AssetError> {
    let scale = u128::from(track.timescale);
    let kept = track.fragments.partition_point(|fragment| {
        let middle = u128::from(fragment.start) * 2 + u128::from(fragment.duration);
        middle * u128::from(period.timescale) < u128::from(period.ticks) * 2 * scale
    });
    let longest = track.fragments.iter().map(|fragment| fragment.duration).max().unwrap_or(0);
    let longest = MediaTime { ticks: longest, timescale: track.timescale }.as_duration();
    let (own, whole) = (end(track).as_duration(), period.as_duration());
    // A difference below one fragment is left to the player; more is a mistake of the packaging.
    if kept == 0 || longest < own.abs_diff(whole) {
        let (track_ms, asset_ms) = (own.as_millis(), whole.as_millis());
        return Err(AssetError::Length { track: track.id.clone(), track_ms, asset_ms });
    }
    let ends = track.fragments[..kept].iter().scan(0_u64, |at, fragment| {
        *at = at.saturating_add(fragment.size);
        Some(*at)
    });
    let peak_bps = track.fragments[..kept].iter().map(|one| rate(one, track.timescale)).max();
    Ok(Layout {
        kept,
        ends: ends.collect(),
        wide: heads(track)?,
        frames: frames(track)?,
        peak_bps: peak_bps.unwrap_or(0),
        sync_bps: sync_bps(track)?,
    })
}

fn sync_bps(track: &Track) -> Result<u64, AssetError> {
    if !matches!(track.kind, Kind::Video { .. }) {
        return Ok(0);
    }
    trick::rate(track).map_err(|(fragment, source)| AssetError::Head {
        track: track.id.clone(),
        fragment,
        source,
    })
}

/// Returns the bits per second of a fragment, rounded up.
fn rate(fragment: &Fragment, timescale: u32) -> u64 {
    let bits = u128::from(fragment.size) * 8 * u128::from(timescale);
    u64::try_from(bits.div_ceil(u128::from(fragment.duration).max(1))).unwrap_or(u64::MAX)
}

/// Finds the frames of sound. The very last one may be shorter than the others, as encoders leave it.
fn frames(track: &Track) -> Result<Option<Frames>, AssetError> {
    if !matches!(track.kind, Kind::Audio { .. }) {
        return Ok(None);
    }
    let (mut ends, mut count, mut usual, mut odd) = (Vec::new(), 0_u64, None, None);
    for (index, fragment) in track.fragments.iter().enumerate() {
        let fail = |source| AssetError::Head { track: track.id.clone(), fragment: index, source };
        let found = placed(&fragment.head, track.track_id, track.defaults).map_err(fail)?;
        for one in &found.samples {
            let usual = *usual.get_or_insert(one.sample.duration);
            if one.sample.duration != usual {
                odd = odd.or(Some(count));
            }
            count += 1;
        }
        ends.push(count);
    }
    let duration = u64::from(usual.unwrap_or(0));
    let even = odd.is_none_or(|odd| odd + 1 == count);
    Ok((even && duration != 0).then_some(Frames { duration, ends }))
}

/// Tries to patch every head, and says whether all decode times have 64 bits.
fn heads(track: &Track) -> Result<bool, AssetError> {
    let mut wide = true;
    for (index, fragment) in track.fragments.iter().enumerate() {
        let fail = |source| AssetError::Head { track: track.id.clone(), fragment: index, source };
        retime(&fragment.head, 0, 1).map_err(fail)?;
        wide &= retime(&fragment.head, u64::from(u32::MAX), 1).is_ok();
    }
    Ok(wide)
}

/// Holds tracks of one set to the same boundaries, which `@segmentAlignment` promises.
fn aligned(tracks: &[Track]) -> Result<(), AssetError> {
    for (at, track) in tracks.iter().enumerate() {
        let Some(other) = tracks[..at].iter().find(|other| same_set(track, other)) else {
            continue;
        };
        let starts = |track: &Track| {
            track.fragments.iter().map(|fragment| fragment.start).collect::<Vec<_>>()
        };
        let (mine, theirs) = (starts(track), starts(other));
        if mine != theirs {
            let pairs = mine.iter().zip(&theirs);
            let fragment = pairs.take_while(|(mine, theirs)| mine == theirs).count();
            let (track, other) = (track.id.clone(), other.id.clone());
            return Err(AssetError::Misaligned { track, other, fragment });
        }
    }
    Ok(())
}

/// Says whether two tracks are versions of one thing, between which a player may switch.
pub(crate) fn same_set(one: &Track, other: &Track) -> bool {
    let family = |track: &Track| track.codec.split('.').next().map(str::to_owned);
    let alike = match (one.kind, other.kind) {
        (Kind::Video { .. }, Kind::Video { .. }) => true,
        (Kind::Audio { channels, .. }, Kind::Audio { channels: others, .. }) => channels == others,
        (Kind::Video { .. }, Kind::Audio { .. }) | (Kind::Audio { .. }, Kind::Video { .. }) => {
            false
        }
    };
    alike
        && one.timescale == other.timescale
        && one.lang == other.lang
        && family(one) == family(other)
}

/// Returns the duration that all fragments of the track but the last have.
fn gop(track: &Track) -> Option<MediaTime> {
    let (last, others) = track.fragments.split_last()?;
    let length = others.first().unwrap_or(last).duration;
    let constant = others.iter().all(|fragment| fragment.duration == length);
    let time = MediaTime { ticks: length, timescale: track.timescale };
    (constant && last.duration <= length).then_some(time)
}

#[cfg(test)]
mod tests;
