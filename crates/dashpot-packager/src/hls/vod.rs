//! Playlists of a film on demand.

use super::{Rate, folder, ladder::Offer, map, one_key_frame, target_seconds, text};
use crate::{
    catalogue::Asset,
    grammar::{Options, TRICK},
    manifest::{duration, longest, sets::bandwidth},
    options::Shape,
    respond::{Refused, vanished},
    steering::Steered,
    timeline::Timeline,
    trick,
};
use dashpot_base::MediaTime;
use dashpot_hls::{Kind, Playlist, Segment};
use std::time::Duration;

/// A film on demand, as playlists show it.
pub(crate) struct Film<'a> {
    pub(crate) asset: &'a Asset,
    pub(crate) shape: Shape,
    pub(crate) options: &'a Options,
    pub(crate) steered: Option<&'a Steered>,
}

impl Film<'_> {
    /// Returns the multivariant playlist, or that of the track or subtitles `of`.
    ///
    /// # Errors
    /// Says that there is no such track, or which option does not fit.
    pub(crate) fn playlist(&self, of: Option<&str>) -> Result<String, Refused> {
        let (asset, shape) = (self.asset, self.shape);
        let timelines: Vec<_> =
            (0..asset.tracks.len()).filter_map(|at| Timeline::new(asset, at, shape)).collect();
        let Some(id) = of else {
            let longest = timelines.iter().map(longest).max().unwrap_or_default();
            let mut texts = text::files(asset, self.options);
            texts.extend(text::segmented(asset, self.options, longest));
            let offer = Offer {
                asset,
                options: self.options,
                rates: timelines.iter().map(|timeline| rate(timeline, longest)).collect(),
                texts,
                of_gops: shape.gops == 1,
                steered: self.steered,
            };
            return Ok(offer.playlist()?.write());
        };
        if let Some(file) = asset.subtitles.iter().find(|file| file.id == id) {
            let uri = format!("{}/{}.vtt", asset.version(), file.id);
            return Ok(whole(uri, duration(asset, shape)).write());
        }
        let is_text = || text::has(asset, self.options, id);
        let key_frames = trick::rung_of(asset, self.options, id);
        let at = asset.track_index(id).or(key_frames).or_else(|| is_text().then_some(asset.lead));
        let none = || Refused::NotFound(format!("`{}` has no track `{id}`", asset.name));
        let timeline = timelines.get(at.ok_or_else(none)?).ok_or_else(vanished)?;
        let mut playlist = media(&folder(asset, id), &timelines, timeline);
        if key_frames.is_some() {
            if shape.gops != 1 {
                return Err(one_key_frame(self.options.number(&TRICK).unwrap_or(0)));
            }
            playlist.key_frames_only = true;
        }
        Ok(playlist.write())
    }
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

fn media(folder: &str, timelines: &[Timeline<'_>], timeline: &Timeline<'_>) -> Playlist {
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
        map: Some(map(folder)),
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
