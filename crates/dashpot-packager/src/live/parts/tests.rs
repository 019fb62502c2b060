use crate::{
    catalogue::Catalogue,
    fixture::{Film, film},
    live::respond_live,
    respond::Body,
};
use dashpot_base::WallTime;
use dashpot_mpd::{AdaptationSet, Mpd, Period};
use proptest::prelude::*;
use std::{sync::LazyLock, time::Duration};

/// Films of every frame rate and sampling rate, each with the length of its segments in milliseconds.
static FILMS: LazyLock<Vec<(Catalogue, u64)>> = LazyLock::new(|| {
    let rates = [(24_000, 1_001), (25, 1), (30_000, 1_001), (50, 1)];
    let films =
        rates.into_iter().flat_map(|rate| [44_100, 48_000].map(|sampling| (rate, sampling)));
    let made = films.map(|(rate, sampling)| {
        let film = film(&Film { rate, sampling, gops: 5, gop_seconds: 2, missing_frames: 1 });
        let gop = film.gop().unwrap().as_duration().as_millis();
        (Catalogue::new([film]), u64::try_from(gop).unwrap())
    });
    made.collect()
});

fn answer(catalogue: &Catalogue, path: &str, now_ms: u64) -> Result<String, String> {
    let now = WallTime::from_epoch(Duration::from_millis(now_ms));
    match respond_live(catalogue, path, now).map_err(|refused| refused.to_string())?.body {
        Body::Text(text) => Ok(text),
        Body::Media(_) | Body::Sealed(_) => panic!("{path} is no text"),
    }
}

fn mpd(catalogue: &Catalogue, path: &str, now_ms: u64) -> Mpd {
    let (mpd, warnings) = dashpot_mpd::parse(answer(catalogue, path, now_ms).unwrap()).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    mpd
}

fn template(set: &AdaptationSet) -> &dashpot_mpd::SegmentTemplate {
    set.segment_template.as_ref().unwrap()
}

/// Returns when media of a Period is presented, in nanoseconds since time zero of the media: when the
/// Period starts less the offset. It is the same for all Periods where time goes on.
fn shift(period: &Period, set: &AdaptationSet) -> i128 {
    let template = template(set);
    let offset = i128::from(template.presentation_time_offset.unwrap_or(0)) * 1_000_000_000;
    let start = i128::try_from(period.start.unwrap().as_nanos()).unwrap();
    start - offset / i128::from(template.timescale.unwrap())
}

/// Returns when the segments listed by a set begin and end, in ticks.
fn span(set: &AdaptationSet) -> Option<(u64, u64)> {
    let timeline = template(set).segment_timeline.as_ref()?;
    let begin = timeline.s.first()?.t?;
    let count = |run: &dashpot_mpd::S| u64::try_from(run.r).unwrap() + 1;
    Some((begin, begin + timeline.s.iter().map(|run| run.d * count(run)).sum::<u64>()))
}

fn check(film: usize, given: &str, form: &str, now_ms: u64) {
    let (catalogue, _) = &FILMS[film];
    let path = format!("film/{given}{form}.mpd");
    let this = mpd(catalogue, &path, now_ms);
    let is_ad = |period: &Period| period.id.as_deref().unwrap().starts_with("ad");
    let Some(zero) = this.periods.iter().find(|period| !is_ad(period)) else { return };
    for pair in this.periods.windows(2) {
        let (before, after) = (&pair[0], &pair[1]);
        assert!(before.start < after.start, "{path} {now_ms}");
        if is_ad(before) {
            // What is played fills its break, but for the frames that its sound lacks.
            let length = (after.start.unwrap() - before.start.unwrap()).as_secs_f64();
            for set in &before.adaptation_sets {
                let Some((begin, end)) = span(set) else { continue };
                let scale = f64::from(template(set).timescale.unwrap());
                assert_eq!(begin, 0, "{path} {now_ms}");
                let end: f64 = end.to_string().parse().unwrap();
                assert!(length - 0.05 <= end / scale, "{path} {now_ms}: {length} {end}");
            }
        }
        if is_ad(after) {
            continue;
        }
        for (was, is) in before.adaptation_sets.iter().zip(&after.adaptation_sets) {
            // Offsets are whole ticks: half of one is 12 us at most.
            let drift =
                shift(zero, &zero.adaptation_sets[usize::try_from(is.id.unwrap() - 1).unwrap()])
                    - shift(after, is);
            assert!(drift.abs() <= 24_000, "{path} {now_ms}: {drift} ns");
            if is_ad(before) {
                continue;
            }
            let (Some((_, end)), Some((begin, _))) = (span(was), span(is)) else { continue };
            assert_eq!(end, begin, "{path} {now_ms}: no gap, no overlap");
        }
    }
    // What an MPD says of a Period holds in every later one.
    let later = mpd(catalogue, &path, now_ms + 7_000);
    if later.presentation_type != this.presentation_type {
        return;
    }
    for period in &later.periods {
        let Some(known) = this.periods.iter().find(|known| known.id == period.id) else { continue };
        assert_eq!(known.start, period.start, "{path} {now_ms}");
        for (was, is) in known.adaptation_sets.iter().zip(&period.adaptation_sets) {
            let offsets = [was, is].map(|set| template(set).presentation_time_offset);
            assert_eq!(offsets[0], offsets[1], "{path} {now_ms}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Law: over a year, Periods follow one another on one line of time, whatever the frame rate.
    #[test]
    fn periods_have_no_gap_no_overlap_and_no_drift(
        film in 0..8_usize,
        segments in 1..40_u64,
        form in prop::sample::select(vec!["number", "time", "timeline"]),
        now_ms in prop_oneof![
            0..100_000_u64,
            1_760_000_000_000..1_760_000_000_000 + 365 * 86_400_000_u64,
        ],
        other in prop::sample::select(vec!["", "chunk_0.5s/", "tsbd_7s/", "ad_film/", "ad_film/EVENT/", "EVENT/", "EVENT/STOP/", "mup_30s/"]),
    ) {
        let length = crate::grammar::seconds(FILMS[film].1 * segments);
        let begin = now_ms.saturating_sub(50_000) / 1_000;
        let other = other.replace("EVENT", &format!("start_{begin}"));
        let other = other.replace("STOP", &format!("stop_{}", begin + 60));
        check(film, &format!("period_{length}s/{other}"), form, now_ms);
    }
}

#[test]
fn periods_come_before_their_time_where_nothing_is_listed_and_leave_with_the_window() {
    let check = |path: &str, now_ms, expected: &[&str]| {
        let mpd = mpd(&FILMS[3].0, path, now_ms);
        let say = |period: &Period| {
            let numbers = template(&period.adaptation_sets[0]).start_number.unwrap();
            let start = period.start.unwrap().as_secs();
            format!("{} {start} {numbers}", period.id.as_deref().unwrap())
        };
        let mut said: Vec<_> = mpd.periods.iter().map(say).collect();
        said.push(mpd.publish_time.unwrap().unix_millis().to_string());
        assert_eq!(said, expected, "{path} {now_ms}");
    };
    // Segment 100 begins at 200 s; of 20 s of window and 10 s and a segment ahead.
    let path = "film/tsbd_20s/period_20s/number.mpd";
    check(path, 209_999, &["p90 180 91", "p100 200 101", "200000"]);
    check(path, 210_000, &["p90 180 91", "p100 200 101", "p110 220 111", "210000"]);
    check(path, 219_999, &["p90 180 91", "p100 200 101", "p110 220 111", "210000"]);
    check(path, 220_000, &["p100 200 101", "p110 220 111", "220000"]);
    check(
        "film/tsbd_20s/period_20s/timeline.mpd",
        208_000,
        &["p90 180 95", "p100 200 101", "208000"],
    );
    check(
        "film/tsbd_20s/period_20s/timeline.mpd",
        199_999,
        &["p80 160 90", "p90 180 91", "198000"],
    );
    check(
        "film/tsbd_20s/period_20s/timeline.mpd",
        202_000,
        &["p90 180 92", "p100 200 101", "202000"],
    );
    // An event: times count from its begin, and Periods stay where they are.
    let event = "film/start_105/stop_130/period_20s/timeline.mpd";
    check(event, 129_000, &["p50 0 54", "p60 14 61", "128000"]);
    check(event, 999_000, &["p50 0 54", "p60 14 61", "130000"]);
    check(
        "film/start_105/stop_130/period_20s/number.mpd",
        999_000,
        &["p50 0 54", "p60 14 61", "130000"],
    );
}

#[test]
fn sets_say_how_they_go_on() {
    let joins = |given: &str| {
        let mpd = mpd(&FILMS[3].0, &format!("film/period_20s/{given}time.mpd"), 207_000);
        let say = |period: &Period| {
            let of = |set: &AdaptationSet| {
                let one = set.supplemental_properties.first()?;
                let scheme = one
                    .scheme_id_uri
                    .as_deref()?
                    .strip_prefix("urn:mpeg:dash:period-")
                    .unwrap()
                    .to_owned();
                Some(scheme + " " + one.value.as_deref().unwrap())
            };
            period.adaptation_sets.iter().map(of).collect::<Vec<_>>()
        };
        let said: Vec<_> = mpd.periods.iter().map(say).collect();
        // The first has none before it in the MPD; sound is as pictures.
        assert!(said[0].iter().all(Option::is_none) && said.iter().all(|sets| sets[0] == sets[1]));
        said[1..].iter().map(|sets| sets[0].clone()).collect::<Vec<_>>()
    };
    let all = |how: &str| {
        ["p70", "p80", "p90"].map(|id| (how != "none").then(|| format!("{how}:2015 {id}")))
    };
    assert_eq!(joins(""), all("continuity"));
    assert_eq!(joins("join_continuity/"), all("continuity"));
    assert_eq!(joins("join_connectivity/"), all("connectivity"));
    assert_eq!(joins("join_none/"), all("none"));
}

#[test]
fn breaks_come_by_the_clock_and_the_film_goes_on_beneath() {
    let check = |path: &str, now_ms, expected: &[&str]| {
        let mpd = mpd(&FILMS[3].0, path, now_ms);
        let say = |period: &Period| {
            let set = &period.adaptation_sets[0];
            let (start, offset) =
                (period.start.unwrap().as_secs(), template(set).presentation_time_offset);
            let offset = offset.unwrap_or(0) / 12_800;
            let base = period.base_urls.first().map_or("", |base| base.url.as_str());
            let span = span(set).map_or((0, 0), |(from, to)| (from / 12_800, to / 12_800));
            let join = set.supplemental_properties.first();
            let join = join.map_or("", |join| join.value.as_deref().unwrap());
            format!("{} {start} {offset} {span:?} {join}{base}", period.id.as_deref().unwrap())
        };
        assert_eq!(mpd.periods.iter().map(say).collect::<Vec<_>>(), expected, "{path} {now_ms}");
    };
    let of = "../v_0000000000000007/of_film/";
    let path = "film/ad_film/every_20s/for_6s/tsbd_30s/time.mpd";
    let ad = |text: &str| format!("{text} {of}");
    check(
        path,
        222_000,
        &[
            &ad("ad9 180 0 (0, 6)"),
            "p93 186 186 (192, 200) ",
            &ad("ad10 200 0 (0, 6)"),
            "p103 206 206 (206, 220) p93",
            &ad("ad11 220 0 (0, 2)"),
        ][1..],
    );
    // Low latency: as early as the film's own segments would be.
    check(
        "film/ad_film/every_20s/for_6s/tsbd_4s/chunk_0.5s/time.mpd",
        220_500,
        &["p103 206 206 (218, 220) ", &ad("ad11 220 0 (0, 2)")],
    );
    // Periods and breaks.
    check(
        "film/ad_film/every_20s/for_6s/period_10s/tsbd_20s/time.mpd",
        220_000,
        &[&ad("ad10 200 0 (0, 6)"), "p103 206 206 (206, 210) ", "p105 210 210 (210, 220) p103"],
    );
    // Of a break that the event begins in nothing is shown.
    check(
        "film/ad_film/every_20s/for_6s/start_202/time.mpd",
        222_000,
        &["p100 0 202 (202, 206) ", "p103 4 206 (206, 220) p100", &ad("ad11 18 0 (0, 2)")],
    );
    // The film is shorter than the break, and is played again.
    check(
        "film/ad_film/every_40s/for_22s/tsbd_30s/timeline.mpd",
        224_000,
        &["p91 182 182 (194, 200) ", &ad("ad5 200 0 (0, 22)"), "p111 222 222 (222, 224) p91"],
    );
}

#[test]
fn a_length_that_does_not_fit_is_refused_with_one_that_does() {
    let check = |film: usize, given: &str, expected: &str| {
        let refused = answer(&FILMS[film].0, &format!("film/{given}/time.mpd"), 0).unwrap_err();
        assert!(refused.contains(expected), "{given}: {refused}");
    };
    check(
        3,
        "period_7s",
        "option `period_7s` does not fit: it must be a whole number of segments of 2s; the nearest is `period_8s`",
    );
    check(5, "period_60s", "the nearest is `period_60.06s`");
    check(3, "period_0s", "option `period_0s` is not one: did you mean `period_1s`?");
    check(
        3,
        "join_none",
        "option `join_none` does not fit: there is one Period: give `period_` too",
    );
    check(3, "join_yes", "option `join_yes` is not one: did you mean `join_none`?");
    check(3, "join_none-continuity", "option `join_none-continuity` is not one");
    check(
        3,
        "period_2s/tsbd_7200s",
        "option `tsbd_7200s` does not fit: with segments or Periods this short, `tsbd_1988s` is the most",
    );
    check(
        3,
        "period_2s/mup_7200s",
        "option `mup_7200s` does not fit: an MPD has 1000 Periods at most",
    );
}
