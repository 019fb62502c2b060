//! How like its source a session looked.

use crate::{Measures, Metric, Piece};

/// Similarities above this count as this, which is 50 dB and beyond what can be seen, as in Puffer's
/// statistics: a picture that is its source would have no finite one in decibels.
const TOP: f64 = 0.999_99;

/// Returns a structural similarity in decibels, `-10·log10(1 − SSIM)`, at most 50.
#[must_use]
pub fn ssim_db(ssim: f64) -> f64 {
    -10.0 * libm::log10(1.0 - ssim.min(TOP))
}

/// Sets the figures of similarity of a session that played `pieces`, each of which has that of `of`.
/// Where one has none, the session has none.
pub fn similarity(measures: &mut Measures, pieces: &[Piece], of: impl Fn(&Piece) -> Option<f64>) {
    let Some(values) = pieces.iter().map(of).collect::<Option<Vec<_>>>() else { return };
    let weighed = pieces.iter().zip(&values).fold((0.0, 0.0), |(sum, length), (piece, value)| {
        let seconds = piece.duration.as_secs_f64();
        (sum + seconds * value, length + seconds)
    });
    // Without a segment this is no number, and set as absent.
    let mean = weighed.0 / weighed.1;
    measures.set(Metric::Ssim, Some(mean));
    let mean_db = (!mean.is_nan()).then(|| ssim_db(mean));
    measures.set(Metric::SsimDb, mean_db);
    let worst = values.iter().copied().reduce(f64::min);
    measures.set(Metric::SsimWorstDb, worst.map(ssim_db));
    let changes = values.windows(2).map(|pair| (ssim_db(pair[1]) - ssim_db(pair[0])).abs());
    let (sum, count) = changes.fold((0.0, 0.0), |(sum, count), change| (sum + change, count + 1.0));
    measures.set(Metric::SsimVariationDb, Some(sum / count));
}

#[cfg(test)]
mod tests {
    use super::*;
    use dashpot_base::MonoTime;
    use std::time::Duration;

    fn of(segments: &[(u64, Option<f64>)]) -> [Option<String>; 4] {
        let pieces = segments.iter().zip(0..).map(|(&(seconds, _), number)| Piece {
            number,
            rung: 0,
            kbps: 1.0,
            start: Duration::ZERO,
            duration: Duration::from_secs(seconds),
            asked: MonoTime::ZERO,
        });
        let pieces = pieces.collect::<Vec<_>>();
        let mut measures = Measures::default();
        similarity(&mut measures, &pieces, |piece| {
            segments[usize::try_from(piece.number).unwrap()].1
        });
        let all = [Metric::Ssim, Metric::SsimDb, Metric::SsimWorstDb, Metric::SsimVariationDb];
        all.map(|metric| measures.get(metric).map(|value| format!("{value:.3}")))
    }

    fn check(segments: &[(u64, Option<f64>)], expected: [&str; 4]) {
        let expected = expected.map(|it| (!it.is_empty()).then(|| it.to_owned()));
        assert_eq!(of(segments), expected, "{segments:?}");
    }

    #[test]
    fn decibels_are_those_of_the_literature() {
        let check = |ssim, expected: &str| assert_eq!(format!("{:.3}", ssim_db(ssim)), expected);
        check(0.0, "-0.000");
        check(0.9, "10.000");
        check(0.98, "16.990");
        check(1.0, "50.000");
        check(-1.0, "-3.010");
    }

    #[test]
    fn the_mean_is_of_time_and_changes_are_of_neighbours() {
        check(&[], ["", "", "", ""]);
        check(&[(2, Some(0.9))], ["0.900", "10.000", "10.000", ""]);
        // (0.9 + 3 * 0.98) / 4 = 0.96; 10 and 16.99 dB.
        check(&[(1, Some(0.9)), (3, Some(0.98))], ["0.960", "13.979", "10.000", "6.990"]);
        check(&[(1, Some(1.0)), (1, Some(1.0))], ["1.000", "50.000", "50.000", "0.000"]);
    }

    #[test]
    fn a_segment_that_was_not_measured_leaves_nothing_to_say() {
        check(&[(1, Some(0.9)), (1, None)], ["", "", "", ""]);
    }
}
