//! Several viewers on one link, which they share fairly.

use super::{Lab, Outcome, edge::Site};
use crate::{upstream::Carrier, wire::Desk};
use dashpot_base::{ByteSize, Machine as _, MonoTime};
use dashpot_net::{Link, Output as LinkOutput, TransferId};
use dashpot_player::{DoneReason, Input, Log, Output, Player, Ticket};
use dashpot_qoe::{self as qoe, Record};
use std::collections::VecDeque;

/// How many low bits of a transfer's name are the request's own; the rest is the viewer's number.
/// No session makes 2^40 requests.
const TICKET_BITS: u32 = 40;

/// Runs the sessions of `labs` at the same time over one link, each from its own
/// [`Lab::begins`] on. The link is the first one's: its trace, its loss and its seed. So is the
/// cache before the origin, of whose film all of them are.
///
/// Bodies that cross at the same time get equal shares of it, as long-lived flows of one
/// congestion control come to do; what TCP's ramps and queues add is not simulated.
#[must_use]
pub fn shared(labs: Vec<Lab>) -> Vec<Outcome> {
    run(labs, Log::Outcome, |_, _| ())
}

/// Runs the sessions of `labs` as [`shared`] does; every record is shown to `observe`, with the
/// place of its session in `labs`.
#[must_use]
pub fn shared_observed(labs: Vec<Lab>, observe: impl FnMut(usize, &Record)) -> Vec<Outcome> {
    run(labs, Log::All, observe)
}

fn run(labs: Vec<Lab>, log: Log, observe: impl FnMut(usize, &Record)) -> Vec<Outcome> {
    let Some(first) = labs.first() else { return Vec::new() };
    let link = Link::new(first.trace.clone(), first.loss_ratio, first.seed);
    let site = Site::new(first.edge, &first.film).live(first.live);
    let seats = labs.into_iter().map(|lab| Seat::new(lab, site.clone(), log)).collect();
    let mut room = Room { carrier: Carrier::new(link), seats, observe };
    let mut now = MonoTime::ZERO;
    while let Some(next) = room.next() {
        now = now.max(next);
        room.act(now);
        room.settle(now);
    }
    room.seats.into_iter().map(|seat| seat.outcome(now)).collect()
}

/// All viewers and what they share.
struct Room<F> {
    carrier: Carrier,
    seats: Vec<Seat>,
    observe: F,
}

/// One viewer.
#[derive(Debug)]
struct Seat {
    player: Player,
    desk: Desk<Site>,
    /// What the viewer does, in order of time.
    script: VecDeque<(MonoTime, Input)>,
    /// Downloads that the player wants to know of, once the link has said what is across.
    looks: Vec<Ticket>,
    session: qoe::Session,
    /// How much had come of what was cancelled last, until its record tells.
    came: ByteSize,
    done: Option<(DoneReason, MonoTime)>,
}

impl<F: FnMut(usize, &Record)> Room<F> {
    /// Returns when something happens next.
    fn next(&self) -> Option<MonoTime> {
        self.seats.iter().filter_map(Seat::next).chain(self.carrier.wake_at()).min()
    }

    /// Does what is due: what the link has to say before what a viewer does.
    fn act(&mut self, now: MonoTime) {
        if self.carrier.wake_at().is_some_and(|at| at <= now) {
            self.carrier.wake(now);
            return;
        }
        let mut seats = self.seats.iter_mut();
        if let Some(seat) = seats.find(|seat| seat.next().is_some_and(|at| at <= now)) {
            seat.act(now);
        }
    }

    /// Carries everything that can be carried without time passing.
    fn settle(&mut self, now: MonoTime) {
        let mut any = true;
        while any {
            any = false;
            while let Some(output) = self.carrier.poll() {
                let (seat, output) = addressed(output);
                if let Some(seat) = self.seats.get_mut(seat) {
                    seat.desk.translate(output);
                }
                any = true;
            }
            self.seats.iter_mut().for_each(Seat::answer_looks);
            for (index, seat) in self.seats.iter_mut().enumerate() {
                any |= seat.settle(now, index, &mut self.carrier, &mut self.observe);
            }
        }
    }
}

impl Seat {
    fn new(lab: Lab, site: Site, log: Log) -> Self {
        let begins = MonoTime::ZERO.after(lab.begins);
        let seeks = lab.seeks.iter().map(|&(after, to)| (begins.after(after), Input::Seek { to }));
        let script = [(begins, Input::Start)].into_iter().chain(seeks).collect();
        let (player, desk) = (lab.player(log), Desk::new(site));
        let (looks, session) = (Vec::new(), qoe::Session::new());
        Self { player, desk, script, looks, session, came: ByteSize::ZERO, done: None }
    }

    fn next(&self) -> Option<MonoTime> {
        if self.done.is_some() {
            return None;
        }
        let act = self.script.front().map(|(at, _)| *at);
        let wake = self.player.wake_at().map(|(at, _)| at);
        [act, wake].into_iter().flatten().min()
    }

    fn act(&mut self, now: MonoTime) {
        let is_due = self.script.front().is_some_and(|(at, _)| *at <= now);
        let input = if is_due { self.script.pop_front() } else { None };
        self.player.handle(now, input.map_or(Input::Wake, |(_, input)| input));
    }

    fn answer_looks(&mut self) {
        for ticket in std::mem::take(&mut self.looks) {
            self.desk.look(ticket);
        }
    }

    /// Carries what the player has to say and is to be told; returns whether there was anything.
    fn settle(
        &mut self,
        now: MonoTime,
        index: usize,
        carrier: &mut Carrier,
        observe: &mut impl FnMut(usize, &Record),
    ) -> bool {
        let mut any = false;
        loop {
            while let Some(mut output) = self.player.poll() {
                if let Output::Log(record) = &mut output {
                    record.amend(std::mem::take(&mut self.came));
                    self.session.add(record);
                    observe(index, record);
                }
                self.carry(now, index, carrier, output);
                any = true;
            }
            let Some(input) = self.desk.poll() else { return any };
            self.player.handle(now, input);
        }
    }

    fn carry(&mut self, now: MonoTime, index: usize, carrier: &mut Carrier, output: Output) {
        match output {
            Output::Fetch(fetch) => {
                let answer = self.desk.fetch(&fetch);
                answer.send(now, name(index, fetch.ticket.0), carrier);
            }
            Output::Look { ticket } => {
                carrier.wake(now);
                self.looks.push(ticket);
            }
            Output::Cancel { ticket } => {
                self.came = carrier.across(now, name(index, ticket.0));
                self.desk.forget(ticket);
                carrier.cancel(now, name(index, ticket.0));
            }
            // Whoever took it out has told it.
            Output::Log(_) => (),
            Output::Done(reason) => self.done = Some((reason, now)),
        }
    }

    fn outcome(self, now: MonoTime) -> Outcome {
        let (done, ended) = self.done.map_or((None, now), |(done, at)| (Some(done), at));
        Outcome { summary: self.session.summary(ended), done, ended }
    }
}

fn name(seat: usize, ticket: u64) -> TransferId {
    let seat = u64::try_from(seat).unwrap_or(u64::MAX);
    TransferId(seat << TICKET_BITS | ticket)
}

/// Returns whom something is for, and what it says by the name that it has there.
fn addressed(output: LinkOutput) -> (usize, LinkOutput) {
    let own = |TransferId(id)| TransferId(id & ((1 << TICKET_BITS) - 1));
    let (TransferId(id), output) = match output {
        LinkOutput::Answered(id) => (id, LinkOutput::Answered(own(id))),
        LinkOutput::Delivered(id, size) => (id, LinkOutput::Delivered(own(id), size)),
        LinkOutput::Done(id) => (id, LinkOutput::Done(own(id))),
        LinkOutput::Failed(id) => (id, LinkOutput::Failed(own(id))),
    };
    (usize::try_from(id >> TICKET_BITS).unwrap_or(usize::MAX), output)
}
