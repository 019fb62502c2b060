use super::{
    log::{Line, parse},
    tell::{Choice, Story},
};
use expect_test::expect;

const LOG: &str = r#"
{"t_ms":60,"node":"player","kind":"rung","choice":0,"reason":"no-estimate","media":"video","bitrate_bps":120000,"buffer_ms":0,"throughput_bps":null}
{"t_ms":200,"node":"player","kind":"segment","media":"video","rung":0,"bitrate_bps":120000,"number":1,"start_ms":0,"duration_ms":2000,"size_bytes":30000,"took_ms":140,"first_byte_ms":20,"buffer_ms":2000,"cache_status":"edge; hit; ttl=3"}
{"t_ms":200,"node":"player","kind":"play","reason":"startup","held_ms":200,"position_ms":0}
{"t_ms":210,"node":"player","kind":"rung","choice":2,"reason":"throughput-fits","media":"video","bitrate_bps":600000,"buffer_ms":1990,"throughput_bps":2000000}
{"t_ms":2200,"node":"player","kind":"stall","position_ms":2000}
{"t_ms":2300,"node":"player","kind":"segment","media":"video","rung":2,"bitrate_bps":600000,"number":2,"start_ms":2000,"duration_ms":2000,"size_bytes":150000,"took_ms":2090,"first_byte_ms":90,"buffer_ms":2000}
{"t_ms":2310,"node":"player","kind":"rung","choice":2,"reason":"a-rule-of-later","media":"video","bitrate_bps":600000,"buffer_ms":1990,"throughput_bps":600000,"unheard-of":1}
{"t_ms":2900,"node":"player","kind":"abandon","reason":"too-slow","media":"video","size_bytes":5000}
{"t_ms":3000,"node":"player","kind":"seek","choice":"inside-buffer","from_ms":1,"to_ms":2}
"#;

fn session() -> Vec<Line> {
    LOG.lines().filter(|line| !line.is_empty()).map(|line| parse(line).unwrap()).collect()
}

#[test]
fn a_choice_is_told_with_what_was_seen_and_what_came_of_it() {
    expect![[r#"
        at        0.210 s
        chose     rung 2, 600kbps
        why       throughput-fits: the highest rung that the measured throughput carries in time
        saw       1.990 s of buffer; throughput 2Mbps
        before    rung 0, 120kbps
                  had just got segment 1 at rung 0: 29.2KiB in 0.140 s, first byte after 0.020 s, 2Mbps; 2.000 s of buffer then, cache: edge; hit; ttl=3
        then      got segment 2 at rung 2: 146.4KiB in 2.090 s, first byte after 0.090 s, 600kbps; 2.000 s of buffer then
                  stalled once while it waited for it
    "#]]
    .assert_eq(&Choice::at(&session(), 2_250).unwrap().text());
    expect![[r#"
        at        2.310 s
        chose     rung 2, 600kbps
        why       a-rule-of-later
        saw       1.990 s of buffer; throughput 600kbps
        before    rung 2, 600kbps
                  had just got segment 2 at rung 2: 146.4KiB in 2.090 s, first byte after 0.090 s, 600kbps; 2.000 s of buffer then
        then      gave the segment up halfway: too-slow
    "#]].assert_eq(&Choice::at(&session(), 9_999).unwrap().text());
    assert!(Choice::at(&session(), 59).is_none());
}

#[test]
fn a_session_is_told_by_its_turns() {
    expect![[r#"
              time     buffer    throughput  why                       what
           0.060 s    0.000 s                no-estimate               begins at rung 0, 120kbps
           0.200 s                           startup                   plays after 0.200 s
           0.210 s    1.990 s         2Mbps  throughput-fits           up to rung 2, 600kbps
           2.200 s                           the buffer is dry         stalls
           2.900 s                           too-slow                  gives up a segment after 4.8KiB
        3 choices of video in all; `--at TIME` explains one
    "#]].assert_eq(&Story::of(&session()).text());
}

#[test]
fn a_line_of_something_else_is_refused() {
    assert!(parse("GET / HTTP/1.1").is_err());
    assert!(parse(r#"{"t_ms":1,"kind":"rung"}"#).is_err());
    assert!(parse(r#"{"t_ms":1,"kind":"something-new"}"#).is_ok());
}
