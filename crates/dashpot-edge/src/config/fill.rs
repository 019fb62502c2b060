//! How bodies are fetched, and fetched on.

/// How bodies are fetched, and fetched on.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Fill {
    /// How often in a row the rest of a body that broke off is asked for, without a byte of it
    /// coming, before its readers are cut; zero cuts them at once.
    pub resumes_max: u32,
    /// Fetches that may fill the cache at a time, at least one; a miss beyond waits a second for
    /// its turn and goes past the cache then.
    pub fills_max: usize,
}

impl Default for Fill {
    fn default() -> Self {
        Self {
            // Two seconds in all: an origin that restarts is back, and a player's buffer lasts.
            resumes_max: 3,
            // A fill may outlive its readers, so without a bound one client could keep the origin
            // and this machine busy by asking and hanging up. A busy edge has tens.
            fills_max: 1_024,
        }
    }
}
