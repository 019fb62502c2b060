//! Zones that are signed: their NSEC chain, and records that are made for one answer.

use super::{Node, RrSet, Zone};
use crate::dnssec::Key;
use hickory_proto::{
    dnssec::rdata::{DNSSECRData, NSEC},
    rr::{LowerName, Name, RData, Record, RecordType},
    serialize::binary::BinEncodable as _,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Sets made for answers whose signatures are kept: the choices of many steered names.
const MADE_MAX: usize = 4_096;

/// What makes a zone a signed one.
#[derive(Debug)]
pub(super) struct Signing {
    key: Arc<Key>,
    /// For each name with data: what is there, and which name is the next (RFC 4034 §4).
    chain: BTreeMap<LowerName, Arc<RrSet>>,
    /// By their bytes.
    made: Mutex<BTreeMap<Vec<u8>, Arc<RrSet>>>,
}

impl Zone {
    /// Returns the zone signed by `key`, which is the zone's.
    #[must_use]
    pub fn signed(mut self, key: Arc<Key>) -> Self {
        let apex = LowerName::new(&self.origin);
        // It goes with whatever stands at the apex, which is no alias.
        self.node(apex).add(key.dnskey()).unwrap_or_default();
        let chain = self.chain();
        self.signing = Some(Arc::new(Signing { key, chain, made: Mutex::default() }));
        self
    }

    /// Returns the zone with those of the DS records `vouchers` that belong to its delegations and
    /// that it does not have. A zone vouches before it is signed.
    #[must_use]
    pub fn vouching(mut self, vouchers: &[Record]) -> Self {
        let origin = self.origin.clone();
        for voucher in vouchers.iter().filter(|voucher| voucher.name != origin) {
            let name = LowerName::new(&voucher.name);
            let node = self.nodes.get(&name);
            let is_cut = node.is_some_and(|node| {
                node.set(RecordType::NS).is_some() && node.set(RecordType::DS).is_none()
            });
            if is_cut {
                // A node with NS records is no alias, so that it goes with them.
                self.node(name).add(voucher.clone()).unwrap_or_default();
            }
        }
        self
    }

    /// Returns whether answers are signed for who asks for it.
    #[must_use]
    pub const fn is_signed(&self) -> bool {
        self.signing.is_some()
    }

    /// Returns the key that signs.
    #[must_use]
    pub fn key(&self) -> Option<&Arc<Key>> {
        self.signing.as_ref().map(|signing| &signing.key)
    }

    /// Returns the NSEC records of all names with data, each pointing at the next.
    fn chain(&self) -> BTreeMap<LowerName, Arc<RrSet>> {
        let apex = LowerName::new(&self.origin);
        let names: Vec<_> =
            self.nodes.iter().filter(|(name, node)| self.is_linked(name, node)).collect();
        // RFC 4034 §4.1.1: the last name points at the apex.
        let next = names.iter().skip(1).map(|(name, _)| *name).chain([&apex]);
        let links = names.iter().zip(next).map(|((name, node), next)| {
            let kinds = self.kinds_at(name, node, None);
            ((*name).clone(), Arc::new(RrSet::new(vec![self.nsec(name, next.into(), kinds)])))
        });
        links.collect()
    }

    /// Returns whether a name is in the chain: it has data, and not only what is below a cut.
    fn is_linked(&self, name: &LowerName, node: &Node) -> bool {
        let has_data = !node.is_empty() || self.steered.contains_key(name);
        has_data && self.cut_above(name).is_none_or(|(cut, _)| cut == *name)
    }

    /// Returns the types that an NSEC record shows at a name, but for one that is `absent`.
    fn kinds_at(
        &self,
        name: &LowerName,
        node: &Node,
        absent: Option<RecordType>,
    ) -> Vec<RecordType> {
        let is_cut = *name != LowerName::new(&self.origin) && node.set(RecordType::NS).is_some();
        // RFC 4035 §2.3: at a cut only what is this zone's, and the delegation itself.
        let own =
            node.kinds().filter(|kind| !is_cut || matches!(kind, RecordType::NS | RecordType::DS));
        let steered = self.steered.get(name).map_or(&[][..], |role| role.kinds());
        let always = [RecordType::RRSIG, RecordType::NSEC];
        let all = own.chain(steered.iter().copied()).chain(always);
        all.filter(|kind| Some(*kind) != absent).collect()
    }

    fn nsec(&self, name: &LowerName, next: Name, kinds: Vec<RecordType>) -> Record {
        let data = RData::DNSSEC(DNSSECRData::NSEC(NSEC::new(next, kinds)));
        // RFC 9077 §3: as long as negative answers hold.
        Record::from_rdata(name.into(), self.negative().ttl(), data)
    }

    /// Returns the NSEC record at `name`.
    pub(crate) fn nsec_at(&self, name: &LowerName) -> Option<&Arc<RrSet>> {
        self.signing.as_ref()?.chain.get(name)
    }

    /// Returns the NSEC record at `name`, or the one before it, which covers it.
    pub(crate) fn nsec_before(&self, name: &LowerName) -> Option<&Arc<RrSet>> {
        let chain = &self.signing.as_ref()?.chain;
        chain.range(..=name).next_back().map(|(_, set)| set)
    }

    /// Returns the NSEC record at `name` without the type `absent`, which is not there now.
    pub(crate) fn nsec_without(&self, name: &LowerName, absent: RecordType) -> Option<Arc<RrSet>> {
        let record = self.nsec_at(name)?.first()?;
        let RData::DNSSEC(DNSSECRData::NSEC(nsec)) = &record.data else { return None };
        let kinds = self.kinds_at(name, self.get(name)?, Some(absent));
        Some(self.made(vec![self.nsec(name, nsec.next_domain_name().clone(), kinds)]))
    }

    /// Returns a set of `records`, the one before where the same were made already: its signature
    /// is kept with it.
    pub(crate) fn made(&self, records: Vec<Record>) -> Arc<RrSet> {
        let set = Arc::new(RrSet::new(records));
        let Some(signing) = &self.signing else { return set };
        let bytes: Vec<u8> =
            set.records().iter().flat_map(|record| record.to_bytes().unwrap_or_default()).collect();
        let mut made = signing.made.lock().unwrap_or_else(PoisonError::into_inner);
        if MADE_MAX <= made.len() && !made.contains_key(&bytes) {
            // All at once: which of them will be asked for again nobody knows.
            made.clear();
        }
        Arc::clone(made.entry(bytes).or_insert(set))
    }
}
