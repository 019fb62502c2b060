//! From a catalogue of fragmented files and a path to the plan of a reply: pure functions.
//!
//! The packager decides which bytes answer a path: text it writes itself (manifests, looped
//! subtitles), heads it patches, and ranges of files that the driver reads. It does no I/O, and
//! media data never passes through it.

mod address;
mod ads;
mod bases;
mod catalogue;
pub mod channel;
mod check;
mod events;
pub mod grammar;
mod hls;
mod initset;
pub mod live;
mod livesim2;
mod located;
mod manifest;
mod only;
mod options;
mod plan;
mod protect;
mod query;
mod respond;
mod steering;
mod subtitles;
mod text;
mod thumbs;
mod timeline;
mod trick;
mod xlink;

#[cfg(test)]
mod fixture;

pub use address::{Address, AddressError, Form, Target, is_name};
pub use bases::Bases;
pub use catalogue::{
    Asset, AssetSource, Catalogue, Fragment, Kind, Role, Sheet, Subtitle, Thumbnails, Track,
};
pub use check::AssetError;
pub use live::{Around, Asked, Due, asked_time, respond_live, respond_live_asked};
pub use livesim2::{Alias, AliasError, livesim2, livesim2_manifests, livesim2_markdown};
pub use located::{Located, located};
pub use manifest::manifest;
pub use options::{OptionError, Shape};
pub use plan::{Part, Parts, Plan};
pub use protect::{Drm, Piece, Protector, SealError, Sealed, System};
pub use query::permitted;
pub use respond::{Body, Cacheability, Found, Refused, respond, respond_in};
pub use steering::{
    Pathway, PathwayError, Pathways, Steered, leads_to_pathways, server_url, steering_folder,
};
pub use timeline::{Segment, Timeline};
