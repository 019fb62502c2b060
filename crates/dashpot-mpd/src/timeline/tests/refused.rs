//! Tables of one line a case: when Periods play, and what makes no sense.

use super::{Presentation, Url, describe, mpd, one, parse};

/// Compares the spans of Periods with these attributes, or the error, with `expected`.
fn check_periods(attributes: &str, periods: &[&str], expected: &str) {
    let set = "<AdaptationSet><Representation id='v'><BaseURL>f</BaseURL></Representation></AdaptationSet>";
    let periods = periods.iter().map(|period| format!("<Period {period}>{set}</Period>"));
    let (mpd, _) = parse(mpd(attributes, &periods.collect::<String>())).unwrap();
    let url = Url::parse("http://h/m.mpd").unwrap();
    let found = match Presentation::resolve(&mpd, &url) {
        Ok(presentation) => {
            let spans =
                presentation.periods.iter().map(|p| format!("{:?}+{:?}", p.start, p.duration));
            spans.collect::<Vec<_>>().join(" ")
        }
        Err(error) => error.to_string(),
    };
    assert_eq!(found, expected, "{attributes} {:?}", mpd.periods);
}

#[test]
fn periods_follow_one_another_23009_1_5_3_2_1() {
    let ends_at_9 = "mediaPresentationDuration='PT9S'";
    for (attributes, periods, expected) in [
        (ends_at_9, &["", "start='PT4S'"][..], "0ns+4s 4s+5s"),
        ("", &["duration='PT4S'", "duration='PT2S'"], "0ns+4s 4s+2s"),
        ("", &["duration='PT4S'", "start='PT3S' duration='PT1S'"], "0ns+3s 3s+1s"),
        ("", &["duration='PT4S'", "duration='PT0S'", "duration='PT1S'"], "0ns+4s 4s+1s"),
        (
            "",
            &["duration='PT4S'", ""],
            "MPD/Period[2]: the Period has no duration, no Period follows, and the MPD has no duration",
        ),
        (
            ends_at_9,
            &["", ""],
            "MPD/Period[2]: the Period has no start, and the one before it no duration",
        ),
        (
            ends_at_9,
            &["start='PT10S'"],
            "MPD/Period[1]: the Period begins or ends before its predecessor's start",
        ),
        (
            "",
            &["start='PT4S' duration='PT1S'", "start='PT3S' duration='PT1S'"],
            "MPD/Period[2]: the Period begins or ends before its predecessor's start",
        ),
        (
            "mediaPresentationDuration='-PT24S'",
            &[""],
            "MPD: @mediaPresentationDuration cannot be read: `-PT24S`",
        ),
        (
            "mediaPresentationDuration='PT99999999999999999999S'",
            &["", "start='PT4S'"],
            "MPD: @mediaPresentationDuration cannot be read: `PT99999999999999999999S`",
        ),
        ("mediaPresentationDuration='-PT24S'", &["duration='PT4S'"], "0ns+4s"),
        ("", &["duration='-PT4S'"], "MPD/Period[1]: @duration cannot be read: `-PT4S`"),
        (
            "type='dynamic'",
            &["duration='PT4S'"],
            "MPD: the presentation is dynamic, and only static ones are resolved",
        ),
        ("type='list'", &["duration='PT4S'"], "MPD: a list of presentations is not supported"),
        ("", &[], "MPD: there is no Period"),
        (
            "",
            &["duration='PT4S' xmlns:xlink='urn:x' xlink:href='u'"],
            // What stands in the place of a reference will do.
            "0ns+4s",
        ),
    ] {
        check_periods(attributes, periods, expected);
    }
}

#[test]
fn a_period_that_stands_elsewhere_alone_is_refused_23009_1_5_5() {
    let period = "<Period xmlns:xlink='urn:x' xlink:href='u' duration='PT4S'/>";
    let expected = "MPD/Period[1]: a Period behind an xlink:href is not supported\n";
    assert_eq!(describe(&mpd("", period)), expected);
}

/// Compares why a Representation with this content cannot be resolved.
fn check(content: &str, expected: &str) {
    let found = describe(&one("PT10S", content));
    let found = found.trim_end().rsplit_once("Representation[1]: ").map(|(_, problem)| problem);
    assert_eq!(found, Some(expected), "{content}");
}

#[test]
fn a_template_that_makes_no_sense_is_refused() {
    for (attributes, expected) in [
        ("media='$Number$' duration='0'", "a segment has a duration of 0"),
        ("media='$Number$' duration='-5'", "@duration cannot be read: `-5`"),
        ("media='$Number$' duration='5' timescale='0'", "@timescale is 0"),
        ("duration='5'", "SegmentTemplate has no @media"),
        (
            "media='same' duration='5'",
            "@media has neither $Number$ nor $Time$, and there is more than one segment",
        ),
        ("media='$Foo$' duration='5'", "template `$Foo$`: an identifier is unknown"),
        (
            "media='$Number$' duration='5' initialization='$Number$'",
            "$Number$ or $Time$ in @initialization is not supported",
        ),
        ("media='$Number$' duration='1' timescale='4000000000'", "more than 500000 segments"),
        (
            "media='$Number$' duration='5' startNumber='18446744073709551615'",
            "a time or number does not fit in 64 bits",
        ),
    ] {
        check(&format!("<SegmentTemplate {attributes}/>"), expected);
    }
    check("<BaseURL>http://[</BaseURL>", "`http://[` is not a URL");
    check(
        "<SegmentBase/><SegmentTemplate media='$Number$' duration='5'/>",
        "more than one of SegmentBase, SegmentList and SegmentTemplate at one level",
    );
}

/// Returns a Period with a set of each kind, whose Representations are made from the attributes of
/// their `SegmentTemplate`s.
fn kinds(sets: &[(&str, &[&str])]) -> String {
    let sets = sets.iter().map(|(kind, templates)| {
        let representations = templates.iter().map(|attributes| {
            let template = format!("<SegmentTemplate media='$Number$' {attributes}/>");
            format!("<Representation id='{kind}' mimeType='{kind}/mp4'>{template}</Representation>")
        });
        format!("<AdaptationSet>{}</AdaptationSet>", representations.collect::<String>())
    });
    let period = format!("<Period>{}</Period>", sets.collect::<String>());
    mpd("mediaPresentationDuration='PT4S'", &period)
}

#[test]
fn a_kind_of_media_does_not_vanish() {
    let good = "duration='4'";
    let lost = |kind: &str, problems: &str| {
        format!(
            "MPD/Period[1]: the Period declares {kind}, none of which can be played: {problems}\n"
        )
    };
    let at = |set: u32, it: u32, problem: &str| {
        format!("MPD/Period[1]/AdaptationSet[{set}]/Representation[{it}]: {problem}")
    };
    let zero = at(1, 1, "a segment has a duration of 0") + "; " + &at(1, 2, "@timescale is 0");
    for (sets, expected) in [
        (
            kinds(&[
                ("video", &["duration='0'", "duration='4' timescale='0'"]),
                ("audio", &[good]),
            ]),
            lost("video", &zero),
        ),
        (
            kinds(&[("video", &[good]), ("audio", &["duration='-4'"])]),
            lost("audio", &at(2, 1, "@duration cannot be read: `-4`")),
        ),
        (
            kinds(&[("video", &["duration='4' endNumber='0'"]), ("audio", &[good])]),
            lost("video", &at(1, 1, "no segment lies within the Period")),
        ),
    ] {
        assert_eq!(describe(&sets), expected);
    }
    // One language is as good as another; one rung as another.
    let several =
        [("video", &["duration='0'", good][..]), ("audio", &["duration='0'"]), ("audio", &[good])];
    let found = describe(&kinds(&several));
    assert_eq!(found.matches("problem MPD").count(), 2, "{found}");
    let many = ["duration='0'"; 8];
    assert!(describe(&kinds(&[("video", &many)])).contains("; and 3 more"));
}

#[test]
fn a_forgotten_timescale_is_named_23009_1_5_3_9_2_2() {
    let odd = |template: &str| {
        let found = describe(&one("PT24S", template));
        found.lines().find_map(|line| line.strip_prefix("problem ")).map(str::to_owned)
    };
    let expected = "MPD/Period[1]/AdaptationSet[1]/Representation[1]: @timescale is missing and 1 by \
                    default (ISO/IEC 23009-1 §5.3.9.2.2); a segment of 48000 s is longer than its \
                    Period of 24 s";
    let runs = "<SegmentTimeline><S d='48000' r='2'/></SegmentTimeline>";
    let template = |attributes: &str, runs: &str| {
        format!("<SegmentTemplate media='$Time$' {attributes}>{runs}</SegmentTemplate>")
    };
    assert_eq!(odd(&template("duration='48000'", "")).as_deref(), Some(expected));
    assert_eq!(odd(&template("", runs)).as_deref(), Some(expected));
    assert_eq!(odd(&template("duration='48000' timescale='1000'", "")), None);
    assert_eq!(odd(&template("duration='24'", "")), None);
}

#[test]
fn a_run_that_makes_no_sense_is_refused() {
    for (runs, expected) in [
        ("<S t='0'/>", "a segment has a duration of 0"),
        ("<S t='0' d='-1'/>", "@d cannot be read: `-1`"),
        ("<S t='0' d='2' r='x'/>", "@r cannot be read: `x`"),
        ("<S t='0' d='2' r='-1'/><S d='2'/>", "S@r is negative and the next S has no @t"),
        (
            "<S t='4' d='2'/><S t='4' d='2'/>",
            "S@t=4 does not come after the start of the segment before it",
        ),
        (
            "<S t='0' d='1' r='9223372036854775807'/><S d='9223372036854775809'/>",
            "a time or number does not fit in 64 bits",
        ),
    ] {
        check(
            &format!(
                "<SegmentTemplate media='$Time$'><SegmentTimeline>{runs}</SegmentTimeline></SegmentTemplate>"
            ),
            expected,
        );
    }
}

#[test]
fn an_error_says_each_thing_once() {
    let error = |text: &str| {
        let (mpd, _) = parse(text).unwrap();
        Presentation::resolve(&mpd, &Url::parse("http://h/m.mpd").unwrap()).unwrap_err()
    };
    let source = |error: &super::super::TimelineError| {
        std::error::Error::source(error).map(ToString::to_string)
    };
    assert_eq!(source(&error(&mpd("", ""))), None);
    let url = error(&one("PT4S", "<BaseURL>http://[</BaseURL>"));
    assert_eq!(source(&url).as_deref(), Some("invalid IPv6 address"));
    assert!(!url.to_string().contains("IPv6"), "{url}");
}

/// Compares the error of many Representations that inherit one thing.
fn check_inherited(set_attributes: &str, template: &str, count: usize, expected: &str) {
    let text = format!(
        "<Period><AdaptationSet {set_attributes}>{template}{}</AdaptationSet></Period>",
        "<Representation/>".repeat(count)
    );
    let found = describe(&mpd("mediaPresentationDuration='PT10S'", &text));
    assert!(found.trim_end().ends_with(expected), "{found}");
}

#[test]
fn what_inheritance_multiplies_is_bounded() {
    let long = "x".repeat(1 << 20);
    let template = |media: &str| format!("<SegmentTemplate media='{media}' duration='1'/>");
    let too_long = "a URL or template has more than 8192 bytes";
    check_inherited("", &template(&format!("{long}$Number$")), 1_000, too_long);
    check_inherited("", &format!("<BaseURL>{long}</BaseURL>"), 1_000, too_long);
    let text = format!("codecs='{long}'");
    let too_much = "URLs and inherited texts come to more than 134217728 bytes";
    check_inherited(&text, &template("$Number$"), 1_000, too_much);
    // Runs before the Period cost time, though they list nothing.
    let runs = "<S d='1'/>".repeat(5_000);
    let timeline = format!(
        "<SegmentTemplate media='$Time$' presentationTimeOffset='90000'><SegmentTimeline>{runs}</SegmentTimeline></SegmentTemplate>"
    );
    check_inherited("", &timeline, 1_000, "more than 500000 segments");
    let unreadable = format!("<SegmentTemplate media='$Number$' duration='{long}'/>");
    let cut = format!("@duration cannot be read: `{}…`", "x".repeat(100));
    check_inherited("", &unreadable, 1_000, &cut);
}
