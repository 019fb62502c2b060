//! One session from start to end.

use crate::{Content, Wire, WireInput};
use dashpot_base::{ByteSize, Machine as _, MonoTime};
use dashpot_net::Foretold;
use dashpot_player::{DoneReason, Input, Output, Player};
use dashpot_qoe::{self as qoe, Record, Summary};
use std::time::Duration;

/// A session to be run.
#[derive(Debug)]
pub struct Session<C> {
    /// The player, not yet started.
    pub player: Player,
    /// What it plays, and over which link.
    pub wire: Wire<C>,
    /// What the viewer does, in order of time.
    pub script: Vec<(Duration, Input)>,
    /// Events happen at whole multiples of this; a nanosecond for virtual time. A twin of a
    /// runtime whose timers are coarser is given their grain.
    pub grain: Duration,
}

/// A session that was run.
#[derive(Debug)]
pub struct Run {
    /// Everything that was decided, in order.
    pub records: Vec<Record>,
    /// Why it ended; `None` where nothing was left that could happen.
    pub done: Option<DoneReason>,
    /// When it ended.
    pub ended: MonoTime,
}

impl Run {
    /// Returns the numbers of the session.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let mut session = qoe::Session::new();
        for record in &self.records {
            session.add(record);
        }
        session.summary(self.ended)
    }
}

/// How a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Why; `None` where nothing was left that could happen.
    pub done: Option<DoneReason>,
    /// When.
    pub at: MonoTime,
}

/// Runs `session` to its end.
pub fn run<C: Content>(session: Session<C>) -> Run {
    let mut records = Vec::new();
    let End { done, at } = run_with(session, |record| records.push(record.clone()));
    Run { records, done, ended: at }
}

/// Runs `session` to its end; every record is shown to `observe`.
pub fn run_with<C: Content>(session: Session<C>, observe: impl FnMut(&Record)) -> End {
    run_from(MonoTime::ZERO, session, observe)
}

/// Runs `session`, which begins when its link is so old already.
pub(crate) fn run_from<C: Content>(
    begins: MonoTime,
    session: Session<C>,
    mut observe: impl FnMut(&Record),
) -> End {
    let Session { mut player, mut wire, script, grain } = session;
    let mut script = script.into_iter().peekable();
    let mut now = begins;
    player.handle(now, Input::Start);
    loop {
        let act = script.peek().map(|(after, _)| begins.after(*after));
        if let Some(done) = drain((now, act), &mut player, &mut wire, &mut observe) {
            return End { done: Some(done), at: now };
        }
        let arrival = wire.wake_at().map(|(at, _)| at);
        let other = sooner(arrival, act);
        // Most wake-ups are there to see how a download goes, which the wire knows, and nothing
        // comes of most of them.
        while player.is_silent() {
            let wake = player.wake_at().map(|(at, _)| at);
            let Some(next) = sooner(other, wake) else {
                return End { done: None, at: now };
            };
            now = round_up(next.max(now), grain);
            let due = |at: Option<MonoTime>| at.is_some_and(|at| at <= now);
            if due(arrival) {
                wire.handle(now, WireInput::Wake);
                break;
            }
            if due(act) {
                if let Some((_, input)) = script.next() {
                    player.handle(now, input);
                }
                break;
            }
            let seen = player.watched_at(now).and_then(|it| Some((it, wire.look(now, it)?)));
            let Some((ticket, size)) = seen else {
                player.handle(now, Input::Wake);
                break;
            };
            player.handle(now, Input::Progress { ticket, size });
        }
    }
}

/// Carries everything that can be carried without time passing, where the viewer acts next at `act`.
fn drain<C: Content>(
    (now, act): (MonoTime, Option<MonoTime>),
    player: &mut Player,
    wire: &mut Wire<C>,
    observe: &mut impl FnMut(&Record),
) -> Option<DoneReason> {
    let mut came = ByteSize::ZERO;
    loop {
        while let Some(mut output) = player.poll() {
            match &mut output {
                Output::Fetch(fetch) => {
                    let until = act.map_or(fetch.deadline, |act| act.min(fetch.deadline));
                    let until = player.may_be_foretold().then_some(until);
                    if let Some(foretold) = wire.request(now, fetch, until) {
                        let Foretold { begins, ends, steadily } = foretold;
                        player.foretell(fetch.ticket, begins..ends, steadily);
                    }
                }
                Output::Look { ticket } => wire.handle(now, WireInput::Look(*ticket)),
                Output::Cancel { ticket } => came = wire.cancel(now, *ticket),
                Output::Log(record) => {
                    record.amend(std::mem::take(&mut came));
                    observe(record);
                }
                Output::Done(reason) => return Some(reason.clone()),
            }
        }
        player.handle(now, wire.poll()?);
    }
}

fn sooner(one: Option<MonoTime>, other: Option<MonoTime>) -> Option<MonoTime> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

fn round_up(at: MonoTime, grain: Duration) -> MonoTime {
    if grain <= Duration::from_nanos(1) {
        return at;
    }
    let grain = u64::try_from(grain.as_nanos()).unwrap_or(u64::MAX).max(1);
    MonoTime::from_nanos(at.nanos().div_ceil(grain).saturating_mul(grain))
}

#[cfg(test)]
mod tests;
