//! Sets of records and what is known of them, as they stand in the cache.

use dashpot_names::Question;
use hickory_proto::{
    dnssec::rdata::{DNSSECRData, RRSIG},
    op::{Message, ResponseCode},
    rr::{DNSClass, Name, RData, Record, RecordType},
};
use std::sync::Arc;

/// Records of one name and type, with the signatures over them.
#[derive(Clone, Debug)]
pub(crate) struct Set {
    pub(crate) name: Name,
    pub(crate) kind: RecordType,
    pub(crate) records: Vec<Record>,
    pub(crate) signatures: Vec<Record>,
    /// Records that prove of a wildcard's set that nothing closer exists (RFC 4035 §3.1.3.3).
    pub(crate) proofs: Vec<Record>,
    pub(crate) security: Security,
}

/// That there is nothing, and what says so.
#[derive(Clone, Debug)]
pub(crate) struct Nothing {
    pub(crate) code: ResponseCode,
    /// The SOA record of the zone, and what proves it: NSEC records and signatures.
    pub(crate) records: Vec<Record>,
    pub(crate) security: Security,
}

/// What signatures say of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Security {
    /// Nobody has looked.
    #[default]
    Unchecked,
    /// It is what its owner has signed.
    Secure,
    /// Its owner is known not to sign.
    Insecure,
}

/// What the cache has under a question.
#[derive(Clone, Debug)]
pub(crate) enum Stored {
    Set(Arc<Set>),
    Nothing(Arc<Nothing>),
}

/// Returns the question under which records of `kind` at `name` are kept.
pub(crate) fn question(name: &Name, kind: RecordType) -> Question {
    Question::new(&name.to_ascii(), kind.into())
}

impl Set {
    /// Returns the set of `kind` at `name` that `records` have.
    pub(crate) fn gather(records: &[Record], name: &Name, kind: RecordType) -> Option<Self> {
        let at_name = |record: &&Record| record.name == *name && record.dns_class == DNSClass::IN;
        let of_kind = records.iter().filter(at_name).filter(|one| one.record_type() == kind);
        let records_found: Vec<_> = of_kind.cloned().collect();
        if records_found.is_empty() {
            return None;
        }
        let covers =
            |record: &&Record| rrsig(record).is_some_and(|sig| sig.input().type_covered == kind);
        let signatures = records.iter().filter(at_name).filter(covers).cloned().collect();
        Some(Self {
            name: name.clone(),
            kind,
            records: records_found,
            signatures,
            proofs: Vec::new(),
            security: Security::Unchecked,
        })
    }

    /// Returns for how many seconds it holds: as all of its records do (RFC 2181 §5.2), and their
    /// signatures.
    pub(crate) fn ttl(&self) -> u32 {
        let records = self.records.iter().chain(&self.signatures);
        records.map(|record| record.ttl).min().unwrap_or_default()
    }

    /// Writes the set as that of `owner`, for `ttl` seconds.
    pub(crate) fn write(&self, owner: &Name, ttl: u32, signed: bool, out: &mut Vec<Record>) {
        let signatures = self.signatures.iter().filter(|_| signed);
        for record in self.records.iter().chain(signatures) {
            let mut record = record.clone();
            // As it was asked for: the answer may have come in another case.
            record.name = owner.clone();
            record.ttl = ttl;
            out.push(record);
        }
    }

    /// Returns the name that an alias leads to.
    pub(crate) fn target(&self) -> Option<Name> {
        let RData::CNAME(target) = &self.records.first()?.data else { return None };
        Some(target.0.clone())
    }
}

impl Nothing {
    /// Returns for how many seconds it may be kept (RFC 2308 §5): not at all without a SOA record.
    pub(crate) fn ttl(&self) -> u32 {
        let soa = self.records.iter().find_map(|record| {
            let RData::SOA(soa) = &record.data else { return None };
            Some(record.ttl.min(soa.minimum))
        });
        soa.unwrap_or_default()
    }

    /// Writes what says that there is nothing, for `ttl` seconds.
    pub(crate) fn write(&self, ttl: u32, signed: bool, out: &mut Vec<Record>) {
        for record in &self.records {
            if signed || record.record_type() == RecordType::SOA {
                let mut record = record.clone();
                record.ttl = ttl;
                out.push(record);
            }
        }
    }
}

/// Returns a record's data as a signature.
pub(crate) const fn rrsig(record: &Record) -> Option<&RRSIG> {
    let RData::DNSSEC(DNSSECRData::RRSIG(rrsig)) = &record.data else { return None };
    Some(rrsig)
}

/// Returns the records of a message's authority section that are about a denial in `zone`.
pub(crate) fn denial(message: &Message, zone: &Name) -> Vec<Record> {
    let kinds = [RecordType::SOA, RecordType::NSEC, RecordType::NSEC3];
    let is_wanted = |record: &&Record| {
        let kind = rrsig(record).map_or(record.record_type(), |sig| sig.input().type_covered);
        kinds.contains(&kind) && zone.zone_of(&record.name)
    };
    message.authorities.iter().filter(is_wanted).cloned().collect()
}
