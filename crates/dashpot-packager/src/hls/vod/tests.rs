use super::*;
use crate::{
    AssetSource, Subtitle,
    fixture::{STEREO, aac, clip, kind_video, track},
};
use expect_test::{Expect, expect};

fn check(asset: &Asset, shape: Shape, of: Option<&str>, expected: &Expect) {
    expected.assert_eq(&on_demand(asset, shape, of).unwrap());
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
        #EXT-X-STREAM-INF:BANDWIDTH=878,AVERAGE-BANDWIDTH=792,CODECS="avc1.64001F,mp4a.40.2",RESOLUTION=320x180,FRAME-RATE=25.000,AUDIO="audio1",SUBTITLES="text"
        hls-v1.m3u8
        #EXT-X-STREAM-INF:BANDWIDTH=878,AVERAGE-BANDWIDTH=792,CODECS="avc1.64001F,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=25.000,AUDIO="audio1",SUBTITLES="text"
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
