use super::*;
use crate::steer::Steered;
use hickory_proto::{
    op::{Edns as ProtoEdns, Message, MessageType, OpCode, Query as ProtoQuery},
    rr::rdata::opt::{ClientSubnet, EdnsCode, EdnsOption},
};
use proptest::prelude::*;
use std::net::IpAddr;

const ZONE: &str = "\
$TTL 300
@       SOA ns1 host 7 1800 900 604800 30
        NS  ns1
        NS  ns.other.test.
        MX  10 mail
        CAA 0 issue \"ca.test\"
ns1     A   192.0.2.1
mail    AAAA 2001:db8::25
www     CNAME video
video   60 A 192.0.2.10
        60 A 192.0.2.11
away    CNAME cdn.other.test.
loop    CNAME pool
pool    CNAME loop
gone    CNAME nothing
*.wild  TXT \"any\"
        A   192.0.2.20
real.wild A 192.0.2.21
a.b.ent A   192.0.2.22
sub     NS  ns.sub
        NS  ns1
ns.sub  A   192.0.2.53
safe    NS  ns.other.test.
        DS  1 13 2 0101010101010101010101010101010101010101010101010101010101010101
_sip._tcp SRV 1 2 5060 video
edge    TXT \"beside\"
";

fn name(text: &str) -> Name {
    Name::from_ascii(text).unwrap()
}

fn client() -> SocketAddr {
    "198.51.100.7:4242".parse().unwrap()
}

fn now() -> WallTime {
    WallTime::from_unix_seconds(1_800_000_000)
}

fn steer(asker: &Asker) -> Steered {
    let is_near = matches!(asker.address(), IpAddr::V4(v4) if v4.octets()[0] == 10);
    let host = if is_near { "203.0.113.1" } else { "203.0.113.2" };
    Steered {
        addresses: vec![host.parse().unwrap()],
        ttl: 20,
        scope: u8::from(is_near) * 8,
        reason: format!("near={is_near}"),
        ..Steered::default()
    }
}

fn zone() -> Zone {
    let zone = Zone::parse(ZONE, &name("ott.test.")).unwrap();
    zone.steered_at(&name("edge.ott.test."), Arc::new(steer)).unwrap()
}

fn plain() -> Authority {
    let authority = Authority::new(Some("lab-1".to_owned()));
    authority.put(zone());
    authority
}

fn query(asked: &str, kind: RecordType) -> Message {
    let mut message = Message::new(77, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(ProtoQuery::query(name(asked), kind));
    message
}

fn sent(authority: &Authority, message: &[u8], transport: Transport) -> (Message, Response) {
    match authority.respond(message, client(), transport, now()) {
        Outcome::Answered(response) => (Message::from_vec(&response.bytes).unwrap(), response),
        other @ (Outcome::Ignored | Outcome::Transfer(_) | Outcome::Notified(..)) => {
            panic!("{other:?}")
        }
    }
}

fn ask(authority: &Authority, asked: &str, kind: RecordType) -> Message {
    sent(authority, &query(asked, kind).to_vec().unwrap(), Transport::Udp).0
}

fn records(records: &[Record]) -> Vec<String> {
    let line = |record: &Record| {
        format!("{} {} {} {}", record.name, record.ttl, record.record_type(), record.data)
    };
    records.iter().map(line).collect()
}

/// An answer in short: code and flags, then the owners and types of each section.
fn short(message: &Message) -> String {
    let section = |records: &[Record]| {
        let names = records.iter().map(|record| {
            let owner = record.name.to_ascii().replace(".ott.test.", "").replace("ott.test.", "@");
            format!("{owner}/{}", record.record_type())
        });
        names.collect::<Vec<_>>().join(" ")
    };
    let aa = if message.metadata.authoritative { " aa" } else { "" };
    format!(
        "{:?}{aa} | {} | {} | {}",
        message.metadata.response_code,
        section(&message.answers),
        section(&message.authorities),
        section(&message.additionals)
    )
}

#[test]
fn answers_are_those_of_the_algorithm() {
    let authority = plain();
    let soa = "@/SOA";
    for (asked, kind, expected) in [
        ("ott.test.", RecordType::SOA, "NoError aa | @/SOA |  | ".to_owned()),
        ("ott.test.", RecordType::NS, "NoError aa | @/NS @/NS |  | ns1/A".to_owned()),
        ("ott.test.", RecordType::MX, "NoError aa | @/MX |  | mail/AAAA".to_owned()),
        ("ott.test.", RecordType::CAA, "NoError aa | @/CAA |  | ".to_owned()),
        ("VIDEO.ott.test.", RecordType::A, "NoError aa | VIDEO/A VIDEO/A |  | ".to_owned()),
        (
            "_sip._tcp.ott.test.",
            RecordType::SRV,
            "NoError aa | _sip._tcp/SRV |  | video/A video/A".to_owned(),
        ),
        // RFC 1034 §3.6.2: an alias, and what it leads to.
        ("www.ott.test.", RecordType::A, "NoError aa | www/CNAME video/A video/A |  | ".to_owned()),
        ("www.ott.test.", RecordType::CNAME, "NoError aa | www/CNAME |  | ".to_owned()),
        ("www.ott.test.", RecordType::MX, format!("NoError aa | www/CNAME | {soa} | ")),
        ("away.ott.test.", RecordType::A, "NoError aa | away/CNAME |  | ".to_owned()),
        // RFC 6604 §3: the code is that of the end of the chain.
        ("gone.ott.test.", RecordType::A, format!("NXDomain aa | gone/CNAME | {soa} | ")),
        // RFC 2308 §2: no such name, and no such type.
        ("no.ott.test.", RecordType::A, format!("NXDomain aa |  | {soa} | ")),
        ("video.ott.test.", RecordType::AAAA, format!("NoError aa |  | {soa} | ")),
        // RFC 4592 §2.2: what has something below it exists.
        ("ent.ott.test.", RecordType::A, format!("NoError aa |  | {soa} | ")),
        ("x.ent.ott.test.", RecordType::A, format!("NXDomain aa |  | {soa} | ")),
        ("x.wild.ott.test.", RecordType::A, "NoError aa | x.wild/A |  | ".to_owned()),
        ("y.x.wild.ott.test.", RecordType::TXT, "NoError aa | y.x.wild/TXT |  | ".to_owned()),
        ("x.wild.ott.test.", RecordType::MX, format!("NoError aa |  | {soa} | ")),
        // RFC 4592 §3.3.1: what exists closer keeps the wildcard away.
        ("x.real.wild.ott.test.", RecordType::A, format!("NXDomain aa |  | {soa} | ")),
        ("real.wild.ott.test.", RecordType::TXT, format!("NoError aa |  | {soa} | ")),
        // RFC 8482 §4.2.
        ("video.ott.test.", RecordType::ANY, "NoError aa | video/HINFO |  | ".to_owned()),
        // RFC 1034 §4.3.2, 3b: what is below a cut is not ours.
        ("sub.ott.test.", RecordType::A, "NoError |  | sub/NS sub/NS | ns.sub/A ns1/A".to_owned()),
        (
            "x.y.sub.ott.test.",
            RecordType::A,
            "NoError |  | sub/NS sub/NS | ns.sub/A ns1/A".to_owned(),
        ),
        (
            "ns.sub.ott.test.",
            RecordType::A,
            "NoError |  | sub/NS sub/NS | ns.sub/A ns1/A".to_owned(),
        ),
        ("x.safe.ott.test.", RecordType::A, "NoError |  | safe/NS | ".to_owned()),
        // RFC 4035 §3.1.4.1: DS records are on this side of a cut.
        ("safe.ott.test.", RecordType::DS, "NoError aa | safe/DS |  | ".to_owned()),
        ("sub.ott.test.", RecordType::DS, format!("NoError aa |  | {soa} | ")),
        ("ott.test.", RecordType::DS, format!("NoError aa |  | {soa} | ")),
        ("loop.ott.test.", RecordType::A, "ServFail aa |  |  | ".to_owned()),
        ("other.test.", RecordType::A, "Refused |  |  | ".to_owned()),
        ("ott.test.", RecordType::AXFR, "Refused |  |  | ".to_owned()),
    ] {
        assert_eq!(short(&ask(&authority, asked, kind)), expected, "{asked} {kind}");
    }
}

#[test]
fn an_answer_repeats_the_question_its_case_and_its_flags() {
    let message = ask(&plain(), "ViDeO.oTT.test.", RecordType::A);
    assert_eq!(message.metadata.id, 77);
    assert!(message.metadata.recursion_desired && !message.metadata.recursion_available);
    assert!(message.queries[0].name().eq_case(&name("ViDeO.oTT.test.")));
    assert_eq!(
        records(&message.answers),
        ["ViDeO.oTT.test. 60 A 192.0.2.10", "ViDeO.oTT.test. 60 A 192.0.2.11"]
    );
    // RFC 2308 §3: negative answers hold for the SOA's minimum.
    let denied = ask(&plain(), "no.ott.test.", RecordType::A);
    assert_eq!(denied.authorities[0].ttl, 30);
}

#[test]
fn of_several_zones_the_longest_answers_and_the_one_above_has_the_ds_record() {
    let authority = plain();
    let text = "@ 60 SOA a b 1 2 3 4 5\n@ 60 NS a\na 60 A 192.0.2.99\n";
    authority.put(Zone::parse(text, &name("sub.ott.test.")).unwrap());
    let answer = |asked: &str, kind| short(&ask(&authority, asked, kind));
    assert_eq!(answer("a.sub.ott.test.", RecordType::A), "NoError aa | a.sub/A |  | ");
    assert_eq!(answer("sub.ott.test.", RecordType::SOA), "NoError aa | sub/SOA |  | ");
    assert_eq!(answer("sub.ott.test.", RecordType::DS), "NoError aa |  | @/SOA | ");
    authority.remove(&name("sub.ott.test."));
    assert!(answer("a.sub.ott.test.", RecordType::A).starts_with("NoError |  | sub/NS"));
}

fn with_edns(change: impl FnOnce(&mut ProtoEdns)) -> Vec<u8> {
    let mut message = query("video.ott.test.", RecordType::A);
    let mut edns = ProtoEdns::new();
    edns.set_max_payload(1_400);
    change(&mut edns);
    message.set_edns(edns);
    message.to_vec().unwrap()
}

#[test]
fn extensions_are_answered_by_rfc_6891() {
    let authority = plain();
    // Without EDNS there is none in the answer.
    assert!(ask(&authority, "video.ott.test.", RecordType::A).edns.is_none());
    let (message, _) = sent(&authority, &with_edns(|_| ()), Transport::Udp);
    let edns = message.edns.unwrap();
    assert_eq!((edns.max_payload(), edns.version(), edns.flags().dnssec_ok), (1_232, 0, false));
    let (message, response) = sent(
        &authority,
        &with_edns(|edns| {
            edns.set_version(1);
        }),
        Transport::Udp,
    );
    assert_eq!(response.code, ResponseCode::BADVERS);
    assert_eq!((message.edns.unwrap().version(), message.answers.len()), (0, 0));
    let (message, _) = sent(
        &authority,
        &with_edns(|edns| edns.options_mut().insert(EdnsOption::Unknown(3, Vec::new()))),
        Transport::Udp,
    );
    assert!(message.edns.unwrap().option(EdnsCode::NSID).is_some());
}

#[test]
fn a_clients_network_is_answered_with_the_scope_of_the_answer() {
    let authority = plain();
    for (asked, address, source, expected, scope) in [
        ("edge.ott.test.", "10.1.2.0", 24, "203.0.113.1", 8),
        ("edge.ott.test.", "11.1.2.0", 24, "203.0.113.2", 0),
        ("video.ott.test.", "10.1.2.0", 24, "192.0.2.10", 0),
    ] {
        let mut message = query(asked, RecordType::A);
        let mut edns = ProtoEdns::new();
        let subnet = ClientSubnet::new(address.parse().unwrap(), source, 0);
        edns.options_mut().insert(EdnsOption::Subnet(subnet));
        message.set_edns(edns);
        let (answer, response) = sent(&authority, &message.to_vec().unwrap(), Transport::Udp);
        assert_eq!(answer.answers[0].data.to_string(), expected, "{asked} {address}");
        assert_eq!(response.is_lasting, asked != "edge.ott.test.");
        let edns = answer.edns.unwrap();
        let Some(EdnsOption::Subnet(got)) = edns.option(EdnsCode::Subnet) else {
            panic!("{asked}: no scope")
        };
        assert_eq!((got.source_prefix(), got.scope_prefix()), (source, scope), "{asked} {address}");
    }
}

#[test]
fn a_steered_name_tells_why() {
    let authority = plain();
    let why = |authority: &Authority| {
        let told = ask(authority, "why.edge.ott.test.", RecordType::TXT);
        told.answers[0].data.to_string()
    };
    assert!(why(&authority).contains("nobody has asked"), "{}", why(&authority));
    ask(&authority, "edge.ott.test.", RecordType::A);
    assert!(why(&authority).contains("near=false"), "{}", why(&authority));
    // What the function does not answer is the zone's.
    let answer = |kind| short(&ask(&authority, "edge.ott.test.", kind));
    assert_eq!(answer(RecordType::TXT), "NoError aa | edge/TXT |  | ");
    assert_eq!(answer(RecordType::AAAA), "NoError aa |  | @/SOA | ");
}

#[test]
fn what_does_not_fit_is_cut_and_says_so() {
    let many: String = (0..200).map(|n| format!("big 60 A 10.0.0.{n}\n")).collect();
    let authority = Authority::new(None);
    authority.put(Zone::parse(&format!("{ZONE}{many}"), &name("ott.test.")).unwrap());
    let mut message = query("big.ott.test.", RecordType::A);
    let (cut, response) = sent(&authority, &message.to_vec().unwrap(), Transport::Udp);
    assert!(cut.metadata.truncation && response.is_truncated && cut.answers.is_empty());
    assert!(response.bytes.len() <= 512);
    message.set_edns(ProtoEdns::new());
    let (cut, _) = sent(&authority, &message.to_vec().unwrap(), Transport::Udp);
    assert!(cut.metadata.truncation && cut.edns.is_some());
    let (whole, _) = sent(&authority, &message.to_vec().unwrap(), Transport::Tcp);
    assert_eq!((whole.answers.len(), whole.metadata.truncation), (200, false));
}

#[test]
fn what_is_no_question_is_refused_or_ignored() {
    let authority = plain();
    let good = query("video.ott.test.", RecordType::A).to_vec().unwrap();
    let code = |message: &[u8]| match authority.respond(message, client(), Transport::Udp, now()) {
        Outcome::Answered(response) => Some(response.code),
        Outcome::Ignored => None,
        other @ (Outcome::Transfer(_) | Outcome::Notified(..)) => panic!("{other:?}"),
    };
    let changed = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        bytes
    };
    assert_eq!(code(&good), Some(ResponseCode::NoError));
    // An answer, and what is too short for a header.
    assert_eq!(code(&changed(2, 0x81)), None);
    assert_eq!(code(&good[..11]), None);
    // UPDATE and STATUS; no question, two, and one that breaks off or goes on.
    assert_eq!(code(&changed(2, 5 << 3)), Some(ResponseCode::NotImp));
    assert_eq!(code(&changed(2, 2 << 3)), Some(ResponseCode::NotImp));
    assert_eq!(code(&changed(5, 0)), Some(ResponseCode::FormErr));
    assert_eq!(code(&changed(5, 2)), Some(ResponseCode::FormErr));
    assert_eq!(code(&good[..good.len() - 3]), Some(ResponseCode::FormErr));
    assert_eq!(code(&[&good[..], &[0]].concat()), Some(ResponseCode::FormErr));
    // The class of Chaos.
    assert_eq!(code(&changed(good.len() - 1, 3)), Some(ResponseCode::Refused));
}

#[test]
fn word_of_a_change_is_for_zones_that_are_here() {
    let authority = plain();
    for (zone, expected) in [("ott.test.", true), ("other.test.", false)] {
        let mut message = Message::new(5, MessageType::Query, OpCode::Notify);
        message.add_query(ProtoQuery::query(name(zone), RecordType::SOA));
        let outcome =
            authority.respond(&message.to_vec().unwrap(), client(), Transport::Udp, now());
        match outcome {
            Outcome::Notified(of, response) => {
                assert!(expected && of == name(zone));
                let answer = Message::from_vec(&response.bytes).unwrap();
                assert_eq!(answer.metadata.op_code, OpCode::Notify);
            }
            Outcome::Answered(response) => {
                assert!(!expected);
                assert_eq!(response.code, ResponseCode::NotAuth);
            }
            other @ (Outcome::Ignored | Outcome::Transfer(_)) => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_options_of_a_message_are_read_as_their_rfcs_have_them() {
    let authority = plain();
    let code = |number: u16, data: &[u8]| {
        let bytes = with_edns(|edns| {
            edns.options_mut().insert(EdnsOption::Unknown(number, data.to_vec()));
        });
        sent(&authority, &bytes, Transport::Udp).1.code
    };
    for (number, data, expected) in [
        // RFC 7871 §7.1.2: family, source, scope and as many bytes as the bits need.
        (8, &[0, 1, 24, 0, 10, 1, 2][..], ResponseCode::NoError),
        (8, &[0, 1, 0, 0], ResponseCode::NoError),
        (8, &[0, 1, 23, 0, 10, 1, 2], ResponseCode::NoError),
        (8, &[0, 1, 23, 0, 10, 1, 3], ResponseCode::FormErr),
        (8, &[0, 1, 24, 8, 10, 1, 2], ResponseCode::FormErr),
        (8, &[0, 1, 24, 0, 10, 1], ResponseCode::FormErr),
        (8, &[0, 1, 33, 0, 1, 2, 3, 4, 5], ResponseCode::FormErr),
        (8, &[0, 3, 0, 0], ResponseCode::FormErr),
        (8, &[0, 1], ResponseCode::FormErr),
        // RFC 7873 §5.2.2.
        (10, &[1; 8], ResponseCode::NoError),
        (10, &[1; 9], ResponseCode::FormErr),
        // Nobody knows it.
        (65_001, &[1, 2, 3], ResponseCode::NoError),
    ] {
        assert_eq!(code(number, data), expected, "option {number} {data:?}");
    }
}

proptest! {
    #[test]
    fn whatever_comes_is_answered_within_its_limits_or_not_at_all(
        asked in "(([a-z]{1,8}|\\*)\\.){0,3}", kind: u16, payload: u16,
        noise in proptest::collection::vec((0_usize..80, any::<u8>()), 0..3),
    ) {
        let mut message = query(&format!("{asked}ott.test."), RecordType::from(kind));
        let mut edns = ProtoEdns::new();
        edns.set_max_payload(payload);
        message.set_edns(edns);
        let mut bytes = message.to_vec().unwrap();
        for (at, byte) in noise {
            if let Some(changed) = bytes.get_mut(at) {
                *changed = byte;
            }
        }
        let authority = plain();
        for (transport, limit) in [(Transport::Udp, 1_232), (Transport::Tcp, 65_535)] {
            if let Outcome::Answered(response) = authority.respond(&bytes, client(), transport, now()) {
                prop_assert!(12 <= response.bytes.len() && response.bytes.len() <= limit);
                prop_assert_eq!(&response.bytes[..2], &bytes[..2]);
                prop_assert_eq!(response.bytes[2] & 0x80, 0x80);
                prop_assert_eq!(u16::from(response.bytes[3] & 0xf), u16::from(response.code.low()));
            }
        }
    }
}
