//! `/health`: whether to send requests here.

use crate::{Clock, Role, Shutdown};
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
}

#[derive(Serialize)]
struct Report {
    status: &'static str,
    role: &'static str,
    version: &'static str,
    uptime_ms: u128,
}

impl Health {
    /// Returns the answer to `GET /health`.
    #[must_use]
    pub fn response(&self) -> Response<Bytes> {
        let (status, word) = if self.shutdown.has_begun() {
            (StatusCode::SERVICE_UNAVAILABLE, "draining")
        } else {
            (StatusCode::OK, "ok")
        };
        let uptime = self.clock.mono().since(dashpot_base::MonoTime::ZERO);
        let report = Report {
            status: word,
            role: self.role.as_str(),
            version: self.version,
            uptime_ms: uptime.as_millis(),
        };
        // Four plain fields cannot fail to serialize.
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
        let health = Health { role: Role::Origin, version: "1.2.3", clock, shutdown };
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
