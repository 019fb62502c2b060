//! How long the segments of a strip last, one after the other: counted in passing, since a window of
//! hours has thousands of them.

use super::Strip;
use crate::catalogue::Frames;
use std::ops::Range;

/// Segments of one length, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// What each of them lasts, in ticks of its track.
    pub duration: u64,
    /// How many follow the first.
    pub more: u64,
}

impl Strip<'_> {
    /// Returns how long its parts of `segments` last, in its own ticks.
    #[must_use]
    pub fn runs(&self, segments: Range<u64>) -> Vec<Run> {
        let Some(more) = segments.end.checked_sub(segments.start).and_then(|n| n.checked_sub(1))
        else {
            return Vec::new();
        };
        match (self.each(), self.frames, self.reel.each()) {
            (Some(duration), _, _) => vec![Run { duration, more }],
            (None, Some(frames), Some(each)) => self.on_a_grid(frames, each, segments),
            (None, Some(_), None) => self.one_by_one(segments),
            (None, None, _) => self.by_fragments(segments),
        }
    }

    /// Counts frames of sound beside pictures that are cut evenly: the frame with which a segment
    /// begins is a division whose dividend grows by the same with each segment, so that what is left
    /// over from one is all that the next needs.
    fn on_a_grid(&self, frames: &Frames, each: u64, segments: Range<u64>) -> Vec<Run> {
        let (twice, divisor) = self.halves(frames);
        let dividend = self.reel.start(segments.start) * twice + divisor / 2;
        let step = u128::from(each) * twice;
        let (Some(whole), Some(mut rest)) =
            (step.checked_div(divisor), dividend.checked_rem(divisor))
        else {
            return self.one_by_one(segments);
        };
        let part = step % divisor;
        let less = u64::try_from(whole).unwrap_or(u64::MAX).saturating_mul(frames.duration);
        let more = less.saturating_add(frames.duration);
        let mut runs = Vec::new();
        for _ in segments {
            rest += part;
            if rest < divisor {
                push(&mut runs, less);
            } else {
                rest -= divisor;
                push(&mut runs, more);
            }
        }
        runs
    }

    /// Counts whole fragments that are cut unlike the pictures: of a pass, each is looked at once.
    fn by_fragments(&self, segments: Range<u64>) -> Vec<Run> {
        let (reel, fragments) = (&self.reel, &self.track.fragments);
        let mut start = self.start(segments.start);
        let (mut runs, mut at) = (Vec::new(), 0);
        let mut pass = self.pass_start(segments.start / reel.per_pass());
        let mut within = segments.start % reel.per_pass();
        for index in segments {
            within += 1;
            if within == reel.per_pass() {
                (at, within, pass) = (0, 0, self.pass_start(index / reel.per_pass() + 1));
            }
            let limit = u128::from(reel.begin(within)) * 2 * u128::from(self.track.timescale);
            while fragments.get(at).is_some_and(|one| self.middle(one) < limit) {
                at += 1;
            }
            let own = fragments.get(at).map_or(0, |fragment| fragment.start);
            let end = u64::try_from(pass + u128::from(own)).unwrap_or(u64::MAX);
            push(&mut runs, end.saturating_sub(start));
            start = end;
        }
        runs
    }

    fn one_by_one(&self, segments: Range<u64>) -> Vec<Run> {
        let (mut runs, mut start) = (Vec::new(), self.start(segments.start));
        for index in segments {
            let end = self.start(index + 1);
            push(&mut runs, end.saturating_sub(start));
            start = end;
        }
        runs
    }
}

fn push(runs: &mut Vec<Run>, duration: u64) {
    match runs.last_mut() {
        Some(run) if run.duration == duration => run.more += 1,
        Some(_) | None => runs.push(Run { duration, more: 0 }),
    }
}
