//! What is told of queries: counters, and lines of the access log.

use super::Group;
use crate::{
    authority::{Response, Transport},
    wire::Query,
    zone::Zone,
};
use dashpot_serve::{Counter, Family, Gauge, Metric, Metrics};
use hickory_proto::{
    op::ResponseCode,
    rr::{Name, RecordType},
};
use serde::Serialize;
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};
use tracing::debug;

/// Codes that are counted by name; all others together.
const CODES: [(ResponseCode, &str); 9] = [
    (ResponseCode::NoError, "noerror"),
    (ResponseCode::NXDomain, "nxdomain"),
    (ResponseCode::Refused, "refused"),
    (ResponseCode::FormErr, "formerr"),
    (ResponseCode::ServFail, "servfail"),
    (ResponseCode::NotImp, "notimp"),
    (ResponseCode::NotAuth, "notauth"),
    (ResponseCode::BADVERS, "badvers"),
    (ResponseCode::BADCOOKIE, "badcookie"),
];

const TRANSPORTS: [Transport; 3] = [Transport::Udp, Transport::Tcp, Transport::Https];

/// Counters of queries, found without a look-up.
#[derive(Clone, Debug)]
pub(crate) struct Counters {
    by_transport: Arc<[(Transport, Vec<Counter>)]>,
    others: Counter,
    truncated: Counter,
    serials: Family<Vec<(&'static str, String)>, Gauge>,
}

impl Counters {
    pub(crate) fn new(metrics: &mut Metrics) -> Self {
        let family = metrics.counters::<Vec<(&'static str, &'static str)>>(Metric::Requests);
        let counter = |transport: Transport, code: &'static str| {
            let labels = vec![("transport", transport.as_str()), ("code", code)];
            family.get_or_create(&labels).clone()
        };
        let by_transport = TRANSPORTS.map(|transport| {
            (transport, CODES.iter().map(|(_, code)| counter(transport, code)).collect())
        });
        Self {
            by_transport: by_transport.into(),
            others: counter(Transport::Udp, "other"),
            truncated: metrics.counter(Metric::Truncated),
            serials: metrics.gauges(Metric::ZoneSerial),
        }
    }

    /// Notes which version of a zone is answered from.
    pub(crate) fn serial(&self, zone: &Zone) {
        let labels = vec![("zone", zone.origin().to_ascii())];
        self.serials.get_or_create(&labels).set(zone.serial().into());
    }

    fn count(&self, transport: Transport, code: ResponseCode) {
        let at = CODES.iter().position(|(known, _)| *known == code);
        let row = self.by_transport.iter().find(|(known, _)| *known == transport);
        row.zip(at).and_then(|((_, row), at)| row.get(at)).unwrap_or(&self.others).inc();
    }
}

impl Transport {
    /// Returns its name, as metrics and logs have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
            Self::Https => "https",
        }
    }
}

/// A line of the access log.
#[derive(Debug, Serialize)]
pub(crate) struct Line {
    /// When, by RFC 3339.
    t: String,
    role: &'static str,
    client: IpAddr,
    transport: &'static str,
    /// Absent where it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(rename = "type")]
    kind: String,
    code: String,
    bytes: usize,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    truncated: bool,
    /// Why a function has answered so.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl Group {
    /// Counts an answer and writes its line.
    pub(crate) fn seen(&self, response: &Response, transport: Transport, client: SocketAddr) {
        self.counters.count(transport, response.code);
        if response.is_truncated {
            self.counters.truncated.inc();
        }
        self.log.write(|| Line {
            t: dashpot_http::date::print_rfc3339(self.clock.wall()),
            role: "dns",
            client: client.ip().to_canonical(),
            transport: transport.as_str(),
            name: response.name.as_ref().map(Name::to_ascii),
            kind: response.kind.to_string(),
            code: name_of(response.code),
            bytes: response.bytes.len(),
            truncated: response.is_truncated,
            reason: response.reason.clone(),
        });
    }

    /// Counts a transfer and writes its line.
    pub(crate) fn transferred(&self, query: &Query<'_>, code: ResponseCode, client: SocketAddr) {
        let (name, kind) = (Some(query.name.clone()), query.kind);
        let response = Response { name, kind, code, ..Response::nothing() };
        self.seen(&response, Transport::Tcp, client);
    }

    /// Has a zone looked at, where its primary says that it has changed (RFC 1996 §3.11).
    pub(crate) fn notified(&self, zone: &Name, client: SocketAddr) {
        let of_it = self.followed.iter().filter(|followed| followed.config.name == *zone);
        let primary = of_it.filter(|followed| followed.primary.ip() == client.ip().to_canonical());
        for followed in primary {
            debug!(%zone, %client, "the primary says that the zone has changed");
            followed.word.notify_one();
        }
    }
}

impl Response {
    /// Returns an answer that is none, to put another in its place.
    pub(crate) const fn nothing() -> Self {
        Self {
            bytes: Vec::new(),
            name: None,
            kind: RecordType::ZERO,
            code: ResponseCode::NoError,
            is_truncated: false,
            ttl: 0,
            reason: None,
            is_lasting: false,
        }
    }
}

fn name_of(code: ResponseCode) -> String {
    let known = CODES.iter().find(|(known, _)| *known == code);
    known.map_or_else(|| u16::from(code).to_string(), |(_, name)| (*name).to_owned())
}
