//! Breaks: Periods in which another asset is played.

use super::Page;
use crate::{
    ads::Ad,
    live::settings::to_ms,
    manifest::{self, cut::cut},
};
use dashpot_base::MediaTime;
use dashpot_mpd::{AdaptationSet, SegmentTimeline};

/// Returns the sets of what is played in the break at hand.
pub(super) fn sets(page: &Page<'_>, ad: &Ad<'_>) -> Vec<AdaptationSet> {
    let (mut sets, longest) = manifest::media(ad.asset, ad.shape, page.form);
    for set in &mut sets {
        // Its segments are always there; players go by the clock, and are as close to it as before.
        let offset_ms = offset_ms(page, u64::try_from(longest.as_millis()).unwrap_or(u64::MAX));
        let listed = set.segment_template.as_ref().is_some_and(|it| it.segment_timeline.is_some());
        if listed {
            cut(set, &(MediaTime { ticks: 0, timescale: 1 }..until(page)));
        }
        let Some(template) = &mut set.segment_template else { continue };
        if 0 < offset_ms {
            let offset = std::time::Duration::from_millis(offset_ms).as_secs_f64();
            template.availability_time_offset = Some(offset);
        }
        if let Some(timeline) = template.segment_timeline.as_mut().filter(|_| page.lists()) {
            marked(page, timeline);
        }
    }
    sets
}

/// Returns how long before its end a segment may be asked for, so that the last part of it is as long
/// as of the main asset's.
fn offset_ms(page: &Page<'_>, longest_ms: u64) -> u64 {
    let settings = page.settings;
    let own_ms = to_ms(settings.reel.longest().into(), settings.reel.timescale());
    if settings.offset_ms == 0 || page.window.ended() {
        return 0;
    }
    longest_ms.saturating_sub(own_ms.saturating_sub(settings.offset_ms))
}

/// Returns up to which time of the break segments are listed: as far as those of the main asset have
/// come; where it lists none, to the end.
fn until(page: &Page<'_>) -> MediaTime {
    let reel = &page.settings.reel;
    let come = if page.lists() { page.window.segments.end } else { u64::MAX };
    let ticks = reel.start(come.min(page.part.end)).saturating_sub(reel.start(page.part.first));
    MediaTime { ticks: u64::try_from(ticks).unwrap_or(u64::MAX), timescale: reel.timescale() }
}

/// Keeps a list beside the model, as all lists are.
fn marked(page: &Page<'_>, timeline: &mut SegmentTimeline) {
    let runs = std::mem::take(&mut timeline.s);
    let start = runs.first().and_then(|run| run.t).unwrap_or(0);
    let run = |run: &dashpot_mpd::S| crate::live::reel::Run {
        duration: run.d,
        more: u64::try_from(run.r).unwrap_or(0),
    };
    *timeline = page.timelines.list(start, runs.iter().map(run).collect());
}
