use crate::{Progress, Rung, View, testing};

const LADDER: [f64; 4] = [500.0, 1_000.0, 2_000.0, 4_000.0];

/// Which of `buffered` is fetched again for rung 2, with `level_ms` in the buffer: segments of 3 s,
/// and before them what is left of the one that is being played.
fn check(side: &str, level_ms: f64, buffered: &[usize], expected: Option<usize>) {
    let film = testing::film(&LADDER, 3_000.0);
    let view = View { buffer_ms: level_ms, ..testing::view(&LADDER, &film) };
    let buffered: Vec<_> = buffered.iter().copied().map(Rung).collect();
    let mut rule = testing::made(&format!("bola:replace={side}"));
    assert_eq!(rule.replaces(&view, &buffered, Rung(2)), expected, "{side} {level_ms}");
}

#[test]
fn what_is_played_next_is_left_alone_and_the_side_decides_among_the_others() {
    // Nothing is being played: two segments are left alone.
    check("left", 15_000.0, &[0, 0, 0, 1, 0], Some(2));
    check("right", 15_000.0, &[0, 0, 0, 1, 0], Some(4));
    check("right", 15_000.0, &[0, 0, 0, 1, 2], Some(3));
    check("left", 15_000.0, &[0, 0, 2, 3, 2], None);
    check("left", 6_000.0, &[0, 0], None);
    // A third of one has been played: the next one, too, is left alone; of two thirds, the next two.
    check("left", 14_000.0, &[0, 0, 0, 0], Some(1));
    check("left", 13_000.0, &[0, 0, 0, 0], Some(2));
    check("none", 15_000.0, &[0, 0, 0, 1, 0], None);
}

#[test]
fn a_replacement_is_given_up_once_its_segment_is_being_played() {
    let film = testing::film(&LADDER, 3_000.0);
    let check = |buffer_ms: f64, patience_ms: f64, expected: bool| {
        let view = View { index: 10, buffer_ms, ..testing::view(&LADDER, &film) };
        let (index, rung, bits, bits_here) = (7, Rung(2), 6e6, 1e5);
        let progress =
            Progress { index, rung, bits, bits_here, first_byte_ms: 50.0, since_ms: 5_000.0 };
        let mut rule = testing::made("throughput:replace=left");
        let patient_ms = rule.patience_ms(&view, &progress);
        assert!((patient_ms - patience_ms).abs() < 0.01, "{buffer_ms}: {patient_ms}");
        assert_eq!(rule.gives_up(&view, &progress), expected, "{buffer_ms}");
    };
    // Three segments of 3 s lie between the one that is replaced, with it, and the end.
    check(12_000.0, 3_000.0, false);
    check(9_001.0, 1.0, false);
    check(9_000.0, 0.0, true);
    check(0.0, 0.0, true);
}
