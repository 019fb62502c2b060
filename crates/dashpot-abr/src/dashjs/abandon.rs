//! dash.js' `AbandonRequestsRule`: no download that takes much longer than it plays.

use crate::{Params, Progress, Rung, View, measure::count};

/// What is known of the download on its way.
#[derive(Clone, Debug)]
pub(super) struct Abandon {
    settings: Settings,
    /// Index and rung of the download that the samples are of.
    of: Option<(usize, Rung)>,
    rates: f64,
    samples: usize,
    /// The segment that was given up last; none is given up twice.
    given_up: Option<usize>,
}

#[derive(Clone, Copy, Debug)]
struct Settings {
    durations: f64,
    grace_ms: f64,
    samples: usize,
}

impl Abandon {
    pub(super) fn new(params: &mut Params<'_>) -> Self {
        let settings = Settings {
            durations: params.number("abandon", 1.8, 0.1..=100.0),
            grace_ms: params.number("grace", 500.0, 0.0..=1e6),
            samples: params.count("looks", 6, 1..=1_000),
        };
        Self { settings, of: None, rates: 0.0, samples: 0, given_up: None }
    }

    /// Says whether nothing more is to be learnt of this download.
    pub(super) fn has_decided(&self, progress: &Progress) -> bool {
        progress.rung == Rung(0) || self.given_up == Some(progress.index)
    }

    /// Returns the rung to flee to, `None` to go on.
    pub(super) fn flees(
        &mut self,
        view: &View<'_>,
        progress: &Progress,
        stable_ms: f64,
    ) -> Option<Rung> {
        if stable_ms < view.buffer_ms || self.given_up == Some(progress.index) {
            return None;
        }
        let streamed_ms = progress.since_ms - progress.first_byte_ms;
        let kbps = self.sample(progress, streamed_ms)?;
        let is_late = self.settings.grace_ms < streamed_ms && progress.bits_here < progress.bits;
        let duration_ms = view.film.segment_ms(progress.index);
        let takes_too_long = self.settings.durations * duration_ms <= progress.bits / kbps;
        if !is_late || !takes_too_long || progress.rung == Rung(0) {
            return None;
        }
        let rung = view.rung_below(kbps);
        let rate = *view.ladder.get(progress.rung.0)?;
        let other_bits = progress.bits * view.ladder[rung.0] / rate;
        let is_shorter = other_bits < progress.bits - progress.bits_here;
        is_shorter.then(|| {
            self.given_up = Some(progress.index);
            rung
        })
    }

    /// Returns the mean of the rates at each look since the first byte, once there are enough.
    fn sample(&mut self, progress: &Progress, streamed_ms: f64) -> Option<f64> {
        let of = (progress.index, progress.rung);
        if self.of != Some(of) {
            (self.of, self.rates, self.samples) = (Some(of), 0.0, 0);
        }
        if let Some(rate) = crate::measure::kbps(progress.bits_here, streamed_ms) {
            self.rates += rate.round();
            self.samples += 1;
        }
        let kbps = (self.rates / count(self.samples)).round();
        (self.settings.samples <= self.samples && 0.0 < kbps).then_some(kbps)
    }
}
