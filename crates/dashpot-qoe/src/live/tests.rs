use super::*;
use crate::{Hold, SeekKind};

const MS: u64 = 1_000_000;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn at(live: &mut Live, t_ms: u64, event: Event) {
    live.add(&Record { at: MonoTime::from_nanos(t_ms * MS), event });
}

fn join(live: &mut Live, position: u64, latency: u64) {
    let target = ms(3_000);
    at(live, 0, Event::Join { position: ms(position), latency: ms(latency), target });
}

fn play(live: &mut Live, t_ms: u64, position: u64) {
    let (after, held) = (Hold::Stall, Duration::ZERO);
    at(live, t_ms, Event::Play { after, held, position: ms(position) });
}

fn speed(live: &mut Live, t_ms: u64, ratio: f64, position: u64) {
    let (reason, latency, buffer) = ("catching-up", Duration::ZERO, Duration::ZERO);
    let (speed, position) = (Speed::from_ratio(ratio), ms(position));
    at(live, t_ms, Event::Speed { speed, reason, position, latency, buffer });
}

fn done(live: &mut Live, t_ms: u64, position: u64) {
    at(live, t_ms, Event::Done { reason: "ended".to_owned(), position: ms(position) });
}

fn piece(number: u64, kbps: f64) -> Piece {
    let start = Duration::from_secs(2 * number);
    Piece { number, rung: 0, kbps, start, duration: ms(2_000), asked: MonoTime::ZERO }
}

fn measured(live: &Live, pieces: &[Piece], stalled: f64) -> Measures {
    let mut measures = Measures::default();
    live.measures(&mut measures, pieces, &[200.0, 1_000.0], stalled);
    measures
}

fn check(measures: &Measures, expected: &[(Metric, f64)]) {
    for (metric, expected) in expected {
        let got = measures.get(*metric).unwrap();
        assert!((got - expected).abs() < 1e-9, "{}: {got} instead of {expected}", metric.name());
    }
}

#[test]
fn a_film_that_was_there_has_no_latency() {
    let mut live = Live::default();
    play(&mut live, 500, 0);
    done(&mut live, 9_000, 8_500);
    assert_eq!(measured(&live, &[piece(0, 200.0)], 0.0), Measures::default());
}

#[test]
fn latency_grows_in_a_stall_and_shrinks_with_speed() {
    let mut live = Live::default();
    join(&mut live, 10_000, 3_000);
    // A second to start up, then 4 s of playing, 1 s of stall, 4 s at 1.25, 1 s at 1.
    play(&mut live, 1_000, 10_000);
    at(&mut live, 5_000, Event::Stall { position: ms(14_000) });
    play(&mut live, 6_000, 14_000);
    speed(&mut live, 6_000, 1.25, 14_000);
    speed(&mut live, 10_000, 1.0, 19_000);
    done(&mut live, 11_000, 20_000);
    let measures = measured(&live, &[], 1.0);
    // 4 s of latency for 4 s, from 4 to 5 s in one, from 5 back to 4 s in four, and another at 4 s.
    let mean = (4.0 * 4.0 + 4.5 + 4.5 * 4.0 + 4.0) / 10.0;
    check(
        &measures,
        &[
            (Metric::LiveLatencySeconds, mean),
            // Above 4.9 s it is for a tenth of the second of the stall and of the four after it.
            (Metric::LiveLatencyP95Seconds, 4.9),
            (Metric::LiveLatencyEndSeconds, 4.0),
            (Metric::PlaybackRate, (4.0 + 5.0 + 1.0) / 9.0),
            (Metric::PlaybackRateOff, 1.0 / 9.0),
            (Metric::RateChanges, 2.0),
            (Metric::Skips, 0.0),
        ],
    );
}

#[test]
fn a_skip_brings_the_latency_down_at_once() {
    let mut live = Live::default();
    join(&mut live, 0, 3_000);
    play(&mut live, 0, 0);
    at(&mut live, 1_000, Event::Stall { position: ms(1_000) });
    let (seek, latency) = (SeekKind::OutsideBuffer, ms(16_000));
    let skip = Event::Skip { seek, latency, from: ms(1_000), to: ms(14_000) };
    at(&mut live, 14_000, skip);
    play(&mut live, 15_000, 14_000);
    done(&mut live, 16_000, 15_000);
    check(
        &measured(&live, &[], 14.0),
        &[
            (Metric::LiveLatencyEndSeconds, 4.0),
            (Metric::Skips, 1.0),
            (Metric::LiveLatencySeconds, (3.0 + 13.0 * 9.5 + 3.5 + 4.0) / 16.0),
        ],
    );
}

#[test]
fn worth_follows_the_challenge() {
    let mut live = Live::default();
    // Joined in the middle of segment 1, a second behind; the playhead never sees segment 0.
    join(&mut live, 3_000, 1_000);
    play(&mut live, 0, 3_000);
    speed(&mut live, 1_000, 0.8, 4_000);
    done(&mut live, 4_000, 6_400);
    let pieces = [piece(0, 1_000.0), piece(1, 200.0), piece(2, 1_000.0), piece(3, 1_000.0)];
    // Segment 1 at a latency of 1 s; segment 2 at the same and 0.8 of the speed; segment 3 after
    // 2.5 s at that speed, half a second later.
    let first = 2.0 * 200.0 - 0.005 * 1_000.0;
    let second = 2.0 * 1_000.0 - 0.005 * 1_000.0 - 200.0 * 0.2 - 800.0;
    let third = 2.0 * 1_000.0 - 0.01 * 1_500.0 - 200.0 * 0.2;
    let worth = (first + second + third - 1_000.0 * 0.5) / (3.0 * 2.0 * 1_000.0);
    check(&measured(&live, &pieces, 0.5), &[(Metric::Nqoe, worth)]);
    assert_eq!(measured(&live, &[], 0.0).get(Metric::Nqoe), None);
}
