//! Writes the MPD of an asset in each of its forms.
//!
//! `@bandwidth` is the highest bit rate of any segment, rounded up: its bytes over its duration,
//! where the very last segment counts as long as the longest (it may be short). With
//! `@minBufferTime` as long as the longest segment, that is enough for ISO/IEC 23009-1 §5.3.5.4:
//! at that rate each segment has come before the one after it must play, so no client that the
//! rate fits ever waits.

pub(crate) mod addressing;
pub(crate) mod breaks;
pub(crate) mod cut;
pub(crate) mod sets;

use crate::{
    address::Form,
    catalogue::{Asset, Kind},
    events::Program,
    grammar::Options,
    initset, only,
    options::Shape,
    protect::{self, Protector},
    query, text, thumbs,
    timeline::Timeline,
    trick,
};
use breaks::Breaks;
use dashpot_base::MediaTime;
use dashpot_mpd::{AdaptationSet, EventStream, Mpd, Period, PresentationType, ProgramInformation};
use std::time::Duration;

/// What an MPD is to list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listing<'a> {
    pub(crate) asset: &'a Asset,
    /// A shape that was found to fit the asset.
    pub(crate) shape: Shape,
    pub(crate) form: Form,
    /// The messages there are.
    pub(crate) events: &'a Program,
    /// What the path gave, for tracks of their own.
    pub(crate) options: &'a Options,
    /// What protects the media, where it is protected.
    pub(crate) protector: Option<&'a Protector<'a>>,
    /// What is played before it, within it and after it.
    pub(crate) breaks: &'a Breaks<'a>,
}

/// Returns the MPD of `asset` in a shape that was found to fit it, with no other options.
#[must_use]
pub fn manifest(asset: &Asset, shape: Shape, form: Form) -> String {
    let (events, options) = (&Program::default(), &Options::default());
    let breaks = &Breaks::default();
    model(&Listing { asset, shape, form, events, options, protector: None, breaks }).write()
}

/// Returns the MPD before it is written.
pub(crate) fn model(listing: &Listing<'_>) -> Mpd {
    let Listing { asset, shape, form, events, options, protector, breaks } = *listing;
    let page = Page { asset, shape, form, duration: duration(asset, shape) };
    let (mut adaptation_sets, segment_max) = media(asset, shape, form);
    if events.in_band().is_some() {
        let groups = sets::grouped(asset);
        let of_lead = |at: &usize| asset.tracks.get(*at).is_some_and(|track| asset.is_lead(track));
        let carry = groups.iter().map(|group| group.tracks.iter().any(of_lead));
        let sets = adaptation_sets.iter_mut().zip(carry).filter(|(_, carry)| *carry);
        sets.for_each(|(set, _)| events.describe(set));
    }
    if text::has_sidecars(options) {
        adaptation_sets.extend(asset.subtitles().iter().map(|text| sets::text(&page, text)));
    }
    let template = |track| addressing::template(&page, &Timeline::new(asset, track, shape)?);
    if let Some(template) = template(asset.lead) {
        adaptation_sets.extend(text::vod::sets(asset, options, &template, segment_max));
    }
    let main = asset.tracks.iter().position(|track| matches!(track.kind, Kind::Video { .. }));
    if let Some(template) = main.and_then(template) {
        adaptation_sets.extend(trick::set(asset, options, template, 1));
    }
    // The on-demand profile has no templates (ISO/IEC 23009-1 §8.3.3).
    adaptation_sets.extend(thumbs::set(asset).filter(|_| form != Form::Base));
    only::keep(options, &mut adaptation_sets);
    for (id, set) in (1..).zip(&mut adaptation_sets) {
        set.id = Some(id);
    }
    let mut mpd = Mpd {
        profiles: Some(profile(form).to_owned()),
        presentation_type: Some(PresentationType::Static),
        media_presentation_duration: Some(page.duration),
        min_buffer_time: Some(segment_max),
        max_segment_duration: (form != Form::Base)
            .then_some(segment_max.max(thumbs::longest(asset))),
        max_subsegment_duration: (form == Form::Base).then_some(segment_max),
        program_information: vec![ProgramInformation {
            title: Some(asset.title.as_str().into()),
            ..ProgramInformation::default()
        }],
        // ISO/IEC 23009-1 §5.6.4: every other URL is relative to this one, which is relative to the
        // MPD's own.
        base_urls: vec![format!("{}/", asset.version()).as_str().into()],
        periods: vec![Period {
            id: Some("1".to_owned()),
            start: Some(Duration::ZERO),
            event_streams: streams(&page, events),
            adaptation_sets,
            ..Period::default()
        }],
        essential_properties: query::descriptor(listing.options).into_iter().collect(),
        ..Mpd::default()
    };
    if let Some(protector) = protector {
        let sets = mpd.periods.iter_mut().flat_map(|period| &mut period.adaptation_sets);
        sets.filter(|set| matches!(set.content_type.as_deref(), Some("video" | "audio")))
            .for_each(|set| protect::protect(protector, 0, set));
    }
    breaks.divide(listing, &mut mpd);
    initset::add(options, !breaks.is_empty(), &mut mpd);
    mpd
}

/// Returns the sets of the tracks of an asset, and its longest segment.
pub(crate) fn media(asset: &Asset, shape: Shape, form: Form) -> (Vec<AdaptationSet>, Duration) {
    let timelines: Vec<_> =
        (0..asset.tracks.len()).filter_map(|at| Timeline::new(asset, at, shape)).collect();
    let page = Page { asset, shape, form, duration: duration(asset, shape) };
    let segment_max = timelines.iter().map(|timeline| longest(timeline)).max().unwrap_or_default();
    let sets = sets::grouped(asset);
    let sets = sets.iter().map(|set| sets::media(&page, set, &timelines, segment_max));
    (sets.collect(), segment_max)
}

/// Returns the messages of the whole presentation.
fn streams(page: &Page<'_>, events: &Program) -> Vec<EventStream> {
    let scale = page.asset.tracks.get(page.asset.lead).map_or(1, |lead| lead.timescale);
    let end = MediaTime::from_duration(page.duration, scale).ticks;
    events.streams(scale, 0, &(0..end))
}

/// What all parts of one manifest know.
struct Page<'a> {
    asset: &'a Asset,
    shape: Shape,
    form: Form,
    duration: Duration,
}

/// ISO/IEC 23009-1 §8.4 (live), §8.3 (on demand) and §8.5 (main): templates, one indexed file, and
/// lists each have their own profile.
const fn profile(form: Form) -> &'static str {
    match form {
        Form::Number | Form::Time | Form::Timeline => "urn:mpeg:dash:profile:isoff-live:2011",
        Form::Base => "urn:mpeg:dash:profile:isoff-on-demand:2011",
        Form::List => "urn:mpeg:dash:profile:isoff-main:2011",
    }
}

/// Returns how long the presentation is. Rounded down, so that a player which divides it by the
/// segment duration never expects a segment beyond the last.
pub(crate) fn duration(asset: &Asset, shape: Shape) -> Duration {
    let ticks = asset.period.ticks.saturating_mul(u64::from(shape.passes));
    MediaTime { ticks, timescale: asset.period.timescale }.as_duration()
}

/// Returns the longest segment of a track, rounded up to nanoseconds.
pub(crate) fn longest(timeline: &Timeline<'_>) -> Duration {
    let ticks = timeline.segments().map(|segment| segment.duration).max().unwrap_or(0);
    let time = MediaTime { ticks, timescale: timeline.track().timescale };
    let down = time.as_duration();
    let exact = MediaTime::from_duration(down, time.timescale) == time
        && (u128::from(ticks) * 1_000_000_000).is_multiple_of(u128::from(time.timescale).max(1));
    if exact { down } else { down + Duration::from_nanos(1) }
}

#[cfg(test)]
mod tests;
