//! The backends, and who of them gets the next connection.

use crate::{BackendSpec, Config, backend::Backend, stats::Stats};
use dashpot_base::{MonoTime, Rng, Seed};
use dashpot_route::{
    Answer, Balancer, Choice, Failure, Key, Reason, Request, RetryBudget, SpecError, balancer,
    flows::Flow, health, rules,
};
use dashpot_serve::Clock;
use serde::Serialize;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::watch;

/// The backends of a balancer, shared by all of its connections.
#[derive(Debug)]
pub(crate) struct Pool {
    clock: Clock,
    stats: Arc<Stats>,
    algorithm: String,
    state: Mutex<State>,
    /// The backends that there are, for those who follow the list.
    listed: watch::Sender<Vec<Arc<Backend>>>,
}

#[derive(Debug)]
struct State {
    balancer: Balancer,
    budget: RetryBudget,
    rng: Rng,
    /// In the order of the balancer's servers.
    backends: Vec<Arc<Backend>>,
}

/// A backend that was chosen, and how that came.
#[derive(Debug)]
pub(crate) struct Picked {
    pub(crate) backend: Arc<Backend>,
    pub(crate) choice: Option<Choice>,
}

/// How a choice is made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask<'a> {
    pub(crate) flow: &'a Flow,
    /// Who has had it and failed.
    pub(crate) tried: &'a [Arc<Backend>],
    /// Whether the choice is to be told.
    pub(crate) is_traced: bool,
}

/// A backend as the operator sees it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Shown {
    pub(crate) name: String,
    addr: String,
    weight: u32,
    /// The part of the weight that it has while it starts slowly.
    share: f64,
    state: health::State,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<Failure>,
    /// Why it is given nothing, if it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) against: Option<Reason>,
    /// For how long that state has held.
    state_ms: u64,
    pub(crate) connections: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    connections_max: Option<u32>,
    opened: u64,
    failed: u64,
    up_bytes: u64,
    down_bytes: u64,
}

impl Pool {
    /// Returns the backends of `config`.
    ///
    /// # Errors
    /// Where there is no such rule.
    pub(crate) fn new(config: &Config, clock: Clock, stats: Arc<Stats>) -> Result<Self, SpecError> {
        let algorithm = for_flows(&config.algorithm)?;
        let is_probed = config.check != crate::Check::Off;
        let settings = balancer::Settings {
            health: is_probed.then_some(config.health),
            outliers: config.outliers,
            ..balancer::Settings::default()
        };
        let rule = rules::parse(&algorithm)?;
        let now = clock.mono();
        let state = State {
            balancer: Balancer::new(settings, rule, [], now),
            budget: RetryBudget::new(now),
            rng: Rng::new(Seed(config.seed)),
            backends: Vec::new(),
        };
        let state = state.into();
        let pool = Self { clock, stats, algorithm, state, listed: watch::Sender::default() };
        pool.replace(config.backends.iter().map(|spec| pool.backend(spec.clone())));
        Ok(pool)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn backend(&self, spec: BackendSpec) -> Arc<Backend> {
        let counts = self.stats.of(&spec.name);
        Arc::new(Backend { spec, counts })
    }

    /// Returns the rule as it is in force.
    pub(crate) fn algorithm(&self) -> &str {
        &self.algorithm
    }

    /// Makes the list of backends another one; of several of one name the first counts.
    fn replace(&self, backends: impl Iterator<Item = Arc<Backend>>) {
        let mut state = self.lock();
        let mut listed: Vec<Arc<Backend>> = Vec::new();
        for backend in backends {
            if !listed.iter().any(|other| other.spec.name == backend.spec.name) {
                listed.push(backend);
            }
        }
        let servers = listed.iter().map(|it| (it.spec.name.clone(), it.spec.weight));
        state.balancer.replace(self.clock.mono(), servers.collect::<Vec<_>>());
        state.backends.clone_from(&listed);
        self.listed.send_replace(listed);
    }

    /// Adds a backend, or gives the one of that name another address and weight.
    pub(crate) fn put(&self, spec: BackendSpec) {
        let mut backends = self.backends();
        match backends.iter_mut().find(|it| it.spec.name == spec.name) {
            Some(before) => *before = self.backend(spec),
            None => backends.push(self.backend(spec)),
        }
        self.replace(backends.into_iter());
    }

    /// Takes a backend off the list, and returns whether it was on it. Its connections go on.
    pub(crate) fn remove(&self, name: &str) -> bool {
        let mut backends = self.backends();
        let before = backends.len();
        backends.retain(|backend| backend.spec.name != name);
        let is_gone = backends.len() < before;
        if is_gone {
            self.replace(backends.into_iter());
        }
        is_gone
    }

    /// Has a backend be given nothing more, or again; returns whether there is such a one.
    pub(crate) fn drain(&self, name: &str, is_drained: bool) -> bool {
        let mut state = self.lock();
        let index = state.balancer.index_of(name);
        if let Some(index) = index {
            state.balancer.drain(index, is_drained);
        }
        index.is_some()
    }

    /// Returns the backends.
    pub(crate) fn backends(&self) -> Vec<Arc<Backend>> {
        self.lock().backends.clone()
    }

    /// Returns what follows the list of backends.
    pub(crate) fn listed(&self) -> watch::Receiver<Vec<Arc<Backend>>> {
        self.listed.subscribe()
    }

    /// Returns the backend for a connection, which it then has.
    pub(crate) fn choose(&self, ask: &Ask<'_>) -> Option<Picked> {
        let now = self.clock.mono();
        let given = ask.flow.to_string();
        let mut state = self.lock();
        let State { balancer, budget, rng, backends } = &mut *state;
        if ask.tried.is_empty() {
            budget.requested();
        }
        let index_of = |it: &Arc<Backend>| backends.iter().position(|other| Arc::ptr_eq(it, other));
        let mut tried: Vec<_> = ask.tried.iter().filter_map(index_of).collect();
        loop {
            let request = Request {
                client: Some(ask.flow.source.ip()),
                given: given.as_bytes(),
                tried: &tried,
                ..Request::default()
            };
            let (index, choice) = if ask.is_traced {
                let (index, choice) = balancer.explain(now, &request, rng);
                (index?, Some(choice))
            } else {
                (balancer.choose(now, &request, rng)?, None)
            };
            let backend = backends.get(index)?;
            let in_flight = balancer.servers()[index].in_flight;
            if backend.spec.connections_max.is_some_and(|max| max < in_flight) {
                balancer.dropped(index);
                tried.push(index);
                continue;
            }
            return Some(Picked { backend: Arc::clone(backend), choice });
        }
    }

    /// Returns whether there may be one more second try, which there then is.
    pub(crate) fn may_retry(&self) -> bool {
        let now = self.clock.mono();
        self.lock().budget.take(now)
    }

    /// Takes note of how a connection went that a backend had been chosen for.
    pub(crate) fn ended(&self, backend: &Arc<Backend>, took: Duration, failure: Option<Failure>) {
        if failure.is_some() {
            backend.counts.failed.inc();
        }
        let now = self.clock.mono();
        let mut state = self.lock();
        let index = state.backends.iter().position(|other| Arc::ptr_eq(backend, other));
        if let Some(index) = index {
            state.balancer.answered(now, index, &Answer { took, failure });
        }
    }

    /// Returns when a backend is to be probed next; `None` where it is not on the list any more.
    pub(crate) fn probe_due(&self, backend: &Arc<Backend>) -> Option<MonoTime> {
        let state = self.lock();
        let index = state.backends.iter().position(|other| Arc::ptr_eq(backend, other))?;
        Some(state.balancer.health(index)?.wake_at())
    }

    /// Takes note of how a probe went, and returns the change that it makes.
    pub(crate) fn probed(
        &self,
        backend: &Arc<Backend>,
        outcome: health::Outcome,
    ) -> Option<health::Change> {
        let now = self.clock.mono();
        let mut state = self.lock();
        let index = state.backends.iter().position(|other| Arc::ptr_eq(backend, other))?;
        state.balancer.probed(now, index, outcome)
    }

    /// Returns whether there is anybody to give a connection to.
    pub(crate) fn has_any(&self) -> bool {
        let now = self.clock.mono();
        let state = self.lock();
        let against = |index| state.balancer.against(now, index);
        (0..state.backends.len()).any(|at| matches!(against(at), None | Some(Reason::Unprobed)))
    }

    /// Returns the backends as the operator sees them.
    pub(crate) fn shown(&self) -> Vec<Shown> {
        let now = self.clock.mono();
        let state = self.lock();
        let servers = state.balancer.servers().iter().enumerate().zip(&state.backends);
        let shown =
            |((index, server), backend): ((usize, &dashpot_route::Server), &Arc<Backend>)| {
                let health = state.balancer.health(index);
                let since = health.map_or(MonoTime::ZERO, health::Health::since);
                Shown {
                    name: backend.spec.name.clone(),
                    addr: backend.spec.addr.to_string(),
                    weight: server.weight,
                    share: server.share,
                    // Whoever is not probed counts as up.
                    state: health.map_or(health::State::Up, health::Health::state),
                    why: health.and_then(health::Health::why),
                    against: state.balancer.against(now, index),
                    state_ms: u64::try_from(now.since(since).as_millis()).unwrap_or(u64::MAX),
                    connections: server.in_flight,
                    connections_max: backend.spec.connections_max,
                    opened: backend.counts.opened.get(),
                    failed: backend.counts.failed.get(),
                    up_bytes: backend.counts.up_bytes.get(),
                    down_bytes: backend.counts.down_bytes.get(),
                }
            };
        servers.map(shown).collect()
    }
}

/// Returns a rule as it is in force for flows, of which no path is known: what hashes that hashes
/// the 4-tuple, unless told otherwise.
fn for_flows(spec: &str) -> Result<String, SpecError> {
    let (name, params) = spec.split_once(':').unwrap_or((spec, ""));
    let rule = rules::parse(spec)?;
    let is_keyed = params.split(',').any(|pair| pair.trim_start().starts_with("key"));
    let key = match rule.key() {
        Some(Key::Url) => "url",
        Some(Key::Path) => "path",
        Some(Key::Directory) => "directory",
        Some(Key::Client | Key::Network | Key::Given) | None => return Ok(spec.to_owned()),
    };
    if is_keyed {
        let wanted = "given (addresses and ports), client or network: there are no URLs here";
        return Err(SpecError::BadValue {
            key: "key",
            text: key.to_owned(),
            wanted: wanted.to_owned(),
        });
    }
    let between = if params.is_empty() { "" } else { "," };
    Ok(format!("{name}:{params}{between}key=given"))
}

#[cfg(test)]
mod tests;
