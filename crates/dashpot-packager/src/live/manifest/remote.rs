//! Periods that stand elsewhere: which those are, and what stands there.

use super::{Page, inline, patch, periods};
use crate::{
    grammar::{XLINK, decimal},
    live::{parts::Part, settings::Settings},
    protect,
    xlink::References,
};
use dashpot_mpd::{Mpd, remote_periods};

/// Refers to the Periods that do not change any more, but the first, of which segments leave.
pub(super) fn mpd(page: &Page<'_>, mpd: &mut Mpd) {
    let (settings, around) = (page.settings, &page.settings.around);
    let asset = settings.reel.asset();
    let version = settings.protector.as_ref().map_or_else(|| asset.version(), protect::version);
    let folder = match &around.folder {
        Some(folder) => format!("{folder}{version}/"),
        None => around.there(&format!("{version}/")),
    };
    // What has ended is on demand: nothing of it changes.
    let asked = References::of(settings.options, page.form, &folder);
    let Some(references) = asked.filter(|_| !page.window.ended()) else { return };
    let (mut remote, mut goes_on) = (Vec::new(), false);
    for (at, part) in settings.division.parts(periods::shown(page)).enumerate() {
        let is_break = part.ad.is_some() && page.begin() <= part.first;
        let end = settings.stop.map_or(part.end, |stop| stop.min(part.end));
        let is_whole = end <= page.window.segments.end || (is_break && !page.lists());
        // One that has none to go on with says less than it did before.
        if 0 < at && is_whole && (is_break || goes_on) {
            remote.push(at..at + 1);
        }
        goes_on |= !is_break;
    }
    references.put(&remote, mpd);
}

/// Returns the Period of that name, if MPDs may refer to it.
pub(in crate::live) fn part(settings: &Settings<'_>, id: &str) -> Option<Part> {
    let (division, begin) = (&settings.division, settings.first);
    let mut part = match id.strip_prefix("ad") {
        Some(number) => division.ad(decimal(number)?)?,
        None => division.part(decimal(id.strip_prefix('p')?)?),
    };
    part.ad = part.ad.filter(|_| begin <= part.first);
    part.end = settings.stop.map_or(part.end, |stop| stop.min(part.end));
    let is_there = settings.options.has(&XLINK) && begin.max(part.first) < part.end;
    (is_there && division.divides() && periods::id(settings, part) == id).then_some(part)
}

/// Returns with which segment the Period of the main asset before one begins.
pub(in crate::live) fn before(settings: &Settings<'_>, part: Part) -> u64 {
    let (mut first, mut is_break) = (part.first, true);
    // A break may be in between.
    while is_break && settings.first < first {
        let before = settings.division.part(first - 1);
        (first, is_break) = (before.first, before.ad.is_some());
    }
    first.max(settings.first)
}

/// Returns what stands where the reference to a Period leads, when all of its segments have come.
pub(in crate::live) fn text(page: &Page<'_>, id: &str) -> Option<String> {
    let is_it = |period: &dashpot_mpd::Period| period.id.as_deref() == Some(id);
    let mut period = inline(page).periods.into_iter().find(is_it)?;
    patch::listed(page, &mut period);
    Some(remote_periods(&[period]))
}
