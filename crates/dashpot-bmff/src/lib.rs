//! ISO base media file format boxes over `Bytes`: walk them, patch them in place, build them.
//!
//! Layer 1. Every input is taken to be hostile: sizes are checked against the bytes that are really
//! there, nesting is bounded, and no count from a file sizes an allocation by itself.
//!
//! * [`boxes`] walks boxes and says path and byte offset of what is wrong.
//! * [`parse_init`] reads a movie header: tracks, codec strings, languages, edit lists.
//! * [`parse_sidx`], [`build_sidx`] and [`parse_moof`] read and write what indexes and describes fragments.
//! * [`placed`] and [`build_cut`] take a fragment apart and make others of its samples.
//! * [`protect_init`] and [`build_guarded_cut`] tell of common encryption.
//! * [`retime()`] moves a fragment in time by patching a copy of its small head.
//! * [`build_text_init`] and [`build_wvtt_sample`] make text tracks.
//! * [`Scanner`] finds the boxes of a file by ranges, without holding the file.
//! * [`mux`] reads samples of any MP4 and writes CMAF track files.

mod build;
mod channels;
mod codec;
mod cut;
mod emsg;
mod error;
mod fields;
mod fragment;
mod init;
mod language;
pub mod mux;
mod path;
mod protect;
mod retime;
mod scan;
mod sidx;
mod stsd;
mod text;
mod walk;

pub use cut::{Cut, Placed, Samples, build_cut, build_prft, build_styp, placed};
pub use emsg::{Emsg, EventTime, build_emsg};
pub use error::BmffError;
pub use fragment::{Fragment, Moof, Run, RunSample, parse_moof};
pub use init::{Edit, Handler, Init, SampleDefaults, Track, parse_init};
pub use language::shortest_language;
pub use path::{BoxPath, FourCc};
pub use protect::{
    Guard, Guarded, Protection, SUBSAMPLES_MAX, Scheme, Subsample, SystemHeader, build_guarded_cut,
    build_pssh, protect_init,
};
pub use retime::retime;
pub use scan::{Scanner, TopBox};
pub use sidx::{Reference, Sidx, build_sidx, parse_sidx, sidx_len};
pub use text::{TEXT_FLAGS, TextEntry, WvttCue, build_text_init, build_wvtt_sample};
pub use walk::{Boxes, Header, Mp4Box, boxes, boxes_from};

#[cfg(test)]
mod tests;
