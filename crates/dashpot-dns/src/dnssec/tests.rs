use super::*;
use crate::zone::Zone;

#[test]
fn a_key_is_read_back_and_others_are_refused() {
    let zone = Name::from_ascii("z.test.").unwrap();
    let pem = Key::generate().unwrap();
    let (one, two) = (Key::from_pem(&zone, pem.as_bytes()), Key::from_pem(&zone, pem.as_bytes()));
    assert_eq!(one.unwrap().ds().unwrap(), two.unwrap().ds().unwrap());
    for (text, expected) in [
        ("", "no private key in PEM"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "no ECDSA key"),
    ] {
        let error = Key::from_pem(&zone, text.as_bytes()).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn a_signature_is_kept_until_half_of_its_time_is_over() {
    let name = Name::from_ascii("z.test.").unwrap();
    let key = Key::from_pem(&name, Key::generate().unwrap().as_bytes()).unwrap();
    let zone = Zone::parse("@ 300 SOA a b 1 2 3 4 5\n@ 300 NS a\n", &name).unwrap();
    let set = zone.soa().unwrap();
    let at = |seconds: u64| WallTime::from_unix_seconds(1_800_000_000 + seconds);
    let of = |now| key.signature(set, now).unwrap();
    let first = of(at(0));
    assert!(Arc::ptr_eq(&first, &of(at(3 * 86_400))));
    let renewed = of(at(4 * 86_400));
    assert!(!Arc::ptr_eq(&first, &renewed));
    let RData::DNSSEC(DNSSECRData::RRSIG(signature)) = &renewed.record.data else { panic!() };
    let input = signature.input();
    assert_eq!(input.sig_inception, serial(at(4 * 86_400 - 3_600)));
    assert_eq!(input.sig_expiration, serial(at(11 * 86_400)));
    assert_eq!((input.num_labels, input.original_ttl), (2, 300));
}
