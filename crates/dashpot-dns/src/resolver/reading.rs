//! What a name server's answer comes to, and what of it is believed. Without any I/O.

use super::set::{Nothing, Security, Set, denial};
use hickory_proto::{
    op::{Message, ResponseCode},
    rr::{Name, RData, RecordType},
};
use std::{collections::BTreeMap, net::IpAddr};

/// Aliases followed within one message.
const ALIASES_MAX: usize = 16;

/// Name servers of a zone that are remembered, and addresses of each: referrals of more are an
/// attack, or a mistake (the root has 13 of two addresses).
const SERVERS_MAX: usize = 16;
const ADDRESSES_MAX: usize = 8;

/// What an answer comes to.
#[derive(Debug)]
pub(crate) enum Reading {
    /// Aliases and at their end the records; or aliases that lead out of what the server answers for.
    Sets(Vec<Set>),
    /// Aliases, at whose end there is nothing.
    Nothing(Vec<Set>, Nothing),
    /// Others know.
    Referral(Referral),
    /// The server is not one of the zone.
    Lame(&'static str),
    /// The server does not answer, and says so.
    Failed(ResponseCode),
}

/// Who answers for a zone.
#[derive(Clone, Debug)]
pub(crate) struct Referral {
    pub(crate) zone: Name,
    /// Names of servers, and the addresses that came with them.
    pub(crate) servers: BTreeMap<Name, Vec<IpAddr>>,
    pub(crate) ttl: u32,
    /// Addresses of servers that the referring one has no say over, which are not believed.
    pub(crate) ignored: usize,
}

/// Reads the answer of a server of `zone` to a question; one that forwards may speak for anybody.
pub(crate) fn read(
    message: &Message,
    (name, kind): (&Name, RecordType),
    zone: &Name,
    is_forwarded: bool,
) -> Reading {
    let code = message.response_code;
    if code != ResponseCode::NoError && code != ResponseCode::NXDomain {
        return Reading::Failed(code);
    }
    let sets = chain(message, name, kind, zone);
    let last = sets.last();
    let is_authoritative = message.authoritative || is_forwarded;
    if last.is_some() && !is_authoritative {
        return Reading::Lame("answers without authority");
    }
    if last.is_some_and(|set| set.kind == kind) {
        return Reading::Sets(sets);
    }
    let end = last.and_then(Set::target).unwrap_or_else(|| name.clone());
    let records = denial(message, zone);
    let soa = records.iter().find(|record| record.record_type() == RecordType::SOA);
    // A SOA record denies names of its own zone alone.
    let denies = soa.is_some_and(|soa| soa.name.zone_of(&end));
    let nothing = Nothing { code, records, security: Security::Unchecked };
    if !sets.is_empty() {
        // RFC 6604 §3: the code is that of the last name.
        return match denies {
            true => Reading::Nothing(sets, nothing),
            false => Reading::Sets(sets),
        };
    }
    if denies && is_authoritative {
        return Reading::Nothing(sets, nothing);
    }
    match referral(message, name, zone) {
        Some(_) if is_forwarded => Reading::Lame("refers on, in place of answering"),
        Some(referral) => Reading::Referral(referral),
        // RFC 2308 §2.1.1: a denial may come without a SOA record; it cannot be kept.
        None if is_authoritative => Reading::Nothing(sets, nothing),
        None => Reading::Lame("neither answers nor refers further down"),
    }
}

/// Returns the chain of aliases from `name` and the records at its end, as far as they are `zone`'s.
fn chain(message: &Message, name: &Name, kind: RecordType, zone: &Name) -> Vec<Set> {
    let mut sets: Vec<Set> = Vec::new();
    let mut name = name.clone();
    while sets.len() < ALIASES_MAX && zone.zone_of(&name) {
        if let Some(mut set) = Set::gather(&message.answers, &name, kind) {
            set.proofs = proofs(message, zone);
            sets.push(set);
            break;
        }
        let Some(mut alias) = Set::gather(&message.answers, &name, RecordType::CNAME) else {
            break;
        };
        // RFC 2181 §10.1: a name has one alias.
        alias.records.truncate(1);
        let Some(target) = alias.target() else { break };
        alias.proofs = proofs(message, zone);
        let is_loop = sets.iter().any(|set| set.name == target);
        sets.push(alias);
        if is_loop {
            break;
        }
        name = target;
    }
    sets
}

fn proofs(message: &Message, zone: &Name) -> Vec<hickory_proto::rr::Record> {
    let mut records = denial(message, zone);
    records.retain(|record| record.record_type() != RecordType::SOA);
    records
}

/// Returns whom a message refers to: the servers of a zone below `zone` that `name` is in.
fn referral(message: &Message, name: &Name, zone: &Name) -> Option<Referral> {
    let is_below = |cut: &Name| zone.zone_of(cut) && zone != cut && cut.zone_of(name);
    let mut names = message.authorities.iter().filter(|one| one.record_type() == RecordType::NS);
    let cut = names.find(|record| is_below(&record.name)).map(|record| record.name.clone())?;
    servers(message, Set::gather(&message.authorities, &cut, RecordType::NS)?, zone)
}

/// Returns the servers of the root, from a server's own answer.
pub(crate) fn roots(message: &Message) -> Option<Referral> {
    let root = Name::root();
    servers(message, Set::gather(&message.answers, &root, RecordType::NS)?, &root)
}

fn servers(message: &Message, set: Set, zone: &Name) -> Option<Referral> {
    let mut ttl = set.ttl();
    let mut servers = BTreeMap::new();
    for record in set.records.iter().take(SERVERS_MAX) {
        if let RData::NS(server) = &record.data {
            servers.entry(server.0.to_lowercase()).or_insert_with(Vec::new);
        }
    }
    let mut ignored = 0;
    for record in &message.additionals {
        let Some(address) = record.data.ip_addr() else { continue };
        let Some(addresses) = servers.get_mut(&record.name.to_lowercase()) else {
            ignored += 1;
            continue;
        };
        // Who refers has no say over names outside of its zone: a lie there would lead astray
        // everybody who asks for them.
        if !zone.zone_of(&record.name) {
            ignored += 1;
        } else if addresses.len() < ADDRESSES_MAX && !addresses.contains(&address) {
            addresses.push(address);
            ttl = ttl.min(record.ttl);
        }
    }
    // A server may repeat the spelling of the question, which is nobody's concern from here on.
    let referral = Referral { zone: set.name.to_lowercase(), servers, ttl, ignored };
    (!referral.servers.is_empty()).then_some(referral)
}

#[cfg(test)]
mod tests;
