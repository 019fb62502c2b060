//! What stands at one name.

use crate::dnssec::Memo;
use hickory_proto::rr::{Record, RecordType};
use std::{collections::BTreeMap, sync::Arc};

/// What stands at one name; nothing where there is only something below it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
    sets: BTreeMap<RecordType, Arc<RrSet>>,
}

/// Records of one owner and type; never empty.
#[derive(Debug)]
pub(crate) struct RrSet {
    records: Vec<Record>,
    /// The signature over them, once somebody has asked for it.
    pub(crate) signature: Memo,
}

impl RrSet {
    /// Returns a set of `records`, which have one owner and type; the lowest TTL is that of all
    /// (RFC 2181 §5.2).
    pub(crate) fn new(mut records: Vec<Record>) -> Self {
        let ttl = records.iter().map(|record| record.ttl).min().unwrap_or_default();
        records.iter_mut().for_each(|record| record.ttl = ttl);
        Self { records, signature: Memo::default() }
    }

    pub(crate) fn records(&self) -> &[Record] {
        &self.records
    }

    pub(crate) fn first(&self) -> Option<&Record> {
        self.records.first()
    }

    /// Returns their type.
    pub(crate) fn kind(&self) -> RecordType {
        self.first().map_or(RecordType::NULL, Record::record_type)
    }

    pub(crate) fn ttl(&self) -> u32 {
        self.first().map_or(0, |record| record.ttl)
    }
}

impl Node {
    pub(crate) fn set(&self, kind: RecordType) -> Option<&Arc<RrSet>> {
        self.sets.get(&kind)
    }

    pub(crate) fn sets(&self) -> impl Iterator<Item = &Arc<RrSet>> {
        self.sets.values()
    }

    pub(crate) fn kinds(&self) -> impl Iterator<Item = RecordType> {
        self.sets.keys().copied()
    }

    /// Returns whether nothing stands here, but something does below (RFC 4592 §2.2.2).
    pub(crate) fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }

    /// Takes a record up, or says that it does not go with what is there.
    pub(super) fn add(&mut self, record: Record) -> Result<(), ()> {
        let kind = record.record_type();
        let others = self.kinds().any(|other| other != kind);
        // RFC 1034 §3.6.2, RFC 2181 §10.1: an alias has no other data, and one target.
        let mixed =
            others && (kind == RecordType::CNAME || self.sets.contains_key(&RecordType::CNAME));
        let mut records = match self.sets.get(&kind) {
            Some(set) if set.records.contains(&record) => return Ok(()),
            Some(set) => set.records.clone(),
            None => Vec::new(),
        };
        let is_single = matches!(kind, RecordType::CNAME | RecordType::SOA);
        if mixed || (is_single && !records.is_empty()) {
            return Err(());
        }
        records.push(record);
        self.sets.insert(kind, Arc::new(RrSet::new(records)));
        Ok(())
    }
}
