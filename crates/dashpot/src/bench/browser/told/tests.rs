use super::*;
use dashpot_mpd::timeline::Presentation;
use url::Url;

/// Two rungs of pictures and one of sound, six segments of two seconds.
const MPD: &str = r#"<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"
  mediaPresentationDuration="PT12S" minBufferTime="PT2S" profiles="urn:mpeg:dash:profile:full:2011">
 <Period>
  <AdaptationSet contentType="video" mimeType="video/mp4">
   <SegmentTemplate timescale="1" duration="2" startNumber="1" media="$RepresentationID$/$Number$.m4s"/>
   <Representation id="v2" bandwidth="900000" codecs="avc1.4d401e" width="640" height="360"/>
   <Representation id="v1" bandwidth="300000" codecs="avc1.4d401e" width="320" height="180"/>
  </AdaptationSet>
  <AdaptationSet contentType="audio" mimeType="audio/mp4">
   <SegmentTemplate timescale="1" duration="2" startNumber="1" media="$RepresentationID$/$Number$.m4s"/>
   <Representation id="a" bandwidth="64000" codecs="mp4a.40.2"/>
  </AdaptationSet>
 </Period>
</MPD>"#;

pub(in super::super) fn film() -> Arc<Film> {
    let (mpd, _) = dashpot_mpd::parse(MPD).unwrap();
    let url = Url::parse("http://h/a.mpd").unwrap();
    Arc::new(Film::of(&Presentation::resolve(&mpd, &url).unwrap()))
}

/// A segment of video that is asked for and comes.
fn asked(t_ms: u32, id: &str, start_s: u32) -> String {
    format!(
        r#"{{"t_ms":{t_ms},"what":"asked","media":"video","representation":"{id}","start_s":{start_s},
            "buffer_s":0,"throughput_kbps":null,"rule":null}}"#
    )
}

fn arrived(t_ms: u32, id: &str, start_s: u32) -> String {
    format!(
        r#"{{"t_ms":{t_ms},"what":"arrived","media":"video","representation":"{id}","start_s":{start_s},
            "bytes":75000,"took_ms":400.5,"first_byte_ms":50,"buffer_s":0}}"#
    )
}

fn at(t_ms: u32, what: &str, position_s: f64) -> String {
    format!(r#"{{"t_ms":{t_ms},"what":"{what}","position_s":{position_s}}}"#)
}

fn tell(telling: &mut Telling, lines: &[String]) -> Result<(), Refused> {
    lines.iter().try_for_each(|line| telling.add(serde_json::from_str(line).unwrap()))
}

fn told(lines: &[String]) -> Vec<String> {
    let mut telling = Telling::new(film());
    tell(&mut telling, lines).unwrap();
    telling.finish(&[300.0, 900.0]).2.iter().map(|record| record.line("dash.js")).collect()
}

#[test]
fn a_session_is_told_in_the_words_of_our_own_player() {
    let asked_higher = asked(1_200, "v2", 2).replace(
        r#""throughput_kbps":null,"rule":null"#,
        r#""throughput_kbps":1500.5,"rule":"BolaRule""#,
    );
    let lines = [
        asked(100, "v1", 0),
        arrived(600, "v1", 0),
        at(650, "playing", 0.0),
        asked_higher,
        at(2_650, "stalled", 2.0),
        arrived(2_900, "v2", 2).replace("50,", "null,"),
        at(3_000, "playing", 2.0),
        at(5_000, "ended", 4.0),
    ];
    let expected = expect_test::expect![[r#"
        {"t_ms":100,"node":"dash.js","kind":"rung","choice":0,"reason":"external","media":"video","bitrate_bps":300000,"buffer_ms":0,"throughput_bps":null}
        {"t_ms":600,"node":"dash.js","kind":"segment","media":"video","rung":0,"bitrate_bps":300000,"number":1,"start_ms":0,"duration_ms":2000,"size_bytes":75000,"took_ms":400,"first_byte_ms":50,"buffer_ms":2000}
        {"t_ms":650,"node":"dash.js","kind":"play","reason":"startup","held_ms":650,"position_ms":0}
        {"t_ms":1200,"node":"dash.js","kind":"rung","choice":1,"reason":"buffer-score","media":"video","bitrate_bps":900000,"buffer_ms":0,"throughput_bps":1500500}
        {"t_ms":2650,"node":"dash.js","kind":"stall","position_ms":2000}
        {"t_ms":2900,"node":"dash.js","kind":"segment","media":"video","rung":1,"bitrate_bps":900000,"number":2,"start_ms":2000,"duration_ms":2000,"size_bytes":75000,"took_ms":400,"first_byte_ms":400,"buffer_ms":2000}
        {"t_ms":3000,"node":"dash.js","kind":"play","reason":"stall","held_ms":350,"position_ms":2000}
        {"t_ms":5000,"node":"dash.js","kind":"done","reason":"ended","position_ms":4000}"#]];
    expected.assert_eq(&told(&lines).join("\n"));
    let mut telling = Telling::new(film());
    tell(&mut telling, &lines).unwrap();
    assert_eq!(telling.over(), Some(&Over::Ended));
    let (measures, ..) = telling.finish(&[300.0, 900.0]);
    let get = |name| measures.get(dashpot_qoe::Metric::by_name(name).unwrap());
    assert_eq!(get("bitrate_kbps"), Some(600.0));
    assert_eq!(
        (get("stalls"), get("stall_s"), get("startup_s")),
        (Some(1.0), Some(0.35), Some(0.65))
    );
    assert_eq!((get("ups"), get("played_s")), (Some(1.0), Some(4.0)));
    // The one segment with an estimate has no first byte, so that no rate is measured.
    assert_eq!(get("estimate_mape"), None);
}

#[test]
fn a_segment_in_the_place_of_another_is_waste() {
    let lines = [
        asked(0, "v1", 0),
        arrived(100, "v1", 0),
        asked(110, "v1", 2),
        arrived(200, "v1", 2),
        asked(210, "v2", 2),
        arrived(300, "v2", 2),
        at(300, "playing", 0.0),
        at(4_300, "ended", 4.0),
    ];
    let mut telling = Telling::new(film());
    tell(&mut telling, &lines).unwrap();
    let (measures, ..) = telling.finish(&[300.0, 900.0]);
    assert_eq!(measures.get(dashpot_qoe::Metric::WasteRatio), Some(1.0 / 3.0));
}

#[test]
fn what_comes_late_twice_or_after_the_end_changes_nothing() {
    let begun = [asked(0, "v1", 0), arrived(600, "v1", 0), at(700, "playing", 0.0)];
    let whole: Vec<_> = begun.iter().cloned().chain([at(2_700, "ended", 2.0)]).collect();
    let expected = told(&whole);
    let twice = begun.iter().cloned().chain([
        at(800, "playing", 0.1),
        at(2_700, "ended", 2.0),
        at(2_800, "ended", 9.0),
        asked(2_900, "v1", 2),
        r#"{"t_ms":3000,"what":"error","why":"late"}"#.to_owned(),
    ]);
    assert_eq!(told(&twice.collect::<Vec<_>>()), expected);
    // A stall before the first picture is part of starting up.
    let early = [asked(0, "v1", 0), at(10, "stalled", 0.0)];
    assert_eq!(told(&early).len(), 1);
    // What is told late keeps the order in which it is told.
    let late = [asked(500, "v1", 0), arrived(600, "v1", 0), at(590, "playing", 0.0)];
    assert!(told(&late)[2].starts_with(r#"{"t_ms":600,"node":"dash.js","kind":"play""#));
}

#[test]
fn what_cannot_be_is_refused() {
    let check = |lines: &[String], expected: &str| {
        let mut telling = Telling::new(film());
        let refused = tell(&mut telling, lines).unwrap_err().to_string();
        assert!(refused.contains(expected), "{refused} instead of {expected}");
    };
    check(&[asked(0, "v9", 0)], "of `v9` at 0 s");
    check(&[asked(0, "v1", 1)], "of `v1` at 1 s");
    check(&[asked(0, "v1", 12)], "of `v1` at 12 s");
    check(&[asked(0, "a", 0)], "of `a` at 0 s");
    check(&[arrived(0, "v1", 0)], "segment 1 of Video that was not asked for");
    check(&[asked(0, "v1", 0), arrived(9, "v1", 0), arrived(9, "v1", 0)], "not asked for");
    check(&[asked(0, "v1", 0), arrived(9, "v2", 0)], "not asked for");
    check(&[asked(0, "v1", 0).replace("\"t_ms\":0", "\"t_ms\":-1")], "a time of -0.001");
    check(&[asked(0, "v1", 0).replace("\"t_ms\":0", "\"t_ms\":1e300")], "a time of");
    check(&[asked(0, "v1", 0).replace("\"buffer_s\":0", "\"buffer_s\":-2")], "a buffer of -2");
    check(&[asked(0, "v1", 0).replace("kbps\":null", "kbps\":1e12")], "a throughput of");
    check(&[asked(0, "v1", 0), arrived(9, "v1", 0).replace("75000", "-1")], "a size of -1");
    check(&[at(0, "playing", 1e99)], "a position of");
    let many: Vec<_> = (0..=ASKED_MAX).map(|_| asked(0, "v1", 0)).collect();
    check(&many, "segments asked for at once");
}

#[test]
fn what_is_no_message_does_not_parse() {
    let check = |text: &str| assert!(serde_json::from_str::<Thing>(text).is_err(), "{text}");
    check("{}");
    check(r#"{"t_ms":0,"what":"flew"}"#);
    check(&asked(0, "v1", 0).replace("\"t_ms\":0", "\"t_ms\":NaN"));
    check(&asked(0, "v1", 0).replace("\"t_ms\":0", "\"t_ms\":\"0\""));
    check(&asked(0, "v1", 0).replace("\"video\"", "\"text\""));
    check(&asked(0, "v1", 0).replace("\"start_s\":0,", ""));
    check(r#"{"t_ms":0,"what":"playing","position_s":1e999}"#);
}

#[test]
fn texts_are_cut_and_downloads_that_end_early_are_counted() {
    let part = |what: &str, t_ms: u32, start_s: u32| {
        format!(
            r#"{{"t_ms":{t_ms},"what":"{what}","media":"video","representation":"v1","start_s":{start_s},"bytes":10}}"#
        )
    };
    let why = "x".repeat(2 * WHY_MAX);
    let failed = part("failed", 30, 2).replace("\"bytes\":10", &format!("\"why\":\"{why}\""));
    let lines = [
        asked(0, "v1", 0),
        part("abandoned", 10, 0),
        asked(20, "v1", 2),
        failed,
        asked(40, "v1", 4),
        part("cut", 50, 4),
        format!(r#"{{"t_ms":60,"what":"error","why":"{why}"}}"#),
    ];
    let told = told(&lines);
    assert!(
        told[1].contains(r#""kind":"abandon","reason":"rule","media":"video","size_bytes":10"#)
    );
    assert!(told[3].contains(r#""kind":"failure","choice":"retry""#));
    assert!(told[3].contains(&format!("\"{}\"", "x".repeat(WHY_MAX))), "{}", told[3]);
    assert!(told[5].contains(r#""kind":"abandon","reason":"end""#), "{}", told[5]);
    assert!(told[6].contains("failed: xxx"), "{}", told[6]);
}

#[test]
fn a_session_that_is_cut_short_says_why() {
    let mut telling = Telling::new(film());
    tell(&mut telling, &[asked(5, "v1", 0)]).unwrap();
    telling.cut_short("time is up");
    telling.cut_short("and again");
    assert_eq!(telling.over(), Some(&Over::Failed("time is up".to_owned())));
    assert_eq!(telling.finish(&[300.0]).2.len(), 2);
}
