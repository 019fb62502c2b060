//! HTTP Live Streaming playlists (RFC 8216bis) from values to text.
//!
//! [`Multivariant`] names what there is to choose from, [`Playlist`] lists the segments of one
//! rendition, with partial segments and delta updates where latency is to be low. What a tag means
//! stands with its field; no tag is written that no field asks for.

mod multivariant;
mod playlist;
mod text;

pub use multivariant::{KeyFrames, Multivariant, Rendition, RenditionKind, Steering, Variant};
pub use playlist::{ByteRange, Hint, Kind, Map, Part, Playlist, Report, Segment, ServerControl};
