use crate::{Body, Catalogue, Refused, fixture::clip, respond};
use dashpot_mpd::{AdaptationSet, Mpd, Period};
use proptest::prelude::*;

fn catalogue() -> Catalogue {
    // Twelve seconds, and six.
    let source = crate::AssetSource {
        name: "ad".to_owned(),
        fingerprint: 9,
        tracks: vec![
            crate::fixture::track("v1", crate::fixture::kind_video(360), 12_800, &[25_600; 3]),
            crate::fixture::track(
                "a-en",
                crate::fixture::STEREO,
                48_000,
                &crate::fixture::aac(2, 3),
            ),
        ],
        ..crate::AssetSource::default()
    };
    Catalogue::new([clip(6), crate::Asset::new(source).unwrap()])
}

fn mpd(path: &str) -> Mpd {
    let found = respond(&catalogue(), path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let Body::Text(text) = found.body else { panic!("{path}") };
    let (mpd, warnings) = dashpot_mpd::parse(&text).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    mpd
}

/// Says where a set of a Period begins, and how many segments it has: in a timeline, or in a list.
fn say(set: &AdaptationSet) -> String {
    let runs = |timeline: &dashpot_mpd::SegmentTimeline| {
        let t = timeline.s.first().and_then(|run| run.t).unwrap_or(0);
        format!("t{t} x{}", timeline.s.iter().map(|run| run.r + 1).sum::<i64>())
    };
    let one = &set.representations[0];
    if let Some(base) = &one.segment_base {
        return format!("{}", base.presentation_time_offset.unwrap_or(0));
    }
    if let Some(list) = &one.segment_list {
        let offset = list.presentation_time_offset.unwrap_or(0);
        return format!("{offset} x{}", list.segment_urls.len());
    }
    let Some(template) = &set.segment_template else { return one.base_urls[0].url.clone() };
    let (offset, number) = (template.presentation_time_offset, template.start_number.unwrap());
    let runs = template.segment_timeline.as_ref().map_or_else(String::new, runs);
    format!("{} n{number} {runs}", offset.unwrap_or(0)).trim().to_owned()
}

fn periods(path: &str) -> Vec<String> {
    let mpd = mpd(path);
    let one = |period: &Period| {
        let base = period.base_urls.first().map_or("", |base| base.url.as_str());
        let sets: Vec<_> = period.adaptation_sets.iter().map(say).collect();
        let start = period.start.unwrap().as_secs_f64();
        format!("{} {start}: {} {base}", period.id.as_deref().unwrap(), sets.join(", "))
            .trim()
            .to_owned()
    };
    let mut said: Vec<_> = mpd.periods.iter().map(one).collect();
    said.push(mpd.media_presentation_duration.unwrap().as_secs_f64().to_string());
    said
}

#[test]
fn a_film_is_divided_where_a_break_is() {
    let ad = "../v_0000000000000009/of_ad/";
    assert_eq!(
        periods("clip/pre_ad/time.mpd"),
        [
            &*format!("ad0 0: 0 n1 t0 x3, 0 n1 t0 x3 {ad}"),
            "p1 6: 0 n1 t0 x6, 0 n1 t0 x6, 0 n1 t0 x6, s-en.vtt",
            "18",
        ]
    );
    // Four seconds are 51,200 ticks of the pictures and 192,000 of the sound; the frame of sound that
    // begins the segment there is 512 ticks late.
    let first = "p0 0: 0 n1 t0 x2, 0 n1 t0 x2, 0 n1 t0 x2";
    let second = "p2 10: 51200 n3 t51200 x4, 192000 n3 t192512 x4, 192000 n3 t192512 x4";
    assert_eq!(
        periods("clip/mid_ad@4s/time.mpd"),
        [
            first,
            &*format!("ad0 4: 0 n1 t0 x3, 0 n1 t0 x3 {ad}").replace("ad0", "ad0"),
            &second.replace("p2", "p1"),
            "18"
        ]
    );
    assert_eq!(
        periods("clip/mid_ad@4s/number.mpd"),
        [
            "p0 0: 0 n1, 0 n1, 0 n1",
            &*format!("ad0 4: 0 n1, 0 n1 {ad}"),
            "p1 10: 51200 n3, 192000 n3, 192000 n3",
            "18",
        ]
    );
    assert_eq!(
        periods("clip/loop_2/mid_ad@20s,ad@4s/post_ad/list.mpd"),
        [
            "p0 0: 0 x2, 0 x2, 0 x2",
            &*format!("ad0 4: 0 x3, 0 x3 {ad}"),
            "p1 10: 51200 x8, 192000 x8, 192000 x8",
            &format!("ad1 26: 0 x3, 0 x3 {ad}"),
            "p2 32: 256000 x2, 960000 x2, 960000 x2",
            &format!("ad2 36: 0 x3, 0 x3 {ad}"),
            "42",
        ]
    );
    assert_eq!(
        periods("clip/mid_ad@4s/base.mpd"),
        ["p0 0: 0, 0, 0", &*format!("ad0 4: 0, 0 {ad}"), "p1 10: 51200, 192000, 192000", "18"]
    );
}

#[test]
fn what_follows_a_break_connects_to_what_was_before_it() {
    let mpd = mpd("clip/pre_ad/mid_ad@4s,ad@8s/events_3s/number.mpd");
    let say = |period: &Period| {
        let set = &period.adaptation_sets[0];
        let join = set.supplemental_properties.first().map(|one| one.value.clone().unwrap());
        let events: Vec<_> = period
            .event_streams
            .iter()
            .flat_map(|stream| stream.events.iter().map(|event| event.id.unwrap()))
            .collect();
        let asset = period.asset_identifier.as_ref().unwrap().value.clone().unwrap();
        format!("{asset} {events:?} {}", join.unwrap_or_default()).trim().to_owned()
    };
    let said: Vec<_> = mpd.periods.iter().map(say).collect();
    assert_eq!(said, ["ad []", "clip [0, 1]", "ad []", "clip [2] p1", "ad []", "clip [3] p2"]);
}

#[test]
fn what_cannot_be_played_is_refused() {
    let check = |path: &str, expected: &str| {
        let said = match respond(&catalogue(), path) {
            Ok(found) => format!("200 {:?}", found.cacheability),
            Err(Refused::NotFound(why)) => format!("404 {why}"),
            Err(Refused::BadRequest(why)) => format!("400 {why}"),
            Err(
                other @ (Refused::TooEarly { .. }
                | Refused::Unavailable { .. }
                | Refused::Unchanged
                | Refused::TooFar(_)
                | Refused::Gone(_)),
            ) => panic!("{other:?}"),
        };
        assert!(said.starts_with(expected), "{path}: {said}");
    };
    check(
        "clip/pre_no/time.mpd",
        "400 option `pre_no` does not fit: there is no asset `no` (there is ad, clip)",
    );
    check(
        "clip/mid_ad@3s/time.mpd",
        "400 option `mid_ad@3s` does not fit: no segment begins then; the nearest is `mid_ad@2s`",
    );
    check("clip/mid_ad@0s/time.mpd", "400 option `mid_ad@0s` does not fit: no segment begins then");
    check("clip/mid_ad@12s/time.mpd", "400 option `mid_ad@12s` does not fit");
    check(
        "clip/seg_4s/mid_ad@2s/time.mpd",
        "400 option `mid_ad@2s` does not fit: no segment begins then; the nearest is `mid_ad@4s`",
    );
    check("clip/mid_ad/time.mpd", "400 option `mid_ad` is not one: did you mean `mid_ad@10s`?");
    check("clip/mid_ad@x/time.mpd", "400 option `mid_ad@x` is not one: did you mean `mid_ad@10s`?");
    check(&format!("clip/pre_{}ad/time.mpd", "ad,".repeat(32)), "400 option");
    check("clip/pre_ad/hls.m3u8", "400 playlists have no breaks");
    check("clip/pre_ad/of_ad/v_0000000000000009/v1/3.m4s", "200 Immutable");
    check("clip/pre_ad/of_ad/v_0000000000000009/v1.mp4", "200 Immutable");
    check("clip/pre_ad/of_ad/v1/init.mp4", "200 Unversioned");
    check("clip/pre_ad/of_ad/v_0000000000000007/v1/3.m4s", "404 `ad` has changed");
    check("clip/pre_ad/v_0000000000000007/v1/3.m4s", "200 Immutable");
    check("clip/pre_ad/of_ad/v1/4.m4s", "404 `v1` has segments 1 to 3, no number 4");
    check("clip/pre_ad/of_ad/time.mpd", "404");
    check("clip/pre_ad/of_clip/v1/1.m4s", "404 there is no break in which `clip` is played");
    check("clip/pre_ad/of_no/v1/1.m4s", "404 there is no break in which `no` is played");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Law: the parts of a film have all its segments, each once, in order, whatever is played between.
    #[test]
    fn the_parts_of_a_film_are_the_film(
        at in prop::collection::btree_set(1..24_u64, 0..6),
        passes in 4..6_u64,
        form in prop::sample::select(vec!["time", "list", "number"]),
    ) {
        let cues: Vec<_> = at.iter().map(|at| format!("ad@{}s", at * 2)).collect();
        let mid = if cues.is_empty() { String::new() } else { format!("mid_{}/", cues.join(",")) };
        let whole = mpd(&format!("clip/loop_{passes}/{form}.mpd"));
        let parts = mpd(&format!("clip/loop_{passes}/{mid}{form}.mpd"));
        for set in 0..3 {
            prop_assert_eq!(segments(&parts, set), segments(&whole, set));
        }
    }
}

/// Returns the segments of a set of the film, over all its Periods.
fn segments(mpd: &Mpd, at: usize) -> Vec<String> {
    let film = mpd.periods.iter().enumerate().filter(|(_, period)| period.base_urls.is_empty());
    let mut out = Vec::new();
    for (index, period) in film {
        let set = &period.adaptation_sets[at];
        if let Some(list) = &set.representations[0].segment_list {
            out.extend(list.segment_urls.iter().map(|one| format!("{:?}", one.media_range)));
            continue;
        }
        let template = set.segment_template.as_ref().unwrap();
        let Some(timeline) = &template.segment_timeline else {
            // As many as a player counts: ISO/IEC 23009-1 §5.3.9.5.3.
            let end = mpd.periods.get(index + 1).map(|next| next.start.unwrap());
            let end = end.or(mpd.media_presentation_duration).unwrap();
            let ns =
                (end - period.start.unwrap()).as_nanos() * u128::from(template.timescale.unwrap());
            let count = ns.div_ceil(u128::from(template.duration.unwrap()) * 1_000_000_000);
            let first = u128::from(template.start_number.unwrap());
            out.extend((first..first + count).map(|number| number.to_string()));
            continue;
        };
        let mut time = 0;
        for run in &timeline.s {
            time = run.t.unwrap_or(time);
            for _ in 0..=run.r {
                out.push(time.to_string());
                time += run.d;
            }
        }
    }
    out
}
