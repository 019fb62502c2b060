//! Answers in JSON, and refusals that say what to do.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use serde::Serialize;

use crate::body::Body;

/// Why a request is not carried out.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    error: String,
    hint: &'static str,
    allow: Option<&'static str>,
}

#[derive(Serialize)]
struct Text<'a> {
    error: &'a str,
    hint: &'a str,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, error: impl Into<String>, hint: &'static str) -> Self {
        Self { status, error: error.into(), hint, allow: None }
    }

    /// Refuses every method but those that are `allowed`.
    pub(super) fn method(allowed: &'static str) -> Self {
        let error = "the page has no such method";
        let refusal = Self::new(StatusCode::METHOD_NOT_ALLOWED, error, allowed);
        Self { allow: Some(allowed), ..refusal }
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        let mut response = answered(self.status, &Text { error: &self.error, hint: self.hint });
        let headers = response.headers_mut();
        if let Some(allow) = self.allow {
            headers.insert(header::ALLOW, HeaderValue::from_static(allow));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            // RFC 9110 §15.5.2: a 401 has a challenge.
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// Returns `value` as JSON that no cache keeps and no other site's page may read.
pub(crate) fn answered(status: StatusCode, value: &impl Serialize) -> Response<Body> {
    // Plain fields with names cannot fail to serialize.
    let bytes = Bytes::from(serde_json::to_vec(value).unwrap_or_default());
    let mut response = Response::new(Body::Own(bytes));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
