use super::*;
use dashpot_base::{Bitrate, ByteSize};
use dashpot_qoe::{Event, Hold, Record};
use expect_test::{Expect, expect};

fn ms(ms: u64) -> MonoTime {
    MonoTime::from_nanos(ms * 1_000_000)
}

fn check(events: &[(u64, Event)], now_ms: u64, expected: &Expect) {
    let (mut tally, mut session) = (Tally::default(), Session::new());
    for (at, event) in events {
        let record = Record { at: ms(*at), event: event.clone() };
        tally.add(&record);
        session.add(&record);
    }
    expected.assert_eq(&lines(&tally, &session, ms(now_ms), Duration::from_secs(10)).join("\n"));
}

fn session(cache_status: &str) -> Vec<(u64, Event)> {
    let bitrate = Bitrate::from_kbps(600);
    vec![
        (
            0,
            Event::Rung {
                rung: 2,
                reason: "throughput-fits",
                media: Media::Video,
                bitrate,
                buffer: Duration::ZERO,
                throughput: Some(Bitrate::from_kbps(1_900)),
            },
        ),
        (
            500,
            Event::Segment {
                media: Media::Video,
                rung: 2,
                bitrate,
                number: 1,
                start: Duration::ZERO,
                duration: Duration::from_secs(6),
                size: ByteSize::new(400 << 10),
                took: Duration::from_millis(480),
                first_byte_after: Duration::from_millis(20),
                idle: Duration::ZERO,
                buffer: Duration::from_secs(6),
                cache_status: Some(cache_status.to_owned()),
            },
        ),
        (
            500,
            Event::Play {
                after: Hold::Startup,
                held: Duration::from_millis(500),
                position: Duration::ZERO,
            },
        ),
    ]
}

#[test]
fn the_view_runs_with_the_clock() {
    check(&[], 700, &expect![""]);
    check(
        &session("edge; hit"),
        1_500,
        &expect![[r#"
            playing       1.0 s   rung 2, 600kbps (throughput-fits)
            buffer   ███████████████░░░░░░░░░░░░░░░ 5.0 s
            link     1.9Mbps; 1 segments, 1 from a cache, 0 failures
            stalls   0 (0.0 s), switches 0
            last     video 1, 400KiB in 480 ms, edge; hit"#]],
    );
    check(
        &session("edge; hit"),
        4_500,
        &expect![[r#"
            playing       4.0 s   rung 2, 600kbps (throughput-fits)
            buffer   ██████░░░░░░░░░░░░░░░░░░░░░░░░ 2.0 s
            link     1.9Mbps; 1 segments, 1 from a cache, 0 failures
            stalls   0 (0.0 s), switches 0
            last     video 1, 400KiB in 480 ms, edge; hit"#]],
    );
}

#[test]
fn a_narrow_terminal_cuts_lines_and_shows_that_it_does() {
    let check = |width, expected| assert_eq!(cut("playing", width), expected);
    check(8, "playing");
    check(7, "playing");
    check(6, "playi…");
    check(1, "…");
    check(0, "");
}

#[test]
fn a_server_cannot_steer_the_terminal() {
    check(
        &session("\u{1b}[2Jedge\r\n; fwd=miss"),
        500,
        &expect![[r#"
            playing       0.0 s   rung 2, 600kbps (throughput-fits)
            buffer   ██████████████████░░░░░░░░░░░░ 6.0 s
            link     1.9Mbps; 1 segments, 0 from a cache, 0 failures
            stalls   0 (0.0 s), switches 0
            last     video 1, 400KiB in 480 ms, [2Jedge; fwd=miss"#]],
    );
}

#[test]
fn the_bar_never_leaves_its_cells() {
    let cells = |level_s, full_s| {
        bar(Duration::from_secs(level_s), Duration::from_secs(full_s))
            .chars()
            .filter(|c| *c == '█')
            .count()
    };
    assert_eq!((cells(0, 10), cells(5, 10), cells(10, 10)), (0, BAR_CELLS / 2, BAR_CELLS));
    assert_eq!((cells(99, 10), cells(1, 0), cells(u64::MAX, 1)), (BAR_CELLS, 0, BAR_CELLS));
}
