//! Caching policy: what the operator adds to, or takes from, what the origin says.

/// Caching policy: what the operator adds to, or takes from, what the origin says.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Policy {}
