//! The walk: from what is known nearest to a name, down the referrals, to its records.

use super::{
    Inner,
    config::Ask,
    failure::Failure,
    reading::{self, Reading},
    set::{Nothing, Set, Stored},
    state::{Delegation, Look, Stale},
    trace::{Outcome, Step},
};
use dashpot_base::MonoTime;
use hickory_proto::{
    op::{Message, ResponseCode},
    rr::{Name, RecordType},
};
use ipnet::IpNet;
use std::{pin::Pin, sync::Arc};

/// Aliases that are followed: longer chains are mistakes, or loops.
const ALIASES_MAX: usize = 16;

/// Referrals on the way to one name: names have fewer labels than that which are zones.
const REFERRALS_MAX: usize = 24;

/// Questions within questions: the address of a server of a zone whose servers' addresses are to be
/// found, the keys that prove it, and so on; each level of zones takes two of a proof.
const DEPTH_MAX: u8 = 32;

/// Labels beyond which names are shown whole (RFC 9156 §2.3): each costs a question.
const MINIMISED_MAX: usize = 10;

/// A walk under way.
#[derive(Debug)]
pub(crate) struct Walk<'a> {
    pub(crate) resolver: &'a Inner,
    /// The client's network, where that is told.
    pub(crate) subnet: Option<IpNet>,
    pub(crate) steps: Vec<Step>,
    /// Questions that were asked of name servers.
    pub(crate) queries: u32,
    pub(crate) depth: u8,
    began: MonoTime,
    /// The narrowest scope of the answers to the question itself.
    pub(crate) scope: Option<u8>,
}

/// What a walk has found: aliases, and at their end records or that there are none.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Sets with their owners' names as they were asked for, and the seconds for which they hold.
    pub(crate) chain: Vec<(Name, Arc<Set>, u32)>,
    pub(crate) nothing: Option<(Arc<Nothing>, u32)>,
    pub(crate) is_stale: bool,
    /// A link that is to be asked for anew.
    pub(crate) prefetch: Option<(Name, RecordType)>,
}

/// An answer of a zone's server.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) zone: Name,
    pub(crate) message: Message,
    pub(crate) reading: Reading,
    pub(crate) network: Option<IpNet>,
}

type Walking<'f, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'f>>;

impl<'a> Walk<'a> {
    pub(crate) fn new(resolver: &'a Inner, subnet: Option<IpNet>) -> Self {
        let (began, steps) = (resolver.clock.mono(), Vec::new());
        Self { resolver, subnet, steps, queries: 0, depth: 0, began, scope: None }
    }

    /// Returns what the cache alone has, the whole chain of it.
    pub(crate) fn kept(&mut self, name: &Name, kind: RecordType, stale: Stale) -> Option<Found> {
        let mut found = Found::default();
        let mut name = name.clone();
        for _ in 0..ALIASES_MAX {
            let look = self.look_up(&name, kind, stale).ok()?;
            name = match self.take(&name, kind, look, &mut found) {
                Some(next) => next,
                None => return Some(found),
            };
        }
        None
    }

    /// Finds records, and asks whomever it takes; `anew` where what is kept is to be renewed.
    pub(crate) fn find(&mut self, name: Name, kind: RecordType, anew: bool) -> Walking<'_, Found> {
        Box::pin(async move {
            let mut found = Found::default();
            let mut name = name;
            for index in 0..ALIASES_MAX {
                let is_renewed = anew && index == 0;
                let look = match is_renewed {
                    true => None,
                    false => self.look_up(&name, kind, Stale::Reluctant).ok(),
                };
                let next = match look {
                    Some(look) => self.take(&name, kind, look, &mut found),
                    None => self.ask_for(&name, kind, &mut found).await?,
                };
                match next {
                    Some(next) => name = next,
                    None => return Ok(found),
                }
            }
            self.step(Step { detail: "aliases without end".to_owned(), ..self.about(&name, kind) });
            Err(Failure::Endless)
        })
    }

    fn look_up(&mut self, name: &Name, kind: RecordType, stale: Stale) -> Result<Look, ()> {
        let now = self.resolver.clock.mono();
        let look = self.resolver.state().look_up(now, (name, kind), self.subnet, stale);
        let step = self.about(name, kind);
        let step = match &look {
            Ok(look) => Step {
                outcome: match &look.stored {
                    _ if look.is_stale => Outcome::Stale,
                    Stored::Set(_) => Outcome::Hit,
                    Stored::Nothing(_) => Outcome::HitNothing,
                },
                ttl: Some(look.ttl),
                detail: match &look.stored {
                    Stored::Set(set) => told(std::slice::from_ref(&**set)),
                    Stored::Nothing(nothing) => nothing.code.to_str().to_owned(),
                },
                ..step
            },
            Err(miss) => {
                let detail = match miss {
                    dashpot_names::Miss::Absent => "",
                    dashpot_names::Miss::Expired => "expired",
                    dashpot_names::Miss::OtherNetwork => "kept for other networks",
                };
                Step { outcome: Outcome::Miss, detail: detail.to_owned(), ..step }
            }
        };
        self.step(step);
        look.map_err(|_| ())
    }

    /// Adds what the cache has, and returns the name to go on with.
    fn take(
        &mut self,
        name: &Name,
        kind: RecordType,
        look: Look,
        found: &mut Found,
    ) -> Option<Name> {
        found.is_stale |= look.is_stale;
        if self.depth == 0 {
            self.scope = self.scope.max(look.network.map(|network| network.prefix_len()));
        }
        match look.stored {
            Stored::Nothing(nothing) => {
                found.nothing = Some((nothing, look.ttl));
                None
            }
            Stored::Set(set) => {
                if look.prefetch {
                    found.prefetch = Some((name.clone(), set.kind));
                }
                let next = if set.kind == kind { None } else { set.target() };
                found.chain.push((name.clone(), set, look.ttl));
                next
            }
        }
    }

    /// Asks for records, keeps what is told, and returns the name to go on with.
    async fn ask_for(
        &mut self,
        name: &Name,
        kind: RecordType,
        found: &mut Found,
    ) -> Result<Option<Name>, Failure> {
        let answered = self.walk_to(name, kind).await?;
        let (mut sets, nothing) = match answered.reading {
            Reading::Sets(sets) => (sets, None),
            Reading::Nothing(sets, nothing) => (sets, Some(nothing)),
            Reading::Referral(_) | Reading::Lame(_) | Reading::Failed(_) => {
                return Err(Failure::Unanswered(answered.zone));
            }
        };
        let mut nothing = nothing;
        let end = sets.last().and_then(Set::target).unwrap_or_else(|| name.clone());
        if self.resolver.config.validates() {
            let question = (&end, kind);
            self.validate(&answered.zone, &mut sets, question, nothing.as_mut()).await?;
        }
        let now = self.resolver.clock.mono();
        let mut owner = name.clone();
        for set in sets {
            let set = Arc::new(set);
            let ttl = self.resolver.state().keep(now, &owner, &set, answered.network);
            found.chain.push((owner.clone(), Arc::clone(&set), ttl));
            match set.target() {
                Some(target) if set.kind != kind => owner = target,
                _ => return Ok(None),
            }
        }
        let Some(nothing) = nothing else { return Ok(Some(owner)) };
        let nothing = Arc::new(nothing);
        let key = (&owner, kind);
        let ttl = self.resolver.state().keep_nothing(now, key, &nothing, answered.network);
        found.nothing = Some((nothing, ttl));
        Ok(None)
    }

    /// Walks down to the zone that answers for `name`, and returns its answer.
    async fn walk_to(&mut self, name: &Name, kind: RecordType) -> Result<Answered, Failure> {
        let mut delegation = self.start(name, kind).await?;
        let mut labels = delegation.zone.iter().count() + 1;
        let whole = name.iter().count();
        for _ in 0..REFERRALS_MAX {
            let config = &self.resolver.config;
            // RFC 9156 §3: one label more than the zone has, unless that is all of it.
            let is_part =
                config.minimises && !config.forwards() && labels < whole && whole <= MINIMISED_MAX;
            let (asked, asked_kind) = match is_part {
                true => (name.trim_to(labels), RecordType::A),
                false => (name.clone(), kind),
            };
            let answered = self.ask_zone(&delegation, &asked, asked_kind).await?;
            match &answered.reading {
                Reading::Referral(referral) => {
                    let now = self.resolver.clock.mono();
                    let referral = referral.clone();
                    let config = &self.resolver.config;
                    delegation = self.resolver.state().refer(now, referral, config);
                    labels = delegation.zone.iter().count() + 1;
                }
                // RFC 8020 says that nothing is below a name that is not; some servers say so of
                // names with something below, and the whole name decides (RFC 9156 §2.3).
                Reading::Nothing(_, nothing)
                    if is_part && nothing.code == ResponseCode::NXDomain =>
                {
                    labels = whole;
                }
                Reading::Sets(_) | Reading::Nothing(..) if is_part => labels += 1,
                Reading::Sets(_) | Reading::Nothing(..) | Reading::Lame(_) | Reading::Failed(_) => {
                    return Ok(answered);
                }
            }
        }
        Err(Failure::Endless)
    }

    /// Returns whom to begin with.
    async fn start(&mut self, name: &Name, kind: RecordType) -> Result<Arc<Delegation>, Failure> {
        let hints = match &self.resolver.config.ask {
            Ask::Resolvers(servers) | Ask::Roots(servers) => Arc::new(Delegation {
                zone: Name::root(),
                servers: servers.iter().map(|server| (None, vec![*server])).collect(),
            }),
        };
        if self.resolver.config.forwards() {
            return Ok(hints);
        }
        // RFC 4035 §3.1.4.1: the DS record of a zone is in the zone above it.
        let inside = if kind == RecordType::DS { name.base_name() } else { name.clone() };
        let now = self.resolver.clock.mono();
        let closest = self.resolver.state().closest(now, &inside);
        if let Some((delegation, ttl)) = closest {
            if !delegation.zone.is_root() {
                let about = self.about(&delegation.zone, RecordType::NS);
                let count = delegation.servers.len();
                let detail = format!("{count} servers");
                self.step(Step { outcome: Outcome::Known, ttl: Some(ttl), detail, ..about });
            }
            return Ok(delegation);
        }
        // RFC 8109: the servers that are written down are asked for those that there are.
        let primed = self.ask_zone(&hints, &Name::root(), RecordType::NS).await?;
        let Some(roots) = reading::roots(&primed.message) else { return Ok(hints) };
        if roots.servers.values().all(Vec::is_empty) {
            return Ok(hints);
        }
        let now = self.resolver.clock.mono();
        Ok(self.resolver.state().refer(now, roots, &self.resolver.config))
    }

    /// Returns a step that is about a question, begun and ended now.
    pub(crate) fn about(&self, name: &Name, kind: RecordType) -> Step {
        Step {
            at_us: micros(self.resolver.clock.mono().since(self.began)),
            took_us: 0,
            depth: self.depth,
            name: name.to_ascii(),
            kind: kind.to_string(),
            zone: None,
            server: None,
            server_name: None,
            transport: None,
            outcome: Outcome::GivenUp,
            ttl: None,
            scope: None,
            disbelieved: 0,
            detail: String::new(),
        }
    }

    pub(crate) fn step(&mut self, step: Step) {
        self.steps.push(step);
    }

    /// Goes one question deeper, as long as that is not too deep.
    pub(crate) fn deeper(&mut self) -> Result<(), Failure> {
        if DEPTH_MAX <= self.depth {
            return Err(Failure::Endless);
        }
        self.depth += 1;
        Ok(())
    }
}

pub(crate) fn micros(span: std::time::Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

/// Returns the data of sets, for people.
pub(crate) fn told(sets: &[Set]) -> String {
    const TOLD_MAX: usize = 6;
    let records = sets.iter().flat_map(|set| &set.records);
    let mut told: Vec<_> = records.map(|record| record.data.to_string()).collect();
    let more = told.len().saturating_sub(TOLD_MAX);
    told.truncate(TOLD_MAX);
    if 0 < more {
        told.push(format!("{more} more"));
    }
    told.join(", ")
}
