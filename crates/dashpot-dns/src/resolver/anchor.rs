//! Trust anchors: keys, or digests of keys, that are believed without proof.

use hickory_proto::{
    dnssec::{
        Algorithm, DigestType, PublicKeyBuf,
        rdata::{DNSKEY, DS},
    },
    rr::Name,
};

/// What is believed of a zone's keys without proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The zone, most often the root.
    pub zone: Name,
    /// The key, or its digest.
    pub key: AnchorKey,
}

/// A key, or its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnchorKey {
    /// The key itself.
    Key(DNSKEY),
    /// Its digest.
    Digest(DS),
}

/// Why a text is no trust anchors.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is no DS or DNSKEY record, such as `. IN DS 12345 13 2 0123…`")]
pub struct AnchorError {
    /// The line, beginning with 1.
    pub line: usize,
}

impl Anchor {
    /// Reads DS and DNSKEY records, one on a line, as zone files and `dashpot dns keygen` write them.
    ///
    /// # Errors
    /// Names the first line that is none.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, AnchorError> {
        let lines = text.lines().enumerate();
        let lines = lines.map(|(index, line)| (index + 1, line.split(';').next().unwrap_or("")));
        let lines = lines.filter(|(_, line)| !line.trim().is_empty());
        lines.map(|(line, text)| Self::parse(text).ok_or(AnchorError { line })).collect()
    }

    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let mut zone = Name::from_ascii(words.next()?).ok()?;
        zone.set_fqdn(true);
        // Before the type there may be a time to live and a class.
        let kind = words.by_ref().take(3).find(|word| matches!(*word, "DS" | "DNSKEY"))?;
        let mut number = || words.next()?.parse::<u16>().ok();
        let numbers = [number()?, number()?, number()?];
        let rest: String = words.collect();
        let key = match kind {
            "DS" => AnchorKey::Digest(ds(numbers, &rest)?),
            _ => AnchorKey::Key(dnskey(numbers, &rest)?),
        };
        Some(Self { zone, key })
    }

    /// Returns whether it vouches for `key` of its zone.
    pub(crate) fn vouches_for(&self, key: &DNSKEY) -> bool {
        match &self.key {
            AnchorKey::Key(known) => known.public_key() == key.public_key() && !key.revoke(),
            AnchorKey::Digest(digest) => vouches(digest, &self.zone, key),
        }
    }
}

/// Returns whether a DS record of `zone` vouches for `key` (RFC 4035 §5.2).
pub(crate) fn vouches(digest: &DS, zone: &Name, key: &DNSKEY) -> bool {
    let is_named = key.calculate_key_tag().is_ok_and(|tag| tag == digest.key_tag())
        && key.public_key_algorithm() == digest.algorithm();
    is_named && !key.revoke() && digest.covers(zone, key).unwrap_or(false)
}

/// The algorithm of a key.
pub(crate) trait PublicKeyAlgorithm {
    fn public_key_algorithm(&self) -> Algorithm;
}

impl PublicKeyAlgorithm for DNSKEY {
    fn public_key_algorithm(&self) -> Algorithm {
        hickory_proto::dnssec::Verifier::algorithm(self)
    }
}

fn ds([tag, algorithm, digest]: [u16; 3], rest: &str) -> Option<DS> {
    let algorithm = Algorithm::from_u8(u8::try_from(algorithm).ok()?);
    let digest = DigestType::from(u8::try_from(digest).ok()?);
    let bytes = data_encoding::HEXUPPER_PERMISSIVE.decode(rest.as_bytes()).ok()?;
    (!bytes.is_empty()).then(|| DS::new(tag, algorithm, digest, bytes))
}

fn dnskey([flags, protocol, algorithm]: [u16; 3], rest: &str) -> Option<DNSKEY> {
    // RFC 4034 §2.1.2: the protocol is always 3.
    let algorithm = Algorithm::from_u8(u8::try_from(algorithm).ok().filter(|_| protocol == 3)?);
    let bytes = data_encoding::BASE64.decode(rest.as_bytes()).ok()?;
    Some(DNSKEY::with_flags(flags, PublicKeyBuf::new(bytes, algorithm)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_as_zone_files_have_them() {
        let text = "; the root\n. IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D084 58E880409BBC683457104237C7F8EC8D\n\
                    example 3600 IN DNSKEY 257 3 13 AAAA ; a key\n\n";
        let anchors = Anchor::parse_all(text).unwrap();
        let told: Vec<_> = anchors.iter().map(|anchor| anchor.zone.to_ascii()).collect();
        assert_eq!(told, [".", "example."]);
        assert!(matches!(&anchors[0].key, AnchorKey::Digest(ds) if ds.key_tag() == 20_326));
        assert!(matches!(&anchors[1].key, AnchorKey::Key(key) if key.flags() == 257));
    }

    #[test]
    fn what_is_none_is_named_by_its_line() {
        for text in ["\n. IN A 127.0.0.1", "\n. IN DS 1 2 3", "\n. DNSKEY 257 4 13 AAAA", "\nDS"] {
            assert_eq!(Anchor::parse_all(text), Err(AnchorError { line: 2 }), "{text:?}");
        }
    }
}
