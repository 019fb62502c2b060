//! Periods that left and came.

use super::{Listed, Page};
use dashpot_mpd::{
    AdaptationSet, Mpd, Period, S, SegmentTimeline,
    patch::{Operation, Part as _},
};

/// Adds what makes the Periods of both versions the same ones, and makes them that; returns nothing
/// where they have none in common.
pub(super) fn alike(
    before: &mut Mpd,
    (new, after): (&Page<'_>, &mut Mpd),
    operations: &mut Vec<Operation>,
) -> Option<()> {
    let first = &after.periods.first()?.id;
    let left = before.periods.iter().position(|period| period.id == *first)?;
    for period in before.periods.drain(..left) {
        operations.push(Operation::Remove(selector(&period)?));
    }
    let common = before.periods.len();
    let pairs = before.periods.iter().zip(&after.periods);
    if after.periods.len() < common || pairs.clone().any(|(was, is)| was.id != is.id) {
        return None;
    }
    // Where none of the main asset is left before a Period, it has none to go on with.
    for (was, is) in before.periods.iter_mut().zip(&after.periods) {
        let period = selector(is)?;
        for (was, is) in was.adaptation_sets.iter_mut().zip(&is.adaptation_sets) {
            alone(was, is, &format!("{period}/AdaptationSet[@id='{}']", is.id?), operations);
        }
    }
    let mut come: Vec<_> = after.periods.drain(common..).collect();
    if !come.is_empty() {
        come.iter_mut().for_each(|period| listed(new, period));
        let elements = come.iter().map(|period| period.element("Period")).collect();
        operations.push(Operation::After(selector(after.periods.last()?)?, elements));
    }
    Some(())
}

fn selector(period: &Period) -> Option<String> {
    Some(format!("/MPD/Period[@id='{}']", period.id.as_deref()?))
}

/// Removes the descriptors that a set has no longer.
fn alone(was: &mut AdaptationSet, is: &AdaptationSet, set: &str, out: &mut Vec<Operation>) {
    let kept = &is.supplemental_properties;
    while let Some(at) = was.supplemental_properties.iter().position(|one| !kept.contains(one)) {
        was.supplemental_properties.remove(at);
        out.push(Operation::Remove(format!("{set}/SupplementalProperty[{}]", at + 1)));
    }
}

/// Puts the segments into a Period that its model has but marks for.
pub(in crate::live::manifest) fn listed(page: &Page<'_>, period: &mut Period) {
    let sets = period.adaptation_sets.iter_mut();
    let templates = sets.filter_map(|set| set.segment_template.as_mut());
    for timeline in templates.filter_map(|template| template.segment_timeline.as_mut()) {
        if let Some(list) = page.timelines.take(timeline) {
            timeline.s = all(&list);
        }
    }
}

fn all(list: &Listed) -> Vec<S> {
    (0..list.runs.len()).filter_map(|at| list.s(at)).collect()
}

/// Returns what puts a list in the place of the one that is selected.
pub(super) fn timeline(list: &Listed, selector: String) -> Operation {
    let timeline = SegmentTimeline { s: all(list), ..SegmentTimeline::default() };
    Operation::Replace(selector, timeline.element("SegmentTimeline"))
}
