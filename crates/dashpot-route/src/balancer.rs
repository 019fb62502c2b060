//! A pool of servers behind one rule: who is fit, who gets the next request, and what came of it.
//!
//! ```
//! use dashpot_base::{MonoTime, Rng, Seed};
//! use dashpot_route::{Answer, Balancer, Failure, Request, balancer::Settings, rules};
//! use std::time::Duration;
//!
//! let rule = rules::parse("p2c:decay=10s").expect("a rule");
//! let servers = [("edge-1".to_owned(), 1), ("edge-2".to_owned(), 1)];
//! let now = MonoTime::ZERO;
//! let settings = Settings { health: None, ..Settings::default() };
//! let mut balancer = Balancer::new(settings, rule, servers, now);
//! let mut rng = Rng::new(Seed(1));
//!
//! let request = Request { url: "/film/v1/7.m4s", ..Request::default() };
//! let first = balancer.choose(now, &request, &mut rng).expect("two are fit");
//! balancer.answered(now, first, &Answer { took: Duration::ZERO, failure: Some(Failure::Connect) });
//! // A second try goes elsewhere, if the budget has one left.
//! let again = Request { tried: &[first], ..request };
//! assert_eq!(balancer.redispatch(now, &again, &mut rng), Some(1 - first));
//! ```

mod fit;
mod told;

use crate::{
    Answer, By, Choice, Failure, Mode, Reason, Request, RetryBudget, Rule, Server, Sticky,
    health::{self, Change, Health, Outcome, State},
    outlier::{self, Outliers},
    rule::{Seen, Total, View},
};
use dashpot_base::{MonoTime, Rng};
use std::collections::BTreeSet;

/// How a pool is kept.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How its servers are probed; without, all count as up.
    pub health: Option<health::Settings>,
    /// Whom its answers eject; without, nobody.
    pub outliers: Option<outlier::Settings>,
    /// The part of the servers below which, rather than that few well ones carry everything, all
    /// are asked; 0 for never.
    pub panic_ratio: f64,
    /// Whether a cookie holds clients to servers.
    pub sticky: Option<Sticky>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            health: Some(health::Settings::default()),
            outliers: Some(outlier::Settings::default()),
            // Envoy's `healthy_panic_threshold`: below half, each would carry more than double.
            panic_ratio: 0.5,
            sticky: None,
        }
    }
}

/// A pool of servers and the rule that chooses among them.
#[derive(Debug)]
pub struct Balancer {
    settings: Settings,
    rule: Box<dyn Rule>,
    servers: Vec<Server>,
    sides: Vec<Side>,
    outliers: Option<Outliers>,
    budget: RetryBudget,
    /// The indices of those that are fit, and what that follows from.
    fit: Vec<usize>,
    total: Total,
    mode: Mode,
    /// When that has to be looked at again; at once, after a change.
    stale_at: MonoTime,
}

/// What is known of a server beside what its rule sees.
#[derive(Clone, Debug, Default)]
struct Side {
    health: Option<Health>,
    is_drained: bool,
    /// What stands against it.
    against: Option<Reason>,
}

impl Balancer {
    /// Returns a pool of servers by name and weight; of several of one name the first counts.
    #[must_use]
    pub fn new(
        settings: Settings,
        rule: Box<dyn Rule>,
        servers: impl IntoIterator<Item = (String, u32)>,
        now: MonoTime,
    ) -> Self {
        let outliers = settings.outliers.map(|outliers| Outliers::new(outliers, 0, now));
        let mut balancer = Self {
            settings,
            rule,
            servers: Vec::new(),
            sides: Vec::new(),
            outliers,
            budget: RetryBudget::new(now),
            fit: Vec::new(),
            total: Total::default(),
            mode: Mode::Normal,
            stale_at: now,
        };
        balancer.replace(now, servers);
        balancer
    }

    /// Makes the list of servers another one. What is known of those that stay is kept, but their
    /// indices are those of the list: answers under way find theirs by [`index_of`](Self::index_of).
    pub fn replace(&mut self, now: MonoTime, servers: impl IntoIterator<Item = (String, u32)>) {
        let mut names = BTreeSet::new();
        let (mut listed, mut sides, mut records) = (Vec::new(), Vec::new(), Vec::new());
        for (id, weight) in servers {
            if !names.insert(id.clone()) {
                continue;
            }
            let before = self.index_of(&id);
            let record = before.and_then(|at| self.outliers.as_ref().map(|it| it.record(at)));
            records.push(record.unwrap_or_default());
            let fresh = Server::new(&id, weight);
            let health = || self.settings.health.map(|settings| Health::new(settings, now));
            let (server, side) = match before {
                Some(at) => (
                    Server { weight: fresh.weight, ..self.servers[at].clone() },
                    self.sides[at].clone(),
                ),
                None => (fresh, Side { health: health(), ..Side::default() }),
            };
            listed.push(server);
            sides.push(side);
        }
        (self.servers, self.sides) = (listed, sides);
        if let Some(outliers) = &mut self.outliers {
            outliers.replace(records);
        }
        self.rule.arrange(&self.servers);
        self.stale_at = MonoTime::ZERO;
    }

    /// Returns the server for a request, which it then has; `None` where none may have it. Whatever
    /// came of it is told by [`answered`](Self::answered) or [`dropped`](Self::dropped).
    pub fn choose(&mut self, now: MonoTime, request: &Request<'_>, rng: &mut Rng) -> Option<usize> {
        self.route(now, request, rng, None).0
    }

    /// Does what [`choose`](Self::choose) does, and tells how it came to it.
    pub fn explain(
        &mut self,
        now: MonoTime,
        request: &Request<'_>,
        rng: &mut Rng,
    ) -> (Option<usize>, Choice) {
        let mut seen = Seen::default();
        let (chosen, by) = self.route(now, request, rng, Some(&mut seen));
        (chosen, self.told(request, &seen, chosen, by))
    }

    /// Returns another server for a request that has failed at those it has `tried`, if the budget
    /// for second tries allows it at all.
    pub fn redispatch(
        &mut self,
        now: MonoTime,
        request: &Request<'_>,
        rng: &mut Rng,
    ) -> Option<usize> {
        if !self.budget.take(now) {
            return None;
        }
        self.route(now, request, rng, None).0
    }

    fn route(
        &mut self,
        now: MonoTime,
        request: &Request<'_>,
        rng: &mut Rng,
        seen: Option<&mut Seen>,
    ) -> (Option<usize>, By) {
        self.refresh(now);
        if request.tried.is_empty() {
            self.budget.requested();
        }
        let (chosen, by) = match self.held(request) {
            Some(index) => (Some(index), By::Cookie),
            None => {
                let mut view = View {
                    now,
                    servers: &mut self.servers,
                    fit: &self.fit,
                    total: self.total,
                    request,
                    rng,
                    seen,
                };
                (self.rule.pick(&mut view), By::Rule)
            }
        };
        if let Some(server) = chosen.and_then(|index| self.servers.get_mut(index)) {
            server.in_flight = server.in_flight.saturating_add(1);
            self.total.in_flight += 1;
        }
        (chosen, by)
    }

    /// Returns the server that the client's cookie names, if nothing stands against it: a session is
    /// never held to a server that is down, even where all are asked.
    fn held(&self, request: &Request<'_>) -> Option<usize> {
        let sticky = self.settings.sticky.as_ref()?;
        let token = sticky.read(request.cookie)?;
        let index = self.servers.iter().position(|it| sticky.token_of(it.hash) == token)?;
        let is_well = self.sides[index].against.is_none() && self.servers[index].is_fit;
        (is_well && !request.tried.contains(&index)).then_some(index)
    }

    /// Takes note of how a request went.
    pub fn answered(&mut self, now: MonoTime, index: usize, answer: &Answer) {
        self.dropped(index);
        let Some(server) = self.servers.get_mut(index) else { return };
        self.rule.answered(now, server, answer);
        let Some(outliers) = &mut self.outliers else { return };
        if !answer.failure.is_some_and(Failure::is_fault) {
            outliers.succeeded(index);
        } else if outliers.failed(now, index) {
            self.stale_at = MonoTime::ZERO;
        }
    }

    /// Takes note that a request has ended without saying anything of its server.
    pub fn dropped(&mut self, index: usize) {
        let Some(server) = self.servers.get_mut(index) else { return };
        if server.is_fit && server.in_flight != 0 {
            self.total.in_flight = self.total.in_flight.saturating_sub(1);
        }
        server.in_flight = server.in_flight.saturating_sub(1);
    }

    /// Returns which server is to be probed next, and when: told by [`probing`](Self::probing), then
    /// by [`probed`](Self::probed).
    #[must_use]
    pub fn probe_due(&self) -> Option<(MonoTime, usize)> {
        let due = |(index, side): (usize, &Side)| Some((side.health.as_ref()?.wake_at(), index));
        self.sides.iter().enumerate().filter_map(due).min()
    }

    /// Takes note that a probe begins.
    pub fn probing(&mut self, now: MonoTime, index: usize) {
        let health = self.sides.get_mut(index).and_then(|side| side.health.as_mut());
        health.into_iter().for_each(|health| health.begin(now));
    }

    /// Takes note of how a probe went, and returns the change that it makes.
    pub fn probed(&mut self, now: MonoTime, index: usize, outcome: Outcome) -> Option<Change> {
        let change = self.sides.get_mut(index)?.health.as_mut()?.handle(now, outcome)?;
        if (change.from, change.to) == (State::Down, State::Up) {
            // It is another server than the one that failed. A probe of one that was up all along
            // says nothing against its answers.
            self.outliers.iter_mut().for_each(|outliers| outliers.forgive(index));
        }
        self.stale_at = MonoTime::ZERO;
        Some(change)
    }

    /// Takes a server out, or back in. It ends what it has.
    pub fn drain(&mut self, index: usize, is_drained: bool) {
        if let Some(side) = self.sides.get_mut(index) {
            side.is_drained = is_drained;
            self.stale_at = MonoTime::ZERO;
        }
    }

    /// Returns the servers.
    #[must_use]
    pub fn servers(&self) -> &[Server] {
        &self.servers
    }

    /// Returns the index of the server of that name.
    #[must_use]
    pub fn index_of(&self, id: &str) -> Option<usize> {
        self.servers.iter().position(|server| server.id == id)
    }

    /// Returns the health of a server, where it is probed.
    #[must_use]
    pub fn health(&self, index: usize) -> Option<&Health> {
        self.sides.get(index)?.health.as_ref()
    }

    /// Returns what stands against a server at `now`, if anything.
    #[must_use]
    pub fn against(&self, now: MonoTime, index: usize) -> Option<Reason> {
        let (server, side) = (self.servers.get(index)?, self.sides.get(index)?);
        if side.is_drained || server.weight == 0 {
            return Some(Reason::Drained);
        }
        match side.health.as_ref().map(|health| (health.state(), health.why())) {
            Some((State::Down, why)) => return Some(Reason::Down(why)),
            Some((State::Unknown, _)) => return Some(Reason::Unprobed),
            Some((State::Up, _)) | None => (),
        }
        let is_ejected = self.outliers.as_ref().is_some_and(|it| it.is_ejected(now, index));
        is_ejected.then_some(Reason::Ejected)
    }

    /// Returns the `Set-Cookie` header that holds a client to a server, where sessions are sticky.
    #[must_use]
    pub fn set_cookie(&self, index: usize) -> Option<String> {
        Some(self.settings.sticky.as_ref()?.set_cookie(&self.servers.get(index)?.id))
    }

    /// Returns what the choices are made by.
    #[must_use]
    pub fn rule(&self) -> &dyn Rule {
        &*self.rule
    }
}

#[cfg(test)]
mod tests;
