//! Other people's simulators, as environments of their own for the rules of `dashpot-abr`.
//!
//! They compute in `f64` as the originals do, so that published sessions come out to the last
//! digit. Nothing of the player is in them: what is served is simulated elsewhere.

mod log;
pub mod pensieve;
pub mod sabre;

pub use log::{Recorder, Step};
