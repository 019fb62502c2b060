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
    /// What is fetched before it is asked for.
    pub prefetch: Prefetch,
}

/// What is fetched before it is asked for; nothing by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefetch {
    /// What players announce with the CMCD keys `nor` and `nrr`.
    pub by_cmcd: bool,
    /// What follows two numbered segments that were asked for in a row.
    pub by_pattern: bool,
    /// Fetches under way at a time.
    pub outstanding_max: usize,
    /// The same for one client.
    pub per_client_max: usize,
}

impl Default for Prefetch {
    fn default() -> Self {
        Self {
            by_cmcd: false,
            by_pattern: false,
            // A few percent of what viewers' own fetches may be.
            outstanding_max: 32,
            // Video, audio and subtitles, and one to spare.
            per_client_max: 4,
        }
    }
}

impl Default for Fill {
    fn default() -> Self {
        Self {
            // Two seconds in all: an origin that restarts is back, and a player's buffer lasts.
            resumes_max: 3,
            // A fill may outlive its readers, so without a bound one client could keep the origin
            // and this machine busy by asking and hanging up. A busy edge has tens.
            fills_max: 1_024,
            prefetch: Prefetch::default(),
        }
    }
}
