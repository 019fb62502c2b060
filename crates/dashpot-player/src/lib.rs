//! The headless player as a state machine: what to fetch next, when, and why.
//!
//! Layer 3. [`Player`] decides everything a session decides: which track, which rung, when to
//! wait, when to play, stall, retry or give up. It sees lengths and times, never bodies; a driver
//! carries its [`Output`]s out and its [`Input`]s in, over sockets or over an event queue, and
//! not a line in here knows which.

mod config;
mod io;
mod lane;
mod meter;
mod player;
mod playhead;
mod slot;
mod soonest;
mod source;
mod tracks;

pub use config::{Config, Live, Log};
pub use io::{DoneReason, Failure, Fetch, Input, Output, Request, Ticket, What};
pub use player::Player;
pub use tracks::Tracks;
