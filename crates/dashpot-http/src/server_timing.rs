//! `Server-Timing` (W3C Server Timing): where a response's time went, for the browser's eyes.

use crate::structured::push_string;
use http::{HeaderName, HeaderValue};
use std::{fmt::Write as _, time::Duration};

/// The field's name.
pub const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// One metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric<'a> {
    /// Its name: a token, such as `cache` or `origin`.
    pub name: &'static str,
    /// How long it took.
    pub duration: Option<Duration>,
    /// What it means.
    pub description: Option<&'a str>,
}

/// Returns the field value of `metrics`; durations in milliseconds with three decimals.
#[must_use]
pub fn to_value(metrics: &[Metric<'_>]) -> HeaderValue {
    let mut out = String::new();
    for metric in metrics {
        if !out.is_empty() {
            out.push_str(", ");
        }
        out.push_str(metric.name);
        if let Some(duration) = metric.duration {
            let micros = duration.as_micros();
            // Writing to a string cannot fail.
            write!(out, ";dur={}.{:03}", micros / 1_000, micros % 1_000).unwrap_or_default();
        }
        if let Some(description) = metric.description {
            out.push_str(";desc=");
            push_string(&mut out, description);
        }
    }
    HeaderValue::try_from(out).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_a_list_with_parameters() {
        let metrics = [
            Metric { name: "cache", duration: None, description: Some("hit \"fresh\"") },
            Metric {
                name: "origin",
                duration: Some(Duration::from_micros(12_034)),
                description: None,
            },
        ];
        assert_eq!(to_value(&metrics), r#"cache;desc="hit \"fresh\"", origin;dur=12.034"#);
        assert_eq!(to_value(&[]), "");
    }
}
