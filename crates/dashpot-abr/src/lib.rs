//! Rate adaptation: which rung of the ladder a player fetches next, and why.
//!
//! Layer 2. A [`Rule`] sees a [`View`] of what the player knows and returns a [`Decision`]; the
//! player owns the [`ThroughputEstimator`] that fills the view. The simulator and the real
//! client run this very code.

mod bola;
mod dynamic;
mod estimator;
mod named;
mod throughput;
mod view;

pub use bola::{Bola, BolaBasic, BolaO};
pub use dynamic::{Dynamic, DynamicO};
pub use estimator::{Sample, ThroughputEstimator};
pub use named::{NAMES, by_name};
pub use throughput::Throughput;
pub use view::{Decision, Reason, Rule, Rung, View};
