mod laws;
mod read;

use crate::{
    Around, Asked, Body, Cacheability, Catalogue, Found, Refused,
    fixture::{Film, film},
    respond_live_asked,
};
use dashpot_base::WallTime;
use expect_test::{Expect, expect};
use std::time::Duration;

fn catalogue() -> Catalogue {
    Catalogue::new([film(&Film {
        rate: (25, 1),
        sampling: 48_000,
        gops: 5,
        gop_seconds: 2,
        missing_frames: 0,
    })])
}

fn at(catalogue: &Catalogue, url: &str, now_ms: u64) -> Result<Found, Refused> {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let now = WallTime::from_epoch(Duration::from_millis(now_ms));
    let asked = Asked { query: Some(query), now, around: Around::default() };
    respond_live_asked(catalogue, path, &asked)
}

fn text(found: &Found) -> &str {
    match &found.body {
        Body::Text(text) => text,
        Body::Media(_) | Body::Sealed(_) => panic!("media"),
    }
}

fn check(url: &str, now_ms: u64, expected: &Expect) {
    expected.assert_eq(text(&at(&catalogue(), url, now_ms).unwrap()));
}

#[test]
fn a_playlist_lists_half_of_the_window() {
    check(
        "film/tsbd_20s/hls-v1.m3u8",
        203_999,
        &expect![[r##"
        #EXTM3U
        #EXT-X-VERSION:6
        #EXT-X-TARGETDURATION:2
        #EXT-X-MEDIA-SEQUENCE:97
        #EXT-X-INDEPENDENT-SEGMENTS
        #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12.0,HOLD-BACK=6.0
        #EXT-X-MAP:URI="v_0000000000000007/v1/init.mp4"
        #EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:03:12Z
        #EXTINF:2.0,
        v_0000000000000007/v1/97.m4s
        #EXTINF:2.0,
        v_0000000000000007/v1/98.m4s
        #EXTINF:2.0,
        v_0000000000000007/v1/99.m4s
        #EXTINF:2.0,
        v_0000000000000007/v1/100.m4s
        #EXTINF:2.0,
        v_0000000000000007/v1/101.m4s
    "##]],
    );
    check(
        "film/tsbd_0s/hls-a-en.m3u8",
        204_000,
        &expect![[r##"
        #EXTM3U
        #EXT-X-VERSION:6
        #EXT-X-TARGETDURATION:2
        #EXT-X-MEDIA-SEQUENCE:102
        #EXT-X-INDEPENDENT-SEGMENTS
        #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12.0,HOLD-BACK=6.0
        #EXT-X-MAP:URI="v_0000000000000007/a-en/init.mp4"
        #EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:03:22.005Z
        #EXTINF:2.005333,
        v_0000000000000007/a-en/102.m4s
    "##]],
    );
    check(
        "film/tsbd_20s/hls.m3u8",
        204_000,
        &expect![[r##"
        #EXTM3U
        #EXT-X-VERSION:6
        #EXT-X-INDEPENDENT-SEGMENTS
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio1",NAME="en",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="hls-a-en.m3u8"
        #EXT-X-STREAM-INF:BANDWIDTH=8385,AVERAGE-BANDWIDTH=8368,CODECS="avc1.64001F,mp4a.40.2",RESOLUTION=320x180,FRAME-RATE=25.000,AUDIO="audio1"
        hls-v1.m3u8
    "##]],
    );
}

#[test]
fn an_event_keeps_all_that_it_had() {
    let event = "film/start_100/stop_107/hls-v1.m3u8";
    check(
        event,
        99_000,
        &expect![[r##"
        #EXTM3U
        #EXT-X-VERSION:6
        #EXT-X-TARGETDURATION:2
        #EXT-X-MEDIA-SEQUENCE:51
        #EXT-X-PLAYLIST-TYPE:EVENT
        #EXT-X-INDEPENDENT-SEGMENTS
        #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12.0,HOLD-BACK=6.0
        #EXT-X-MAP:URI="v_0000000000000007/v1/init.mp4"
    "##]],
    );
    check(
        event,
        104_000,
        &expect![[r##"
        #EXTM3U
        #EXT-X-VERSION:6
        #EXT-X-TARGETDURATION:2
        #EXT-X-MEDIA-SEQUENCE:51
        #EXT-X-PLAYLIST-TYPE:EVENT
        #EXT-X-INDEPENDENT-SEGMENTS
        #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12.0,HOLD-BACK=6.0
        #EXT-X-MAP:URI="v_0000000000000007/v1/init.mp4"
        #EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:01:40Z
        #EXTINF:2.0,
        v_0000000000000007/v1/51.m4s
        #EXTINF:2.0,
        v_0000000000000007/v1/52.m4s
    "##]],
    );
    check(
        event,
        999_000,
        &expect![[r##"
        #EXTM3U
        #EXT-X-VERSION:6
        #EXT-X-TARGETDURATION:2
        #EXT-X-MEDIA-SEQUENCE:51
        #EXT-X-PLAYLIST-TYPE:EVENT
        #EXT-X-INDEPENDENT-SEGMENTS
        #EXT-X-MAP:URI="v_0000000000000007/v1/init.mp4"
        #EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:01:40Z
        #EXTINF:2.0,
        v_0000000000000007/v1/51.m4s
        #EXTINF:2.0,
        v_0000000000000007/v1/52.m4s
        #EXTINF:2.0,
        v_0000000000000007/v1/53.m4s
        #EXTINF:2.0,
        v_0000000000000007/v1/54.m4s
        #EXT-X-ENDLIST
    "##]],
    );
}

#[test]
fn chunks_are_parts_of_the_latest_segments_and_of_the_one_being_made() {
    check(
        "film/chunk_1s/tsbd_20s/hls-v1.m3u8",
        201_500,
        &expect![[r##"
        #EXTM3U
        #EXT-X-VERSION:6
        #EXT-X-TARGETDURATION:2
        #EXT-X-MEDIA-SEQUENCE:96
        #EXT-X-INDEPENDENT-SEGMENTS
        #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12.0,HOLD-BACK=6.0,PART-HOLD-BACK=3.072
        #EXT-X-PART-INF:PART-TARGET=1.024
        #EXT-X-MAP:URI="v_0000000000000007/v1/init.mp4"
        #EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:03:10Z
        #EXTINF:2.0,
        v_0000000000000007/v1/96.m4s
        #EXTINF:2.0,
        v_0000000000000007/v1/97.m4s
        #EXT-X-PART:DURATION=1.0,URI="v_0000000000000007/v1/98_0.m4s",INDEPENDENT=YES
        #EXT-X-PART:DURATION=1.0,URI="v_0000000000000007/v1/98_1.m4s"
        #EXTINF:2.0,
        v_0000000000000007/v1/98.m4s
        #EXT-X-PART:DURATION=1.0,URI="v_0000000000000007/v1/99_0.m4s",INDEPENDENT=YES
        #EXT-X-PART:DURATION=1.0,URI="v_0000000000000007/v1/99_1.m4s"
        #EXTINF:2.0,
        v_0000000000000007/v1/99.m4s
        #EXT-X-PART:DURATION=1.0,URI="v_0000000000000007/v1/100_0.m4s",INDEPENDENT=YES
        #EXT-X-PART:DURATION=1.0,URI="v_0000000000000007/v1/100_1.m4s"
        #EXTINF:2.0,
        v_0000000000000007/v1/100.m4s
        #EXT-X-PART:DURATION=1.0,URI="v_0000000000000007/v1/101_0.m4s",INDEPENDENT=YES
        #EXT-X-PRELOAD-HINT:TYPE=PART,URI="v_0000000000000007/v1/101_1.m4s"
        #EXT-X-RENDITION-REPORT:URI="hls-a-en.m3u8",LAST-MSN=101,LAST-PART=0
    "##]],
    );
    check(
        "film/chunk_0.5s/ltgt_1.2s/tsbd_10s/hls-a-en.m3u8",
        202_100,
        &expect![[r##"
            #EXTM3U
            #EXT-X-VERSION:6
            #EXT-X-TARGETDURATION:2
            #EXT-X-MEDIA-SEQUENCE:99
            #EXT-X-INDEPENDENT-SEGMENTS
            #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12.0,HOLD-BACK=6.0,PART-HOLD-BACK=1.2
            #EXT-X-PART-INF:PART-TARGET=0.52
            #EXT-X-MAP:URI="v_0000000000000007/a-en/init.mp4"
            #EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:03:16.01Z
            #EXT-X-PART:DURATION=0.490667,URI="v_0000000000000007/a-en/99_0.m4s",INDEPENDENT=YES
            #EXT-X-PART:DURATION=0.512,URI="v_0000000000000007/a-en/99_1.m4s",INDEPENDENT=YES
            #EXT-X-PART:DURATION=0.490667,URI="v_0000000000000007/a-en/99_2.m4s",INDEPENDENT=YES
            #EXT-X-PART:DURATION=0.490667,URI="v_0000000000000007/a-en/99_3.m4s",INDEPENDENT=YES
            #EXTINF:1.984,
            v_0000000000000007/a-en/99.m4s
            #EXT-X-PART:DURATION=0.490667,URI="v_0000000000000007/a-en/100_0.m4s",INDEPENDENT=YES
            #EXT-X-PART:DURATION=0.512,URI="v_0000000000000007/a-en/100_1.m4s",INDEPENDENT=YES
            #EXT-X-PART:DURATION=0.490667,URI="v_0000000000000007/a-en/100_2.m4s",INDEPENDENT=YES
            #EXT-X-PART:DURATION=0.512,URI="v_0000000000000007/a-en/100_3.m4s",INDEPENDENT=YES
            #EXTINF:2.005333,
            v_0000000000000007/a-en/100.m4s
            #EXT-X-PART:DURATION=0.490667,URI="v_0000000000000007/a-en/101_0.m4s",INDEPENDENT=YES
            #EXT-X-PART:DURATION=0.512,URI="v_0000000000000007/a-en/101_1.m4s",INDEPENDENT=YES
            #EXT-X-PART:DURATION=0.490667,URI="v_0000000000000007/a-en/101_2.m4s",INDEPENDENT=YES
            #EXT-X-PART:DURATION=0.512,URI="v_0000000000000007/a-en/101_3.m4s",INDEPENDENT=YES
            #EXTINF:2.005333,
            v_0000000000000007/a-en/101.m4s
            #EXT-X-PRELOAD-HINT:TYPE=PART,URI="v_0000000000000007/a-en/102_0.m4s"
            #EXT-X-RENDITION-REPORT:URI="hls-v1.m3u8",LAST-MSN=101,LAST-PART=3
        "##]],
    );
}

#[test]
fn text_and_key_frames_come_as_wholes() {
    check(
        "film/chunk_1s/clockstpp_en/trick_4/hls.m3u8",
        201_500,
        &expect![[r##"
            #EXTM3U
            #EXT-X-VERSION:6
            #EXT-X-INDEPENDENT-SEGMENTS
            #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio1",NAME="en",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="hls-a-en.m3u8"
            #EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="text",NAME="Clock (en)",LANGUAGE="en",AUTOSELECT=YES,URI="hls-clock-stpp-en.m3u8"
            #EXT-X-STREAM-INF:BANDWIDTH=17505,AVERAGE-BANDWIDTH=17488,CODECS="avc1.64001F,mp4a.40.2,stpp.ttml.im1t",RESOLUTION=320x180,FRAME-RATE=25.000,AUDIO="audio1",SUBTITLES="text"
            hls-v1.m3u8
            #EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=644,CODECS="avc1.64001F",RESOLUTION=320x180,URI="hls-trick-v1.m3u8"
        "##]],
    );
    check(
        "film/chunk_1s/tsbd_6s/clockstpp_en/hls-clock-stpp-en.m3u8",
        201_500,
        &expect![[r##"
        #EXTM3U
        #EXT-X-VERSION:6
        #EXT-X-TARGETDURATION:2
        #EXT-X-MEDIA-SEQUENCE:98
        #EXT-X-INDEPENDENT-SEGMENTS
        #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12.0,HOLD-BACK=6.0
        #EXT-X-MAP:URI="v_0000000000000007/clock-stpp-en/init.mp4"
        #EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:03:14Z
        #EXTINF:2.0,
        v_0000000000000007/clock-stpp-en/98.m4s
        #EXTINF:2.0,
        v_0000000000000007/clock-stpp-en/99.m4s
        #EXTINF:2.0,
        v_0000000000000007/clock-stpp-en/100.m4s
    "##]],
    );
    check(
        "film/chunk_1s/tsbd_6s/trick_4/hls-trick-v1.m3u8?_HLS_msn=101",
        201_500,
        &expect![[r##"
        #EXTM3U
        #EXT-X-VERSION:6
        #EXT-X-TARGETDURATION:2
        #EXT-X-MEDIA-SEQUENCE:99
        #EXT-X-INDEPENDENT-SEGMENTS
        #EXT-X-I-FRAMES-ONLY
        #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12.0,HOLD-BACK=6.0
        #EXT-X-MAP:URI="v_0000000000000007/trick-v1/init.mp4"
        #EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:03:16Z
        #EXTINF:2.0,
        v_0000000000000007/trick-v1/99.m4s
        #EXTINF:2.0,
        v_0000000000000007/trick-v1/100.m4s
        #EXTINF:2.0,
        v_0000000000000007/trick-v1/101.m4s
    "##]],
    );
}

#[test]
fn an_update_leaves_out_what_is_old() {
    check(
        "film/chunk_1s/hls-v1.m3u8?_HLS_skip=YES",
        201_500,
        &expect![[r##"
        #EXTM3U
        #EXT-X-VERSION:9
        #EXT-X-TARGETDURATION:2
        #EXT-X-MEDIA-SEQUENCE:86
        #EXT-X-INDEPENDENT-SEGMENTS
        #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12.0,HOLD-BACK=6.0,PART-HOLD-BACK=3.072
        #EXT-X-PART-INF:PART-TARGET=1.024
        #EXT-X-MAP:URI="v_0000000000000007/v1/init.mp4"
        #EXT-X-SKIP:SKIPPED-SEGMENTS=9
        #EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:03:08Z
        #EXTINF:2.0,
        v_0000000000000007/v1/95.m4s
        #EXTINF:2.0,
        v_0000000000000007/v1/96.m4s
        #EXTINF:2.0,
        v_0000000000000007/v1/97.m4s
        #EXT-X-PART:DURATION=1.0,URI="v_0000000000000007/v1/98_0.m4s",INDEPENDENT=YES
        #EXT-X-PART:DURATION=1.0,URI="v_0000000000000007/v1/98_1.m4s"
        #EXTINF:2.0,
        v_0000000000000007/v1/98.m4s
        #EXT-X-PART:DURATION=1.0,URI="v_0000000000000007/v1/99_0.m4s",INDEPENDENT=YES
        #EXT-X-PART:DURATION=1.0,URI="v_0000000000000007/v1/99_1.m4s"
        #EXTINF:2.0,
        v_0000000000000007/v1/99.m4s
        #EXT-X-PART:DURATION=1.0,URI="v_0000000000000007/v1/100_0.m4s",INDEPENDENT=YES
        #EXT-X-PART:DURATION=1.0,URI="v_0000000000000007/v1/100_1.m4s"
        #EXTINF:2.0,
        v_0000000000000007/v1/100.m4s
        #EXT-X-PART:DURATION=1.0,URI="v_0000000000000007/v1/101_0.m4s",INDEPENDENT=YES
        #EXT-X-PRELOAD-HINT:TYPE=PART,URI="v_0000000000000007/v1/101_1.m4s"
        #EXT-X-RENDITION-REPORT:URI="hls-a-en.m3u8",LAST-MSN=101,LAST-PART=0
    "##]],
    );
    // All of it is too short for that.
    let short = "film/chunk_1s/tsbd_20s/hls-v1.m3u8";
    let whole = text(&at(&catalogue(), short, 201_500).unwrap()).to_owned();
    let update = at(&catalogue(), &format!("{short}?_HLS_skip=v2"), 201_500).unwrap();
    assert_eq!(text(&update), whole);
}

/// Returns what becomes of a request: how long it waits and how long the answer may be kept, or why
/// there is none.
fn outcome(url: &str, now_ms: u64) -> String {
    match at(&catalogue(), url, now_ms) {
        Ok(found) => {
            let held = found.held_until.map_or(0, |until| until.unix_millis() - now_ms);
            let now = WallTime::from_epoch(Duration::from_millis(now_ms));
            let Cacheability::For(kept) = found.cacheability.at(now) else { panic!("{url}") };
            format!("waits {held} ms, kept {} ms", kept.as_millis())
        }
        Err(Refused::NotFound(why)) => format!("404 {why}"),
        Err(Refused::BadRequest(why)) => format!("400 {why}"),
        Err(Refused::TooFar(why)) => format!("400 now {why}"),
        Err(Refused::TooEarly { why, in_ms }) => format!("425 {in_ms} {why}"),
        Err(Refused::Gone(why)) => format!("410 {why}"),
        Err(Refused::Unchanged) => "204".to_owned(),
        Err(Refused::Unavailable { why, in_ms }) => format!("503 {in_ms} {why}"),
    }
}

#[test]
fn rfc8216bis_6_2_5_2_an_answer_waits_for_what_is_asked_for() {
    // Segment 100 ended at 200 s; 0.7 s into segment 101, its part 0 exists.
    for (url, expected) in [
        ("hls-v1.m3u8", "waits 0 ms, kept 1300 ms"),
        ("hls-v1.m3u8?_HLS_msn=100", "waits 0 ms, kept 12000 ms"),
        ("hls-v1.m3u8?_HLS_msn=101", "waits 1300 ms, kept 12000 ms"),
        ("hls-v1.m3u8?_HLS_msn=102", "waits 3300 ms, kept 12000 ms"),
        ("hls-v1.m3u8?_HLS_msn=103", "400 now `_HLS_msn` is at most 2 more"),
        ("hls-v1.m3u8?_HLS_msn=0", "waits 0 ms, kept 12000 ms"),
        ("hls-v1.m3u8?_HLS_msn=101&_HLS_part=0", "400 `_HLS_part` is given"),
        ("hls-v1.m3u8?_HLS_part=0", "400 `_HLS_part` needs"),
        ("chunk_0.5s/hls-v1.m3u8", "waits 0 ms, kept 300 ms"),
        ("chunk_0.5s/hls-v1.m3u8?_HLS_msn=101", "waits 1300 ms, kept 12000 ms"),
        ("chunk_0.5s/hls-v1.m3u8?_HLS_msn=103", "waits 5300 ms, kept 12000 ms"),
        ("chunk_0.5s/hls-v1.m3u8?_HLS_msn=104", "400 now `_HLS_msn` is at most 2 more"),
        ("chunk_0.5s/hls-v1.m3u8?_HLS_msn=100&_HLS_part=3", "waits 0 ms, kept 12000 ms"),
        ("chunk_0.5s/hls-v1.m3u8?_HLS_msn=100&_HLS_part=4", "waits 0 ms, kept 12000 ms"),
        (
            "chunk_0.5s/hls-v1.m3u8?_HLS_msn=100&_HLS_part=99",
            "400 now `_HLS_part` is 96 parts ahead",
        ),
        ("chunk_0.5s/hls-a-en.m3u8?_HLS_msn=101&_HLS_part=0", "waits 0 ms, kept 12000 ms"),
        ("chunk_0.5s/hls-a-en.m3u8?_HLS_msn=101&_HLS_part=1", "waits 300 ms, kept 12000 ms"),
        ("chunk_0.5s/hls-a-en.m3u8?_HLS_msn=101&_HLS_part=3", "waits 1300 ms, kept 12000 ms"),
        // Behind the last part of a segment is the first of the next.
        ("chunk_0.5s/hls-a-en.m3u8?_HLS_msn=101&_HLS_part=4", "waits 1800 ms, kept 12000 ms"),
        ("chunk_0.5s/hls-a-en.m3u8?_HLS_msn=102&_HLS_part=1", "waits 2300 ms, kept 12000 ms"),
        (
            "chunk_0.5s/hls-a-en.m3u8?_HLS_msn=102&_HLS_part=2",
            "400 now `_HLS_part` is 6 parts ahead",
        ),
        // An event's end comes first, and behind it nothing is waited for.
        ("stop_202/hls-v1.m3u8?_HLS_msn=102", "waits 1300 ms, kept 10000 ms"),
        ("stop_200/hls-v1.m3u8?_HLS_msn=102", "waits 0 ms, kept 10000 ms"),
        ("start_300/hls-v1.m3u8?_HLS_msn=151", "503 101300 segment 151 comes in 101300 ms"),
        ("hls.m3u8?_HLS_skip=NO", "400 `_HLS_skip` is"),
        ("hls.m3u8", "waits 0 ms, kept 10000 ms"),
        ("seg_4s/trick_4/hls.m3u8", "400 option `trick_4` does not fit"),
        ("seg_4s/trick_4/hls-trick-v1.m3u8", "400 option `trick_4` does not fit"),
        ("hls-trick-v1.m3u8", "404 `film` has no track `trick-v1`"),
        ("hls-v9.m3u8", "404 `film` has no track `v9`"),
        ("v_0000000000000007/hls-v1.m3u8", "400 an MPD has no version, nor has a playlist"),
    ] {
        let said = outcome(&format!("film/{url}"), 200_700);
        assert!(said.starts_with(expected), "{url}: {said}");
    }
}

#[test]
fn a_part_is_there_in_its_time_and_waited_for_when_it_is_next() {
    for (path, now_ms, expected) in [
        ("chunk_0.5s/v1/101_0.m4s", 200_500, "waits 0 ms, kept 60000 ms"),
        ("chunk_0.5s/v1/101_1.m4s", 200_500, "waits 500 ms, kept 60000 ms"),
        ("chunk_0.5s/v1/101_2.m4s", 200_500, "425 1000 part 2 of segment 101"),
        ("chunk_0.5s/v1/101_0.m4s", 199_700, "425 800 segment 101 of `v1`"),
        ("chunk_0.5s/v1/101_0.m4s", 199_750, "waits 750 ms"),
        ("chunk_0.5s/v1/101_4.m4s", 202_000, "404 segment 101 of `v1` has 4 parts"),
        ("chunk_0.5s/v1/101_0.m4s", 264_001, "410 segment 101"),
        ("chunk_0.5s/v1/0_0.m4s", 202_000, "404 `v1` has no segment 0"),
        ("v1/101_0.m4s", 202_000, "404 segments are whole here"),
    ] {
        let said = outcome(&format!("film/{path}"), now_ms);
        assert!(said.starts_with(expected), "{path} at {now_ms}: {said}");
    }
}
