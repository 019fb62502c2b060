//! Sessions in virtual time: the player, the link and nothing of its own but a queue of events.
//!
//! Layer 5. There is no policy in here: [`run()`] carries what the player asks for to a [`Wire`],
//! and back what comes over it, at whatever time either of them names. Time is whole nanoseconds,
//! no body is ever made, and the same inputs give the same records.

pub mod input;
pub mod lab;
mod making;
mod nominal;
pub mod oracle;
mod run;
pub mod sweep;
mod upstream;
mod wire;

pub use making::Making;
pub use nominal::Nominal;
pub use run::{End, Run, Session, run, run_with};
pub use upstream::Way;
pub use wire::{Content, Wire, WireInput};
