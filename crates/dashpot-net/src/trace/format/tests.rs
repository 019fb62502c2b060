use super::*;
use proptest::prelude::*;

const LATENCY: Duration = Duration::from_millis(80);

/// Rows as (ms, kbps), or words of the refusal.
fn check(text: &str, format: Option<Format>, expected: Result<&[(u64, u64)], &str>) {
    assert_eq!(Format::of(text), format, "{text}");
    let read = format.unwrap_or(Format::Csv).read(text, LATENCY);
    match (read, expected) {
        (Ok(trace), Ok(expected)) => {
            let rows = trace.rows().map(|row| {
                let ms = u64::try_from(row.duration.as_millis()).unwrap();
                assert_eq!(row.latency, LATENCY);
                (ms, row.rate.bps() / 1_000)
            });
            assert_eq!(rows.collect::<Vec<_>>(), expected, "{text}");
        }
        (Err(error), Err(words)) => {
            assert!(error.to_string().contains(words), "{error} of {text}");
        }
        (read, expected) => panic!("{text}: {read:?} instead of {expected:?}"),
    }
}

#[test]
fn a_rate_of_pensieves_holds_until_its_own_time() {
    let some = Some(Format::Pensieve);
    check("0.0\t9\n0.5\t4.5\n\n2.5 1\n", some, Ok(&[(500, 4_500), (2_000, 1_000)]));
    check("3 9\n4 2", some, Ok(&[(1_000, 2_000)]));
    check("0 9", some, Err("no rows"));
    check("0 9\n1 0", some, Err("every row has a bandwidth of 0"));
    check("0 9\n1 4\n1 3", some, Err("line 3 does not go forward in time"));
    check("0 9\n1", some, Err("line 2 has 1 fields instead of a time in s and a rate"));
    check("0 9\n1 -4", some, Err("line 2 the rate is `-4`"));
    check("0 9\n1 NaN", some, Err("line 2 the rate is `NaN`"));
    check("0 9\ninf 1", some, Err("line 2 the time is `inf`"));
}

#[test]
fn packets_of_mahimahi_make_rates() {
    let some = Some(Format::Mahimahi);
    // 10 packets of 12 kbit in 100 ms are 1200 kbit/s; nothing in the next; 1 in the last 50 ms.
    let ten = "10\n20\n30\n40\n50\n60\n70\n80\n90\n100\n";
    check(&format!("{ten}250\n"), some, Ok(&[(100, 1_200), (100, 0), (50, 240)]));
    check("0\n0\n100", some, Ok(&[(100, 360)]));
    check("0\n0", some, Err("no rows"));
    check("5\n4", some, Err("line 2 does not go forward"));
    check("5\nx", some, Err("line 2 the time in ms is `x`"));
    check("5\n99999999999", some, Err("line 2 is beyond"));
}

#[test]
fn what_is_no_trace_is_of_no_format() {
    check("", None, Err("no rows"));
    check("<html>", None, Err("line 1 has 1 fields"));
    check("1 2 3", None, Err("line 1"));
    assert_eq!(Format::of("duration_ms,bandwidth_kbps,latency_ms\n1,2,3"), Some(Format::Csv));
}

proptest! {
    #[test]
    fn no_text_makes_a_reader_panic(text in "[0-9 \t\n.,eE+-]{0,200}") {
        for format in [Format::Csv, Format::Pensieve, Format::Mahimahi] {
            if let Ok(trace) = format.read(&text, LATENCY) {
                prop_assert!(trace.rows().count() > 0);
            }
        }
    }
}
