//! The balancer of connections and datagrams (layer 4 of the network, none of its own): it takes
//! them at one address and gives each to one of several servers, without reading what is in them.
//!
//! Layer 5: who gets what is `dashpot-route`'s to say; sockets, timers and tasks are here.

mod admin;
mod backend;
mod choices;
mod config;
mod connection;
mod pool;
mod probe;
mod relay;
mod server;
mod stats;

pub use backend::{BackendSpec, BackendSpecError};
pub use choices::Record;
pub use config::{Check, Config, ProxyIn, ProxyOut, Splice};
pub use server::{Server, StartError, bind};
