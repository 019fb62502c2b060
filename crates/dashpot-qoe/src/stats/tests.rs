//! Figures of `scipy` 1.17.1 (`wilcoxon` and `bootstrap`), `statsmodels` 0.15.0 (`multipletests`)
//! and `numpy` 2.4.6 (`quantile`), read off by hand.

use super::*;
use dashpot_base::Seed;
use proptest::prelude::*;

fn near(found: f64, expected: f64, off: f64) {
    assert!((found - expected).abs() <= off, "{found}, expected {expected}");
}

/// The `index`th of a list without pattern that anybody can make again.
fn scattered(index: u32, step: f64, from: f64, modulus: u32) -> f64 {
    f64::from((index * 37) % modulus) / step - from
}

fn check_wilcoxon(differences: &[f64], statistic: f64, probability: f64) {
    let test = wilcoxon(differences);
    near(test.statistic, statistic, 0.0);
    near(test.probability, probability, 1e-15);
    let negated = differences.iter().map(|difference| -difference).collect::<Vec<_>>();
    assert_eq!(wilcoxon(&negated).probability.to_bits(), test.probability.to_bits());
}

#[test]
fn wilcoxon_agrees_with_scipy_exactly_and_by_the_normal_distribution() {
    let distinct = [0.952, -0.147, 1.022, 0.43, 0.62, 0.59, 0.49, -0.08, 0.01];
    check_wilcoxon(&distinct, 5.0, 0.039_062_5);
    let darwin = [6., 8., 14., 16., 23., 24., 28., 29., 41., -48., 49., 56., 60., -67., 75.];
    check_wilcoxon(&darwin, 24.0, 0.041_259_765_625);
    check_wilcoxon(&[1., 1., -1., 2., 2., -2., 3., 4., -4., 5., 0., 0.], 15.5, 0.246_093_75);
    check_wilcoxon(&[0., 0., 1., -2.], 1.0, 1.0);
    check_wilcoxon(&[3.0], 0.0, 1.0);
    check_wilcoxon(&[0.0, 0.0], 0.0, 1.0);
    check_wilcoxon(&[], 0.0, 1.0);
    let large = (0..60).map(|i| scattered(i, 1.0, 40.0, 101)).collect::<Vec<_>>();
    check_wilcoxon(&large, 583.0, 0.022_633_208_936_007_52);
    let tied = (0..60).map(|i| scattered(i, 1.0, 4.0, 11)).collect::<Vec<_>>();
    check_wilcoxon(&tied, 505.5, 0.040_415_022_719_655_77);
}

fn check_interval(differences: &[f64], mean: f64, low: f64, high: f64) {
    // scipy's ends are of 200,000 resamples; those of two sets of 10,000 differ by about a
    // hundredth of the width.
    let off = (high - low) * 0.02;
    for seed in [1, 2, 3] {
        let interval = paired_interval(differences, Seed(seed)).unwrap();
        near(interval.mean, mean, 1e-12);
        near(interval.low, low, off);
        near(interval.high, high, off);
    }
}

#[test]
fn the_bootstrap_agrees_with_scipy() {
    let even = (0..40).map(|i| scattered(i, 7.0, 6.0, 101)).collect::<Vec<_>>();
    check_interval(&even, 1.121_428_571_428_571_4, -0.182_142_857, 2.421_428_571);
    let skew = (0..40).map(|i| libm::exp(scattered(i, 20.0, 0.0, 101))).collect::<Vec<_>>();
    check_interval(&skew, 30.492_994_273_631_712, 19.320_316_228, 43.064_204_568);
    assert_eq!(paired_interval(&[], Seed(1)), None);
    let one = paired_interval(&[2.0], Seed(1)).unwrap();
    near(one.low, 2.0, 0.0);
    assert!(one.excludes_zero() && !paired_interval(&even, Seed(1)).unwrap().excludes_zero());
}

fn check_mean_interval(values: &[f64], mean: f64, low: f64, high: f64) {
    // What is found of the bias moves with the resamples, too.
    let off = (high - low) * 0.04;
    for seed in [1, 2, 3] {
        let interval = mean_interval(values, Seed(seed)).unwrap();
        near(interval.mean, mean, 1e-12);
        near(interval.low, low, off);
        near(interval.high, high, off);
    }
}

/// scipy's `bootstrap(…, method="BCa")`, of 200,000 resamples.
#[test]
fn the_corrected_bootstrap_agrees_with_scipy() {
    let even = (0..40).map(|i| scattered(i, 7.0, 6.0, 101)).collect::<Vec<_>>();
    check_mean_interval(&even, 1.121_428_571_428_571_4, -0.177_380_952, 2.426_553_506);
    let skew = (0..40).map(|i| libm::exp(scattered(i, 20.0, 0.0, 101))).collect::<Vec<_>>();
    check_mean_interval(&skew, 30.492_994_273_631_712, 20.427_720_592, 44.919_045_362);
    let mostly_zero = (0..60).map(|i| scattered(i, 10.0, 7.0, 101).max(0.0)).collect::<Vec<_>>();
    check_mean_interval(&mostly_zero, 0.446_666_666_666_666_7, 0.267_222_222, 0.699_444_444);
    // The correction alone, of resampled means that are given.
    let few = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 9.0];
    let means = (0..1_000).map(|i| f64::from(i * i) * 6e-6).collect::<Vec<_>>();
    let interval = bootstrap::corrected(&few, 1.2, &means).unwrap();
    near(interval.low, 0.008_373_846_048_209_585, 1e-12);
    near(interval.high, 5.844_041_334_908_962, 1e-12);
    assert_eq!(mean_interval(&[], Seed(1)), None);
    // Nothing to correct by: the interval is the value.
    for same in [&[2.0][..], &[0.0, 0.0, 0.0], &[0.1, 0.1, 0.1, 0.1]] {
        let interval = mean_interval(same, Seed(1)).unwrap();
        near(interval.low, same[0], 1e-15);
        near(interval.high, same[0], 1e-15);
    }
}

/// How many of 400 intervals from samples of 20 end below the true mean, and begin above it;
/// percentile and corrected. Each should be 10.
fn missed(draw: impl Fn(&mut dashpot_base::Rng) -> f64, mean: f64) -> [(u32, u32); 2] {
    let mut rng = dashpot_base::Rng::new(Seed(5));
    let mut missed = [(0, 0); 2];
    for sample in 0..400 {
        let values = (0..20).map(|_| draw(&mut rng)).collect::<Vec<_>>();
        let of_sample = super::mean(&values).unwrap();
        let means = bootstrap::resampled(&values, 500, Seed(sample));
        let percentile = bootstrap::percentile(of_sample, &means).unwrap();
        let corrected = bootstrap::corrected(&values, of_sample, &means).unwrap_or(percentile);
        for (missed, interval) in missed.iter_mut().zip([percentile, corrected]) {
            missed.0 += u32::from(interval.high < mean);
            missed.1 += u32::from(mean < interval.low);
        }
    }
    missed
}

#[test]
fn the_corrected_interval_covers_more_of_what_is_skewed_and_less_of_what_has_long_tails() {
    let exponential = |rng: &mut dashpot_base::Rng| -libm::log(1.0 - rng.unit());
    // A share of time stalled: nothing on four of five traces.
    let mostly_zero = |rng: &mut dashpot_base::Rng| {
        let is_stalled = rng.unit() < 0.2;
        if is_stalled { exponential(rng) } else { 0.0 }
    };
    // A difference of two such shares: on either side alike.
    let long_tails = |rng: &mut dashpot_base::Rng| mostly_zero(rng) - mostly_zero(rng);
    let normal = dashpot_base::Rng::normal;
    let check = |name: &str, [percentile, corrected]: [(u32, u32); 2], expected: [u32; 2]| {
        let found = [percentile.0 + percentile.1, corrected.0 + corrected.1];
        assert_eq!(found, expected, "{name} of 400 missed: {percentile:?}, {corrected:?}");
    };
    check("exponential", missed(exponential, 1.0), [47, 43]);
    check("mostly zero", missed(mostly_zero, 0.2), [98, 77]);
    check("long tails", missed(long_tails, 0.0), [59, 91]);
    check("normal", missed(normal, 0.0), [30, 34]);
    // Of what is skewed the percentile interval misses nearly always on one side.
    let [percentile, corrected] = missed(exponential, 1.0);
    assert_eq!((percentile, corrected), ((38, 9), (30, 13)));
}

fn check_holm(probabilities: &[f64], expected: &[f64]) {
    let adjusted = holm(probabilities);
    assert_eq!(adjusted.len(), expected.len());
    adjusted.iter().zip(expected).for_each(|(found, expected)| near(*found, *expected, 1e-15));
}

#[test]
fn holm_agrees_with_statsmodels() {
    check_holm(&[0.01, 0.04, 0.03, 0.005, 0.5], &[0.04, 0.09, 0.09, 0.025, 0.5]);
    check_holm(&[0.2, 0.2, 0.001, 0.9], &[0.6, 0.6, 0.004, 0.9]);
    check_holm(&[], &[]);
}

#[test]
fn quantiles_agree_with_numpy() {
    let values = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0];
    for (share, expected) in [(0.0, 1.0), (0.1, 1.0), (0.5, 3.5), (0.975, 8.475), (1.0, 9.0)] {
        near(quantile(&values, share).unwrap(), expected, 1e-12);
    }
    assert_eq!(quantile(&[], 0.5), None);
}

#[test]
fn the_worst_are_those_at_the_bad_end() {
    let values = (1..=40).map(f64::from).collect::<Vec<_>>();
    assert_eq!(worst(&values, 0.05, true), Some(1.5));
    assert_eq!(worst(&values, 0.05, false), Some(39.5));
    assert_eq!(worst(&[7.0, 8.0], 0.05, true), Some(7.0));
    assert_eq!(worst(&[], 0.05, true), None);
}

#[test]
fn fairness_is_that_of_jains_examples() {
    assert_eq!(jain(&[5.0, 5.0, 5.0]), Some(1.0));
    assert_eq!(jain(&[1.0, 0.0, 0.0, 0.0]), Some(0.25));
    assert_eq!(jain(&[0.0]), None);
    assert_eq!(jain(&[]), None);
}

fn compared(metric: crate::Metric, values: &[&[Option<f64>]]) -> Vec<Difference> {
    let of = |contender: &[Option<f64>]| {
        contender.iter().map(|value| value.unwrap_or(f64::NAN)).collect()
    };
    let values = values.iter().map(|contender| of(contender)).collect();
    compare(&[Figures { metric, values }], Seed(1))
}

#[test]
fn what_differs_on_every_trace_is_shown_and_what_differs_on_some_is_not() {
    let base = (0..30).map(|i| Some(scattered(i, 10.0, 0.0, 101))).collect::<Vec<_>>();
    let more = base.iter().map(|it| it.map(|it| it + 0.1)).collect::<Vec<_>>();
    let noise = |i: u32| Some(scattered(i, 10.0, 0.0, 101) + scattered(i, 5.0, 10.0, 101));
    let noisy = (0..30).map(noise).collect::<Vec<_>>();
    let metric = crate::Metric::StallRatio;
    let found = compared(metric, &[&base, &more, &base, &noisy[..29]]);
    let verdict = |a, b| {
        let found = found.iter().find(|it| (it.a, it.b) == (a, b)).unwrap();
        (found.verdict(), found.winner(), found.pairs)
    };
    assert_eq!(verdict(0, 1), (Verdict::Less, Some(0), 30));
    assert_eq!(verdict(1, 2), (Verdict::More, Some(2), 30));
    assert_eq!(verdict(0, 2), (Verdict::Same, None, 30));
    assert_eq!(verdict(0, 3), (Verdict::NotShown, None, 29));
    assert_eq!(found.len(), 6);
    // Six comparisons were made, so each counts for less.
    assert!(found[0].probability < found[0].adjusted);
    assert!(compared(metric, &[&[None], &[Some(1.0)]]).is_empty());
}

/// The scores that Sabre (commit 09b03bb) printed for `algorithm` on the 86 traces of a 3G network
/// with a buffer of 10 s, by trace; `None` where the file is not at hand.
fn sabre_scores(algorithm: &str) -> Option<Vec<(String, f64)>> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference");
    let text = std::fs::read_to_string(folder.join("sabre/outputs/3G_live10.csv")).ok()?;
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next()?;
    let score = header.iter().position(|name| *name == "time average score")?;
    let rows = lines.filter(|row| row[1] == algorithm);
    let mut scores =
        rows.map(|row| (row[2].to_owned(), row[score].parse().unwrap())).collect::<Vec<_>>();
    scores.sort_by(|a, b| a.0.cmp(&b.0));
    Some(scores)
}

#[test]
fn a_small_difference_of_published_sessions_is_shown_because_it_is_paired() {
    let Some((enhanced, plain)) = sabre_scores("bolae_ao").zip(sabre_scores("throughput_ao"))
    else {
        println!("skipped: Sabre's published sessions are not at hand");
        return;
    };
    let differences = enhanced.iter().zip(&plain).map(|(a, b)| {
        assert_eq!(a.0, b.0);
        a.1 - b.1
    });
    let differences = differences.collect::<Vec<_>>();
    assert_eq!(differences.len(), 86);
    let found = paired_interval(&differences, Seed(1)).unwrap();
    assert_eq!(
        format!("{:.3} [{:.3}, {:.3}]", found.mean, found.low, found.high),
        "0.018 [0.003, 0.030]"
    );
}

proptest! {
    #[test]
    fn adjusted_probabilities_keep_their_order_and_are_never_lower(
        probabilities in prop::collection::vec(0.0..=1.0_f64, 0..20),
    ) {
        let adjusted = holm(&probabilities);
        for (raw, raised) in probabilities.iter().zip(&adjusted) {
            prop_assert!(raw <= raised && *raised <= 1.0);
        }
        for (a, x) in probabilities.iter().zip(&adjusted) {
            for (b, y) in probabilities.iter().zip(&adjusted) {
                prop_assert!(b <= a || x <= y);
            }
        }
    }

    #[test]
    fn the_exact_probability_is_that_of_trying_all_signs(
        magnitudes in prop::collection::vec((1_u8..6, any::<bool>()), 1..9),
    ) {
        let differences = magnitudes
            .iter()
            .map(|&(size, up)| if up { f64::from(size) } else { -f64::from(size) })
            .collect::<Vec<_>>();
        let found = wilcoxon(&differences);
        let length = differences.len();
        let choices = 1_u32 << length;
        let as_far = (0..choices)
            .filter(|signs| {
                let signed = differences.iter().enumerate().map(|(bit, difference)| {
                    if signs >> bit & 1 == 1 { difference.abs() } else { -difference.abs() }
                });
                let other = wilcoxon(&signed.collect::<Vec<_>>());
                other.statistic <= found.statistic
            })
            .count();
        near(found.probability, count(as_far) / f64::from(choices), 1e-12);
    }
}
