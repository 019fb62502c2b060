//! What every server shares: the clock, listeners, the connection loop and its drain, `/health`,
//! `/metrics` and the access log.
//!
//! Layer 4: the lowest that may do I/O. `clock.rs` is the only file that reads a clock.

mod access_log;
mod clock;
mod health;
mod http3;
mod listener;
mod local;
mod metrics;
mod proxied;
mod request_body;
mod serve;
mod shutdown;
mod tls;
mod transport;

pub use access_log::{
    AccessLog, AccessLogError, Asked, Begun, FAULT, LineLog, LogFormat, LogTo, Logged, UpstreamTook,
};
pub use clock::Clock;
pub use health::Health;
pub use http3::{Http3Listener, serve_http3};
pub use hyper_util::service::TowerToHyperService;
pub use listener::{BindError, Listener, SocketOptions};
pub use local::names_this_machine;
pub use metrics::{Counter, Family, Gauge, Histogram, Metric, Metrics, Role};
pub use proxied::{ProxiedError, read_proxied};
pub use request_body::{OtherBody, RequestBody};
pub use serve::{BoxError, ConnectionReset, Limits, Options, Refusals, serve};
pub use shutdown::Shutdown;
pub use tls::{
    CertificateState, EXPIRY_NEAR_DAYS, KeyPair, Subject, Tls, TlsError, TlsMin, TlsOptions,
    TlsStats,
};
pub use transport::{Ends, Transport, Way};
