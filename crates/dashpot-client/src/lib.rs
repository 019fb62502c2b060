//! The player over real HTTP: one session, in real time, on tokio.
//!
//! Layer 5. [`play()`] fetches the MPD and plays it without showing anything: segments are fetched,
//! counted and dropped. [`drive()`] is the loop below it, the same over any [`Transport`], which
//! lets a test put the simulator's link in place of sockets.
//!
//! All transfers of a session share one [`Link`](dashpot_net::Link): with a trace it shapes them
//! as an access line would, without one it lets them pass.

mod clock;
mod drive;
mod error;
mod fetch;
mod http;
mod meaning;
mod media;
mod play;
mod server_time;

pub use clock::Clock;
pub use drive::{Driven, Plan, Snapshot, Transport, drive};
pub use error::{FetchError, PlayError};
pub use media::MediaError;
pub use play::{CmcdMode, Config, Outcome, play};
