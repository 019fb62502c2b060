//! Presentations and settings that nobody sane would write.

use super::world::*;
use crate::{Config, Input};
use dashpot_base::{Bitrate, Machine as _, MediaTime, MonoTime};
use dashpot_mpd::timeline::{Kind, PeriodView, SegmentIndex, SegmentRef, SetView};
use proptest::prelude::*;
use std::time::Duration;

/// Spans from nothing to beyond what a clock can count.
fn ticks() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0..10_000_u64, 1 => Just(u64::MAX), 1 => Just(u64::MAX / 2), 1 => Just(0)]
}

fn segment() -> impl Strategy<Value = SegmentRef> {
    (ticks(), ticks(), any::<u64>()).prop_map(|(start, duration, number)| SegmentRef {
        number,
        start: MediaTime { ticks: start, timescale: 1_000 },
        duration: MediaTime { ticks: duration, timescale: 1_000 },
        url: url(&format!("v1/{number}.m4s")),
        range: None,
    })
}

fn set() -> impl Strategy<Value = SetView> {
    let kind = prop_oneof![
        Just((Kind::Video, "v1")),
        Just((Kind::Audio, "a1")),
        Just((Kind::Text, "s1")),
    ];
    let listed = || prop::option::weighted(0.8, prop::collection::vec(segment(), 0..8));
    let rate = || prop_oneof![Just(0), Just(u64::MAX), 1..5_000_000_u64];
    let reps = prop::collection::vec((rate(), listed()), 0..4);
    (kind, reps).prop_map(|((kind, name), reps)| {
        let reps = reps.into_iter().map(|(rate, refs)| match refs {
            None => rep(name, rate, needs_sidx(name)),
            Some(mut refs) => {
                refs.iter_mut().for_each(|it| it.url = it.url.replace("v1", name));
                rep(name, rate, SegmentIndex::Listed(refs))
            }
        });
        let representations = reps.collect();
        SetView { kind, representations, ..one_film().periods.remove(0).sets.remove(0) }
    })
}

fn period() -> impl Strategy<Value = PeriodView> {
    (ticks(), ticks(), prop::collection::vec(set(), 0..4)).prop_map(|(start, duration, sets)| {
        PeriodView {
            id: None,
            start: Duration::from_millis(start),
            duration: Duration::from_millis(duration),
            sets,
        }
    })
}

proptest! {
    #[test]
    fn no_presentation_makes_a_session_panic_or_spin(
        mut periods in prop::collection::vec(period(), 0..4),
        seek in prop::option::of(ticks()), buffer in ticks(), bola in any::<bool>(),
    ) {
        periods.sort_by_key(|period| period.start);
        let config = Config { buffer_max: Duration::from_millis(buffer), ..config() };
        let rule = dashpot_abr::by_name(if bola { "bola" } else { "throughput" });
        let mut world = World::new(config, presentation(periods), Bitrate::from_kbps(100_000));
        world.player.rule = rule.unwrap();
        world.feed(Input::Start);
        let mut steps = 0;
        let far = MonoTime::ZERO.after(Duration::from_secs(3_600));
        while world.done.is_none() && world.step(far) {
            steps += 1;
            prop_assert!(steps < 1_000, "spins at {}", world.now);
            if let Some(to) = seek.filter(|_| steps == 3) {
                world.feed(Input::Seek { to: Duration::from_millis(to) });
            }
        }
        // Nothing is left to wait for only where the end is beyond an hour away.
        prop_assert!(world.done.is_some() || world.player.wake_at().is_some());
    }

    #[test]
    fn no_setting_makes_a_session_panic_or_spin(
        spans in prop::collection::vec(ticks(), 8), retries_max in 0..3_u32,
    ) {
        let span = |at: usize| Duration::from_millis(spans[at]);
        let config = Config {
            startup: span(0),
            resume: span(1),
            buffer_max: span(2),
            stop_after_media: Some(span(3)),
            stop_after_time: Some(span(4)),
            request_timeout: span(5),
            retries_max,
            backoff_first: span(6),
            backoff_max: span(7),
            ..config()
        };
        let mut world = World::new(config, one_film(), Bitrate::from_kbps(3_000));
        world.feed(Input::Start);
        let mut steps = 0;
        while world.done.is_none() && world.step(MonoTime::ZERO.after(Duration::from_secs(3_600))) {
            steps += 1;
            prop_assert!(steps < 1_000, "spins at {}", world.now);
        }
        prop_assert!(world.done.is_some() || world.player.wake_at().is_some());
    }
}
