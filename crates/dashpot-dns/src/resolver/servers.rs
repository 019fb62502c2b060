//! Asking the servers of a zone, one after the other until one answers.

use super::{
    failure::Failure,
    hop::{Hop, Told, Untold, random, scope},
    reading::{self, Reading},
    state::Delegation,
    trace::{Outcome, Step},
    walk::{Answered, Walk, micros, told},
};
use hickory_proto::{
    op::ResponseCode,
    rr::{Name, RecordType},
};
use std::net::SocketAddr;

/// Questions to name servers for one question of a client: what a validated walk takes several times
/// over, and no more than that for whoever sets a maze.
pub(crate) const QUERIES_MAX: u32 = 128;

/// Servers whose addresses are looked for, of a zone of which none is known (`NXNSAttack`).
const UNKNOWN_MAX: usize = 3;

impl Walk<'_> {
    /// Asks the servers of a zone until one of them answers.
    pub(crate) async fn ask_zone(
        &mut self,
        delegation: &Delegation,
        name: &Name,
        kind: RecordType,
    ) -> Result<Answered, Failure> {
        for (server, server_name) in self.in_order(delegation) {
            if let Some(answered) =
                self.ask_server(&delegation.zone, (server, server_name), name, kind).await?
            {
                return Ok(answered);
            }
        }
        let unknown = delegation.servers.iter().filter(|(_, known)| known.is_empty());
        let unknown: Vec<_> = unknown.filter_map(|(name, _)| name.clone()).collect();
        for server_name in unknown.into_iter().take(UNKNOWN_MAX) {
            // What is looked for to find a zone's servers cannot be within that zone.
            if delegation.zone.zone_of(&server_name) {
                continue;
            }
            for server in self.addresses(&server_name).await {
                let named = (server, Some(server_name.clone()));
                if let Some(answered) = self.ask_server(&delegation.zone, named, name, kind).await?
                {
                    return Ok(answered);
                }
            }
        }
        Err(Failure::Unanswered(delegation.zone.clone()))
    }

    /// Returns the servers that can be asked: in an order of chance, the silent ones last.
    fn in_order(&self, delegation: &Delegation) -> Vec<(SocketAddr, Option<Name>)> {
        let now = self.resolver.clock.mono();
        let servers = delegation.servers.iter().flat_map(|(name, addresses)| {
            addresses.iter().map(move |address| (*address, name.clone()))
        });
        let askable = servers.filter(|(server, _)| self.can_ask(*server));
        let state = self.resolver.state();
        let mut servers: Vec<_> = askable
            .map(|server| (state.rests(now, server.0), random().unwrap_or_default(), server))
            .collect();
        drop(state);
        servers.sort_by_key(|(rests, chance, _)| (*rests, *chance));
        servers.into_iter().map(|(.., server)| server).collect()
    }

    fn can_ask(&self, server: SocketAddr) -> bool {
        self.resolver.config.source.is_none_or(|source| source.is_ipv4() == server.is_ipv4())
    }

    /// Returns the addresses of a name server that came without any.
    async fn addresses(&mut self, name: &Name) -> Vec<SocketAddr> {
        if self.deeper().is_err() {
            return Vec::new();
        }
        let subnet = self.subnet.take();
        let found = self.find(name.clone(), RecordType::A, false).await;
        self.subnet = subnet;
        self.depth -= 1;
        let chain = found.map(|found| found.chain).unwrap_or_default();
        let records = chain.iter().flat_map(|(_, set, _)| &set.records);
        let addresses = records.filter_map(|record| record.data.ip_addr());
        let servers = addresses.map(|address| self.resolver.config.server(address));
        servers.filter(|server| self.can_ask(*server)).collect()
    }

    /// Asks a server as often as it is to be tried; none where it gives no answer to go by.
    async fn ask_server(
        &mut self,
        zone: &Name,
        (server, server_name): (SocketAddr, Option<Name>),
        name: &Name,
        kind: RecordType,
    ) -> Result<Option<Answered>, Failure> {
        let is_address = matches!(kind, RecordType::A | RecordType::AAAA);
        let subnet = self.subnet.filter(|_| is_address && self.depth == 0);
        let mut is_tcp = false;
        for _ in 0..self.resolver.config.tries.max(1) {
            if QUERIES_MAX <= self.queries {
                self.step(Step { detail: "too many questions".into(), ..self.about(name, kind) });
                return Err(Failure::Endless);
            }
            self.queries += 1;
            self.resolver.counters.asked();
            let about = self.about(name, kind);
            let began = self.resolver.clock.mono();
            let hop = Hop { server, name, kind, subnet, is_tcp, option: None };
            let told = hop.ask(&self.resolver.config).await;
            let now = self.resolver.clock.mono();
            let has_answered = !matches!(told, Err(Untold::Late(_) | Untold::Unreachable(_)));
            self.resolver.state().answered(now, server, has_answered);
            let about = Step {
                took_us: micros(now.since(began)),
                zone: Some(zone.to_ascii()),
                server: Some(server),
                server_name: server_name.as_ref().map(Name::to_ascii),
                transport: Some(if is_tcp { "tcp" } else { "udp" }.to_owned()),
                ..about
            };
            match told {
                Ok(told) => return Ok(self.read(zone, (name, kind), told, about)),
                Err(untold) => {
                    // RFC 5452 §9.3: where somebody forges, a connection is out of their reach.
                    is_tcp |= matches!(untold, Untold::Late(disbelieved) if 0 < disbelieved);
                    let is_over = matches!(untold, Untold::Unreachable(_) | Untold::Malformed);
                    self.step(failed(untold, about));
                    if is_over {
                        return Ok(None);
                    }
                }
            }
        }
        Ok(None)
    }

    fn read(
        &mut self,
        zone: &Name,
        (name, kind): (&Name, RecordType),
        told: Told,
        about: Step,
    ) -> Option<Answered> {
        let forwards = self.resolver.config.forwards();
        let reading = reading::read(&told.message, (name, kind), zone, forwards);
        let scope = scope(&told.message, self.subnet.filter(|_| self.depth == 0));
        if let Some((bits, _)) = scope {
            self.scope = self.scope.max(Some(bits));
        }
        let step = Step {
            transport: Some(told.transport.to_owned()),
            scope: scope.map(|(bits, _)| bits),
            disbelieved: told.disbelieved,
            ..about
        };
        self.step(shown(&reading, kind, step));
        let network = scope.and_then(|(_, network)| network);
        match reading {
            Reading::Lame(_) | Reading::Failed(_) => None,
            Reading::Sets(_) | Reading::Nothing(..) | Reading::Referral(_) => {
                Some(Answered { zone: zone.clone(), message: told.message, reading, network })
            }
        }
    }
}

/// Returns a step in which nothing came.
fn failed(untold: Untold, about: Step) -> Step {
    match untold {
        Untold::Late(disbelieved) => Step { outcome: Outcome::Timeout, disbelieved, ..about },
        Untold::Unreachable(error) => {
            Step { outcome: Outcome::Unreachable, detail: error.to_string(), ..about }
        }
        Untold::Malformed => Step { outcome: Outcome::Malformed, ..about },
    }
}

/// Returns a step that says what an answer comes to.
fn shown(reading: &Reading, kind: RecordType, step: Step) -> Step {
    match reading {
        Reading::Sets(sets) => {
            let is_whole = sets.last().is_some_and(|set| set.kind == kind);
            let outcome = if is_whole { Outcome::Answer } else { Outcome::Alias };
            let ttl = sets.iter().map(super::set::Set::ttl).min();
            Step { outcome, ttl, detail: told(sets), ..step }
        }
        Reading::Nothing(sets, nothing) => {
            let is_name = nothing.code == ResponseCode::NXDomain;
            let outcome = if is_name { Outcome::NoName } else { Outcome::NoData };
            Step { outcome, ttl: Some(nothing.ttl()), detail: told(sets), ..step }
        }
        Reading::Referral(referral) => {
            let glue: usize = referral.servers.values().map(Vec::len).sum();
            let ignored = match referral.ignored {
                0 => String::new(),
                ignored => format!(", {ignored} not theirs to tell"),
            };
            let servers = referral.servers.len();
            let detail =
                format!("to {}: {servers} servers, {glue} addresses{ignored}", referral.zone);
            Step { outcome: Outcome::Referral, ttl: Some(referral.ttl), detail, ..step }
        }
        Reading::Lame(why) => Step { outcome: Outcome::Lame, detail: (*why).to_owned(), ..step },
        Reading::Failed(code) => {
            let is_refused = *code == ResponseCode::Refused;
            let outcome = if is_refused { Outcome::Refused } else { Outcome::Failed };
            Step { outcome, detail: code.to_str().to_owned(), ..step }
        }
    }
}
