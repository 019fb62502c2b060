//! What NSEC records prove (RFC 4035 §5.4). Without any I/O.

use hickory_proto::{
    dnssec::rdata::{DNSSECRData, NSEC},
    rr::{Name, RData, Record, RecordType},
};

/// NSEC records that are known to be what their zone has signed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Proofs<'a>(pub(crate) &'a [Record]);

impl<'a> Proofs<'a> {
    fn records(self) -> impl Iterator<Item = (&'a Name, &'a NSEC)> {
        self.0.iter().filter_map(|record| {
            let RData::DNSSEC(DNSSECRData::NSEC(nsec)) = &record.data else { return None };
            Some((&record.name, nsec))
        })
    }

    /// Returns whether there is nothing of `kind` at `name`.
    pub(crate) fn deny_type(self, name: &Name, kind: RecordType) -> bool {
        if let Some((_, nsec)) = self.records().find(|(owner, _)| *owner == name) {
            let has = |kind| nsec.type_set().contains(kind);
            let is_cut = has(RecordType::NS) && !has(RecordType::SOA);
            // Above a cut, a zone has a say over the DS record alone, and below over all others
            // (RFC 4035 §5.4, RFC 6840 §4.1).
            let is_its_own = if kind == RecordType::DS {
                name.is_root() || !has(RecordType::SOA)
            } else {
                !is_cut
            };
            return is_its_own && !has(kind) && !has(RecordType::CNAME);
        }
        let Some((owner, nsec)) = self.covering(name) else { return false };
        // There is a name below this one, and so the name itself, but nothing at it.
        if name.zone_of(nsec.next_domain_name()) {
            return true;
        }
        let wildcard = wildcard(name, owner, nsec);
        wildcard.is_some_and(|wildcard| {
            self.records().any(|(owner, nsec)| {
                *owner == wildcard
                    && !nsec.type_set().contains(kind)
                    && !nsec.type_set().contains(RecordType::CNAME)
            })
        })
    }

    /// Returns whether there is no such name, nor a wildcard in its place.
    pub(crate) fn deny_name(self, name: &Name) -> bool {
        let Some((owner, nsec)) = self.covering(name) else { return false };
        wildcard(name, owner, nsec).is_some_and(|wildcard| self.covering(&wildcard).is_some())
    }

    /// Returns whether there is no such name, whatever a wildcard says.
    pub(crate) fn cover(self, name: &Name) -> bool {
        self.covering(name).is_some()
    }

    /// Returns whether another zone that is known not to sign begins at `name`.
    pub(crate) fn show_unsigned_cut(self, name: &Name) -> bool {
        self.records().any(|(owner, nsec)| {
            let has = |kind| nsec.type_set().contains(kind);
            owner == name && has(RecordType::NS) && !has(RecordType::SOA) && !has(RecordType::DS)
        })
    }

    /// Returns the record between whose two names `name` would be.
    fn covering(self, name: &Name) -> Option<(&'a Name, &'a NSEC)> {
        self.records().find(|(owner, nsec)| {
            let next = nsec.next_domain_name();
            // The last record of a zone leads back to its apex.
            let is_before_next = name < next || next <= *owner;
            let is_below_cut = nsec.type_set().contains(RecordType::NS)
                && !nsec.type_set().contains(RecordType::SOA)
                && owner.zone_of(name);
            *owner < name && is_before_next && !is_below_cut
        })
    }
}

/// Returns the wildcard that would stand for `name`: that at its closest encloser (RFC 4592), which
/// one of the two names around it shows.
fn wildcard(name: &Name, owner: &Name, nsec: &NSEC) -> Option<Name> {
    let shared = |other: &Name| {
        let pairs = name.iter().rev().zip(other.iter().rev());
        pairs.take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count()
    };
    let labels = shared(owner).max(shared(nsec.next_domain_name()));
    name.trim_to(labels).prepend_label("*").ok()
}

#[cfg(test)]
mod tests;
