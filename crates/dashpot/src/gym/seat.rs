//! One session that waits at each choice for somebody to make it.
//!
//! Sessions run to their end by themselves and ask their rule on the way. So that they can be
//! stepped from outside, each has a thread, and its rule hands over what it sees and waits for the
//! answer.

use super::inputs::{Environment, Inputs, Reset};
use anyhow::Context as _;
use dashpot_abr::{Arrival, Decision, Reason, Rule, Rung, View};
use dashpot_base::ChunkQoe;
use dashpot_policy::{Observation, Observed};
use dashpot_sim::{lab::Lab, oracle::pensieve};
use serde::Serialize;
use std::{
    sync::{
        Arc,
        mpsc::{Receiver, Sender, channel},
    },
    thread::{Builder, JoinHandle},
    time::Duration,
};

/// What came of a choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct Worth {
    /// By the QoE asked for.
    #[serde(skip)]
    pub(super) reward: f64,
    /// The rate that was fetched.
    pub(super) bitrate_kbps: f64,
    /// How long playback stood still.
    pub(super) stalled_ms: f64,
}

/// What a session tells.
pub(super) enum Told {
    /// It waits for a choice; what came of the one before.
    Waits(Box<Observation>, Worth),
    /// It is over.
    Over(Worth),
}

/// A session on its thread. Dropped, it plays on without being asked and ends.
pub(super) struct Seat {
    choices: Option<Sender<Rung>>,
    told: Receiver<Told>,
    thread: Option<JoinHandle<()>>,
}

impl Seat {
    /// Begins a session over the trace of this number.
    ///
    /// # Errors
    /// Where the environment has no use for the trace, or there is no thread to be had.
    pub(super) fn new(inputs: &Inputs, trace: usize, reset: &Reset) -> anyhow::Result<Self> {
        let (choices, chosen) = channel();
        let (tells, told) = channel();
        let rule = Asking {
            chosen,
            tells,
            qoe: reset.qoe.into(),
            ladder: inputs.movie.film.ladder().to_vec(),
            observed: Observed::default(),
            last: None,
            worth: Worth::default(),
            failure: None,
        };
        let session = session(inputs, trace, reset, rule)?;
        let thread = Builder::new().name("gym".into()).spawn(session);
        let thread = thread.context("cannot start a thread: ask for fewer sessions")?;
        Ok(Self { choices: Some(choices), told, thread: Some(thread) })
    }

    /// Chooses, where the session waits for that.
    pub(super) fn choose(&self, rung: Rung) {
        let sent = self.choices.as_ref().is_some_and(|choices| choices.send(rung).is_ok());
        debug_assert!(sent, "a session that waits has somebody who listens");
    }

    /// Returns what the session tells next.
    pub(super) fn told(&self) -> Told {
        // A session tells at its very end too; one that broke is over.
        self.told.recv().unwrap_or(Told::Over(Worth::default()))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.choices = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("a session panicked");
        }
    }
}

/// Returns what a session's thread does.
fn session(
    inputs: &Inputs,
    trace: usize,
    reset: &Reset,
    mut rule: Asking,
) -> anyhow::Result<Box<dyn FnOnce() + Send>> {
    let network = &inputs.networks[trace];
    Ok(match reset.environment {
        Environment::Player => {
            let mut lab = Lab::new(inputs.movie.lab.clone(), network.trace.clone(), Box::new(rule));
            if let Some(buffer_ms) = reset.buffer_ms {
                lab.buffer = Duration::from_secs_f64(buffer_ms / 1e3);
            }
            Box::new(move || drop(lab.run()))
        }
        Environment::Pensieve => {
            let film = Arc::clone(&inputs.movie.film);
            let trace = network.pensieve();
            let trace = trace.with_context(|| format!("the trace {}", network.name))?;
            let buffer_ms = reset.buffer_ms;
            Box::new(move || {
                let setup = pensieve::Setup::new(&film, &trace);
                let buffer_max_ms = buffer_ms.unwrap_or(setup.buffer_max_ms);
                drop(pensieve::run(&pensieve::Setup { buffer_max_ms, ..setup }, &mut rule));
            })
        }
    })
}

/// The rule that hands over what it sees and waits for the choice.
#[derive(Debug)]
struct Asking {
    chosen: Receiver<Rung>,
    tells: Sender<Told>,
    qoe: ChunkQoe,
    ladder: Vec<f64>,
    observed: Observed,
    /// The rate fetched before.
    last: Option<f64>,
    /// What came of the choice before, as far as it is known.
    worth: Worth,
    failure: Option<&'static str>,
}

impl Rule for Asking {
    fn name(&self) -> &'static str {
        "gym"
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        let told = Told::Waits(Box::new(self.observed.show(view)), std::mem::take(&mut self.worth));
        let chosen = match self.tells.send(told) {
            Ok(()) => self.chosen.recv().ok(),
            Err(_) => None,
        };
        if chosen.is_none() {
            self.failure = Some("nobody chooses any longer");
        }
        Decision::now(chosen.unwrap_or_default().min(view.top()), Reason::External)
    }

    fn arrived(&mut self, arrival: &Arrival) {
        self.observed.arrived(arrival);
        let kbps = self.ladder.get(arrival.rung.0).copied().unwrap_or_default();
        let lowest = self.ladder.first().copied().unwrap_or_default();
        let last = self.last.replace(kbps).unwrap_or(kbps);
        self.worth.reward += self.qoe.of([last, kbps], lowest, arrival.stalled_ms / 1e3);
        self.worth.bitrate_kbps = kbps;
        self.worth.stalled_ms += arrival.stalled_ms;
    }

    fn failure(&self) -> Option<&str> {
        self.failure
    }
}

impl Drop for Asking {
    /// The session is over, whatever ended it.
    fn drop(&mut self) {
        if self.tells.send(Told::Over(self.worth)).is_err() {
            tracing::trace!("nobody waits for the end of a session");
        }
    }
}
