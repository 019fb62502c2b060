//! Sessions side by side.

use super::{
    inputs::{Inputs, Reset},
    seat::{Seat, Told, Worth},
};
use anyhow::bail;
use dashpot_abr::Rung;
use dashpot_base::{Rng, Seed};
use dashpot_policy::Observation;
use serde::Serialize;

/// What came of a step, session by session.
#[derive(Debug, Serialize)]
pub(super) struct Step {
    observations: Vec<Observation>,
    rewards: Vec<f64>,
    dones: Vec<bool>,
    infos: Vec<Info>,
}

/// What is no business of a policy.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Info {
    trace: String,
    #[serde(flatten)]
    worth: Worth,
}

/// The sessions of a reset.
pub(super) struct Batch {
    rungs: usize,
    places: Vec<Place>,
}

/// A session and how far it is.
struct Place {
    /// `None` once it is over.
    seat: Option<Seat>,
    /// What it showed last.
    shown: Observation,
    trace: String,
}

impl Batch {
    /// Begins the sessions that `reset` asks for, each up to its first choice.
    ///
    /// # Errors
    /// Where a session cannot be begun, or has nothing to choose.
    pub(super) fn new(inputs: &Inputs, reset: &Reset) -> anyhow::Result<Self> {
        let mut rng = Rng::new(Seed(reset.seed));
        let mut seats = Vec::new();
        for _ in 0..reset.n {
            let count = u64::try_from(inputs.networks.len()).unwrap_or(u64::MAX);
            let trace = usize::try_from(rng.bits() % count.max(1)).unwrap_or_default();
            seats.push((Seat::new(inputs, trace, reset)?, &inputs.networks[trace].name));
        }
        let mut places = Vec::new();
        for (seat, trace) in seats {
            let Told::Waits(shown, _) = seat.told() else {
                bail!("the film is too short: a session needs a segment to choose");
            };
            places.push(Place { seat: Some(seat), shown: *shown, trace: trace.clone() });
        }
        Ok(Self { rungs: inputs.movie.film.ladder().len(), places })
    }

    /// Returns what the sessions show.
    pub(super) fn shown(&self) -> (Vec<Observation>, Vec<Info>) {
        let infos = self.places.iter().map(|place| place.info(Worth::default()));
        (self.places.iter().map(|place| place.shown.clone()).collect(), infos.collect())
    }

    /// Makes one choice in each session that is not over.
    ///
    /// # Errors
    /// Where a choice is missing or is none; nothing was chosen then.
    pub(super) fn step(&mut self, actions: &[Option<usize>]) -> anyhow::Result<Step> {
        if actions.len() != self.places.len() {
            bail!("{} actions for {} sessions", actions.len(), self.places.len());
        }
        for (index, (place, action)) in self.places.iter().zip(actions).enumerate() {
            match (&place.seat, action) {
                (Some(_), None) => bail!("session {index} is not over and has no action"),
                (Some(_), Some(rung)) if self.rungs <= *rung => {
                    bail!(
                        "session {index}: rung {rung} is not there: rungs are 0 to {}",
                        self.rungs - 1
                    )
                }
                (Some(_) | None, _) => (),
            }
        }
        // All at once, so that sessions run on all processors.
        for (place, action) in self.places.iter().zip(actions) {
            if let (Some(seat), Some(rung)) = (&place.seat, action) {
                seat.choose(Rung(*rung));
            }
        }
        let (mut rewards, mut infos) = (Vec::new(), Vec::new());
        for place in &mut self.places {
            let worth = place.advance();
            rewards.push(worth.reward);
            infos.push(place.info(worth));
        }
        let observations = self.places.iter().map(|place| place.shown.clone()).collect();
        let dones = self.places.iter().map(|place| place.seat.is_none()).collect();
        Ok(Step { observations, rewards, dones, infos })
    }
}

impl Place {
    /// Waits for what the session tells, and returns what came of its choice.
    fn advance(&mut self) -> Worth {
        match self.seat.as_ref().map(Seat::told) {
            Some(Told::Waits(shown, worth)) => {
                self.shown = *shown;
                worth
            }
            Some(Told::Over(worth)) => {
                self.seat = None;
                worth
            }
            None => Worth::default(),
        }
    }

    fn info(&self, worth: Worth) -> Info {
        Info { trace: self.trace.clone(), worth }
    }
}
