//! Rate adaptation: which rung of the ladder a player fetches next, and why.
//!
//! Layer 2. A [`Rule`] sees a [`View`] of what the player knows and returns a [`Decision`]; the
//! player owns the [`ThroughputEstimator`] that fills the view. The simulator and the real
//! client run this very code.
//!
//! Times are in milliseconds, sizes in bits and rates in kilobits a second, all of them `f64`: a
//! kilobit a second is a bit a millisecond, so a size over a rate is a time and no factor is
//! needed. It is what published simulators compute in, so that their figures can be met to the
//! last digit (with whole nanoseconds they could not).

mod bba;
mod bola;
mod bola_enhanced;
mod bola_sized;
mod cache_aware;
mod catchup;
mod dashjs;
mod dynamic;
mod dynamic_dash;
mod elastic;
mod estimator;
mod fast_switching;
mod festive;
mod film;
mod harmonic;
mod hls;
mod hyb;
mod insufficient;
mod l2a;
mod lolp;
mod measure;
mod media3;
mod mpc;
mod named;
mod panda;
mod params;
mod quetra;
mod rb;
mod reason;
mod shaka;
mod throughput;
mod view;

pub use bola::{Bola, BolaBasic, Rise};
pub use bola_enhanced::BolaEnhanced;
pub use catchup::CatchUp;
pub use dynamic::Dynamic;
pub use dynamic_dash::DynamicDash;
pub use estimator::{Sample, ThroughputEstimator};
pub use fast_switching::{FastSwitching, Side};
pub use film::{Film, Nominal, Table, TableError};
pub use named::{Entry, by_name, names, parse, rules};
pub use params::{Params, SpecError};
pub use reason::Reason;
pub use throughput::Throughput;
pub use view::{Arrival, Decision, Live, Outlook, Progress, Rule, Rung, Source, View};

#[cfg(test)]
mod laws;
#[cfg(test)]
mod testing;
