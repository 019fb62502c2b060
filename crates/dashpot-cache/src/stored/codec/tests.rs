use proptest::prelude::*;

use super::*;
use crate::fixture::{get, store_at, t0};

fn encoded(head: &StoredHead) -> Vec<u8> {
    let mut bytes = Vec::new();
    head.encode(&mut bytes);
    bytes
}

fn check(head: &StoredHead) {
    let decoded = StoredHead::decode(&encoded(head)).unwrap();
    // Every field is in the text, so that one that is not written shows.
    assert_eq!(format!("{decoded:?}"), format!("{head:?}"));
}

fn storable() -> impl Strategy<Value = StoredHead> {
    let control = prop_oneof![
        Just("max-age=60"),
        Just("s-maxage=9, stale-while-revalidate=5"),
        Just("no-cache, max-age=0"),
        Just("max-age=0, must-revalidate, stale-if-error=86400"),
    ];
    let field =
        ("x-[a-z]{1,8}", "[ -~]{0,40}").prop_map(|(name, value)| format!("{name}: {value}"));
    let fields = proptest::collection::vec(field, 0..8);
    let more = prop_oneof![
        Just(""),
        Just("etag: \"v1\"\nlast-modified: Sun, 06 Nov 1994 08:49:30 GMT"),
        Just("etag: W/\"v\"\nvary: accept-encoding, origin\ncontent-length: 12"),
        Just("age: 3\nexpires: 0\nvary: x-a\nsurrogate-key: b a"),
    ];
    let request = prop_oneof![Just(""), Just("accept-encoding: gzip, br"), Just("x-a: 1")];
    let status = prop_oneof![Just(200), Just(204), Just(301), Just(404)];
    (control, fields, more, request, status, 0..1u64 << 40).prop_map(
        |(control, fields, more, request, status, later)| {
            let text = format!("cache-control: {control}\n{more}\n{}", fields.join("\n"));
            let at = t0().after(Duration::from_nanos(later));
            store_at(at, request, status, &text).unwrap()
        },
    )
}

proptest! {
    #[test]
    fn what_is_encoded_decodes_to_itself(head in storable()) {
        check(&head);
    }

    #[test]
    fn hostile_bytes_are_refused_or_read_but_never_panic(
        head in storable(),
        flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        noise in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut bytes = encoded(&head);
        for (at, to) in flips {
            let at = at.index(bytes.len());
            bytes[at] = to;
        }
        for bytes in [&bytes, &noise] {
            if let Some(head) = StoredHead::decode(bytes) {
                check(&head);
            }
        }
    }
}

#[test]
fn a_head_that_is_cut_or_continued_or_of_another_version_is_refused() {
    let head = store_at(t0(), "", 200, "cache-control: max-age=1\nvary: a\netag: \"x\"").unwrap();
    let bytes = encoded(&head);
    for len in 0..bytes.len() {
        assert!(StoredHead::decode(&bytes[..len]).is_none(), "{len}");
    }
    assert!(StoredHead::decode(&[bytes.as_slice(), b"\0"].concat()).is_none());
    let other = [&[VERSION + 1], &bytes[1..]].concat();
    assert!(StoredHead::decode(&other).is_none());
}

#[test]
fn a_decoded_head_decides_as_the_one_that_was_stored() {
    let text = "cache-control: max-age=60\nage: 10\netag: \"x\"\nvary: accept-encoding";
    let head = store_at(t0(), "accept-encoding: br", 200, text).unwrap();
    let decoded = StoredHead::decode(&encoded(&head)).unwrap();
    for (request, seconds) in
        [("accept-encoding: br", 49), ("accept-encoding: br", 50), ("accept-encoding: gzip", 0)]
    {
        let now = t0().after(Duration::from_secs(seconds));
        let verdict = |head| crate::decide(now, Some(head), &get(request));
        assert_eq!(verdict(&decoded), verdict(&head), "{request} {seconds}");
    }
    assert_eq!(decoded.age(t0()), Duration::from_secs(10));
}
