use super::*;
use crate::{
    AssetSource, Body, Catalogue, Pathways, Subtitle,
    fixture::{STEREO, aac, clip, kind_video, track},
    respond,
};
use expect_test::{Expect, expect};

fn on_demand(asset: &Asset, shape: Shape, of: Option<&str>) -> Result<String, Refused> {
    Film { asset, shape, options: &Options::default(), steered: None }.playlist(of)
}

fn check(asset: &Asset, shape: Shape, of: Option<&str>, expected: &Expect) {
    expected.assert_eq(&on_demand(asset, shape, of).unwrap());
}

/// Asks by path; what is refused is the reason.
fn asked(path: &str) -> String {
    let pathway = |text: &str| text.parse().unwrap();
    let list = vec![pathway("east=https://east.test"), pathway("west=https://west.test/x")];
    let pathways = Pathways::new(list, "https://asks.test/steering".to_owned()).unwrap();
    let catalogue = Catalogue::new([clip(2)]).with_pathways(pathways);
    match respond(&catalogue, path) {
        Ok(found) => match found.body {
            Body::Text(text) => text,
            Body::Media(_) | Body::Sealed(_) => panic!("media"),
        },
        Err(refused) => refused.to_string(),
    }
}

#[test]
fn options_add_subtitles_in_segments_and_key_frames() {
    for (path, expected) in [
        (
            "clip/text_stpp/trick_8/hls.m3u8",
            expect![[r##"
                #EXTM3U
                #EXT-X-VERSION:6
                #EXT-X-INDEPENDENT-SEGMENTS
                #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio1",NAME="en",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="hls-a-en.m3u8"
                #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio1",NAME="ko",LANGUAGE="ko",AUTOSELECT=YES,CHANNELS="2",URI="hls-a-ko.m3u8"
                #EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="text",NAME="English",LANGUAGE="en",AUTOSELECT=YES,URI="hls-stpp-s-en.m3u8"
                #EXT-X-STREAM-INF:BANDWIDTH=4750,AVERAGE-BANDWIDTH=4707,CODECS="avc1.64001F,mp4a.40.2,stpp.ttml.im1t",RESOLUTION=320x180,FRAME-RATE=25.000,AUDIO="audio1",SUBTITLES="text"
                hls-v1.m3u8
                #EXT-X-STREAM-INF:BANDWIDTH=4750,AVERAGE-BANDWIDTH=4707,CODECS="avc1.64001F,mp4a.40.2,stpp.ttml.im1t",RESOLUTION=640x360,FRAME-RATE=25.000,AUDIO="audio1",SUBTITLES="text"
                hls-v2.m3u8
                #EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=640,CODECS="avc1.64001F",RESOLUTION=320x180,URI="hls-trick-v1.m3u8"
            "##]],
        ),
        (
            "clip/clocksubs_en/text_none/hls-clock-wvtt-en.m3u8",
            expect![[r##"
            #EXTM3U
            #EXT-X-VERSION:6
            #EXT-X-TARGETDURATION:2
            #EXT-X-MEDIA-SEQUENCE:1
            #EXT-X-PLAYLIST-TYPE:VOD
            #EXT-X-INDEPENDENT-SEGMENTS
            #EXT-X-MAP:URI="v_0000000000000007/clock-wvtt-en/init.mp4"
            #EXTINF:2.0,
            v_0000000000000007/clock-wvtt-en/1.m4s
            #EXTINF:2.0,
            v_0000000000000007/clock-wvtt-en/2.m4s
            #EXT-X-ENDLIST
        "##]],
        ),
        (
            "clip/trick_8/hls-trick-v1.m3u8",
            expect![[r##"
            #EXTM3U
            #EXT-X-VERSION:6
            #EXT-X-TARGETDURATION:2
            #EXT-X-MEDIA-SEQUENCE:1
            #EXT-X-PLAYLIST-TYPE:VOD
            #EXT-X-INDEPENDENT-SEGMENTS
            #EXT-X-I-FRAMES-ONLY
            #EXT-X-MAP:URI="v_0000000000000007/trick-v1/init.mp4"
            #EXTINF:2.0,
            v_0000000000000007/trick-v1/1.m4s
            #EXTINF:2.0,
            v_0000000000000007/trick-v1/2.m4s
            #EXT-X-ENDLIST
        "##]],
        ),
    ] {
        expected.assert_eq(&asked(path));
    }
}

#[test]
fn pathways_have_everything_each_and_what_does_not_fit_is_named() {
    for (path, expected) in [
        (
            "clip/steer_on/loop_2/hls.m3u8",
            expect![[r##"
                #EXTM3U
                #EXT-X-VERSION:6
                #EXT-X-INDEPENDENT-SEGMENTS
                #EXT-X-CONTENT-STEERING:SERVER-URI="https://asks.test/steering",PATHWAY-ID="east"
                #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio1-east",NAME="en",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="https://east.test/vod/clip/loop_2/hls-a-en.m3u8"
                #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio1-east",NAME="ko",LANGUAGE="ko",AUTOSELECT=YES,CHANNELS="2",URI="https://east.test/vod/clip/loop_2/hls-a-ko.m3u8"
                #EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="text-east",NAME="English",LANGUAGE="en",AUTOSELECT=YES,URI="https://east.test/vod/clip/loop_2/hls-s-en.m3u8"
                #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio1-west",NAME="en",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="https://west.test/x/vod/clip/loop_2/hls-a-en.m3u8"
                #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio1-west",NAME="ko",LANGUAGE="ko",AUTOSELECT=YES,CHANNELS="2",URI="https://west.test/x/vod/clip/loop_2/hls-a-ko.m3u8"
                #EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="text-west",NAME="English",LANGUAGE="en",AUTOSELECT=YES,URI="https://west.test/x/vod/clip/loop_2/hls-s-en.m3u8"
                #EXT-X-STREAM-INF:BANDWIDTH=870,AVERAGE-BANDWIDTH=823,CODECS="avc1.64001F,mp4a.40.2",RESOLUTION=320x180,FRAME-RATE=25.000,AUDIO="audio1-east",SUBTITLES="text-east",PATHWAY-ID="east"
                https://east.test/vod/clip/loop_2/hls-v1.m3u8
                #EXT-X-STREAM-INF:BANDWIDTH=870,AVERAGE-BANDWIDTH=823,CODECS="avc1.64001F,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=25.000,AUDIO="audio1-east",SUBTITLES="text-east",PATHWAY-ID="east"
                https://east.test/vod/clip/loop_2/hls-v2.m3u8
                #EXT-X-STREAM-INF:BANDWIDTH=870,AVERAGE-BANDWIDTH=823,CODECS="avc1.64001F,mp4a.40.2",RESOLUTION=320x180,FRAME-RATE=25.000,AUDIO="audio1-west",SUBTITLES="text-west",PATHWAY-ID="west"
                https://west.test/x/vod/clip/loop_2/hls-v1.m3u8
                #EXT-X-STREAM-INF:BANDWIDTH=870,AVERAGE-BANDWIDTH=823,CODECS="avc1.64001F,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=25.000,AUDIO="audio1-west",SUBTITLES="text-west",PATHWAY-ID="west"
                https://west.test/x/vod/clip/loop_2/hls-v2.m3u8
            "##]],
        ),
        (
            "clip/seg_4s/trick_8/hls.m3u8",
            expect![
                "option `trick_8` does not fit: a playlist of key frames has one in each segment: leave `seg_` out"
            ],
        ),
        (
            "clip/seg_4s/trick_8/hls-trick-v1.m3u8",
            expect![
                "option `trick_8` does not fit: a playlist of key frames has one in each segment: leave `seg_` out"
            ],
        ),
        ("clip/text_none/hls-wvtt-s-en.m3u8", expect!["`clip` has no track `wvtt-s-en`"]),
    ] {
        expected.assert_eq(&asked(path));
    }
}

#[test]
fn a_film_has_variants_groups_and_text() {
    check(
        &clip(3),
        Shape::PLAIN,
        None,
        &expect![[r##"
            #EXTM3U
            #EXT-X-VERSION:6
            #EXT-X-INDEPENDENT-SEGMENTS
            #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio1",NAME="en",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="hls-a-en.m3u8"
            #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio1",NAME="ko",LANGUAGE="ko",AUTOSELECT=YES,CHANNELS="2",URI="hls-a-ko.m3u8"
            #EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="text",NAME="English",LANGUAGE="en",AUTOSELECT=YES,URI="hls-s-en.m3u8"
            #EXT-X-STREAM-INF:BANDWIDTH=929,AVERAGE-BANDWIDTH=843,CODECS="avc1.64001F,mp4a.40.2",RESOLUTION=320x180,FRAME-RATE=25.000,AUDIO="audio1",SUBTITLES="text"
            hls-v1.m3u8
            #EXT-X-STREAM-INF:BANDWIDTH=929,AVERAGE-BANDWIDTH=843,CODECS="avc1.64001F,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=25.000,AUDIO="audio1",SUBTITLES="text"
            hls-v2.m3u8
        "##]],
    );
}

#[test]
fn a_track_lists_the_segments_that_dash_has() {
    let shape = Shape { passes: 2, gops: 2 };
    check(
        &clip(3),
        shape,
        Some("a-ko"),
        &expect![[r##"
        #EXTM3U
        #EXT-X-VERSION:6
        #EXT-X-TARGETDURATION:4
        #EXT-X-MEDIA-SEQUENCE:1
        #EXT-X-PLAYLIST-TYPE:VOD
        #EXT-X-INDEPENDENT-SEGMENTS
        #EXT-X-MAP:URI="v_0000000000000007/a-ko/init.mp4"
        #EXTINF:4.010667,
        v_0000000000000007/a-ko/1.m4s
        #EXTINF:3.994667,
        v_0000000000000007/a-ko/2.m4s
        #EXTINF:3.989333,
        v_0000000000000007/a-ko/3.m4s
        #EXT-X-ENDLIST
    "##]],
    );
    check(
        &clip(3),
        shape,
        Some("s-en"),
        &expect![[r#"
        #EXTM3U
        #EXT-X-VERSION:6
        #EXT-X-TARGETDURATION:12
        #EXT-X-MEDIA-SEQUENCE:0
        #EXT-X-PLAYLIST-TYPE:VOD
        #EXTINF:12.0,
        v_0000000000000007/s-en.vtt
        #EXT-X-ENDLIST
    "#]],
    );
    let refused = on_demand(&clip(3), shape, Some("v9")).unwrap_err();
    assert_eq!(refused, Refused::NotFound("`clip` has no track `v9`".to_owned()));
}

#[test]
fn qualities_of_sound_are_groups_that_have_every_language() {
    let sound = aac(2, 2);
    let named = |id: &str, lang: &str| {
        let mut track = track(id, STEREO, 48_000, &sound);
        track.lang = lang.to_owned();
        track
    };
    let asset = Asset::new(AssetSource {
        name: "clip".to_owned(),
        tracks: vec![
            track("v1", kind_video(180), 12_800, &[25_600; 2]),
            named("a1", "en"),
            named("a2", "en"),
            named("a3", "und"),
        ],
        subtitles: Vec::<Subtitle>::new(),
        ..AssetSource::default()
    });
    check(
        &asset.unwrap(),
        Shape::PLAIN,
        None,
        &expect![[r##"
        #EXTM3U
        #EXT-X-VERSION:6
        #EXT-X-INDEPENDENT-SEGMENTS
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio1",NAME="en",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="hls-a1.m3u8"
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio1",NAME="a3",AUTOSELECT=YES,CHANNELS="2",URI="hls-a3.m3u8"
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio2",NAME="en",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="hls-a2.m3u8"
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio2",NAME="a3",AUTOSELECT=YES,CHANNELS="2",URI="hls-a3.m3u8"
        #EXT-X-STREAM-INF:BANDWIDTH=790,AVERAGE-BANDWIDTH=747,CODECS="avc1.64001F,mp4a.40.2",RESOLUTION=320x180,FRAME-RATE=25.000,AUDIO="audio1"
        hls-v1.m3u8
        #EXT-X-STREAM-INF:BANDWIDTH=790,AVERAGE-BANDWIDTH=747,CODECS="avc1.64001F,mp4a.40.2",RESOLUTION=320x180,FRAME-RATE=25.000,AUDIO="audio2"
        hls-v1.m3u8
    "##]],
    );
    let sound_alone = Asset::new(AssetSource {
        name: "clip".to_owned(),
        tracks: vec![named("a1", "en"), named("a2", "en")],
        ..AssetSource::default()
    });
    check(
        &sound_alone.unwrap(),
        Shape::PLAIN,
        None,
        &expect![[r##"
        #EXTM3U
        #EXT-X-VERSION:6
        #EXT-X-INDEPENDENT-SEGMENTS
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio1",NAME="en",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="hls-a1.m3u8"
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio2",NAME="en",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="hls-a2.m3u8"
        #EXT-X-STREAM-INF:BANDWIDTH=395,AVERAGE-BANDWIDTH=373,CODECS="mp4a.40.2",AUDIO="audio1"
        hls-a1.m3u8
        #EXT-X-STREAM-INF:BANDWIDTH=395,AVERAGE-BANDWIDTH=373,CODECS="mp4a.40.2",AUDIO="audio2"
        hls-a2.m3u8
    "##]],
    );
}
