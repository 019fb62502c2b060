use super::*;
use dashpot_base::MonoTime;
use dashpot_player::DoneReason;
use dashpot_qoe::{Event, Hold, Media, Record, SeekKind, Session};
use expect_test::expect;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn outcome(session: &Session, took_ms: u64, tally: &Tally) -> Report {
    let took = Duration::from_millis(took_ms);
    let summary = session.summary(MonoTime::ZERO.after(took));
    Report::new(
        Outcome { reason: DoneReason::TimeUp, error: None, problems: vec![], summary, took },
        tally,
    )
}

fn report() -> Report {
    let segment = |start_s: u32, kbps: u64| Event::Segment {
        media: Media::Video,
        rung: 0,
        bitrate: Bitrate::from_kbps(kbps),
        number: 1,
        start: SECOND * start_s,
        duration: SECOND * 2,
        size: ByteSize::new(kbps * 250),
        took: Duration::ZERO,
        first_byte_after: Duration::ZERO,
        idle: Duration::ZERO,
        buffer: Duration::ZERO,
        cache_status: (start_s == 2).then(|| "edge; hit".to_owned()),
    };
    let play = |after, held_ms, position_s| Event::Play {
        after,
        held: Duration::from_millis(held_ms),
        position: SECOND * position_s,
    };
    let seek = Event::Seek { seek: SeekKind::OutsideBuffer, from: SECOND * 4, to: SECOND * 30 };
    let (mut tally, mut session) = (Tally::default(), Session::new());
    for (at, event) in [
        (400, segment(0, 120)),
        (500, segment(2, 600)),
        (500, play(Hold::Startup, 500, 0)),
        (4_500, Event::Stall { position: SECOND * 4 }),
        (5_500, play(Hold::Stall, 1_000, 4)),
        (5_500, seek),
        (5_750, segment(30, 600)),
        (5_750, segment(32, 600)),
        (5_750, play(Hold::Seek, 250, 30)),
        (7_750, Event::Done { reason: "time-up".to_owned(), position: SECOND * 32 }),
    ] {
        let record = Record { at: MonoTime::from_nanos(at * 1_000_000), event };
        tally.add(&record);
        session.add(&record);
    }
    outcome(&session, 7_750, &tally)
}

#[test]
fn the_table_is_read_by_people() {
    expect![[r#"
        ended            time-up, after 7.750 s
        played           6.000 s
        average bitrate  440kbps
        switches         1, of 480kbps on average
        startup          0.500 s
        stalls           1, 1.000 s in all
        stall ratio      14.29 %
        seeks            1, 0.250 s of waiting
        downloaded       468.7KiB in 4 segments
        unplayed         146.4KiB, buffered at the end
        wasted           0B, dropped by seeks or broken off
        from a cache     1 of 4 segments
        failures         0
        at 120kbps       2.000 s
        at 600kbps       4.000 s
    "#]]
    .assert_eq(&report().text());
}

#[test]
fn the_json_names_units() {
    expect![[r#"
        {
          "ended": "time-up",
          "took_ms": 7750,
          "average_bitrate_bps": 440000,
          "switches": 1,
          "switch_bps_mean": 480000,
          "startup_ms": 500,
          "stalls": 1,
          "stall_ms": 1000,
          "stall_ratio": 0.14285714285714285,
          "seeks": 1,
          "seek_ms": 250,
          "played_ms": 6000,
          "segments": 4,
          "downloaded_bytes": 480000,
          "unplayed_bytes": 150000,
          "wasted_bytes": 0,
          "failures": 0,
          "rungs": [
            {
              "bitrate_bps": 120000,
              "played_ms": 2000
            },
            {
              "bitrate_bps": 600000,
              "played_ms": 4000
            }
          ],
          "segments_from_cache": 1,
          "problems": []
        }"#]]
    .assert_eq(&report().json().unwrap());
}

#[test]
fn a_session_that_never_played_says_so() {
    let report = outcome(&Session::new(), 900, &Tally::default());
    expect![[r#"
        ended            time-up, after 0.900 s
        played           0.000 s
        average bitrate  none
        switches         0
        startup          none
        stalls           0
        stall ratio      none
        downloaded       0B in 0 segments
        unplayed         0B, buffered at the end
        wasted           0B, dropped by seeks or broken off
        from a cache     0 of 0 segments
        failures         0
    "#]]
    .assert_eq(&report.text());
}
