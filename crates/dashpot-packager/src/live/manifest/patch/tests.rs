mod apply;

use super::super::super::{reel::Run, respond_live};
use super::Listed;
use crate::{
    catalogue::Catalogue,
    fixture::{Film, film},
    respond::{Body, Refused},
};
use dashpot_base::WallTime;
use dashpot_mpd::parse;
use expect_test::expect;
use proptest::prelude::*;
use std::{sync::LazyLock, time::Duration};

static FILMS: LazyLock<[Catalogue; 3]> = LazyLock::new(|| {
    [((25, 1), 48_000, 0), ((30_000, 1_001), 48_000, 1), ((24_000, 1_001), 44_100, 0)].map(
        |(rate, sampling, missing_frames)| {
            Catalogue::new([film(&Film {
                rate,
                sampling,
                gops: 5,
                gop_seconds: 2,
                missing_frames,
            })])
        },
    )
});

fn at(catalogue: &Catalogue, path: &str, now_ms: u64) -> Result<(String, String), Refused> {
    let now = WallTime::from_epoch(Duration::from_millis(now_ms));
    let found = respond_live(catalogue, path, now)?;
    let Body::Text(text) = found.body else { panic!("{path} is no text") };
    Ok((found.content_type.to_owned(), text))
}

fn mpd(text: &str) -> dashpot_mpd::Mpd {
    let (mpd, warnings) = parse(text).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    mpd
}

#[test]
fn a_patch_says_what_came_and_what_went() {
    let path = "film/patch_60s/tsbd_8s/utc_direct/timeline-200000.mpp";
    let (content_type, text) = at(&FILMS[0], path, 202_500).unwrap();
    assert_eq!(content_type, "application/dash-patch+xml");
    expect![[r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <Patch xmlns="urn:mpeg:dash:schema:mpd-patch:2020" mpdId="film-timeline-v_0000000000000007" originalPublishTime="1970-01-01T00:03:20Z" publishTime="1970-01-01T00:03:22Z">
          <replace sel="/MPD/@publishTime">1970-01-01T00:03:22Z</replace>
          <replace sel="/MPD/PatchLocation[1]">
            <PatchLocation xmlns="urn:mpeg:dash:schema:mpd:2011" ttl="60">timeline-202000.mpp</PatchLocation>
          </replace>
          <replace sel="/MPD/UTCTiming[1]/@value">1970-01-01T00:03:22.5Z</replace>
          <replace sel="/MPD/Period[@id='1']/AdaptationSet[@id='1']/SegmentTemplate/@startNumber">98</replace>
          <replace sel="/MPD/Period[@id='1']/AdaptationSet[@id='1']/SegmentTemplate/SegmentTimeline/S[1]">
            <S xmlns="urn:mpeg:dash:schema:mpd:2011" t="2483200" d="25600" r="3"/>
          </replace>
          <replace sel="/MPD/Period[@id='1']/AdaptationSet[@id='2']/SegmentTemplate/@startNumber">98</replace>
          <replace sel="/MPD/Period[@id='1']/AdaptationSet[@id='2']/SegmentTemplate/SegmentTimeline/S[1]">
            <S xmlns="urn:mpeg:dash:schema:mpd:2011" t="9312256" d="96256"/>
          </replace>
          <replace sel="/MPD/Period[@id='1']/AdaptationSet[@id='2']/SegmentTemplate/SegmentTimeline/S[3]">
            <S xmlns="urn:mpeg:dash:schema:mpd:2011" d="96256" r="1"/>
          </replace>
        </Patch>
    "#]]
    .assert_eq(&text);
}

#[test]
fn a_patch_says_which_periods_came_and_which_went() {
    let path = "film/patch_60s/tsbd_8s/period_4s/time-202000.mpp";
    let (_, text) = at(&FILMS[0], path, 206_000).unwrap();
    let operations = text.lines().filter(|line| line.contains(" sel="));
    let operations: Vec<_> = operations.map(|line| line.trim().to_owned() + "\n").collect();
    expect![[r#"
        <replace sel="/MPD/@publishTime">1970-01-01T00:03:26Z</replace>
        <replace sel="/MPD/PatchLocation[1]">
        <remove sel="/MPD/Period[@id='p96']"/>
        <remove sel="/MPD/Period[@id='p98']/AdaptationSet[@id='1']/SupplementalProperty[1]"/>
        <remove sel="/MPD/Period[@id='p98']/AdaptationSet[@id='2']/SupplementalProperty[1]"/>
        <add sel="/MPD/Period[@id='p100']" pos="after">
        <replace sel="/MPD/Period[@id='p98']/AdaptationSet[@id='1']/SegmentTemplate/SegmentTimeline/S[1]">
        <remove sel="/MPD/Period[@id='p98']/AdaptationSet[@id='2']/SegmentTemplate/SegmentTimeline/S[1]"/>
        <replace sel="/MPD/Period[@id='p98']/AdaptationSet[@id='2']/SegmentTemplate/SegmentTimeline/S[1]">
        <replace sel="/MPD/Period[@id='p100']/AdaptationSet[@id='1']/SegmentTemplate/SegmentTimeline/S[1]">
        <replace sel="/MPD/Period[@id='p100']/AdaptationSet[@id='2']/SegmentTemplate/SegmentTimeline/S[1]">
    "#]].assert_eq(&operations.concat());
}

#[test]
fn there_is_a_patch_of_what_was_published_and_of_nothing_else() {
    let check = |path: &str, now_ms, expected: &str| {
        let said = match at(&FILMS[0], path, now_ms) {
            Ok((content_type, _)) => content_type,
            Err(Refused::NotFound(why)) => format!("404 {why}"),
            Err(Refused::BadRequest(why)) => format!("400 {why}"),
            Err(Refused::Gone(why)) => format!("410 {why}"),
            Err(Refused::Unchanged) => "204".to_owned(),
            Err(Refused::TooEarly { in_ms, .. }) => format!("425 in {in_ms} ms"),
            Err(Refused::TooFar(_)) => "400".to_owned(),
            Err(Refused::Unavailable { .. }) => "503".to_owned(),
        };
        assert!(said.starts_with(expected), "{path} at {now_ms}: {said}");
    };
    let patch = "application/dash-patch+xml";
    for (path, now_ms, expected) in [
        ("film/patch_60s/time-200000.mpp", 202_000, patch),
        ("film/patch_60s/time-200000.mpp", 201_999, "204"),
        ("film/patch_60s/time-200000.mpp", 199_999, "425 in 1 ms"),
        ("film/patch_60s/time-200000.mpp", 140_000, "425 in 60000 ms"),
        ("film/patch_60s/time-200000.mpp", 139_999, "404 no MPD was published then"),
        ("film/patch_60s/time-200001.mpp", 199_999, "404 no MPD was published then"),
        ("film/patch_60s/start_100/stop_204/time-206000.mpp", 202_000, "404 no MPD was published"),
        ("film/patch_60s/time-200001.mpp", 210_000, "404 no MPD was published then"),
        ("film/patch_60s/time-0.mpp", 210_000, "404 no MPD was published then"),
        ("film/patch_60s/time-18446744073709551615.mpp", 210_000, "404 no MPD was published then"),
        ("film/patch_60s/time-200000.mpp", 230_000, patch),
        // Next to nothing of the window of that time is left: the whole says it shorter.
        ("film/patch_60s/time-200000.mpp", 258_000, "application/dash+xml"),
        ("film/patch_60s/time-200000.mpp", 260_000, "application/dash+xml"),
        ("film/patch_60s/time-200000.mpp", 260_001, "410 that MPD is too old"),
        ("film/time-200000.mpp", 202_000, "404 there are patches with `patch_`"),
        ("film/patch_60s/number-200000.mpp", 202_000, "404 there are patches with `patch_`"),
        ("film/patch_60s/base-200000.mpp", 202_000, "404 no such path"),
        ("film/patch_60s/time-0200000.mpp", 202_000, "404 no such path"),
        ("film/patch_60s/time.mpp", 202_000, "404 no such path"),
        ("film/patch_60s/v_0000000000000007/time-200000.mpp", 202_000, "400 an MPD has no version"),
        ("film/patch_0.5s/time.mpd", 202_000, "400 option `patch_0.5s` is not one"),
        // The end of an event is another MPD, which has no patches.
        ("film/patch_60s/start_100/stop_204/time-202000.mpp", 204_000, "application/dash+xml"),
        ("film/patch_60s/start_100/stop_204/time-204000.mpp", 206_000, "204"),
    ] {
        check(path, now_ms, expected);
    }
}

#[test]
fn only_an_mpd_that_can_be_patched_leads_to_patches() {
    let locations = |path: &str, now_ms| {
        let mpd = mpd(&at(&FILMS[0], path, now_ms).unwrap().1);
        assert!(mpd.patch_locations.is_empty() || mpd.id.is_some(), "a patch needs MPD@id");
        mpd.patch_locations.into_iter().map(|one| (one.url, one.ttl)).collect::<Vec<_>>()
    };
    let some = vec![("time-202000.mpp".to_owned(), Some(60.5))];
    assert_eq!(locations("film/patch_60.5s/time.mpd", 203_999), some);
    for (path, now_ms) in [
        ("film/time.mpd", 203_999),
        ("film/patch_60s/number.mpd", 203_999),
        ("film/patch_60s/time.mpd", 1_999),
        ("film/patch_60s/start_100/stop_204/time.mpd", 204_000),
    ] {
        assert_eq!(locations(path, now_ms), [], "{path}");
    }
}

#[test]
fn a_timeline_with_nothing_in_common_has_no_operations() {
    let runs = |start, more: &[u64]| {
        let runs = more.iter().map(|more| Run { duration: 2, more: *more });
        Listed { start, runs: runs.collect() }
    };
    let check = |old: &Listed, new: &Listed, expected: Option<usize>| {
        let found = super::runs(old, new, "/S").map(|operations| operations.len());
        assert_eq!(found, expected, "{old:?} {new:?}");
    };
    check(&runs(0, &[4]), &runs(4, &[4]), Some(1));
    check(&runs(0, &[4]), &runs(0, &[4]), Some(0));
    check(&runs(0, &[4]), &runs(10, &[4]), None);
    check(&runs(0, &[4, 0]), &runs(10, &[0, 3]), Some(3));
    check(&runs(0, &[]), &runs(10, &[4]), None);
    check(&runs(0, &[4]), &runs(0, &[]), None);
}

fn options() -> impl Strategy<Value = String> {
    let depth = prop::sample::select(vec!["", "tsbd_0s/", "tsbd_10s/", "tsbd_300s/"]);
    let other = prop::sample::select(vec![
        "",
        "utc_direct/",
        "utc_httpiso-direct/snr_0/",
        "chunk_0.5s/",
        "events_1.5s/",
        "PERIOD/",
        "PERIOD/events_1.5s/",
        "scte35_3/cueas_xml-xmlbin-emsg/cue_signal/",
        "ad_film/",
        "initset_on/ad_film/",
        "ad_film/PERIOD/chunk_0.5s/",
        "ast_1699999000/",
        "start_1699999900/",
        "start_1699999900/stop_1700000100/",
    ]);
    (depth, other).prop_map(|(depth, other)| format!("film/patch_120s/{depth}{other}"))
}

proptest! {
    /// Law: an earlier MPD and the patch that it leads to make the MPD of now, element by element and
    /// letter by letter.
    #[test]
    fn an_old_mpd_and_its_patch_are_the_new_mpd(
        film in 0..3_usize,
        folder in options(),
        form in prop::sample::select(vec!["time", "timeline"]),
        then_ms in 1_699_999_890_000..1_700_000_110_000_u64,
        passed_ms in prop_oneof![0..4_000_u64, 0..130_000_u64],
    ) {
        let (films, now_ms) = (&FILMS[film], then_ms + passed_ms);
        let folder = folder.replace("PERIOD", if film == 0 { "period_20s" } else { "period_20.02s" });
        let path = format!("{folder}{form}.mpd");
        let (old, new) = (at(films, &path, then_ms).unwrap().1, at(films, &path, now_ms).unwrap().1);
        let (before, after) = (mpd(&old), mpd(&new));
        let published = before.publish_time.unwrap().unix_millis();
        let Some(location) = before.patch_locations.first() else {
            // Before the event's first segment and after its last one.
            prop_assert!(path.contains("start_"));
            return Ok(());
        };
        match at(films, &format!("{folder}{}", location.url), now_ms) {
            Ok((content_type, text)) if content_type == "application/dash-patch+xml" => {
                let patched = apply::patched(&old, &text);
                prop_assert_eq!(mpd(&patched).write(), mpd(&new).write());
                prop_assert_eq!(mpd(&patched), after);
            }
            Ok((_, text)) => {
                prop_assert_eq!(text, new);
                let ended = after.media_presentation_duration.is_some();
                let depth = after.time_shift_buffer_depth.unwrap_or_default();
                // Else there would have been a patch.
                let passed = Duration::from_millis(now_ms - published);
                prop_assert!(ended || depth < passed * 2 + Duration::from_secs(30));
            }
            Err(Refused::Unchanged) => prop_assert_eq!(before.publish_time, after.publish_time),
            Err(Refused::Gone(_)) => prop_assert!(published + 120_000 < now_ms),
            Err(refused) => prop_assert!(false, "{}", refused),
        }
    }
}
