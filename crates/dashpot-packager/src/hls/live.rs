//! Playlists of a film that runs by the clock.
//!
//! A playlist lists whole segments, and with chunks the parts of the latest ones and of the one that
//! is being made. What is asked to wait for is known in advance, and so is what the playlist says then:
//! it is written at once, and says until when it is to be held.

mod parts;
mod wait;

use super::{
    MEDIA_TYPE, Rate, directives::Directives, folder, ladder::Offer, map, one_key_frame,
    playlist_of, target_seconds, text,
};
use crate::{
    catalogue::Asset,
    grammar::{TRICK, TSBD},
    live::{
        manifest::bandwidth,
        reel::Strip,
        settings::{Settings, to_ms},
        window::Window,
    },
    respond::{Body, Cacheability, Found, Refused, vanished},
    timeline::partition_point,
    trick,
};
use dashpot_base::{MediaTime, WallTime};
use dashpot_hls::{Playlist, Segment, ServerControl};
use dashpot_mpd::time::format_date_time;
use parts::Making;
use std::{sync::Arc, time::Duration};

/// How long a playlist may be kept at most that nobody waits for, in milliseconds: the asset can be
/// replaced.
const KEPT_MS: u64 = 10_000;
/// Target durations that a player stays behind the end at least (RFC 8216bis §4.4.3.8), and that a
/// playlist is long at least (§6.2.2).
const HOLD_BACK: u64 = 3;
/// Target durations before the end up to which segments are in every update (§4.4.3.8), and for which
/// an answer that was waited for may be kept (Appendix B.1 of Apple's authoring advice).
const UPDATED: u64 = 6;

/// An asset that runs by the clock, as playlists show it.
pub(crate) struct Channel<'a> {
    asset: &'a Arc<Asset>,
    /// What the path asked for, but that only whole segments are there, and fewer.
    settings: Settings<'a>,
    target_seconds: u64,
    now_ms: u64,
}

impl<'a> Channel<'a> {
    pub(crate) fn new(asset: &'a Arc<Asset>, mut settings: Settings<'a>, now_ms: u64) -> Self {
        let strips = (0..asset.tracks.len()).filter_map(|at| settings.reel.strip(at));
        let longest = strips
            .map(|strip| MediaTime { ticks: strip.longest(), timescale: strip.track.timescale });
        // RFC 8216bis §6.2.4: the same in all playlists between which a player switches.
        let target_seconds = target_seconds(longest);
        if settings.chunk_ms.is_some() {
            settings.offset_ms = 0;
        }
        // RFC 8216bis §6.2.2: a segment is there for as long again as the playlist that listed it. So
        // half of the window is listed; all of an event that keeps everything.
        if !settings.is_event || settings.options.number(&TSBD).is_some() {
            let least_ms = target_seconds * 1_000 * HOLD_BACK;
            settings.window_ms = (settings.window_ms / 2).max(least_ms).min(settings.window_ms);
        }
        Self { asset, settings, target_seconds, now_ms }
    }

    /// Returns the multivariant playlist, or that of the track `of`.
    ///
    /// # Errors
    /// Says that there is no such track, or what is wrong with the query.
    pub(crate) fn playlist(&self, of: Option<&str>, query: Option<&str>) -> Result<Found, Refused> {
        let directives = Directives::read(query)?;
        let Some(id) = of else {
            let rates = (0..self.asset.tracks.len()).map(|at| self.rate(at));
            let offer = Offer {
                asset: self.asset,
                options: self.settings.options,
                rates: rates.collect(),
                texts: text::segmented(self.asset, self.settings.options, self.longest()),
                of_gops: self.of_gops(),
                steered: self.settings.steered.as_ref(),
            };
            return Ok(self.found(offer.playlist()?.write(), KEPT_MS, self.asset.modified));
        };
        let rendition = self.rendition(id)?;
        let until_ms = self.until_ms(&rendition, directives)?;
        let page = Page::at(self, rendition, until_ms.unwrap_or(self.now_ms))?;
        let (text, change) = (page.write(directives)?, page.changes_ms());
        let kept_ms = match (directives.sequence, change) {
            // What comes later has a directive of its own, so that this stays a true answer.
            (Some(_), Some(_)) => {
                (UPDATED * self.target_seconds * 1_000).min(self.settings.window_ms)
            }
            (_, change) => {
                change.map_or(KEPT_MS, |change| change.saturating_sub(self.now_ms).min(KEPT_MS))
            }
        };
        let found = self.found(text, kept_ms, wall(page.changed_ms()));
        Ok(Found { held_until: until_ms.map(wall), ..found })
    }

    fn longest(&self) -> Duration {
        let reel = &self.settings.reel;
        MediaTime { ticks: reel.longest(), timescale: reel.timescale() }.as_duration()
    }

    /// Says whether each segment of pictures is one group of them.
    fn of_gops(&self) -> bool {
        self.settings.reel.each() == self.asset.gop.map(|gop| gop.ticks)
    }

    fn rendition(&self, id: &str) -> Result<Rendition<'_>, Refused> {
        let (asset, options) = (self.asset, self.settings.options);
        let is_text = || text::has(asset, options, id);
        let (at, kind) = if let Some(at) = asset.track_index(id) {
            (at, Kind::Media)
        } else if let Some(rung) = trick::rung_of(asset, options, id) {
            if !self.of_gops() {
                return Err(one_key_frame(options.number(&TRICK).unwrap_or(0)));
            }
            (rung, Kind::KeyFrames)
        } else if is_text() {
            (asset.lead, Kind::Text)
        } else {
            return Err(Refused::NotFound(format!("`{}` has no track `{id}`", asset.name)));
        };
        let strip = self.settings.reel.strip(at).ok_or_else(vanished)?;
        Ok(Rendition { strip, kind, folder: folder(asset, id) })
    }

    fn found(&self, text: String, kept_ms: u64, modified: WallTime) -> Found {
        Found {
            content_type: MEDIA_TYPE,
            cacheability: Cacheability::For(Duration::from_millis(kept_ms)),
            asset: Arc::clone(self.asset),
            modified,
            body: Body::Text(text),
            due: Vec::new(),
            held_until: None,
        }
    }

    fn rate(&self, track: usize) -> Rate {
        let peak_bps = bandwidth(&self.settings, track);
        let (layout, held) = (self.asset.layouts.get(track), self.asset.tracks.get(track));
        let (Some(layout), Some(held)) = (layout, held) else {
            return Rate { peak_bps, average_bps: peak_bps };
        };
        let ticks = held.fragments[..layout.kept].iter().map(|one| one.duration).sum::<u64>();
        let bits = u128::from(layout.ends.last().copied().unwrap_or(0)) * 8;
        let average = bits * u128::from(held.timescale) / u128::from(ticks).max(1);
        // The heads of chunks come on top, as they do at the peak.
        let heads = peak_bps.saturating_sub(layout.peak_bps);
        let average = u64::try_from(average).unwrap_or(u64::MAX);
        Rate { peak_bps, average_bps: average.saturating_add(heads) }
    }

    const fn target_ms(&self) -> u64 {
        self.target_seconds * 1_000
    }

    const fn number(&self, index: u64) -> u64 {
        self.settings.start_number.saturating_add(index)
    }
}

/// What a playlist lists.
struct Rendition<'a> {
    /// Says when segments begin: of text, that of the lead track.
    strip: Strip<'a>,
    kind: Kind,
    /// Where its segments are.
    folder: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A track of the asset, which has parts where there are chunks.
    Media,
    Text,
    KeyFrames,
}

/// What there is of one rendition at a time.
struct Page<'a> {
    channel: &'a Channel<'a>,
    rendition: Rendition<'a>,
    window: Window,
    making: Option<Making>,
}

impl<'a> Page<'a> {
    fn at(channel: &'a Channel<'a>, rendition: Rendition<'a>, at_ms: u64) -> Result<Self, Refused> {
        let window = Window::at(&channel.settings, at_ms);
        let making = Making::of(&channel.settings, &rendition, &window, at_ms)?;
        Ok(Self { channel, rendition, window, making })
    }

    fn changed_ms(&self) -> u64 {
        let part = self.making.as_ref().and_then(Making::changed_ms);
        part.unwrap_or(self.window.changed_ms)
    }

    /// Returns when there is more; never where the event has ended.
    fn changes_ms(&self) -> Option<u64> {
        let part = self.making.as_ref().and_then(Making::changes_ms);
        part.or(self.window.changes_ms)
    }

    /// Returns when what is listed ends, by the clock.
    fn end_ms(&self) -> u64 {
        let parts = self.making.as_ref().and_then(Making::changed_ms);
        parts.unwrap_or_else(|| self.channel.settings.start_ms(self.window.segments.end))
    }

    fn write(&self, directives: Directives) -> Result<String, Refused> {
        let Channel { settings, target_seconds, .. } = self.channel;
        let segments = self.window.segments.clone();
        let from = if directives.skip { self.skip_to() } else { segments.start };
        let (folder, parted) = (&self.rendition.folder, self.parted());
        let listed = (from..segments.end).map(|index| {
            let mut segment = self.segment(folder, index);
            segment.made = (index == from).then(|| self.made(index));
            if parted.contains(&index) {
                segment.parts = self.parts_of(folder, index)?;
            }
            Ok(segment)
        });
        let keeps_all = settings.is_event && settings.options.number(&TSBD).is_none();
        let mut playlist = Playlist {
            target_seconds: *target_seconds,
            media_sequence: self.channel.number(segments.start),
            // Where it is known that nothing ever leaves.
            kind: (keeps_all && self.stays()).then_some(dashpot_hls::Kind::Event),
            independent_segments: true,
            key_frames_only: self.rendition.kind == Kind::KeyFrames,
            map: Some(map(folder)),
            skipped: from - segments.start,
            segments: listed.collect::<Result<_, Refused>>()?,
            ended: self.window.ended(),
            ..Playlist::default()
        };
        if !playlist.ended {
            playlist.server_control = Some(self.control());
            self.add_parts(folder, &mut playlist)?;
        }
        Ok(playlist.write())
    }

    /// Says whether all of an event is in the window at its end.
    fn stays(&self) -> bool {
        let settings = &self.channel.settings;
        let stays_from = crate::live::window::stays_from(settings);
        stays_from.is_some_and(|from| from <= settings.first)
    }

    /// RFC 8216bis §4.4.5.2: what lies before the skip boundary.
    fn skip_to(&self) -> u64 {
        let settings = &self.channel.settings;
        let boundary = self.end_ms().saturating_sub(UPDATED * self.channel.target_ms());
        partition_point(self.window.segments.clone(), |index| {
            settings.start_ms(index + 1) <= boundary
        })
    }

    fn segment(&self, folder: &str, index: u64) -> Segment {
        Segment {
            uri: format!("{folder}/{}.m4s", self.channel.number(index)),
            range: None,
            duration: self.time(self.rendition.strip.duration(index)),
            discontinuity: false,
            made: None,
            parts: Vec::new(),
        }
    }

    const fn time(&self, ticks: u64) -> MediaTime {
        MediaTime { ticks, timescale: self.rendition.strip.track.timescale }
    }

    /// Returns when the first sample of a segment was made.
    fn made(&self, index: u64) -> String {
        let since =
            to_ms(self.rendition.strip.start(index).into(), self.rendition.strip.track.timescale);
        format_date_time(wall(self.channel.settings.ast_ms.saturating_add(since)))
    }

    fn control(&self) -> ServerControl {
        let (settings, target_ms) = (&self.channel.settings, self.channel.target_ms());
        // With chunks the delay is that of a player which reads parts.
        let delay_ms = settings.chunk_ms.map_or(settings.delay_ms, |_| 0);
        let ms = |ticks| Some(MediaTime { ticks, timescale: 1_000 });
        ServerControl {
            can_block_reload: true,
            can_skip_until: ms(UPDATED * target_ms),
            hold_back: ms((HOLD_BACK * target_ms).max(delay_ms)),
            part_hold_back: None,
        }
    }
}

fn wall(ms: u64) -> WallTime {
    WallTime::from_epoch(Duration::from_millis(ms))
}

#[cfg(test)]
mod tests;
