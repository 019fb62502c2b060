//! The operator's listener: purge, prefill, reload.

/// The operator's listener: purge, prefill, reload.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Admin {}
