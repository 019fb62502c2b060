//! Sessions of a film that comes into being while it is played.

use super::*;
use dashpot_qoe::{Measures, Metric, Tracker};

const LADDER: [f64; 4] = [300.0, 750.0, 1_500.0, 3_000.0];

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A viewer who comes in the middle of the second segment but one.
fn watching(rule: Box<dyn Rule>, trace: &str, chunk: Duration) -> Lab {
    let live = Live { target: ms(3_000), chunk, on_air: ms(5_400) };
    Lab { live: Some(live), ..lab(rule, trace) }
}

fn records(lab: Lab) -> (Outcome, Vec<Record>) {
    let mut records = Vec::new();
    let outcome = lab.observed(|record| records.push(record.clone()));
    (outcome, records)
}

fn measured(lab: Lab) -> (Outcome, Measures) {
    let mut tracker = Tracker::new();
    let outcome = lab.observed(|record| tracker.add(record));
    let measures = tracker.measures(&outcome.summary, &LADDER);
    (outcome, measures)
}

#[test]
fn law_on_an_ample_link_every_rule_holds_the_target_within_a_segment() {
    for name in dashpot_abr::names() {
        for chunk in [0, 200, 500] {
            let session = watching(by_name(name).unwrap(), "1000,20000,20", ms(chunk));
            let (outcome, measures) = measured(session);
            let figure = |metric| measures.get(metric).unwrap();
            assert_eq!(outcome.done, Some(DoneReason::Ended), "{name} {chunk}");
            for metric in [
                Metric::LiveLatencySeconds,
                Metric::LiveLatencyP95Seconds,
                Metric::LiveLatencyEndSeconds,
            ] {
                let off = (figure(metric) - 3.0).abs();
                assert!(off < 2.0, "{name} {chunk}: {} is {}", metric.name(), figure(metric));
            }
            assert!(figure(Metric::Skips) < 0.5, "{name} {chunk}");
            // The film is of two minutes, of which 2.4 s were over at the beginning.
            assert_eq!(outcome.summary.played_ms, 117_600, "{name} {chunk}");
            let shown = outcome.summary.rungs.iter().map(|rung| rung.played_ms).sum::<u64>();
            assert!(shown.abs_diff(117_600) < 10, "{name} {chunk}: {shown} ms of known rungs");
        }
    }
}

/// Returns where the playhead is by what a record says.
fn position(event: &Event) -> Option<Duration> {
    if let Event::Play { position, .. }
    | Event::Stall { position }
    | Event::Speed { position, .. }
    | Event::Done { position, .. } = event
    {
        return Some(*position);
    }
    None
}

#[test]
fn law_nothing_arrives_or_is_played_before_it_was_captured() {
    for name in ["throughput", "bola", "l2a", "lolp"] {
        for chunk in [0, 500] {
            let session = watching(by_name(name).unwrap(), "5000,9000,20\n7000,500,60", ms(chunk));
            let (_, records) = records(session);
            let mut segments = 0;
            for Record { at, event } in &records {
                let edge = ms(5_400) + at.since(MonoTime::ZERO);
                let played_to = position(event);
                assert!(played_to <= Some(edge), "{name} {chunk}: {event:?} at {at:?}");
                if let Event::Segment { start, duration, .. } = event {
                    assert!(*start + *duration <= edge, "{name} {chunk}: {event:?} at {at:?}");
                    segments += 1;
                }
            }
            assert!(30 < segments, "{name} {chunk}: {segments} segments");
        }
    }
}

#[test]
fn law_the_same_session_is_the_same_and_so_is_that_of_a_viewer_alone_on_a_shared_link() {
    for name in ["dynamic", "l2a", "lolp"] {
        let session = || Lab {
            loss_ratio: 0.02,
            begins: ms(3_456),
            ..watching(by_name(name).unwrap(), "4000,5000,20\n3000,400,60", ms(500))
        };
        let (outcome, said) = records(session());
        assert_eq!(records(session()).1, said, "{name}");
        assert_eq!(session().run().summary, outcome.summary, "{name}");
        let mut heard = Vec::new();
        drop(shared_observed(vec![session()], |_, record| heard.push(record.clone())));
        assert_eq!(heard, said, "{name}");
    }
}

#[test]
fn a_link_that_waits_for_the_encoder_is_not_taken_for_a_slow_one() {
    // All that the estimator could get wrong by waiting would be to say less than there is.
    let session = watching(by_name("throughput").unwrap(), "1000,5000,0", ms(200));
    let mut estimates = Vec::new();
    let _outcome = session.observed(|record| {
        if let Event::Rung { throughput: Some(rate), .. } = record.event {
            estimates.push(rate.bps());
        }
    });
    assert!(50 < estimates.len());
    let is_right = |bps: &u64| (4_950_000..5_050_000).contains(bps);
    assert!(estimates.iter().all(is_right), "{estimates:?}");
}

#[test]
fn chunks_are_played_before_their_segment_is_whole() {
    let live = Live { target: ms(1_000), chunk: ms(200), on_air: ms(5_400) };
    let session = |chunk| Lab {
        live: Some(Live { chunk: ms(chunk), ..live }),
        ..lab(by_name("throughput").unwrap(), "1000,20000,20")
    };
    let (chunked, measures) = measured(session(200));
    assert_eq!(chunked.summary.stalls, 0);
    let latency = measures.get(Metric::LiveLatencyP95Seconds).unwrap();
    assert!(latency < 1.2, "{latency}");
    // A segment that comes whole is as old as it is long by then: playback catches up with it and
    // waits for the next one.
    let (whole, _) = measured(session(0));
    assert!(50 < whole.summary.stalls, "{:?}", whole.summary);
}

#[test]
fn rules_that_go_by_the_buffer_know_how_little_of_it_there_can_be() {
    for name in ["bola-basic", "bola", "bolae", "bba-0", "quetra"] {
        let live = Live { target: ms(6_000), chunk: ms(500), on_air: ms(8_400) };
        let ample = lab(by_name(name).unwrap(), "1000,20000,20");
        let (outcome, _) = measured(Lab { live: Some(live), ..ample });
        let bps = outcome.summary.average_bitrate_bps;
        assert!(Some(700_000) < bps, "{name}: {bps:?}");
    }
}

#[test]
fn a_session_that_fell_too_far_behind_goes_on_at_its_target() {
    for chunk in [0, 500] {
        let session = watching(
            by_name("throughput").unwrap(),
            "20000,6000,20\n20000,1,20\n80000,6000,20",
            ms(chunk),
        );
        let (outcome, measures) = measured(session);
        assert_eq!(outcome.done, Some(DoneReason::Ended));
        let skips = measures.get(Metric::Skips).unwrap();
        assert!((1.0..=2.0).contains(&skips), "{skips}");
        let latency = measures.get(Metric::LiveLatencyEndSeconds).unwrap();
        assert!((2.5..3.5).contains(&latency), "{latency}");
        assert!(outcome.summary.played_ms < 110_000, "{outcome:?}");
    }
}

#[test]
fn a_rule_may_keep_its_speed_and_is_kept_to_the_bounds() {
    #[derive(Debug)]
    struct Eager(f64);
    impl Rule for Eager {
        fn name(&self) -> &'static str {
            "eager"
        }

        fn decide(&mut self, view: &View<'_>) -> Decision {
            assert!(view.live.is_some() && view.film.count().is_none());
            Decision::now(Rung(0), Reason::NoEstimate)
        }

        fn speed(&mut self, _: &View<'_>) -> Option<f64> {
            Some(self.0)
        }
    }
    for (asked, lowest, highest) in
        [(1.0, 0.999_999, 1.000_001), (0.1, 0.499, 0.501), (9.0, 1.2, 1.500_001)]
    {
        let session = watching(Box::new(Eager(asked)), "1000,20000,20", ms(500));
        let session = Lab { stop_after_time: Some(Duration::from_secs(20)), ..session };
        let mut speeds = Vec::new();
        let _outcome = session.observed(|record| {
            if let Event::Speed { speed, .. } = record.event {
                speeds.push(speed.ratio());
            }
        });
        assert!(speeds.iter().all(|speed| (lowest..highest).contains(speed)), "{speeds:?}");
        assert_eq!(speeds.is_empty(), (asked - 1.0).abs() < 1e-9, "{asked}");
    }
}
