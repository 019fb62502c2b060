//! The quality of experience of one chunk, as Pensieve and those after it count it.

/// What the quality of a rate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quality {
    /// The rate itself, in Mbit/s.
    Linear,
    /// The logarithm of the rate over the lowest one of the ladder.
    Logarithmic,
    /// Points for the step that a viewer sees from standard to high definition.
    Definition,
}

/// How a chunk is valued: its quality, less the time stalled for it, less the change of quality
/// from the chunk before.
///
/// Mao, Netravali and Alizadeh, "Neural Adaptive Video Streaming with Pensieve", SIGCOMM 2017,
/// table 1; the linear one with these weights goes back to Yin et al., SIGCOMM 2015.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChunkQoe {
    /// What the quality of a rate is.
    pub quality: Quality,
    /// What a second of stall costs.
    pub stall: f64,
    /// What a change of quality by one costs.
    pub change: f64,
}

/// Points of [`Quality::Definition`] by rate in kbit/s: those of the paper at the rates of its
/// ladder.
const POINTS: [(f64, f64); 6] =
    [(300.0, 1.0), (750.0, 2.0), (1_200.0, 3.0), (1_850.0, 12.0), (2_850.0, 15.0), (4_300.0, 20.0)];

impl ChunkQoe {
    /// `QoE_lin`: a second of stall costs what the paper's top rate, 4.3 Mbit/s, is worth.
    pub const LINEAR: Self = Self { quality: Quality::Linear, stall: 4.3, change: 1.0 };
    /// `QoE_log`: a second of stall costs what the paper's top rate is worth, `ln(4300 / 300)`.
    pub const LOGARITHMIC: Self = Self { quality: Quality::Logarithmic, stall: 2.66, change: 1.0 };
    /// `QoE_hd`.
    pub const DEFINITION: Self = Self { quality: Quality::Definition, stall: 8.0, change: 1.0 };

    /// Returns the quality of `kbps` on a ladder that begins at `lowest_kbps`, in units of which
    /// [`unit`](Self::unit) make one.
    ///
    /// For [`Quality::Linear`] it is the rate itself: sums of whole numbers of kbit/s are exact
    /// and equal plans are worth exactly the same, which they are not in Mbit/s. Between the
    /// rates that the paper gives points for, [`Quality::Definition`] is interpolated.
    #[must_use]
    pub fn value(&self, kbps: f64, lowest_kbps: f64) -> f64 {
        match self.quality {
            Quality::Linear => kbps,
            Quality::Logarithmic => libm::log(kbps / lowest_kbps),
            Quality::Definition => points(kbps),
        }
    }

    /// Returns how many of [`value`](Self::value) make one of quality.
    #[must_use]
    pub const fn unit(&self) -> f64 {
        match self.quality {
            Quality::Linear => 1_000.0,
            Quality::Logarithmic | Quality::Definition => 1.0,
        }
    }

    /// Returns the worth of chunks whose [values](Self::value) come to `values`, change by
    /// `changes` in all and stall for `stalled_s` seconds.
    #[must_use]
    pub fn sum(&self, values: f64, changes: f64, stalled_s: f64) -> f64 {
        values / self.unit() - self.stall * stalled_s - self.change * changes / self.unit()
    }

    /// Returns the worth of a chunk at `kbps` after one at `last_kbps`, for which playback stood
    /// still for `stalled_s` seconds, on a ladder that begins at `lowest_kbps`.
    #[must_use]
    pub fn of(&self, [last_kbps, kbps]: [f64; 2], lowest_kbps: f64, stalled_s: f64) -> f64 {
        let [last, value] = [last_kbps, kbps].map(|kbps| self.value(kbps, lowest_kbps));
        self.sum(value, (value - last).abs(), stalled_s)
    }
}

fn points(kbps: f64) -> f64 {
    let Some(above) = POINTS.iter().position(|(rate, _)| kbps <= *rate) else {
        return POINTS[POINTS.len() - 1].1;
    };
    let (rate, value) = POINTS[above];
    let Some((rate_below, value_below)) = above.checked_sub(1).map(|below| POINTS[below]) else {
        return value;
    };
    value_below + (value - value_below) * (kbps - rate_below) / (rate - rate_below)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(qoe: ChunkQoe, rates: [f64; 2], stalled_s: f64, expected: f64) {
        let got = qoe.of(rates, 300.0, stalled_s);
        assert!((got - expected).abs() < 1e-12, "{qoe:?} {rates:?} {stalled_s}: {got}");
    }

    #[test]
    fn a_chunk_is_worth_what_the_paper_says() {
        // 1.2 - 4.3 * 0.5 - |1.2 - 2.85| = -2.6.
        check(ChunkQoe::LINEAR, [2_850.0, 1_200.0], 0.5, -2.6);
        check(ChunkQoe::LINEAR, [300.0, 300.0], 0.0, 0.3);
        // ln 4 - 2.66 - (ln 4 - 0) = -2.66.
        check(ChunkQoe::LOGARITHMIC, [300.0, 1_200.0], 1.0, -2.66);
        check(ChunkQoe::LOGARITHMIC, [600.0, 600.0], 0.0, std::f64::consts::LN_2);
        // 12 - 8 * 0.25 - |12 - 3| = 1.
        check(ChunkQoe::DEFINITION, [1_200.0, 1_850.0], 0.25, 1.0);
        check(ChunkQoe::DEFINITION, [4_300.0, 9_000.0], 0.0, 20.0);
        check(ChunkQoe::DEFINITION, [100.0, 100.0], 0.0, 1.0);
        // Half-way between 1200 and 1850 kbit/s it is half-way between 3 and 12 points.
        check(ChunkQoe::DEFINITION, [1_525.0, 1_525.0], 0.0, 7.5);
    }
}
