use crate::{
    Around, Asked, Body, Cacheability, Catalogue, Found, Refused,
    fixture::{Film, drm, film},
    respond, respond_in, respond_live, respond_live_asked,
};
use dashpot_base::WallTime;
use dashpot_mpd::{Mpd, Period, parse};
use proptest::prelude::*;
use std::{sync::LazyLock, time::Duration};

static FILMS: LazyLock<[Catalogue; 2]> = LazyLock::new(|| {
    [((25, 1), 48_000, 0), ((30_000, 1_001), 44_100, 1)].map(|(rate, sampling, missing_frames)| {
        let made = Film { rate, sampling, gops: 5, gop_seconds: 2, missing_frames };
        Catalogue::new([film(&made)]).with_drm(drm(1))
    })
});

fn text(found: Found) -> String {
    match found.body {
        Body::Text(text) => text,
        Body::Media(_) | Body::Sealed(_) => panic!("no text"),
    }
}

fn live(catalogue: &Catalogue, path: &str, now_ms: u64) -> Result<String, Refused> {
    respond_live(catalogue, path, at(now_ms)).map(text)
}

fn vod(path: &str) -> Result<String, Refused> {
    respond(&FILMS[0], path).map(text)
}

fn at(ms: u64) -> WallTime {
    WallTime::from_epoch(Duration::from_millis(ms))
}

fn mpd(text: &str) -> Mpd {
    let (mpd, warnings) = parse(text).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    mpd
}

fn attribute<'a>(period: &'a Period, name: &str) -> Option<&'a str> {
    let found = period.extra_attributes.iter().find(|(key, _)| key == name);
    found.map(|(_, value)| value.as_str())
}

/// Returns the Periods of an MPD with those that it refers to in the place of references, as who
/// follows all of them has it, and where these lead.
fn followed(mpd: Mpd, fetch: impl Fn(&str) -> String) -> (Vec<Period>, Vec<String>) {
    let (mut periods, mut urls) = (Vec::new(), Vec::new());
    for period in mpd.periods {
        let Some(url) = attribute(&period, "xlink:href") else {
            periods.push(period);
            continue;
        };
        if url == "urn:mpeg:dash:resolve-to-zero:2013" {
            assert_eq!(attribute(&period, "xlink:actuate"), Some("onLoad"));
            continue;
        }
        let entity = fetch(url);
        let entity = entity.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").unwrap();
        let whole = format!(
            "<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" profiles=\"\" minBufferTime=\"PT1S\">{entity}</MPD>"
        );
        let there = parse(&whole).unwrap().0.periods;
        assert_eq!(there[0].id, period.id);
        assert_eq!(there[0].start, period.start);
        periods.extend(there);
        urls.push(url.to_owned());
    }
    (periods, urls)
}

const FOLDERS: [&str; 14] = [
    "PERIOD/",
    "PERIOD/tsbd_20s/",
    "PERIOD/join_connectivity/chunk_0.5s/",
    "PERIOD/events_1.5s/emsg_3s/",
    "PERIOD/scte35_3/cueas_xml-xmlbin-emsg/",
    "PERIOD/initset_on/clocksubs_en/trick_4/",
    "PERIOD/drm_cenc/",
    "PERIOD/start_1699999900/",
    "PERIOD/start_1699999900/stop_1700000041/",
    "PERIOD/ad_film/EVERY/",
    "ad_film/EVERY/",
    "ad_film/EVERY/start_1699999901/",
    "ad_film/EVERY/chunk_0.5s/stop_1700000041/",
    "ad_film,film/mup_1s/snr_7/ast_1699999000/",
];

/// Returns a folder as it fits a film.
fn folder(film: usize, folder: &str) -> String {
    let (period, every) =
        [("period_8s", "every_12s/for_4s"), ("period_8.008s", "every_12.012s/for_4.004s")][film];
    format!("film/{}", folder.replace("PERIOD", period).replace("EVERY", every))
}

proptest! {
    /// Law: who follows all references has the MPD that there is without them, and what they lead to
    /// stays the same for as long as it is there.
    #[test]
    fn an_mpd_with_its_references_followed_is_the_mpd_without(
        film in 0..2_usize,
        given in 0..FOLDERS.len(),
        form in prop::sample::select(vec!["number", "time", "timeline"]),
        words in prop::sample::select(vec!["onload", "onrequest", "onload-zero", "zero-onrequest"]),
        now_ms in 1_699_999_890_000..1_700_000_110_000_u64,
        passed_ms in prop_oneof![0..4_000_u64, 0..130_000_u64],
    ) {
        let (catalogue, given) = (&FILMS[film], folder(film, FOLDERS[given]));
        let plain = mpd(&live(catalogue, &format!("{given}{form}.mpd"), now_ms).unwrap());
        let given = format!("{given}xlink_{words}/");
        let remote = live(catalogue, &format!("{given}{form}.mpd"), now_ms).unwrap();
        let fetch = |url: &str| live(catalogue, &format!("{given}{url}"), now_ms).unwrap();
        let (mut remote, ended) = (mpd(&remote), plain.media_presentation_duration.is_some());
        for period in &remote.periods {
            let is_remote = attribute(period, "xlink:href").is_some();
            let has_content = words.contains("onrequest") && !period.id.as_ref().unwrap().starts_with("zero");
            prop_assert_eq!(is_remote && !has_content, period.adaptation_sets.is_empty());
        }
        let (periods, urls) = followed(remote.clone(), fetch);
        prop_assert_eq!(&periods, &plain.periods);
        prop_assert!(!ended || urls.is_empty(), "what has ended is whole");
        for url in urls {
            match live(catalogue, &format!("{given}{url}"), now_ms + passed_ms) {
                Ok(later) => prop_assert_eq!(later, fetch(&url)),
                Err(Refused::Gone(_)) => prop_assert!(1_000 < passed_ms),
                Err(refused) => prop_assert!(false, "{}: {}", url, refused),
            }
        }
        remote.periods = periods;
        remote.extra_attributes.retain(|(name, _)| name != "xmlns:xlink");
        prop_assert_eq!(remote.write(), plain.write());
    }
}

#[test]
fn a_live_mpd_refers_to_periods_that_are_over_and_to_breaks_ahead() {
    let references = |path: &str, now_ms| {
        let (_, urls) = followed(mpd(&live(&FILMS[0], path, now_ms).unwrap()), |url| {
            let (folder, _) = path.rsplit_once('/').unwrap();
            live(&FILMS[0], &format!("{folder}/{url}"), now_ms).unwrap()
        });
        let name = |url: &str| url.rsplit_once('/').unwrap().1.to_owned();
        urls.iter().map(|url| name(url)).collect::<Vec<_>>()
    };
    // Segments of 2 s: at 206 s the last is 102, and the window of 20 s begins with 93.
    let path = "film/period_4s/tsbd_20s/xlink_onload/time.mpd";
    assert_eq!(
        references(path, 206_000),
        ["time-p94.xml", "time-p96.xml", "time-p98.xml", "time-p100.xml"]
    );
    // Breaks at 192, 204 and 216 s.
    let path = "film/ad_film/every_12s/for_4s/tsbd_20s/xlink_onload/number.mpd";
    let expected = ["number-ad16.xml", "number-p98.xml", "number-ad17.xml", "number-ad18.xml"];
    assert_eq!(references(path, 206_000), expected);
    let path = path.replace("number", "timeline");
    assert_eq!(references(&path, 206_000), ["timeline-ad16.xml", "timeline-p98.xml"]);
}

#[test]
fn breaks_on_demand_stand_elsewhere_several_in_one_place() {
    for form in ["number", "time", "base", "list"] {
        for (options, expected) in [
            ("pre_film,film/mid_film@4s/post_film/xlink_onload-zero", 3),
            ("pre_film,film/mid_film@4s/post_film/xlink_onrequest", 4),
        ] {
            let (given, _) = options.rsplit_once('/').unwrap();
            let plain = mpd(&vod(&format!("film/{given}/{form}.mpd")).unwrap());
            let remote = mpd(&vod(&format!("film/{options}/{form}.mpd")).unwrap());
            let fetch = |url: &str| vod(&format!("film/{options}/{url}")).unwrap();
            let (periods, urls) = followed(remote, fetch);
            assert_eq!((periods, urls.len()), (plain.periods, expected), "{options} {form}");
        }
    }
}

#[test]
fn references_are_whole_urls_where_the_folder_is_known_and_then_for_one_client() {
    let folder = "http://o.test:81/live/film/fault_x/";
    let around = Around { folder: Some(folder.to_owned()), ..Around::default() };
    let asked = Asked { query: None, now: at(206_000), around };
    let path = "film/period_4s/xlink_onload/time.mpd";
    let found = respond_live_asked(&FILMS[0], path, &asked).unwrap();
    assert_eq!(found.cacheability, Cacheability::Private(Duration::from_secs(2)));
    let whole = format!("xlink:href=\"{folder}v_0000000000000007/time-p98.xml\"");
    assert!(text(found).contains(&whole));
    let path = "film/pre_film/xlink_onload/number.mpd";
    let found = respond_in(&FILMS[0], path, Some("http://o.test/")).unwrap();
    assert_eq!(found.cacheability, Cacheability::Private(Duration::from_secs(10)));
    let whole = "xlink:href=\"http://o.test/v_0000000000000007/number-ad0.xml\"";
    assert!(text(found).contains(whole));
    // Where nobody says by which name it was asked, what leads there is relative.
    let found =
        respond_live(&FILMS[0], "film/ad_film/xlink_onload/number.mpd", at(999_000)).unwrap();
    assert!(matches!(found.cacheability, Cacheability::For(_)));
    assert!(text(found).contains("xlink:href=\"v_0000000000000007/number-"));
}

#[test]
fn what_references_lead_to_comes_and_goes_by_the_clock() {
    let check = |path: &str, now_ms: u64, expected: &str| {
        let said = match respond_live(&FILMS[0], path, at(now_ms)) {
            Ok(found) => format!("{:?}", found.cacheability.at(at(now_ms))),
            Err(Refused::NotFound(why)) => format!("404 {why}"),
            Err(Refused::BadRequest(why)) => format!("400 {why}"),
            Err(Refused::TooEarly { in_ms, .. }) => format!("425 in {in_ms}"),
            Err(Refused::Gone(_)) => "410".to_owned(),
            Err(other) => format!("{other:?}"),
        };
        assert!(said.starts_with(expected), "{path} at {now_ms}: {said}");
    };
    let v = "v_0000000000000007/";
    // Segments 98 and 99 end at 200 s, and have left with the window of 20 s and a segment behind it.
    let given = "film/period_4s/tsbd_20s/xlink_onload/";
    check(&format!("{given}{v}time-p98.xml"), 199_749, "425 in 251");
    check(&format!("{given}{v}time-p98.xml"), 200_000, "For(22.001s)");
    check(&format!("{given}time-p98.xml"), 200_000, "For(22.001s)");
    check(&format!("{given}{v}time-p98.xml"), 222_001, "410");
    check(&format!("{given}{v}number-p98.xml"), 199_000, "425 in 1000");
    for wrong in ["p99", "p098", "98", "p", "ad5", "1", "p18446744073709551615"] {
        let expected = if wrong.len() < 9 { "404 no MPD refers" } else { "4" };
        check(&format!("{given}{v}time-{wrong}.xml"), 200_000, expected);
    }
    check(&format!("{given}{v}base-p98.xml"), 200_000, "404");
    check("film/period_4s/time-p98.xml", 200_000, "404 no MPD refers");
    check("film/xlink_onload/time-p98.xml", 200_000, "400 option `xlink_onload` does not fit");
    // Break 17 is from 204 s to 208 s; an MPD of numbers tells of it six segments ahead.
    let given = "film/ad_film/every_12s/for_4s/xlink_onload/";
    check(&format!("{given}{v}time-ad17.xml"), 207_000, "425 in 1000");
    check(&format!("{given}{v}time-ad17.xml"), 208_000, "For(60s)");
    check(&format!("{given}{v}number-ad17.xml"), 193_000, "425 in 1000");
    check(&format!("{given}{v}number-ad17.xml"), 194_000, "For(60s)");
    check(&format!("{given}{v}number-ad0.xml"), 0, "For(60s)");
    check(&format!("{given}{v}number-ad18446744073709551615.xml"), 0, "404");
}

#[test]
fn options_that_do_not_go_with_references_are_refused() {
    let catalogue = &FILMS[0];
    for (answer, words) in [
        (live(catalogue, "film/xlink_onload/time.mpd", 0), "there is one Period"),
        (live(catalogue, "film/xlink_zero/period_4s/time.mpd", 0), "say either"),
        (live(catalogue, "film/xlink_onload-onrequest/period_4s/time.mpd", 0), "say either"),
        (
            live(catalogue, "film/xlink_onload/period_4s/patch_60s/time.mpd", 0),
            "leave out `patch_`",
        ),
        (live(catalogue, "film/xlink_onload/period_4s/hls.m3u8", 99_000), "playlists"),
        (live(catalogue, "film/xlink_on/time.mpd", 0), "did you mean `xlink_on"),
        (vod("film/xlink_onload/number.mpd"), "there is one Period"),
        (vod("film/xlink_onload/hls.m3u8"), "playlists"),
    ] {
        let Err(Refused::BadRequest(why)) = answer else { panic!("{words}: {answer:?}") };
        assert!(why.contains("xlink_") && why.contains(words), "{why}");
    }
    assert!(matches!(vod("film/pre_film/xlink_onload/number-ad1.xml"), Err(Refused::NotFound(_))));
}
