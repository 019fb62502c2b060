//! The shapes.

use crate::{Row, UNLIMITED};
use dashpot_base::{Bitrate, Rng};
use std::time::Duration;

/// What a generated link is like. All are given the mean rate about which they move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Eight levels, each 1.4 times the one below; every second the link goes one up or one down
    /// with a chance of 15 % each.
    Markov,
    /// Two levels, a factor of 2 to 5 apart, that take turns of 15 to 60 s.
    Step,
    /// A cell: the rate's logarithm wanders and is drawn back to its mean with a time constant of
    /// 10 s and a deviation of 0.5, and about once a minute it fades to a tenth for 2 to 6 s.
    Lte,
    /// A steady link that is gone for 3 to 12 s every 30 to 90 s.
    Outage,
    /// Four stairs of five rates, 20 s each, one after the other: down and up, in two leaps, in
    /// spikes of 5 s, and a slow climb; the latency grows as the rate falls. What is tested with
    /// such profiles in conformance laboratories, with rates of our own.
    Profile,
}

/// A profile's stairs: rates as shares of the mean, and how many seconds each lasts.
const STAIRS: [&[(f64, u32)]; 4] = [
    &[(1.6, 20), (1.2, 20), (0.8, 20), (0.4, 20), (0.8, 20), (1.2, 20)],
    &[(1.7, 40), (0.3, 40)],
    &[(1.3, 25), (0.2, 5), (1.3, 25), (2.5, 5)],
    &[(0.3, 20), (0.6, 20), (0.9, 20), (1.4, 20), (1.9, 20)],
];

impl Kind {
    pub(super) const ALL: [Self; 5] =
        [Self::Markov, Self::Step, Self::Lte, Self::Outage, Self::Profile];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Markov => "markov",
            Self::Step => "step",
            Self::Lte => "lte",
            Self::Outage => "outage",
            Self::Profile => "profile",
        }
    }

    pub(super) fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }

    /// Returns the rows of `seconds`, about `kbps`.
    pub(super) fn rows(
        self,
        rng: &mut Rng,
        seconds: u32,
        kbps: f64,
        latency: Duration,
    ) -> Vec<Row> {
        let mut link = Maker { rng, kbps, latency, left: seconds, rows: Vec::new() };
        match self {
            Self::Markov => link.markov(),
            Self::Step => link.step(),
            Self::Lte => link.lte(),
            Self::Outage => link.outage(),
            Self::Profile => link.profile(),
        }
        link.rows
    }
}

struct Maker<'a> {
    rng: &'a mut Rng,
    kbps: f64,
    latency: Duration,
    /// Seconds that have no rows yet.
    left: u32,
    rows: Vec<Row>,
}

impl Maker<'_> {
    /// Adds up to `seconds` at a share of the mean rate.
    fn push(&mut self, seconds: u32, share: f64, latency: Duration) {
        let seconds = seconds.min(self.left);
        if seconds == 0 {
            return;
        }
        self.left -= seconds;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a cast from a float saturates, and below the greatest rate there is"
        )]
        let bps = (self.kbps * share * 1e3).round().max(0.0) as u64;
        let rate = Bitrate::from_bps(bps.min(UNLIMITED.bps() - 1));
        self.rows.push(Row { duration: Duration::from_secs(seconds.into()), rate, latency });
    }

    /// Draws whole seconds from `low` to `high`.
    fn seconds(&mut self, low: u32, high: u32) -> u32 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "below the width, which has 32 bits"
        )]
        let more = (self.rng.unit() * f64::from(high - low + 1)) as u32;
        low + more
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.rng.unit()
    }

    fn markov(&mut self) {
        const LEVELS: i32 = 8;
        const RATIO: f64 = 1.4;
        let middle = f64::from(LEVELS - 1) / 2.0;
        let mut level = LEVELS / 2;
        while 0 < self.left {
            let share = libm::pow(RATIO, f64::from(level) - middle);
            self.push(1, share, self.latency);
            let draw = self.rng.unit();
            let step = i32::from(draw < 0.15) - i32::from(0.85 < draw);
            level = (level + step).clamp(0, LEVELS - 1);
        }
    }

    fn step(&mut self) {
        let apart = self.between(2.0, 5.0).sqrt();
        let mut high = self.rng.unit() < 0.5;
        while 0 < self.left {
            let seconds = self.seconds(15, 60);
            self.push(seconds, if high { apart } else { 1.0 / apart }, self.latency);
            high = !high;
        }
    }

    fn lte(&mut self) {
        const DEVIATION: f64 = 0.5;
        const KEPT: f64 = 0.9;
        // What is lost of the variance each second is drawn anew, so that it stays what it is.
        let drawn = DEVIATION * (1.0 - KEPT * KEPT).sqrt();
        let mut log = DEVIATION * self.rng.normal();
        let mut fade = 0;
        while 0 < self.left {
            if fade == 0 && self.rng.unit() < 1.0 / 60.0 {
                fade = self.seconds(2, 6);
            }
            let faded = if fade == 0 { 1.0 } else { 0.1 };
            fade = fade.saturating_sub(1);
            let jitter = self.between(0.8, 1.6);
            // Less half the variance: the mean of the rate itself is to be what was asked for.
            let share = faded * libm::exp(log - DEVIATION * DEVIATION / 2.0);
            self.push(1, share, self.latency.mul_f64(jitter));
            log = KEPT * log + drawn * self.rng.normal();
        }
    }

    fn outage(&mut self) {
        while 0 < self.left {
            let steady = self.seconds(30, 90);
            let share = self.between(0.8, 1.2);
            self.push(steady, share, self.latency);
            let gone = self.seconds(3, 12);
            self.push(gone, 0.0, self.latency);
        }
    }

    fn profile(&mut self) {
        let mut stairs = self.seconds(0, 3) as usize;
        while 0 < self.left {
            for &(share, seconds) in STAIRS[stairs % STAIRS.len()] {
                self.push(seconds, share, self.latency.mul_f64(2.0 / (share + 0.5)));
            }
            stairs += 1;
        }
    }
}
