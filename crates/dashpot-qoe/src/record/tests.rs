use super::*;
use expect_test::{Expect, expect};

fn check(event: Event, expected: &Expect) {
    let record = Record { at: MonoTime::from_nanos(1_234_567_890), event };
    expected.assert_eq(&record.line("player"));
}

#[test]
fn decisions_are_one_line_with_the_unit_in_each_name() {
    check(
        Event::Rung {
            rung: 2,
            reason: "throughput-fits",
            media: Media::Video,
            bitrate: Bitrate::from_kbps(600),
            buffer: Duration::from_millis(7_900),
            throughput: Some(Bitrate::from_kbps(1_000)),
        },
        &expect![[
            r#"{"t_ms":1234,"node":"player","kind":"rung","choice":2,"reason":"throughput-fits","media":"video","bitrate_bps":600000,"buffer_ms":7900,"throughput_bps":1000000}"#
        ]],
    );
    check(
        Event::Rung {
            rung: 0,
            reason: "no-estimate",
            media: Media::Video,
            bitrate: Bitrate::from_kbps(120),
            buffer: Duration::ZERO,
            throughput: None,
        },
        &expect![[
            r#"{"t_ms":1234,"node":"player","kind":"rung","choice":0,"reason":"no-estimate","media":"video","bitrate_bps":120000,"buffer_ms":0,"throughput_bps":null}"#
        ]],
    );
    check(
        Event::Wait { reason: "buffer-full", media: Media::Audio, buffer: Duration::from_secs(24) },
        &expect![[
            r#"{"t_ms":1234,"node":"player","kind":"wait","reason":"buffer-full","media":"audio","buffer_ms":24000}"#
        ]],
    );
    check(
        Event::Replace {
            rung: 3,
            reason: "fast-switch",
            media: Media::Video,
            replaced: 1,
            start: Duration::from_secs(8),
            buffer: Duration::from_secs(12),
        },
        &expect![[
            r#"{"t_ms":1234,"node":"player","kind":"replace","choice":3,"reason":"fast-switch","media":"video","replaced_rung":1,"start_ms":8000,"buffer_ms":12000}"#
        ]],
    );
}

#[test]
fn so_is_what_befalls_a_session() {
    check(
        Event::Segment {
            media: Media::Video,
            rung: 2,
            bitrate: Bitrate::from_kbps(600),
            number: 5,
            start: Duration::from_secs(8),
            duration: Duration::from_secs(2),
            size: ByteSize::new(151_000),
            took: Duration::from_micros(412_900),
            first_byte_after: Duration::from_millis(21),
            idle: Duration::ZERO,
            buffer: Duration::from_secs(9),
            cache_status: Some("edge; hit; ttl=3".to_owned()),
        },
        &expect![[
            r#"{"t_ms":1234,"node":"player","kind":"segment","media":"video","rung":2,"bitrate_bps":600000,"number":5,"start_ms":8000,"duration_ms":2000,"size_bytes":151000,"took_ms":412,"first_byte_ms":21,"buffer_ms":9000,"cache_status":"edge; hit; ttl=3"}"#
        ]],
    );
    check(
        Event::Failure {
            next: NextTry::Retry,
            reason: "status-503".to_owned(),
            what: "video segment 7".to_owned(),
        },
        &expect![[
            r#"{"t_ms":1234,"node":"player","kind":"failure","choice":"retry","reason":"status-503","what":"video segment 7"}"#
        ]],
    );
    check(
        Event::Abandon { reason: Abandoned::Seek, media: Media::Video, size: ByteSize::new(5_000) },
        &expect![[
            r#"{"t_ms":1234,"node":"player","kind":"abandon","reason":"seek","media":"video","size_bytes":5000}"#
        ]],
    );
    check(
        Event::Play {
            after: Hold::Startup,
            held: Duration::from_millis(1_234),
            position: Duration::ZERO,
        },
        &expect![[
            r#"{"t_ms":1234,"node":"player","kind":"play","reason":"startup","held_ms":1234,"position_ms":0}"#
        ]],
    );
    check(
        Event::Stall { position: Duration::from_secs(6) },
        &expect![[r#"{"t_ms":1234,"node":"player","kind":"stall","position_ms":6000}"#]],
    );
    check(
        Event::Seek {
            seek: SeekKind::OutsideBuffer,
            from: Duration::from_secs(6),
            to: Duration::from_secs(30),
        },
        &expect![[
            r#"{"t_ms":1234,"node":"player","kind":"seek","choice":"outside-buffer","from_ms":6000,"to_ms":30000}"#
        ]],
    );
    check(
        Event::Done { reason: "ended \"here\"\n".to_owned(), position: Duration::from_secs(24) },
        &expect![[
            r#"{"t_ms":1234,"node":"player","kind":"done","reason":"ended \"here\"\n","position_ms":24000}"#
        ]],
    );
}
