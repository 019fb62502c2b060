//! LoL+'s Dynamic Weight Selector: which of four concerns counts how much.

/// What a rung leads to, as things are; in seconds and kbit/s.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outlook<'a> {
    pub(super) ladder: &'a [f64],
    pub(super) segment_s: f64,
    pub(super) kbps: f64,
    pub(super) buffer_s: f64,
    pub(super) buffer_min_s: f64,
    pub(super) latency_s: f64,
    pub(super) target_s: f64,
    pub(super) speed: f64,
}

/// Concerns in the order of the map's: throughput, latency, stalls and changes.
pub(super) type Weights = [f64; 4];

/// The weights that are tried for each concern.
const STEPS: [f64; 5] = [0.2, 0.4, 0.6, 0.8, 1.0];

/// Up to this latency it is penalised mildly, in seconds.
const LATENCY_MILD_S: f64 = 1.1;

/// What a stall counts as at least, so that its weight tells where there is none, in seconds.
const STALL_S_MIN: f64 = 0.00001;

impl Outlook<'_> {
    /// Returns how long a segment of `rung` takes.
    pub(super) fn takes_s(&self, rung: usize) -> f64 {
        self.ladder[rung] * self.segment_s / self.kbps
    }

    /// Returns the buffer once a segment of `rung` is there.
    pub(super) fn buffer_after_s(&self, rung: usize) -> f64 {
        let takes_s = self.takes_s(rung);
        let gained_s = if self.segment_s < takes_s { 0.0 } else { 2.0 * self.segment_s - takes_s };
        self.buffer_s - self.segment_s + gained_s
    }

    /// Returns the quality of experience of one segment, as the challenge that LoL was written for
    /// has it: rate less penalties for stalls, latency and speed.
    fn experience(&self, rung: usize, stall_s: f64, latency_s: f64) -> f64 {
        let lowest = self.ladder.first().copied().unwrap_or_default();
        let top = self.ladder.last().copied().unwrap_or_default();
        let per_latency = if latency_s <= LATENCY_MILD_S { 0.05 * lowest } else { 0.1 * top };
        self.segment_s * self.ladder[rung]
            - top * stall_s
            - per_latency * latency_s
            - lowest * (1.0 - self.speed).abs()
    }

    /// Returns the weights with which the best rung looks best, where `latencies` are the map's and
    /// `before_s` was the latency at the last choice; `None` where latency or buffer forbid any.
    pub(super) fn weights(&self, latencies: &[f64], before_s: f64) -> Option<Weights> {
        let off_s = (self.latency_s - before_s).abs();
        if self.target_s + off_s < self.latency_s {
            return None;
        }
        let mut best: Option<(f64, Weights)> = None;
        for (rung, latency) in latencies.iter().enumerate() {
            let buffer_s = self.buffer_after_s(rung);
            if buffer_s < self.buffer_min_s {
                continue;
            }
            let stall_s = (self.takes_s(rung) - buffer_s).max(STALL_S_MIN);
            // Weights of throughput and changes do not enter the experience, so that the first of
            // those that are tried stand for all.
            for (by_latency, by_stall) in
                STEPS.iter().flat_map(|&a| STEPS.iter().map(move |&b| (a, b)))
            {
                let value = self.experience(rung, stall_s / by_stall, latency / by_latency);
                if best.is_none_or(|(best, _)| best < value) {
                    best = Some((value, [STEPS[0], by_latency, by_stall, STEPS[0]]));
                }
            }
        }
        best.map(|(_, weights)| weights)
    }
}
