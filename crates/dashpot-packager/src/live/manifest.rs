//! Writes the MPD of a film that runs by the clock.
//!
//! The frame is here; what features add stands in files of its own, each with a line in a table:
//! `MPD` adds to the whole, `PERIOD` to a Period and `SET` to an `AdaptationSet`.

mod addressing;
mod ads;
pub(super) mod events;
mod extras;
mod location;
mod low_latency;
pub(super) mod patch;
mod periods;
mod protect;
pub(super) mod remote;
pub(super) mod sequence;
mod timelines;
mod timing;

use crate::{
    address::Form,
    ads::Ad,
    catalogue::Track,
    initset,
    live::{
        parts::Part,
        reel::Strip,
        settings::{Settings, to_ms},
        window::Window,
    },
    manifest::sets::{self, Set},
    query, thumbs,
};
use dashpot_base::{MediaTime, WallTime};
use dashpot_mpd::{AdaptationSet, Mpd, PresentationType, ProgramInformation};
use std::time::Duration;
pub use timelines::Timelines;

/// What features add to an MPD.
const MPD: &[fn(&Page<'_>, &mut Mpd)] = &[
    timing::utc_timings,
    low_latency::mpd,
    patch::location,
    steering,
    location::mpd,
    protect::mpd,
    query,
    initset,
];
/// What features add to a Period.
const PERIOD: &[periods::Add] = &[events::period];
/// What features add to an `AdaptationSet` whose first track runs on the strip.
const SET: &[fn(&Page<'_>, &Strip<'_>, &mut AdaptationSet)] =
    &[low_latency::set, events::set, protect::set, sequence::set];

/// What all parts of one MPD know.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// What the path asked for.
    pub settings: &'a Settings<'a>,
    /// Which segments there are.
    pub window: &'a Window,
    /// How the MPD addresses them.
    pub form: Form,
    /// The time, in milliseconds since the epoch.
    pub now_ms: u64,
    /// The segments of each timeline, which the MPD's model has but marks for.
    pub timelines: &'a Timelines,
    /// The Period at hand.
    pub part: Part,
}

impl Page<'_> {
    /// Says whether the MPD lists segments, so that another one is due with every segment.
    #[must_use]
    pub const fn lists(&self) -> bool {
        !matches!((self.form, self.settings.reel.each()), (Form::Number, Some(_)))
    }

    /// Says whether the MPD changes with every segment.
    #[must_use]
    pub fn moves(&self) -> bool {
        self.lists() || self.settings.events.lists()
    }

    /// Returns when the MPD last changed, in milliseconds since the epoch; 0 where it never did.
    #[must_use]
    pub fn changed_ms(&self) -> u64 {
        if self.moves() || self.window.ended() {
            return self.window.changed_ms;
        }
        if self.settings.division.divides() { periods::changed_ms(self) } else { 0 }
    }

    /// Returns when the MPD changes next, in milliseconds since the epoch.
    #[must_use]
    pub fn changes_ms(&self) -> Option<u64> {
        if self.moves() {
            return self.window.changes_ms;
        }
        let next = self.window.changes_ms.filter(|_| self.settings.division.divides());
        if let Some(change) = next.and_then(|_| periods::changes_ms(self)) {
            return Some(change);
        }
        let last = self.settings.stop?.checked_sub(1)?;
        self.window.changes_ms.map(|_| self.settings.available_ms(last))
    }

    /// Returns the segment with which the presentation's time begins: that of the event; where the
    /// event has ended, the first that is still there.
    #[must_use]
    pub const fn begin(&self) -> u64 {
        if self.window.ended() { self.window.segments.start } else { self.settings.first }
    }

    /// Returns the segment with which the Period at hand begins.
    #[must_use]
    pub fn part_begin(&self) -> u64 {
        self.part.first.max(self.begin())
    }

    /// Returns the segments of the Period at hand that there are.
    #[must_use]
    pub fn segments(&self) -> std::ops::Range<u64> {
        self.part.of(&self.window.segments)
    }
}

/// Returns the MPD.
#[must_use]
pub fn manifest(page: &Page<'_>) -> String {
    timelines::write(&model(page), page.timelines)
}

fn model(page: &Page<'_>) -> Mpd {
    let mut mpd = inline(page);
    remote::mpd(page, &mut mpd);
    mpd
}

/// Returns the MPD with all of its Periods.
fn inline(page: &Page<'_>) -> Mpd {
    let (settings, ended) = (page.settings, page.window.ended());
    let reel = &settings.reel;
    let longest = (0..reel.asset().tracks.len()).filter_map(|at| reel.strip(at)).map(|strip| {
        let time = MediaTime { ticks: strip.longest(), timescale: strip.track.timescale };
        rounded_up(time)
    });
    let longest = longest.chain(settings.ads.iter().map(Ad::longest)).max().unwrap_or_default();
    let ms = Duration::from_millis;
    let live = |value: Duration| (!ended).then_some(value);
    let duration_ms =
        to_ms(reel.start(page.window.segments.end) - reel.start(page.begin()), reel.timescale());
    let mut mpd = Mpd {
        profiles: Some("urn:mpeg:dash:profile:isoff-live:2011".to_owned()),
        presentation_type: Some(if ended {
            PresentationType::Static
        } else {
            PresentationType::Dynamic
        }),
        availability_start_time: Some(wall(if settings.is_event || ended {
            settings.start_ms(page.begin())
        } else {
            settings.ast_ms
        })),
        publish_time: Some(wall(page.changed_ms())),
        minimum_update_period: live(ms(settings.update_period_ms(page.lists()))),
        time_shift_buffer_depth: live(ms(settings.window_ms)),
        suggested_presentation_delay: live(ms(settings.delay_ms)),
        media_presentation_duration: ended.then_some(ms(duration_ms)),
        min_buffer_time: Some(longest),
        max_segment_duration: Some(longest.max(thumbs::longest(reel.asset()))),
        program_information: vec![ProgramInformation {
            title: Some(reel.asset().title.as_str().into()),
            ..ProgramInformation::default()
        }],
        // ISO/IEC 23009-1 §5.6.4: every other URL is relative to this one.
        base_urls: vec![format!("{}/", reel.asset().version()).as_str().into()],
        periods: periods::periods(page, PERIOD),
        ..Mpd::default()
    };
    for add in MPD {
        add(page, &mut mpd);
    }
    mpd
}

fn query(page: &Page<'_>, mpd: &mut Mpd) {
    mpd.essential_properties.extend(query::descriptor(page.settings.options));
}

fn initset(page: &Page<'_>, mpd: &mut Mpd) {
    initset::add(page.settings.options, !page.settings.ads.is_empty(), mpd);
}

fn steering(page: &Page<'_>, mpd: &mut Mpd) {
    if let Some(steered) = &page.settings.steered {
        steered.add(mpd);
    }
    if let Some(bases) = &page.settings.bases {
        bases.add(mpd);
    }
}

fn set(page: &Page<'_>, set: &Set) -> Option<AdaptationSet> {
    let reel = &page.settings.reel;
    let strip = reel.strip(*set.tracks.first()?)?;
    let bandwidths = set.tracks.iter().map(|at| bandwidth(page.settings, *at));
    let mut out = sets::described(reel.asset(), set, bandwidths);
    out.segment_template = Some(addressing::template(page, &strip));
    for add in SET {
        add(page, &strip, &mut out);
    }
    Some(out)
}

/// Bytes of the boxes before the media data of a chunk that the film's own fragments do not have.
const CHUNK_HEAD_BYTES: u64 = 160;

/// Returns `@bandwidth`: the highest rate of a fragment of the film, and what the heads of chunks
/// come to.
pub(crate) fn bandwidth(settings: &Settings<'_>, track: usize) -> u64 {
    let layouts = &settings.reel.asset().layouts;
    let peak = layouts.get(track).map_or(0, |layout| layout.peak_bps);
    let longest_ms = to_ms(settings.reel.longest().into(), settings.reel.timescale());
    let every_ms = settings.chunk_ms.unwrap_or(longest_ms).max(1);
    peak.saturating_add((CHUNK_HEAD_BYTES * 8_000).div_ceil(every_ms))
}

/// Returns a span rounded up to milliseconds, as it is read in an MPD.
fn rounded_up(time: MediaTime) -> Duration {
    let down = Duration::from_millis(to_ms(time.ticks.into(), time.timescale));
    let exact =
        down.as_nanos() * u128::from(time.timescale) == u128::from(time.ticks) * 1_000_000_000;
    if exact { down } else { down + Duration::from_millis(1) }
}

fn wall(ms: u64) -> WallTime {
    WallTime::from_epoch(Duration::from_millis(ms))
}

/// Returns a span in the ticks of a track, rounded down.
pub(crate) const fn ticks_of(ms: u64, track: &Track) -> u64 {
    ms.saturating_mul(track.timescale as u64) / 1_000
}
