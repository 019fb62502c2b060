//! The link: capacity by a trace, shared equally by the transfers that have bytes to move.

mod share;

use crate::{Trace, trace::UNLIMITED};
use dashpot_base::{Bitrate, ByteSize, Machine, MonoTime, Rng, Seed};
use share::{Share, UNITS_PER_BYTE};
use std::collections::{BTreeMap, VecDeque};

/// Names one request and its response on a link; unique among those in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransferId(pub u64);

/// What a link is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A request is made; its latency runs from now. The same id in flight is dropped first.
    Start(TransferId),
    /// So many more bytes of the response are ready to cross. A simulator offers the whole body at
    /// once; a shaper offers what has come in, ahead of what has gone out, so that the link never
    /// idles for want of an offer.
    Offer(TransferId, ByteSize),
    /// The response has no more bytes than were offered.
    Finish(TransferId),
    /// Nobody wants the response any more; what is left of it takes no capacity.
    Cancel(TransferId),
    /// The link follows another trace, from its first row. Latencies that run already stand.
    SetTrace(Trace),
    /// Another share of requests, from 0 to 1, fails; those begun already are not touched.
    SetLoss(f64),
    /// Time has passed.
    Wake,
}

/// What a link says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// The latency is over: the head of the response is across. Comes once, before any byte.
    Answered(TransferId),
    /// In all so many bytes are across. Comes at every input that finds more of them across.
    Delivered(TransferId, ByteSize),
    /// All bytes are across; the transfer is forgotten.
    Done(TransferId),
    /// The request was lost; comes in place of `Answered`, and the transfer is forgotten.
    Failed(TransferId),
}

/// A link whose capacity follows a [`Trace`] and is shared equally (processor sharing) by the
/// transfers that have bytes to move.
///
/// Time is whole nanoseconds and bytes are counted in fractions of a bit, so nothing drifts: while
/// there are bytes to move, every fraction of capacity moves one or is carried to the next
/// instant. An idle link saves nothing up. How often it is woken changes no byte's time.
///
/// [`Machine::wake_at`] names the next moment at which a transfer is answered, runs out of offered
/// bytes or a row ends; who wants finer progress wakes it oftener.
#[derive(Clone, Debug)]
pub struct Link {
    trace: Trace,
    trace_began: MonoTime,
    loss_ratio: f64,
    rng: Rng,
    /// Everything up to here is accounted for.
    at: MonoTime,
    transfers: BTreeMap<TransferId, Transfer>,
    /// Capacity of the past that did not divide evenly, in units.
    carry: u128,
    outputs: VecDeque<Output>,
}

#[derive(Clone, Copy, Debug)]
struct Transfer {
    answers_at: MonoTime,
    lost: bool,
    answered: bool,
    finished: bool,
    offered: ByteSize,
    /// Offered and not yet across, in units.
    pending: u128,
    /// What the last `Delivered` said.
    reported: ByteSize,
}

impl Transfer {
    /// Whether it has bytes that could move.
    const fn is_active(&self) -> bool {
        self.answered && 0 < self.pending
    }

    /// Returns the whole bytes that are across.
    fn delivered(&self) -> ByteSize {
        let missing = self.pending.div_ceil(UNITS_PER_BYTE);
        let missing = u64::try_from(missing).unwrap_or(u64::MAX);
        ByteSize::new(self.offered.bytes().saturating_sub(missing))
    }
}

impl Link {
    /// Returns an idle link whose trace begins at [`MonoTime::ZERO`], which loses `loss_ratio`
    /// (0 to 1) of its requests as `seed` has it.
    #[must_use]
    pub fn new(trace: Trace, loss_ratio: f64, seed: Seed) -> Self {
        Self {
            trace,
            trace_began: MonoTime::ZERO,
            loss_ratio,
            rng: Rng::new(seed),
            at: MonoTime::ZERO,
            transfers: BTreeMap::new(),
            carry: 0,
            outputs: VecDeque::new(),
        }
    }

    /// Returns how many transfers are in flight.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.transfers.len()
    }

    /// Moves bytes up to `now`, event by event.
    fn advance(&mut self, now: MonoTime) {
        while let Some((event, _)) = self.wake_at() {
            if now < event {
                break;
            }
            self.carry_until(event);
            self.settle();
        }
        self.carry_until(now);
    }

    /// Moves bytes from `self.at` to `until`, between which nothing happens.
    fn carry_until(&mut self, until: MonoTime) {
        let (row, _) = self.trace.at(self.trace_began, self.at);
        let span = until.since(self.at);
        self.at = self.at.max(until);
        let active = self.transfers.values_mut().filter(|transfer| transfer.is_active());
        let mut pending = active.map(|transfer| &mut transfer.pending).collect::<Vec<_>>();
        self.carry = Share { rate: row.rate, carry: self.carry }.spend(span, &mut pending);
    }

    /// Does what takes no time: ends latencies that are over, and lets everything across a link
    /// without a limit.
    fn settle(&mut self) {
        let (row, _) = self.trace.at(self.trace_began, self.at);
        let mut failed = Vec::new();
        for (id, transfer) in &mut self.transfers {
            if !transfer.answered && transfer.answers_at <= self.at {
                transfer.answered = true;
                if transfer.lost {
                    failed.push(*id);
                } else {
                    self.outputs.push_back(Output::Answered(*id));
                }
            }
            if transfer.answered && row.rate == UNLIMITED {
                transfer.pending = 0;
            }
        }
        for id in failed {
            self.transfers.remove(&id);
            self.outputs.push_back(Output::Failed(id));
        }
    }

    /// Says what is across since it last said so, and forgets what is done.
    fn report(&mut self) {
        let outputs = &mut self.outputs;
        self.transfers.retain(|id, transfer| {
            let delivered = transfer.delivered();
            if transfer.reported < delivered {
                transfer.reported = delivered;
                outputs.push_back(Output::Delivered(*id, delivered));
            }
            let done = transfer.answered && transfer.finished && transfer.pending == 0;
            if done {
                outputs.push_back(Output::Done(*id));
            }
            !done
        });
    }

    fn start(&mut self, id: TransferId) {
        let (row, _) = self.trace.at(self.trace_began, self.at);
        let transfer = Transfer {
            answers_at: self.at.after(row.latency),
            lost: self.rng.unit() < self.loss_ratio,
            answered: false,
            finished: false,
            offered: ByteSize::ZERO,
            pending: 0,
            reported: ByteSize::ZERO,
        };
        self.transfers.insert(id, transfer);
    }

    fn offer(&mut self, id: TransferId, size: ByteSize) {
        if let Some(transfer) = self.transfers.get_mut(&id)
            && !transfer.finished
        {
            let offered = transfer.offered + size;
            let added = offered.bytes() - transfer.offered.bytes();
            transfer.pending += u128::from(added) * UNITS_PER_BYTE;
            transfer.offered = offered;
        }
    }
}

impl Machine for Link {
    type Input = Input;
    type Output = Output;

    fn handle(&mut self, now: MonoTime, input: Input) {
        self.advance(now);
        match input {
            Input::Start(id) => self.start(id),
            Input::Offer(id, size) => self.offer(id, size),
            Input::Finish(id) => {
                if let Some(transfer) = self.transfers.get_mut(&id) {
                    transfer.finished = true;
                }
            }
            Input::Cancel(id) => {
                self.transfers.remove(&id);
            }
            Input::SetTrace(trace) => (self.trace, self.trace_began) = (trace, self.at),
            Input::SetLoss(ratio) => self.loss_ratio = ratio,
            Input::Wake => {}
        }
        self.settle();
        self.report();
    }

    fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn wake_at(&self) -> Option<(MonoTime, &'static str)> {
        let (row, row_ends) = self.trace.at(self.trace_began, self.at);
        let waiting = self.transfers.values().filter(|transfer| !transfer.answered);
        let answer = waiting.map(|transfer| transfer.answers_at).min();
        let active = self.transfers.values().filter(|transfer| transfer.is_active());
        let least = active.clone().map(|transfer| transfer.pending).min();
        let share = Share { rate: row.rate, carry: self.carry };
        let delivery = least.and_then(|least| share.time_for(least, active.count()));
        let delivery = delivery.map(|span| self.at.after(span));
        let row_end = row_ends.filter(|_| least.is_some());
        [
            answer.map(|at| (at, "latency over")),
            delivery.map(|at| (at, "offered bytes delivered")),
            row_end.map(|at| (at, "trace row ends")),
        ]
        .into_iter()
        .flatten()
        .min_by_key(|(at, _)| *at)
    }
}

#[cfg(test)]
mod tests;
