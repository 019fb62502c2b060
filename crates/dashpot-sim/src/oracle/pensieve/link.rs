//! Where on its trace a link stands.

use super::Trace;

/// Bytes in a megabit.
const BYTES_PER_MEGABIT: f64 = 1_000_000.0 / 8.0;

/// A link that carries one chunk at a time. Its arithmetic is the original's, step by step: in
/// another order of multiplications the last digits of long sessions differ.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link<'a> {
    trace: &'a Trace,
    payload_ratio: f64,
    /// The row whose rate is in force.
    row: usize,
    /// Seconds on the trace's clock.
    at_s: f64,
}

impl<'a> Link<'a> {
    pub(super) fn new(trace: &'a Trace, payload_ratio: f64) -> Self {
        Self { trace, payload_ratio, row: 1, at_s: trace.times[0] }
    }

    /// Carries `bytes` and returns how many seconds it took.
    pub(super) fn fetch(&mut self, bytes: f64) -> f64 {
        let (mut sent, mut took_s) = (0.0, 0.0);
        loop {
            let bytes_per_s = self.trace.mbps[self.row] * BYTES_PER_MEGABIT;
            let left_s = self.trace.times[self.row] - self.at_s;
            let payload = bytes_per_s * left_s * self.payload_ratio;
            if bytes < sent + payload {
                let rest_s = (bytes - sent) / bytes_per_s / self.payload_ratio;
                self.at_s += rest_s;
                return took_s + rest_s;
            }
            sent += payload;
            took_s += left_s;
            self.next_row();
        }
    }

    /// Lets `ms` milliseconds pass.
    pub(super) fn sleep(&mut self, mut ms: f64) {
        loop {
            let left_s = self.trace.times[self.row] - self.at_s;
            if ms / 1_000.0 < left_s {
                self.at_s += ms / 1_000.0;
                return;
            }
            ms -= left_s * 1_000.0;
            self.next_row();
        }
    }

    /// Goes on to the next row. At the end of the trace that is the second one again, and its
    /// clock stands at zero, whatever the first row's time is.
    fn next_row(&mut self) {
        self.at_s = self.trace.times[self.row];
        self.row += 1;
        if self.trace.times.len() <= self.row {
            (self.row, self.at_s) = (1, 0.0);
        }
    }
}

/// What a link carries from one point of its trace to another, without going through the rows
/// between.
#[derive(Clone, Debug)]
pub(super) struct Clock<'a> {
    times: &'a [f64],
    /// Bits carried from the trace's beginning to the end of each row.
    bits: Vec<f64>,
    /// Bits a millisecond in each row.
    rates: Vec<f64>,
}

impl<'a> Clock<'a> {
    pub(super) fn new(trace: &'a Trace, payload_ratio: f64) -> Self {
        let rate = |mbps: &f64| mbps * BYTES_PER_MEGABIT * 8.0 / 1_000.0 * payload_ratio;
        let rates = trace.mbps.iter().map(rate).collect::<Vec<_>>();
        let (mut bits, mut sum, mut before) = (vec![0.0], 0.0, 0.0);
        // The first row's rate is never used: whatever its time is, the second one begins at zero.
        for (time, rate) in trace.times.iter().zip(&rates).skip(1) {
            sum += rate * (time - before) * 1_000.0;
            bits.push(sum);
            before = *time;
        }
        Self { times: &trace.times, bits, rates }
    }

    /// Returns the highest rate, in bits a millisecond.
    pub(super) fn highest(&self) -> f64 {
        self.rates[1..].iter().copied().fold(0.0, f64::max)
    }

    /// Returns the bits that `link` carries in that many milliseconds from where it is.
    pub(super) fn bits_in(&self, link: &Link<'_>, ms: f64) -> f64 {
        let all_s = self.times[self.times.len() - 1];
        let until_s = link.at_s + ms / 1_000.0;
        let rounds = (until_s / all_s).floor();
        let around = rounds * self.bits[self.bits.len() - 1];
        around + self.bits_until(until_s - rounds * all_s) - self.bits_until(link.at_s)
    }

    /// Returns the bits from the beginning of the trace up to a time on its clock.
    fn bits_until(&self, at_s: f64) -> f64 {
        let last = self.times.len() - 1;
        let row = 1 + self.times[1..last].partition_point(|end| *end <= at_s);
        self.bits[row] - self.rates[row] * (self.times[row] - at_s).max(0.0) * 1_000.0
    }
}
