use super::*;
use crate::{
    Body, Catalogue, Refused,
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

fn live(catalogue: &Catalogue, path: &str) -> Result<String, Refused> {
    match respond_live(catalogue, path, WallTime::from_unix_seconds(1_000))?.body {
        Body::Text(text) => Ok(text),
        Body::Media(plan) => Ok(plan.len().to_string()),
        Body::Sealed(_) => Ok("sealed".to_owned()),
    }
}

fn vod(catalogue: &Catalogue, path: &str) -> Result<String, Refused> {
    match respond(catalogue, path)?.body {
        Body::Text(text) => Ok(text),
        Body::Media(plan) => Ok(plan.len().to_string()),
        Body::Sealed(_) => Ok("sealed".to_owned()),
    }
}

/// Returns the lines of an MPD before its Period.
fn head(text: &str) -> String {
    let text = text.split_once("<BaseURL").unwrap().1.split_once("  <Period").unwrap().0;
    format!("<BaseURL{text}")
}

#[test]
fn an_mpd_leads_to_every_pathway_and_says_whom_to_ask() {
    let text = live(&catalogue(), "film/chunk_0.5s/steer_before/number.mpd").unwrap();
    expect![[r#"
        <BaseURL serviceLocation="a">http://127.0.0.1:1/live/film/chunk_0.5s/v_0000000000000007/</BaseURL>
          <BaseURL serviceLocation="b">https://b.test/edge/live/film/chunk_0.5s/v_0000000000000007/</BaseURL>
          <ServiceDescription id="0">
            <Latency target="1500" min="750" max="3000" referenceId="0"/>
            <PlaybackRate min="0.96" max="1.04"/>
            <ContentSteering defaultServiceLocation="a" queryBeforeStart="true">http://steer.test/steering/new</ContentSteering>
          </ServiceDescription>
    "#]]
    .assert_eq(&head(&text));
    let text = vod(&catalogue(), "film/steer_on/loop_2/number.mpd").unwrap();
    expect![[r#"
        <BaseURL serviceLocation="a">http://127.0.0.1:1/vod/film/loop_2/v_0000000000000007/</BaseURL>
          <BaseURL serviceLocation="b">https://b.test/edge/vod/film/loop_2/v_0000000000000007/</BaseURL>
          <ServiceDescription id="0">
            <ContentSteering defaultServiceLocation="a">http://steer.test/steering/new</ContentSteering>
          </ServiceDescription>
    "#]]
    .assert_eq(&head(&text));
}

#[test]
fn without_pathways_the_option_is_refused_and_segments_are_what_they_are() {
    let none = Catalogue::new(catalogue().assets().map(|asset| (**asset).clone()));
    for answer in [
        live(&none, "film/steer_on/number.mpd"),
        live(&none, "film/steer_on/hls.m3u8"),
        vod(&none, "film/steer_on/number.mpd"),
        vod(&none, "film/steer_on/hls.m3u8"),
    ] {
        let Err(Refused::BadRequest(why)) = answer else { panic!("{answer:?}") };
        assert!(why.contains("steer_on") && why.contains("--pathway NAME=URL"), "{why}");
    }
    let segment = live(&none, "film/steer_on/v1/490.m4s").unwrap();
    assert_eq!(segment, live(&none, "film/v1/490.m4s").unwrap());
    let Err(Refused::BadRequest(why)) = live(&none, "film/steer_up/number.mpd") else { panic!() };
    assert!(why.contains("did you mean `steer_on`"), "{why}");
}

#[test]
fn a_patch_keeps_to_the_pathways() {
    let patch = live(&catalogue(), "film/patch_60s/steer_on/time-998000.mpp").unwrap();
    assert!(patch.contains("<Patch "), "{patch}");
    assert!(!patch.contains("serviceLocation"), "{patch}");
}

#[test]
fn pathways_are_names_and_urls_of_servers() {
    let check = |text: &str, expected: &Result<(&str, &str), PathwayError>| {
        let got = text.parse::<Pathway>();
        let got = got.as_ref().map(|one| (one.name.as_str(), one.url.as_str()));
        assert_eq!(got, expected.as_ref().map(|one| *one), "{text}");
    };
    use PathwayError::{Name, Shape, Url};
    for (text, expected) in [
        ("a=http://a.test", Ok(("a", "http://a.test"))),
        ("cdn-1=https://[::1]:8443/x/", Ok(("cdn-1", "https://[::1]:8443/x"))),
        ("a", Err(Shape)),
        ("=http://a.test", Err(Name)),
        ("a b=http://a.test", Err(Name)),
        ("a=ftp://a.test", Err(Url)),
        ("a=http:///x", Err(Url)),
        ("a=http://", Err(Url)),
        ("a=http://u:p@a.test", Err(Url)),
        ("a=http://a.test?x", Err(Url)),
        ("a=http://a.test/<b>", Err(Url)),
        ("a=//a.test", Err(Url)),
    ] {
        check(text, &expected);
    }
    let one = || "a=http://a.test".parse::<Pathway>().unwrap();
    let twice = Pathways::new(vec![one(), one()], String::new());
    assert_eq!(twice, Err(PathwayError::Twice("a".to_owned())));
    let named = |at: usize| Pathway { name: format!("p{at}"), ..one() };
    let many = Pathways::new((0..=PATHWAYS_MAX).map(named).collect(), String::new());
    assert_eq!(many, Err(PathwayError::Many));
}
