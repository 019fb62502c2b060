use super::*;
use expect_test::{Expect, expect};

const fn ms(ticks: u64) -> MediaTime {
    MediaTime { ticks, timescale: 1_000 }
}

fn part(uri: &str, independent: bool) -> Part {
    Part { uri: uri.to_owned(), duration: ms(500), independent }
}

fn segment(uri: &str) -> Segment {
    Segment {
        uri: uri.to_owned(),
        range: None,
        duration: ms(2_000),
        discontinuity: false,
        made: None,
        parts: Vec::new(),
    }
}

fn check(playlist: &Playlist, expected: &Expect) {
    expected.assert_eq(&playlist.write());
}

#[test]
fn a_film_on_demand_is_a_list_with_an_end() {
    let second = Segment { discontinuity: true, ..segment("2.m4s") };
    let ranged = Segment { range: Some(700..1_000), duration: ms(1_960), ..segment("v1.mp4") };
    let playlist = Playlist {
        target_seconds: 2,
        media_sequence: 1,
        kind: Some(Kind::Vod),
        independent_segments: true,
        map: Some(Map { uri: "init.mp4".to_owned(), range: Some(0..600) }),
        segments: vec![segment("1.m4s"), second, ranged],
        ended: true,
        ..Playlist::default()
    };
    check(
        &playlist,
        &expect![[r#"
            #EXTM3U
            #EXT-X-VERSION:6
            #EXT-X-TARGETDURATION:2
            #EXT-X-MEDIA-SEQUENCE:1
            #EXT-X-PLAYLIST-TYPE:VOD
            #EXT-X-INDEPENDENT-SEGMENTS
            #EXT-X-MAP:URI="init.mp4",BYTERANGE="600@0"
            #EXTINF:2.0,
            1.m4s
            #EXT-X-DISCONTINUITY
            #EXTINF:2.0,
            2.m4s
            #EXTINF:1.96,
            #EXT-X-BYTERANGE:300@700
            v1.mp4
            #EXT-X-ENDLIST
        "#]],
    );
}

#[test]
fn a_low_latency_update_has_parts_hints_and_reports() {
    let made = Some("2023-11-14T22:13:20Z".to_owned());
    let whole = Segment { made, parts: vec![part("8_0.m4s", true)], ..segment("8.m4s") };
    let playlist = Playlist {
        target_seconds: 2,
        media_sequence: 1,
        server_control: Some(ServerControl {
            can_block_reload: true,
            can_skip_until: Some(ms(12_000)),
            hold_back: Some(ms(6_000)),
            part_hold_back: Some(ms(1_500)),
        }),
        part_target: Some(ms(500)),
        skipped: 7,
        segments: vec![whole],
        parts: vec![part("9_0.m4s", true), part("9_1.m4s", false)],
        hint: Some(Hint { uri: "9_2.m4s".to_owned() }),
        reports: vec![
            Report { uri: "v2.m3u8".to_owned(), last_sequence: 9, last_part: Some(1) },
            Report { uri: "s.m3u8".to_owned(), last_sequence: 8, last_part: None },
        ],
        ..Playlist::default()
    };
    check(
        &playlist,
        &expect![[r#"
            #EXTM3U
            #EXT-X-VERSION:9
            #EXT-X-TARGETDURATION:2
            #EXT-X-MEDIA-SEQUENCE:1
            #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12.0,HOLD-BACK=6.0,PART-HOLD-BACK=1.5
            #EXT-X-PART-INF:PART-TARGET=0.5
            #EXT-X-SKIP:SKIPPED-SEGMENTS=7
            #EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:13:20Z
            #EXT-X-PART:DURATION=0.5,URI="8_0.m4s",INDEPENDENT=YES
            #EXTINF:2.0,
            8.m4s
            #EXT-X-PART:DURATION=0.5,URI="9_0.m4s",INDEPENDENT=YES
            #EXT-X-PART:DURATION=0.5,URI="9_1.m4s"
            #EXT-X-PRELOAD-HINT:TYPE=PART,URI="9_2.m4s"
            #EXT-X-RENDITION-REPORT:URI="v2.m3u8",LAST-MSN=9,LAST-PART=1
            #EXT-X-RENDITION-REPORT:URI="s.m3u8",LAST-MSN=8
        "#]],
    );
}
