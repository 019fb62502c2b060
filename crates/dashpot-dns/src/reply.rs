//! Answers as they go out.

use crate::wire::{Head, Query, read};
use hickory_proto::{
    ProtoError,
    op::ResponseCode,
    rr::{Record, RecordType},
    serialize::binary::{BinEncodable as _, BinEncoder},
};

/// What this server takes and sends over UDP at most: what no path of today fragments.
pub(crate) const PAYLOAD_MAX: u16 = 1_232;

/// What fits without extensions (RFC 1035 §4.2.1).
pub(crate) const PAYLOAD_PLAIN: u16 = 512;

/// An answer before it is bytes.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) code: ResponseCode,
    pub(crate) is_authoritative: bool,
    pub(crate) answers: Vec<Record>,
    pub(crate) authorities: Vec<Record>,
    pub(crate) additionals: Vec<Record>,
    /// Whether the answer is none without what is additional.
    pub(crate) needs_additionals: bool,
    /// Options of EDNS by their numbers, where the query has any EDNS.
    pub(crate) options: Vec<(u16, Vec<u8>)>,
}

impl Reply {
    /// Returns an answer with nothing in it but `code`.
    pub(crate) const fn of(code: ResponseCode) -> Self {
        Self {
            code,
            is_authoritative: false,
            answers: Vec::new(),
            authorities: Vec::new(),
            additionals: Vec::new(),
            needs_additionals: false,
            options: Vec::new(),
        }
    }

    /// Returns for how many seconds it holds: as long as all of the answer, or of the denial.
    pub(crate) fn ttl(&self) -> u32 {
        let records = if self.answers.is_empty() { &self.authorities } else { &self.answers };
        records.iter().map(|record| record.ttl).min().unwrap_or_default()
    }

    /// Returns the message of at most `limit` bytes, and whether it had to be truncated.
    pub(crate) fn encode(&self, query: &Query<'_>, limit: u16) -> (Vec<u8>, bool) {
        let all = self.try_encode(query, limit, Part::All);
        let less = |failed: ProtoError| {
            // RFC 2181 §9: what is merely helpful may be left out without a word, but not what a
            // referral needs (RFC 9471 §3).
            if self.needs_additionals || self.additionals.is_empty() {
                return Err(failed);
            }
            self.try_encode(query, limit, Part::NoAdditionals)
        };
        match all.or_else(less) {
            Ok(bytes) => (bytes, false),
            Err(_) => (self.try_encode(query, limit, Part::Nothing).unwrap_or_default(), true),
        }
    }

    fn try_encode(&self, query: &Query<'_>, limit: u16, part: Part) -> Result<Vec<u8>, ProtoError> {
        let none: &[Record] = &[];
        let (answers, authorities, additionals) = match part {
            Part::All => (&*self.answers, &*self.authorities, &*self.additionals),
            Part::NoAdditionals => (&*self.answers, &*self.authorities, none),
            Part::Nothing => (none, none, none),
        };
        let mut bytes = Vec::with_capacity(usize::from(PAYLOAD_PLAIN));
        let mut encoder = BinEncoder::new(&mut bytes);
        encoder.set_max_size(limit);
        let is_truncated = matches!(part, Part::Nothing);
        encoder.emit_u16(query.head.id)?;
        encoder.emit_u16(flags(query.head, self.code, self.is_authoritative, is_truncated))?;
        let has_edns = query.edns.is_some();
        let extra = additionals.len() + usize::from(has_edns);
        for count in [1, answers.len(), authorities.len(), extra] {
            encoder.emit_u16(u16::try_from(count).map_err(|_| "too many records")?)?;
        }
        query.name.emit(&mut encoder)?;
        encoder.emit_u16(query.kind.into())?;
        encoder.emit_u16(query.class)?;
        for record in answers.iter().chain(authorities).chain(additionals) {
            record.emit(&mut encoder)?;
        }
        if let Some(edns) = &query.edns {
            self.edns(edns.dnssec_ok, &mut encoder)?;
        }
        Ok(bytes)
    }

    /// Writes the OPT record (RFC 6891 §6.1.2).
    fn edns(&self, dnssec_ok: bool, encoder: &mut BinEncoder<'_>) -> Result<(), ProtoError> {
        encoder.emit(0)?;
        encoder.emit_u16(RecordType::OPT.into())?;
        encoder.emit_u16(PAYLOAD_MAX)?;
        // RFC 3225 §3: the bit is repeated.
        let flags = if dnssec_ok { 0x8000 } else { 0 };
        encoder.emit_u32((u32::from(self.code.high()) << 24) | flags)?;
        let place = encoder.place::<u16>()?;
        for (number, data) in &self.options {
            encoder.emit_u16(*number)?;
            encoder.emit_u16(u16::try_from(data.len()).map_err(|_| "an option too long")?)?;
            encoder.emit_vec(data)?;
        }
        let length = encoder.len_since_place(&place);
        place.replace(encoder, u16::try_from(length).map_err(|_| "options too long")?)
    }
}

/// What of an answer is written.
#[derive(Clone, Copy)]
enum Part {
    All,
    NoAdditionals,
    /// The question alone, and that there is more (TC).
    Nothing,
}

/// Returns the second word of a header.
fn flags(head: Head, code: ResponseCode, is_authoritative: bool, is_truncated: bool) -> u16 {
    let bit = |is_set: bool, bit: u16| if is_set { bit } else { 0 };
    0x8000
        | (u16::from(head.opcode) << 11)
        | bit(is_authoritative, 0x0400)
        | bit(is_truncated, 0x0200)
        | bit(head.is_recursive, 0x0100)
        | bit(head.is_unchecked, 0x0010)
        | u16::from(code.low())
}

/// Returns the answer to a message of which only the header could be read.
pub(crate) fn malformed(head: Head) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(crate::wire::HEADER_BYTES);
    bytes.extend(head.id.to_be_bytes());
    bytes.extend(flags(head, ResponseCode::FormErr, false, false).to_be_bytes());
    bytes.extend([0; 8]);
    bytes
}

/// Returns an answer to `message` that says nothing but that it is cut: who gets it and has asked
/// comes again by TCP, which nobody can do in another's name.
pub(crate) fn slipped(message: &[u8]) -> Option<Vec<u8>> {
    let query = read(message).ok()?;
    let reply = Reply::of(ResponseCode::NoError);
    reply.try_encode(&query, PAYLOAD_PLAIN, Part::Nothing).ok()
}
