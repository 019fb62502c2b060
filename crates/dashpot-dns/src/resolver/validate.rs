//! Validation (RFC 4035 §5): what is not signed by a key that the zone above vouches for, and so on up
//! to a trust anchor, is either proved to be in a zone that does not sign, or not believed.

use super::{
    anchor::{PublicKeyAlgorithm as _, vouches},
    denial::Proofs,
    failure::{Bogus, Failure},
    set::{Nothing, Security, Set, rrsig},
    trace::{Outcome, Step},
    walk::Walk,
};
use dashpot_base::WallTime;
use hickory_proto::{
    dnssec::{
        Verifier as _,
        rdata::{DNSKEY, DNSSECRData, DS, RRSIG},
    },
    op::ResponseCode,
    rr::{DNSClass, Name, RData, Record, RecordType},
};

/// Signatures over one set that are tried, and keys for each: more is an attack (`KeyTrap`).
const SIGNATURES_MAX: usize = 4;
const KEYS_MAX: usize = 4;

/// What is known of a zone's keys.
#[derive(Debug)]
enum Keys {
    Secure(Vec<DNSKEY>),
    /// The zone is known not to sign.
    Insecure,
}

/// What vouches for a zone's keys.
#[derive(Debug)]
enum Vouchers {
    /// Trust anchors.
    Anchors,
    /// Digests that the zone above has signed.
    Digests(Vec<DS>),
    /// Nothing: the zone is known not to sign.
    None,
}

impl Walk<'_> {
    /// Checks what a server of `zone` has told, and notes of each set what its signatures say.
    pub(crate) async fn validate(
        &mut self,
        zone: &Name,
        sets: &mut [Set],
        (end, kind): (&Name, RecordType),
        nothing: Option<&mut Nothing>,
    ) -> Result<(), Failure> {
        let checked = self.check(zone, sets, (end, kind), nothing).await;
        let (outcome, detail) = match &checked {
            Ok(Security::Secure) => (Outcome::Secure, String::new()),
            Ok(_) => (Outcome::Insecure, String::new()),
            Err(failure) => (Outcome::Bogus, failure.to_string()),
        };
        let step = Step { outcome, detail, ..self.about(end, kind) };
        self.step(step);
        checked.map(|_| ())
    }

    async fn check(
        &mut self,
        zone: &Name,
        sets: &mut [Set],
        (end, kind): (&Name, RecordType),
        nothing: Option<&mut Nothing>,
    ) -> Result<Security, Failure> {
        let mut all = Security::Secure;
        for set in sets {
            set.security = self.check_set(zone, set).await?;
            if set.security != Security::Secure {
                all = Security::Insecure;
            }
        }
        if let Some(nothing) = nothing {
            nothing.security = self.check_nothing(zone, (end, kind), nothing).await?;
            if nothing.security != Security::Secure {
                all = Security::Insecure;
            }
        }
        Ok(all)
    }

    /// Checks a set, and takes from its times to live what signatures do not grant.
    async fn check_set(&mut self, zone: &Name, set: &mut Set) -> Result<Security, Failure> {
        if set.kind == RecordType::DNSKEY {
            return self.check_keys(set).await;
        }
        if set.signatures.is_empty() {
            return self.unsigned(zone, &set.name).await;
        }
        let signatures: Vec<_> =
            set.signatures.iter().filter_map(rrsig).take(SIGNATURES_MAX).cloned().collect();
        let mut why = "none is by a key of the zone";
        for signature in signatures {
            let signer = signature.input().signer_name.clone();
            // RFC 4035 §5.3.1: a zone signs for what is in it; a DS record is in the zone above.
            let is_above = set.kind == RecordType::DS && signer == set.name;
            if !signer.zone_of(&set.name) || !zone.zone_of(&signer) || is_above {
                why = "the signer has no say";
                continue;
            }
            let Keys::Secure(keys) = self.keys(&signer).await? else {
                return Ok(Security::Insecure);
            };
            let now = self.resolver.clock.wall();
            match verify(set, &signature, &keys, now) {
                Ok(()) => {
                    shorten(set, &signature, now);
                    return self.check_wildcard(zone, set, &signature).await;
                }
                Err(reason) => why = reason,
            }
        }
        Err(Failure::Bogus(Bogus::Signature(set.name.clone(), why)))
    }

    /// Checks of a set that a wildcard stands for that nothing closer exists (RFC 4035 §5.3.4).
    async fn check_wildcard(
        &mut self,
        zone: &Name,
        set: &Set,
        signature: &RRSIG,
    ) -> Result<Security, Failure> {
        let labels = usize::from(set.name.num_labels());
        if labels <= usize::from(signature.input().num_labels) {
            return Ok(Security::Secure);
        }
        let (proofs, security) = self.proofs(zone, &set.proofs).await?;
        let is_proved = Proofs(&proofs).cover(&set.name) || security == Security::Insecure;
        let denial = || Failure::Bogus(Bogus::Denial(set.name.clone()));
        is_proved.then_some(security).ok_or_else(denial)
    }

    /// Checks that there is nothing.
    async fn check_nothing(
        &mut self,
        zone: &Name,
        (end, kind): (&Name, RecordType),
        nothing: &Nothing,
    ) -> Result<Security, Failure> {
        if kind == RecordType::DNSKEY && zone == end {
            // A zone without keys proves nothing of itself; the zone above has the say.
            return match self.vouchers(zone).await? {
                Vouchers::None => Ok(Security::Insecure),
                Vouchers::Anchors | Vouchers::Digests(_) => {
                    Err(Failure::Bogus(Bogus::Key(zone.clone())))
                }
            };
        }
        let (proofs, security) = self.proofs(zone, &nothing.records).await?;
        if proofs.is_empty() {
            return match self.unsigned(zone, end).await {
                Err(Failure::Bogus(_)) => Err(Failure::Bogus(Bogus::Denial(end.clone()))),
                other => other,
            };
        }
        let proofs = Proofs(&proofs);
        let is_proved = if nothing.code == ResponseCode::NXDomain {
            proofs.deny_name(end)
        } else {
            proofs.deny_type(end, kind)
        };
        let denial = || Failure::Bogus(Bogus::Denial(end.clone()));
        (is_proved || security == Security::Insecure).then_some(security).ok_or_else(denial)
    }

    /// Returns the NSEC records that are what their zone has signed.
    async fn proofs(
        &mut self,
        zone: &Name,
        records: &[Record],
    ) -> Result<(Vec<Record>, Security), Failure> {
        let mut proved = Vec::new();
        let mut all = Security::Secure;
        let owners = records.iter().filter(|record| record.record_type() == RecordType::NSEC);
        let owners: std::collections::BTreeSet<_> = owners.map(|record| &record.name).collect();
        for owner in owners {
            let Some(mut set) = Set::gather(records, owner, RecordType::NSEC) else { continue };
            if Box::pin(self.check_set(zone, &mut set)).await? != Security::Secure {
                all = Security::Insecure;
            }
            proved.append(&mut set.records);
        }
        Ok((proved, all))
    }

    /// Returns what it means that a server of `zone` tells something without a signature.
    async fn unsigned(&mut self, zone: &Name, name: &Name) -> Result<Security, Failure> {
        if let Keys::Insecure = self.keys(zone).await? {
            return Ok(Security::Insecure);
        }
        // The same server may answer for a zone below, which need not sign.
        for labels in zone.iter().count() + 1..=name.iter().count() {
            let cut = name.trim_to(labels);
            let found = self.proof(&cut, RecordType::DS).await?;
            if let Some((nothing, _)) = found.nothing
                && Proofs(&nothing.records).show_unsigned_cut(&cut)
            {
                return Ok(Security::Insecure);
            }
        }
        Err(Failure::Bogus(Bogus::Unsigned(name.clone())))
    }

    /// Returns the keys of a zone, or that it is known not to sign.
    async fn keys(&mut self, zone: &Name) -> Result<Keys, Failure> {
        if let Vouchers::None = self.vouchers(zone).await? {
            return Ok(Keys::Insecure);
        }
        let found = self.proof(zone, RecordType::DNSKEY).await?;
        let last = found.chain.last().filter(|(_, set, _)| set.kind == RecordType::DNSKEY);
        let Some((_, set, _)) = last else {
            return Err(Failure::Bogus(Bogus::Key(zone.clone())));
        };
        Ok(match set.security {
            Security::Secure => Keys::Secure(keys_of(set)),
            Security::Insecure | Security::Unchecked => Keys::Insecure,
        })
    }

    /// Checks a zone's keys: one that is vouched for signs them all.
    async fn check_keys(&mut self, set: &mut Set) -> Result<Security, Failure> {
        let zone = set.name.clone();
        let vouchers = self.vouchers(&zone).await?;
        let anchors = &self.resolver.config.anchors;
        let is_vouched = |key: &DNSKEY| match &vouchers {
            Vouchers::None => false,
            Vouchers::Anchors => {
                let mut own = anchors.iter().filter(|anchor| anchor.zone == zone);
                own.any(|anchor| anchor.vouches_for(key))
            }
            Vouchers::Digests(known) => known.iter().any(|ds| vouches(ds, &zone, key)),
        };
        let is_vouched_for: Vec<_> = keys_of(set).into_iter().filter(is_vouched).collect();
        if let Vouchers::None = vouchers {
            return Ok(Security::Insecure);
        }
        if is_vouched_for.is_empty() {
            return Err(Failure::Bogus(Bogus::Key(zone)));
        }
        let now = self.resolver.clock.wall();
        let mut why = "there is none by the key that is vouched for";
        let signatures: Vec<_> =
            set.signatures.iter().filter_map(rrsig).take(SIGNATURES_MAX).cloned().collect();
        for signature in signatures {
            match verify(set, &signature, &is_vouched_for, now) {
                Ok(()) if signature.input().signer_name == zone => {
                    shorten(set, &signature, now);
                    return Ok(Security::Secure);
                }
                Ok(()) => (),
                Err(reason) => why = reason,
            }
        }
        Err(Failure::Bogus(Bogus::Signature(zone, why)))
    }

    /// Returns what vouches for a zone's keys, or that it is known not to sign.
    async fn vouchers(&mut self, zone: &Name) -> Result<Vouchers, Failure> {
        let anchors = &self.resolver.config.anchors;
        if anchors.iter().any(|anchor| anchor.zone == *zone) {
            return Ok(Vouchers::Anchors);
        }
        if !anchors.iter().any(|anchor| anchor.zone.zone_of(zone)) {
            return Ok(Vouchers::None);
        }
        let found = self.proof(zone, RecordType::DS).await?;
        let last = found.chain.last().filter(|(_, set, _)| set.kind == RecordType::DS);
        let Some((_, set, _)) = last.filter(|(_, set, _)| set.security == Security::Secure) else {
            return Ok(Vouchers::None);
        };
        let known: Vec<_> = set.records.iter().filter_map(ds_of).filter(is_understood).collect();
        // RFC 4035 §5.2: a zone whose algorithms nobody here knows is as good as unsigned.
        Ok(if known.is_empty() { Vouchers::None } else { Vouchers::Digests(known) })
    }

    /// Finds what belongs to a proof, one question deeper.
    async fn proof(
        &mut self,
        name: &Name,
        kind: RecordType,
    ) -> Result<super::walk::Found, Failure> {
        self.deeper()?;
        let subnet = self.subnet.take();
        let found = self.find(name.clone(), kind, false).await;
        self.subnet = subnet;
        self.depth -= 1;
        found
    }
}

/// Returns whether a signature over a set is right by one of `keys`, or why not.
fn verify(
    set: &Set,
    signature: &RRSIG,
    keys: &[DNSKEY],
    now: WallTime,
) -> Result<(), &'static str> {
    let input = signature.input();
    let now = u32::try_from(now.unix_seconds() & 0xffff_ffff).unwrap_or_default();
    // RFC 4034 §3.1.5: times are compared by serial number arithmetic.
    let is_past = |time: u32, now: u32| now.wrapping_sub(time) < 0x8000_0000;
    if !is_past(input.sig_inception.get(), now) {
        return Err("it does not hold yet");
    }
    if !is_past(now, input.sig_expiration.get()) {
        return Err("it has expired");
    }
    if set.name.num_labels() < input.num_labels {
        return Err("it is over another name");
    }
    let signed_with = |key: &&DNSKEY| {
        key.zone_key()
            && !key.revoke()
            && key.public_key_algorithm() == input.algorithm
            && key.calculate_key_tag().is_ok_and(|tag| tag == input.key_tag)
    };
    let mut why = "its key is none of the zone";
    for key in keys.iter().filter(signed_with).take(KEYS_MAX) {
        let records = set.records.iter();
        match key.verify_rrsig(&set.name, DNSClass::IN, signature, records) {
            Ok(()) => return Ok(()),
            Err(_) => why = "it is over other data",
        }
    }
    Err(why)
}

/// Lowers times to live to what a signature grants (RFC 4035 §5.3.3).
fn shorten(set: &mut Set, signature: &RRSIG, now: WallTime) {
    let now = u32::try_from(now.unix_seconds() & 0xffff_ffff).unwrap_or_default();
    let left = signature.input().sig_expiration.get().wrapping_sub(now);
    let granted = signature.input().original_ttl.min(left);
    for record in set.records.iter_mut().chain(&mut set.signatures) {
        record.ttl = record.ttl.min(granted);
    }
}

fn keys_of(set: &Set) -> Vec<DNSKEY> {
    let keys = set.records.iter().filter_map(|record| {
        let RData::DNSSEC(DNSSECRData::DNSKEY(key)) = &record.data else { return None };
        Some(key.clone())
    });
    keys.collect()
}

fn ds_of(record: &Record) -> Option<DS> {
    let RData::DNSSEC(DNSSECRData::DS(ds)) = &record.data else { return None };
    Some(ds.clone())
}

fn is_understood(ds: &DS) -> bool {
    ds.algorithm().is_supported() && ds.digest_type().is_supported()
}
