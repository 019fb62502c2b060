//! Resolvers: from a question to an answer by walking down from the root, or by asking other resolvers,
//! with every step of it told.
//!
//! The walk is this crate's own, on hickory's messages and signatures: it is what there is to see, so
//! each question to a server and each look into the cache must be a step that can be shown, and times
//! to live must count down through every cache there is.

mod anchor;
mod ask;
mod config;
mod denial;
mod failure;
mod front;
mod hop;
mod reading;
mod respond;
mod servers;
mod set;
mod state;
mod trace;
mod validate;
mod walk;

pub use anchor::{Anchor, AnchorError, AnchorKey};
pub use ask::{AskError, Heard, ask};
pub use config::{Ask, Config as ResolverOptions, ResolverConfig, ResolverStartError, Subnet};
pub use front::{ResolverServer, bind_resolver};
pub use trace::{Outcome as StepOutcome, Step};

use config::Config;
use dashpot_serve::{Clock, Counter};
use failure::Failure;
use hickory_proto::{
    op::ResponseCode,
    rr::{Name, Record, RecordType},
};
use ipnet::IpNet;
use set::Security;
use state::{Stale, State};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::Semaphore, time::timeout};
use walk::{Found, Walk};

/// How long a client waits before it is given what no longer holds (RFC 8767 §5).
const PATIENCE: Duration = Duration::from_millis(1_800);

/// Answers that are asked for anew at a time, ahead of their end.
const PREFETCHES_MAX: usize = 64;

/// A resolver; clones share what it remembers.
#[derive(Clone, Debug)]
pub struct Resolver(Arc<Inner>);

/// What all walks of a resolver share.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    pub(crate) counters: Counters,
    state: Mutex<State>,
    prefetches: Arc<Semaphore>,
}

/// What a resolver counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counters {
    queries: Counter,
}

impl Counters {
    pub(crate) fn asked(&self) {
        self.queries.inc();
    }
}

/// What is asked of a resolver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The name.
    pub name: Name,
    /// The type.
    pub kind: RecordType,
    /// The client's network, where name servers are told (RFC 7871).
    pub subnet: Option<IpNet>,
}

/// What a resolver answers, and how it came by it.
#[derive(Clone, Debug)]
pub struct Resolution {
    /// The code of the answer.
    pub code: ResponseCode,
    /// Aliases first, then the records, each with the time for which it still holds.
    pub answers: Vec<Record>,
    /// What says that there is nothing.
    pub authorities: Vec<Record>,
    /// Whether signatures prove all of it, up to a trust anchor.
    pub is_secure: bool,
    /// Whether it no longer holds, and stands in since nobody answers (RFC 8767).
    pub is_stale: bool,
    /// Whether the cache had all of it.
    pub is_cached: bool,
    /// Bits of the client's network for which it holds, where it was told.
    pub scope: Option<u8>,
    /// Why there is no answer: a code (RFC 8914) and words.
    pub fault: Option<(u16, String)>,
    /// The walk, step by step.
    pub steps: Vec<Step>,
}

impl Resolver {
    /// Returns a resolver that remembers nothing.
    ///
    /// # Errors
    /// Where it has nobody to ask, or is to prove what cannot be.
    pub fn new(config: Config, clock: Clock) -> Result<Self, ResolverStartError> {
        Self::counting(config, clock, Counters::default())
    }

    pub(crate) fn counting(
        mut config: Config,
        clock: Clock,
        counters: Counters,
    ) -> Result<Self, ResolverStartError> {
        let (Ask::Roots(asked) | Ask::Resolvers(asked)) = &config.ask;
        if asked.is_empty() {
            return Err(ResolverStartError::Nobody);
        }
        if config.validates() && config.forwards() {
            return Err(ResolverStartError::Unprovable);
        }
        // Referrals name the root's servers without their ports.
        for server in asked {
            config.ports.entry(server.ip()).or_insert(server.port());
        }
        if let Some(address) = config.source {
            std::net::UdpSocket::bind((address, 0))
                .map_err(|source| ResolverStartError::Source { address, source })?;
        }
        let state = Mutex::new(State::new(&config));
        let prefetches = Arc::new(Semaphore::new(PREFETCHES_MAX));
        Ok(Self(Arc::new(Inner { config, clock, counters, state, prefetches })))
    }

    /// Returns what the resolver does.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// Returns how many questions were asked of name servers so far.
    #[must_use]
    pub fn queries(&self) -> u64 {
        self.0.counters.queries.get()
    }

    /// Returns how many answers are kept.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.0.state().len()
    }

    /// Forgets what is known of a name, and of the zone of that name.
    pub fn forget(&self, name: &Name) -> usize {
        self.0.state().forget(name)
    }

    /// Returns the answer that the cache has, if it has all of it.
    #[must_use]
    pub fn cached(&self, asked: &Asked) -> Option<Resolution> {
        let mut walk = Walk::new(&self.0, asked.subnet);
        let found = walk.kept(&asked.name, asked.kind, Stale::Reluctant)?;
        self.prefetch(&found, asked.subnet);
        let mut resolution = told(asked, found, walk);
        resolution.is_cached = true;
        Some(resolution)
    }

    /// Finds the answer, and asks whomever it takes.
    pub async fn resolve(&self, asked: &Asked) -> Resolution {
        let mut walk = Walk::new(&self.0, asked.subnet);
        let (name, kind) = (&asked.name, asked.kind);
        let stale = Walk::new(&self.0, asked.subnet).kept(name, kind, Stale::Accepted);
        let failure = {
            let finding = walk.find(name.clone(), kind, false);
            let found = match stale {
                Some(_) => timeout(PATIENCE, finding).await.ok(),
                None => Some(finding.await),
            };
            match found {
                Some(Ok(found)) => {
                    self.prefetch(&found, asked.subnet);
                    return told(asked, found, walk);
                }
                Some(Err(failure)) => failure,
                None => Failure::Unanswered(name.clone()),
            }
        };
        // RFC 8767 §4: only where nobody answers; what is not believed is never papered over.
        let stands_in = stale.is_some() && matches!(failure, Failure::Unanswered(_));
        if stands_in {
            self.0.state().failed(self.0.clock.mono(), name, kind);
            if let Some(found) = walk.kept(name, kind, Stale::Accepted) {
                return told(asked, found, walk);
            }
        }
        Resolution {
            code: ResponseCode::ServFail,
            fault: Some((failure.extended(), failure.to_string())),
            steps: walk.steps,
            ..Resolution::nothing()
        }
    }

    /// Asks anew for what is used and nears its end.
    fn prefetch(&self, found: &Found, subnet: Option<IpNet>) {
        let Some((name, kind)) = found.prefetch.clone() else { return };
        let Ok(permit) = Arc::clone(&self.0.prefetches).try_acquire_owned() else { return };
        let inner = Arc::clone(&self.0);
        tokio::spawn(async move {
            let mut walk = Walk::new(&inner, subnet);
            if let Err(error) = walk.find(name.clone(), kind, true).await {
                tracing::debug!(%name, %kind, %error, "not renewed ahead of its end");
            }
            drop(permit);
        });
    }
}

impl Inner {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Resolution {
    const fn nothing() -> Self {
        Self {
            code: ResponseCode::NoError,
            answers: Vec::new(),
            authorities: Vec::new(),
            is_secure: false,
            is_stale: false,
            is_cached: false,
            scope: None,
            fault: None,
            steps: Vec::new(),
        }
    }

    /// Returns how many questions were asked of name servers.
    #[must_use]
    pub fn queries(&self) -> usize {
        self.steps.iter().filter(|step| step.is_query()).count()
    }

    /// Returns the servers that were asked, in the order in which they were.
    pub fn servers(&self) -> impl Iterator<Item = SocketAddr> {
        self.steps.iter().filter_map(|step| step.server)
    }
}

/// Returns what was found as an answer, aliases first.
fn told(asked: &Asked, found: Found, walk: Walk<'_>) -> Resolution {
    let mut answers = Vec::new();
    let mut authorities = Vec::new();
    let sets = found.chain.iter().map(|(_, set, _)| &set.security);
    let nothing = found.nothing.iter().map(|(nothing, _)| &nothing.security);
    let is_secure = sets.chain(nothing).all(|security| *security == Security::Secure);
    for (owner, set, ttl) in &found.chain {
        set.write(owner, *ttl, true, &mut answers);
        authorities.extend(set.proofs.iter().cloned().map(|mut record| {
            record.ttl = record.ttl.min(*ttl);
            record
        }));
    }
    let mut code = ResponseCode::NoError;
    if let Some((nothing, ttl)) = &found.nothing {
        code = nothing.code;
        nothing.write(*ttl, true, &mut authorities);
    }
    let scope = walk.scope.filter(|_| asked.subnet.is_some());
    let fault = found.is_stale.then(|| (3, "nobody answers, and this no longer holds".to_owned()));
    let is_stale = found.is_stale;
    Resolution {
        code,
        answers,
        authorities,
        is_secure,
        is_stale,
        is_cached: false,
        scope,
        fault,
        steps: walk.steps,
    }
}

#[cfg(test)]
mod tests;
