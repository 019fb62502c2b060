//! Messages: those that the MPD lists, and that segments carry some.

use super::Page;
use crate::live::{reel::Strip, settings::Settings};
use dashpot_mpd::{AdaptationSet, Period, patch::Operation};

/// Segments behind the newest one of which messages are listed: players fetch the MPD again before
/// that many have passed, and those of low latency play within the next one.
const AHEAD: u64 = 2;

/// Adds the messages of the window and of what players come to before they see another MPD.
pub(super) fn period(page: &Page<'_>, period: &mut Period) {
    let settings = page.settings;
    let Some(strip) = lead(settings).filter(|_| settings.events.lists()) else { return };
    let ahead = settings.update_period_ms(page.lists()).saturating_add(settings.offset_ms);
    let ahead = super::ticks_of(ahead, strip.track);
    let segments = &page.window.segments;
    let begin = if page.part_begin() == 0 { 0 } else { strip.nominal(page.part_begin()) };
    let end = strip.start(segments.end.saturating_add(AHEAD)).saturating_add(ahead);
    let end = settings.stop.map_or(end, |stop| end.min(strip.start(stop)));
    // Behind its last Period an MPD has no place for messages; the next one has.
    let end = if page.part.end == u64::MAX { end } else { end.min(strip.nominal(page.part.end)) };
    let first = strip.start(segments.start);
    let first = if page.part.first == 0 { first } else { first.max(begin) };
    let span = first..end.max(first);
    period.event_streams.extend(settings.events.streams(strip.track.timescale, begin, &span));
}

/// Says what the segments of a set carry.
pub(super) fn set(page: &Page<'_>, strip: &Strip<'_>, set: &mut AdaptationSet) {
    if carries(page.settings, strip) {
        page.settings.events.describe(set);
    }
}

/// Adds what makes the messages of one Period those of another: the first ones are gone and others have
/// come. Returns `None` where more differs.
pub(super) fn changes(
    before: &mut Period,
    after: &Period,
    selector: &str,
    operations: &mut Vec<Operation>,
) -> Option<()> {
    let streams = before.event_streams.iter_mut().zip(&after.event_streams);
    for (at, (was, is)) in (1..).zip(streams).filter(|(_, (was, is))| was.events != is.events) {
        let selector = format!("{selector}/EventStream[{at}]");
        let gone = match is.events.first() {
            Some(first) if !was.events.is_empty() => {
                was.events.iter().position(|event| event == first)?
            }
            // A Period may have none yet, or none any more.
            Some(_) | None => was.events.len(),
        };
        let kept = was.events.len() - gone;
        operations.extend((0..gone).map(|_| Operation::Remove(format!("{selector}/Event[1]"))));
        let come =
            is.events.get(kept..).filter(|_| was.events.get(gone..) == is.events.get(..kept))?;
        if !come.is_empty() {
            operations.push(Operation::add(selector, "Event", come));
        }
        was.events.clone_from(&is.events);
    }
    Some(())
}

/// Returns the track whose ticks messages are counted in.
fn lead<'a>(settings: &Settings<'a>) -> Option<Strip<'a>> {
    settings.reel.strip(settings.reel.asset().lead)
}

/// Says whether messages are carried by the segments of a track: by those of the main pictures, all of
/// them alike (ISO/IEC 23009-1 §5.10.3.2).
pub(crate) fn carries(settings: &Settings<'_>, strip: &Strip<'_>) -> bool {
    settings.events.in_band().is_some() && settings.reel.asset().is_lead(strip.track)
}
