//! Manifests that tell of segments that are missing.

use super::path::Numbers;
use dashpot_base::{Seed, WallTime};
use dashpot_fault::{Facts, Fault, Injection, Object, Rule, decide};
use dashpot_mpd::{AdaptationSet, Representation, S, SegmentTemplate, SegmentTimeline};

/// Times of one timeline that are looked at: as many as a manifest lists in full.
const SEGMENTS_MAX: usize = 20_000;

/// The rules that leave segments out, for one viewer of one asset.
#[derive(Clone, Debug)]
pub(super) struct Gaps {
    rules: Vec<Rule>,
    seed: Seed,
    asset: String,
    viewer: String,
    now: WallTime,
    numbers: Numbers,
}

impl Gaps {
    /// Returns them where it is a manifest that is asked for, and there are any.
    pub(super) fn of<'a>(
        rules: impl Iterator<Item = &'a Rule>,
        seed: Seed,
        facts: &Facts<'_>,
        numbers: impl FnOnce() -> Option<Numbers>,
    ) -> Option<Self> {
        if facts.object != Object::Mpd {
            return None;
        }
        let rules: Vec<Rule> = rules.filter(|rule| rule.fault == Fault::Gap).cloned().collect();
        if rules.is_empty() {
            return None;
        }
        let numbers = numbers()?;
        Some(Self {
            numbers,
            rules,
            seed,
            asset: facts.asset.to_owned(),
            viewer: facts.viewer.to_owned(),
            now: facts.now,
        })
    }

    /// Returns what happens to a manifest that is changed.
    pub(super) fn injection(&self) -> Injection {
        let rule = self.rules.first().map(|rule| rule.id.clone()).unwrap_or_default();
        Injection { rule, fault: Fault::Gap, seed: self.seed }
    }

    /// Returns the manifest without the segments that are not there, where it lists times.
    pub(super) fn leave_out(&self, mpd: &[u8]) -> Option<String> {
        let (mut mpd, _) = dashpot_mpd::parse(mpd).ok()?;
        // Patches know nothing of gaps.
        let mut is_changed = !mpd.patch_locations.is_empty();
        mpd.patch_locations.clear();
        for set in mpd.periods.iter_mut().flat_map(|period| &mut period.adaptation_sets) {
            is_changed |= self.in_set(set);
        }
        is_changed.then(|| mpd.write())
    }

    fn in_set(&self, set: &mut AdaptationSet) -> bool {
        let ids: Vec<String> =
            set.representations.iter().filter_map(|rep| rep.id.clone()).collect();
        // One timeline for all: what one of them lacks, none is offered.
        let mut is_changed =
            set.segment_template.as_mut().is_some_and(|template| self.in_template(template, &ids));
        for Representation { id, segment_template, .. } in &mut set.representations {
            if let (Some(id), Some(template)) = (id, segment_template) {
                is_changed |= self.in_template(template, std::slice::from_ref(id));
            }
        }
        is_changed
    }

    fn in_template(&self, template: &mut SegmentTemplate, ids: &[String]) -> bool {
        // Where URLs have numbers, the one behind a gap would take the number of the gap.
        let has_times = template.media.as_deref().is_some_and(|media| media.contains("$Time"));
        let Some(timeline) = template.segment_timeline.as_mut().filter(|_| has_times) else {
            return false;
        };
        let segments = segments(timeline);
        let is_there = |(time, _): &&(u64, u64)| !ids.iter().any(|id| self.lacks(id, *time));
        let kept: Vec<(u64, u64)> = segments.iter().filter(is_there).copied().collect();
        let is_changed = kept.len() < segments.len();
        if is_changed {
            timeline.s = runs(&kept);
        }
        is_changed
    }

    fn lacks(&self, representation: &str, time: u64) -> bool {
        let facts = Facts {
            object: Object::Segment,
            asset: &self.asset,
            representation: Some(representation),
            number: self.numbers.at(representation, time),
            time: Some(time),
            viewer: &self.viewer,
            now: self.now,
            attempt: 1,
            hops: 0,
        };
        !decide(&self.rules, self.seed, &facts).injections.is_empty()
    }
}

/// Returns start and duration of each segment.
fn segments(timeline: &SegmentTimeline) -> Vec<(u64, u64)> {
    let (mut segments, mut at) = (Vec::new(), 0);
    for run in &timeline.s {
        at = run.t.unwrap_or(at);
        for _ in 0..=u64::try_from(run.r).unwrap_or(0) {
            if segments.len() == SEGMENTS_MAX {
                return segments;
            }
            segments.push((at, run.d));
            at = at.saturating_add(run.d);
        }
    }
    segments
}

/// ISO/IEC 23009-1 §5.3.9.6.1: after a gap, `S@t` says where the timeline goes on.
fn runs(segments: &[(u64, u64)]) -> Vec<S> {
    let (mut runs, mut end): (Vec<S>, Option<u64>) = (Vec::new(), None);
    for &(start, duration) in segments {
        match runs.last_mut() {
            Some(run) if end == Some(start) && run.d == duration => run.r += 1,
            _ => {
                let t = (end != Some(start)).then_some(start);
                runs.push(S { t, d: duration, ..S::default() });
            }
        }
        end = Some(start.saturating_add(duration));
    }
    runs
}
