//! What an HTTP message means: ranges, validators, caching directives, Age, Vary, Via,
//! Cache-Status, Server-Timing, CORS and CMCD.
//!
//! Layer 1: pure. Nothing here fails on what a peer sends: what cannot be read is `None`, and the
//! RFC's rule for unreadable values applies.

pub mod cache_control;
pub mod date;
pub mod etag;
mod list;
pub mod precondition;
pub mod range;

pub use list::members;
