use super::*;
use crate::{
    Catalogue, fixture,
    live::{Around, Asked as Asking, respond_live_asked},
    respond::Body,
};
use std::time::Duration;

fn at(path: &str, now_ms: u64) -> Result<Option<Located>, Refused> {
    located(path, WallTime::from_epoch(Duration::from_millis(now_ms)))
}

#[test]
fn times_that_count_from_now_are_times_of_the_clock_elsewhere() {
    let check = |path: &str, expected: &str, reference: &str, redirects| {
        let found = at(path, 203_500).unwrap().unwrap();
        let (expected, reference) = (expected.to_owned(), reference.to_owned());
        assert_eq!(found, Located { path: expected, reference, redirects }, "{path}");
    };
    check(
        "/live/film/startrel_30s/number.mpd",
        "/live/film/start_173/number.mpd",
        "../../film/start_173/number.mpd",
        false,
    );
    check(
        "/live/film/tsbd_9s/stoprel_1.5s/location_redirect/fault_404/time.mpd",
        "/live/film/tsbd_9s/stop_205/fault_404/time.mpd",
        "../../../../../film/tsbd_9s/stop_205/fault_404/time.mpd",
        true,
    );
    check(
        "/live/film/location_element/time.mpd",
        "/live/film/time.mpd",
        "../../film/time.mpd",
        false,
    );
    check(
        "/live/film/startrel_9s/hls.m3u8",
        "/live/film/start_194/hls.m3u8",
        "../../film/start_194/hls.m3u8",
        true,
    );
    check(
        "/livesim2/startrel_-20/stoprel_20/testpic_2s/Manifest.mpd",
        "/livesim2/start_183/stop_224/testpic_2s/Manifest.mpd",
        "../../../start_183/stop_224/testpic_2s/Manifest.mpd",
        false,
    );
    for path in [
        "/live/film/number.mpd",
        "/live/film/start_5/number.mpd",
        "/live/film/startrel_5s/v1/1.m4s",
        "/vod/film/startrel_5s/number.mpd",
        "/live/number.mpd",
        "/",
    ] {
        assert_eq!(at(path, 0), Ok(None), "{path}");
    }
    for (path, expected) in [
        ("/live/film/startrel_5/number.mpd", "option `startrel_5` is not one: did you mean"),
        ("/live/film/location_x/number.mpd", "option `location_x` is not one"),
        ("/livesim2/startrel_20/film/Manifest.mpd", "livesim2's option `startrel_20` has no such"),
        ("/livesim2/stoprel_x/film/Manifest.mpd", "livesim2's option `stoprel_x` has no such"),
    ] {
        let Err(Refused::BadRequest(why)) = at(path, 0) else { panic!("{path}") };
        assert!(why.starts_with(expected), "{why}");
    }
}

#[test]
fn an_mpd_that_is_elsewhere_says_so_and_leads_to_what_is_there() {
    let film = fixture::Film {
        rate: (25, 1),
        sampling: 48_000,
        gops: 5,
        gop_seconds: 2,
        missing_frames: 0,
    };
    let catalogue = Catalogue::new([fixture::film(&film)]);
    let location = Some("../../film/start_100/patch_60s/time.mpd".to_owned());
    let asked = Asking {
        query: None,
        now: WallTime::from_epoch(Duration::from_secs(200)),
        around: Around { location: location.clone(), ..Around::default() },
    };
    let found = respond_live_asked(&catalogue, "film/start_100/patch_60s/time.mpd", &asked);
    let Body::Text(text) = found.unwrap().body else { panic!("no text") };
    let (mpd, _) = dashpot_mpd::parse(text).unwrap();
    assert_eq!(Some(&mpd.locations[0].url), location.as_ref());
    let folder = "../../film/start_100/patch_60s/";
    assert_eq!(mpd.base_urls[0].url, format!("{folder}v_0000000000000007/"));
    assert_eq!(mpd.patch_locations[0].url, format!("{folder}time-200000.mpp"));
}
