//! Logs, metrics and what is told to those behind and in front.

use dashpot_serve::LogFormat;

/// Logs, metrics and what is told to those behind and in front.
#[derive(Clone, Debug, Default)]
pub struct Ops {
    /// How a line of the access log is written.
    pub access_log_format: LogFormat,
    /// Whether responses tell of the way to the client, and of the load, in `CMSD-Dynamic` (CTA-5006).
    pub cmsd: bool,
    /// Whether `Cache-Status` names the key (RFC 9211 §2.7): whoever asks learns what of a URL
    /// counts.
    pub cache_status_key: bool,
}
