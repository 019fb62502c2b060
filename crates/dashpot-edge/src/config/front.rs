//! What clients may take, and what they must show.

/// What clients may take, and what they must show.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Front {}
