//! Keys and signatures: records are signed when they are first asked for, and the signature is kept.

use crate::zone::RrSet;
use arc_swap::ArcSwapOption;
use dashpot_base::WallTime;
use hickory_proto::{
    dnssec::{
        Algorithm, DigestType, SigningKey as _, TBS,
        crypto::EcdsaSigningKey,
        rdata::{DNSKEY, DNSSECRData, DS, RRSIG, sig::SigInput},
    },
    rr::{DNSClass, Name, RData, Record, SerialNumber},
};
use rustls::pki_types::{PrivatePkcs8KeyDer, pem::PemObject as _};
use std::{fmt, sync::Arc, time::Duration};

/// The one algorithm: small signatures, fast to make, and mandatory to validate (RFC 8624 §3.1).
const ALGORITHM: Algorithm = Algorithm::ECDSAP256SHA256;

/// Signatures begin this much earlier than they are made, for validators whose clocks are slow.
const BACKDATED: Duration = Duration::from_secs(3_600);

/// For how long signatures hold. Longer ones can be replayed for longer, shorter ones end sooner
/// where a secondary or a cache keeps them.
const HOLDS: Duration = Duration::from_secs(7 * 86_400);

/// The same of answers that hold for less than [`SHORT_TTL`], which are made to be changed.
const HOLDS_SHORT: Duration = Duration::from_secs(86_400);
const SHORT_TTL: u32 = 120;

/// How long a DNSKEY or DS record holds, in seconds.
pub(crate) const KEY_TTL: u32 = 3_600;

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The text is no private key in PEM.
    #[error("this is no private key in PEM (`BEGIN PRIVATE KEY`)")]
    Pem,
    /// The key is of another kind.
    #[error("this is no ECDSA key on P-256")]
    Kind,
    /// No key could be made.
    #[error("a key cannot be made")]
    Make,
}

/// The key of a zone, which signs its keys and its data alike.
pub struct Key {
    zone: Name,
    key: EcdsaSigningKey,
    public: DNSKEY,
    tag: u16,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("zone", &self.zone)
            .field("tag", &self.tag)
            .finish_non_exhaustive()
    }
}

/// The signature over a set of records, once it has been made.
#[derive(Debug, Default)]
pub(crate) struct Memo(ArcSwapOption<Signature>);

/// A signature and how long it is used.
#[derive(Debug)]
pub(crate) struct Signature {
    pub(crate) record: Record,
    renew_at: WallTime,
}

impl Key {
    /// Makes a private key and returns it in PEM (PKCS #8).
    ///
    /// # Errors
    /// Where the system has no randomness to give.
    pub fn generate() -> Result<String, KeyError> {
        let key = EcdsaSigningKey::generate_pkcs8(ALGORITHM).map_err(|_| KeyError::Make)?;
        let base64 = data_encoding::BASE64.encode(key.secret_pkcs8_der());
        let mut pem = "-----BEGIN PRIVATE KEY-----\n".to_owned();
        let lines: Vec<_> = base64.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
        pem.push_str(&lines.join("\n"));
        pem.push_str("\n-----END PRIVATE KEY-----\n");
        Ok(pem)
    }

    /// Returns the key that `pem` has, as the key of `zone`.
    ///
    /// # Errors
    /// Where it is no ECDSA key on P-256 in PEM (PKCS #8).
    pub fn from_pem(zone: &Name, pem: &[u8]) -> Result<Self, KeyError> {
        let key = PrivatePkcs8KeyDer::from_pem_slice(pem).map_err(|_| KeyError::Pem)?;
        let key = EcdsaSigningKey::from_pkcs8(&key, ALGORITHM).map_err(|_| KeyError::Kind)?;
        let public = key.to_public_key().map_err(|_| KeyError::Kind)?;
        // Both a zone key and a secure entry point (RFC 4034 §2.1.1): one key does both.
        let public = DNSKEY::new(true, true, false, public);
        let tag = public.calculate_key_tag().map_err(|_| KeyError::Kind)?;
        Ok(Self { zone: zone.clone(), key, public, tag })
    }

    /// Returns the zone whose key it is.
    #[must_use]
    pub const fn zone(&self) -> &Name {
        &self.zone
    }

    /// Returns the record that makes the key known, for the zone itself.
    #[must_use]
    pub fn dnskey(&self) -> Record {
        let data = RData::DNSSEC(DNSSECRData::DNSKEY(self.public.clone()));
        Record::from_rdata(self.zone.clone(), KEY_TTL, data)
    }

    /// Returns the record that vouches for the key, for the zone above (RFC 4034 §5).
    ///
    /// # Errors
    /// Where the zone's name does not encode, which no name does not.
    pub fn ds(&self) -> Result<Record, KeyError> {
        let digest = self.public.to_digest(&self.zone, DigestType::SHA256);
        let digest = digest.map_err(|_| KeyError::Make)?.as_ref().to_vec();
        let ds = DS::new(self.tag, ALGORITHM, DigestType::SHA256, digest);
        let data = RData::DNSSEC(DNSSECRData::DS(ds));
        Ok(Record::from_rdata(self.zone.clone(), KEY_TTL, data))
    }

    /// Returns the signature over `set`, made where there is none that still holds for long enough.
    pub(crate) fn signature(&self, set: &RrSet, now: WallTime) -> Option<Arc<Signature>> {
        let kept = set.signature.0.load();
        if let Some(signature) = kept.as_ref()
            && now < signature.renew_at
        {
            return Some(Arc::clone(signature));
        }
        let made = Arc::new(self.sign(set, now)?);
        set.signature.0.store(Some(Arc::clone(&made)));
        Some(made)
    }

    fn sign(&self, set: &RrSet, now: WallTime) -> Option<Signature> {
        let first = set.first()?;
        let holds = if set.ttl() < SHORT_TTL { HOLDS_SHORT } else { HOLDS };
        let input = SigInput {
            type_covered: first.record_type(),
            algorithm: ALGORITHM,
            num_labels: first.name.num_labels(),
            original_ttl: set.ttl(),
            sig_expiration: serial(now.after(holds)),
            sig_inception: serial(now.before(BACKDATED)),
            key_tag: self.tag,
            signer_name: self.zone.clone(),
        };
        let records = set.records().iter();
        let signed = TBS::from_input(&first.name, DNSClass::IN, &input, records).ok()?;
        let bytes = self.key.sign(&signed).ok()?;
        let data = RData::DNSSEC(DNSSECRData::RRSIG(RRSIG::from_sig(input, bytes)));
        let record = Record::from_rdata(first.name.clone(), set.ttl(), data);
        // Halfway, so that what caches have kept for its TTL never outlives its signature.
        Some(Signature { record, renew_at: now.after(holds / 2) })
    }
}

/// Returns a time as signatures have it: seconds, modulo 2^32 (RFC 4034 §3.1.5).
fn serial(time: WallTime) -> SerialNumber {
    SerialNumber::new(u32::try_from(time.unix_seconds() & 0xffff_ffff).unwrap_or_default())
}

#[cfg(test)]
mod tests;
