//! How bodies are fetched, and fetched on.

/// How bodies are fetched, and fetched on.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Fill {}
