//! ClearKey licences (Encrypted Media Extensions §9.1.3 and §9.1.4), which everybody is given who
//! names a key: media here is protected so that players can be tried on it, not from anybody.

use crate::{faults::is_fault, reply::refuse, server::Origin};
use axum::body::{Body, to_bytes};
use dashpot_cenc::KeyId;
use dashpot_http::cors;
use dashpot_packager::Drm;
use dashpot_serve::Ends;
use data_encoding::BASE64URL_NOPAD;
use http::{HeaderValue, Method, Response, StatusCode, header, request::Parts};
use serde::{Deserialize, Serialize};

/// Where licences are.
pub(crate) const CLEARKEY: &str = "/drm/clearkey";
pub(crate) const METHODS: &str = "POST, OPTIONS";

/// Bytes of a request: many times those of as many keys as may be asked for.
const BODY_BYTES_MAX: usize = 16 << 10;
/// Keys that one request may ask for: an asset has one, and one for each period that plays.
const KEYS_MAX: usize = 64;

/// What a player sends.
#[derive(Deserialize)]
struct Asked {
    kids: Vec<String>,
    #[serde(default, rename = "type")]
    kind: Option<String>,
}

/// What it gets: a JSON Web Key Set (RFC 7517 §5).
#[derive(Serialize)]
struct Licence {
    keys: Vec<Key>,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Serialize)]
struct Key {
    kty: &'static str,
    kid: String,
    k: String,
}

/// Says whether a request is for a licence, and is answered by [`answer`].
pub(crate) fn is_asked(request: &Parts) -> bool {
    is_licence(request.uri.path()) && request.method != Method::OPTIONS
}

/// Says whether a path, perhaps with faults in it, is where licences are.
pub(crate) fn is_licence(path: &str) -> bool {
    let plain = path.split('/').filter(|segment| !is_fault(segment));
    path == CLEARKEY || plain.eq(CLEARKEY.split('/'))
}

/// Answers a request for a licence, and lets go wrong what is to go wrong with keys.
pub(crate) async fn answer(
    origin: &Origin,
    ends: Ends,
    request: &Parts,
    body: Body,
) -> Response<Body> {
    let faults = &origin.faults;
    let mut met = match faults.meet(request, ends.peer.ip(), &origin.catalogue) {
        Ok(met) => met,
        Err(error) => return refuse(StatusCode::BAD_REQUEST, &format!("wrong fault: {error}")),
    };
    if let Some(response) = faults.instead(&mut met, request).await {
        return response;
    }
    let response = if met.path.path != CLEARKEY {
        refuse(StatusCode::NOT_FOUND, "licences are at /drm/clearkey")
    } else if request.method != Method::POST {
        let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED, "ask for licences by POST");
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(METHODS));
        response
    } else {
        match to_bytes(body, BODY_BYTES_MAX).await {
            Ok(body) => licence(origin.catalogue.drm(), &body),
            Err(_) => refuse(StatusCode::PAYLOAD_TOO_LARGE, "a request has 16 KiB at most"),
        }
    };
    faults.carry_out(&mut met, no_store(response))
}

/// RFC 9111 §3: nothing that has a key in it, or says why not, is kept by anybody.
fn no_store(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn licence(drm: Option<&Drm>, body: &[u8]) -> Response<Body> {
    let bad = |why| refuse(StatusCode::BAD_REQUEST, why);
    let Ok(asked) = serde_json::from_slice::<Asked>(body) else {
        return bad("no licence request: that is {\"kids\":[\"…\"],\"type\":\"temporary\"}");
    };
    let kind = asked.kind.unwrap_or_else(|| "temporary".to_owned());
    if kind != "temporary" && kind != "persistent-license" {
        return bad("`type` is `temporary` or `persistent-license`");
    }
    if !(1..=KEYS_MAX).contains(&asked.kids.len()) {
        return bad("`kids` names 1 to 64 keys");
    }
    let ids: Option<Vec<KeyId>> = asked.kids.iter().map(|kid| key_id(kid)).collect();
    let Some(ids) = ids else {
        return bad("each of `kids` is 16 bytes in Base64 for URLs, without padding");
    };
    let encoded = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
    let key = |id: &KeyId| {
        let key = drm?.keys().licence(id)?;
        Some(Key { kty: "oct", kid: encoded(id), k: encoded(&key.0) })
    };
    let keys: Vec<_> = ids.iter().filter_map(key).collect();
    if keys.is_empty() {
        return refuse(StatusCode::NOT_FOUND, "this origin has none of these keys");
    }
    let Ok(text) = serde_json::to_vec(&Licence { keys, kind }) else {
        return refuse(StatusCode::INTERNAL_SERVER_ERROR, "could not write the licence");
    };
    let mut response = Response::new(Body::from(text));
    let fields = response.headers_mut();
    cors::open(fields);
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn key_id(text: &str) -> Option<KeyId> {
    BASE64URL_NOPAD.decode(text.as_bytes()).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests;
