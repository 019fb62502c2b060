//! How long a rule takes to use what a link has come to carry.

use crate::Piece;

/// A time from which the link carries another rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// From when, in milliseconds since the session began.
    pub at_ms: f64,
    /// The rate, in kbit/s.
    pub kbps: f64,
}

/// Rises that last less than this many segments are no occasion to rise.
const LASTING_SEGMENTS: f64 = 2.0;

/// Returns the mean time, in seconds, from each lasting rise of the highest rung that the link
/// carries to the first request of a rung as high; `None` where there was no such rise before
/// `ended_ms`.
///
/// A rise lasts until the link carries less again, and counts where that is at least two segments'
/// time. A rise that no request makes use of counts for its length. Requests that were as high
/// already react in no time. (After the reaction time of Sabre, ACM Multimedia Systems 2018, which waits until
/// the segment is played.)
#[must_use]
pub fn reaction(
    steps: impl Iterator<Item = Step>,
    pieces: &[Piece],
    ladder: &[f64],
    ended_ms: f64,
) -> Option<f64> {
    let segment_ms = pieces.first()?.duration.as_secs_f64() * 1e3;
    let mut open: Vec<Rise> = Vec::new();
    let mut done: Vec<Rise> = Vec::new();
    let mut carried: Option<usize> = None;
    for step in steps.take_while(|step| step.at_ms < ended_ms) {
        let rung = ladder.iter().rposition(|rate| *rate <= step.kbps).unwrap_or(0);
        let fallen = open.partition_point(|rise| rise.rung <= rung);
        done.extend(open.drain(fallen..).map(|rise| Rise { to_ms: step.at_ms, ..rise }));
        if carried.is_some_and(|before| before < rung) {
            open.push(Rise { from_ms: step.at_ms, to_ms: ended_ms, rung });
        }
        carried = Some(rung);
    }
    done.extend(open);
    done.retain(|rise| LASTING_SEGMENTS * segment_ms <= rise.to_ms - rise.from_ms);
    done.sort_by(|a, b| a.from_ms.total_cmp(&b.from_ms));
    let sum = done.iter().map(|rise| rise.reaction_ms(pieces)).sum::<f64>();
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53 steps")]
    let count = done.len() as f64;
    (!done.is_empty()).then(|| sum / count / 1e3)
}

#[derive(Clone, Copy, Debug)]
struct Rise {
    from_ms: f64,
    to_ms: f64,
    rung: usize,
}

impl Rise {
    fn reaction_ms(&self, pieces: &[Piece]) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "nanoseconds of a session")]
        let asked_ms = |piece: &Piece| piece.asked.nanos() as f64 / 1e6;
        // Requests are in order of time but where a segment was asked for again.
        let from = pieces.partition_point(|piece| asked_ms(piece) < self.from_ms);
        let used = pieces[from..]
            .iter()
            .take_while(|piece| asked_ms(piece) < self.to_ms)
            .find(|piece| self.rung <= piece.rung);
        used.map_or(self.to_ms, asked_ms) - self.from_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dashpot_base::MonoTime;
    use std::time::Duration;

    fn check(steps: &[(f64, f64)], rungs: &[usize], expected: Option<f64>) {
        // A request every second, of segments of 2 s.
        let pieces = rungs.iter().zip(0_u64..).map(|(&rung, number)| Piece {
            number,
            rung,
            kbps: 1.0,
            start: Duration::from_secs(number),
            duration: Duration::from_secs(2),
            asked: MonoTime::from_nanos(number * 1_000_000_000),
        });
        let pieces = pieces.collect::<Vec<_>>();
        let steps = steps.iter().map(|&(at_ms, kbps)| Step { at_ms, kbps });
        let found = reaction(steps, &pieces, &[100.0, 200.0, 400.0], 10_000.0);
        assert_eq!(format!("{found:?}"), format!("{expected:?}"));
    }

    #[test]
    fn a_rise_is_used_by_the_first_request_as_high() {
        let rise = [(0.0, 150.0), (1_500.0, 250.0)];
        check(&rise, &[0, 0, 0, 1, 1], Some(1.5));
        check(&rise, &[1, 1, 1, 1, 1], Some(0.5));
        check(&rise, &[0; 10], Some(8.5));
        check(&rise[..1], &[0; 10], None);
        check(&[(0.0, 150.0), (1_500.0, 250.0), (3_000.0, 100.0)], &[0; 10], None);
        check(&[(0.0, 150.0), (1_000.0, 250.0), (6_000.0, 100.0)], &[0; 10], Some(5.0));
        // The second rise goes on above the first, which its end does not end.
        let two = [(0.0, 100.0), (1_000.0, 200.0), (2_000.0, 400.0), (7_000.0, 300.0)];
        check(&two, &[0, 0, 0, 1, 2, 1, 1, 1, 1, 1], Some(2.0));
    }
}
