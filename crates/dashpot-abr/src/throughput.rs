//! The throughput rule: the highest rung that arrives in time.
//!
//! As in Sabre 2020 (Spiteri, Sitaraman and Sparacio, ACM Multimedia Systems 2018), which has it
//! from dash.js' throughput, insufficient-buffer and abandon-request rules.

use crate::{
    Decision, Entry, Outlook, Progress, Reason, Rule, Rung, View, fast_switching,
    insufficient::Insufficient,
};

pub(crate) const ENTRIES: &[Entry] = &[Entry {
    name: "throughput",
    follows: "Sabre's throughput rule",
    make: |params| fast_switching::with(Throughput::typed(params), params),
}];

/// The share of the estimate that is spent. The rest pays for segments above their nominal rate
/// and for an estimate that is late; dash.js and Sabre spend the same 90 %.
const SAFETY: f64 = 0.9;

/// A download that will take longer than this many of its own durations is given up; dash.js and
/// Sabre. With less, a segment above its nominal rate would be; with more, the buffer is gone.
const GIVE_UP_AFTER: f64 = 1.8;

/// For how long a download's own rate says nothing yet, in milliseconds; dash.js and Sabre.
const GRACE_MS: f64 = 500.0;

/// Picks the highest rung whose segment, at its nominal rate, arrives within its own duration:
/// latency and transfer at 90 % of the estimate together take no longer than it plays. While
/// there is little in the buffer it takes no rung that might not arrive before that is played.
///
/// It gives a download up where that would take 1.8 times as long as it plays and a lower rung
/// would be there sooner.
#[derive(Clone, Copy, Debug)]
pub struct Throughput {
    /// The share of the estimate that is spent, 0.9 by default.
    pub safety: f64,
    /// Longer than so many of its own durations no download takes, 1.8 by default.
    pub give_up_after: f64,
    insufficient: Option<Insufficient>,
}

impl Default for Throughput {
    fn default() -> Self {
        let insufficient = Some(Insufficient::default());
        Self { safety: SAFETY, give_up_after: GIVE_UP_AFTER, insufficient }
    }
}

impl Throughput {
    /// Returns one that never looks at the buffer.
    #[must_use]
    pub fn of_rate_alone() -> Self {
        Self { insufficient: None, ..Self::default() }
    }

    pub(crate) fn typed(params: &mut crate::Params<'_>) -> Self {
        let insufficient = Insufficient::typed(params);
        let safety = params.number("safety", SAFETY, 0.01..=2.0);
        let give_up_after = params.number("give-up-after", GIVE_UP_AFTER, 0.1..=1_000.0);
        Self { safety, give_up_after, insufficient }
    }

    /// Returns the rung to fetch in place of the one on its way, where that is hopeless.
    pub(crate) fn gives_up_for(&self, view: &View<'_>, progress: &Progress) -> Option<Rung> {
        let transfer_ms = progress.since_ms - progress.first_byte_ms;
        if progress.since_ms < GRACE_MS || transfer_ms <= 0.0 {
            return None;
        }
        let kbps = progress.bits_here / transfer_ms;
        let missing = progress.bits - progress.bits_here;
        if progress.since_ms + missing / kbps <= self.give_up_after * view.segment_ms {
            return None;
        }
        let rung = carried(view, kbps * self.safety).unwrap_or_default();
        let rate = |rung: Rung| view.ladder.get(rung.0).copied().unwrap_or_default();
        let bits = progress.bits * rate(rung) / rate(progress.rung);
        (rung < progress.rung && bits < missing).then_some(rung)
    }
}

impl Rule for Throughput {
    fn name(&self) -> &'static str {
        "throughput"
    }

    fn hears_arrivals(&self) -> bool {
        false
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        let Some(estimate) = view.throughput_kbps else {
            return Decision::now(Rung(0), Reason::NoEstimate);
        };
        let carried = carried(view, estimate * self.safety);
        let rung = carried.unwrap_or_default();
        if let Some(lower) = self.insufficient.as_mut().and_then(|rule| rule.cap(view, rung)) {
            return Decision::now(lower, Reason::InsufficientBuffer);
        }
        let fits = carried.map(|_| Reason::ThroughputFits);
        Decision::now(rung, fits.unwrap_or(Reason::ThroughputBelowLadder))
    }

    fn gives_up(&mut self, view: &View<'_>, progress: &Progress) -> bool {
        self.gives_up_for(view, progress).is_some()
    }

    /// If nothing more comes, the time taken and the time left at the rate so far grow together.
    fn patience_ms(&self, view: &View<'_>, progress: &Progress) -> f64 {
        let grace_ms = GRACE_MS - progress.since_ms;
        if progress.bits_here <= 0.0 {
            return grace_ms.max(0.0);
        }
        let missing = (progress.bits - progress.bits_here) / progress.bits_here;
        let transfer_ms = progress.since_ms - progress.first_byte_ms;
        let limit_ms = self.give_up_after * view.segment_ms;
        let spare_ms = (limit_ms - progress.since_ms - missing * transfer_ms) / (1.0 + missing);
        grace_ms.max(spare_ms - crate::bola::ROUNDING_MS).max(0.0)
    }

    /// At a steady pace the time taken and the time left are the same at every look.
    fn awaits(&self, view: &View<'_>, outlook: &Outlook) -> bool {
        let took_ms = outlook.first_byte_ms + outlook.transfer_ms;
        took_ms + crate::bola::ROUNDING_MS <= self.give_up_after * view.segment_ms
    }
}

/// Returns the highest rung whose segment at its nominal rate takes no longer to come than to play
/// at `kbps`; `None` where not even the lowest does.
pub(crate) fn carried(view: &View<'_>, kbps: f64) -> Option<Rung> {
    let fits = |rate: &&f64| {
        view.latency_ms + view.segment_ms * **rate / kbps <= view.segment_ms && 0.0 < kbps
    };
    view.ladder.iter().take_while(fits).count().checked_sub(1).map(Rung)
}

#[cfg(test)]
mod tests;
