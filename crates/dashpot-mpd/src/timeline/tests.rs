use super::{Presentation, SegmentIndex, Sidx, from_sidx};
use crate::parse;
use expect_test::{Expect, expect};
use std::fmt::Write as _;
use url::Url;

mod laws;
mod live;
mod refused;

/// Returns an MPD of `mpd_attributes` whose content is `periods`.
fn mpd(mpd_attributes: &str, periods: &str) -> String {
    format!(r#"<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" {mpd_attributes}>{periods}</MPD>"#)
}

/// Returns one Period of `duration` with one Representation `v` that holds `content`.
fn one(duration: &str, content: &str) -> String {
    let set = format!(r#"<Representation id="v" bandwidth="800">{content}</Representation>"#);
    let period = format!("<Period><AdaptationSet>{set}</AdaptationSet></Period>");
    mpd(&format!(r#"mediaPresentationDuration="{duration}""#), &period)
}

/// Describes what `text` resolves to, one line a segment.
fn describe(text: &str) -> String {
    let (mpd, _) = parse(text).unwrap();
    let url = Url::parse("http://h/dir/m.mpd").unwrap();
    let presentation = match Presentation::resolve(&mpd, &url) {
        Ok(presentation) => presentation,
        Err(error) => return format!("{error}\n"),
    };
    let mut out = String::new();
    for problem in &presentation.problems {
        writeln!(out, "problem {problem}").unwrap();
    }
    for period in &presentation.periods {
        writeln!(out, "period {:?} + {:?}", period.start, period.duration).unwrap();
        for representation in period.sets.iter().flat_map(|set| &set.representations) {
            write!(out, "{}", representation.id).unwrap();
            if let Some(init) = &representation.init {
                write!(out, " init {} {:?}", init.url, init.range).unwrap();
            }
            out.push('\n');
            match &representation.index {
                SegmentIndex::NeedsSidx(file) => {
                    writeln!(out, "  sidx {} {:?}", file.url, file.index_range).unwrap();
                }
                SegmentIndex::Listed(segments) => {
                    for s in segments {
                        let (start, length, scale) =
                            (s.start.ticks, s.duration.ticks, s.start.timescale);
                        write!(out, "  #{} {start}+{length}/{scale} {}", s.number, s.url).unwrap();
                        let range = s.range.map(|range| format!(" {range:?}"));
                        writeln!(out, "{}", range.unwrap_or_default()).unwrap();
                    }
                }
            }
        }
    }
    out
}

fn check(text: &str, expected: &Expect) {
    expected.assert_eq(&describe(text));
}

#[test]
fn numbers_follow_the_duration_and_the_last_is_cut_23009_1_5_3_9_5_3() {
    let template = r#"<SegmentTemplate media="$RepresentationID$/$Number%03d$" timescale="10" duration="40" startNumber="5" presentationTimeOffset="7" initialization="$Bandwidth$/i"/>"#;
    check(
        &one("PT9S", template),
        &expect![[r#"
        period 0ns + 9s
        v init http://h/dir/800/i None
          #5 0+40/10 http://h/dir/v/005
          #6 40+40/10 http://h/dir/v/006
          #7 80+10/10 http://h/dir/v/007
    "#]],
    );
    // A duration rounded up to the millisecond is not another segment.
    let template = r#"<SegmentTemplate media="$Number$" timescale="90000" duration="180000"/>"#;
    check(
        &one("PT4.001S", template),
        &expect![[r#"
        period 0ns + 4.001s
        v
          #1 0+180000/90000 http://h/dir/1
          #2 180000+180000/90000 http://h/dir/2
    "#]],
    );
    let template = r#"<SegmentTemplate media="$Number$" duration="2" endNumber="2"/>"#;
    check(
        &one("PT100S", template),
        &expect![[r#"
        period 0ns + 100s
        v
          #1 0+2/1 http://h/dir/1
          #2 2+2/1 http://h/dir/2
    "#]],
    );
}

#[test]
fn runs_repeat_jump_and_fill_23009_1_5_3_9_6() {
    let template = |s: &str| {
        format!(
            r#"<SegmentTemplate media="t$Time$-$Number$" timescale="10" presentationTimeOffset="100"><SegmentTimeline>{s}</SegmentTimeline></SegmentTemplate>"#
        )
    };
    // Repeats, a gap, and a negative repeat up to the end of the Period.
    check(
        &one("PT10S", &template(r#"<S t="100" d="20" r="1"/><S t="150" d="20" r="-1"/>"#)),
        &expect![[r#"
            period 0ns + 10s
            v
              #1 0+20/10 http://h/dir/t100-1
              #2 20+20/10 http://h/dir/t120-2
              #3 50+20/10 http://h/dir/t150-3
              #4 70+20/10 http://h/dir/t170-4
              #5 90+10/10 http://h/dir/t190-5
        "#]],
    );
    // A negative repeat up to the next run; segments before and across the start of the Period.
    check(
        &one("PT10S", &template(r#"<S t="50" d="30" r="-1"/><S t="140" d="100"/>"#)),
        &expect![[r#"
            period 0ns + 10s
            v
              #2 0+10/10 http://h/dir/t80-2
              #3 10+30/10 http://h/dir/t110-3
              #4 40+60/10 http://h/dir/t140-4
        "#]],
    );
    // Far more segments before the Period than can be listed cost nothing.
    let far = r#"<SegmentTemplate media="$Time$" presentationTimeOffset="1000000000000000"><SegmentTimeline><S t="0" d="5" r="-1"/></SegmentTimeline></SegmentTemplate>"#;
    check(
        &one("PT10S", far),
        &expect![[r#"
        period 0ns + 10s
        v
          #200000000000001 0+5/1 http://h/dir/1000000000000000
          #200000000000002 5+5/1 http://h/dir/1000000000000005
    "#]],
    );
    // An overlap shortens the earlier segment.
    check(
        &one("PT10S", &template(r#"<S t="100" d="20"/><S t="115" d="20" n="9"/>"#)),
        &expect![[r#"
            period 0ns + 10s
            v
              #1 0+15/10 http://h/dir/t100-1
              #9 15+20/10 http://h/dir/t115-9
        "#]],
    );
}

#[test]
fn lists_have_ranges_and_end_with_their_last_url_23009_1_5_3_9_3() {
    let list = r#"<BaseURL>f.mp4</BaseURL><SegmentList timescale="10" duration="20"><Initialization range="0-9"/><SegmentURL mediaRange="10-19"/><SegmentURL media="g.mp4" mediaRange="20-"/></SegmentList>"#;
    check(
        &one("PT10S", list),
        &expect![[r#"
        period 0ns + 10s
        v init http://h/dir/f.mp4 Some((0, 9))
          #1 0+20/10 http://h/dir/f.mp4 (10, 19)
          #2 20+20/10 http://h/dir/g.mp4 (20, 18446744073709551615)
    "#]],
    );
    let list = r#"<SegmentList><SegmentURL media="a"/><SegmentURL media="b"/></SegmentList>"#;
    check(
        &one("PT10S", list),
        &expect![[r#"
        MPD/Period[1]/AdaptationSet[1]/Representation[1]: SegmentList has several segments, and neither @duration nor a SegmentTimeline
    "#]],
    );
    check(
        &one("PT10S", r#"<SegmentList><SegmentURL media="a"/></SegmentList>"#),
        &expect![[r#"
            period 0ns + 10s
            v
              #1 0+10000000/1000000 http://h/dir/a
        "#]],
    );
}

#[test]
fn a_file_has_an_index_or_is_one_segment_23009_1_5_3_9_2() {
    let base = r#"<BaseURL>f.mp4</BaseURL><SegmentBase indexRange="700-799"/>"#;
    check(
        &one("PT10S", base),
        &expect![[r#"
        period 0ns + 10s
        v init http://h/dir/f.mp4 Some((0, 699))
          sidx http://h/dir/f.mp4 (700, 799)
    "#]],
    );
    let base = r#"<BaseURL>f.mp4</BaseURL><SegmentBase indexRange="700-799"><Initialization sourceURL="i.mp4" range="0-699"/></SegmentBase>"#;
    check(
        &one("PT10S", base),
        &expect![[r#"
        period 0ns + 10s
        v init http://h/dir/i.mp4 Some((0, 699))
          sidx http://h/dir/f.mp4 (700, 799)
    "#]],
    );
    check(
        &one("PT10S", "<BaseURL>s.vtt</BaseURL>"),
        &expect![[r#"
            period 0ns + 10s
            v
              #1 0+10000000/1000000 http://h/dir/s.vtt
        "#]],
    );
}

#[test]
fn segment_information_is_inherited_23009_1_5_3_9_1() {
    let text = mpd(
        r#"mediaPresentationDuration="PT4S""#,
        r#"<BaseURL>../a/</BaseURL><Period>
          <BaseURL>b/</BaseURL>
          <SegmentTemplate timescale="10" duration="20" media="$RepresentationID$-$Number$" startNumber="3"/>
          <AdaptationSet><BaseURL>c/</BaseURL>
            <SegmentTemplate duration="40"/>
            <Representation id="x" bandwidth="1"><BaseURL>http://other/</BaseURL><BaseURL>not-first/</BaseURL></Representation>
            <Representation id="y" bandwidth="1"><SegmentTemplate startNumber="0" initialization="init"/></Representation>
            <Representation id="z" bandwidth="1"><SegmentList><SegmentURL media="one"/></SegmentList></Representation>
          </AdaptationSet></Period>"#,
    );
    check(
        &text,
        &expect![[r#"
            period 0ns + 4s
            x
              #3 0+40/10 http://other/x-3
            y init http://h/a/b/c/init None
              #0 0+40/10 http://h/a/b/c/y-0
            z
              #1 0+4000000/1000000 http://h/a/b/c/one
        "#]],
    );
}

#[test]
fn one_bad_representation_does_not_take_the_others_along() {
    let text = mpd(
        "mediaPresentationDuration='PT4S'",
        "<Period><AdaptationSet><Representation id='bad'><SegmentTemplate media='$Number$' duration='0'/></Representation><Representation id='good'><BaseURL>f</BaseURL></Representation></AdaptationSet></Period>",
    );
    check(
        &text,
        &expect![[r#"
            problem MPD/Period[1]/AdaptationSet[1]/Representation[1]: a segment has a duration of 0
            period 0ns + 4s
            good
              #1 0+4000000/1000000 http://h/dir/f
        "#]],
    );
}

#[test]
fn an_index_becomes_segments_14496_12_8_16_3() {
    let text = one(
        "PT4S",
        r#"<BaseURL>f.mp4</BaseURL><SegmentBase timescale="10" presentationTimeOffset="10" indexRange="700-799"/>"#,
    );
    let (mpd, _) = parse(&text).unwrap();
    let url = Url::parse("http://h/m.mpd").unwrap();
    let presentation = Presentation::resolve(&mpd, &url).unwrap();
    let SegmentIndex::NeedsSidx(file) = &presentation.periods[0].sets[0].representations[0].index
    else {
        panic!("no index wanted");
    };
    let sidx =
        |entries| Sidx { timescale: 100, earliest_presentation_time: 0, first_byte: 800, entries };
    let shown: Vec<_> =
        from_sidx(file, &sidx(vec![(50, 100), (60, 150), (70, 200), (80, 100), (90, 100)]))
            .unwrap()
            .iter()
            .map(|s| (s.number, s.start.ticks, s.duration.ticks, s.range))
            .collect();
    // The first ends where the Period starts, the fourth is cut, the fifth comes after.
    assert_eq!(
        shown,
        [
            (2, 0, 150, Some((850, 909))),
            (3, 150, 200, Some((910, 979))),
            (4, 350, 50, Some((980, 1_059))),
        ]
    );
    assert!(from_sidx(file, &sidx(vec![(u64::MAX, 100)])).is_err());
    assert!(from_sidx(file, &Sidx { timescale: 0, ..sidx(vec![]) }).is_err());
}
