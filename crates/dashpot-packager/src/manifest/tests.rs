use super::*;
use crate::fixture;
use expect_test::{Expect, expect};

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
