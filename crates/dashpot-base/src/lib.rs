//! Units, the clocks, seeded randomness and the one shape of every state machine.
//!
//! Layer 0: imports no other crate of the workspace, reads no clock and does no I/O.

mod chunk_qoe;
mod ewma;
mod machine;
mod packed;
mod parse;
mod rng;
mod span;
mod speed;
mod time;
mod units;

pub use chunk_qoe::{ChunkQoe, Quality};
pub use ewma::Ewma;
pub use machine::Machine;
pub use packed::{Packed, put_bytes, put_size};
pub use parse::{ParseUnitError, parse_duration};
pub use rng::{Rng, Seed};
pub use span::Span;
pub use speed::Speed;
pub use time::{MediaTime, MonoTime, WallTime};
pub use units::{Bitrate, ByteSize};
