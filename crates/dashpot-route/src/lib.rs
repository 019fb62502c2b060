//! Which upstream a request goes to: the order of preference, who is passed over and why, and how
//! many second tries the whole may cost. And which pathway a viewer is told to take: [`steering`].
//!
//! Layer 2: pure state over indices and times. A driver names the upstreams, sends, and reports
//! how it went.

mod budget;
mod failure;
mod hash;
pub mod health;
mod maglev;
mod pool;
mod rendezvous;
mod ring;
pub mod steering;

pub use budget::RetryBudget;
pub use failure::Failure;
pub use hash::{NODES_MAX, Node, hash};
pub use maglev::Maglev;
pub use pool::{Choice, Excluded, Pool, Prefer};
pub use rendezvous::Rendezvous;
pub use ring::Ring;
