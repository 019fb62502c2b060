//! The slow, obvious link: tick by the nanosecond and pour.

use crate::Trace;
use dashpot_base::MonoTime;

/// Returns when each of `requests` (start in ns, bytes) ends.
pub(super) fn ends(trace: &Trace, requests: &[(u64, u64)]) -> Vec<u64> {
    let rate_at = |now| trace.at(MonoTime::ZERO, MonoTime::from_nanos(now)).0;
    let answers = requests.iter().map(|&(at, _)| {
        at + u64::try_from(rate_at(at).latency.as_nanos()).expect("latencies are small")
    });
    let answers = answers.collect::<Vec<_>>();
    let mut left = requests.iter().map(|&(_, bytes)| bytes as f64).collect::<Vec<_>>();
    let mut ends = vec![None; requests.len()];
    for now in 0.. {
        let open = |index: usize| answers[index] <= now;
        for index in 0..requests.len() {
            if open(index) && left[index] < 1e-6 && ends[index].is_none() {
                ends[index] = Some(now);
            }
        }
        if ends.iter().all(Option::is_some) {
            break;
        }
        let active = (0..left.len())
            .filter(|&index| open(index) && ends[index].is_none())
            .collect::<Vec<_>>();
        let each = rate_at(now).rate.bps() as f64 / 8e9 / active.len() as f64;
        for index in active {
            left[index] -= each;
        }
    }
    ends.into_iter().flatten().collect()
}
