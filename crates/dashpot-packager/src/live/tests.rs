use super::*;
use crate::fixture::{Film, files, film, read};
use dashpot_base::MediaTime;
use proptest::prelude::*;

fn catalogue() -> Catalogue {
    let film =
        film(&Film { rate: (25, 1), sampling: 48_000, gops: 5, gop_seconds: 2, missing_frames: 0 });
    Catalogue::new([film])
}

fn at(path: &str, now_ms: u64) -> Result<Found, Refused> {
    respond_live(&catalogue(), path, wall(now_ms))
}

fn check(path: &str, now_ms: u64, expected: &str) {
    let said = match at(path, now_ms) {
        Ok(found) => match found.cacheability.at(wall(now_ms)) {
            Cacheability::For(time) | Cacheability::Private(time) => {
                format!("200 for {} ms", time.as_millis())
            }
            Cacheability::Immutable => "200 for ever".to_owned(),
            Cacheability::Unversioned | Cacheability::Manifest | Cacheability::Until { .. } => {
                "200 briefly".to_owned()
            }
        },
        Err(Refused::NotFound(why)) => format!("404 {why}"),
        Err(Refused::BadRequest(why)) => format!("400 {why}"),
        Err(Refused::TooEarly { why, in_ms }) => format!("425 {in_ms} {why}"),
        Err(Refused::Gone(why)) => format!("410 {why}"),
        Err(Refused::Unchanged) => "204".to_owned(),
        Err(Refused::TooFar(why)) => format!("400 now {why}"),
        Err(Refused::Unavailable { why, in_ms }) => format!("503 {in_ms} {why}"),
    };
    assert!(said.starts_with(expected), "{path} at {now_ms}: {said}");
}

#[test]
fn segments_come_and_go_by_the_clock() {
    let v = "v_0000000000000007";
    for (path, now_ms, expected) in [
        // Segment 101 runs from 200 s to 202 s; its window of 60 s and twice its length end at 264 s.
        ("film/VERSION/v1/101.m4s", 201_749, "425 251 segment 101 of `v1` comes in 251 ms"),
        ("film/VERSION/v1/101.m4s", 202_000, "200 for 62001 ms"),
        ("film/VERSION/v1/101.m4s", 264_000, "200 for 1 ms"),
        ("film/VERSION/v1/101.m4s", 264_001, "410 segment 101 of `v1` has left the window"),
        ("film/VERSION/a-en/101.m4s", 202_000, "200 for 62001 ms"),
        ("film/VERSION/v1/t2560000.m4s", 202_000, "200 for 62001 ms"),
        ("film/VERSION/v1/t2560001.m4s", 202_000, "404 `v1` has no segment that starts at 2560001"),
        ("film/v1/101.m4s", 202_000, "200 for 60000 ms"),
        ("film/v1/0.m4s", 202_000, "404 `v1` has no segment 0: the first is 1"),
        ("film/snr_0/v1/0.m4s", 2_000, "200"),
        ("film/v2/101.m4s", 202_000, "404 `film` has no track `v2`"),
        ("film/v_0000000000000008/v1/101.m4s", 202_000, "404 `film` has changed"),
        ("film/tsbd_0s/VERSION/v1/101.m4s", 202_000, "200 for 2001 ms"),
        ("film/ast_100/VERSION/v1/51.m4s", 201_749, "425 251"),
        ("film/ast_100/VERSION/v1/51.m4s", 202_000, "200"),
        ("film/ast_300/VERSION/v1/1.m4s", 202_000, "425 100000"),
        // Low latency: a chunk after its begin.
        ("film/chunk_0.5s/VERSION/v1/101.m4s", 200_249, "425 251"),
        ("film/chunk_0.5s/VERSION/v1/101.m4s", 200_500, "200 for 63501 ms"),
        ("film/ato_1s/VERSION/v1/101.m4s", 201_000, "200"),
        // An event from 100 s to 203 s: segments 51 to 102, which stay.
        ("film/start_100/stop_203/v1/50.m4s", 150_000, "404 the event has segments 51 to 102"),
        ("film/start_100/stop_203/VERSION/v1/51.m4s", 150_000, "200 for ever"),
        ("film/start_100/stop_203/VERSION/v1/102.m4s", 203_749, "425 251"),
        ("film/start_100/stop_203/VERSION/v1/102.m4s", 999_999, "200 for ever"),
        ("film/start_100/stop_203/v1/103.m4s", 999_999, "404 the event has segments 51 to 102"),
        ("film/start_100/stop_203/tsbd_10s/VERSION/v1/51.m4s", 999_999, "410"),
        ("film/start_100/stop_203/tsbd_10s/VERSION/v1/98.m4s", 999_999, "200 for ever"),
        ("film/start_99/v1/50.m4s", 999_999, "404 the event has segments 51 of `v1`"),
        ("film/v1/init.mp4", 0, "200 briefly"),
        ("film/VERSION/v1/init.mp4", 0, "200 for ever"),
        // An MPD is good until the next segment comes, if it lists them.
        ("film/time.mpd", 202_000, "200 for 2000 ms"),
        ("film/time.mpd", 203_999, "200 for 1 ms"),
        ("film/timeline.mpd", 203_999, "200 for 1 ms"),
        ("film/number.mpd", 203_999, "200 for 10000 ms"),
        ("film/number.mpd", 0, "200 for 10000 ms"),
        ("film/stop_204/number.mpd", 203_999, "200 for 1 ms"),
        ("film/stop_204/number.mpd", 204_000, "200 for 10000 ms"),
        ("film/utc_direct/number.mpd", 204_000, "200 for 0 ms"),
        // With Periods, until one comes (at 210 s) or leaves (at 220 s).
        ("film/tsbd_20s/period_20s/number.mpd", 209_999, "200 for 1 ms"),
        ("film/tsbd_20s/period_20s/number.mpd", 219_950, "200 for 50 ms"),
        ("film/tsbd_20s/period_20s/time.mpd", 209_999, "200 for 1 ms"),
        // What cannot be.
        ("film/stop_100/start_100/time.mpd", 0, "400 option `stop_100` does not fit"),
        ("film/chunk_2s/time.mpd", 0, "400 option `chunk_2s` does not fit: it must be shorter"),
        ("film/seg_3s/time.mpd", 0, "400 option `seg_3s` does not fit"),
        ("film/tsbd_60/time.mpd", 0, "400 option `tsbd_60` is not one: did you mean `tsbd_60s`?"),
        ("film/tspd_5s/time.mpd", 0, "400 option `tspd_5s` is not one: did you mean `tsbd_5s`?"),
        (
            "film/utc_htpiso/time.mpd",
            0,
            "400 option `utc_htpiso` is not one: did you mean `utc_httpiso`?",
        ),
        ("film/utc_direct-direct/time.mpd", 0, "400 option `utc_direct-direct` is not one"),
        ("film/loop_2/time.mpd", 0, "400 option `loop_2` is not one"),
        ("film/base.mpd", 0, "404 no such path"),
        ("film/v1.mp4", 0, "404 no such path"),
        ("other/time.mpd", 0, "404 there is no asset `other`"),
    ] {
        check(&path.replace("VERSION", v), now_ms, expected);
    }
}

#[test]
fn whole_segments_can_be_there_before_they_begin() {
    let v = "v_0000000000000007";
    for (path, now_ms, expected) in [
        ("film/chunk_0.5s/ato_3s/time.mpd", 0, "400 option `ato_3s` does not fit"),
        ("film/chunk_0.5s/ato_inf/number.mpd", 0, "400 option `ato_inf` does not fit"),
        ("film/ato_3s/ad_film/time.mpd", 0, "400 option `ato_3s` does not fit: it must"),
        ("film/ato_inf/time.mpd", 0, "400 option `ato_inf` does not fit: a list"),
        ("film/ato_inf/timeline.mpd", 0, "400 option `ato_inf` does not fit: a list"),
        ("film/ato_inf/period_4s/number.mpd", 0, "400 option `ato_inf` does not fit: there"),
        ("film/ato_5s/VERSION/v1/103.m4s", 200_750, "200"),
        ("film/ato_5s/VERSION/v1/103.m4s", 200_749, "425"),
        ("film/ato_inf/VERSION/v1/1000000.m4s", 200_000, "200"),
        ("film/ato_inf/VERSION/a-en/1000000.m4s", 200_000, "200"),
        ("film/ato_inf/VERSION/v1/18446744073709551615.m4s", 200_000, "404"),
        ("film/ato_inf/VERSION/v1/9.m4s", 200_000, "410"),
    ] {
        check(&path.replace("VERSION", v), now_ms, expected);
    }
}

#[test]
fn what_is_played_in_breaks_is_always_there() {
    for (path, now_ms, expected) in [
        ("film/ad_film/of_film/VERSION/v1/1.m4s", 0, "200 for ever"),
        ("film/ad_film/of_film/v1/t25600.m4s", 999_999, "200 briefly"),
        ("film/ad_film/of_film/v1/init.mp4", 0, "200 briefly"),
        ("film/ad_film/of_film/v1/6.m4s", 0, "404 `v1` has segments 1 to 5, no number 6"),
        ("film/ad_film/for_22s/of_film/v1/15.m4s", 0, "200 briefly"),
        ("film/ad_film/of_film/time.mpd", 0, "404"),
        ("film/ad_film/hls.m3u8", 999_999, "400 playlists have no breaks"),
        ("film/ad_film/of_clip/v1/1.m4s", 0, "404 there is no break in which `clip` is played"),
        ("film/of_film/v1/1.m4s", 0, "404 there is no break in which `film` is played"),
        ("film/ad_clip/time.mpd", 0, "400 option `ad_clip` does not fit: there is no asset `clip`"),
        ("film/ad_film,clip/v1/1.m4s", 0, "400 option `ad_clip` does not fit"),
        ("film/ad_,/time.mpd", 0, "400 option `ad_,` is not one: did you mean `ad_film`?"),
        ("film/ad_film/every_9s/time.mpd", 0, "400 option `every_9s` does not fit: it must be a"),
        ("film/ad_film/every_10s/time.mpd", 0, "400 option `for_10s` does not fit: a break must"),
        ("film/every_10s/time.mpd", 0, "400 option `every_10s` does not fit: there are no breaks"),
        ("film/for_10s/time.mpd", 0, "400 option `for_10s` does not fit: there are no breaks"),
    ] {
        check(&path.replace("VERSION", "v_0000000000000007"), now_ms, expected);
    }
}

#[test]
fn what_is_asked_for_a_little_early_comes_as_soon_as_it_is_there() {
    for (path, now_ms, expected) in [
        ("film/v1/101.m4s", 201_750, vec![202_000]),
        ("film/v1/101.m4s", 202_000, vec![]),
        ("film/ato_1s/v1/101.m4s", 200_999, vec![201_000]),
        ("film/ato_1s/v1/101.m4s", 201_000, vec![]),
        ("film/chunk_0.5s/v1/101.m4s", 200_250, vec![200_500, 201_000, 201_500, 202_000]),
        ("film/chunk_0.5s/v1/101.m4s", 202_000, vec![]),
    ] {
        let found = at(path, now_ms).unwrap();
        let due: Vec<_> = found.due.iter().map(|due| due.at.unix_millis()).collect();
        assert_eq!(due, expected, "{path} {now_ms}");
    }
}

#[test]
fn a_query_can_say_what_time_it_is() {
    let now = wall(5);
    let check = |query: Option<&str>, expected: Option<u64>| {
        assert_eq!(asked_time(query, now).ok(), expected.map(wall), "{query:?}");
    };
    check(None, Some(5));
    check(Some("CMCD=bl%3D5"), Some(5));
    check(Some("nowMS=1700000000123"), Some(1_700_000_000_123));
    check(Some("a=b&nowMS=7"), Some(7));
    for wrong in ["nowMS=", "nowMS=-1", "nowMS=+1", "nowMS=1.5", "nowMS=99999999999999"] {
        check(Some(wrong), None);
    }
}

fn mpd(path: &str, now_ms: u64) -> dashpot_mpd::Mpd {
    let Body::Text(text) = at(path, now_ms).unwrap().body else { panic!("{path}") };
    let (mpd, warnings) = dashpot_mpd::parse(&text).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    mpd
}

#[test]
fn an_event_begins_with_its_first_segment_and_ends_as_a_film_on_demand() {
    let running = mpd("film/start_101/stop_203/timeline.mpd", 150_000);
    // The first segment that begins at 101 s or later begins at 102 s.
    assert_eq!(running.availability_start_time, Some(wall(102_000)));
    let template = |mpd: &dashpot_mpd::Mpd, set: usize| {
        mpd.periods[0].adaptation_sets[set].segment_template.clone().unwrap()
    };
    let video = template(&running, 0);
    assert_eq!(video.presentation_time_offset, Some(102 * 12_800));
    assert_eq!(video.start_number, Some(52));
    let s = video.segment_timeline.unwrap().s;
    assert_eq!((s.len(), s[0].t, s[0].r), (1, Some(102 * 12_800), 23));
    assert_eq!(template(&running, 1).presentation_time_offset, Some(102 * 48_000));
    let ended = mpd("film/start_101/stop_203/number.mpd", 300_000);
    assert_eq!(ended.presentation_type, Some(dashpot_mpd::PresentationType::Static));
    assert_eq!(ended.media_presentation_duration, Some(Duration::from_secs(102)));
    assert_eq!((ended.minimum_update_period, ended.time_shift_buffer_depth), (None, None));
    assert_eq!(ended.publish_time, Some(wall(204_000)));
    assert!(ended.utc_timings.is_empty());
}

/// Fetches every segment that an MPD lists at that time.
fn fetch_all(given: &str, form: Form, now_ms: u64) {
    let (catalogue, path) = (catalogue(), format!("film/{given}{}.mpd", form.name()));
    let base = url::Url::parse(&format!("http://origin/live/{path}")).unwrap();
    let mpd = mpd(&path, now_ms);
    let longest = mpd.max_segment_duration.unwrap();
    let zero_ms = mpd.availability_start_time.unwrap().unix_millis();
    for (at, period) in mpd.periods.iter().enumerate() {
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap();
        let start_ms = ms(period.start.unwrap());
        let end_ms = mpd.periods.get(at + 1).map_or(u64::MAX, |next| ms(next.start.unwrap()));
        for set in &period.adaptation_sets {
            let template = set.segment_template.as_ref().unwrap();
            let scale = template.timescale.unwrap();
            let id = set.representations[0].id.as_deref().unwrap();
            let folder = base.join(&mpd.base_urls[0].url).unwrap();
            let of = period.base_urls.first().map_or("", |of| of.url.as_str());
            let folder = folder.join(of).unwrap();
            let fetch = |name: String| {
                let media = template.media.as_deref().unwrap().replace("$RepresentationID$", id);
                let url = folder.join(&media.replace("$Number$", &name).replace("$Time$", &name));
                let url = url.unwrap();
                let path = url.path().strip_prefix("/live/").unwrap();
                let found = respond_live(&catalogue, path, wall(now_ms));
                let found = found.unwrap_or_else(|error| panic!("{path} at {now_ms}: {error}"));
                let Body::Media(plan) = found.body else { panic!("{path}") };
                read(&files(&found.asset), &plan, 0..u64::MAX).len()
            };
            let Some(timeline) = &template.segment_timeline else {
                // What a client reckons with from the MPD alone: ISO/IEC 23009-1 §5.3.9.5.3.
                let offset = (template.availability_time_offset.unwrap_or(0.0) * 1_000.0).round();
                let each = template.duration.unwrap() * 1_000 / u64::from(scale);
                let since = (now_ms + num(offset)).saturating_sub(zero_ms + start_ms);
                let depth_ms = ms(mpd.time_shift_buffer_depth.unwrap());
                let count = (since / each).min((end_ms - start_ms).div_ceil(each));
                for number in count.saturating_sub(2)..count {
                    if now_ms <= zero_ms + start_ms + (number + 1) * each + depth_ms {
                        fetch((template.start_number.unwrap() + number).to_string());
                    }
                }
                continue;
            };
            let (mut time, mut number) =
                (timeline.s.first().map_or(0, |s| s.t.unwrap()), template.start_number);
            if form == Form::Time {
                number = None;
            }
            for run in &timeline.s {
                let span = MediaTime { ticks: run.d, timescale: scale }.as_duration();
                assert!(span <= longest, "{span:?} {longest:?}");
                for _ in 0..=run.r {
                    fetch(number.map_or(time, |number| number).to_string());
                    time += run.d;
                    number = number.map(|number| number + 1);
                }
            }
        }
    }
}

fn num(float: f64) -> u64 {
    format!("{float}").parse().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn all_that_an_mpd_lists_is_there_and_lasts_as_long_as_it_says(
        now_ms in prop_oneof![0..200_000_u64, 1_600_000_000_000..1_900_000_000_000_u64],
        given in prop::sample::select(vec![
            "", "chunk_0.5s/", "ato_1s/", "ato_5s/", "ato_7s/period_6s/", "tsbd_7s/", "seg_4s/", "seg_4s/chunk_0.25s/tsbd_8s/",
            "snr_0/", "snr_77/", "events_5s/emsg_3s/", "utc_direct-httphead-httpxsdate/",
            "period_6s/", "initset_on/period_6s/", "xlink_onrequest/period_6s/", "ad_film/", "ad_film,film/every_14s/for_6s/period_20s/chunk_0.5s/",
            "period_20s/chunk_0.5s/tsbd_30s/events_5s/",
            "clocksubs_en,sv/clockstpp_ko/trick_8/", "chunk_0.5s/clocksubs_en/trick_2/",
        ]),
    ) {
        for form in Form::LIVE {
            fetch_all(given, form, now_ms);
        }
    }

    #[test]
    fn no_path_and_no_time_panics(
        path in "(film|/|\\.|ast_|start_|stop_|chunk_|tsbd_|snr_|[0-9]{1,12}s?|v1|t|\\.m4s|\\.mp4|\\.mpd|number|time|é){0,9}",
        now_ms in prop_oneof![any::<u64>(), 0..4_000_000_000_000_u64],
    ) {
        if let Err(refused) = at(&path, now_ms.min(18_000_000_000_000)) {
            prop_assert!(!refused.to_string().is_empty());
        }
    }
}

proptest! {
    /// Law: what was found of a segment once is what there is at any later time, for as long as it
    /// says; then it is gone.
    #[test]
    fn what_holds_is_found_again(
        folder in prop::sample::select(vec![
            "", "v_0000000000000007/", "tsbd_0s/", "chunk_0.5s/v_0000000000000007/", "ato_1s/", "ato_9s/", "ato_inf/",
            "start_100/", "start_100/stop_203/v_0000000000000007/",
        ]),
        track in prop::sample::select(vec!["v1", "a-en"]),
        number in 48..104_u64,
        then_ms in 90_000..260_000_u64,
        passed_ms in prop_oneof![0..3_000_u64, 0..200_000_u64],
    ) {
        let (path, now_ms) = (format!("film/{folder}{track}/{number}.m4s"), then_ms + passed_ms);
        let Ok(then) = at(&path, then_ms) else { return Ok(()) };
        if !then.due.is_empty() {
            return Ok(());
        }
        let found = at(&path, now_ms);
        if !then.cacheability.holds_at(wall(now_ms)) {
            let kept = matches!(then.cacheability, Cacheability::For(_));
            prop_assert!(kept || matches!(found, Err(Refused::Gone(_))), "{:?}", found);
            return Ok(());
        }
        let found = found.unwrap();
        let (Body::Media(old), Body::Media(new)) = (&then.body, &found.body) else {
            panic!("a segment is media");
        };
        prop_assert_eq!(old.len(), new.len());
        prop_assert!(old.parts(0..old.len()).eq(new.parts(0..new.len())));
        prop_assert_eq!(
            (then.content_type, then.modified, then.cacheability.at(wall(now_ms))),
            (found.content_type, found.modified, found.cacheability.at(wall(now_ms)))
        );
        prop_assert!(found.due.is_empty());
    }
}
