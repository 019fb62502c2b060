//! Presentations that come into being while they are played.

use super::*;
use dashpot_base::WallTime;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// Returns what a live MPD resolves to, so many seconds after 1970.
fn at(seconds: u64, attributes: &str, rest: &str, template: &str) -> Result<Presentation, String> {
    let set = format!(r#"<Representation id="v" bandwidth="800">{template}</Representation>"#);
    let periods = format!(
        r#"{rest}<Period id="p" start="PT0S"><AdaptationSet mimeType="video/mp4">{set}</AdaptationSet></Period>"#
    );
    let (mpd, _) = parse(mpd(&format!(r#"type="dynamic" {attributes}"#), &periods).as_bytes())
        .map_err(|error| error.to_string())?;
    let url = Url::parse("http://h/live/m.mpd").map_err(|error| error.to_string())?;
    let now = WallTime::from_epoch(Duration::from_secs(seconds));
    Presentation::resolve_at(&mpd, &url, now).map_err(|error| error.to_string())
}

/// Returns number, start and end of the first and the last segment listed.
fn ends(presentation: &Presentation) -> [(u64, u64, u64); 2] {
    let representation = &presentation.periods[0].sets[0].representations[0];
    let SegmentIndex::Listed(segments) = &representation.index else {
        panic!("{representation:?}")
    };
    [segments.first().unwrap(), segments.last().unwrap()].map(|it| {
        let start = it.start.as_duration();
        (it.number, start.as_secs(), (start + it.duration.as_duration()).as_secs())
    })
}

const NUMBERED: &str = r#"<SegmentTemplate media="$Number$.m4s" duration="2" startNumber="0"/>"#;

#[test]
fn segments_are_listed_about_the_edge_however_long_it_has_been_going_on_5_3_9_5_3() {
    let ast = r#"availabilityStartTime="1970-01-01T00:00:00Z" timeShiftBufferDepth="PT60S" minimumUpdatePeriod="PT10S""#;
    let live = at(1_700_000_001, ast, "", NUMBERED).unwrap();
    // From a minute before, and for two minutes to come.
    let first = (849_999_970, 1_699_999_940, 1_699_999_942);
    let last = (850_000_060, 1_700_000_120, 1_700_000_121);
    assert_eq!(ends(&live), [first, last]);
    let view = live.live.unwrap();
    assert_eq!((view.edge.as_secs(), view.is_open), (1_700_000_001, true));
    assert_eq!((view.update, view.delay, view.speeds), (Some(SECOND * 10), None, None));
    // What has an end ends there.
    let ended =
        at(100, &format!(r#"{ast} mediaPresentationDuration="PT101S""#), "", NUMBERED).unwrap();
    assert_eq!(ends(&ended), [(20, 40, 42), (50, 100, 101)]);
    assert!(!ended.live.unwrap().is_open);
}

#[test]
fn a_timeline_lists_what_is_there() {
    let ast = r#"availabilityStartTime="1970-01-01T00:16:40Z" timeShiftBufferDepth="PT10S" suggestedPresentationDelay="PT6S""#;
    let timeline = r#"<SegmentTemplate media="$Time$.m4s" timescale="10"><SegmentTimeline><S t="0" d="20" r="499"/></SegmentTimeline></SegmentTemplate>"#;
    let live = at(2_000, ast, "", timeline).unwrap();
    assert_eq!(ends(&live), [(496, 990, 992), (500, 998, 1_000)]);
    assert_eq!(live.live.unwrap().delay, Some(SECOND * 6));
}

#[test]
fn the_service_says_how_far_behind_and_how_fast_k_3_2() {
    let ast = r#"availabilityStartTime="1970-01-01T00:00:00Z" suggestedPresentationDelay="PT6S""#;
    let service = r#"<ServiceDescription id="0"><Latency target="1500" max="4000"/><PlaybackRate min="0.95" max="1.05"/></ServiceDescription>"#;
    let view = at(100, ast, service, NUMBERED).unwrap().live.unwrap();
    assert_eq!((view.delay, view.speeds), (Some(Duration::from_millis(1_500)), Some((0.95, 1.05))));
    let odd =
        r#"<ServiceDescription><Latency/><PlaybackRate min="2" max="0"/></ServiceDescription>"#;
    let view = at(100, ast, odd, NUMBERED).unwrap().live.unwrap();
    assert_eq!((view.delay, view.speeds), (Some(SECOND * 6), None));
}

#[test]
fn without_a_beginning_there_is_no_edge() {
    let refused = at(100, "", "", NUMBERED).unwrap_err();
    assert!(refused.contains("no availabilityStartTime"), "{refused}");
}
