use super::*;

fn name(text: &str) -> Name {
    Name::from_ascii(text).unwrap()
}

/// NSEC records as `owner next TYPES…`.
fn records(lines: &[&str]) -> Vec<Record> {
    let record = |line: &&str| {
        let words: Vec<_> = line.split_whitespace().collect();
        let kinds = words[2..].iter().map(|kind| kind.parse::<RecordType>().unwrap());
        let nsec = RData::DNSSEC(DNSSECRData::NSEC(NSEC::new(name(words[1]), kinds)));
        Record::from_rdata(name(words[0]), 30, nsec)
    };
    lines.iter().map(record).collect()
}

/// The zone t. with a.t., a cut at c.t. that does not sign, y.x.t., and *.w.t.
const ZONE: [&str; 6] = [
    "t. a.t. NS SOA RRSIG NSEC DNSKEY",
    "a.t. c.t. A RRSIG NSEC",
    "c.t. w.t. NS RRSIG NSEC",
    "w.t. *.w.t. A RRSIG NSEC",
    "*.w.t. y.x.t. TXT RRSIG NSEC",
    "y.x.t. t. A RRSIG NSEC",
];

#[test]
fn a_type_that_is_not_there_is_denied_and_no_other() {
    let records = records(&ZONE);
    let check = |at: &str, kind, expected| {
        assert_eq!(Proofs(&records).deny_type(&name(at), kind), expected, "{at} {kind}");
    };
    check("a.t.", RecordType::AAAA, true);
    check("a.t.", RecordType::A, false);
    check("A.T.", RecordType::AAAA, true);
    // RFC 4035 §5.4: at a cut, the zone above has a say over the DS record alone.
    check("c.t.", RecordType::DS, true);
    check("c.t.", RecordType::A, false);
    // And the zone below none over it.
    check("t.", RecordType::DS, false);
    // There is something below: the name exists.
    check("x.t.", RecordType::A, true);
    // A wildcard stands for it, without an address.
    check("v.w.t.", RecordType::A, true);
    check("v.w.t.", RecordType::TXT, false);
    check("b.t.", RecordType::A, false);
}

#[test]
fn at_a_wildcard_what_it_has_is_not_denied() {
    let records = records(&["*.w.t. a.w.t. TXT", "a.w.t. c.w.t. A"]);
    assert!(Proofs(&records).deny_type(&name("b.w.t."), RecordType::A));
    assert!(!Proofs(&records).deny_type(&name("b.w.t."), RecordType::TXT));
}

#[test]
fn a_name_is_denied_with_its_wildcard() {
    let all = records(&ZONE);
    let check = |records: &[Record], at: &str, expected| {
        assert_eq!(Proofs(records).deny_name(&name(at)), expected, "{at}");
    };
    check(&all, "b.t.", true);
    check(&all, "z.t.", true);
    check(&all, "a.t.", false);
    // What is below a cut is not this zone's to deny.
    check(&all, "deep.c.t.", false);
    // That no wildcard stands for it belongs to the proof.
    check(&records(&["a.t. c.t. A"]), "b.t.", false);
}

#[test]
fn an_unsigned_cut_is_told_from_a_signed_one() {
    let check = |line: &str, expected| {
        assert_eq!(Proofs(&records(&[line])).show_unsigned_cut(&name("c.t.")), expected, "{line}");
    };
    check("c.t. d.t. NS RRSIG NSEC", true);
    check("c.t. d.t. NS DS RRSIG NSEC", false);
    check("c.t. d.t. NS SOA RRSIG NSEC", false);
    check("c.t. d.t. A RRSIG NSEC", false);
}
