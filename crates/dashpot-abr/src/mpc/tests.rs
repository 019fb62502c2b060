use super::*;
use crate::testing::{arrival, film, made, view};

fn check(spec: &str, kbps: &[f64], buffer_ms: f64, expected: usize) {
    let ladder = [300.0, 750.0, 1_200.0];
    let film = film(&ladder, 4_000.0);
    let mut rule = made(spec);
    for kbps in kbps {
        rule.arrived(&arrival(1, kbps * 1e3, 1e3));
    }
    let view =
        View { buffer_ms, last: Some(Rung(1)), buffer_max_ms: 60_000.0, ..view(&ladder, &film) };
    let decision = rule.decide(&view);
    assert_eq!(decision, Decision::now(Rung(expected), Reason::HorizonBest), "{spec} {kbps:?}");
}

#[test]
fn plans_weigh_quality_stalls_and_changes() {
    for name in ["mpc", "robust-mpc", "fast-mpc"] {
        // Plenty: five at 1.2 less one change of 0.45 is the most there is.
        check(name, &[9_000.0], 20_000.0, 2);
        // 600 kbit/s and 20 s: 750 all the way takes 25 s, of which 24 and 16 more come in time.
        check(name, &[600.0], 20_000.0, 1);
        // 200 kbit/s and an empty buffer: each second of stall costs more than any quality gives.
        check(name, &[200.0], 0.0, 0);
        // With stalls for nothing it is the top, whatever the link.
        check(&format!("{name}:stall=0"), &[200.0], 0.0, 2);
        // With changes dear it stays.
        check(&format!("{name}:change=50"), &[9_000.0], 20_000.0, 1);
    }
    assert_eq!(
        made("mpc").decide(&view(&[300.0], &film(&[300.0], 4_000.0))).reason,
        Reason::NoEstimate
    );
}

/// After 1000 and 500 kbit/s the harmonic mean is 666.7; the second was predicted at 1000, twice
/// what it was, so the robust prediction is half of the mean.
#[test]
fn the_robust_prediction_is_less_by_the_largest_error() {
    let mut forecast = Forecast::over(5);
    let check = |forecast: &Forecast, whole: f64, robust: f64| {
        let got = [Trust::Whole, Trust::LessErrors].map(|trust| forecast.kbps(trust).unwrap());
        assert!((got[0] - whole).abs() < 1e-9 && (got[1] - robust).abs() < 1e-9, "{got:?}");
    };
    forecast.add(1_000.0);
    check(&forecast, 1_000.0, 1_000.0);
    forecast.add(500.0);
    check(&forecast, 2_000.0 / 3.0, 1_000.0 / 3.0);
    // Five good predictions later the error is forgotten.
    for _ in 0..5 {
        forecast.recent = Recent::last(5);
        forecast.kbps = Some(800.0);
        forecast.add(800.0);
    }
    check(&forecast, 800.0, 800.0);
}

#[test]
fn the_published_script_looks_one_segment_too_far() {
    // The segment to be chosen is ten times its nominal size, the one after it is not.
    let (ladder, mut sizes) = ([300.0, 750.0], vec![vec![1.2e6, 3e6]; 10]);
    sizes[0] = vec![12e6, 30e6];
    let film = crate::Table::new(ladder.to_vec(), vec![4_000.0; 10], &sizes).unwrap();
    let decide = |spec| {
        let mut rule = made(spec);
        rule.arrived(&arrival(1, 1e6, 1e3));
        let view = View { buffer_ms: 12_000.0, last: Some(Rung(1)), ..view(&ladder, &film) };
        rule.decide(&view).rung
    };
    assert_eq!(decide("robust-mpc"), Rung(0));
    assert_eq!(decide("robust-mpc:skip=1"), Rung(1));
}
