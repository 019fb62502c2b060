//! What clients ask, and what they are answered, as messages. Without any I/O.

use super::{Asked, Resolution, Step, config::Subnet, hop::PAYLOAD};
use hickory_proto::{
    op::{Edns, Message, MessageType, OpCode, ResponseCode},
    rr::{
        DNSClass, RecordType,
        rdata::opt::{ClientSubnet, EdnsCode, EdnsOption},
    },
};
use ipnet::IpNet;
use std::net::IpAddr;

/// What fits over UDP without extensions (RFC 1035 §4.2.1).
const PAYLOAD_PLAIN: u16 = 512;

/// Bits of a client's network that are told on at most (RFC 7871 §11.1).
const BITS_V4: u8 = 24;
const BITS_V6: u8 = 56;

/// The option that asks for the walk, and brings it as JSON: of the numbers that are for local use
/// (RFC 6891 §9).
pub(crate) const WALK: u16 = 65_001;

/// Extended errors (RFC 8914 §2).
const EXTENDED_ERROR: u16 = 15;

/// A query of a client.
#[derive(Debug)]
pub(crate) struct Query {
    message: Message,
    /// What is asked; else the code of the refusal.
    pub(crate) asked: Result<Asked, ResponseCode>,
}

impl Query {
    /// Reads a message; none where it is none to answer.
    pub(crate) fn read(bytes: &[u8], client: IpAddr, subnet: Subnet) -> Option<Self> {
        let message = match Message::from_vec(bytes) {
            Ok(message) => message,
            Err(_) => unreadable(bytes)?,
        };
        // An answer must never be answered: two servers would go on for ever.
        if message.message_type != MessageType::Query {
            return None;
        }
        let asked = asked(&message, client, subnet);
        Some(Self { message, asked })
    }

    /// Returns whether others may be asked for the answer.
    pub(crate) fn is_recursive(&self) -> bool {
        self.message.recursion_desired
    }

    /// Returns the bytes that its way carries.
    pub(crate) fn limit(&self, is_udp: bool) -> u16 {
        match &self.message.edns {
            _ if !is_udp => u16::MAX,
            Some(edns) => edns.max_payload().clamp(PAYLOAD_PLAIN, PAYLOAD),
            None => PAYLOAD_PLAIN,
        }
    }

    /// Returns the refusal with a code.
    pub(crate) fn refuse(&self, code: ResponseCode) -> Vec<u8> {
        let mut answer = self.answer(code);
        if let Some(edns) = self.edns(code) {
            answer.set_edns(edns);
        }
        answer.to_vec().unwrap_or_default()
    }

    /// Returns the answer in at most `limit` bytes, with the walk where that may be told and is asked
    /// for.
    pub(crate) fn respond(&self, resolution: &Resolution, limit: u16, tells: bool) -> Vec<u8> {
        let mut answer = self.answer(resolution.code);
        let dnssec_ok = self.message.edns.as_ref().is_some_and(|edns| edns.flags().dnssec_ok);
        // RFC 6840 §5.7, §5.8: said to those who ask for it.
        answer.metadata.authentic_data =
            resolution.is_secure && (dnssec_ok || self.message.authentic_data);
        answer.answers.clone_from(&resolution.answers);
        answer.authorities.clone_from(&resolution.authorities);
        let mut answer = answer.maybe_strip_dnssec_records(dnssec_ok);
        if let Some(mut edns) = self.edns(resolution.code) {
            self.options(resolution, tells && limit == u16::MAX, &mut edns);
            answer.set_edns(edns);
        }
        match answer.to_vec() {
            Ok(bytes) if bytes.len() <= usize::from(limit) => bytes,
            Ok(_) | Err(_) => self.truncated(resolution),
        }
    }

    fn truncated(&self, resolution: &Resolution) -> Vec<u8> {
        let mut answer = self.answer(resolution.code);
        answer.metadata.truncation = true;
        if let Some(edns) = self.edns(resolution.code) {
            answer.set_edns(edns);
        }
        answer.to_vec().unwrap_or_default()
    }

    fn answer(&self, code: ResponseCode) -> Message {
        let query = &self.message;
        let mut answer = Message::new(query.id, MessageType::Response, query.op_code);
        answer.metadata.recursion_desired = query.recursion_desired;
        answer.metadata.recursion_available = true;
        answer.metadata.checking_disabled = query.checking_disabled;
        answer.metadata.response_code = code;
        answer.add_queries(query.queries.iter().cloned());
        answer
    }

    fn edns(&self, code: ResponseCode) -> Option<Edns> {
        let asked = self.message.edns.as_ref()?;
        let mut edns = Edns::new();
        edns.set_max_payload(PAYLOAD).set_rcode_high(code.high());
        // RFC 3225 §3: the bit is repeated.
        edns.set_dnssec_ok(asked.flags().dnssec_ok);
        Some(edns)
    }

    fn options(&self, resolution: &Resolution, tells: bool, edns: &mut Edns) {
        let asked = self.message.edns.as_ref();
        let asked = |code| asked.and_then(|edns| edns.option(code));
        if let Some(EdnsOption::Subnet(subnet)) = asked(EdnsCode::Subnet) {
            // RFC 7871 §7.2.1: a scope of 0 where the network has made no difference.
            let scope = resolution.scope.unwrap_or_default().min(subnet.source_prefix());
            let told = ClientSubnet::new(subnet.addr(), subnet.source_prefix(), scope);
            edns.options_mut().insert(EdnsOption::Subnet(told));
        }
        if let Some((code, why)) = &resolution.fault {
            let told = [&code.to_be_bytes(), why.as_bytes()].concat();
            edns.options_mut().insert(EdnsOption::Unknown(EXTENDED_ERROR, told));
        }
        if tells && asked(EdnsCode::Unknown(WALK)).is_some() {
            let walk = serde_json::to_vec(&resolution.steps).unwrap_or_default();
            edns.options_mut().insert(EdnsOption::Unknown(WALK, walk));
        }
    }
}

/// Returns the walk that an answer brings.
pub(crate) fn walk_of(answer: &Message) -> Option<Vec<Step>> {
    let option = answer.edns.as_ref()?.option(EdnsCode::Unknown(WALK))?;
    let EdnsOption::Unknown(_, walk) = option else { return None };
    serde_json::from_slice(walk).ok()
}

/// Returns a query of which only the header reads, so that it can be refused.
fn unreadable(bytes: &[u8]) -> Option<Message> {
    let [a, b, flags, ..] = bytes.get(..12)? else { return None };
    let id = u16::from_be_bytes([*a, *b]);
    let is_query = flags & 0x80 == 0;
    is_query.then(|| Message::new(id, MessageType::Query, OpCode::Query))
}

fn asked(message: &Message, client: IpAddr, subnet: Subnet) -> Result<Asked, ResponseCode> {
    if message.op_code != OpCode::Query {
        return Err(ResponseCode::NotImp);
    }
    // RFC 9619: a query has one question.
    let [question] = &*message.queries else { return Err(ResponseCode::FormErr) };
    let edns = message.edns.as_ref();
    if edns.is_some_and(|edns| edns.version() != 0) {
        return Err(ResponseCode::BADVERS);
    }
    if question.query_class != DNSClass::IN {
        return Err(ResponseCode::Refused);
    }
    if matches!(
        question.query_type,
        RecordType::ANY | RecordType::AXFR | RecordType::IXFR | RecordType::OPT | RecordType::ZERO
    ) {
        return Err(ResponseCode::NotImp);
    }
    let named = match edns.and_then(|edns| edns.option(EdnsCode::Subnet)) {
        Some(EdnsOption::Subnet(named)) => Some((named.addr(), named.source_prefix())),
        _ => None,
    };
    let subnet = match subnet {
        Subnet::Off => None,
        Subnet::Always(network) => Some(network.trunc()),
        // RFC 7871 §7.1.2: a length of 0 asks that nothing be told.
        Subnet::Clients => match named.unwrap_or((client.to_canonical(), u8::MAX)) {
            (_, 0) => None,
            (address, bits) => network(address, bits),
        },
    };
    Ok(Asked { name: question.name.clone(), kind: question.query_type, subnet })
}

fn network(address: IpAddr, bits: u8) -> Option<IpNet> {
    let bits_max = if address.is_ipv4() { BITS_V4 } else { BITS_V6 };
    IpNet::new(address, bits.min(bits_max)).ok().map(|network| network.trunc())
}
