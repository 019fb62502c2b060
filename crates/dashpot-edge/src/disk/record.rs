//! What a file of the disk tier holds: a body, then a record of what it is.
//!
//! `body ‖ record ‖ … ‖ record`, of which the last record counts; each ends in a footer of fixed
//! size, so that it is found from the file's end. The record follows the body, so that a body is
//! written as it is read, and a newer head (after a 304) is appended without touching what is
//! there. All numbers are little-endian.

use dashpot_base::{Packed, put_bytes, put_size};
use dashpot_http::range::ByteRange;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// The bytes of a body that share a checksum, and that are read at once.
///
/// Large enough that a disk reads it in one go, small enough that its first byte leaves within a
/// millisecond of an SSD's time.
pub(crate) const BLOCK_BYTES: u32 = 256 << 10;

/// Begins every record; the last byte is the version of the layout.
const MAGIC: [u8; 8] = *b"dashpot\x02";

/// The bytes of a footer: where the record begins, its length, and the checksum of both.
pub(crate) const FOOTER_BYTES: usize = 8 + 8 + 16;

/// The bytes of a record at most: a key and a head as large as any that is received, and the
/// checksums of a body of 2 GiB.
pub(crate) const RECORD_BYTES_MAX: u64 = 1 << 20;

/// What a stored thing is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// The key it is stored under.
    pub(crate) key: String,
    pub(crate) kind: Kind,
    /// The resource whose variant it is, where it is one.
    pub(crate) variant_of: Option<VariantOf>,
    /// The number of purges when its fill began.
    pub(crate) epoch: u64,
    pub(crate) body_len: u64,
    /// The checksum of each block of the body.
    pub(crate) sums: Vec<u64>,
    /// Its head, as its owner writes it.
    pub(crate) head: Vec<u8>,
}

/// What of a resource is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// All of it.
    Whole,
    /// The head of one that is stored in parts, without any of them.
    Parts {
        /// In the keys of the parts.
        id: u64,
        /// The length of the whole.
        length: u64,
    },
    /// What there is of one block.
    Block {
        /// That of the parts it belongs to.
        id: u64,
        /// Which bytes of the whole these are.
        extent: ByteRange,
    },
}

impl Kind {
    /// Returns the number of the representation that is stored in parts.
    pub(crate) const fn id(self) -> Option<u64> {
        match self {
            Self::Whole => None,
            Self::Parts { id, .. } | Self::Block { id, .. } => Some(id),
        }
    }

    const fn to_numbers(self) -> [u64; 4] {
        match self {
            Self::Whole => [0; 4],
            Self::Parts { id, length } => [1, id, length, 0],
            Self::Block { id, extent } => [2, id, extent.first, extent.last],
        }
    }

    const fn from_numbers(numbers: [u64; 4]) -> Option<Self> {
        match numbers {
            [0, 0, 0, 0] => Some(Self::Whole),
            [1, id, length, 0] => Some(Self::Parts { id, length }),
            [2, id, first, last] if first <= last => {
                Some(Self::Block { id, extent: ByteRange { first, last } })
            }
            _ => None,
        }
    }
}

/// A variant's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct VariantOf {
    /// The hash of the resource's key.
    pub(crate) resource: u128,
    /// The epoch of the selector that leads to it.
    pub(crate) selector_epoch: u64,
}

/// Where a record is in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) at: u64,
    /// Its length without the footer.
    pub(crate) len: u64,
}

impl Record {
    /// Returns this record with its footer, as they stand at `at` in a file.
    pub(crate) fn to_bytes(&self, at: u64) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.key.len() + self.head.len() + 8 * self.sums.len());
        out.extend(MAGIC);
        put_bytes(&mut out, self.key.as_bytes());
        for number in self.kind.to_numbers() {
            out.extend(number.to_le_bytes());
        }
        let (resource, selector_epoch) =
            self.variant_of.map_or((0, 0), |of| (of.resource, of.selector_epoch));
        out.push(u8::from(self.variant_of.is_some()));
        out.extend(resource.to_le_bytes());
        out.extend(selector_epoch.to_le_bytes());
        out.extend(self.epoch.to_le_bytes());
        out.extend(self.body_len.to_le_bytes());
        put_size(&mut out, self.sums.len());
        for sum in &self.sums {
            out.extend(sum.to_le_bytes());
        }
        put_bytes(&mut out, &self.head);
        let len = len_of(&out);
        out.extend(at.to_le_bytes());
        out.extend(len.to_le_bytes());
        let sum = xxh3_128(&out);
        out.extend(sum.to_le_bytes());
        out
    }

    /// Returns the record that `bytes`, with its footer, are at `place`; `None` where they are
    /// not what was written there.
    pub(crate) fn from_bytes(bytes: &[u8], place: Place) -> Option<Self> {
        let (signed, sum) = bytes.split_last_chunk::<16>()?;
        if Place::of_footer(bytes)? != place || xxh3_128(signed) != u128::from_le_bytes(*sum) {
            return None;
        }
        let mut from = Packed(signed.get(..signed.len() - 16)?);
        if from.array()? != MAGIC {
            return None;
        }
        let key = String::from_utf8(from.bytes()?.to_vec()).ok()?;
        let kind = [from.number()?, from.number()?, from.number()?, from.number()?];
        let kind = Kind::from_numbers(kind)?;
        let is_variant = from.byte()? == 1;
        let resource = u128::from_le_bytes(from.array()?);
        let selector_epoch = from.number()?;
        let (epoch, body_len) = (from.number()?, from.number()?);
        let count = u64::from(from.size()?);
        // A block has a checksum of its own, whatever the record says of their number.
        if count != body_len.div_ceil(u64::from(BLOCK_BYTES)) || place.at < body_len {
            return None;
        }
        if matches!(kind, Kind::Block { extent, .. } if extent.size() != body_len) {
            return None;
        }
        let sums = (0..count).map(|_| from.number()).collect::<Option<_>>()?;
        let head = from.bytes()?.to_vec();
        let variant_of = is_variant.then_some(VariantOf { resource, selector_epoch });
        from.0.is_empty().then_some(Self { key, kind, variant_of, epoch, body_len, sums, head })
    }
}

impl Place {
    /// Returns where the record is whose footer ends `bytes`; nothing is checked but that it is
    /// of a size that can be.
    pub(crate) fn of_footer(bytes: &[u8]) -> Option<Self> {
        let (_, footer) = bytes.split_last_chunk::<FOOTER_BYTES>()?;
        let mut from = Packed(footer);
        let place = Self { at: from.number()?, len: from.number()? };
        (place.len <= RECORD_BYTES_MAX).then_some(place)
    }

    /// Returns where the file ends whose last record is here.
    pub(crate) fn end(self) -> Option<u64> {
        self.at.checked_add(self.len)?.checked_add(u64::try_from(FOOTER_BYTES).ok()?)
    }
}

/// Returns the checksum of a block.
pub(crate) fn sum_of(block: &[u8]) -> u64 {
    xxh3_64(block)
}

fn len_of(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record() -> Record {
        Record {
            key: "http://origin/a\n1\naccept-encoding:br".to_owned(),
            kind: Kind::Whole,
            variant_of: Some(VariantOf { resource: 7 << 100, selector_epoch: 3 }),
            epoch: 9,
            body_len: u64::from(BLOCK_BYTES) + 1,
            sums: vec![1, u64::MAX],
            head: b"head".to_vec(),
        }
    }

    #[test]
    fn a_record_is_found_by_its_footer_and_reads_as_it_was_written() {
        let record = record();
        let bytes = record.to_bytes(1 << 20);
        let place = Place::of_footer(&bytes).unwrap();
        assert_eq!(place.at, 1 << 20);
        assert_eq!(place.end(), Some((1 << 20) + len_of(&bytes)));
        assert_eq!(Record::from_bytes(&bytes, place), Some(record.clone()));
        // What was written elsewhere is not what was written here.
        assert_eq!(Record::from_bytes(&bytes, Place { at: 0, ..place }), None);
        let (id, size) = (7, record.body_len);
        for kind in [
            Kind::Parts { id, length: 1 << 40 },
            Kind::Block { id, extent: ByteRange { first: 3, last: size + 2 } },
        ] {
            let of_kind = Record { kind, ..record.clone() };
            let bytes = of_kind.to_bytes(1 << 20);
            let place = Place::of_footer(&bytes).unwrap();
            assert_eq!(Record::from_bytes(&bytes, place), Some(of_kind));
        }
        // A block of another length than its body has.
        let kind = Kind::Block { id, extent: ByteRange { first: 3, last: size } };
        let bytes = Record { kind, ..record.clone() }.to_bytes(1 << 20);
        assert_eq!(Record::from_bytes(&bytes, Place::of_footer(&bytes).unwrap()), None);
        let plain = Record { variant_of: None, ..record };
        let bytes = plain.to_bytes(1 << 20);
        assert_eq!(Record::from_bytes(&bytes, Place::of_footer(&bytes).unwrap()), Some(plain));
    }

    proptest! {
        #[test]
        fn a_record_with_any_bit_flipped_or_any_end_missing_is_refused(
            at in any::<prop::sample::Index>(),
            bit in 0..8_u32,
        ) {
            let bytes = record().to_bytes(1 << 20);
            let place = Place::of_footer(&bytes).unwrap();
            let mut flipped = bytes.clone();
            flipped[at.index(bytes.len())] ^= 1 << bit;
            prop_assert_eq!(Record::from_bytes(&flipped, place), None);
            prop_assert_eq!(Record::from_bytes(&bytes[..at.index(bytes.len())], place), None);
        }
    }
}
