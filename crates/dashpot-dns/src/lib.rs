//! Authoritative name servers: zones from ordinary zone files, signed as they are asked, with names
//! that a function answers. And resolvers, which walk from the root down to them.
//!
//! Layer 5. Zones, answers and messages are values and functions; the server around them does the I/O.

mod answer;
mod authority;
mod config;
mod connections;
mod dnssec;
mod load;
mod refresh;
mod reply;
mod resolver;
mod server;
mod steer;
mod transfer;
mod wire;
mod zone;

pub use authority::{Authority, Outcome, Response, Transport};
pub use config::{At, Config, ServerConfig, StartError, ZoneConfig, ZoneFrom};
pub use dnssec::{Key, KeyError};
pub use hickory_proto as proto;
pub use resolver::{
    Anchor, AnchorError, AnchorKey, Ask, AskError, Asked, Heard, Resolution, Resolver,
    ResolverConfig, ResolverOptions, ResolverServer, ResolverStartError, Step, StepOutcome, Subnet,
    ask, bind_resolver,
};
pub use server::{Handle, Server, bind};
pub use steer::{Asker, Steer, Steered};
pub use zone::{Fault, RECORDS_MAX, Zone, ZoneError};
