//! The upstreams and how requests are sent to them.

/// The upstreams and how requests are sent to them.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Behind {}
