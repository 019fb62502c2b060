//! The link: capacity by a trace, shared equally by the transfers that have bytes to move.

mod course;
mod share;

pub use course::Foretold;

use crate::{
    Trace,
    trace::{InForce, UNLIMITED},
};
use course::Course;
use dashpot_base::{Bitrate, ByteSize, Machine, MonoTime, Rng, Seed};
use share::{Share, UNITS_PER_BYTE, divide_up};
use std::collections::VecDeque;

/// Names one request and its response on a link; unique among those in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransferId(pub u64);

/// What a link is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A request is made; its latency runs from now. The same id in flight is dropped first.
    Start(TransferId),
    /// A request is made, of whose response so many bytes are all there is, and ready to cross.
    Request(TransferId, ByteSize),
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
    /// The row of the trace in force.
    row: InForce,
    /// In order of their names.
    transfers: Vec<(TransferId, Transfer)>,
    /// When something happens next, but for what is on its course.
    event: Option<(MonoTime, &'static str)>,
    /// How the only transfer crosses, where that was foretold.
    course: Option<Course>,
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

    /// Whether all of it is across, and nothing more will be offered.
    const fn is_done(&self) -> bool {
        self.answered && self.finished && self.pending == 0
    }

    /// Has so many more bytes ready to cross.
    fn offer(&mut self, size: ByteSize) {
        if !self.finished {
            let offered = self.offered + size;
            let added = offered.bytes() - self.offered.bytes();
            self.pending += u128::from(added) * UNITS_PER_BYTE;
            self.offered = offered;
        }
    }

    /// Has all bytes that there are ready to cross.
    fn offer_all(&mut self, size: ByteSize) {
        self.offer(size);
        self.finished = true;
    }

    /// Returns the whole bytes that are across.
    fn delivered(&self) -> ByteSize {
        let missing = divide_up(self.pending, UNITS_PER_BYTE);
        let missing = u64::try_from(missing).unwrap_or(u64::MAX);
        ByteSize::new(self.offered.bytes().saturating_sub(missing))
    }
}

impl Link {
    /// Returns an idle link whose trace begins at [`MonoTime::ZERO`], which loses `loss_ratio`
    /// (0 to 1) of its requests as `seed` has it.
    #[must_use]
    pub fn new(trace: Trace, loss_ratio: f64, seed: Seed) -> Self {
        let row = trace.at(MonoTime::ZERO, MonoTime::ZERO);
        Self {
            trace,
            trace_began: MonoTime::ZERO,
            loss_ratio,
            rng: Rng::new(seed),
            at: MonoTime::ZERO,
            row,
            transfers: Vec::new(),
            event: None,
            course: None,
            carry: 0,
            outputs: VecDeque::new(),
        }
    }

    /// Returns how many transfers are in flight.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.transfers.len()
    }

    /// Returns how much of a response is across at `now`, which is then as good as said; `None` for
    /// one that does not have the link to itself, and where there is more to say by now.
    pub fn look(&mut self, now: MonoTime, id: TransferId) -> Option<ByteSize> {
        if self.transfers.len() != 1 || self.wake_at().is_some_and(|(event, _)| event <= now) {
            return None;
        }
        self.advance(now);
        let place = self.place(id).ok()?;
        let transfer = &mut self.transfers[place].1;
        if transfer.answered {
            transfer.reported = transfer.delivered();
        }
        Some(transfer.reported)
    }

    /// Returns how much of a response is across at `now`, whoever else is on the link, and says
    /// nothing of it: for one that is about to be cancelled. `None` where there is no such response.
    pub fn across(&mut self, now: MonoTime, id: TransferId) -> Option<ByteSize> {
        // What happens right now is settled again, with nothing left to do, by the next input.
        self.advance(now);
        let transfer = &self.transfers[self.place(id).ok()?].1;
        Some(if transfer.answered { transfer.delivered() } else { ByteSize::ZERO })
    }

    /// Moves bytes up to `now`, event by event; returns whether something happens right then, which
    /// is settled already.
    fn advance(&mut self, now: MonoTime) -> bool {
        if self.course.is_some() {
            self.follow(now);
            return false;
        }
        while let Some((event, _)) = self.event {
            if now < event {
                break;
            }
            self.carry_until(event);
            self.settle();
            if event == now {
                // What follows is worked out when the input is taken in.
                return true;
            }
            self.event = self.next_event();
        }
        self.carry_until(now);
        false
    }

    /// Moves bytes from `self.at` to `until`, between which nothing happens.
    fn carry_until(&mut self, until: MonoTime) {
        let share = Share { rate: self.row.rate, carry: self.carry };
        let nanos = until.nanos().saturating_sub(self.at.nanos());
        self.carry = match &mut self.transfers[..] {
            [] => 0,
            [(_, alone)] => share.spend_on(nanos, alone),
            several => share.spend(nanos, several),
        };
        self.at = self.at.max(until);
        if self.row.ends.is_some_and(|ends| ends <= self.at) {
            self.row = self.trace.after(&self.row, self.trace_began, self.at);
        }
    }

    /// Does what takes no time: ends latencies that are over, and lets everything across a link
    /// without a limit.
    fn settle(&mut self) {
        let mut any_lost = false;
        for (id, transfer) in &mut self.transfers {
            if !transfer.answered && transfer.answers_at <= self.at {
                transfer.answered = true;
                any_lost |= transfer.lost;
                if !transfer.lost {
                    self.outputs.push_back(Output::Answered(*id));
                }
            }
            if transfer.answered && self.row.rate == UNLIMITED {
                transfer.pending = 0;
            }
        }
        if any_lost {
            let outputs = &mut self.outputs;
            self.transfers.retain(|(id, transfer)| {
                let failed = transfer.answered && transfer.lost;
                outputs.extend(failed.then_some(Output::Failed(*id)));
                !failed
            });
        }
    }

    /// Says what is across since it last said so, and forgets what is done.
    fn report(&mut self) {
        let mut any_done = false;
        for (id, transfer) in &mut self.transfers {
            if !transfer.answered {
                continue;
            }
            let delivered = transfer.delivered();
            if transfer.reported < delivered {
                transfer.reported = delivered;
                self.outputs.push_back(Output::Delivered(*id, delivered));
            }
            if transfer.is_done() {
                any_done = true;
                self.outputs.push_back(Output::Done(*id));
            }
        }
        if any_done {
            self.transfers.retain(|(_, transfer)| !transfer.is_done());
        }
    }

    fn place(&self, id: TransferId) -> Result<usize, usize> {
        self.transfers.binary_search_by_key(&id, |(known, _)| *known)
    }

    fn start(&mut self, id: TransferId) -> &mut Transfer {
        let transfer = Transfer {
            answers_at: self.at.after(self.row.latency),
            lost: self.rng.unit() < self.loss_ratio,
            answered: false,
            finished: false,
            offered: ByteSize::ZERO,
            pending: 0,
            reported: ByteSize::ZERO,
        };
        let place = match self.place(id) {
            Ok(place) => {
                self.transfers[place].1 = transfer;
                place
            }
            Err(place) => {
                self.transfers.insert(place, (id, transfer));
                place
            }
        };
        &mut self.transfers[place].1
    }

    fn offer(&mut self, id: TransferId, size: ByteSize) {
        if let Ok(place) = self.place(id) {
            self.transfers[place].1.offer(size);
        }
    }

    fn finish(&mut self, id: TransferId) {
        if let Ok(place) = self.place(id) {
            self.transfers[place].1.finished = true;
        }
    }

    /// Returns the next moment at which something happens, and what.
    fn next_event(&self) -> Option<(MonoTime, &'static str)> {
        let (mut answer, mut least, mut active) = (None::<MonoTime>, None::<u128>, 0);
        for (_, transfer) in &self.transfers {
            if !transfer.answered {
                answer = Some(answer.map_or(transfer.answers_at, |at| at.min(transfer.answers_at)));
            } else if 0 < transfer.pending {
                least = Some(least.map_or(transfer.pending, |least| least.min(transfer.pending)));
                active += 1;
            }
        }
        let mut next = answer.map(|at| (at, "latency over"));
        let mut sooner = |at: Option<MonoTime>, why| {
            if let Some(at) = at.filter(|at| next.is_none_or(|(next, _)| *at < next)) {
                next = Some((at, why));
            }
        };
        if let Some(least) = least {
            let share = Share { rate: self.row.rate, carry: self.carry };
            let delivery = share.nanos_for(least, active);
            let delivery =
                delivery.map(|nanos| MonoTime::from_nanos(self.at.nanos().saturating_add(nanos)));
            sooner(delivery, "offered bytes delivered");
            sooner(self.row.ends, "trace row ends");
        }
        next
    }
}

impl Machine for Link {
    type Input = Input;
    type Output = Output;

    fn handle(&mut self, now: MonoTime, input: Input) {
        if let Some(course) = self.course
            && matches!(input, Input::Wake)
            && now <= course.ends()
        {
            self.keep_to(now, course);
            return;
        }
        let is_settled = self.advance(now) && matches!(input, Input::Wake);
        self.course = None;
        match input {
            Input::Start(id) => {
                self.start(id);
            }
            Input::Request(id, size) => self.start(id).offer_all(size),
            Input::Offer(id, size) => self.offer(id, size),
            Input::Finish(id) => self.finish(id),
            Input::Cancel(id) => {
                if let Ok(place) = self.place(id) {
                    self.transfers.remove(place);
                }
            }
            Input::SetTrace(trace) => {
                (self.trace, self.trace_began) = (trace, self.at);
                self.row = self.trace.at(self.trace_began, self.at);
            }
            Input::SetLoss(ratio) => self.loss_ratio = ratio,
            Input::Wake => {}
        }
        if !is_settled {
            self.settle();
        }
        self.report();
        self.event = self.next_event();
    }

    #[inline]
    fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    #[inline]
    fn wake_at(&self) -> Option<(MonoTime, &'static str)> {
        match &self.course {
            Some(course) => Some((course.ends(), "offered bytes delivered")),
            None => self.event,
        }
    }
}

#[cfg(test)]
mod tests;
