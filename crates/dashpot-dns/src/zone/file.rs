//! Zone files to records (RFC 1035 §5, RFC 2308 §4).

use super::{
    Fault,
    lex::{Entry, Token, entries, unescape},
};
use hickory_proto::{
    dnssec::{
        Algorithm, PublicKeyBuf,
        rdata::{DNSKEY, DNSSECRData},
    },
    rr::{
        Name, RData, Record, RecordType,
        rdata::{HINFO, TXT},
    },
    serialize::{
        binary::{BinDecoder, Restrict},
        txt::{Parser, parse_ttl},
    },
};
use std::str::FromStr as _;

/// The largest TTL there is (RFC 2181 §8).
const TTL_MAX: u32 = i32::MAX as u32;

/// What holds from one entry to the next.
struct State {
    origin: Name,
    /// What `$TTL` says, for all records that say nothing (RFC 2308 §4).
    ttl: Option<u32>,
    /// What the last record said, which holds where there is no `$TTL` (RFC 1035 §5.1).
    ttl_before: Option<u32>,
    owner: Option<Name>,
}

/// Returns the records of `text` with the line of each, in order.
pub(super) fn records(text: &str, origin: &Name) -> Result<Vec<(usize, Record)>, (usize, Fault)> {
    let mut state = State { origin: origin.clone(), ttl: None, ttl_before: None, owner: None };
    let mut all = Vec::new();
    for entry in entries(text)? {
        let record = state.entry(&entry).map_err(|fault| (entry.line, fault))?;
        all.extend(record.map(|record| (entry.line, record)));
    }
    Ok(all)
}

impl State {
    fn entry(&mut self, entry: &Entry) -> Result<Option<Record>, Fault> {
        let Some((first, rest)) = entry.tokens.split_first() else { return Ok(None) };
        if first.is_quoted || entry.is_continued || !first.text.starts_with('$') {
            return self.record(entry).map(Some);
        }
        let [argument] = rest else {
            return Err(Fault::Directive { name: first.text.clone() });
        };
        match first.text.to_ascii_uppercase().as_str() {
            "$ORIGIN" => self.origin = self.name(&argument.text)?,
            "$TTL" => self.ttl = Some(ttl(&argument.text).ok_or_else(|| bad_ttl(argument))?),
            _ => return Err(Fault::Directive { name: first.text.clone() }),
        }
        Ok(None)
    }

    fn record(&mut self, entry: &Entry) -> Result<Record, Fault> {
        let mut tokens = entry.tokens.as_slice();
        if !entry.is_continued {
            let (first, rest) = tokens.split_first().ok_or(Fault::NoType)?;
            self.owner = Some(self.name(&first.text)?);
            tokens = rest;
        }
        let owner = self.owner.clone().ok_or(Fault::NoOwner)?;
        let mut own_ttl = None;
        // RFC 1035 §5.1: TTL and class come in either order, and both may be missing.
        let kind = loop {
            let (token, rest) = tokens.split_first().ok_or(Fault::NoType)?;
            tokens = rest;
            let word = token.text.to_ascii_uppercase();
            if word == "IN" {
                continue;
            }
            if matches!(word.as_str(), "CH" | "CS" | "HS") {
                return Err(Fault::Class { class: word });
            }
            match ttl(&word) {
                Some(seconds) if own_ttl.is_none() => own_ttl = Some(seconds),
                Some(_) => return Err(bad_ttl(token)),
                None => break kind(&word)?,
            }
        };
        let data = self.data(kind, tokens)?;
        let minimum = if let RData::SOA(soa) = &data { Some(soa.minimum) } else { None };
        let ttl = own_ttl.or(self.ttl).or(self.ttl_before).or(minimum).ok_or(Fault::NoTtl)?;
        self.ttl_before = Some(ttl);
        Ok(Record::from_rdata(owner, ttl, data))
    }

    fn data(&self, kind: RecordType, tokens: &[Token]) -> Result<RData, Fault> {
        if let [mark, length, rest @ ..] = tokens
            && mark.text == "\\#"
            && !mark.is_quoted
        {
            return generic(kind, &length.text, rest);
        }
        if kind == RecordType::TXT {
            let strings: Option<Vec<_>> =
                tokens.iter().map(|token| unescape(&token.text)).collect();
            let strings = strings.filter(|strings| {
                !strings.is_empty() && strings.iter().all(|string| string.len() <= 255)
            });
            let strings = strings.ok_or(Fault::Text)?;
            return Ok(RData::TXT(TXT::from_bytes(strings.iter().map(Vec::as_slice).collect())));
        }
        if kind == RecordType::HINFO
            && let [cpu, os] = tokens
        {
            let (cpu, os) = unescape(&cpu.text).zip(unescape(&os.text)).ok_or(Fault::Text)?;
            return Ok(RData::HINFO(HINFO::from_bytes(cpu.into(), os.into())));
        }
        if kind == RecordType::DNSKEY {
            return key(tokens).ok_or(Fault::Key);
        }
        self.known(kind, tokens)
    }

    /// Reads what hickory can: a zone file of the one record.
    fn known(&self, kind: RecordType, tokens: &[Token]) -> Result<RData, Fault> {
        let bad = |why: String| Fault::Data { kind, why };
        // What is left over hickory does not look at.
        let wanted = WORDS.iter().find(|(known, _)| *known == kind).map(|(_, words)| *words);
        if let Some(wanted) = wanted.filter(|wanted| *wanted != tokens.len()) {
            return Err(bad(format!("{} words where there should be {wanted}", tokens.len())));
        }
        let mut text = format!(". 0 IN {kind}");
        let origin = self.origin.to_ascii();
        for token in tokens {
            if token.text == "@" && !token.is_quoted {
                text.extend([" ", &origin]);
                continue;
            }
            let quote = if token.is_quoted { "\"" } else { "" };
            text.extend([" ", quote, &token.text, quote]);
        }
        text.push('\n');
        let (_, sets) = Parser::new(text, None, Some(self.origin.clone()))
            .parse()
            .map_err(|error| bad(error.to_string()))?;
        let record = sets.into_values().next().and_then(|set| set.into_iter().next());
        record.map(|record| record.data).ok_or_else(|| bad("nothing is there".to_owned()))
    }

    fn name(&self, text: &str) -> Result<Name, Fault> {
        if text == "@" {
            return Ok(self.origin.clone());
        }
        Name::parse(text, Some(&self.origin)).map_err(|_| Fault::Name { name: text.to_owned() })
    }
}

/// Types whose data always has the same number of words.
const WORDS: [(RecordType, usize); 9] = [
    (RecordType::A, 1),
    (RecordType::AAAA, 1),
    (RecordType::CNAME, 1),
    (RecordType::NS, 1),
    (RecordType::PTR, 1),
    (RecordType::MX, 2),
    (RecordType::CAA, 3),
    (RecordType::SRV, 4),
    (RecordType::SOA, 7),
];

/// Returns data that is given by its bytes (RFC 3597 §5).
fn generic(kind: RecordType, length: &str, rest: &[Token]) -> Result<RData, Fault> {
    let hex: String = rest.iter().flat_map(|token| token.text.chars()).collect();
    let bytes = data_encoding::HEXUPPER_PERMISSIVE.decode(hex.as_bytes()).unwrap_or_default();
    let length = length.parse().ok().filter(|length| usize::from(*length) == bytes.len());
    let length = length.filter(|length| 0 < *length).ok_or(Fault::Generic)?;
    RData::read(&mut BinDecoder::new(&bytes), kind, Restrict::new(length))
        .map_err(|error| Fault::Data { kind, why: error.to_string() })
}

/// Returns a key as RFC 4034 §2.2 writes it.
fn key(tokens: &[Token]) -> Option<RData> {
    let [flags, protocol, algorithm, rest @ ..] = tokens else { return None };
    let base64: String = rest.iter().map(|token| token.text.as_str()).collect();
    let bytes = data_encoding::BASE64.decode(base64.as_bytes()).ok()?;
    // RFC 4034 §2.1.2: the protocol is always 3.
    if protocol.text != "3" || bytes.is_empty() {
        return None;
    }
    let algorithm = Algorithm::from_u8(algorithm.text.parse().ok()?);
    let key = PublicKeyBuf::new(bytes, algorithm);
    let key = DNSKEY::with_flags(flags.text.parse().ok()?, key);
    Some(RData::DNSSEC(DNSSECRData::DNSKEY(key)))
}

/// Returns the type that `word` names, as a name or as `TYPE123` (RFC 3597 §5).
fn kind(word: &str) -> Result<RecordType, Fault> {
    let by_number = word.strip_prefix("TYPE").and_then(|number| number.parse::<u16>().ok());
    match by_number {
        Some(number) => Ok(RecordType::from(number)),
        None => RecordType::from_str(word).map_err(|_| Fault::Type { name: word.to_owned() }),
    }
}

fn ttl(text: &str) -> Option<u32> {
    parse_ttl(text).ok().filter(|seconds| *seconds <= TTL_MAX)
}

fn bad_ttl(token: &Token) -> Fault {
    Fault::Ttl { text: token.text.clone() }
}
