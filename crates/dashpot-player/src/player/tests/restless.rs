//! Rules that wait, give up and fetch again as they please.

use super::world::*;
use crate::{Config, DoneReason, Failure, Input};
use dashpot_abr::{Decision, Progress, Reason, Rule, Rung, View};
use dashpot_base::Bitrate;
use dashpot_qoe::Event;
use proptest::prelude::*;
use std::time::Duration;

/// A rule whose every answer is drawn beforehand.
#[derive(Debug)]
struct Drawn {
    /// Over and over: the rung, the delay in milliseconds, and which segment to fetch again.
    choices: Vec<(usize, f64, Option<usize>)>,
    next: usize,
    patience_ms: f64,
    gives_up: bool,
}

impl Drawn {
    fn choice(&self) -> (usize, f64, Option<usize>) {
        self.choices[self.next % self.choices.len()]
    }
}

impl Rule for Drawn {
    fn name(&self) -> &'static str {
        "drawn"
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        self.next += 1;
        let (rung, delay_ms, _) = self.choice();
        let rung = Rung(rung).min(view.top());
        Decision { delay_ms, ..Decision::now(rung, Reason::NoEstimate) }
    }

    fn waited(&mut self, ms: f64) {
        assert!(0.0 < ms);
    }

    fn patience_ms(&self, _: &View<'_>, _: &Progress) -> f64 {
        self.patience_ms
    }

    fn gives_up(&mut self, _: &View<'_>, progress: &Progress) -> bool {
        assert!(progress.bits_here < progress.bits);
        self.gives_up
    }

    fn may_replace(&self) -> bool {
        true
    }

    fn replaces(&mut self, _: &View<'_>, buffered: &[Rung], _: Rung) -> Option<usize> {
        let (.., nth) = self.choice();
        nth.filter(|nth| *nth <= buffered.len())
    }
}

fn delay() -> impl Strategy<Value = f64> {
    prop_oneof![
        3 => Just(0.0),
        2 => 0.0..9_000.0,
        1 => Just(f64::INFINITY),
        1 => Just(f64::NAN),
        1 => Just(-1.0),
    ]
}

fn rule() -> impl Strategy<Value = Drawn> {
    let choice = (0..4_usize, delay(), prop::option::of(0..6_usize));
    let patience = prop_oneof![Just(0.0), 0.0..3_000.0, Just(f64::INFINITY), Just(f64::NAN)];
    (prop::collection::vec(choice, 1..12), patience, any::<bool>()).prop_map(
        |(choices, patience_ms, gives_up)| Drawn { choices, next: 0, patience_ms, gives_up },
    )
}

proptest! {
    /// The laws: those asserted in the player and in the world, an end, and nothing played twice
    /// or not at all.
    #[test]
    fn whatever_a_rule_wishes_the_film_is_played_once_and_the_session_ends(
        rule in rule(), kbps in 200..9_000_u64, buffer_s in 3..30_u64, fails in any::<bool>(),
        seek_s in prop::option::of(0..60_u64), sidx in any::<bool>(),
    ) {
        let index = if sidx { |name: &str, _| needs_sidx(name) } else { listed };
        let periods = vec![film(0, 24, index), film(24, 24, listed)];
        let config = Config {
            buffer_max: Duration::from_secs(buffer_s),
            retries_max: 1_000,
            ..config()
        };
        let mut world = World::new(config, presentation(periods), Bitrate::from_kbps(kbps));
        world.player.rule = Box::new(rule);
        world.tells_first_bytes = true;
        if fails {
            world.fails = |_, tries| tries.is_multiple_of(3).then_some(Failure::Truncated);
        }
        world.feed(Input::Start);
        if let Some(to) = seek_s {
            world.run_until(5);
            if world.done.is_none() {
                world.feed(Input::Seek { to: Duration::from_secs(to) });
            }
        }
        let world = world.run();
        prop_assert_eq!(&world.done, &Some(DoneReason::Ended), "{}", world.lines());
        let late = world.log.iter().filter(|it| matches!(it.event, Event::Replace { .. })).count();
        let summary = world.summary();
        if seek_s.is_none() {
            prop_assert_eq!(summary.played_ms, 48_000, "{} replaced", late);
            let shown = summary.rungs.iter().map(|share| share.played_ms).sum::<u64>();
            prop_assert!(48_000 - shown < 20, "{shown} ms of video");
        }
        prop_assert!(summary.wasted_bytes + summary.unplayed_bytes <= summary.downloaded_bytes);
    }
}
