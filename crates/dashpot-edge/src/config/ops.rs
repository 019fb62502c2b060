//! Logs, metrics and what is told to those behind and in front.

/// Logs, metrics and what is told to those behind and in front.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Ops {}
