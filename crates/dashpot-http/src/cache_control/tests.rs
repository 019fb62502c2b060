use super::*;
use http::HeaderValue;
use proptest::prelude::*;

fn headers(lines: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(header::CACHE_CONTROL, HeaderValue::from_str(line).unwrap());
    }
    headers
}

fn check_max_age(lines: &[&str], expected_s: Option<u64>) {
    let got = ResponseDirectives::of(&headers(lines)).max_age;
    assert_eq!(got, expected_s.map(Duration::from_secs), "{lines:?}");
}

#[test]
fn rfc9111_5_2_lifetimes() {
    check_max_age(&[], None);
    check_max_age(&[""], None);
    check_max_age(&["max-age=3600"], Some(3_600));
    check_max_age(&["MAX-AGE=3600"], Some(3_600));
    check_max_age(&["max-age=\"3600\""], Some(3_600));
    check_max_age(&["max-age=003600"], Some(3_600));
    check_max_age(&["public, ,max-age=1 ,"], Some(1));
    // §4.2.1: of two, never the fresher; unreadable is stale.
    check_max_age(&["max-age=1800, max-age=1"], Some(1));
    check_max_age(&["max-age=1", "max-age=1800"], Some(1));
    for junk in [
        "max-age",
        "max-age=",
        "max-age='3600'",
        "max-age=a3600",
        "max-age=3600a",
        "max-age=-1",
        "max-age= 3600",
        "max-age =3600",
        "max-age=1800.0",
        "max-age=0.1",
        "max-age=3600.5",
        "max-age=\"3600",
    ] {
        check_max_age(&[junk], Some(0));
    }
    // §1.2.2.
    check_max_age(&["max-age=2147483648"], Some(1 << 31));
    check_max_age(&["max-age=99999999999999999999999999"], Some(1 << 31));
}

#[test]
fn rfc9111_5_2_quoted_strings_hide_directives() {
    check_max_age(&["extension=\"max-age=3600\", max-age=1"], Some(1));
    check_max_age(&["max-age=1, extension=\"max-age=3600\""], Some(1));
    check_max_age(&["extension=\"a, max-age=3600\""], None);
    check_max_age(&["extension=\"a\\\", max-age=3600\""], None);
}

#[test]
fn rfc9111_5_2_2_flags_and_scopes() {
    let got = ResponseDirectives::of(&headers(&[
        "No-Store, must-revalidate, proxy-revalidate, public, no-transform, immutable",
        "must-understand, s-maxage=5, stale-while-revalidate=7, stale-if-error=9, community=\"x\"",
        "private=\"x-a, X-B\", no-cache",
    ]));
    for flag in [
        Flag::NoStore,
        Flag::MustRevalidate,
        Flag::ProxyRevalidate,
        Flag::Public,
        Flag::NoTransform,
        Flag::Immutable,
        Flag::MustUnderstand,
    ] {
        assert!(got.has(flag), "{flag:?}");
    }
    assert!(!got.has(Flag::OnlyIfCached));
    let fields = ["x-a", "x-b"].map(HeaderName::from_static).to_vec();
    assert_eq!(got.private, Some(Scope::Fields(fields)));
    assert_eq!(got.no_cache, Some(Scope::Whole));
    let spans = [got.s_maxage, got.stale_while_revalidate, got.stale_if_error];
    assert_eq!(spans, [5, 7, 9].map(|s| Some(Duration::from_secs(s))));
}

#[test]
fn a_scope_only_widens() {
    let scope = |lines: &[&str]| ResponseDirectives::of(&headers(lines)).private;
    assert_eq!(scope(&["private=\"a\", private"]), Some(Scope::Whole));
    assert_eq!(scope(&["private, private=\"a\""]), Some(Scope::Whole));
    assert_eq!(scope(&["private=\"not a name\""]), Some(Scope::Whole));
    let both = ["a", "b"].map(HeaderName::from_static).to_vec();
    assert_eq!(scope(&["private=\"a\"", "private=b"]), Some(Scope::Fields(both)));
}

#[test]
fn rfc9111_5_2_1_requests() {
    let got = RequestDirectives::of(&headers(&[
        "max-age=10, min-fresh=5, min-fresh=6, only-if-cached, no-store, max-stale=3",
    ]));
    assert_eq!(got.max_age, Some(Duration::from_secs(10)));
    assert_eq!(got.min_fresh, Some(Duration::from_secs(6)));
    assert_eq!(got.max_stale, Some(MaxStale::Within(Duration::from_secs(3))));
    assert!(got.has(Flag::OnlyIfCached) && got.has(Flag::NoStore) && !got.has(Flag::NoCache));
    let any = RequestDirectives::of(&headers(&["max-stale"]));
    assert_eq!(any.max_stale, Some(MaxStale::Any));
    let junk = RequestDirectives::of(&headers(&["max-age=x, max-stale=y, min-fresh"]));
    assert_eq!(junk, RequestDirectives::default());
}

#[test]
fn rfc9111_5_4_pragma_counts_only_alone() {
    let mut fields = HeaderMap::new();
    fields.insert(header::PRAGMA, HeaderValue::from_static("x, No-Cache"));
    assert!(RequestDirectives::of(&fields).has(Flag::NoCache));
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=5"));
    assert!(!RequestDirectives::of(&fields).has(Flag::NoCache));
}

#[test]
fn rfc9213_2_1_targeted_fields_are_dictionaries() {
    let name = HeaderName::from_static("cdn-cache-control");
    let read = |line: &str| {
        let mut fields = headers(&["no-store"]);
        fields.insert(name.clone(), HeaderValue::from_str(line).unwrap());
        ResponseDirectives::targeted(&fields, &name)
    };
    let max_age = |line: &str| read(line).map(|got| got.max_age.map(|span| span.as_secs()));
    for (line, expected) in [
        ("max-age=60", Some(Some(60))),
        ("max-age=60;x=1, a=(1 2)", Some(Some(60))),
        ("max-age=1, max-age=60", Some(Some(60))),
        ("max-age=-60", Some(Some(0))),
        ("max-age=999999999999999", Some(Some(1 << 31))),
        // A value of another type is as no directive.
        ("max-age=\"60\"", Some(None)),
        ("max-age=60.0", Some(None)),
        ("max-age", Some(None)),
        ("public", Some(None)),
        // What does not parse, or is empty, is as no field.
        ("MAX-AGE=60", None),
        ("max-age=60,", None),
        ("max-age=60 s", None),
        ("max-age=", None),
        ("max-age=1234567890123456", None),
        ("", None),
    ] {
        assert_eq!(max_age(line), expected, "{line:?}");
    }
    assert_eq!(ResponseDirectives::targeted(&headers(&["no-store"]), &name), None);
    let got =
        read("no-store=?0, must-revalidate, private=\"x-a\", no-cache=1, s-maxage=5").unwrap();
    assert!(!got.has(Flag::NoStore) && got.has(Flag::MustRevalidate));
    let scope = Scope::Fields(vec![HeaderName::from_static("x-a")]);
    assert_eq!((got.private, got.no_cache), (Some(scope), None));
    assert_eq!(got.s_maxage, Some(Duration::from_secs(5)));
    assert_eq!(read("no-cache").unwrap().no_cache, Some(Scope::Whole));
}

proptest! {
    #[test]
    fn parsing_never_panics(line in proptest::collection::vec(32..127_u8, 0..120)) {
        let mut fields = HeaderMap::new();
        fields.insert(header::CACHE_CONTROL, HeaderValue::from_bytes(&line).unwrap());
        let _read = (ResponseDirectives::of(&fields), RequestDirectives::of(&fields));
    }

    #[test]
    fn adding_a_line_never_lengthens_a_lifetime(first in "max-age=[0-9a]{0,12}", second in "[a-z=,\"]{0,20}") {
        let alone = ResponseDirectives::of(&headers(&[&first])).max_age;
        let both = ResponseDirectives::of(&headers(&[&first, &second])).max_age;
        prop_assert!(both <= alone);
    }
}
