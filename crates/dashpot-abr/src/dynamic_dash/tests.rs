use crate::{Progress, Reason, Rung, View, testing};

const LADDER: [f64; 3] = [500.0, 1_000.0, 2_000.0];

#[test]
fn the_level_decides_who_is_in_charge_and_between_the_thresholds_nothing_changes() {
    let film = testing::film(&LADDER, 3_000.0);
    let mut rule = testing::made("dynamicdash");
    // BOLA-E's first word is that of throughput, but of all of it instead of nine tenths.
    let mut check = |buffer_ms: f64, by_buffer: bool| {
        let throughput_kbps = Some(1_050.0);
        let view = View { buffer_ms, throughput_kbps, ..testing::view(&LADDER, &film) };
        let decision = rule.decide(&view);
        let is_bolas = decision.rung == Rung(1) || decision.reason == Reason::BufferScore;
        assert_eq!(is_bolas, by_buffer, "{buffer_ms}: {decision:?}");
    };
    check(4_000.0, false);
    check(10_000.0, false);
    check(10_001.0, true);
    check(5_000.0, true);
    check(4_999.0, false);
    check(9_000.0, false);
}

#[test]
fn who_is_in_charge_gives_up() {
    let film = testing::film(&LADDER, 3_000.0);
    let mut rule = testing::made("dynamicdash");
    let throughput_kbps = Some(2_500.0);
    let view = |buffer_ms| View { buffer_ms, throughput_kbps, ..testing::view(&LADDER, &film) };
    assert_eq!(rule.decide(&view(9_000.0)).reason, Reason::ThroughputFits);
    let (index, rung, bits, bits_here) = (0, Rung(2), 6e6, 2e6);
    let progress =
        Progress { index, rung, bits, bits_here, first_byte_ms: 50.0, since_ms: 2_050.0 };
    // 1,000 kbit/s and 4 Mbit missing: 6.05 s, more than 1.8 times 3 s.
    assert!(rule.gives_up(&view(7_000.0), &progress));
    assert_eq!(rule.decide(&view(12_000.0)).reason, Reason::ThroughputFits, "BOLA-E's first");
    assert!(!rule.gives_up(&view(20_000.0), &progress), "with so much in the buffer");
}
