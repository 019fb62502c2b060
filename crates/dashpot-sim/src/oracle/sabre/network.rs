//! The network: periods of a bandwidth and a latency, from the first again after the last.

use super::reaction::Reaction;
use crate::input::Period;
use dashpot_abr::{Progress, Rung};

/// How often a download is looked at: when both as much has come and as long has passed again,
/// in bits and in milliseconds.
const LOOK_BITS: f64 = 12_000.0;
const LOOK_MS: f64 = 50.0;

/// What became of a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Download {
    /// What arrived, in bits.
    pub(super) bits: f64,
    /// From the request to its end.
    pub(super) took_ms: f64,
    /// From the request to the first byte.
    pub(super) first_byte_ms: f64,
    pub(super) is_given_up: bool,
}

/// What is said of a download that is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) enum Look {
    GiveUp,
    /// Nothing else will be said for so many milliseconds.
    Patient(f64),
}

/// Who learns of changes of the network, and what is in the buffer meanwhile.
#[derive(Debug)]
pub(super) struct Witness<'a> {
    pub(super) reaction: &'a mut Reaction,
    pub(super) buffered: &'a [Rung],
}

#[derive(Debug)]
pub(super) struct Network<'a> {
    periods: &'a [Period],
    ladder: &'a [f64],
    segment_ms: f64,
    index: usize,
    /// Until the next period.
    left_ms: f64,
    now_ms: f64,
    sustainable: Rung,
}

impl<'a> Network<'a> {
    /// Returns the network at the beginning of its first period. One over which nothing would
    /// ever come is taken for none.
    pub(super) fn new(periods: &'a [Period], ladder: &'a [f64], segment_ms: f64) -> Self {
        let carries = |period: &Period| 0.0 < period.bandwidth_kbps * period.duration_ms;
        let periods = if periods.iter().any(carries) { periods } else { &[] };
        let (index, left_ms, now_ms, sustainable) = (0, 0.0, 0.0, Rung(0));
        let mut network = Self { periods, ladder, segment_ms, index, left_ms, now_ms, sustainable };
        network.left_ms = network.period().duration_ms;
        network.sustainable = network.sustainable_now();
        network
    }

    /// Returns the rung that the current period carries.
    pub(super) const fn sustainable(&self) -> Rung {
        self.sustainable
    }

    /// Lets time pass.
    pub(super) fn wait(&mut self, mut ms: f64, witness: &mut Witness<'_>) {
        while self.left_ms < ms {
            ms -= self.left_ms;
            self.now_ms += self.left_ms;
            self.next_period(witness);
        }
        self.pass(ms);
    }

    /// Downloads `bits` to the end.
    pub(super) fn download(&mut self, bits: f64, witness: &mut Witness<'_>) -> Download {
        let first_byte_ms = self.latency(witness);
        let mut transfer_ms = 0.0;
        let mut missing = bits;
        while 0.0 < missing {
            let kbps = self.period().bandwidth_kbps;
            if missing <= self.left_ms * kbps {
                let ms = missing / kbps;
                transfer_ms += ms;
                self.pass(ms);
                missing = 0.0;
            } else {
                transfer_ms += self.left_ms;
                missing -= self.left_ms * kbps;
                self.now_ms += self.left_ms;
                self.next_period(witness);
            }
        }
        let took_ms = first_byte_ms + transfer_ms;
        Download { bits, took_ms, first_byte_ms, is_given_up: false }
    }

    /// Downloads with `look` at what is there in between.
    pub(super) fn download_watched(
        &mut self,
        mut progress: Progress,
        witness: &mut Witness<'_>,
        mut look: impl FnMut(Progress) -> Look,
    ) -> Download {
        progress.first_byte_ms = self.latency(witness);
        progress.since_ms = progress.first_byte_ms;
        // The first look's time runs from the request, that of the others from the look before.
        let mut look_ms = LOOK_MS - progress.first_byte_ms;
        let (mut patient_until_ms, mut is_given_up) = (0.0, false);
        while progress.bits_here < progress.bits && !is_given_up {
            let (bits, ms) = self.part(progress.bits - progress.bits_here, look_ms, witness);
            progress.since_ms += ms;
            progress.bits_here += bits;
            look_ms = LOOK_MS;
            if progress.bits <= progress.bits_here {
                break;
            }
            if patient_until_ms <= progress.since_ms {
                match look(progress) {
                    Look::GiveUp => is_given_up = true,
                    Look::Patient(ms) => patient_until_ms = progress.since_ms + ms,
                }
            }
            if !is_given_up {
                self.skip(&mut progress, patient_until_ms);
            }
        }
        let Progress { bits_here: bits, since_ms: took_ms, first_byte_ms, .. } = progress;
        Download { bits, took_ms, first_byte_ms, is_given_up }
    }

    /// Lets a request's latency pass and returns how long it took: a share of the latency passes
    /// with each period, where it lasts over more than one.
    fn latency(&mut self, witness: &mut Witness<'_>) -> f64 {
        let (mut total_ms, mut share) = (0.0, 1.0);
        loop {
            let latency_ms = self.period().latency_ms;
            let ms = share * latency_ms;
            if ms <= self.left_ms {
                self.pass(ms);
                return total_ms + ms;
            }
            total_ms += self.left_ms;
            share -= self.left_ms / latency_ms;
            self.now_ms += self.left_ms;
            self.next_period(witness);
            if share <= 0.0 {
                return total_ms;
            }
        }
    }

    /// Downloads of `missing` bits what comes until the next look; returns bits and milliseconds.
    fn part(
        &mut self,
        mut missing: f64,
        mut look_ms: f64,
        witness: &mut Witness<'_>,
    ) -> (f64, f64) {
        let (mut total_bits, mut total_ms, mut look_bits) = (0.0, 0.0, LOOK_BITS);
        while 0.0 < missing && (0.0 < look_bits || 0.0 < look_ms) {
            let kbps = self.period().bandwidth_kbps;
            let wanted = look_bits.max(look_ms * kbps);
            let until_next = self.left_ms * kbps;
            let (bits, ms);
            if kbps <= 0.0 && look_bits <= 0.0 && look_ms <= self.left_ms {
                (bits, ms) = (0.0, look_ms);
                self.pass(ms);
            } else if 0.0 < kbps && missing <= wanted && missing <= until_next {
                (bits, ms) = (missing, missing / kbps);
                self.pass(ms);
            } else if 0.0 < kbps && wanted <= until_next {
                (bits, ms) = (wanted, wanted / kbps);
                // Both have come, whatever rounding leaves of them.
                (look_bits, look_ms) = (0.0, 0.0);
                self.pass(ms);
            } else {
                (bits, ms) = (until_next, self.left_ms);
                self.now_ms += ms;
                self.next_period(witness);
            }
            total_bits += bits;
            total_ms += ms;
            missing -= bits;
            look_bits -= bits;
            look_ms -= ms;
        }
        (total_bits, total_ms)
    }

    /// Downloads on, look after look, while none would be taken and the period lasts: what
    /// [`part`](Self::part) would do each time, without its questions.
    fn skip(&mut self, progress: &mut Progress, until_ms: f64) {
        let kbps = self.period().bandwidth_kbps;
        let bits = LOOK_BITS.max(LOOK_MS * kbps);
        let ms = bits / kbps;
        // All of it in registers: a session has thousands of these steps.
        let Progress { mut since_ms, mut bits_here, bits: whole, .. } = *progress;
        let (mut left_ms, mut now_ms) = (self.left_ms, self.now_ms);
        while since_ms + ms < until_ms && bits <= left_ms * kbps && bits < whole - bits_here {
            left_ms -= ms;
            now_ms += ms;
            since_ms += ms;
            bits_here += bits;
        }
        (self.left_ms, self.now_ms) = (left_ms, now_ms);
        (progress.since_ms, progress.bits_here) = (since_ms, bits_here);
    }

    fn pass(&mut self, ms: f64) {
        self.left_ms -= ms;
        self.now_ms += ms;
    }

    fn period(&self) -> Period {
        self.periods.get(self.index).copied().unwrap_or(ENDLESS)
    }

    /// Begins the next period; time has been moved to it.
    fn next_period(&mut self, witness: &mut Witness<'_>) {
        self.index = if self.index + 1 < self.periods.len() { self.index + 1 } else { 0 };
        self.left_ms = self.period().duration_ms;
        let before = self.sustainable;
        self.sustainable = self.sustainable_now();
        if self.sustainable != before {
            witness.reaction.network(self.now_ms, self.sustainable, before, witness.buffered);
        }
    }

    /// Returns the highest rung that the period carries, latency being paid once a segment.
    fn sustainable_now(&self) -> Rung {
        let Period { bandwidth_kbps, latency_ms, .. } = self.period();
        let kbps = bandwidth_kbps * (1.0 - latency_ms / self.segment_ms);
        Rung(self.ladder.iter().skip(1).take_while(|rate| **rate <= kbps).count())
    }
}

/// What stands for a network of no periods: nothing takes long.
const ENDLESS: Period =
    Period { duration_ms: f64::INFINITY, bandwidth_kbps: f64::MAX, latency_ms: 0.0 };
