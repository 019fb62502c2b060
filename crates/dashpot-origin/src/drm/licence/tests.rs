//! Licences are as players expect them, and whatever else comes is refused.

use super::*;
use dashpot_bmff::Scheme;
use dashpot_cenc::{Keys, Purpose};
use std::collections::BTreeMap;

fn drm() -> Drm {
    let keys = Keys::new([1; 32], BTreeMap::new());
    Drm::new(keys, BTreeMap::new(), "http://origin.test/".to_owned())
}

fn key(period: u64) -> (String, String) {
    let purpose = Purpose { asset: "film", fingerprint: 1, scheme: Scheme::Cenc, period };
    let (id, key) = drm().keys().key(&purpose);
    (BASE64URL_NOPAD.encode(&id), BASE64URL_NOPAD.encode(&key.0))
}

async fn check(body: &str, status: u16, expected: &str) {
    let response = licence(Some(&drm()), body.as_bytes());
    assert_eq!(response.status(), status, "{body}");
    assert_eq!(response.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    let text = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let text = String::from_utf8(text.to_vec()).unwrap();
    assert!(text.contains(expected), "{body}: {text}");
}

#[tokio::test]
async fn who_names_keys_is_given_those_that_there_are() {
    let ((one, first), (two, second)) = (key(0), key(1));
    let set = |keys: &str, kind: &str| format!(r#"{{"keys":[{keys}],"type":"{kind}"}}"#);
    let of = |id: &str, key: &str| format!(r#"{{"kty":"oct","kid":"{id}","k":"{key}"}}"#);
    let (of_one, of_two) = (of(&one, &first), of(&two, &second));
    let temporary = set(&of_one, "temporary");
    check(&format!(r#"{{"kids":["{one}"],"type":"temporary"}}"#), 200, &temporary).await;
    check(&format!(r#"{{"kids":["{one}"]}}"#), 200, &temporary).await;
    let both = set(&format!("{of_one},{of_two}"), "persistent-license");
    let asked = format!(r#"{{"kids":["{one}","{two}"],"type":"persistent-license","x":[{{}}]}}"#);
    check(&asked, 200, &both).await;
    let unknown = "AAAAAAAAAAAAAAAAAAAAAA";
    check(&format!(r#"{{"kids":["{unknown}","{one}"]}}"#), 200, &temporary).await;
    check(&format!(r#"{{"kids":["{unknown}"]}}"#), 404, "none of these keys").await;
}

#[tokio::test]
async fn hostile_requests_are_refused() {
    let (one, _) = key(0);
    let many = format!(r#"{{"kids":[{}"{one}"]}}"#, format!(r#""{one}","#).repeat(64));
    for body in [
        "",
        "[]",
        "{}",
        "null",
        r#"{"kids":[]}"#,
        r#"{"kids":"x"}"#,
        r#"{"kids":[1]}"#,
        r#"{"kids":["AAAA"]}"#,
        r#"{"kids":["AAAAAAAAAAAAAAAAAAAAAA=="]}"#,
        r#"{"kids":["++++++++++++++++++++++"]}"#,
        &format!(r#"{{"kids":["{one}"],"type":"persistent-usage-record"}}"#),
        &format!(r#"{{"kids":["{one}"],"type":7}}"#),
        &"[".repeat(10_000),
        &many,
    ] {
        check(body, 400, "").await;
    }
}
