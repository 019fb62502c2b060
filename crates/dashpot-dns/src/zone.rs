//! A zone in memory: nodes, what stands at each, and where it is cut.

mod fault;
mod file;
mod lex;
mod node;
mod signed;
mod steered;

pub use fault::{Fault, ZoneError};
pub(crate) use node::{Node, RrSet};

use hickory_proto::rr::{LowerName, Name, RData, Record, RecordType};
use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
};

/// Records of a zone at most: those of a large provider's customer, in some 300 MB.
pub const RECORDS_MAX: usize = 1_000_000;

/// The data of one zone: what a zone file says, or what came by a transfer.
///
/// What a zone holds never changes: a new version of it is a new value.
#[derive(Clone, Debug)]
pub struct Zone {
    origin: Name,
    serial: u32,
    /// By name in canonical order (RFC 4034 §6.1), with the empty ones between (RFC 4592 §2.2.2).
    nodes: BTreeMap<LowerName, Node>,
    /// The SOA record as it stands in negative answers.
    negative: Arc<RrSet>,
    steered: BTreeMap<LowerName, steered::Role>,
    signing: Option<Arc<signed::Signing>>,
}

impl Zone {
    /// Returns the zone `origin` as the zone file `text` has it.
    ///
    /// # Errors
    /// Where the text is no zone file or what it says is no zone, with the line at fault.
    pub fn parse(text: &str, origin: &Name) -> Result<Self, ZoneError> {
        let records = file::records(text, origin)
            .map_err(|(line, fault)| ZoneError { line: Some(line), fault })?;
        Self::build(origin, records.into_iter().map(|(line, record)| (Some(line), record)))
    }

    /// Returns the zone `origin` that `records` make, in whatever order they come.
    ///
    /// # Errors
    /// Where they make no zone.
    pub fn from_records(
        origin: &Name,
        records: impl IntoIterator<Item = Record>,
    ) -> Result<Self, ZoneError> {
        Self::build(origin, records.into_iter().map(|record| (None, record)))
    }

    fn build(
        origin: &Name,
        records: impl Iterator<Item = (Option<usize>, Record)>,
    ) -> Result<Self, ZoneError> {
        let mut origin = origin.clone();
        origin.set_fqdn(true);
        let mut zone = Self {
            origin,
            serial: 0,
            nodes: BTreeMap::new(),
            negative: Arc::new(RrSet::new(Vec::new())),
            steered: BTreeMap::new(),
            signing: None,
        };
        for (index, (line, record)) in records.enumerate() {
            let added = if index < RECORDS_MAX { zone.add(record) } else { Err(Fault::TooMany) };
            added.map_err(|fault| ZoneError { line, fault })?;
        }
        let soa = zone.soa().and_then(|set| set.first()).cloned();
        let Some((mut record, RData::SOA(soa))) = soa.map(|soa| (soa.clone(), soa.data)) else {
            return Err(ZoneError { line: None, fault: Fault::NoSoa });
        };
        zone.serial = soa.serial;
        // RFC 2308 §3: negative answers hold for the lesser of the two.
        record.ttl = record.ttl.min(soa.minimum);
        zone.negative = Arc::new(RrSet::new(vec![record]));
        if zone.apex().is_none_or(|apex| apex.set(RecordType::NS).is_none()) {
            return Err(ZoneError { line: None, fault: Fault::NoNs });
        }
        Ok(zone)
    }

    /// Takes a record up; one that is there already changes nothing (RFC 2181 §5).
    fn add(&mut self, record: Record) -> Result<(), Fault> {
        let (owner, kind) = (LowerName::new(&record.name), record.record_type());
        if !self.origin.zone_of(&record.name) {
            return Err(Fault::OutOfZone { name: record.name });
        }
        if !is_served(kind) {
            return Err(Fault::Unsupported { kind });
        }
        let is_apex = owner == LowerName::new(&self.origin);
        if kind == RecordType::SOA && !is_apex {
            return Err(Fault::SoaBelow { name: record.name });
        }
        let name = record.name.clone();
        self.node(owner).add(record).map_err(|()| {
            if kind == RecordType::SOA { Fault::SoaTwice } else { Fault::CnameAndOther { name } }
        })
    }

    /// Returns the node of `name`, made with those between it and the apex where they are not there.
    fn node(&mut self, name: LowerName) -> &mut Node {
        let apex = LowerName::new(&self.origin);
        let mut above = name.clone();
        while above != apex && !above.is_root() {
            above = above.base_name();
            match self.nodes.entry(above.clone()) {
                Entry::Vacant(vacant) => drop(vacant.insert(Node::default())),
                // What is there has all that is above it.
                Entry::Occupied(_) => break,
            }
        }
        self.nodes.entry(name).or_default()
    }

    /// Returns the zone's own name.
    #[must_use]
    pub const fn origin(&self) -> &Name {
        &self.origin
    }

    /// Returns the version of the zone, as its SOA record has it.
    #[must_use]
    pub const fn serial(&self) -> u32 {
        self.serial
    }

    /// Returns how many records there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.values().flat_map(Node::sets).map(|set| set.records().len()).sum()
    }

    /// Returns whether there are none, which no zone is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns all records in canonical order of their owners, those of the zone's SOA first.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        let soa = self.soa().into_iter();
        let others = self.nodes.values().flat_map(Node::sets);
        let others = others.filter(|set| set.kind() != RecordType::SOA);
        soa.chain(others).flat_map(|set| set.records())
    }

    /// Returns name servers within the zone or below it that have no address here, though nobody
    /// else can have it (RFC 1912 §2.8: what delegates to them is lame).
    #[must_use]
    pub fn servers_without_address(&self) -> Vec<&Name> {
        let servers = self.nodes.values().filter_map(|node| node.set(RecordType::NS));
        let servers = servers.flat_map(|set| set.records());
        let mut lame: Vec<_> =
            servers
                .filter_map(|record| {
                    if let RData::NS(server) = &record.data { Some(&server.0) } else { None }
                })
                .filter(|server| self.origin.zone_of(server))
                .filter(|server| !self.has_address(server))
                .collect();
        lame.sort();
        lame.dedup();
        lame
    }

    fn has_address(&self, server: &Name) -> bool {
        self.get(&LowerName::new(server)).is_some_and(|node| {
            node.set(RecordType::A).is_some() || node.set(RecordType::AAAA).is_some()
        }) || self.cut_above(&LowerName::new(server)).is_some()
    }

    /// Returns the cut at or above `name`, where another zone begins: its name and node.
    pub(crate) fn cut_above(&self, name: &LowerName) -> Option<(LowerName, &Node)> {
        let apex = LowerName::new(&self.origin);
        let mut found = None;
        let mut above = name.clone();
        // The cut nearest to the apex is the one that counts: what is below it is not ours.
        while above != apex && !above.is_root() {
            if let Some(node) = self.nodes.get(&above)
                && node.set(RecordType::NS).is_some()
            {
                found = Some((above.clone(), node));
            }
            above = above.base_name();
        }
        found
    }

    /// Returns the longest name that exists at or above `name` (RFC 4592 §3.3.1: the closest
    /// encloser), where `name` is in the zone.
    pub(crate) fn closest_encloser(&self, name: &LowerName) -> LowerName {
        let mut above = name.clone();
        while !self.nodes.contains_key(&above) && !above.is_root() {
            above = above.base_name();
        }
        above
    }

    pub(crate) fn get(&self, name: &LowerName) -> Option<&Node> {
        self.nodes.get(name)
    }

    pub(crate) fn apex(&self) -> Option<&Node> {
        self.get(&LowerName::new(&self.origin))
    }

    /// Returns the SOA record of negative answers (RFC 2308 §3).
    pub(crate) const fn negative(&self) -> &Arc<RrSet> {
        &self.negative
    }

    pub(crate) fn soa(&self) -> Option<&Arc<RrSet>> {
        self.apex()?.set(RecordType::SOA)
    }
}

/// Returns whether a zone may have records of `kind`: data, but neither what is asked with nor what
/// renames whole trees (DNAME, RFC 6672), nor what signing makes.
const fn is_served(kind: RecordType) -> bool {
    !matches!(
        kind,
        RecordType::ANAME
            | RecordType::ANY
            | RecordType::AXFR
            | RecordType::DNAME
            | RecordType::IXFR
            | RecordType::NSEC
            | RecordType::NSEC3
            | RecordType::NSEC3PARAM
            | RecordType::NULL
            | RecordType::OPT
            | RecordType::RRSIG
            | RecordType::SIG
            | RecordType::TSIG
            | RecordType::ZERO
    )
}

#[cfg(test)]
mod tests;
