//! The slow, obvious link: tick by the nanosecond and pour.

use crate::Trace;
use dashpot_base::MonoTime;

/// Less than this many bytes is rounding: the real link counts to 10^-10 of a byte.
const DUST: f64 = 1e-7;

/// Returns when each of `requests` (start in ns, bytes) ends.
pub(super) fn ends(trace: &Trace, requests: &[(u64, u64)]) -> Vec<u64> {
    let row_at = |now| trace.at(MonoTime::ZERO, MonoTime::from_nanos(now));
    let answers = requests.iter().map(|&(at, _)| {
        at + u64::try_from(row_at(at).latency.as_nanos()).expect("latencies are small")
    });
    let answers = answers.collect::<Vec<_>>();
    let mut left = requests.iter().map(|&(_, bytes)| bytes as f64).collect::<Vec<_>>();
    let mut ends = vec![None; requests.len()];
    for now in 0.. {
        for index in 0..requests.len() {
            if answers[index] <= now && left[index] <= DUST && ends[index].is_none() {
                ends[index] = Some(now);
            }
        }
        if ends.iter().all(Option::is_some) {
            break;
        }
        let mut capacity = row_at(now).rate.bps() as f64 / 8e9;
        // Pour equally; what one cannot hold is poured again over the rest.
        while DUST < capacity {
            let thirsty = |index: &usize| answers[*index] <= now && DUST < left[*index];
            let thirsty = (0..left.len()).filter(thirsty).collect::<Vec<_>>();
            if thirsty.is_empty() {
                break;
            }
            let each = capacity / thirsty.len() as f64;
            for index in thirsty {
                let poured = each.min(left[index]);
                left[index] -= poured;
                capacity -= poured;
            }
        }
    }
    ends.into_iter().flatten().collect()
}
