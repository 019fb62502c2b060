use super::*;
use crate::{Body, Cacheability, Catalogue, fixture, respond};
use dashpot_mpd::timeline::{
    Kind as TrackKind, Presentation, SegmentIndex, SegmentRef, Sidx, SidxRef, from_sidx,
};
use expect_test::{Expect, expect};
use proptest::prelude::*;
use url::Url;

fn check(form: Form, shape: Shape, expected: &Expect) {
    let written = manifest(&fixture::clip(3), shape, form);
    // The first video set says it all; the others differ in names.
    let set = written.lines().skip_while(|line| !line.contains("<AdaptationSet"));
    let set = set.take_while(|line| !line.contains("<AdaptationSet id=\"2\""));
    let lines: Vec<_> = set.map(|line| line.strip_prefix("    ").unwrap()).collect();
    expected.assert_eq(&(lines.join("\n") + "\n"));
}

#[test]
fn the_number_form_has_one_duration_for_all() {
    check(
        Form::Number,
        Shape::PLAIN,
        &expect![[r#"
            <AdaptationSet id="1" contentType="video" par="16:9" maxWidth="640" maxHeight="360" maxFrameRate="25" segmentAlignment="true" mimeType="video/mp4" startWithSAP="1">
              <Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>
              <SegmentTemplate timescale="12800" duration="25600" startNumber="1" media="$RepresentationID$/$Number$.m4s" initialization="$RepresentationID$/init.mp4"/>
              <Representation id="v1" bandwidth="439" width="320" height="180" sar="1:1" frameRate="25" codecs="avc1.64001F"/>
              <Representation id="v2" bandwidth="439" width="640" height="360" sar="1:1" frameRate="25" codecs="avc1.64001F"/>
            </AdaptationSet>
        "#]],
    );
}

#[test]
fn the_time_form_has_a_timeline_of_merged_segments() {
    check(
        Form::Time,
        Shape { passes: 3, gops: 2 },
        &expect![[r#"
            <AdaptationSet id="1" contentType="video" par="16:9" maxWidth="640" maxHeight="360" maxFrameRate="25" segmentAlignment="true" mimeType="video/mp4" startWithSAP="1">
              <Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>
              <SegmentTemplate timescale="12800" startNumber="1" media="$RepresentationID$/t$Time$.m4s" initialization="$RepresentationID$/init.mp4">
                <SegmentTimeline>
                  <S t="0" d="51200" r="3"/>
                  <S d="25600"/>
                </SegmentTimeline>
              </SegmentTemplate>
              <Representation id="v1" bandwidth="418" width="320" height="180" sar="1:1" frameRate="25" codecs="avc1.64001F"/>
              <Representation id="v2" bandwidth="418" width="640" height="360" sar="1:1" frameRate="25" codecs="avc1.64001F"/>
            </AdaptationSet>
        "#]],
    );
}

#[test]
fn the_main_sound_is_the_one_that_is_said_to_be_and_roles_are_kept_apart() {
    let sound = fixture::aac(2, 3);
    let tracks = ["a-en", "a-ko", "a-ko-2"].map(|id| {
        let mut track = fixture::track(id, fixture::STEREO, 48_000, &sound);
        track.lang = id[2..4].to_owned();
        track
    });
    let role = |name| crate::Role::named(name).unwrap();
    let roles = [("a-ko", role("main")), ("a-ko-2", role("commentary"))];
    let asset = Asset::new(crate::AssetSource {
        name: "clip".to_owned(),
        tracks: tracks.to_vec(),
        roles: roles.map(|(id, role)| (id.to_owned(), role)).into(),
        ..crate::AssetSource::default()
    });
    let written = manifest(&asset.unwrap(), Shape::PLAIN, Form::Number);
    let (mpd, _) = dashpot_mpd::parse(&written).unwrap();
    let said = mpd.periods[0].adaptation_sets.iter().map(|set| {
        let id = set.representations[0].id.as_deref().unwrap();
        (id, set.roles[0].value.as_deref().unwrap(), set.selection_priority)
    });
    assert_eq!(
        said.collect::<Vec<_>>(),
        [("a-ko", "main", Some(2)), ("a-en", "alternate", None), ("a-ko-2", "commentary", None)]
    );
}

#[test]
fn the_base_form_points_at_the_index() {
    check(
        Form::Base,
        Shape::PLAIN,
        &expect![[r#"
            <AdaptationSet id="1" contentType="video" par="16:9" maxWidth="640" maxHeight="360" maxFrameRate="25" subsegmentAlignment="true" subsegmentStartsWithSAP="1" mimeType="video/mp4">
              <Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>
              <Representation id="v1" bandwidth="439" width="320" height="180" sar="1:1" frameRate="25" codecs="avc1.64001F">
                <BaseURL>v1.mp4</BaseURL>
                <SegmentBase timescale="12800" indexRange="40-115" indexRangeExact="true">
                  <Initialization range="0-39"/>
                </SegmentBase>
              </Representation>
              <Representation id="v2" bandwidth="439" width="640" height="360" sar="1:1" frameRate="25" codecs="avc1.64001F">
                <BaseURL>v2.mp4</BaseURL>
                <SegmentBase timescale="12800" indexRange="40-115" indexRangeExact="true">
                  <Initialization range="0-39"/>
                </SegmentBase>
              </Representation>
            </AdaptationSet>
        "#]],
    );
}

#[test]
fn the_list_form_has_a_range_for_each_segment() {
    check(
        Form::List,
        Shape::PLAIN,
        &expect![[r#"
            <AdaptationSet id="1" contentType="video" par="16:9" maxWidth="640" maxHeight="360" maxFrameRate="25" segmentAlignment="true" mimeType="video/mp4" startWithSAP="1">
              <Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>
              <Representation id="v1" bandwidth="439" width="320" height="180" sar="1:1" frameRate="25" codecs="avc1.64001F">
                <BaseURL>v1.mp4</BaseURL>
                <SegmentList timescale="12800" duration="25600">
                  <Initialization range="0-39"/>
                  <SegmentURL mediaRange="116-203"/>
                  <SegmentURL mediaRange="204-302"/>
                  <SegmentURL mediaRange="303-412"/>
                </SegmentList>
              </Representation>
              <Representation id="v2" bandwidth="439" width="640" height="360" sar="1:1" frameRate="25" codecs="avc1.64001F">
                <BaseURL>v2.mp4</BaseURL>
                <SegmentList timescale="12800" duration="25600">
                  <Initialization range="0-39"/>
                  <SegmentURL mediaRange="116-203"/>
                  <SegmentURL mediaRange="204-302"/>
                  <SegmentURL mediaRange="303-412"/>
                </SegmentList>
              </Representation>
            </AdaptationSet>
        "#]],
    );
}

/// A segment as a player that follows the manifest gets it.
struct Played {
    rep: String,
    said: (MediaTime, MediaTime),
    bytes: Vec<u8>,
}

/// Fetches everything that a manifest lists, through `respond` alone.
fn play(catalogue: &Catalogue, options: &str, form: Form) -> Vec<Played> {
    let base = format!("http://origin/vod/clip/{options}");
    let url = Url::parse(&format!("{base}{}.mpd", form.name())).unwrap();
    let text = manifest_text(catalogue, url.as_str());
    let (mpd, warnings) = dashpot_mpd::parse(&text).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    let presentation = Presentation::resolve(&mpd, &url).unwrap();
    assert!(presentation.problems.is_empty(), "{:?}", presentation.problems);
    let sets = &presentation.periods[0].sets;
    let texts = sets.iter().filter(|set| set.kind == TrackKind::Text);
    for text in texts.flat_map(|set| &set.representations) {
        let SegmentIndex::Listed(parts) = &text.index else { panic!("{text:?}") };
        assert!(!parts.is_empty() && parts.iter().all(|part| is_versioned(catalogue, &part.url)));
    }
    let mut played = Vec::new();
    for rep in
        sets.iter().filter(|set| set.kind != TrackKind::Text).flat_map(|s| &s.representations)
    {
        let init = rep.init.as_ref().unwrap();
        assert_eq!(fetch(catalogue, &init.url, init.range).len(), 40, "{}", rep.id);
        let segments = match &rep.index {
            SegmentIndex::Listed(segments) => segments.clone(),
            SegmentIndex::NeedsSidx(file) => indexed(catalogue, file),
        };
        played.extend(segments.iter().map(|segment| Played {
            rep: rep.id.clone(),
            said: (segment.start, segment.duration),
            bytes: fetch(catalogue, &segment.url, segment.range),
        }));
    }
    played
}

fn manifest_text(catalogue: &Catalogue, url: &str) -> String {
    match respond(catalogue, url.strip_prefix("http://origin/vod/").unwrap()).unwrap().body {
        Body::Text(text) => text,
        Body::Media(_) | Body::Sealed(_) => panic!("{url} is media"),
    }
}

fn is_versioned(catalogue: &Catalogue, url: &str) -> bool {
    let found = respond(catalogue, url.strip_prefix("http://origin/vod/").unwrap()).unwrap();
    found.cacheability == Cacheability::Immutable
}

fn fetch(catalogue: &Catalogue, url: &str, range: Option<(u64, u64)>) -> Vec<u8> {
    assert!(is_versioned(catalogue, url), "{url}");
    let found = respond(catalogue, url.strip_prefix("http://origin/vod/").unwrap()).unwrap();
    let files = fixture::files(&found.asset);
    match found.body {
        Body::Media(plan) => {
            let range = range.map_or(0..plan.len(), |(first, last)| first..last + 1);
            assert!(range.end <= plan.len(), "{url} {range:?}");
            fixture::read(&files, &plan, range)
        }
        Body::Text(_) | Body::Sealed(_) => panic!("{url} is no plain media"),
    }
}

fn indexed(catalogue: &Catalogue, file: &SidxRef) -> Vec<SegmentRef> {
    let bytes = fetch(catalogue, &file.url, Some(file.index_range));
    let index = dashpot_bmff::parse_sidx(&bytes.into()).unwrap();
    let entries = index.references.iter();
    let sidx = Sidx {
        timescale: index.timescale,
        earliest_presentation_time: index.earliest_presentation_time,
        first_byte: file.index_range.1 + 1 + index.first_offset,
        entries: entries.map(|entry| (entry.size.into(), entry.duration.into())).collect(),
    };
    from_sidx(file, &sidx).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn what_the_manifest_promises_is_served_at_that_time(
        count in 1..6_u64, passes in 1..4_u32, gops in 1..4_u32,
    ) {
        let catalogue = Catalogue::new([fixture::clip(count)]);
        let options = format!("loop_{passes}/seg_{}s/", 2 * gops);
        let mut bytes = Vec::new();
        for form in Form::VOD {
            let played = play(&catalogue, &options, form);
            for Played { rep, said: (start, duration), bytes } in &played {
                let scale = if rep.starts_with('v') { 12_800 } else { 48_000 };
                let (true_start, _) = fixture::times(bytes);
                let said = start.rescale(scale).unwrap().ticks;
                let half = duration.rescale(scale).unwrap().ticks / 2;
                let near = matches!(form, Form::Number | Form::List);
                let tolerance = if near { half } else { 0 };
                prop_assert!(true_start.abs_diff(said) <= tolerance, "{:?} {} {}", form, rep, said);
            }
            bytes.push(played.into_iter().map(|segment| segment.bytes).collect::<Vec<_>>());
        }
        // All four forms lead to the very same segments.
        prop_assert!(bytes.windows(2).all(|pair| pair[0] == pair[1]));
        let fragments = u64::from(passes) * count;
        let expected = 4 * fragments.div_ceil(u64::from(gops));
        prop_assert_eq!(u64::try_from(bytes[0].len()).unwrap(), expected);
    }

    #[test]
    fn a_client_at_the_declared_bandwidth_never_waits(
        count in 1..8_u64, passes in 1..4_u32, gops in 1..4_u32,
    ) {
        let catalogue = Catalogue::new([fixture::clip(count)]);
        let shape = Shape { passes, gops };
        let asset = catalogue.asset("clip").unwrap();
        let (mpd, _) = dashpot_mpd::parse(manifest(asset, shape, Form::Time)).unwrap();
        let buffer = mpd.min_buffer_time.unwrap().as_nanos();
        let sets = &mpd.periods[0].adaptation_sets;
        for rep in sets.iter().flat_map(|set| &set.representations) {
            let Some(index) = asset.track_index(rep.id.as_deref().unwrap()) else { continue };
            let timeline = Timeline::new(asset, index, shape).unwrap();
            let scale = u128::from(timeline.track().timescale);
            let segments: Vec<_> = timeline.segments().collect();
            for first in 0..segments.len() {
                let mut bytes = 0_u128;
                for segment in &segments[first..] {
                    let fragments = &segment.fragments;
                    bytes += u128::from(timeline.offset(fragments.end) - timeline.offset(fragments.start));
                    let since = u128::from(segment.start - segments[first].start);
                    let due = buffer + since * 1_000_000_000 / scale;
                    let took = bytes * 8_000_000_000 / u128::from(rep.bandwidth.unwrap());
                    // Rounding to nanoseconds is the only excess.
                    prop_assert!(took <= due + 1, "{} {} {}", segment.number, took, due);
                }
            }
        }
    }
}
