//! The loop between the player, the clock and whatever carries its requests.

use crate::Clock;
use dashpot_base::{ByteSize, Machine as _, MonoTime};
use dashpot_player::{DoneReason, Input, Output, Player, Request, Ticket};
use dashpot_qoe::{Record, Session};
use std::time::Duration;

/// Carries the player's requests, and brings what the player is to be told of them.
pub trait Transport {
    /// Begins a request.
    fn fetch(&mut self, request: Request);

    /// Says with [`Input::Progress`] how much of an answer is here.
    fn look(&mut self, ticket: Ticket);

    /// Gives a request up, and returns how much of its answer had come; nothing is heard of it
    /// again.
    fn cancel(&mut self, ticket: Ticket) -> ByteSize;

    /// Waits for the next thing to tell the player. Dropping the wait loses nothing.
    fn next(&mut self) -> impl Future<Output = Input>;
}

/// What happens in a session besides playing.
#[derive(Debug, Default)]
pub struct Plan {
    /// What the viewer does, in order of time.
    pub script: Vec<(Duration, Input)>,
    /// How often to observe even when nothing happens.
    pub refresh: Option<Duration>,
}

/// What an observer sees: after each record, and whenever the plan's refresh comes due.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot<'a> {
    /// Time since the start of the session.
    pub now: MonoTime,
    /// What was just said; `None` at a refresh.
    pub record: Option<&'a Record>,
    /// The session with this record taken in.
    pub session: &'a Session,
}

/// A session that was driven to its end.
#[derive(Debug)]
pub struct Driven {
    /// Why it ended.
    pub reason: DoneReason,
    /// All that was said, summed up.
    pub session: Session,
    /// When it ended.
    pub ended: MonoTime,
}

/// Runs `player` to its end; `stop` ends it early.
pub async fn drive<T: Transport>(
    mut player: Player,
    transport: &mut T,
    clock: &Clock,
    plan: Plan,
    stop: impl Future<Output = ()>,
    mut observe: impl FnMut(Snapshot<'_>),
) -> Driven {
    let mut script = plan.script.into_iter().peekable();
    let mut refresh = plan.refresh.map(|every| (clock.now().after(every), every));
    let mut session = Session::new();
    let mut stop = std::pin::pin!(stop);
    let mut stopped = false;
    player.handle(clock.now(), Input::Start);
    // How much had come of what was cancelled last, until its record tells.
    let mut came = ByteSize::ZERO;
    loop {
        while let Some(output) = player.poll() {
            match output {
                Output::Fetch(fetch) => transport.fetch(player.request(&fetch)),
                Output::Look { ticket } => transport.look(ticket),
                Output::Cancel { ticket } => came = transport.cancel(ticket),
                Output::Log(mut record) => {
                    record.amend(std::mem::take(&mut came));
                    session.add(&record);
                    let now = clock.now();
                    observe(Snapshot { now, record: Some(&record), session: &session });
                }
                Output::Done(reason) => {
                    return Driven { reason, session, ended: clock.now() };
                }
            }
        }
        let act = script.peek().map(|(after, _)| MonoTime::ZERO.after(*after));
        let wake = player.wake_at().map(|(at, _)| at);
        // Arrivals before the viewer, the viewer before the player's own alarms: the simulator
        // settles what falls on one instant in the same order.
        tokio::select! {
            biased;
            () = &mut stop, if !stopped => {
                stopped = true;
                player.handle(clock.now(), Input::Stop);
            }
            input = transport.next() => player.handle(clock.now(), input),
            () = until(clock, act) => {
                if let Some((_, input)) = script.next() {
                    player.handle(clock.now(), input);
                }
            }
            () = until(clock, wake) => player.handle(clock.now(), Input::Wake),
            () = until(clock, refresh.map(|(at, _)| at)) => {
                let now = clock.now();
                refresh = refresh.map(|(_, every)| (now.after(every), every));
                observe(Snapshot { now, record: None, session: &session });
            }
        }
    }
}

async fn until(clock: &Clock, at: Option<MonoTime>) {
    match at {
        Some(at) => clock.sleep_until(at).await,
        None => std::future::pending().await,
    }
}
