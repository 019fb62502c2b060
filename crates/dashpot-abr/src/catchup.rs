//! Live catch-up: the playback rate that leads a session back to its target latency.
//!
//! dash.js 5.1, `CatchupController` (BSD-3-Clause): its default mode, and that of LoL+ (Bentaleb,
//! Akcay, Lim, Begen and Zimmermann, "Catching the Moment with LoL+ in Twitch-Like Low-Latency Live
//! Streaming Platforms", IEEE Transactions on Multimedia 2021). A driver that allows less changes of
//! speed than these bounds them on its own.

use crate::{Live, Params, View};

const MS_PER_S: f64 = 1_000.0;

/// Steepness of the curve: a second off target is next to as fast as allowed.
const STEEPNESS: f64 = 5.0;

/// Changes of speed below this share of the largest are not worth the trouble; dash.js has 0.02 of
/// a largest change of 0.5.
const CHANGE_MIN: f64 = 0.04;

/// How close to its target, relative to it, LoL+ takes latency to be right.
const RIGHT: f64 = 0.02;

/// After a stall playback is not sped up until this share of the target latency is buffered: it
/// would run into the next one.
const RECOVERED: f64 = 0.5;

/// How far playback is slowed down and sped up, and whether it has got over its last stall. The
/// default is dash.js's: from half to one and a half times the film's own rate.
#[derive(Clone, Copy, Debug)]
pub struct CatchUp {
    slow: f64,
    fast: f64,
    buffer_min_ms: f64,
    is_stalled: bool,
}

impl Default for CatchUp {
    fn default() -> Self {
        Self::new(&mut Params::default())
    }
}

impl CatchUp {
    pub(crate) fn new(params: &mut Params<'_>) -> Self {
        Self {
            slow: params.number("slow-down", 0.5, 0.0..=0.9),
            fast: params.number("speed-up", 0.5, 0.0..=1.0),
            buffer_min_ms: params.number("catchup-buffer", 500.0, 0.0..=1e5),
            is_stalled: false,
        }
    }

    /// Returns the speed by latency alone, 1 being the film's own.
    pub fn by_latency(&mut self, view: &View<'_>) -> f64 {
        let Some(live) = view.live else { return 1.0 };
        if !view.is_playing {
            self.is_stalled = true;
            return 1.0;
        }
        self.is_stalled &= view.buffer_ms <= RECOVERED * live.target_ms;
        let off_ms = live.latency_ms - live.target_ms;
        if self.is_stalled && 0.0 < off_ms {
            return 1.0;
        }
        self.settled(live, self.curve(off_ms))
    }

    /// Returns the speed by the buffer where that is in danger, and by latency otherwise.
    pub(crate) fn by_buffer_and_latency(&self, view: &View<'_>) -> f64 {
        let Some(live) = view.live else { return 1.0 };
        let off_ms = live.latency_ms - live.target_ms;
        let speed = if view.buffer_ms < self.buffer_min_ms {
            self.curve(view.buffer_ms - self.buffer_min_ms)
        } else if off_ms.abs() <= RIGHT * live.target_ms {
            1.0
        } else {
            self.curve(off_ms)
        };
        self.settled(live, speed)
    }

    /// Returns the speed for being off by this: 1 where that is nothing.
    fn curve(&self, off_ms: f64) -> f64 {
        let most = if off_ms < 0.0 { self.slow } else { self.fast };
        let share = 2.0 / (1.0 + libm::exp(-STEEPNESS * off_ms / MS_PER_S));
        1.0 - most + most * share
    }

    /// Returns the speed in force where `speed` is next to it.
    fn settled(&self, live: Live, speed: f64) -> f64 {
        if !speed.is_finite() {
            return 1.0;
        }
        let is_close = (live.speed - speed).abs() < CHANGE_MIN * self.fast;
        let is_normal = (speed - 1.0).abs() < f64::EPSILON;
        if is_close && !is_normal { live.speed } else { speed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{film, view};
    use proptest::prelude::*;

    fn catch_up() -> CatchUp {
        CatchUp::new(&mut Params::parse("").unwrap())
    }

    fn near(got: f64, expected: f64) {
        assert!((got - expected).abs() < 1e-6, "{got} instead of {expected}");
    }

    #[test]
    fn after_a_stall_it_waits_for_half_of_the_target() {
        let ladder = [100.0];
        let film = film(&ladder, 1_000.0);
        let live = Some(Live { latency_ms: 5_000.0, target_ms: 3_000.0, speed: 1.0 });
        let mut catch_up = catch_up();
        let mut check = |is_playing, buffer_ms, expected| {
            let view = View { live, is_playing, buffer_ms, ..view(&ladder, &film) };
            near(catch_up.by_latency(&view), expected);
        };
        check(true, 1_000.0, 1.499_955);
        check(false, 0.0, 1.0);
        check(true, 1_500.0, 1.0);
        check(true, 1_501.0, 1.499_955);
        check(true, 1_000.0, 1.499_955);
    }

    fn speeds(latency_ms: f64, speed: f64, buffer_ms: f64) -> (f64, f64) {
        let (ladder, live) = ([100.0], Some(Live { latency_ms, target_ms: 3_000.0, speed }));
        let film = film(&ladder, 1_000.0);
        let view = View { live, buffer_ms, ..view(&ladder, &film) };
        (catch_up().by_latency(&view), catch_up().by_buffer_and_latency(&view))
    }

    #[test]
    fn speed_follows_latency() {
        let check = |latency_ms, speed, expected| {
            let (plain, guarded) = speeds(latency_ms, speed, 2_000.0);
            near(plain, expected);
            near(guarded, expected);
        };
        check(3_000.0, 1.3, 1.0);
        // Half a second off: 1 / (1 + e^-2.5) = 0.924142, 0.5 + 0.924142.
        check(3_500.0, 1.0, 1.424_142);
        check(2_500.0, 1.0, 0.575_858);
        check(99_000.0, 1.0, 1.5);
        check(0.0, 1.0, 0.5);
        // A change of less than 0.02 is none.
        check(3_500.0, 1.41, 1.41);
        check(3_500.0, 1.40, 1.424_142);
    }

    #[test]
    fn a_thin_buffer_slows_down_and_a_latency_that_is_nearly_right_is_right() {
        // 0.2 s too little: 1 / (1 + e) = 0.268941.
        near(speeds(9_000.0, 1.0, 300.0).1, 0.768_941);
        // 2 % of 3 s.
        near(speeds(3_060.0, 1.2, 2_000.0).1, 1.0);
        // 61 ms: 1 / (1 + e^-0.305) = 0.575664.
        near(speeds(3_061.0, 1.0, 2_000.0).1, 1.075_664);
    }

    #[test]
    fn a_film_and_a_stalled_session_keep_their_speed() {
        let ladder = [100.0];
        let film = film(&ladder, 1_000.0);
        near(catch_up().by_latency(&view(&ladder, &film)), 1.0);
        near(catch_up().by_buffer_and_latency(&view(&ladder, &film)), 1.0);
        let live = Some(Live { latency_ms: 9_000.0, target_ms: 3_000.0, speed: 1.0 });
        let stalled = View { live, is_playing: false, ..view(&ladder, &film) };
        near(catch_up().by_latency(&stalled), 1.0);
    }

    proptest! {
        #[test]
        fn law_more_latency_never_means_slower(a in 0.0..20_000.0_f64, b in 0.0..20_000.0_f64) {
            let at = |latency_ms| speeds(latency_ms, 5.0, 2_000.0).0;
            prop_assert!(at(a.min(b)) <= at(a.max(b)));
        }
    }
}
