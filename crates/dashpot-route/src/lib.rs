//! Which upstream a request goes to: the order of preference, who is passed over and why, and how
//! many second tries the whole may cost. And which pathway a viewer is told to take: [`steering`].
//!
//! Layer 2: pure state over indices and times. A driver names the upstreams, sends, and reports
//! how it went.

pub mod balancer;
mod budget;
mod choice;
mod failure;
pub mod flows;
pub mod gslb;
mod hash;
pub mod health;
mod key;
pub mod load;
mod maglev;
pub mod outlier;
mod params;
mod pool;
mod rendezvous;
mod ring;
mod rule;
pub mod rules;
mod server;
pub mod steering;
mod sticky;
pub mod tier;

pub use balancer::Balancer;
pub use budget::RetryBudget;
pub use choice::{By, Candidate, Choice, Mode, Reason};
pub use failure::Failure;
pub use hash::{NODES_MAX, Node, hash};
pub use key::Key;
pub use maglev::Maglev;
use params::Params;
pub use params::SpecError;
pub use pool::{Pick, Pool, Prefer};
pub use rendezvous::Rendezvous;
pub use ring::Ring;
pub use rule::{Answer, Rule, Total, View};
pub use server::{Latency, Request, Server, WEIGHT_MAX};
pub use sticky::Sticky;

#[cfg(test)]
mod tables;
