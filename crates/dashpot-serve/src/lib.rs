//! What every server shares: the clock, listeners, the connection loop and its drain, `/health`,
//! `/metrics` and the access log.
//!
//! Layer 4: the lowest that may do I/O. `clock.rs` is the only file that reads a clock.

mod clock;
mod listener;
mod serve;
mod shutdown;

pub use clock::Clock;
pub use hyper_util::service::TowerToHyperService;
pub use listener::{BindError, Listener};
pub use serve::{BoxError, Limits, Options, serve};
pub use shutdown::Shutdown;
