//! What the edge can do, which its load is told by.

use dashpot_base::Bitrate;

/// What the edge can do, which its load is told by, in `/health` and in `CMSD-Dynamic`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Load {
    /// Connections of clients; `None` for as many as there may be.
    pub connections: Option<u64>,
    /// What goes out to clients in a second; `None` does not count.
    pub egress: Option<Bitrate>,
    /// The load, in percent, from which on the edge is under duress (CTA-5006 `du`).
    pub duress_percent: u8,
}

impl Default for Load {
    fn default() -> Self {
        // Those who are there still get what they need, and whoever steers has time to send the
        // next ones elsewhere.
        Self { connections: None, egress: None, duress_percent: 90 }
    }
}
