//! `/health`: whether to send requests here.

use crate::{CertificateState, Clock, EXPIRY_NEAR_DAYS, Role, Shutdown, Tls};
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use serde::Serialize;

/// Answers health checks: 200 while serving, 503 once the server drains.
#[derive(Clone, Debug)]
pub struct Health {
    /// What the server is.
    pub role: Role,
    /// Its version, for people.
    pub version: &'static str,
    /// Its clock, begun with the server.
    pub clock: Clock,
    /// What ends it.
    pub shutdown: Shutdown,
    /// Its certificates, where it has any.
    pub tls: Option<Tls>,
}

#[derive(Serialize)]
struct Report<'a, L> {
    status: &'static str,
    role: &'static str,
    version: &'static str,
    uptime_ms: u128,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    certificates: Vec<Certificate>,
    #[serde(flatten)]
    load: Option<&'a L>,
}

#[derive(Serialize)]
struct Certificate {
    name: String,
    days_left: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<&'static str>,
}

impl From<(CertificateState, u64)> for Certificate {
    fn from((state, days_left): (CertificateState, u64)) -> Self {
        let warning = (days_left < EXPIRY_NEAR_DAYS).then_some("renew it");
        Self { name: state.name, days_left, warning }
    }
}

impl Health {
    /// Returns the answer to `GET /health`.
    #[must_use]
    pub fn response(&self) -> Response<Bytes> {
        self.response_with(None::<&()>)
    }

    /// Returns the same with the fields of `load`, a struct, among its own.
    #[must_use]
    pub fn response_with<L: Serialize>(&self, load: Option<&L>) -> Response<Bytes> {
        let (status, word) = if self.shutdown.has_begun() {
            (StatusCode::SERVICE_UNAVAILABLE, "draining")
        } else {
            (StatusCode::OK, "ok")
        };
        let uptime = self.clock.mono().since(dashpot_base::MonoTime::ZERO);
        let days_left = self.tls.as_ref().map(Tls::days_left).unwrap_or_default();
        let report = Report {
            status: word,
            role: self.role.as_str(),
            version: self.version,
            uptime_ms: uptime.as_millis(),
            certificates: days_left.into_iter().map(Certificate::from).collect(),
            load,
        };
        // Plain fields cannot fail to serialize.
        let mut response = Response::new(serde_json::to_vec(&report).unwrap_or_default().into());
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn health_turns_from_ok_to_draining() {
        let (clock, shutdown) = (Clock::system(), Shutdown::new());
        let health = Health { role: Role::Origin, version: "1.2.3", clock, shutdown, tls: None };
        tokio::time::advance(std::time::Duration::from_millis(1_500)).await;
        let check = |status, word: &str| {
            let response = health.response();
            assert_eq!(response.status(), status);
            let report: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
            let expected = serde_json::json!({
                "status": word, "role": "origin", "version": "1.2.3", "uptime_ms": 1_500,
            });
            assert_eq!(report, expected);
        };
        check(StatusCode::OK, "ok");
        health.shutdown.begin();
        check(StatusCode::SERVICE_UNAVAILABLE, "draining");
    }
}
