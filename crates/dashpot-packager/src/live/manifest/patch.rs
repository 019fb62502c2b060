//! Patches of MPDs that list segments: what came and went since an earlier one was published.
//!
//! Both versions are functions of their times, so both models are made and only what moves with the
//! window is looked at. Should anything else differ there is no patch, never a wrong one.

mod periods;

pub(super) use periods::listed;

use super::{Page, events, model, timelines::Listed, wall};
use crate::{grammar::PATCH, live::reel::Run, respond::Refused};
use dashpot_mpd::{
    Mpd, PatchLocation,
    patch::{Operation, Part as _, Patch},
    time::format_date_time,
};

/// Adds where a patch of this version will be, and the name that patches need (ISO/IEC 23009-1
/// §5.15.2).
pub(super) fn location(page: &Page<'_>, mpd: &mut Mpd) {
    let Some(ttl_ms) = ttl_ms(page).filter(|_| 0 < page.changed_ms() && !page.window.ended())
    else {
        return;
    };
    let (asset, form) = (page.settings.reel.asset(), page.form.name());
    mpd.id = Some(format!("{}-{form}-{}", asset.name, asset.version()));
    mpd.patch_locations.push(PatchLocation {
        ttl: Some(std::time::Duration::from_millis(ttl_ms).as_secs_f64()),
        url: format!("{form}-{}.mpp", page.changed_ms()),
        ..PatchLocation::default()
    });
}

/// How far ahead of now an MPD is said to come: farther than the clocks of replicas and players are apart.
const AHEAD_MS: u64 = 60_000;

/// Returns for how long after its publication a version can be patched, if it ever can.
fn ttl_ms(page: &Page<'_>) -> Option<u64> {
    page.settings.options.number(&PATCH).filter(|_| page.moves())
}

/// Says whether the version published then can become that of the page.
pub(in crate::live) fn checked(page: &Page<'_>, published_ms: u64) -> Result<(), Refused> {
    let none = |why: &str| Err(Refused::NotFound(why.to_owned()));
    let Some(ttl_ms) = ttl_ms(page) else {
        return none("there are patches with `patch_`, of MPDs that list segments or messages");
    };
    let now_ms = page.changed_ms();
    let nearest_ms = page.now_ms.saturating_add(AHEAD_MS);
    let then = (0 < published_ms && published_ms <= nearest_ms)
        .then(|| super::Window::at(page.settings, published_ms));
    if then.is_none_or(|then| then.changed_ms != published_ms) {
        return none("no MPD was published then");
    }
    if let Some(in_ms) = published_ms.checked_sub(page.now_ms).filter(|in_ms| 0 < *in_ms) {
        // A replica whose clock is ahead has published it: this one will.
        let why = format!("that MPD is published in {in_ms} ms");
        return Err(Refused::TooEarly { why, in_ms });
    }
    if published_ms.saturating_add(ttl_ms) < page.now_ms {
        return Err(Refused::Gone("that MPD is too old for a patch: fetch another".to_owned()));
    }
    if published_ms == now_ms { Err(Refused::Unchanged) } else { Ok(()) }
}

/// Returns the patch that turns the old page's MPD into the new page's, if there is a short one.
pub(in crate::live) fn patch(old: &Page<'_>, new: &Page<'_>) -> Option<String> {
    let (mut before, mut after) = (model(old), model(new));
    let mut operations = Vec::new();
    let divides = new.settings.division.divides();
    whole(&mut before, &mut after, &mut operations);
    periods::alike(&mut before, (new, &mut after), &mut operations)?;
    for (before, after) in before.periods.iter_mut().zip(&mut after.periods) {
        let period = format!("/MPD/Period[@id='{}']", after.id.as_deref()?);
        events::changes(before, after, &period, &mut operations)?;
        for (before, after) in before.adaptation_sets.iter_mut().zip(&mut after.adaptation_sets) {
            let Some(template) = &mut after.segment_template else { continue };
            let was = before.segment_template.as_mut()?;
            let selector = format!("{period}/AdaptationSet[@id='{}']/SegmentTemplate", after.id?);
            if let (Some(from), Some(to)) = (was.start_number, template.start_number)
                && from != to
            {
                operations.push(Operation::Set(format!("{selector}/@startNumber"), to.to_string()));
                was.start_number = template.start_number;
            }
            if let (Some(from), Some(to)) =
                (&mut was.segment_timeline, &mut template.segment_timeline)
            {
                let selector = format!("{selector}/SegmentTimeline");
                let (from, to) = (old.timelines.take(from)?, new.timelines.take(to)?);
                // Of several Periods, one with little in common is no reason to send all.
                let whole = || divides.then(|| vec![periods::timeline(&to, selector.clone())]);
                operations.extend(runs(&from, &to, &selector).or_else(whole)?);
            }
        }
    }
    // What the operations are about is alike in both by now.
    let patch = Patch {
        mpd_id: after.id.clone()?,
        original_publish_time: wall(old.changed_ms()),
        publish_time: wall(new.changed_ms()),
        operations,
    };
    (before == after).then(|| patch.write())
}

/// Adds what changes outside of Periods, and makes it alike.
fn whole(before: &mut Mpd, after: &mut Mpd, operations: &mut Vec<Operation>) {
    if let Some(time) = after.publish_time {
        let selector = "/MPD/@publishTime".to_owned();
        operations.push(Operation::Set(selector, format_date_time(time)));
        before.publish_time = after.publish_time;
    }
    if let (1, [location]) = (before.patch_locations.len(), after.patch_locations.as_slice()) {
        let selector = "/MPD/PatchLocation[1]".to_owned();
        operations.push(Operation::Replace(selector, location.element("PatchLocation")));
        before.patch_locations.clone_from(&after.patch_locations);
    }
    let timings = before.utc_timings.iter_mut().zip(&after.utc_timings);
    for (at, (before, after)) in (1..).zip(timings) {
        if let Some(value) = after.value.as_ref().filter(|_| before.value != after.value) {
            let selector = format!("/MPD/UTCTiming[{at}]/@value");
            operations.push(Operation::Set(selector, value.clone()));
            before.value.clone_from(&after.value);
        }
    }
}

/// Returns what makes one timeline another, which begins later or has more, if that takes no more
/// operations than the other one has runs.
///
/// Runs are replaced as a whole: players keep an attribute that a patch sets as text, and with the
/// text of a time they cannot reckon.
fn runs(old: &Listed, new: &Listed, selector: &str) -> Option<Vec<Operation>> {
    let (mut first, mut left) = (0, new.start.saturating_sub(old.start));
    let lasts = |run: &Run| run.duration.saturating_mul(run.more + 1);
    while let Some(rest) = old.runs.get(first).and_then(|run| left.checked_sub(lasts(run))) {
        (first, left) = (first + 1, rest);
    }
    let kept = old.runs.get(first..).filter(|kept| !kept.is_empty())?;
    let (stay, come) = new.runs.split_at_checked(kept.len())?;
    let run = || format!("{selector}/S[1]");
    let mut operations: Vec<_> = (0..first).map(|_| Operation::Remove(run())).collect();
    // The first of a timeline says when it starts.
    let begins_alike = first == 0 && old.start == new.start;
    for (at, (was, is)) in kept.iter().zip(stay).enumerate() {
        if was != is || (at == 0 && !begins_alike) {
            let selector = format!("{selector}/S[{}]", at + 1);
            operations.push(Operation::Replace(selector, new.s(at)?.element("S")));
        }
    }
    if !come.is_empty() {
        let come: Vec<_> = (kept.len()..new.runs.len()).filter_map(|at| new.s(at)).collect();
        operations.push(Operation::add(selector.to_owned(), "S", &come));
    }
    (operations.len() <= new.runs.len().max(FEW)).then_some(operations)
}

/// Operations up to which the length of a timeline does not matter.
const FEW: usize = 8;

#[cfg(test)]
mod tests;
