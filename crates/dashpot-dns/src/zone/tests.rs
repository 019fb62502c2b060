use super::*;

fn name(text: &str) -> Name {
    Name::from_ascii(text).unwrap()
}

const HEAD: &str = "@ 60 SOA ns host 2026112201 1h 15m 1w 30\n@ 60 NS ns\nns 60 A 192.0.2.1\n";

fn lines(text: &str) -> Vec<String> {
    let zone = Zone::parse(&format!("{HEAD}{text}"), &name("z.test.")).unwrap();
    let head = Zone::parse(HEAD, &name("z.test.")).unwrap().len();
    let mut lines: Vec<_> = zone
        .records()
        .map(|record| {
            let (owner, kind) = (&record.name, record.record_type());
            format!("{owner} {} {kind} {}", record.ttl, record.data)
        })
        .filter(|line| !line.starts_with("z.test.") && !line.starts_with("ns.z.test."))
        .collect();
    assert_eq!(lines.len() + head, zone.len());
    lines.sort();
    lines
}

#[test]
fn records_are_read_as_zone_files_write_them() {
    for (text, expected) in [
        ("a 60 IN A 1.2.3.4", &["a.z.test. 60 A 1.2.3.4"][..]),
        ("a IN 1m A 1.2.3.4", &["a.z.test. 60 A 1.2.3.4"]),
        ("a.z.test. 60 A 1.2.3.4", &["a.z.test. 60 A 1.2.3.4"]),
        // RFC 2308 §4: $TTL holds for all that say nothing, whatever the record before says.
        (
            "$TTL 5m\na 60 A 1.2.3.4\nb A 1.2.3.5",
            &["a.z.test. 60 A 1.2.3.4", "b.z.test. 300 A 1.2.3.5"],
        ),
        // RFC 1035 §5.1: without $TTL, the last TTL and the last owner.
        ("a 90 A 1.2.3.4\n AAAA ::1", &["a.z.test. 90 A 1.2.3.4", "a.z.test. 90 AAAA ::1"]),
        ("$ORIGIN sub\na 60 MX 10 b", &["a.sub.z.test. 60 MX 10 b.sub.z.test."]),
        ("a 60 TXT \"one ; two\" three", &["a.z.test. 60 TXT one ; twothree"]),
        ("* 60 SRV 1 2 3 @", &["*.z.test. 60 SRV 1 2 3 z.test."]),
        ("a 60 A \\# 4 01020304", &["a.z.test. 60 A 1.2.3.4"]),
        // RFC 2181 §5: a record that is there already; the lowest of several TTLs.
        (
            "a 60 A 1.2.3.4\na 30 A 1.2.3.5\na 60 A 1.2.3.4",
            &["a.z.test. 30 A 1.2.3.4", "a.z.test. 30 A 1.2.3.5"],
        ),
    ] {
        assert_eq!(lines(text), expected, "{text}");
    }
}

#[test]
fn data_of_a_type_that_nobody_knows_is_its_bytes() {
    let text = format!("{HEAD}a 60 TYPE65280 \\# 3 0a0B0c");
    let zone = Zone::parse(&text, &name("z.test.")).unwrap();
    let found = zone.records().find(|record| record.record_type() == RecordType::Unknown(65_280));
    let Some(RData::Unknown { rdata, .. }) = found.map(|record| &record.data) else {
        panic!("{found:?}")
    };
    assert_eq!(rdata.anything, [10, 11, 12]);
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    let check = |text: &str, expected: &str| {
        let error = Zone::parse(text, &name("z.test.")).unwrap_err();
        assert!(error.to_string().contains(expected), "{text:?}: {error}");
    };
    let after_head = |text: &str, expected: &str| check(&format!("{HEAD}{text}"), expected);
    after_head("\n\na 60 A 1.2.3", "line 6: this is no data of type A");
    after_head("a 60 NOSUCH 1", "line 4: `NOSUCH` is no type of record");
    after_head("a 60 CH TXT x", "line 4: class CH");
    after_head("a 60\n", "line 4: a record without a type");
    after_head("a 60 A 1.2.3.4 1.2.3.5", "line 4");
    after_head("$INCLUDE more.zone", "line 4: `$INCLUDE` is no directive");
    after_head("a..b 60 A 1.2.3.4", "line 4: `a..b` is no domain name");
    after_head("a.other. 60 A 1.2.3.4", "line 4: a.other. is not in this zone");
    after_head(
        "a 60 CNAME b\na 60 A 1.2.3.4",
        "line 5: a.z.test. is an alias (CNAME) and something else too",
    );
    after_head("a 60 CNAME b\na 60 CNAME c", "line 5: a.z.test. is an alias");
    after_head("a 60 DNAME b", "line 4");
    after_head("@ 60 SOA a b 1 2 3 4 5", "line 4: a second SOA record");
    after_head("a 60 SOA a b 1 2 3 4 5", "line 4: a SOA record at a.z.test.");
    after_head("a 99999999999 A 1.2.3.4", "line 4");
    after_head("a 60 DNSKEY 257 4 13 AAAA", "line 4: a key is");
    after_head("a 60 TYPE65280 \\# 3 0a", "line 4: data of this form");
    check("a A 1.2.3.4", "line 1: a record without a TTL");
    check(" 60 A 1.2.3.4", "line 1: a record without an owner");
    check("a 60 A 1.2.3.4", "there is no SOA record");
    check("@ 60 SOA a b 1 2 3 4 5", "there is no NS record");
}

#[test]
fn servers_that_nobody_can_reach_are_named() {
    let text = format!(
        "{HEAD}@ 60 NS lost\n@ 60 NS far.other.\nsub 60 NS ns.sub\nsub 60 NS deep.sub2\nsub2 60 NS ns.sub2\nns.sub 60 A 192.0.2.9"
    );
    let zone = Zone::parse(&text, &name("z.test.")).unwrap();
    let lame: Vec<_> = zone.servers_without_address().into_iter().map(Name::to_string).collect();
    // What is below another cut is for that zone to know.
    assert_eq!(lame, ["lost.z.test."]);
}
