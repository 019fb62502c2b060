use super::*;
use proptest::prelude::*;

/// 2026-01-01T00:00:00Z.
const NOW: u64 = 1_767_225_600;

fn check(text: &str, expected: Option<u64>) {
    let got = parse(WallTime::from_unix_seconds(NOW), text.as_bytes());
    assert_eq!(got.map(WallTime::unix_seconds), expected, "{text:?}");
}

#[test]
fn rfc9110_5_6_7_the_three_formats() {
    check("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777));
    check("Sunday, 06-Nov-94 08:49:37 GMT", Some(784_111_777));
    check("Sun Nov  6 08:49:37 1994", Some(784_111_777));
    check("Wed Nov 16 08:49:37 1994", Some(784_975_777));
    check("Tue, 19 Jan 2038 14:14:08 GMT", Some(2_147_523_248));
    check("Sun, 21 Nov 2286 04:46:39 GMT", Some(10_000_039_599));
    check("Thu, 29 Feb 2024 00:00:00 GMT", Some(1_709_164_800));
    check("Thu, 01 Jan 1970 00:00:00 GMT", Some(0));
    check("Sat, 31 Dec 2016 23:59:60 GMT", Some(1_483_228_800));
}

#[test]
fn times_before_1970_are_the_epoch() {
    check("Mon, 01 Jan 1900 00:00:00 GMT", Some(0));
    check("Sat Jan  1 00:00:00 0000", Some(0));
}

#[test]
fn rfc9111_4_2_names_have_no_case() {
    check("SUN, 06 NOV 1994 08:49:37 gMT", Some(784_111_777));
    check("sunday, 06-nov-94 08:49:37 gmt", Some(784_111_777));
}

#[test]
fn rfc9110_5_6_7_two_digit_years_lie_within_fifty_years() {
    // 2026 + 50 = 2076: to the second.
    check("Wednesday, 01-Jan-76 00:00:00 GMT", Some(3_345_062_400));
    check("Thursday, 01-Jan-76 00:00:01 GMT", Some(189_302_401));
    check("Thursday, 18-Aug-50 02:01:18 GMT", Some(2_544_400_878));
    check("Friday, 31-Dec-99 23:59:59 GMT", Some(946_684_799));
    let late = WallTime::from_unix_seconds(4_070_908_800); // 2099-01-01
    let soon = parse(late, b"Friday, 01-Jan-10 00:00:00 GMT");
    assert_eq!(soon.map(print).as_deref(), Some("Wed, 01 Jan 2110 00:00:00 GMT"));
}

#[test]
fn what_is_not_a_date_is_refused() {
    for text in [
        "",
        "0",
        "-1",
        "Thu, 18 Aug 2050 02:01:18 UTC",
        "Thu, 18 Aug 2050 02:01:18 AEST",
        "Thu, 18 Aug 50 02:01:18 GMT",
        "Thu 18 Aug 2050 02:01:18 GMT",
        "Thu, 18  Aug  2050 02:01:18 GMT",
        "Thu, 18-Aug-2050 02:01:18 GMT",
        "Thu, 18 Aug 2050 02.01.18 GMT",
        "Thu, 18 Aug 2050 2:01:18 GMT",
        "Thu, 18 Aug 2050 24:01:18 GMT",
        "Thu, 18 Aug 2050 02:60:18 GMT",
        "Thu, 31 Feb 2050 02:01:18 GMT",
        "Thu, 29 Feb 2023 00:00:00 GMT",
        "Thu, 00 Aug 2050 02:01:18 GMT",
        "Thx, 18 Aug 2050 02:01:18 GMT",
        "Thu, 18 Aug 2050 02:01:18 GMT ",
        "Thu Aug 8 02:01:18 2050",
        "Thu Aug  8 02:01:18 50",
        "Thu Aug\u{e9} 8 02:01:18 50",
    ] {
        check(text, None);
    }
}

#[test]
fn rfc3339_5_6_log_times() {
    let time =
        WallTime::from_unix_seconds(784_111_777).after(std::time::Duration::from_millis(250));
    assert_eq!(print_rfc3339(time), "1994-11-06T08:49:37.250Z");
    assert_eq!(print_rfc3339(WallTime::EPOCH), "1970-01-01T00:00:00.000Z");
}

proptest! {
    #[test]
    fn parsing_never_panics(now in any::<u32>(), text in proptest::collection::vec(any::<u8>(), 0..40)) {
        let _read = parse(WallTime::from_unix_seconds(now.into()), &text);
    }

    #[test]
    fn near_dates_never_panic(text in "[STst][a-z]{2,5}[, ] ?[0-9 ]{2}[- ]A?[ug]{0,2}[- ][0-9]{1,4} ?[0-9:]{0,8}( GMT)?") {
        let _read = parse(WallTime::from_unix_seconds(NOW), text.as_bytes());
    }

    #[test]
    fn printing_then_parsing_is_the_identity(seconds in 0..18_446_744_073_u64) {
        let time = WallTime::from_unix_seconds(seconds);
        prop_assert_eq!(parse(WallTime::EPOCH, print(time).as_bytes()), Some(time));
    }
}
