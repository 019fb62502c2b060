//! How long an answer to a name may be used, and by whom: the caches of resolvers, routers, systems
//! and browsers, without any of them.
//!
//! Layer 2: nothing here reads a clock or does I/O, so that a resolver, a client and a simulation of
//! both forget an address at the same moment.

mod cache;
mod case;
mod layers;
mod question;

pub use cache::{Cache, Found, Kind, Miss, Rules, TTL_MAX};
pub use case::{letters, spell};
pub use layers::{Answer, Hosts, Layer, Layers, Role, Seen, Walk};
pub use question::Question;
