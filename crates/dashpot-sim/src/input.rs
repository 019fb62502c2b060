//! Films and networks from files in other tools' formats, as text: whoever calls has read them.

pub mod sabre;

/// A stretch of a network in kbit/s and milliseconds, as published simulators have it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Period {
    /// How long it lasts, in milliseconds; positive.
    pub duration_ms: f64,
    /// What it carries, in kbit/s; zero in an outage.
    pub bandwidth_kbps: f64,
    /// From a request to its first byte, in milliseconds.
    pub latency_ms: f64,
}
