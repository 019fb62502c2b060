use super::*;
use crate::{Hold, Session};
use dashpot_base::{Bitrate, ByteSize};

const MS: u64 = 1_000_000;

/// A tracker with the session whose summary it needs.
#[derive(Default)]
struct Both(Tracker, Session);

impl Both {
    fn add(&mut self, record: &Record) {
        self.0.add(record);
        self.1.add(record);
    }
}

fn at(ms: u64, event: Event) -> Record {
    Record { at: MonoTime::from_nanos(ms * MS), event }
}

const LADDER: [f64; 6] = [300.0, 750.0, 1_200.0, 1_850.0, 2_850.0, 4_300.0];

/// Chooses and fetches a segment of 4 s at `rung` in 1 s, of which the first byte takes 200 ms.
fn segment(tracker: &mut Both, ms: u64, number: u64, rung: usize, estimate: Option<u64>) {
    let bitrate = Bitrate::from_kbps([300, 750, 1_200, 1_850, 2_850, 4_300][rung]);
    let (media, buffer) = (Media::Video, Duration::ZERO);
    let throughput = estimate.map(Bitrate::from_kbps);
    let reason = "buffer-score";
    tracker.add(&at(ms, Event::Rung { rung, reason, media, bitrate, buffer, throughput }));
    tracker.add(&at(
        ms + 1_000,
        Event::Segment {
            media,
            rung,
            bitrate,
            number,
            start: Duration::from_secs(4 * number),
            duration: Duration::from_secs(4),
            // 800 kbit in 800 ms: 1000 kbit/s.
            size: ByteSize::new(100_000),
            took: Duration::from_secs(1),
            first_byte_after: Duration::from_millis(200),
            idle: Duration::ZERO,
            buffer,
            cache_status: None,
        },
    ));
}

fn play(tracker: &mut Both, ms: u64, after: Hold, held: u64, position: u64) {
    let (held, position) = (Duration::from_millis(held), Duration::from_millis(position));
    tracker.add(&at(ms, Event::Play { after, held, position }));
}

/// Five segments at rungs 0, 2, 1, 1, 5, and a stall of 2 s before the third.
fn session() -> Both {
    let mut tracker = Both::default();
    segment(&mut tracker, 0, 0, 0, None);
    play(&mut tracker, 1_000, Hold::Startup, 1_000, 0);
    segment(&mut tracker, 1_000, 1, 2, Some(1_500));
    tracker.add(&at(9_000, Event::Stall { position: Duration::from_secs(8) }));
    segment(&mut tracker, 9_000, 2, 1, Some(900));
    play(&mut tracker, 11_000, Hold::Stall, 2_000, 8_000);
    segment(&mut tracker, 11_000, 3, 1, Some(1_000));
    segment(&mut tracker, 12_000, 4, 5, Some(1_000));
    let position = Duration::from_secs(20);
    tracker.add(&at(23_000, Event::Done { reason: "ended".to_owned(), position }));
    tracker
}

#[test]
fn figures_are_those_worked_out_by_hand() {
    let Both(tracker, session) = session();
    let summary = session.summary(MonoTime::from_nanos(23_000 * MS));
    let measures = tracker.measures(&summary, &LADDER);
    let check = |metric: Metric, expected: Option<f64>| {
        let found = measures.get(metric);
        let near = match (found, expected) {
            (Some(found), Some(expected)) => (found - expected).abs() < 1e-9,
            (None, None) => true,
            _ => false,
        };
        assert!(near, "{}: {found:?}, expected {expected:?}", metric.name());
    };
    check(Metric::BitrateKbps, Some((300.0 + 1_200.0 + 750.0 * 2.0 + 4_300.0) / 5.0));
    check(Metric::StallRatio, Some(2.0 / 22.0));
    check(Metric::Stalls, Some(1.0));
    check(Metric::StallSeconds, Some(2.0));
    check(Metric::StallMeanSeconds, Some(2.0));
    check(Metric::StallLongestSeconds, Some(2.0));
    check(Metric::StartupSeconds, Some(1.0));
    check(Metric::PlayedSeconds, Some(20.0));
    check(Metric::SwitchesPerMinute, Some(9.0));
    check(Metric::Ups, Some(2.0));
    check(Metric::Downs, Some(1.0));
    check(Metric::SwitchKbps, Some((900.0 + 450.0 + 3_550.0) / 4.0));
    let ln = |a: f64, b: f64| libm::log(a / b);
    let ln_changes = ln(1_200.0, 300.0) + ln(1_200.0, 750.0) + ln(4_300.0, 750.0);
    check(Metric::SwitchLn, Some(ln_changes / 4.0));
    // Down 4 s after up, and up 8 s after down.
    check(Metric::Oscillations, Some(2.0));
    check(Metric::DownloadedBytes, Some(500_000.0));
    check(Metric::WasteRatio, Some(0.0));
    check(Metric::UnplayedBytes, Some(0.0));
    check(Metric::EstimateError, Some((0.5 + 0.1) / 4.0));
    check(Metric::EstimateOver, Some(0.25));
    check(Metric::QoeLin, Some((7.0 - 4.3 * 2.0 - 4.9) / 4.0));
    let ln_sum = ln(1_200.0, 300.0) + 2.0 * ln(750.0, 300.0) + ln(4_300.0, 300.0);
    check(Metric::QoeLog, Some((ln_sum - 2.66 * 2.0 - ln_changes) / 4.0));
    check(Metric::QoeHd, Some((3.0 + 2.0 + 2.0 + 20.0 - 16.0 - (2.0 + 1.0 + 18.0)) / 4.0));
    check(Metric::SabreScore, Some((ln_sum - 5.0 * 2.0 / 4.0) / 5.0));
    check(Metric::ReactionSeconds, None);
    let stall = (Duration::from_secs(8), Duration::from_secs(2));
    assert_eq!(tracker.stalls(), [stall]);
}

#[test]
fn a_session_of_nothing_has_no_rates_and_no_scores() {
    let summary = Session::new().summary(MonoTime::ZERO);
    let measures = Tracker::new().measures(&summary, &LADDER);
    for metric in [Metric::BitrateKbps, Metric::QoeLin, Metric::WasteRatio, Metric::SwitchLn] {
        assert_eq!(measures.get(metric), None, "{}", metric.name());
    }
    assert_eq!(measures.get(Metric::PlayedSeconds), Some(0.0));
}

#[test]
fn a_segment_fetched_again_counts_once_and_as_the_last() {
    let mut tracker = Both::default();
    segment(&mut tracker, 0, 0, 0, None);
    segment(&mut tracker, 1_000, 1, 0, None);
    segment(&mut tracker, 2_000, 1, 3, None);
    let rungs = tracker.0.pieces().iter().map(|piece| piece.rung).collect::<Vec<_>>();
    assert_eq!(rungs, [0, 3]);
}
