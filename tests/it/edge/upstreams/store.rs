//! An object store that checks signatures by its own arithmetic.

use super::super::{
    Edge, any_port, bounded,
    client::fetch,
    scripted::{Answer, ScriptedOrigin, ok, status},
};
use dashpot_edge::{Config, S3};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use std::{collections::BTreeMap, fmt::Write as _};

const KEY_ID: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const REGION: &str = "eu-central-1";
const OBJECT: &str = "0123456789";

fn decoded(text: &str) -> Vec<u8> {
    percent_encoding::percent_decode_str(text).collect()
}

/// `UriEncode` of AWS Signature Version 4.
fn encoded(bytes: &[u8], keeps_slash: bool) -> String {
    let mut text = String::new();
    for &byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                text.push(char::from(byte));
            }
            b'/' if keeps_slash => text.push('/'),
            _ => write!(text, "%{byte:02X}").expect("text"),
        }
    }
    text
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        write!(text, "{byte:02x}").expect("text");
    }
    text
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Returns what is wrong with the signature of a request, if anything.
fn fault(head: &str) -> Option<String> {
    let mut line = head.lines().next()?.split(' ');
    let (method, target) = (line.next()?, line.next()?);
    let (path, query) = target.split_once('?')?;
    let mut parameters: BTreeMap<String, String> = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (encoded(&decoded(name), false), encoded(&decoded(value), false)))
        .collect();
    let signature = parameters.remove("X-Amz-Signature")?;
    let query: Vec<_> = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let header = |name: &str| {
        let prefix = format!("{name}: ");
        head.lines().find_map(|line| {
            line.to_ascii_lowercase().starts_with(&prefix).then(|| line[prefix.len()..].trim())
        })
    };
    if header("authorization").is_some() {
        return Some("two kinds of authority".to_owned());
    }
    let signed = &parameters["X-Amz-SignedHeaders"];
    let mut headers = String::new();
    for name in signed.split("%3B") {
        writeln!(headers, "{name}:{}", header(name)?).expect("text");
    }
    let (path, query, names) =
        (encoded(&decoded(path), true), query.join("&"), signed.replace("%3B", ";"));
    let request = format!("{method}\n{path}\n{query}\n{headers}\n{names}\nUNSIGNED-PAYLOAD");
    let time = &parameters["X-Amz-Date"];
    let scope = format!("{}/{REGION}/s3/aws4_request", &time[..8]);
    let to_sign =
        format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(&Sha256::digest(request.as_bytes())));
    let mut key = format!("AWS4{SECRET}").into_bytes();
    for part in scope.split('/') {
        key = hmac(&key, part);
    }
    let credential = decoded(&parameters["X-Amz-Credential"]);
    let expected = hex(&hmac(&key, &to_sign));
    let is_right = expected == signature && credential == format!("{KEY_ID}/{scope}").as_bytes();
    (!is_right).then(|| format!("{request}\n{expected} is not {signature}"))
}

/// Answers as a store does: the object, or the part of it asked for.
fn answer(head: &str) -> Answer {
    if let Some(fault) = fault(head) {
        return Answer { body: fault, ..status("403 Forbidden", "Cache-Control: no-store") };
    }
    let range = head.lines().find_map(|line| line.strip_prefix("range: bytes="));
    let Some((first, last)) = range.and_then(|range| range.split_once('-')) else {
        return ok("Cache-Control: max-age=60\nETag: \"1\"", OBJECT);
    };
    let first: usize = first.parse().expect("a number");
    let last = last.parse().unwrap_or(usize::MAX).min(OBJECT.len() - 1);
    let range = format!("Content-Range: bytes {first}-{last}/{}\nETag: \"1\"", OBJECT.len());
    let lines = format!("Cache-Control: max-age=60\n{range}");
    Answer { body: OBJECT[first..=last].to_owned(), ..status("206 Partial Content", &lines) }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_of_an_object_store_is_signed_as_it_is_sent() {
    bounded(async {
        let store = ScriptedOrigin::start(|head, _| answer(head)).await;
        for token in [None, Some("a+session/token==".to_owned())] {
            let mut origin = store.url();
            origin.set_path("/bucket/");
            let mut config = Config::new(origin, any_port());
            config.behind.s3 = Some(S3 {
                region: REGION.to_owned(),
                key_id: KEY_ID.to_owned(),
                secret: SECRET.to_owned(),
                token,
            });
            let edge = Edge::start(config).await;
            for path in [
                "/film/1.m4s",
                "/a%20film/1.m4s",
                "/%e4%B8%ad/%7Eme/1.m4s",
                "/f(1)+x=@:!*'&$,;/1.m4s",
                "/100%25/1.m4s?version=2",
            ] {
                let response = fetch(edge.addr, path, &[]).await;
                let text = String::from_utf8_lossy(&response.body).into_owned();
                assert_eq!((response.status, &*text), (200, OBJECT), "{path}");
                let response = fetch(edge.addr, path, &[]).await;
                assert!(response.one("cache-status").contains("; hit"), "{path}: {response:?}");
            }
            // Only the host is signed, so that whatever part is wanted can be asked for.
            let response = fetch(edge.addr, "/part.mp4", &[("Range", "bytes=2-4")]).await;
            let text = String::from_utf8_lossy(&response.body).into_owned();
            assert_eq!((response.status, &*text), (206, "234"));
            let fields = [("Authorization", "Bearer of-the-viewer")];
            let response = fetch(edge.addr, "/authorised.mp4", &fields).await;
            assert_eq!(response.status, 200, "{}", String::from_utf8_lossy(&response.body));
            edge.stop().await;
        }
        assert!(store.heads().iter().all(|head| head.starts_with("get /bucket/")));
    })
    .await;
}
