//! What clients may take, and what they must show.

use dashpot_http::{signed_url::Lock, throttle::Rate};
use dashpot_serve::{Limits, SocketOptions};

/// What clients may take, and what they must show.
#[derive(Clone, Debug, Default)]
pub struct Front {
    /// What a connection, and all of them, may take.
    pub limits: Limits,
    /// What the operating system is to do for sockets.
    pub sockets: SocketOptions,
    /// How often one client (an IPv4 address, a /64 network of IPv6) may ask; one that asks more
    /// often is answered 429. `None` counts nothing.
    pub requests_per_client: Option<Rate>,
    /// Which pages of other sites may read responses.
    pub cors: Cors,
    /// What URLs must be signed with; `None` leaves every path open.
    pub signed_urls: Option<Lock>,
}

/// Which pages of other sites may read responses, where the origin says nothing about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Cors {
    /// What the origin says, and nothing else.
    #[default]
    Off,
    /// Every page.
    Any,
    /// Pages of these origins, such as `https://player.example`.
    Origins(Vec<String>),
}
