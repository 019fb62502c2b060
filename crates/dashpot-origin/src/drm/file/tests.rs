//! Files of keys are read as the docs have them, and what is wrong with one is told without it.

use super::*;
use dashpot_bmff::{Scheme, SystemHeader, build_pssh};
use dashpot_cenc::Purpose;
use std::fs;

const KID: &str = "00112233-4455-6677-8899-aabbccddeeff";
const KEY: &str = "0f0e0d0c0b0a09080706050403020100";

fn addr() -> SocketAddr {
    SocketAddr::from(([0, 0, 0, 0], 9000))
}

fn written(keys: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    fs::write(&path, keys).unwrap();
    (folder, path)
}

fn loaded(keys: &str) -> Result<Drm, DrmError> {
    let (_folder, path) = written(keys);
    load(&DrmConfig { keys: Some(path), ..DrmConfig::default() }, addr())
}

fn check_refused(keys: &str, expected: &str) {
    let error = loaded(keys).unwrap_err();
    let said = format!("{error} {error:?}");
    assert!(said.contains(expected), "{said}");
    assert!(!said.contains(&KEY[..8]), "{said}");
}

#[test]
fn what_is_wrong_is_told_without_any_key() {
    let text = |pair: &str| format!(r#"{{"film":{{"keys":[{pair}]}}}}"#);
    check_refused("", "line 1, column 0");
    check_refused(&text(&format!(r#"{{"kid":"{KID}","key":"{KEY}0"}}"#)), "of `film`, a `kid`");
    check_refused(&text(&format!(r#"{{"kid":"{KEY}"}}"#)), "line 1");
    check_refused(&text(&format!(r#""{KEY}""#)), "line 1, column");
    check_refused(&text(&format!(r#"{{"kid":"{KID}","key":"{KEY}","{KEY}":1}}"#)), "line 1");
    check_refused(r#"{"film":{"pssh":["AAAA"]}}"#, "of `film`, a `pssh`");
    check_refused(r#"{"film":{"pssh":["?"]}}"#, "of `film`, a `pssh`");
}

#[test]
fn given_keys_and_systems_are_taken() {
    let header = SystemHeader { system: [7; 16], key_ids: &[], data: b"data" };
    let pssh = BASE64.encode(&build_pssh(&header).unwrap());
    let text =
        format!(r#"{{"film":{{"keys":[{{"kid":"{KID}","key":"{KEY}"}}],"pssh":["{pssh}"]}}}}"#);
    let drm = loaded(&text).unwrap();
    let purpose = Purpose { asset: "film", fingerprint: 1, scheme: Scheme::Cenc, period: 0 };
    let (id, key) = drm.keys().key(&purpose);
    assert_eq!((Some(id), Some(key.0)), (bytes16(KID), bytes16(KEY)));
    assert!(!format!("{drm:?}").contains("15, 14, 13"), "{drm:?}");
}

#[test]
fn a_secret_has_one_meaning_and_must_not_be_short() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    let with = |text: &str| {
        fs::write(&path, text).unwrap();
        load(&DrmConfig { secret: Some(path.clone()), ..DrmConfig::default() }, addr())
    };
    let key = |drm: &Drm| {
        let purpose = Purpose { asset: "film", fingerprint: 1, scheme: Scheme::Cenc, period: 0 };
        drm.keys().key(&purpose)
    };
    let one = key(&with("0123456789abcdef").unwrap());
    assert_eq!(one, key(&with("0123456789abcdef\n").unwrap()));
    assert_ne!(one, key(&with("0123456789abcdeg").unwrap()));
    assert!(matches!(with("0123456789abcde"), Err(DrmError::Short { .. })));
    let none = load(&DrmConfig::default(), addr()).unwrap();
    assert_ne!(key(&none), key(&load(&DrmConfig::default(), addr()).unwrap()), "drawn anew");
    let absent = DrmConfig { secret: Some(path.join("no")), ..DrmConfig::default() };
    assert!(matches!(load(&absent, addr()), Err(DrmError::Read { .. })));
}

#[test]
fn licences_are_at_an_address_that_leads_here() {
    let check = |addr: &str, expected: &str| {
        assert_eq!(reachable(addr.parse().unwrap()).to_string(), expected);
    };
    check("0.0.0.0:9000", "127.0.0.1:9000");
    check("[::]:9000", "[::1]:9000");
    check("192.0.2.1:80", "192.0.2.1:80");
}
