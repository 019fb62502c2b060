//! Queries as they come: what a server needs of a message, and nothing believed that does not read.

use hickory_proto::{
    rr::{Name, RecordType},
    serialize::binary::{BinDecodable as _, BinDecoder},
};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Bytes of the header (RFC 1035 §4.1.1).
pub(crate) const HEADER_BYTES: usize = 12;

/// Records that are passed over in a query: NOTIFY has one or two, TSIG and OPT are one each.
const RECORDS_MAX: u16 = 8;

/// Kinds of queries (RFC 6895 §2.2).
pub(crate) mod opcode {
    pub(crate) const QUERY: u8 = 0;
    pub(crate) const NOTIFY: u8 = 4;
}

/// Options of EDNS (RFC 6891 §9).
pub(crate) mod option {
    pub(crate) const NSID: u16 = 3;
    pub(crate) const SUBNET: u16 = 8;
    pub(crate) const COOKIE: u16 = 10;
}

/// The class of the Internet.
pub(crate) const CLASS_IN: u16 = 1;

/// What stands in the header of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) id: u16,
    pub(crate) opcode: u8,
    /// Whether recursion is desired, which is repeated in the answer.
    pub(crate) is_recursive: bool,
    /// Whether checking is disabled, likewise.
    pub(crate) is_unchecked: bool,
}

/// A query that reads.
#[derive(Clone, Debug)]
pub(crate) struct Query<'a> {
    pub(crate) head: Head,
    pub(crate) name: Name,
    pub(crate) kind: RecordType,
    pub(crate) class: u16,
    pub(crate) edns: Option<Edns<'a>>,
}

/// What a query says of extensions (RFC 6891).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Edns<'a> {
    pub(crate) version: u8,
    /// The largest answer over UDP that gets through, in bytes.
    pub(crate) payload: u16,
    /// Whether signatures are wanted (RFC 3225).
    pub(crate) dnssec_ok: bool,
    pub(crate) wants_nsid: bool,
    pub(crate) subnet: Option<Subnet>,
    /// The client's cookie, and the server's behind it where there is one (RFC 7873 §4).
    pub(crate) cookie: Option<&'a [u8]>,
}

/// The network of a client (RFC 7871 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subnet {
    pub(crate) address: IpAddr,
    pub(crate) source: u8,
}

/// Why a message is no query to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// It is an answer, or too short to have come from anybody who waits for one.
    Ignored,
    /// It has a header, and something wrong behind it (FORMERR).
    Malformed(Head),
}

/// Reads a message.
pub(crate) fn read(bytes: &[u8]) -> Result<Query<'_>, Unreadable> {
    let word = |at: usize| {
        let word = bytes.get(at..at + 2).and_then(|word| word.try_into().ok());
        word.map(u16::from_be_bytes).ok_or(Unreadable::Ignored)
    };
    let (id, flags) = (word(0)?, word(2)?);
    let counts = [word(4)?, word(6)?, word(8)?, word(10)?];
    // An answer must never be answered: two servers would go on for ever.
    if flags & 0x8000 != 0 {
        return Err(Unreadable::Ignored);
    }
    let [_, opcode] = [flags, (flags >> 11) & 0xf];
    let head = Head {
        id,
        opcode: u8::try_from(opcode).unwrap_or_default(),
        is_recursive: flags & 0x0100 != 0,
        is_unchecked: flags & 0x0010 != 0,
    };
    body(bytes, head, counts).ok_or(Unreadable::Malformed(head))
}

fn body(bytes: &[u8], head: Head, counts: [u16; 4]) -> Option<Query<'_>> {
    let [questions, answers, authorities, additionals] = counts;
    let records = answers.checked_add(authorities)?;
    // RFC 9619: a query has one question.
    if questions != 1 || RECORDS_MAX < records.checked_add(additionals)? {
        return None;
    }
    let mut decoder = BinDecoder::new(bytes);
    decoder.read_slice(HEADER_BYTES).ok()?;
    let name = Name::read(&mut decoder).ok()?;
    let kind = RecordType::from(decoder.read_u16().ok()?.unverified());
    let class = decoder.read_u16().ok()?.unverified();
    let mut edns = None;
    for index in 0..records + additionals {
        let record = Raw::read(&mut decoder)?;
        if record.kind == RecordType::OPT {
            // RFC 6891 §6.1.1: at most one, at the root, among what is additional.
            if edns.is_some() || index < records || !record.is_at_root {
                return None;
            }
            edns = Some(Edns::read(&record)?);
        }
    }
    decoder.is_empty().then_some(Query { head, name, kind, class, edns })
}

/// A record whose data is not read.
struct Raw<'a> {
    is_at_root: bool,
    kind: RecordType,
    class: u16,
    ttl: u32,
    data: &'a [u8],
}

impl<'a> Raw<'a> {
    fn read(decoder: &mut BinDecoder<'a>) -> Option<Self> {
        let name = Name::read(decoder).ok()?;
        let kind = RecordType::from(decoder.read_u16().ok()?.unverified());
        let class = decoder.read_u16().ok()?.unverified();
        let ttl = decoder.read_u32().ok()?.unverified();
        let length = decoder.read_u16().ok()?.unverified();
        let data = decoder.read_slice(usize::from(length)).ok()?.unverified();
        Some(Self { is_at_root: name.is_root(), kind, class, ttl, data })
    }
}

impl<'a> Edns<'a> {
    fn read(record: &Raw<'a>) -> Option<Self> {
        let [_, version, high, _] = record.ttl.to_be_bytes();
        let mut edns =
            Self { version, payload: record.class, dnssec_ok: high & 0x80 != 0, ..Self::default() };
        let mut rest = record.data;
        while !rest.is_empty() {
            let (head, tail) = rest.split_first_chunk::<4>()?;
            let [a, b, c, d] = *head;
            let length = usize::from(u16::from_be_bytes([c, d]));
            let (data, tail) = tail.split_at_checked(length)?;
            rest = tail;
            // RFC 6891 §6.1.2: what is not known is ignored; so is all of another version.
            match u16::from_be_bytes([a, b]) {
                _ if version != 0 => (),
                option::NSID => edns.wants_nsid = true,
                option::SUBNET => edns.subnet = Some(Subnet::read(data)?),
                option::COOKIE => edns.cookie = Some(cookie(data)?),
                _ => (),
            }
        }
        Some(edns)
    }
}

/// Returns a cookie that has one of the lengths there are (RFC 7873 §4).
fn cookie(data: &[u8]) -> Option<&[u8]> {
    matches!(data.len(), 8 | 16..=40).then_some(data)
}

impl Subnet {
    /// RFC 7871 §7.1.2: as many bytes as the bits need, the rest of the last one zero, scope 0.
    fn read(data: &[u8]) -> Option<Self> {
        let (head, bytes) = data.split_first_chunk::<4>()?;
        let [_, family, source, scope] = *head;
        let (is_v4, bits) = match (data.first(), family) {
            (Some(0), 1) => (true, 32),
            (Some(0), 2) => (false, 128),
            _ => return None,
        };
        if scope != 0 || bits < source || bytes.len() != usize::from(source.div_ceil(8)) {
            return None;
        }
        let unused = source.div_ceil(8) * 8 - source;
        if bytes.last().is_some_and(|last| last.trailing_zeros() < u32::from(unused)) {
            return None;
        }
        let mut whole = [0; 16];
        whole.get_mut(..bytes.len())?.copy_from_slice(bytes);
        let [a, b, c, d, ..] = whole;
        let address = match is_v4 {
            true => Ipv4Addr::new(a, b, c, d).into(),
            false => Ipv6Addr::from(whole).into(),
        };
        Some(Self { address, source })
    }

    /// Returns the option with which an answer says that it holds for `scope` bits (RFC 7871 §7.2.1).
    pub(crate) fn answered(&self, scope: u8) -> Vec<u8> {
        let (family, bytes) = match self.address {
            IpAddr::V4(v4) => (1, v4.octets().to_vec()),
            IpAddr::V6(v6) => (2, v6.octets().to_vec()),
        };
        let mut data = vec![0, family, self.source, scope];
        data.extend(bytes.iter().take(usize::from(self.source.div_ceil(8))));
        data
    }
}

#[cfg(test)]
mod tests;
