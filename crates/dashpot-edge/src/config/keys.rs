//! Which requests are for the same resource.

/// Which requests are for the same resource.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Keys {}
