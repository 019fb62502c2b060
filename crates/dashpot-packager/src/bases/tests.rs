use crate::{
    Body, Catalogue, Pathways, Refused,
    fixture::{Film, film},
    respond, respond_live,
};
use dashpot_base::WallTime;
use expect_test::expect;

fn catalogue() -> Catalogue {
    let film =
        film(&Film { rate: (25, 1), sampling: 48_000, gops: 5, gop_seconds: 2, missing_frames: 0 });
    let list = ["a=http://127.0.0.1:1/", "b=https://b.test/edge"].map(|text| text.parse().unwrap());
    let server = "http://steer.test/steering/new".to_owned();
    Catalogue::new([film]).with_pathways(Pathways::new(list.to_vec(), server).unwrap())
}

fn live(path: &str) -> Result<String, Refused> {
    Ok(written(respond_live(&catalogue(), path, WallTime::from_unix_seconds(1_000))?.body))
}

fn vod(path: &str) -> Result<String, Refused> {
    Ok(written(respond(&catalogue(), path)?.body))
}

fn written(body: Body) -> String {
    match body {
        Body::Text(text) => text,
        Body::Media(plan) => plan.len().to_string(),
        Body::Sealed(_) => "sealed".to_owned(),
    }
}

#[test]
fn an_mpd_has_the_places_that_it_names_by_their_priority() {
    let bases = |text: &str| {
        let lines = text.lines().filter(|line| line.contains("BaseURL"));
        lines.fold(String::new(), |all, line| all + line.trim() + "\n")
    };
    let text = live("film/bases_b,a/tsbd_20s/number.mpd").unwrap();
    assert!(text.contains(r#" xmlns:dvb="urn:dvb:dash:dash-extensions:2014-1""#), "{text}");
    expect![[r#"
        <BaseURL serviceLocation="b" dvb:priority="1" dvb:weight="1">https://b.test/edge/live/film/tsbd_20s/v_0000000000000007/</BaseURL>
        <BaseURL serviceLocation="a" dvb:priority="2" dvb:weight="1">http://127.0.0.1:1/live/film/tsbd_20s/v_0000000000000007/</BaseURL>
    "#]]
    .assert_eq(&bases(&text));
    let text = vod("film/bases_b@7-1,a@3-40/time.mpd").unwrap();
    expect![[r#"
        <BaseURL serviceLocation="a" dvb:priority="3" dvb:weight="40">http://127.0.0.1:1/vod/film/v_0000000000000007/</BaseURL>
        <BaseURL serviceLocation="b" dvb:priority="7" dvb:weight="1">https://b.test/edge/vod/film/v_0000000000000007/</BaseURL>
    "#]]
    .assert_eq(&bases(&text));
    dashpot_mpd::parse(&text).unwrap();
}

#[test]
fn what_cannot_be_is_refused_by_name_and_segments_are_what_they_are() {
    let check = |answer: Result<String, Refused>, words: &str| {
        let Err(Refused::BadRequest(why)) = answer else { panic!("{words}: {answer:?}") };
        assert!(why.contains("bases_") && why.contains(words), "{why}");
    };
    check(live("film/bases_a,c/number.mpd"), "no pathway `c`, but `a`, `b`");
    check(vod("film/bases_c/number.mpd"), "no pathway `c`");
    check(live("film/bases_a/steer_on/number.mpd"), "every pathway");
    check(vod("film/bases_a/hls.m3u8"), "use `steer_`");
    check(live("film/bases_a/hls.m3u8"), "use `steer_`");
    check(live("film/bases_a@x/number.mpd"), "did you mean");
    let none = Catalogue::new(catalogue().assets().map(|asset| (**asset).clone()));
    let answer = respond(&none, "film/bases_a/number.mpd").map(|found| written(found.body));
    check(answer, "--pathway NAME=URL");
    assert_eq!(live("film/bases_a/v1/490.m4s"), live("film/v1/490.m4s"));
    assert_eq!(vod("film/bases_c/v1/1.m4s"), vod("film/v1/1.m4s"));
}

#[test]
fn a_patch_keeps_to_the_places() {
    let patch = live("film/patch_60s/bases_a,b/time-998000.mpp").unwrap();
    assert!(patch.contains("<Patch "), "{patch}");
    assert!(!patch.contains("serviceLocation"), "{patch}");
}
