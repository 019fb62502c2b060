//! MPEG-DASH media presentation descriptions as values, and the timeline they describe.
//!
//! [`parse()`] reads an MPD into public-field structs and keeps what it does not know;
//! [`Mpd::write`] puts it back in the order the schema asks for. [`timeline`] answers which
//! segments there are, when each plays and where it is.
//!
//! Layer 1: no clock, no I/O.

mod error;
mod model;
mod order;
mod parse;
pub mod patch;
mod record;
mod remote;
mod rewrite;
pub mod time;
pub mod timeline;
mod value;
mod xml;

pub use error::{ParseError, Warning};
pub use model::{
    AdaptationSet, BaseUrl, Descriptor, Event, EventStream, Initialization, Label, Location, Mpd,
    PatchLocation, Period, ProgramInformation, Representation, RepresentationIndex, S, SegmentBase,
    SegmentList, SegmentTemplate, SegmentTimeline, SegmentUrl, Text,
};
pub use parse::parse;
pub use remote::remote_periods;
pub use rewrite::strip_url_prefixes;
pub use value::{ByteRange, PresentationType};
pub use xml::{Element, Node};
