use super::*;
use crate::{
    AssetSource, Body, Catalogue, Found, Refused,
    fixture::{INIT_LEN, kind_video, read, track},
    respond, respond_live,
};
use dashpot_base::WallTime;
use dashpot_bmff::{SampleDefaults, boxes, boxes_from, parse_init, placed};
use expect_test::{Expect, expect};
use proptest::prelude::*;
use std::{collections::BTreeMap, time::Duration};

const VTT: &str = "WEBVTT\n\none\n00:01.000 --> 00:02.500 line:0 align:start\nA & <b>b</b> &lt;\nx\n\n00:02.400 --> 00:05.000\nB\n\n00:05.500 --> 00:09.000\nC<00:06.000>D\n";

/// Three segments of 2 s of a film of 6 s, with subtitles.
fn catalogue(text: &str) -> Catalogue {
    let asset = Asset::new(AssetSource {
        name: "clip".to_owned(),
        tracks: vec![track("v1", kind_video(180), 12_800, &[25_600; 3])],
        subtitles: vec![Subtitle {
            id: "s-en".to_owned(),
            lang: "en".to_owned(),
            label: Some("English".to_owned()),
            text: text.into(),
        }],
        ..AssetSource::default()
    });
    Catalogue::new([asset.unwrap()])
}

fn bytes(found: Result<Found, Refused>) -> Result<Bytes, String> {
    let found = found.map_err(|refused| refused.to_string())?;
    let Body::Media(plan) = found.body else { panic!("no media") };
    assert_eq!(found.content_type, CONTENT_TYPE);
    Ok(read(&BTreeMap::new(), &plan, 0..u64::MAX).into())
}

fn vod(path: &str) -> Result<Bytes, String> {
    bytes(respond(&catalogue(VTT), path))
}

fn live(path: &str, now_s: u64) -> Result<Bytes, String> {
    bytes(respond_live(&catalogue(VTT), path, WallTime::from_epoch(Duration::from_secs(now_s))))
}

/// Returns the samples of a segment, each with its begin and end in ticks.
fn samples(segment: &Bytes) -> Vec<(u64, u64, Bytes)> {
    let found = placed(segment, 1, SampleDefaults::default()).unwrap();
    let mut at = found.decode_time;
    let sample = |one: &dashpot_bmff::Placed| {
        let from = usize::try_from(one.offset).unwrap();
        let to = from + usize::try_from(one.sample.size).unwrap();
        let start = at;
        at += u64::from(one.sample.duration);
        (start, at, segment.slice(from..to))
    };
    found.samples.iter().map(sample).collect()
}

/// Returns what the boxes of a sample say, cue by cue.
fn cues(sample: &Bytes) -> Vec<BTreeMap<String, String>> {
    let cue = |found: dashpot_bmff::Mp4Box| {
        let fields = boxes_from(&found.body, 0).map(|field| {
            let field = field.unwrap();
            let text = match &field.header.kind.0 {
                b"vsid" => u32::from_be_bytes(field.body[..].try_into().unwrap()).to_string(),
                _ => String::from_utf8(field.body.to_vec()).unwrap(),
            };
            (field.header.kind.to_string(), text)
        });
        fields.collect()
    };
    boxes(sample).map(Result::unwrap).filter(|found| found.is(b"vttc")).map(cue).collect()
}

/// Prints a segment of `WebVTT` a line each sample, in milliseconds.
fn shown(segment: &Bytes) -> String {
    let line = |(start, end, sample): (u64, u64, Bytes)| {
        let ms = |ticks: u64| ticks * 10 / 128;
        let cues: Vec<_> = cues(&sample).iter().map(|cue| format!("{cue:?}")).collect();
        format!("{} to {}: {}\n", ms(start), ms(end), cues.join(" "))
    };
    samples(segment).into_iter().map(line).collect()
}

fn check(segment: &Bytes, expected: &Expect) {
    expected.assert_eq(&shown(segment));
}

#[test]
fn cues_are_cut_at_segments_and_where_others_begin() {
    check(
        &vod("clip/text_wvtt/wvtt-s-en/1.m4s").unwrap(),
        &expect![[r#"
            0 to 1000: 
            1000 to 2000: {"iden": "one", "payl": "A & <b>b</b> &lt;\nx", "sttg": "line:0 align:start", "vsid": "0"}
        "#]],
    );
    check(
        &vod("clip/text_wvtt/wvtt-s-en/t25600.m4s").unwrap(),
        &expect![[r#"
            2000 to 2400: {"iden": "one", "payl": "A & <b>b</b> &lt;\nx", "sttg": "line:0 align:start", "vsid": "0"}
            2400 to 2500: {"iden": "one", "payl": "A & <b>b</b> &lt;\nx", "sttg": "line:0 align:start", "vsid": "0"} {"payl": "B", "vsid": "1"}
            2500 to 4000: {"payl": "B", "vsid": "1"}
        "#]],
    );
    // The last cue ends with the pass, and the next pass begins anew; timestamps in it are the film's.
    check(
        &vod("clip/loop_2/text_wvtt/wvtt-s-en/6.m4s").unwrap(),
        &expect![[r#"
            10000 to 11000: {"payl": "B", "vsid": "4"}
            11000 to 11500: 
            11500 to 12000: {"ctim": "00:00:05.500", "payl": "C<00:06.000>D"}
        "#]],
    );
    check(
        &live("clip/seg_4s/text_wvtt/wvtt-s-en/1.m4s", 4).unwrap(),
        &expect![[r#"
            0 to 1000: 
            1000 to 2400: {"iden": "one", "payl": "A & <b>b</b> &lt;\nx", "sttg": "line:0 align:start", "vsid": "0"}
            2400 to 2500: {"iden": "one", "payl": "A & <b>b</b> &lt;\nx", "sttg": "line:0 align:start", "vsid": "0"} {"payl": "B", "vsid": "1"}
            2500 to 4000: {"payl": "B", "vsid": "1"}
        "#]],
    );
}

#[test]
fn a_document_has_all_cues_of_its_segment() {
    let segment = vod("clip/loop_2/text_stpp/stpp-s-en/5.m4s").unwrap();
    let found = samples(&segment);
    let [(102_400, 128_000, document)] = found.as_slice() else { panic!("{found:?}") };
    expect![[r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttp="http://www.w3.org/ns/ttml#parameter" xmlns:tts="http://www.w3.org/ns/ttml#styling" xml:lang="en" ttp:timeBase="media" ttp:profile="http://www.w3.org/ns/ttml/profile/imsc1/text" ttp:cellResolution="50 30">
        <head>
        <layout>
        <region xml:id="bottom" tts:origin="10% 10%" tts:extent="80% 80%" tts:displayAlign="after" tts:textAlign="center"/>
        <region xml:id="top" tts:origin="10% 10%" tts:extent="80% 80%" tts:displayAlign="before" tts:textAlign="center"/>
        </layout>
        </head>
        <body>
        <div>
        <p region="top" begin="00:00:08.000" end="00:00:08.500" tts:textAlign="start">A &amp; <span tts:fontWeight="bold">b</span> &lt;<br/>x</p>
        <p region="bottom" begin="00:00:08.400" end="00:00:10.000">B</p>
        </div>
        </body>
        </tt>
    "#]]
    .assert_eq(std::str::from_utf8(document).unwrap());
}

#[test]
fn clocks_show_the_second_and_the_segment() {
    check(
        &live(
            "clip/ast_1700000000/snr_7/clocksubs_en,sr-Latn/clock-wvtt-sr-Latn/8.m4s",
            1_700_000_004,
        )
        .unwrap(),
        &expect![[r#"
            2000 to 3000: {"payl": "sr-Latn: 2023-11-14T22:13:22Z\nsegment 8"}
            3000 to 4000: {"payl": "sr-Latn: 2023-11-14T22:13:23Z\nsegment 8"}
        "#]],
    );
    check(
        &vod("clip/clocksubs_en/clock-wvtt-en/3.m4s").unwrap(),
        &expect![[r#"
            4000 to 5000: {"payl": "en: 00:00:04.000\nsegment 3"}
            5000 to 6000: {"payl": "en: 00:00:05.000\nsegment 3"}
        "#]],
    );
    let ttml = live("clip/clockstpp_sv/clock-stpp-sv/5.m4s", 10).unwrap();
    let ttml = String::from_utf8_lossy(&ttml);
    let cue = "<p region=\"bottom\" begin=\"00:00:09.000\" end=\"00:00:10.000\">sv: 1970-01-01T00:00:09Z<br/>segment 5</p>";
    assert!(ttml.contains(cue), "{ttml}");
}

#[test]
fn text_is_there_when_its_segments_are() {
    for (found, expected) in [
        (vod("clip/text_wvtt/wvtt-s-en/4.m4s"), "`wvtt-s-en` has segments 1 to 3, no number 4"),
        (vod("clip/text_wvtt/wvtt-s-en/t1.m4s"), "`wvtt-s-en` has segments 1 to 3, none that"),
        (vod("clip/wvtt-s-en/1.m4s"), "`clip` has no track `wvtt-s-en`"),
        (vod("clip/text_none/wvtt-s-en/init.mp4"), "`clip` has no track `wvtt-s-en`"),
        (vod("clip/clocksubs_en/clock-wvtt-sv/1.m4s"), "`clip` has no track `clock-wvtt-sv`"),
        (vod("clip/text_wvtt/list.mpd"), "option `text_` does not fit: the `list` form"),
        (vod("clip/clockstpp_en/base.mpd"), "option `clockstpp_` does not fit: the `base`"),
        (vod("clip/clocksubs_en,en/number.mpd"), "option `clocksubs_en,en` is not one"),
        (
            vod("clip/clocksubs_e/number.mpd"),
            "option `clocksubs_e` is not one: did you mean `clocksubs_en`?",
        ),
        (
            vod("clip/text_wvt/number.mpd"),
            "option `text_wvt` is not one: did you mean `text_wvtt`?",
        ),
        (live("clip/text_sidecar/number.mpd", 9), "option `text_sidecar` is not one"),
        (live("clip/text_wvtt/wvtt-s-en/101.m4s", 201), "segment 101 of `wvtt-s-en` comes in 1000"),
        (live("clip/text_wvtt/wvtt-s-en/101.m4s", 265), "segment 101 of `wvtt-s-en` has left"),
    ] {
        let why = found.unwrap_err();
        assert!(why.starts_with(expected), "{why}");
    }
    // In low latency it is whole with the first chunk.
    assert!(live("clip/chunk_0.5s/text_wvtt/wvtt-s-en/101.m4s", 201).is_ok());
}

#[test]
fn movie_headers_say_what_the_samples_are() {
    for (path, codec, language) in [
        ("clip/text_wvtt-stpp/wvtt-s-en/init.mp4", "wvtt", "en"),
        ("clip/text_wvtt-stpp/stpp-s-en/init.mp4", "stpp", "en"),
        ("clip/clocksubs_zh-Hant/clock-wvtt-zh-Hant/init.mp4", "wvtt", "zh-Hant"),
    ] {
        for init in [vod(path).unwrap(), live(path, 99).unwrap()] {
            let init = parse_init(&init).unwrap();
            let track = &init.tracks[0];
            let said = (track.codec.as_str(), track.language.as_deref(), track.timescale);
            assert_eq!(said, (codec, Some(language), 12_800), "{path}");
        }
    }
    assert_eq!(INIT_LEN, 40, "the film's own headers are no movie headers here");
}

fn mpd(path: &str, found: Result<Found, Refused>) -> dashpot_mpd::Mpd {
    let Body::Text(text) = found.unwrap().body else { panic!("{path}") };
    let (mpd, warnings) = dashpot_mpd::parse(&text).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    mpd
}

#[test]
fn sets_of_text_have_the_segments_of_the_pictures_and_bandwidth_enough() {
    let catalogue = catalogue(VTT);
    let options = "text_wvtt-stpp/clocksubs_en,ko/clockstpp_sv";
    for form in ["number", "time"] {
        let path = format!("clip/loop_4/{options}/{form}.mpd");
        let vod = mpd(&path, respond(&catalogue, &path));
        let path = format!("clip/chunk_0.5s/{options}/{form}.mpd");
        let now = WallTime::from_epoch(Duration::from_secs(1_700_000_000));
        let live = mpd(&path, respond_live(&catalogue, &path, now));
        for (mpd, service) in [(vod, "vod"), (live, "live")] {
            let (pictures, text) = mpd.periods[0].adaptation_sets.split_first().unwrap();
            let ids: Vec<_> =
                text.iter().map(|set| set.representations[0].id.as_deref().unwrap()).collect();
            let all = ["wvtt-s-en", "stpp-s-en", "clock-wvtt-en", "clock-wvtt-ko", "clock-stpp-sv"];
            assert_eq!(ids, all);
            for set in text {
                let mut template = pictures.segment_template.clone().unwrap();
                template.availability_time_complete = None;
                assert_eq!(set.segment_template, Some(template), "{service} {form}");
                assert_eq!(set.content_type.as_deref(), Some("text"));
                let (id, bandwidth) = (
                    set.representations[0].id.as_deref().unwrap(),
                    set.representations[0].bandwidth,
                );
                for number in 1..=3 {
                    let path = format!("clip/{options}/{id}/{number}.m4s");
                    let found = match service {
                        "vod" => respond(&catalogue, &path),
                        _ => {
                            let path = format!("clip/{options}/{id}/{}.m4s", number + 849_999_990);
                            respond_live(&catalogue, &path, now)
                        }
                    };
                    let bits = u64::try_from(bytes(found).unwrap().len()).unwrap() * 8;
                    assert!(bits / 2 <= bandwidth.unwrap(), "{service} {id} {number}");
                }
            }
        }
    }
    let path = "clip/text_none/number.mpd";
    assert_eq!(mpd(path, respond(&catalogue, path)).periods[0].adaptation_sets.len(), 1);
    let path = "clip/text_sidecar-wvtt/number.mpd";
    assert_eq!(mpd(path, respond(&catalogue, path)).periods[0].adaptation_sets.len(), 3);
}

fn vtt() -> impl Strategy<Value = (String, Vec<(u64, u64, String)>)> {
    let cue = (0..7_000_u64, 1..4_000_u64, "[a-z&<>/.: é\u{1}]{1,12}");
    prop::collection::vec(cue, 0..8).prop_map(|cues| {
        let mut text = "WEBVTT\n\n".to_owned();
        let mut said = Vec::new();
        for (start, length, payload) in cues {
            let payload = format!("x{payload}");
            let (from, to) = (crate::subtitles::format_ms(start), start + length);
            text += &format!("{from} --> {}\n{payload}\n\n", crate::subtitles::format_ms(to));
            said.push((start, to.min(6_000), payload));
        }
        (text, said)
    })
}

proptest! {
    /// Samples follow one another from the begin of each segment to its end, and at any time those cues
    /// are shown that the file has there.
    #[test]
    fn at_any_time_the_cues_of_the_file_are_shown((text, said) in vtt(), pass in 0..1_000_u64) {
        let asset = catalogue(&text);
        let asset = asset.asset("clip").unwrap();
        let options = Options::default();
        let options = options.with(crate::grammar::Service::Vod, "text_wvtt").unwrap();
        let tracks = tracks(asset, &options);
        for segment in 0..3_u64 {
            let start = pass * 76_800 + segment * 25_600;
            let slot = Slot {
                number: 1, start, end: start + 25_600, timescale: 12_800, pass: 76_800, epoch_s: None,
            };
            let mut at = start;
            for (from, to, sample) in samples(&tracks[0].segment(&slot).unwrap()) {
                prop_assert_eq!(from, at);
                prop_assert!(from < to);
                at = to;
                let middle = (from + to) / 2 % 76_800;
                let ticks = |ms: u64| (ms * 128 + 5) / 10;
                let mut expected: Vec<_> = said
                    .iter()
                    .filter(|(start, end, _)| ticks(*start) <= middle && middle < ticks(*end))
                    .map(|(_, _, payload)| payload.clone())
                    .collect();
                let mut found: Vec<_> = cues(&sample).iter().map(|cue| cue["payl"].clone()).collect();
                expected.sort();
                found.sort();
                prop_assert_eq!(found, expected);
            }
            prop_assert_eq!(at, slot.end);
        }
    }

    /// Whatever a cue says, the document is well-formed and holds no letter that XML does not know.
    #[test]
    fn documents_are_well_formed(payload in "(<b>|</b>|<i>|</i>|<u|<v A>|&lt;|&|\u{1}|\u{FFFE}|\n|[a-z]|<|>|\"|]]>){0,20}") {
        let shown = Shown {
            start: 0, end: 1, cut: None, source: 0, origin: 0, identifier: None, settings: "",
            payload: payload.into(),
        };
        let slot = Slot {
            number: 1, start: 0, end: 1, timescale: 1, pass: 1, epoch_s: None,
        };
        let document = ttml::document(&slot, "en\"<", &[shown]);
        let mut reader = quick_xml::Reader::from_str(&document);
        reader.config_mut().check_end_names = true;
        let mut depth = 0_i32;
        loop {
            let event = reader.read_event().unwrap();
            if matches!(event, quick_xml::events::Event::Eof) {
                break;
            }
            depth += i32::from(matches!(event, quick_xml::events::Event::Start(_)));
            depth -= i32::from(matches!(event, quick_xml::events::Event::End(_)));
        }
        prop_assert_eq!(depth, 0);
        let forbidden = ['\u{1}', '\u{FFFE}'];
        prop_assert!(!document.contains(forbidden));
    }
}
