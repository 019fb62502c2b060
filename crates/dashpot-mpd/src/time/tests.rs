use super::{format_date_time, format_duration, parse_date_time, parse_duration};
use dashpot_base::WallTime;
use proptest::prelude::*;
use std::time::Duration;

fn check_duration(text: &str, expected: Result<u64, &str>) {
    let found = parse_duration(text);
    match expected {
        Ok(millis) => assert_eq!(found, Ok(Duration::from_millis(millis)), "{text}"),
        Err(part) => {
            let message = found.expect_err(text);
            assert!(message.contains(part), "{text}: {message}");
        }
    }
}

#[test]
fn durations_are_read_as_xml_schema_2_3_2_6_has_them() {
    for (text, expected) in [
        ("PT0S", Ok(0)),
        ("PT24S", Ok(24_000)),
        (" PT1M30.5S ", Ok(90_500)),
        ("P0Y0M1DT0H3M30.250S", Ok(86_610_250)),
        ("PT36H", Ok(129_600_000)),
        ("PT90M", Ok(5_400_000)),
        ("P2D", Ok(172_800_000)),
        ("P1Y", Err("no fixed length")),
        ("P1M", Err("no fixed length")),
        ("-PT1S", Err("negative")),
        ("PT99999999999999999999999999999999999999999H", Err("too long")),
        ("PT18446744074S", Err("too long")),
    ] {
        check_duration(text, expected);
    }
    assert_eq!(parse_duration("PT0.0009999999S"), Ok(Duration::from_nanos(999_999)));
    for text in [
        "",
        "P",
        "PT",
        "P1DT",
        "T1S",
        "1S",
        "PT1",
        "PTS",
        "PT.5S",
        "PT1.S",
        "PT1.5M",
        "PT1S1M",
        "PT1S1S",
        "PT1,5S",
        "PT 1S",
        "PT1S ago",
        "P1S",
        "PT1D",
        "PT1.2.3S",
        "PT\u{661}S",
        "PTé",
    ] {
        check_duration(text, Err("not an xs:duration"));
    }
}

fn check_date_time(text: &str, expected: Option<u64>) {
    let found = parse_date_time(text).ok().map(|time| time.unix_millis());
    assert_eq!(found, expected, "{text}");
}

#[test]
fn times_are_read_as_xml_schema_2_3_2_7_has_them() {
    for (text, expected) in [
        ("1970-01-01T00:00:00Z", Some(0)),
        ("2000-02-29T12:00:00.5Z", Some(951_825_600_500)),
        ("2026-11-21T11:00:00Z", Some(1_795_258_800_000)),
        ("2026-11-21T11:00:00", Some(1_795_258_800_000)),
        ("2026-11-21T12:30:00+01:30", Some(1_795_258_800_000)),
        ("2026-11-21T10:00:00-01:00", Some(1_795_258_800_000)),
        ("2016-12-31T23:59:60Z", Some(1_483_228_800_000)),
        ("2026-11-20T24:00:00Z", Some(1_795_219_200_000)),
        ("1969-12-31T23:59:59Z", None),
        ("1970-01-01T00:00:00+01:00", None),
        ("9999-01-01T00:00:00Z", None),
        ("2026-02-29T00:00:00Z", None),
        ("2026-13-01T00:00:00Z", None),
        ("2026-00-01T00:00:00Z", None),
        ("2026-01-01T25:00:00Z", None),
        ("2026-01-01T24:00:01Z", None),
        ("2026-01-01T00:60:00Z", None),
        ("2026-01-01T00:00:00+15:00", None),
        ("2026-01-01", None),
        ("2026-01-01 00:00:00", None),
        ("-2026-01-01T00:00:00Z", None),
        ("2026-1-1T00:00:00Z", None),
        ("2026-01-01T00:00:00.Z", None),
        ("2026-01-01T00:00:00ZZ", None),
        ("", None),
    ] {
        check_date_time(text, expected);
    }
}

#[test]
fn times_are_written_in_their_shortest_form() {
    let times = [(0, "PT0S"), (24_000, "PT24S"), (90_500, "PT1M30.5S"), (7_200_000, "PT2H")];
    for (millis, expected) in times {
        assert_eq!(format_duration(Duration::from_millis(millis)), expected);
    }
    let time = WallTime::from_epoch(Duration::from_millis(951_825_600_500));
    assert_eq!(format_date_time(time), "2000-02-29T12:00:00.5Z");
    assert_eq!(format_date_time(WallTime::EPOCH), "1970-01-01T00:00:00Z");
}

proptest! {
    #[test]
    fn a_duration_written_and_read_is_the_same(nanos: u64) {
        let span = Duration::from_nanos(nanos);
        prop_assert_eq!(parse_duration(&format_duration(span)), Ok(span));
    }

    #[test]
    fn a_time_written_and_read_is_the_same(nanos: u64) {
        let time = WallTime::from_epoch(Duration::from_nanos(nanos));
        prop_assert_eq!(parse_date_time(&format_date_time(time)), Ok(time));
    }

    #[test]
    fn whatever_is_read_can_be_written_and_read(text in "P?[-0-9YMDTHSZ:.+é]{0,24}") {
        if let Ok(span) = parse_duration(&text) {
            prop_assert_eq!(parse_duration(&format_duration(span)), Ok(span));
        }
        if let Ok(time) = parse_date_time(&text) {
            prop_assert_eq!(parse_date_time(&format_date_time(time)), Ok(time));
        }
    }
}
