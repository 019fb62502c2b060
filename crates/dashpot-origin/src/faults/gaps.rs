//! Manifests that tell of segments that are missing.

use dashpot_base::{Seed, WallTime};
use dashpot_fault::{Facts, Fault, Injection, Object, Rule, decide};
use dashpot_mpd::{AdaptationSet, Representation, S, SegmentTimeline};

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
}

impl Gaps {
    /// Returns them where it is a manifest that is asked for, and there are any.
    pub(super) fn of<'a>(
        rules: impl Iterator<Item = &'a Rule>,
        seed: Seed,
        facts: &Facts<'_>,
    ) -> Option<Self> {
        if facts.object != Object::Mpd {
            return None;
        }
        let rules: Vec<Rule> = rules.filter(|rule| rule.fault == Fault::Gap).cloned().collect();
        (!rules.is_empty()).then(|| Self {
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
        let mut is_changed = false;
        for set in mpd.periods.iter_mut().flat_map(|period| &mut period.adaptation_sets) {
            is_changed |= self.in_set(set);
        }
        is_changed.then(|| mpd.write())
    }

    fn in_set(&self, set: &mut AdaptationSet) -> bool {
        let ids: Vec<String> =
            set.representations.iter().filter_map(|rep| rep.id.clone()).collect();
        let mut is_changed = false;
        if let Some(template) = &mut set.segment_template
            && let Some(timeline) = &mut template.segment_timeline
        {
            // One timeline for all: what one of them lacks, none is offered.
            let start = template.start_number.unwrap_or(1);
            is_changed |= self.in_timeline(timeline, start, &ids);
        }
        for Representation { id, segment_template, .. } in &mut set.representations {
            if let (Some(id), Some(template)) = (id, segment_template)
                && let Some(timeline) = &mut template.segment_timeline
            {
                let start = template.start_number.unwrap_or(1);
                is_changed |= self.in_timeline(timeline, start, std::slice::from_ref(id));
            }
        }
        is_changed
    }

    fn in_timeline(&self, timeline: &mut SegmentTimeline, start: u64, ids: &[String]) -> bool {
        let segments = segments(timeline);
        let kept: Vec<(u64, u64)> = (start..)
            .zip(&segments)
            .filter(|(number, (time, _))| !ids.iter().any(|id| self.lacks(id, *number, *time)))
            .map(|(_, segment)| *segment)
            .collect();
        let is_changed = kept.len() < segments.len();
        if is_changed {
            timeline.s = runs(&kept);
        }
        is_changed
    }

    fn lacks(&self, representation: &str, number: u64, time: u64) -> bool {
        let facts = Facts {
            object: Object::Segment,
            asset: &self.asset,
            representation: Some(representation),
            number: Some(number),
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
