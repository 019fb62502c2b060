//! Playlists of a film on demand.

use super::{Rate, folder, ladder::multivariant, map, target_seconds};
use crate::{
    catalogue::Asset,
    manifest::{duration, longest, sets::bandwidth},
    options::Shape,
    respond::Refused,
    timeline::Timeline,
};
use dashpot_base::MediaTime;
use dashpot_hls::{Kind, Playlist, Segment};
use std::time::Duration;

/// Returns the multivariant playlist, or that of the track or subtitles `of`.
///
/// # Errors
/// Says that there is no such track.
pub(crate) fn on_demand(asset: &Asset, shape: Shape, of: Option<&str>) -> Result<String, Refused> {
    let timelines: Vec<_> =
        (0..asset.tracks.len()).filter_map(|at| Timeline::new(asset, at, shape)).collect();
    let Some(id) = of else {
        let longest = timelines.iter().map(longest).max().unwrap_or_default();
        let rates: Vec<_> = timelines.iter().map(|timeline| rate(timeline, longest)).collect();
        return Ok(multivariant(asset, &rates, &asset.subtitles).write());
    };
    if let Some(at) = asset.track_index(id) {
        let none = || Refused::NotFound(format!("`{id}` has no segments"));
        return Ok(media(asset, &timelines, timelines.get(at).ok_or_else(none)?).write());
    }
    let text = asset.subtitles.iter().find(|text| text.id == id);
    let none = || Refused::NotFound(format!("`{}` has no track `{id}`", asset.name));
    let uri = format!("{}/{}.vtt", asset.version(), text.ok_or_else(none)?.id);
    Ok(whole(uri, duration(asset, shape)).write())
}

fn rate(timeline: &Timeline<'_>, longest: Duration) -> Rate {
    let bits = u128::from(timeline.offset(timeline.fragment_count())) * 8;
    let ticks: u64 = timeline.segments().map(|segment| segment.duration).sum();
    let average = bits * u128::from(timeline.track().timescale) / u128::from(ticks).max(1);
    Rate {
        peak_bps: bandwidth(timeline, longest),
        average_bps: u64::try_from(average).unwrap_or(u64::MAX),
    }
}

fn media(asset: &Asset, timelines: &[Timeline<'_>], timeline: &Timeline<'_>) -> Playlist {
    let folder = folder(asset, timeline.track());
    let time =
        |ticks, timeline: &Timeline<'_>| MediaTime { ticks, timescale: timeline.track().timescale };
    let segment = |segment: crate::timeline::Segment| Segment {
        uri: format!("{folder}/{}.m4s", segment.number),
        range: None,
        duration: time(segment.duration, timeline),
        discontinuity: false,
        made: None,
        parts: Vec::new(),
    };
    let longest = timelines.iter().map(|one| {
        let ticks = one.segments().map(|segment| segment.duration).max();
        time(ticks.unwrap_or(0), one)
    });
    Playlist {
        // RFC 8216bis §6.2.4: the same in all playlists between which a player switches.
        target_seconds: target_seconds(longest),
        // The number in the URL.
        media_sequence: 1,
        kind: Some(Kind::Vod),
        independent_segments: true,
        map: Some(map(&folder)),
        segments: timeline.segments().map(segment).collect(),
        ended: true,
        ..Playlist::default()
    }
}

/// Returns the playlist of subtitles: one file, as long as the film. RFC 8216bis §3.1.4: without an
/// `X-TIMESTAMP-MAP` its times are those of the media.
fn whole(uri: String, duration: Duration) -> Playlist {
    let duration = MediaTime::from_duration(duration, 1_000);
    Playlist {
        target_seconds: target_seconds(std::iter::once(duration)),
        kind: Some(Kind::Vod),
        segments: vec![Segment {
            uri,
            range: None,
            duration,
            discontinuity: false,
            made: None,
            parts: Vec::new(),
        }],
        ended: true,
        ..Playlist::default()
    }
}

#[cfg(test)]
mod tests;
