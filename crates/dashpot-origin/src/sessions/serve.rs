//! Taking reports in, and the pages of sessions.

use super::{BODY_BYTES_MAX, Sessions, Way, list, of_body, one};
use crate::reply::{Resource, refuse};
use axum::body::{Body, to_bytes};
use dashpot_base::WallTime;
use dashpot_http::{cmcd::Report, cors};
use http::{HeaderValue, Method, Response, StatusCode, header, request::Parts};
use percent_encoding::percent_decode_str;
use std::net::IpAddr;

/// Where players send their events.
pub(crate) const EVENTS: &str = "/cmcd";
const METHODS: &str = "POST, OPTIONS";

impl Sessions {
    /// Says whether a request brings reports, and is answered by [`Self::take`].
    pub(crate) fn is_report(&self, request: &Parts) -> bool {
        self.listens() && request.uri.path() == EVENTS && request.method != Method::OPTIONS
    }

    /// Takes the reports of a `POST`.
    pub(crate) async fn take(
        &self,
        now: WallTime,
        client: IpAddr,
        method: &Method,
        body: Body,
    ) -> Response<Body> {
        if method != Method::POST {
            let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED, "send reports by POST");
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(METHODS));
            return response;
        }
        let Ok(body) = to_bytes(body, BODY_BYTES_MAX).await else {
            return refuse(StatusCode::PAYLOAD_TOO_LARGE, "a body has 256 KiB at most");
        };
        let reports = of_body(&body);
        if reports.is_empty() {
            let why = "no report: a line is keys and values as in `e=ps,sta=p,sid=\"x\",v=2`";
            return refuse(StatusCode::BAD_REQUEST, why);
        }
        for report in &reports {
            self.note(now, client, Way::Event, report);
        }
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        cors::open(response.headers_mut());
        response
    }

    /// Notes what a request told, once it is answered.
    pub(crate) fn note_request(
        &self,
        now: WallTime,
        client: IpAddr,
        of: &Parts,
        status: StatusCode,
    ) {
        if !self.listens() || of.method == Method::OPTIONS {
            return;
        }
        let report = Report::from_headers(&of.headers)
            .or_else(|| Report::from_query(of.uri.query().unwrap_or_default()));
        let way = Way::Request { path: of.uri.path(), status: status.as_u16() };
        if let Some(report) = report {
            self.note(now, client, way, &report);
        }
    }

    /// Returns a page of sessions; `None` where `path` is none.
    pub(crate) fn page(&self, path: &str) -> Option<Resource> {
        if !self.has_page() {
            return None;
        }
        let html = |page: String| Resource::text("text/html; charset=utf-8", "no-store", page);
        match path {
            "/sessions" => Some(html(list(&self.all()))),
            "/sessions.json" => {
                // Plain fields with names cannot fail to serialize.
                let json = serde_json::to_vec(&self.all()).unwrap_or_default();
                Some(Resource::text("application/json", "no-store", json))
            }
            _ => {
                let id = percent_decode_str(path.strip_prefix("/sessions/")?).decode_utf8().ok()?;
                Some(html(one(&self.find(&id)?)))
            }
        }
    }
}
