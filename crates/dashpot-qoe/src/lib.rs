//! How a session went: its log, one line a decision, and the numbers that sum it up.
//!
//! Layer 2. A player says what it decides and what befalls it as [`Record`]s. The same
//! [`Record::line`] writes them in real and in virtual time, and a [`Session`] turns them into a
//! [`Summary`] without reading the lines again.

mod hits;
mod live;
mod metric;
mod reaction;
mod record;
mod session;
mod similarity;
pub mod stats;
mod summary;
mod track;
mod units;

pub use dashpot_base::{ChunkQoe, Quality};
pub use metric::{Better, Measures, Metric};
pub use reaction::{Step, reaction};
pub use record::{Abandoned, Event, Hold, Media, NextTry, Record, SeekKind};
pub use session::{Phase, Session};
pub use similarity::{similarity, ssim_db};
pub use summary::{RungShare, Summary};
pub use track::{Piece, Tracker};
