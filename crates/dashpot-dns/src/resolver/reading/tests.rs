use super::*;
use hickory_proto::{
    op::{MessageType, OpCode},
    rr::{Record, rdata},
};

fn name(text: &str) -> Name {
    Name::from_ascii(text).unwrap()
}

fn record(line: &str) -> Record {
    let [owner, kind, data] = line.splitn(3, ' ').collect::<Vec<_>>().try_into().unwrap();
    let data = match kind {
        "A" => RData::A(data.parse().unwrap()),
        "NS" => RData::NS(rdata::NS(name(data))),
        "CNAME" => RData::CNAME(rdata::CNAME(name(data))),
        "SOA" => RData::SOA(rdata::SOA::new(name(data), name(data), 1, 1, 1, 1, 30)),
        other => panic!("{other}"),
    };
    Record::from_rdata(name(owner), 300, data)
}

/// A message: the code, sections of lines, and whether it is authoritative.
fn message(code: ResponseCode, is_authoritative: bool, sections: [&[&str]; 3]) -> Message {
    let mut message = Message::new(1, MessageType::Response, OpCode::Query);
    message.metadata.response_code = code;
    message.metadata.authoritative = is_authoritative;
    let [answers, authorities, additionals] =
        sections.map(|lines| lines.iter().map(|line| record(line)).collect::<Vec<_>>());
    message.add_answers(answers).add_authorities(authorities).add_additionals(additionals);
    message
}

/// What a server of `zone` means by a message in answer to the question for `www.ott.com. A`.
fn check(zone: &str, message: &Message, expected: &str) {
    let question = (&name("www.ott.com."), RecordType::A);
    let told = match read(message, question, &name(zone), false) {
        Reading::Sets(sets) => format!("sets {}", owners(&sets)),
        Reading::Nothing(sets, nothing) => {
            format!("nothing {} after {} for {}", nothing.code, owners(&sets), nothing.ttl())
        }
        Reading::Referral(referral) => {
            let servers =
                referral.servers.iter().map(|(name, addresses)| format!("{name}{addresses:?}"));
            let servers: Vec<_> = servers.collect();
            format!("to {} by {} ignoring {}", referral.zone, servers.join(" "), referral.ignored)
        }
        Reading::Lame(why) => format!("lame: {why}"),
        Reading::Failed(code) => format!("failed: {code}"),
    };
    assert_eq!(told, expected);
}

fn owners(sets: &[Set]) -> String {
    sets.iter().map(|set| format!("[{} {}]", set.name, set.kind)).collect()
}

const OK: ResponseCode = ResponseCode::NoError;

#[test]
fn referrals_bring_the_glue_that_is_theirs_to_bring() {
    let referral = message(
        OK,
        false,
        [
            &[],
            &["com. NS a.gtld.com.", "com. NS ns.else.net."],
            &["a.gtld.com. A 127.0.0.1", "ns.else.net. A 127.0.0.2", "www.bank.com. A 127.0.0.3"],
        ],
    );
    let all = "to com. by a.gtld.com.[127.0.0.1] ns.else.net.[127.0.0.2] ignoring 1";
    check(".", &referral, all);
    let spelled = message(OK, false, [&[], &["cOm. NS A.gtLd.com."], &[]]);
    check(".", &spelled, "to com. by a.gtld.com.[] ignoring 0");
    // A server of ott.com. has no say over names in net. or bank.com.
    let referral =
        message(OK, false, [&[], &["www.ott.com. NS ns.else.net."], &["ns.else.net. A 127.0.0.2"]]);
    check("ott.com.", &referral, "to www.ott.com. by ns.else.net.[] ignoring 1");
}

#[test]
fn referrals_lead_down_or_are_none() {
    for zone in ["com.", "ott.com."] {
        let up = message(OK, false, [&[], &["com. NS a.gtld.com."], &[]]);
        check(zone, &up, "lame: neither answers nor refers further down");
    }
    let aside = message(OK, false, [&[], &["bank.com. NS ns.bank.com."], &[]]);
    check("com.", &aside, "lame: neither answers nor refers further down");
}

#[test]
fn answers_are_aliases_first_whatever_their_order() {
    let answer =
        message(OK, true, [&["b.ott.com. A 127.0.0.1", "www.ott.com. CNAME b.ott.com."], &[], &[]]);
    check("ott.com.", &answer, "sets [www.ott.com. CNAME][b.ott.com. A]");
}

#[test]
fn an_alias_out_of_the_zone_is_followed_elsewhere() {
    let answer = message(
        OK,
        true,
        [&["www.ott.com. CNAME edge.cdn.net.", "edge.cdn.net. A 127.0.0.9"], &[], &[]],
    );
    check("ott.com.", &answer, "sets [www.ott.com. CNAME]");
}

#[test]
fn a_denial_keeps_the_aliases_before_it() {
    // RFC 6604 §3: the code is that of the last name.
    let sections: [&[&str]; 3] =
        [&["www.ott.com. CNAME gone.ott.com."], &["ott.com. SOA ns.ott.com."], &[]];
    let denial = message(ResponseCode::NXDomain, true, sections);
    let expected = "nothing Non-Existent Domain after [www.ott.com. CNAME] for 30";
    check("ott.com.", &denial, expected);
}

#[test]
fn a_denial_is_one_of_the_zone_itself() {
    let denial = message(OK, true, [&[], &["ott.com. SOA ns.ott.com."], &[]]);
    check("ott.com.", &denial, "nothing No Error after  for 30");
    check("net.", &denial, "nothing No Error after  for 0");
}

#[test]
fn answers_without_authority_and_refusals_are_not_gone_by() {
    let answer = message(OK, false, [&["www.ott.com. A 127.0.0.1"], &[], &[]]);
    check("ott.com.", &answer, "lame: answers without authority");
    let refusal = message(ResponseCode::Refused, false, [&[], &[], &[]]);
    check("ott.com.", &refusal, "failed: Query Refused");
}

#[test]
fn a_loop_of_aliases_ends() {
    let answer = message(
        OK,
        true,
        [&["www.ott.com. CNAME b.ott.com.", "b.ott.com. CNAME www.ott.com."], &[], &[]],
    );
    check("ott.com.", &answer, "sets [www.ott.com. CNAME][b.ott.com. CNAME]");
}
