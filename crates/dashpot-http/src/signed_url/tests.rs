//! What opens a path, what does not, and what of it goes on.

use super::*;
use proptest::prelude::*;

const NOW: u64 = 1_700_000_000;

fn key(id: &str) -> Key {
    Key::new(id, format!("a secret of {id}, long enough").into_bytes()).unwrap()
}

fn lock() -> Lock {
    Lock { keys: vec![key("old"), key("new")], skew: Duration::from_secs(5) }
}

fn grant(scope: &str) -> Grant {
    Grant { scope: scope.to_owned(), expires: NOW + 60, client: None }
}

fn client() -> IpAddr {
    "192.0.2.1".parse().unwrap()
}

/// Asks `lock` for `target` at `now`, with `cookie`.
fn ask(now: u64, target: &str, cookie: Option<&str>) -> (Result<String, Denied>, HeaderMap) {
    let mut headers = HeaderMap::new();
    if let Some(cookie) = cookie {
        headers.insert(header::COOKIE, HeaderValue::from_str(cookie).unwrap());
    }
    let now = WallTime::from_unix_seconds(now);
    (lock().open(now, client(), target, &mut headers), headers)
}

fn check(target: &str, expected: Result<&str, Denied>) {
    assert_eq!(ask(NOW, target, None).0.as_deref().map_err(|denied| *denied), expected, "{target}");
}

#[test]
fn one_signature_opens_all_segments_of_a_title() {
    let folder = grant("/vod/film/");
    let signed = key("new").sign(&folder, Form::Path, "/vod/film/number.mpd");
    check(&signed, Ok("/vod/film/number.mpd"));
    let base = signed.strip_suffix("number.mpd").unwrap();
    check(&format!("{base}v/1.m4s?CMCD=bl%3D3"), Ok("/vod/film/v/1.m4s?CMCD=bl%3D3"));
    // Where a player goes with `../..`.
    let up = base.strip_suffix("film/").unwrap();
    check(&format!("{up}other/1.m4s"), Err(Denied::Invalid));
    check(base.strip_suffix("vod/film/").unwrap(), Err(Denied::Invalid));

    let signed = key("old").sign(&folder, Form::Query, "/vod/film/a.m4s");
    check(&signed, Ok("/vod/film/a.m4s"));
    check(&format!("{signed}&x=1"), Ok("/vod/film/a.m4s?x=1"));
    check(&signed.replace("a.m4s", "b/c.m4s"), Ok("/vod/film/b/c.m4s"));
    check(&signed.replace("a.m4s?", "a.m4s?y&"), Ok("/vod/film/a.m4s?y"));
    check(&signed.replace("/film/a", "/films/a"), Err(Denied::Invalid));

    let cookie = key("old").sign(&folder, Form::Cookie, "");
    let cookie = format!("a=b; {cookie}; c=d");
    let (opened, headers) = ask(NOW, "/vod/film/a.m4s?x=1", Some(&cookie));
    assert_eq!(opened.as_deref(), Ok("/vod/film/a.m4s?x=1"));
    assert_eq!(headers[header::COOKIE], "a=b; c=d");
    assert_eq!(ask(NOW, "/vod/a.m4s", Some(&cookie)).0, Err(Denied::Invalid));
    assert_eq!(ask(NOW, "/vod/film/a.m4s", Some("a=b")).0, Err(Denied::Unsigned));
}

#[test]
fn one_path_is_one_path() {
    for form in [Form::Query, Form::Path] {
        let signed = key("new").sign(&grant("/a/b.mpd"), form, "/a/b.mpd");
        check(&signed, Ok("/a/b.mpd"));
        check(&signed.replace("b.mpd", "b.mpd/c"), Err(Denied::Invalid));
        check(&signed.replace("b.mpd", "c.mpd"), Err(Denied::Invalid));
    }
}

#[test]
fn grants_end_for_their_client_only_and_clocks_may_differ() {
    let signed = key("new").sign(&grant("/a/"), Form::Path, "/a/b");
    for (now, expected) in [
        (NOW + 60, Ok("/a/b".to_owned())),
        (NOW + 65, Ok("/a/b".to_owned())),
        (NOW + 66, Err(Denied::Expired)),
    ] {
        assert_eq!(ask(now, &signed, None).0, expected, "{now}");
    }
    for (address, expected) in [
        ("192.0.2.1", Ok("/a/b")),
        ("::ffff:192.0.2.1", Ok("/a/b")),
        ("192.0.2.2", Err(Denied::Invalid)),
    ] {
        let bound = Grant { client: Some(address.parse().unwrap()), ..grant("/a/") };
        for form in [Form::Path, Form::Query] {
            check(&key("new").sign(&bound, form, "/a/b"), expected);
        }
    }
}

#[test]
fn what_nobody_signed_is_denied_without_a_hint() {
    check("/a/b", Err(Denied::Unsigned));
    check("/a/b?x=1", Err(Denied::Unsigned));
    let signed = key("new").sign(&grant("/a/"), Form::Query, "/a/b");
    let path = key("new").sign(&grant("/a/"), Form::Path, "/a/b");
    for forged in [
        signed.replace("dp-key=new", "dp-key=old"),
        signed.replace("dp-key=new", "dp-key=none"),
        signed.replace(&(NOW + 60).to_string(), &(NOW + 61).to_string()),
        signed.replace("dp-scope=/a/", "dp-scope=/"),
        signed.replace("&dp-scope=/a/", ""),
        format!("{signed}&dp-ip=1"),
        format!("{signed}&dp-exp={}", NOW + 99),
        signed[..signed.len() - 2].to_owned(),
        "/a/b?dp-sig=".to_owned(),
        path.replace(".1.", ".0."),
        path.replace(".1.", ".1i."),
        path.replace(".1.", ".x."),
        path.replace(".1.", ".01."),
        path.replace(".1.", ".9."),
        path.replace("/a/b", ""),
        "/~dp./a".to_owned(),
        "/~dp.1.new.0.00/a".to_owned(),
        // The scope is left in disguise.
        path.replace("/a/b", "/a/../b"),
        path.replace("/a/b", "/a/%2E%2e/b"),
        path.replace("/a/b", "/a/..%2fb"),
        path.replace("/a/b", "/a/..%5Cb"),
        path.replace("/a/b", "/a/..\\b"),
        path.replace("/a/b", "/a/..;/b"),
        path.replace("/a/b", "/a/%252e%252e/b"),
        // A signature inside another one's path.
        path.replace("/a/b", &path),
    ] {
        check(&forged, Err(Denied::Invalid));
    }
}

#[test]
fn keys_are_named_long_enough_and_kept_to_themselves() {
    assert_eq!(Key::new("a.b", vec![0; 16]), None);
    assert_eq!(Key::new("", vec![0; 16]), None);
    assert_eq!(Key::new("a", vec![0; 15]), None);
    assert!(!format!("{:?}", key("new")).contains("secret"));
}

#[test]
fn what_is_shown_to_others_opens_nothing() {
    for form in [Form::Query, Form::Path] {
        let signed = key("new").sign(&grant("/vod/film/"), form, "/vod/film/a");
        assert_eq!(without_token(&signed), "/vod/film/a", "{signed}");
    }
    assert_eq!(without_token("/a?b=1&dp-sig=c&d"), "/a?b=1&d");
    assert_eq!(without_token("/a?b=1"), "/a?b=1");
    assert_eq!(without_token("/~dp.broken"), "/");
}

proptest! {
    #[test]
    fn law_what_is_signed_opens_its_path_in_every_form(
        folders in proptest::collection::vec("[a-zA-Z0-9_~%&+;=,-]{1,8}", 0..4),
        file in "[a-z0-9]{1,8}",
        ahead in 0..100_000_u64,
    ) {
        let folder = folders.iter().fold("/".to_owned(), |path, name| format!("{path}{name}/"));
        let path = format!("{folder}{file}");
        prop_assume!(!leads_elsewhere(&path));
        for scope in [&folder, &path] {
            let grant = Grant { scope: scope.clone(), expires: NOW + ahead, client: Some(client()) };
            for form in [Form::Query, Form::Path] {
                let signed = key("old").sign(&grant, form, &path);
                prop_assert_eq!(ask(NOW, &signed, None).0, Ok(path.clone()), "{}", signed);
            }
            let cookie = key("old").sign(&grant, Form::Cookie, &path);
            let (opened, headers) = ask(NOW, &path, Some(&cookie));
            prop_assert_eq!(opened, Ok(path.clone()));
            prop_assert!(headers.is_empty());
        }
    }

    #[test]
    fn law_a_changed_byte_never_opens_anything_else(
        at in any::<proptest::sample::Index>(),
        byte in 0x21..0x7f_u8,
    ) {
        let signed = key("new").sign(&grant("/vod/film/"), Form::Path, "/vod/film/a");
        let mut forged = signed.into_bytes();
        let at = at.index(forged.len());
        forged[at] = byte;
        let forged = String::from_utf8(forged).unwrap();
        if let Ok(path) = ask(NOW, &forged, None).0 {
            // The signature's hex may change its case, the path its end.
            prop_assert!(path.starts_with("/vod/film/"));
        }
    }
}
