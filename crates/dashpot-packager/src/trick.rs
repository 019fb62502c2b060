//! A track for fast play: of the lowest rung the samples that depend on no other, each of which lasts
//! until the next one. It is not stored; its segments are other heads for bytes of the film.

use crate::{
    address::{Piece, Target},
    catalogue::{Asset, Kind, Track},
    grammar::{Options, TRICK},
    live::{
        reel::Strip,
        segment::{self, Take},
        settings::Settings,
    },
    manifest::sets,
    options::{OptionError, Shape},
    plan::{Part, Plan},
    respond::{Refused, vanished},
    timeline::{Segment, Timeline},
};
use dashpot_bmff::{BmffError, Cut, FourCc, build_cut, build_styp, placed};
use dashpot_mpd::{AdaptationSet, Descriptor, SegmentTemplate};

/// DASH-IF IOP 4.3 §3.2.9: what only those play that understand it.
const SCHEME: &str = "http://dashif.org/guidelines/trickmode";
/// What stands before the name of the rung.
pub(crate) const PREFIX: &str = "trick-";

/// Returns the rung whose random access points are the track, if the options ask for it.
pub(crate) fn rung(asset: &Asset, options: &Options) -> Option<usize> {
    options.number(&TRICK)?;
    let main = sets::grouped(asset).into_iter().next()?;
    let rungs = main
        .tracks
        .into_iter()
        .filter(|at| matches!(asset.tracks.get(*at), Some(Track { kind: Kind::Video { .. }, .. })));
    rungs.min_by_key(|at| asset.layouts.get(*at).map(|layout| layout.peak_bps))
}

/// Returns the rung of a track of that name.
pub(crate) fn rung_of(asset: &Asset, options: &Options, id: &str) -> Option<usize> {
    let of = id.strip_prefix(PREFIX)?;
    rung(asset, options).filter(|at| asset.tracks.get(*at).is_some_and(|track| track.id == of))
}

/// Says whether an MPD that has no templates can have the track.
///
/// # Errors
/// Names the option where it cannot.
pub(crate) fn fits(template: bool, options: &Options) -> Result<(), OptionError> {
    match options.number(&TRICK) {
        Some(given) if !template => Err(OptionError::Fit {
            given: format!("{}_{given}", TRICK.name),
            why: "its segments have no file: use `number` or `time`".to_owned(),
        }),
        Some(_) | None => Ok(()),
    }
}

/// Returns the set of the track; `main` is that of the pictures, by its id.
pub(crate) fn set(
    asset: &Asset,
    options: &Options,
    template: SegmentTemplate,
    main: u32,
) -> Option<AdaptationSet> {
    let (at, speed) = (rung(asset, options)?, options.number(&TRICK)?);
    let layout = asset.layouts.get(at)?;
    let mut set = sets::described(asset, &sets::Set::of(at), std::iter::once(layout.sync_bps));
    set.essential_properties.push(Descriptor::new(SCHEME, &main.to_string()));
    set.max_frame_rate = None;
    // A picture can be asked for as soon as its whole group is there.
    set.segment_template = Some(SegmentTemplate {
        availability_time_offset: None,
        availability_time_complete: None,
        ..template
    });
    for representation in &mut set.representations {
        representation.id = representation.id.take().map(|id| format!("{PREFIX}{id}"));
        representation.frame_rate = asset.gop.and_then(|gop| {
            let (mut divisor, mut rest) = (u64::from(gop.timescale), gop.ticks);
            while rest != 0 {
                (divisor, rest) = (rest, divisor % rest);
            }
            let (rate, per) =
                (u64::from(gop.timescale).checked_div(divisor)?, gop.ticks.checked_div(divisor)?);
            Some(if per == 1 { rate.to_string() } else { format!("{rate}/{per}") })
        });
        // ISO/IEC 23009-1 §5.3.5.2.
        for (name, value) in
            [("maxPlayoutRate", speed.to_string().as_str()), ("codingDependency", "false")]
        {
            representation.extra_attributes.push((name.to_owned(), value.to_owned()));
        }
    }
    Some(set)
}

/// Returns what a target on demand is, if it is of the track.
///
/// # Errors
/// Says which segments there are.
pub(crate) fn found(
    asset: &std::sync::Arc<Asset>,
    (shape, options): (Shape, &Options),
    target: &Target<'_>,
) -> Result<Option<Plan>, Refused> {
    let Some((id, piece)) = target.piece() else {
        return Ok(None);
    };
    let Some(at) = rung_of(asset, options, id) else {
        return Ok(None);
    };
    let timeline = Timeline::new(asset, at, shape).ok_or_else(vanished)?;
    let segment = match piece {
        Piece::Number(number) => timeline.segment(number),
        Piece::Time(time) => timeline.segment_at(time),
        Piece::Init => {
            return Plan::init(std::sync::Arc::clone(asset), at).map(Some).ok_or_else(vanished);
        }
    };
    let segment = segment.ok_or_else(|| {
        let count = timeline.segment_count();
        Refused::NotFound(format!("`{id}` has segments 1 to {count}"))
    })?;
    let (decode_time, takes) = on_demand(&timeline, &segment).map_err(|_| vanished())?;
    let parts = written(timeline.track(), segment.number, decode_time, &sync_only(&takes));
    parts.map(|parts| Some(Plan::of_parts(parts))).map_err(|_| vanished())
}

/// Returns the samples of a segment of a film on demand, and when the first is decoded.
fn on_demand(timeline: &Timeline<'_>, segment: &Segment) -> Result<(u64, Vec<Take>), BmffError> {
    let (track, mut takes, mut since, mut first) = (timeline.track(), Vec::new(), 0_u64, None);
    for index in segment.fragments.clone() {
        let Some(fragment) = track.fragments.get(timeline.on_disk(index)) else { continue };
        let found = placed(&fragment.head, track.track_id, track.defaults)?;
        first.get_or_insert(timeline.added(index).saturating_add(found.decode_time));
        for one in found.samples {
            takes.push(Take::new(fragment, &one, since));
            since = since.saturating_add(one.sample.duration.into());
        }
    }
    Ok((first.unwrap_or(0), takes))
}

/// Returns segment `index` of the track of a film that runs by the clock.
pub(crate) fn live(settings: &Settings<'_>, strip: &Strip<'_>, index: u64) -> Option<Plan> {
    let (decode_time, takes) = segment::takes(strip, index).ok()?;
    let number = settings.start_number.saturating_add(index);
    let parts = written(strip.track, number, decode_time, &sync_only(&takes)).ok()?;
    Some(Plan::of_parts(parts))
}

/// Returns the samples that depend on no other, each as long as all up to the next of them.
fn sync_only(takes: &[Take]) -> Vec<Take> {
    let mut kept: Vec<Take> = Vec::new();
    for take in takes {
        // ISO/IEC 14496-12 §8.8.3.1: `sample_is_non_sync_sample`.
        if take.sample.flags & 0x1_0000 == 0 {
            kept.push(*take);
        } else if let Some(last) = kept.last_mut() {
            last.sample.duration = last.sample.duration.saturating_add(take.sample.duration);
        }
    }
    kept
}

fn written(
    track: &Track,
    number: u64,
    decode_time: u64,
    takes: &[Take],
) -> Result<Vec<Part>, BmffError> {
    let samples: Vec<_> = takes.iter().map(|take| take.sample).collect();
    let since = takes.first().map_or(0, |take| take.since);
    let [_, _, _, _, low @ ..] = number.to_be_bytes();
    let head = build_cut(&Cut {
        track_id: track.track_id,
        sequence_number: u32::from_be_bytes(low),
        decode_time: decode_time.saturating_add(since),
        samples: &samples,
    })?;
    let styp = build_styp(FourCc(*b"msdh"), &[FourCc(*b"msdh"), FourCc(*b"cmfs")])?;
    let mut parts = vec![Part::Bytes(styp), Part::Bytes(head)];
    let file = |range| Part::File { path: track.path.clone(), range };
    parts.extend(segment::runs(takes).into_iter().map(file));
    Ok(parts)
}

/// Returns the highest rate of the samples of a track that depend on no other, in bits per second.
///
/// # Errors
/// Fails where a head cannot be read; says which.
pub(crate) fn rate(track: &Track) -> Result<u64, (usize, BmffError)> {
    // Bytes of the boxes before the media data.
    const HEAD: u64 = 160;
    let mut peak = 0;
    for (at, fragment) in track.fragments.iter().enumerate() {
        let found =
            placed(&fragment.head, track.track_id, track.defaults).map_err(|error| (at, error))?;
        let sync = found.samples.iter().filter(|one| one.sample.flags & 0x1_0000 == 0);
        let bytes = sync.fold(HEAD, |sum, one| sum.saturating_add(one.sample.size.into()));
        let bits = u128::from(bytes) * 8 * u128::from(track.timescale);
        let bps = bits.div_ceil(u128::from(fragment.duration).max(1));
        peak = u64::try_from(bps).unwrap_or(u64::MAX).max(peak);
    }
    Ok(peak)
}

#[cfg(test)]
mod tests;
