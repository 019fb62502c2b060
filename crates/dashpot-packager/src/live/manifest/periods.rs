//! The Periods of an MPD: which there are, when they begin, and how they go on with one another.

use super::{Page, Window, ads, extras, set};
use crate::{
    ads::identifier,
    grammar::JOIN,
    live::{parts::Part, settings::Settings},
    manifest::sets,
    only,
    timeline::partition_point,
};
use dashpot_base::MediaTime;
use dashpot_mpd::{AdaptationSet, Descriptor, Period};
use std::{ops::Range, time::Duration};

/// What features add to a Period.
pub(super) type Add = fn(&Page<'_>, &mut Period);

/// Returns all of them.
pub(super) fn periods(page: &Page<'_>, adds: &[Add]) -> Vec<Period> {
    let mut periods: Vec<Period> = Vec::new();
    // Where in these the main asset was last.
    let mut main: Option<usize> = None;
    for mut part in page.settings.division.parts(shown(page)) {
        // Of a break that an event begins in, or the window of one that is over, nothing is shown.
        part.ad = part.ad.filter(|_| page.begin() <= part.first);
        let page = Page { part, ..*page };
        let mut period = period(&page);
        if part.ad.is_none() {
            let adjoins = main.is_some_and(|at| at + 1 == periods.len());
            if let Some(before) = main.and_then(|at| periods.get(at)) {
                join(page.settings, (before, adjoins), &mut period);
            }
            main = Some(periods.len());
        }
        for add in adds {
            add(&page, &mut period);
        }
        periods.push(period);
    }
    periods
}

/// Returns the segments whose Periods are in the MPD.
pub(super) fn shown(page: &Page<'_>) -> Range<u64> {
    let segments = &page.window.segments;
    if page.lists() || page.window.ended() {
        return segments.clone();
    }
    segments.start..known(page.settings, segments.end)
}

/// Returns up to where Periods are known when all segments before `end` have come.
fn known(settings: &Settings<'_>, end: u64) -> u64 {
    let known = settings.division.known(end);
    settings.stop.map_or(known, |stop| known.min(stop))
}

fn period(page: &Page<'_>) -> Period {
    let settings = page.settings;
    let mut period =
        Period { id: Some(id(settings, page.part)), start: Some(start(page)), ..Period::default() };
    if !settings.ads.is_empty() {
        period.asset_identifier = Some(identifier(settings.reel.asset()));
    }
    if let Some(ad) = page.part.ad.and_then(|number| settings.ad(number)) {
        period.asset_identifier = Some(identifier(ad.asset));
        period.base_urls = vec![ad.base_url()];
        period.adaptation_sets = ads::sets(page, ad);
    } else {
        let groups = sets::grouped(settings.reel.asset());
        period.adaptation_sets = groups.iter().filter_map(|one| set(page, one)).collect();
        period.adaptation_sets.extend(extras::sets(page));
        only::keep(settings.options, &mut period.adaptation_sets);
    }
    for (id, set) in (1..).zip(&mut period.adaptation_sets) {
        set.id = Some(id);
    }
    period
}

/// Returns what names a Period in every MPD that has it.
pub(super) fn id(settings: &Settings<'_>, part: Part) -> String {
    match part {
        Part { ad: Some(number), .. } => format!("ad{number}"),
        Part { first, .. } if settings.division.divides() => format!("p{first}"),
        Part { .. } => "1".to_owned(),
    }
}

/// Returns when the Period starts, from the start of the presentation.
fn start(page: &Page<'_>) -> Duration {
    let (reel, begin) = (&page.settings.reel, page.begin());
    // Time zero is availabilityStartTime, or the begin of the event.
    let zero = if begin == 0 { 0 } else { reel.start(begin) };
    let own = if page.part_begin() == 0 { zero } else { reel.start(page.part_begin()) };
    let ticks = u64::try_from(own.saturating_sub(zero)).unwrap_or(u64::MAX);
    MediaTime { ticks, timescale: reel.timescale() }.as_duration()
}

/// Says in each set of a Period that it goes on with that of the main asset's Period before (ISO/IEC 23009-1
/// §5.3.2.4).
fn join(settings: &Settings<'_>, (before, adjoins): (&Period, bool), period: &mut Period) {
    let how = match settings.options.word(&JOIN).unwrap_or("continuity") {
        "none" => return,
        "continuity" if adjoins => "continuity",
        // Time does not go on behind a break, but decoders do.
        _ => "connectivity",
    };
    let scheme = format!("urn:mpeg:dash:period-{how}:2015");
    let Some(id) = &before.id else { return };
    let goes_on = |set: &AdaptationSet| before.adaptation_sets.iter().any(|one| one.id == set.id);
    for set in period.adaptation_sets.iter_mut().filter(|set| goes_on(set)) {
        set.supplemental_properties.push(Descriptor::new(&scheme, id));
    }
}

/// Returns when Periods last came or went in an MPD that lists no segments, in milliseconds since the
/// epoch; 0 where they never did.
pub(super) fn changed_ms(page: &Page<'_>) -> u64 {
    let (settings, end) = (page.settings, page.window.segments.end);
    let last = borders(settings, end);
    let since = partition_point(settings.first..end, |end| borders(settings, end) != last);
    // Before its first segment an event has the Periods that it begins with.
    if since <= settings.first { 0 } else { settings.available_ms(since - 1) }
}

/// Returns when they come or go next.
pub(super) fn changes_ms(page: &Page<'_>) -> Option<u64> {
    let (settings, end) = (page.settings, page.window.segments.end);
    let this = borders(settings, end);
    // Until then there is another Period, or else the event ends.
    let latest = settings.division.part(known(settings, end)).end;
    let latest = settings.stop.map_or(latest, |stop| latest.min(stop));
    let next = partition_point(end..latest, |end| borders(settings, end) == this);
    (borders(settings, next) != this).then(|| settings.available_ms(next.saturating_sub(1)))
}

/// Returns the first and the last Period when all segments before `end` have come.
fn borders(settings: &Settings<'_>, end: u64) -> (Part, Part) {
    let window = Window::until(settings, end);
    let known = known(settings, end).saturating_sub(1).max(window.start);
    (settings.division.part(window.start), settings.division.part(known))
}
