//! Parts: chunks of segments that can be asked for before their segment is whole.

use super::{Channel, HOLD_BACK, Kind, Page, Rendition};
use crate::{
    catalogue::Asset,
    grammar::LATENCY,
    live::{
        reel::Strip,
        segment::{Chunk, chunks},
        settings::Settings,
        window::Window,
    },
    respond::{Refused, vanished},
};
use dashpot_base::MediaTime;
use dashpot_bmff::placed;
use dashpot_hls::{Hint, Part, Playlist, Report};
use std::{ops::Range, time::Duration};

/// A segment that is being made.
pub(super) struct Making {
    pub(super) index: u64,
    pub(super) chunks: Vec<Chunk>,
    /// How many of them exist.
    pub(super) there: usize,
}

impl Making {
    /// Returns what is being made of a rendition; text and key frames come as wholes.
    pub(super) fn of(
        settings: &Settings<'_>,
        rendition: &Rendition<'_>,
        window: &Window,
        at_ms: u64,
    ) -> Result<Option<Self>, Refused> {
        match rendition.kind {
            Kind::Media => Self::at(settings, &rendition.strip, window, at_ms),
            Kind::Text | Kind::KeyFrames => Ok(None),
        }
    }

    /// Returns what is being made of a track; nothing where there are no chunks, or the end has come.
    fn at(
        settings: &Settings<'_>,
        strip: &Strip<'_>,
        window: &Window,
        at_ms: u64,
    ) -> Result<Option<Self>, Refused> {
        if settings.chunk_ms.is_none() || window.ended() {
            return Ok(None);
        }
        let index = window.segments.end;
        let chunks = chunks(settings, strip, index).map_err(|_| vanished())?;
        let there = chunks.partition_point(|chunk| chunk.at_ms <= at_ms);
        Ok(Some(Self { index, chunks, there }))
    }

    /// Returns when the latest part came.
    pub(super) fn changed_ms(&self) -> Option<u64> {
        self.chunks[..self.there].last().map(|chunk| chunk.at_ms)
    }

    /// Returns when the next part comes.
    pub(super) fn changes_ms(&self) -> Option<u64> {
        self.chunks.get(self.there).map(|chunk| chunk.at_ms)
    }
}

impl Channel<'_> {
    /// Returns `PART-TARGET`: no part of any track is longer.
    ///
    /// A chunk has the samples whose middle lies in its time, and the last one what remains, so that
    /// it can have half a sample more than fits and the next whole one.
    pub(super) fn part_target(&self) -> Option<MediaTime> {
        let chunk_ms = u128::from(self.settings.chunk_ms?);
        let of_track = |at: usize| {
            let strip = self.settings.reel.strip(at)?;
            let sample = u128::from(sample_ticks(self.asset, at)?).max(1);
            let (timescale, ticks) =
                (strip.track.timescale, chunk_ms * u128::from(strip.track.timescale));
            let count = if ticks.is_multiple_of(sample * 1_000) {
                ticks / (sample * 1_000)
            } else {
                (ticks * 2 + sample * 1_000).div_ceil(sample * 2_000)
            };
            let ticks = u64::try_from(count * sample).ok()?;
            Some(MediaTime { ticks, timescale })
        };
        let targets = (0..self.asset.tracks.len()).filter_map(of_track);
        targets.max_by_key(|target| target.as_duration())
    }

    fn reports(&self, page: &Page<'_>) -> Result<Vec<Report>, Refused> {
        let (mut reports, window) = (Vec::new(), &page.window);
        for (at, track) in self.asset.tracks.iter().enumerate() {
            if at == page.rendition.strip.index() {
                continue;
            }
            let strip = self.settings.reel.strip(at).ok_or_else(vanished)?;
            let now_ms = page.end_ms();
            let making = Making::at(&self.settings, &strip, window, now_ms)?;
            let making = making.filter(|making| 0 < making.there);
            let (index, count) = match making {
                Some(making) => (making.index, making.there),
                None if window.segments.is_empty() => continue,
                None => {
                    let last = window.segments.end - 1;
                    let parts = chunks(&self.settings, &strip, last).map_err(|_| vanished())?;
                    (last, parts.len())
                }
            };
            reports.push(Report {
                uri: super::playlist_of(&track.id),
                last_sequence: self.number(index),
                last_part: count.checked_sub(1).and_then(|part| u64::try_from(part).ok()),
            });
        }
        Ok(reports)
    }
}

/// Returns how long the first sample of a track is.
fn sample_ticks(asset: &Asset, at: usize) -> Option<u32> {
    let track = asset.tracks.get(at)?;
    let found = placed(&track.fragments.first()?.head, track.track_id, track.defaults).ok()?;
    found.samples.first().map(|one| one.sample.duration)
}

impl Page<'_> {
    /// Returns the segments whose parts are listed too.
    ///
    /// RFC 8216bis §6.2.2: those within three target durations of the end.
    pub(super) fn parted(&self) -> Range<u64> {
        let (settings, segments) = (&self.channel.settings, self.window.segments.clone());
        if self.making.is_none() {
            return segments.end..segments.end;
        }
        let from_ms = self.end_ms().saturating_sub(HOLD_BACK * self.channel.target_ms());
        let old = |index: &u64| settings.start_ms(*index + 1) <= from_ms;
        let first = segments.clone().rev().find(old).map_or(segments.start, |old| old + 1);
        first..segments.end
    }

    /// Returns the parts of a segment that is whole.
    pub(super) fn parts_of(&self, folder: &str, index: u64) -> Result<Vec<Part>, Refused> {
        let chunks =
            chunks(&self.channel.settings, &self.rendition.strip, index).map_err(|_| vanished())?;
        Ok(self.listed(folder, index, &chunks))
    }

    fn listed(&self, folder: &str, index: u64, chunks: &[Chunk]) -> Vec<Part> {
        let number = self.channel.number(index);
        let part = |(at, chunk): (usize, &Chunk)| Part {
            uri: format!("{folder}/{number}_{at}.m4s"),
            duration: self.time(chunk.duration),
            independent: chunk.independent,
        };
        chunks.iter().enumerate().map(part).collect()
    }

    /// Adds what there is of the segment that is being made, and where players find the rest.
    pub(super) fn add_parts(&self, folder: &str, playlist: &mut Playlist) -> Result<(), Refused> {
        let (Some(making), Some(bound)) = (&self.making, self.channel.part_target()) else {
            return Ok(());
        };
        playlist.parts = self.listed(folder, making.index, &making.chunks[..making.there]);
        // Where samples differ in length the bound may be too low.
        let parts = playlist.segments.iter().flat_map(|segment| &segment.parts);
        let durations = parts.chain(&playlist.parts).map(|part| part.duration);
        let target = durations.fold(bound, |longest, duration| {
            if longest.as_duration() < duration.as_duration() { duration } else { longest }
        });
        playlist.part_target = Some(target);
        if let Some(control) = &mut playlist.server_control {
            control.part_hold_back = Some(self.part_hold_back(target.as_duration()));
        }
        // Where chunks do not divide a segment, its last one may come a moment before its end; then
        // the first of the next segment comes next.
        let next = (making.there < making.chunks.len()).then_some((making.index, making.there));
        let (index, part) = next.unwrap_or((making.index + 1, 0));
        let is_there = self.channel.settings.stop.is_none_or(|stop| index < stop);
        let uri = format!("{folder}/{}_{part}.m4s", self.channel.number(index));
        playlist.hint = is_there.then_some(Hint { uri });
        playlist.reports = self.channel.reports(self)?;
        Ok(())
    }

    /// RFC 8216bis §4.4.3.8: at least twice the target of parts, and better three times; what the
    /// path asks for where it is more than the least.
    fn part_hold_back(&self, target: Duration) -> MediaTime {
        let settings = &self.channel.settings;
        let given = settings.options.number(&LATENCY).map(Duration::from_millis);
        let usual = Duration::from_millis(settings.latency_ms.unwrap_or(0)).max(target * 3);
        let span = given.map_or(usual, |given| given.max(target * 2));
        MediaTime {
            ticks: u64::try_from(span.as_micros()).unwrap_or(u64::MAX),
            timescale: 1_000_000,
        }
    }
}
