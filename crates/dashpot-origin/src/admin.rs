//! The operator's listener: which requests go wrong, and who is steered where. On this machine alone, so it asks for no token.

use crate::server::{Origin, Shared};
use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
};
use bytes::Bytes;
use dashpot_fault::{Document, DocumentError, RULES_MAX, Rule, rule_of_json};
use dashpot_serve::names_this_machine;
use http::{HeaderValue, Method, Response, StatusCode, header, request::Parts};
use serde::Serialize;
use serde_json::json;

/// Bytes of a document: as many rules as there may be, each as long as they get.
const BODY_BYTES_MAX: usize = 256 << 10;

/// Why a request is not carried out.
pub(crate) struct Refusal {
    status: StatusCode,
    error: String,
    hint: &'static str,
}

pub(crate) fn refusal(status: StatusCode, error: impl Into<String>, hint: &'static str) -> Refusal {
    Refusal { status, error: error.into(), hint }
}

/// Answers one request.
pub(crate) async fn handle(State(shared): State<Shared>, request: Request) -> Response<Body> {
    route(&shared.0, request).await.unwrap_or_else(|refused| {
        let text = json!({ "error": refused.error, "hint": refused.hint });
        answered(refused.status, &text)
    })
}

async fn route(origin: &Origin, request: Request) -> Result<Response<Body>, Refusal> {
    let (parts, body) = request.into_parts();
    if !names_this_machine(&parts) {
        let hint = "this is for 127.0.0.1, [::1] and localhost";
        return Err(refusal(StatusCode::FORBIDDEN, "the Host is not this machine", hint));
    }
    let path = parts.uri.path();
    if path.starts_with("/steering/") {
        return origin.steered(&parts, body).await;
    }
    let faults = &origin.faults;
    let id = path.strip_prefix("/faults/").filter(|id| !id.is_empty());
    if path != "/faults" && id.is_none() {
        let hint = "there are /faults, /faults/ID and /steering/";
        return Err(refusal(StatusCode::NOT_FOUND, "there is no such page", hint));
    }
    let changed = match (&parts.method, id) {
        (&Method::GET, None) => Ok(faults.document()),
        (&Method::GET, Some(id)) => {
            let document = faults.document();
            let rule = document.rules.iter().find(|rule| rule.id == id).ok_or_else(no_rule)?;
            return Ok(answered(StatusCode::OK, rule));
        }
        (&Method::PUT, None) => {
            let wanted = Document::parse(&read(&parts, body).await?).map_err(wrong)?;
            faults.change(|held| {
                *held = wanted;
                Ok(())
            })
        }
        (&Method::PUT, Some(id)) => {
            let rule = rule_of_json(id, &read(&parts, body).await?).map_err(wrong)?;
            faults.change(|held| put(held, rule))
        }
        (&Method::DELETE, None) => faults.change(|held| {
            *held = Document::default();
            Ok(())
        }),
        (&Method::DELETE, Some(id)) => faults.change(|held| {
            let at = held.rules.iter().position(|rule| rule.id == id).ok_or_else(no_rule)?;
            held.rules.remove(at);
            Ok(())
        }),
        _ => {
            let hint = "there are GET, PUT and DELETE";
            Err(refusal(StatusCode::METHOD_NOT_ALLOWED, "the page has no such method", hint))
        }
    };
    changed.map(|document| answered(StatusCode::OK, &*document))
}

/// Puts a rule where the one of its name was, or behind all others.
fn put(document: &mut Document, rule: Rule) -> Result<(), Refusal> {
    if let Some(held) = document.rules.iter_mut().find(|held| held.id == rule.id) {
        *held = rule;
        return Ok(());
    }
    if RULES_MAX <= document.rules.len() {
        let hint = "delete one first: each request is held against all of them";
        return Err(refusal(StatusCode::CONFLICT, format!("there are {RULES_MAX} rules"), hint));
    }
    document.rules.push(rule);
    Ok(())
}

fn no_rule() -> Refusal {
    refusal(StatusCode::NOT_FOUND, "there is no such rule", "GET /faults lists them")
}

fn wrong(error: DocumentError) -> Refusal {
    refusal(StatusCode::BAD_REQUEST, error.to_string(), "docs/faults.md has all words")
}

/// Reads the JSON that a request brings.
pub(crate) async fn read(parts: &Parts, body: Body) -> Result<Bytes, Refusal> {
    // A page in the operator's browser cannot send this without asking first, which is refused.
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        let hint = "send JSON with Content-Type: application/json";
        return Err(refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, "this is not JSON", hint));
    }
    to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| {
        let hint = "a request has 256 KiB at most, and arrives whole";
        refusal(StatusCode::PAYLOAD_TOO_LARGE, "the body cannot be read", hint)
    })
}

/// Returns `value` as JSON that no cache keeps and no other site's page may read.
pub(crate) fn answered(status: StatusCode, value: &impl Serialize) -> Response<Body> {
    // Plain fields with names cannot fail to serialize.
    let mut response = Response::new(Body::from(serde_json::to_vec(value).unwrap_or_default()));
    *response.status_mut() = status;
    let fields = response.headers_mut();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    fields.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
