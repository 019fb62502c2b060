use super::*;

/// Rows as (ms, kbps, ms), or the line and words of the refusal.
type Expected<'a> = Result<&'a [(u64, u64, u64)], (usize, &'a str)>;

fn check(text: &str, expected: Expected<'_>) {
    match (Trace::parse(text), expected) {
        (Ok(trace), Ok(rows)) => {
            let read = trace
                .rows()
                .map(|row| {
                    (row.duration.as_millis(), row.rate.bps() / 1_000, row.latency.as_millis())
                })
                .collect::<Vec<_>>();
            let expected = rows
                .iter()
                .map(|&(duration, kbps, latency)| (duration.into(), kbps, latency.into()))
                .collect::<Vec<(u128, u64, u128)>>();
            assert_eq!(read, expected, "{text}");
        }
        (Err(error), Err((line, words))) => {
            let message = error.to_string();
            assert!(message.contains(words), "{message} in {text}");
            assert!(line == 0 || message.contains(&format!("line {line} ")), "{message} in {text}");
        }
        (read, expected) => panic!("{text}: {read:?}, expected {expected:?}"),
    }
}

#[test]
fn rows_are_read_with_and_without_a_header() {
    check("1000,3000,20\n", Ok(&[(1_000, 3_000, 20)]));
    check(
        "duration_ms,bandwidth_kbps,latency_ms\r\n\r\n 500 , 0 , 0 \r\n1,1,1",
        Ok(&[(500, 0, 0), (1, 1, 1)]),
    );
}

#[test]
fn bad_rows_are_refused_by_line_and_reason() {
    check("", Err((0, "no rows")));
    check("duration_ms,bandwidth_kbps,latency_ms", Err((0, "no rows")));
    check("1000,0,20\n500,0,0", Err((0, "every row has a bandwidth of 0")));
    check("1000,1,20\n\n1000,1", Err((3, "2 fields")));
    check("1000,1,20,4", Err((1, "4 fields")));
    check("1000,1,20\n0,1,20", Err((2, "duration_ms is 0")));
    check("1000,1.5,20", Err((1, "bandwidth_kbps is `1.5`")));
    check("1000,-1,20", Err((1, "bandwidth_kbps is `-1`")));
    check("1000,,20", Err((1, "bandwidth_kbps is ``")));
    check("1,99999999999999999999999,1", Err((1, "bandwidth_kbps")));
    check("99999999999999999,1,1", Err((1, "century")));
    check("1,1,99999999999999999", Err((1, "century")));
    check("bandwidth_kbps,duration_ms,latency_ms\n1,1,1", Err((1, "duration_ms is `bandwidth")));
}

#[test]
fn the_table_starts_over_at_its_end() {
    let trace = Trace::parse("10,1,0\n20,2,0").unwrap();
    let ms = |ms: u64| MonoTime::from_nanos(ms * 1_000_000);
    for (now, kbps, next) in [
        (100, 1, 110),
        (109, 1, 110),
        (110, 2, 130),
        (129, 2, 130),
        (130, 1, 140),
        (300_111, 2, 300_130),
    ] {
        let row = trace.at(ms(100), ms(now));
        assert_eq!((row.rate.bps() / 1_000, row.ends), (kbps, Some(ms(next))), "{now}");
    }
    let constant = Trace::constant(Bitrate::from_kbps(3), Duration::ZERO).unwrap();
    assert_eq!(constant.at(ms(0), ms(5_000)).ends, None);
}

#[test]
fn one_row_after_the_other_is_the_row_at_that_time() {
    let trace = Trace::parse("10,1,0\n20,2,5\n7,3,0").unwrap();
    let began = MonoTime::from_nanos(100);
    let mut row = trace.at(began, began);
    for _ in 0..7 {
        let ends = row.ends.unwrap();
        // Nobody looks at an idle link's rows, so some are passed over.
        for late in
            [ends, ends.after(Duration::from_millis(12)), ends.after(Duration::from_secs(9))]
        {
            let (after, at) = (trace.after(&row, began, late), trace.at(began, late));
            assert_eq!(format!("{after:?}"), format!("{at:?}"));
        }
        row = trace.after(&row, began, ends);
    }
}
