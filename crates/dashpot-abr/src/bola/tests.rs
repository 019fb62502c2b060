use super::*;
use crate::{Nominal, testing};
use proptest::prelude::*;

fn film(ladder: &[f64], segment_ms: f64) -> Nominal {
    Nominal { ladder: ladder.to_vec(), segment_ms, count: None }
}

fn check(ladder: &[f64], buffer_ms: f64, expected: usize) {
    let film = film(ladder, 3_000.0);
    let decision = BolaBasic::default().decide(&View { buffer_ms, ..testing::view(ladder, &film) });
    let expected = Decision::now(Rung(expected), Reason::BufferScore);
    assert_eq!(decision, expected, "{ladder:?} at {buffer_ms} ms");
}

/// Two rungs meet where `(V (u_1 + g) - Q) / S_1 = (V (u_2 + g) - Q) / S_2`, that is at
/// `Q = V (g + (S_2 u_1 - S_1 u_2) / (S_2 - S_1))`.
#[test]
fn switches_happen_at_the_levels_that_the_formula_gives() {
    // One doubling: V = 22 s / (ln 2 + 5) = 3.86429 s; the levels meet at V (5 - ln 2)
    // = 3.86429 * 4.30685 = 16.6429 s.
    check(&[1_000.0, 2_000.0], 0.0, 0);
    check(&[1_000.0, 2_000.0], 16_642.0, 0);
    check(&[1_000.0, 2_000.0], 16_643.0, 1);
    // 1 : 2 : 4: V = 22 / (2 ln 2 + 5) = 3.44488 s. Rungs 0 and 1 meet at V (5 - ln 2)
    // = 14.8366 s; rungs 1 and 2 at V (5 + (4 ln 2 - 2 * 2 ln 2) / 2) = V * 5 = 17.2244 s.
    check(&[500.0, 1_000.0, 2_000.0], 14_836.0, 0);
    check(&[500.0, 1_000.0, 2_000.0], 14_837.0, 1);
    check(&[500.0, 1_000.0, 2_000.0], 17_224.0, 1);
    check(&[500.0, 1_000.0, 2_000.0], 17_225.0, 2);
    // One segment below the limit, where the player stops asking, it is the top rung.
    check(&[500.0, 1_000.0, 2_000.0], 22_000.0, 2);
    check(&[800.0], 5_000.0, 0);
}

#[test]
fn a_ladder_from_zero_and_a_tiny_buffer_give_a_rung_all_the_same() {
    check(&[0.0, 0.0], 4_000.0, 0);
    let (ladder, film) = ([100.0, 9_000.0], film(&[100.0, 9_000.0], 3_000.0));
    let tiny = View { buffer_max_ms: 0.0, ..testing::view(&ladder, &film) };
    assert_eq!(BolaBasic::default().decide(&tiny).rung, Rung(0));
}

const LADDER: [f64; 4] = [500.0, 1_000.0, 2_000.0, 4_000.0];

/// What follows `last` at 22 s, where the level alone asks for the top, rung 3.
fn rise(rise: Rise, throughput_kbps: f64, last: usize) -> Decision {
    let film = film(&LADDER, 3_000.0);
    let throughput_kbps = Some(throughput_kbps);
    let (buffer_ms, since_seek) = (22_000.0, 40);
    let view = View { throughput_kbps, buffer_ms, since_seek, ..testing::view(&LADDER, &film) };
    let mut rule = Bola { last: Rung(last), ..Bola::new(rise) };
    rule.decide(&view)
}

fn check_rise(kind: Rise, throughput_kbps: f64, last: usize, expected: usize, reason: Reason) {
    let got = rise(kind, throughput_kbps, last);
    let got = (got.rung, got.reason);
    assert_eq!(got, (Rung(expected), reason), "{kind:?} {throughput_kbps} after {last}");
}

#[test]
fn a_rise_ends_one_rung_above_throughput_and_what_is_held_is_kept() {
    use Reason::{BufferScore, RiseCapped};
    check_rise(Rise::OneAbove, 9_000.0, 0, 3, BufferScore);
    check_rise(Rise::OneAbove, 2_500.0, 0, 3, RiseCapped);
    check_rise(Rise::OneAbove, 1_200.0, 0, 2, RiseCapped);
    check_rise(Rise::OneAbove, 600.0, 2, 2, RiseCapped);
    check_rise(Rise::OneAbove, 600.0, 3, 3, BufferScore);
    check_rise(Rise::OneAbove, 100.0, 0, 1, RiseCapped);
    // The rung before came from a longer ladder.
    check_rise(Rise::OneAbove, 600.0, 9, 3, BufferScore);
}

#[test]
fn without_oscillation_a_rise_ends_at_what_throughput_carries() {
    use Reason::{BufferScore, RiseCapped};
    check_rise(Rise::AsCarried, 9_000.0, 0, 3, BufferScore);
    check_rise(Rise::AsCarried, 2_500.0, 0, 2, RiseCapped);
    check_rise(Rise::AsCarried, 2_500.0, 2, 2, RiseCapped);
    check_rise(Rise::AsCarried, 600.0, 2, 2, RiseCapped);
    check_rise(Rise::AsCarried, 600.0, 3, 3, BufferScore);
    // V = 22 s / (3 ln 2 + 5) = 3.1075 s; rung 1 is worth a level of V (ln 2 + 5) = 17.691 s, and
    // what is above that is waited for.
    let decision = rise(Rise::AsCarried, 1_200.0, 0);
    assert_eq!(decision.rung, Rung(1));
    assert!((decision.delay_ms - 4_308.6).abs() < 1.0, "{decision:?}");
}

#[test]
fn near_both_ends_less_buffer_is_reckoned_with() {
    let film = Nominal { count: Some(100), ..film(&LADDER, 3_000.0) };
    let at = |index: usize, buffer_ms: f64| {
        let view = testing::view(&LADDER, &film);
        let (since_seek, throughput_kbps) = (index, Some(9_000.0));
        Bola::new(Rise::OneAbove)
            .decide(&View { index, since_seek, buffer_ms, throughput_kbps, ..view })
            .rung
            .0
    };
    // Three segments at least: the top rung once two are there.
    assert_eq!([1, 6, 7, 98].map(|index| at(index, 6_000.0)), [3, 3, 2, 3]);
    // In between half of what is there or to come, and no more than the player's buffer.
    assert_eq!([12, 17, 50, 82, 88].map(|index| at(index, 15_000.0)), [3, 1, 1, 1, 3]);
}

/// V is 3.1075 s; rung 3 is worth a level of 22 s, rung 0 one of 15.538 s.
fn gives_up(bits_here: f64, buffer_ms: f64) -> (Option<f64>, bool) {
    let film = film(&LADDER, 3_000.0);
    let (since_seek, throughput_kbps) = (40, Some(9_000.0));
    let view = testing::view(&LADDER, &film);
    let view = View { since_seek, throughput_kbps, buffer_ms: 22_000.0, ..view };
    let mut rule = Bola::new(Rise::OneAbove);
    assert_eq!(rule.decide(&view).rung, Rung(3));
    let bits = 12_000_000.0;
    let (index, rung, first_byte_ms, since_ms) = (0, Rung(3), 50.0, 2_000.0);
    let progress = Progress { index, rung, bits, bits_here, first_byte_ms, since_ms };
    let view = View { buffer_ms, ..view };
    let patience_ms = Some(rule.patience_ms(&view, &progress)).filter(|ms| ms.is_finite());
    (patience_ms, rule.gives_up(&view, &progress))
}

#[test]
fn a_download_is_given_up_where_a_lower_rung_scores_better_than_what_is_missing() {
    // Half is missing: (22 - Q) / 6 < (15.538 - Q) / 1.5, that is Q < 13.385 s, for rung 0; rung 1
    // is worth 17.692 s, (22 - Q) / 6 < (17.692 - Q) / 3, that is Q < 13.385 s too.
    let (patience_ms, given_up) = gives_up(6_000_000.0, 15_000.0);
    assert!((patience_ms.unwrap() - 1_616.0).abs() < 2.0, "{patience_ms:?}");
    assert!(!given_up);
    assert!(!gives_up(6_000_000.0, 13_390.0).1);
    assert_eq!(gives_up(6_000_000.0, 13_380.0), (Some(0.0), true));
    // Less is missing than the lowest rung's size: nothing is quicker.
    assert_eq!(gives_up(10_600_000.0, 0.0), (None, false));
}

proptest! {
    #[test]
    fn law_more_buffer_never_means_a_lower_rung(
        mut ladder in prop::collection::vec(50.0..50_000.0_f64, 1..12),
        a in 0.0..40_000.0_f64, b in 0.0..40_000.0_f64,
        buffer_max_ms in 0.0..60_000.0_f64, segment_ms in 1.0..10_000.0_f64,
        kbps in 0.0..100_000.0_f64, last in 0..14_usize,
    ) {
        ladder.sort_unstable_by(f64::total_cmp);
        let film = film(&ladder, segment_ms);
        for name in ["bola-basic", "bola", "bola-o"] {
            let at = |buffer_ms| {
                let mut rule: Box<dyn Rule> = match name {
                    "bola-basic" => Box::new(BolaBasic::default()),
                    "bola" => Box::new(Bola { last: Rung(last), ..Bola::new(Rise::OneAbove) }),
                    _ => Box::new(Bola { last: Rung(last), ..Bola::new(Rise::AsCarried) }),
                };
                let (view, throughput_kbps) = (testing::view(&ladder, &film), Some(kbps));
                rule.decide(&View { throughput_kbps, buffer_ms, buffer_max_ms, ..view }).rung
            };
            let (low, high) = (at(a.min(b)), at(a.max(b)));
            prop_assert!(low <= high, "{}", name);
            prop_assert!(high.0 < ladder.len(), "{}", name);
        }
    }

    #[test]
    fn law_who_awaits_a_steady_download_gives_it_up_at_no_look(
        mut ladder in prop::collection::vec(50.0..50_000.0_f64, 2..12),
        rung in 1..12_usize, size in 0.2..3.0_f64, buffer_ms in 0.0..25_000.0_f64,
        first_byte_ms in 0.0..2_000.0_f64, transfer_ms in 0.0..9_000.0_f64,
        share in 0.0..1.0_f64, more in 0.0..1.0_f64,
        name in prop::sample::select(vec!["bola", "bola-o", "throughput", "dynamic"]),
    ) {
        ladder.sort_unstable_by(f64::total_cmp);
        let film = film(&ladder, 3_000.0);
        let mut rule = testing::made(name);
        let view = testing::view(&ladder, &film);
        let rung = Rung(rung.min(ladder.len() - 1));
        let view = View { since_seek: 40, throughput_kbps: Some(ladder[rung.0] * 1.2), ..view };
        rule.decide(&View { buffer_ms: 12_000.0, ..view });
        rule.decide(&View { buffer_ms: 20_000.0, ..view });
        let outlook = Outlook { rung, first_byte_ms, transfer_ms };
        prop_assume!(rule.awaits(&View { buffer_ms, ..view }, &outlook));
        let bits = ladder[rung.0] * 3_000.0 * size;
        let since_ms = first_byte_ms + transfer_ms * share;
        let bits_here = bits * (share + (1.0 - share) * more * more);
        let then = Progress { index: 0, rung, bits, bits_here, first_byte_ms, since_ms };
        let buffer_ms = (buffer_ms - since_ms).max(0.0);
        prop_assert!(!rule.gives_up(&View { buffer_ms, ..view }, &then), "{:?}", then);
    }

    #[test]
    fn law_patience_ends_no_later_than_a_download_would_be_given_up(
        mut ladder in prop::collection::vec(50.0..50_000.0_f64, 2..12),
        rung in 1..12_usize, size in 0.2..3.0_f64, here in 0.0..1.0_f64,
        buffer_ms in 0.0..25_000.0_f64, share in 0.0..1.0_f64, more in 0.0..1.0_f64,
        name in prop::sample::select(vec!["bola", "bolae", "throughput", "dynamic", "dynamicdash"]),
    ) {
        ladder.sort_unstable_by(f64::total_cmp);
        let film = film(&ladder, 3_000.0);
        let mut rule = testing::made(name);
        let view = testing::view(&ladder, &film);
        let rung = Rung(rung.min(ladder.len() - 1));
        let view = View { since_seek: 40, throughput_kbps: Some(ladder[rung.0] * 1.2), ..view };
        rule.decide(&View { buffer_ms: 12_000.0, ..view });
        rule.decide(&View { buffer_ms: 20_000.0, ..view });
        let bits = ladder[rung.0] * 3_000.0 * size;
        let (index, bits_here, first_byte_ms, since_ms) = (0, bits * here, 50.0, 800.0);
        let now = Progress { index, rung, bits, bits_here, first_byte_ms, since_ms };
        let patience_ms = rule.patience_ms(&View { buffer_ms, ..view }, &now).min(1e6);
        prop_assume!(0.0 < patience_ms);
        let after_ms = patience_ms * share;
        let then = Progress {
            since_ms: since_ms + after_ms,
            bits_here: bits_here + (bits - bits_here) * more,
            ..now
        };
        let buffer_ms = (buffer_ms - after_ms).max(0.0);
        prop_assert!(!rule.gives_up(&View { buffer_ms, ..view }, &then), "{:?} {:?}", now, then);
    }
}
