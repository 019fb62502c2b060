//! Bytes of a query to bytes of its answer, for all zones that one server has. Without any I/O.

use crate::{
    answer::{Answer, Found, Question},
    dnssec::Key,
    reply::{PAYLOAD_MAX, PAYLOAD_PLAIN, Reply, malformed},
    steer::Asker,
    wire::{CLASS_IN, Edns, Query, Unreadable, opcode, option, read},
    zone::{RrSet, Zone},
};
use arc_swap::ArcSwap;
use dashpot_base::WallTime;
use hickory_proto::{
    op::ResponseCode,
    rr::{LowerName, Name, Record, RecordType},
};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// All zones of a server, by name.
pub(crate) type Zones = BTreeMap<LowerName, Arc<Zone>>;

/// How a query has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// In a datagram: answers are bounded by what the client takes.
    Udp,
    /// On a connection.
    Tcp,
    /// In an HTTP request (RFC 8484).
    Https,
}

/// A server's zones, and how it answers for them.
#[derive(Debug, Default)]
pub struct Authority {
    zones: ArcSwap<Zones>,
    /// Raised with each change of the zones, so that answers kept elsewhere are known as old.
    version: AtomicU64,
    /// What this instance calls itself (RFC 5001).
    nsid: Option<Vec<u8>>,
}

/// What became of a message.
#[derive(Debug)]
pub enum Outcome {
    /// It is not answered.
    Ignored,
    /// It is answered.
    Answered(Response),
    /// All of a zone is asked for, in as many messages as it takes (RFC 5936).
    Transfer(Arc<Zone>),
    /// A primary tells that a zone has changed (RFC 1996); the answer says that it was heard.
    Notified(Name, Response),
}

/// An answer, and what there is to tell about it.
#[derive(Clone, Debug)]
pub struct Response {
    /// The message.
    pub bytes: Vec<u8>,
    /// The name asked for; none where that could not be read.
    pub name: Option<Name>,
    /// The type asked for.
    pub kind: RecordType,
    /// The answer's code.
    pub code: ResponseCode,
    /// Whether it was cut short for UDP.
    pub is_truncated: bool,
    /// Seconds for which it holds.
    pub ttl: u32,
    /// Why a function has answered so.
    pub reason: Option<String>,
    /// Whether the same bytes would get the same answer, until a zone changes or a signature is
    /// made anew.
    pub is_lasting: bool,
}

impl Authority {
    /// Returns a server without zones, which calls itself `nsid` where it is asked.
    #[must_use]
    pub fn new(nsid: Option<String>) -> Self {
        Self { nsid: nsid.map(String::into_bytes), ..Self::default() }
    }

    /// Takes a zone up, in the place of its version before.
    pub fn put(&self, zone: Zone) {
        let (name, zone) = (LowerName::new(zone.origin()), Arc::new(zone));
        self.zones.rcu(|zones| {
            let mut zones = Zones::clone(zones);
            zones.insert(name.clone(), Arc::clone(&zone));
            zones
        });
        self.version.fetch_add(1, Ordering::Release);
    }

    /// Forgets the zone `name`, as one is that could not be refreshed for too long.
    pub fn remove(&self, name: &Name) {
        let name = LowerName::new(name);
        self.zones.rcu(|zones| {
            let mut zones = Zones::clone(zones);
            zones.remove(&name);
            zones
        });
        self.version.fetch_add(1, Ordering::Release);
    }

    /// Returns a number that changes with the zones.
    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// Returns the zone of exactly this name.
    #[must_use]
    pub fn get(&self, name: &Name) -> Option<Arc<Zone>> {
        self.zones.load().get(&LowerName::new(name)).cloned()
    }

    /// Returns all zones, by name.
    #[must_use]
    pub fn zones(&self) -> Vec<Arc<Zone>> {
        self.zones.load().values().cloned().collect()
    }

    /// Answers a message.
    #[must_use]
    pub fn respond(
        &self,
        message: &[u8],
        client: SocketAddr,
        transport: Transport,
        now: WallTime,
    ) -> Outcome {
        let query = match read(message) {
            Ok(query) => query,
            Err(Unreadable::Ignored) => return Outcome::Ignored,
            Err(Unreadable::Malformed(head)) => {
                let (bytes, code) = (malformed(head), ResponseCode::FormErr);
                return Outcome::Answered(Response { bytes, code, ..Response::nothing() });
            }
        };
        match query.head.opcode {
            opcode::QUERY | opcode::NOTIFY => (),
            _ => return answered_with(&query, ResponseCode::NotImp, transport),
        }
        if query.edns.is_some_and(|edns| edns.version != 0) {
            // RFC 6891 §6.1.3: the answer says which version there is.
            return answered_with(&query, ResponseCode::BADVERS, transport);
        }
        if query.head.opcode == opcode::NOTIFY {
            return self.notified(&query, transport);
        }
        if matches!(query.kind, RecordType::AXFR | RecordType::IXFR) && transport == Transport::Tcp
        {
            return match self.get(&query.name) {
                Some(zone) if query.class == CLASS_IN => Outcome::Transfer(zone),
                Some(_) | None => answered_with(&query, ResponseCode::NotAuth, transport),
            };
        }
        Outcome::Answered(self.answered(&query, client, transport, now))
    }

    fn notified(&self, query: &Query<'_>, transport: Transport) -> Outcome {
        let is_known = query.kind == RecordType::SOA && self.get(&query.name).is_some();
        // RFC 1996 §3.10: who is no secondary of the zone says so.
        let code = if is_known { ResponseCode::NoError } else { ResponseCode::NotAuth };
        let reply = Reply { is_authoritative: is_known, ..Reply::of(code) };
        let response = finish(query, &reply, transport);
        if is_known {
            Outcome::Notified(query.name.clone(), response)
        } else {
            Outcome::Answered(response)
        }
    }

    fn answered(
        &self,
        query: &Query<'_>,
        client: SocketAddr,
        transport: Transport,
        now: WallTime,
    ) -> Response {
        let is_data = !matches!(
            query.kind,
            RecordType::AXFR | RecordType::IXFR | RecordType::OPT | RecordType::TSIG
        );
        let zone = self.zone_for(&query.name, query.kind);
        let Some(zone) = zone.filter(|_| query.class == CLASS_IN && is_data) else {
            return finish(
                query,
                &self.with_nsid(query, Reply::of(ResponseCode::Refused)),
                transport,
            );
        };
        let edns = query.edns.unwrap_or_default();
        let asker = Asker {
            subnet: edns.subnet.map(|subnet| (subnet.address, subnet.source)),
            resolver: client.ip().to_canonical(),
            now,
        };
        let question = Question { name: &query.name, kind: query.kind, asker: &asker };
        let answer = zone.answer(question);
        let steered = answer.steered.clone();
        let mut reply = sealed(&zone, answer, &edns, now);
        if let Some(subnet) = edns.subnet {
            // RFC 7871 §7.2.1: an answer for everybody says so by a scope of 0.
            let scope = steered.as_ref().map_or(0, |steered| steered.scope);
            reply.options.push((option::SUBNET, subnet.answered(scope)));
        }
        let mut response = finish(query, &self.with_nsid(query, reply), transport);
        if let Some(steered) = steered {
            response.reason = Some(steered.reason);
            response.is_lasting = false;
        }
        response
    }

    fn with_nsid(&self, query: &Query<'_>, mut reply: Reply) -> Reply {
        if let Some(nsid) = &self.nsid
            && query.edns.is_some_and(|edns| edns.wants_nsid)
        {
            reply.options.push((option::NSID, nsid.clone()));
        }
        reply
    }

    /// Returns the zone that answers for a name: the longest one, but the one above for DS records
    /// (RFC 4035 §3.1.4.1), where that is here as well.
    fn zone_for(&self, name: &Name, kind: RecordType) -> Option<Arc<Zone>> {
        let zones = self.zones.load();
        let mut at = LowerName::new(name);
        let mut below = None;
        loop {
            if let Some(zone) = zones.get(&at) {
                if kind != RecordType::DS || below.is_some() || at != LowerName::new(name) {
                    return Some(Arc::clone(zone));
                }
                below = Some(Arc::clone(zone));
            }
            if at.is_root() {
                return below;
            }
            at = at.base_name();
        }
    }
}

/// Returns the answer with its signatures and denials, where they are wanted and there are any.
fn sealed(zone: &Zone, answer: Answer, edns: &Edns<'_>, now: WallTime) -> Reply {
    let key = zone.key().filter(|_| edns.dnssec_ok);
    let mut reply = Reply {
        is_authoritative: answer.is_authoritative,
        needs_additionals: answer.needs_additionals,
        ..Reply::of(answer.code)
    };
    for (found, records) in [
        (&answer.answers, &mut reply.answers),
        (&answer.authorities, &mut reply.authorities),
        (&answer.additionals, &mut reply.additionals),
    ] {
        for found in found {
            write(found, key, now, records);
        }
    }
    if key.is_some() {
        let absent = answer.absent.as_ref();
        let without = absent.and_then(|(name, kind)| zone.nsec_without(name, *kind));
        let mut proofs: Vec<Arc<RrSet>> = Vec::new();
        for set in answer.denied.iter().filter_map(|name| zone.nsec_before(name)) {
            // One record often proves both that there is no such name and that there is no wildcard.
            if !proofs.iter().any(|other| Arc::ptr_eq(other, set)) {
                proofs.push(Arc::clone(set));
            }
        }
        for set in proofs.into_iter().chain(without) {
            write(&Found { set, owner: None, is_signed: true }, key, now, &mut reply.authorities);
        }
    } else {
        // RFC 3225 §3: who does not want DNSSEC gets none of it, not even with a referral.
        reply.authorities.retain(|record| record.record_type() != RecordType::DS);
    }
    reply
}

/// Adds the records of a set and, where it is signed, its signature.
fn write(found: &Found, key: Option<&Arc<Key>>, now: WallTime, out: &mut Vec<Record>) {
    let set = &found.set;
    let named = |record: &Record| {
        let mut record = record.clone();
        if let Some(owner) = &found.owner {
            record.name = owner.clone();
        }
        record
    };
    out.extend(set.records().iter().map(named));
    let key = key.filter(|_| found.is_signed);
    if let Some(signature) = key.and_then(|key| key.signature(set, now)) {
        out.push(named(&signature.record));
    }
}

/// Returns the answer in bytes, within what its way carries.
fn finish(query: &Query<'_>, reply: &Reply, transport: Transport) -> Response {
    let limit = match transport {
        // RFC 6891 §6.2.3: less than 512 is taken for 512.
        Transport::Udp => {
            query.edns.map_or(PAYLOAD_PLAIN, |edns| edns.payload.clamp(PAYLOAD_PLAIN, PAYLOAD_MAX))
        }
        Transport::Tcp | Transport::Https => u16::MAX,
    };
    let (bytes, is_truncated) = reply.encode(query, limit);
    Response {
        bytes,
        name: Some(query.name.clone()),
        kind: query.kind,
        code: reply.code,
        is_truncated,
        ttl: reply.ttl(),
        reason: None,
        is_lasting: query.edns.is_none_or(|edns| edns.cookie.is_none()),
    }
}

/// Answers with nothing but `code`.
fn answered_with(query: &Query<'_>, code: ResponseCode, transport: Transport) -> Outcome {
    Outcome::Answered(finish(query, &Reply::of(code), transport))
}

#[cfg(test)]
mod tests;
