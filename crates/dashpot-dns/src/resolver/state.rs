//! What a resolver remembers.

use super::{
    config::Config,
    reading::Referral,
    set::{Nothing, Set, Stored, question},
};
use dashpot_base::MonoTime;
use dashpot_names::{Cache, Found, Kind, Miss};
use hickory_proto::{
    op::ResponseCode,
    rr::{Name, RecordType},
};
use ipnet::IpNet;
use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

/// For how long a server that did not answer is asked after all others. Resolvers take minutes; this
/// is short enough for a demonstration to see it come back.
const RESTS: Duration = Duration::from_secs(30);

/// Servers that are remembered as silent.
const RESTING_MAX: usize = 1_024;

/// Caches, and which servers are silent.
#[derive(Debug)]
pub(crate) struct State {
    sets: Cache<Stored>,
    zones: Cache<Arc<Delegation>>,
    resting: BTreeMap<IpAddr, MonoTime>,
}

/// Whom to ask for what is in a zone.
#[derive(Clone, Debug)]
pub(crate) struct Delegation {
    pub(crate) zone: Name,
    /// Servers by name, and where they answer, as far as that is known.
    pub(crate) servers: Vec<(Option<Name>, Vec<SocketAddr>)>,
}

/// Whether what no longer holds will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stale {
    /// Only where nobody is to be asked for a while.
    Reluctant,
    /// Nobody has answered.
    Accepted,
}

/// What the cache has.
#[derive(Debug)]
pub(crate) struct Look {
    pub(crate) stored: Stored,
    pub(crate) ttl: u32,
    pub(crate) is_stale: bool,
    /// Whether it is to be asked for anew.
    pub(crate) prefetch: bool,
    /// The clients for whom it is; none where it is for everybody.
    pub(crate) network: Option<IpNet>,
}

impl State {
    pub(crate) fn new(config: &Config) -> Self {
        let zones = dashpot_names::Rules {
            stale_for: Duration::ZERO,
            prefetch_percent: 0,
            ttl_min: 0,
            ..config.rules.clone()
        };
        Self {
            sets: Cache::new(config.rules.clone()),
            zones: Cache::new(zones),
            resting: BTreeMap::new(),
        }
    }

    /// Returns what there is for a question: its records, an alias, or that there is nothing.
    pub(crate) fn look_up(
        &mut self,
        now: MonoTime,
        (name, kind): (&Name, RecordType),
        subnet: Option<IpNet>,
        stale: Stale,
    ) -> Result<Look, Miss> {
        let mut miss = Miss::Absent;
        // That there is no such name is kept under a type that there is not.
        for kind in [kind, RecordType::CNAME, RecordType::ZERO] {
            match self.sets.look_up(now, &question(name, kind), subnet) {
                Found::Fresh { answer, ttl, prefetch, network } => {
                    let stored = answer.clone();
                    return Ok(Look { stored, ttl, is_stale: false, prefetch, network });
                }
                Found::Stale { answer, ttl, ask_first, network }
                    if stale == Stale::Accepted || !ask_first =>
                {
                    let stored = answer.clone();
                    return Ok(Look { stored, ttl, is_stale: true, prefetch: false, network });
                }
                Found::Stale { .. } => miss = Miss::Expired,
                Found::Missing(Miss::Absent) => (),
                Found::Missing(other) => miss = other,
            }
        }
        Err(miss)
    }

    /// Keeps a set for the clients of `network`, and returns for how many seconds.
    pub(crate) fn keep(
        &mut self,
        now: MonoTime,
        owner: &Name,
        set: &Arc<Set>,
        network: Option<IpNet>,
    ) -> u32 {
        let key = (question(owner, set.kind), network);
        self.sets.store(now, key, Stored::Set(Arc::clone(set)), (Kind::Positive, set.ttl()));
        self.sets.ttl_kept(Kind::Positive, set.ttl())
    }

    /// Keeps that there is nothing, likewise.
    pub(crate) fn keep_nothing(
        &mut self,
        now: MonoTime,
        (owner, kind): (&Name, RecordType),
        nothing: &Arc<Nothing>,
        network: Option<IpNet>,
    ) -> u32 {
        let is_name = nothing.code == ResponseCode::NXDomain;
        let kind = if is_name { RecordType::ZERO } else { kind };
        let key = (question(owner, kind), network);
        let ttl = nothing.ttl();
        self.sets.store(now, key, Stored::Nothing(Arc::clone(nothing)), (Kind::Negative, ttl));
        self.sets.ttl_kept(Kind::Negative, ttl)
    }

    /// Notes that nobody answers for a name.
    pub(crate) fn failed(&mut self, now: MonoTime, name: &Name, kind: RecordType) {
        for kind in [kind, RecordType::CNAME, RecordType::ZERO] {
            self.sets.failed(now, &question(name, kind), None);
        }
    }

    /// Keeps whom a server has referred to, and returns it as it can be asked.
    pub(crate) fn refer(
        &mut self,
        now: MonoTime,
        referral: Referral,
        config: &Config,
    ) -> Arc<Delegation> {
        let servers = referral.servers.into_iter().map(|(name, addresses)| {
            let addresses = addresses.into_iter().map(|address| config.server(address));
            (Some(name), addresses.collect())
        });
        let zone = referral.zone;
        let key = (question(&zone, RecordType::NS), None);
        let delegation = Arc::new(Delegation { zone, servers: servers.collect() });
        let holds = (Kind::Positive, referral.ttl);
        self.zones.store(now, key, Arc::clone(&delegation), holds);
        delegation
    }

    /// Returns whom to ask for `name`: the servers of the longest zone that is known.
    pub(crate) fn closest(&mut self, now: MonoTime, name: &Name) -> Option<(Arc<Delegation>, u32)> {
        let mut at = name.clone();
        loop {
            let found = self.zones.look_up(now, &question(&at, RecordType::NS), None);
            if let Found::Fresh { answer, ttl, .. } = found {
                return Some((Arc::clone(answer), ttl));
            }
            if at.is_root() {
                return None;
            }
            at = at.base_name();
        }
    }

    /// Notes whether a server has answered.
    pub(crate) fn answered(&mut self, now: MonoTime, server: SocketAddr, has_answered: bool) {
        if has_answered {
            self.resting.remove(&server.ip());
            return;
        }
        if RESTING_MAX <= self.resting.len() {
            self.resting.retain(|_, until| now < *until);
        }
        if self.resting.len() < RESTING_MAX {
            self.resting.insert(server.ip(), now.after(RESTS));
        }
    }

    pub(crate) fn rests(&self, now: MonoTime, server: SocketAddr) -> bool {
        self.resting.get(&server.ip()).is_some_and(|until| now < *until)
    }

    /// Returns how many answers are kept.
    pub(crate) fn len(&self) -> usize {
        self.sets.len()
    }

    /// Forgets a name, and the servers of a zone of this name.
    pub(crate) fn forget(&mut self, name: &Name) -> usize {
        let name = name.to_ascii();
        self.sets.forget(&name) + self.zones.forget(&name)
    }
}
