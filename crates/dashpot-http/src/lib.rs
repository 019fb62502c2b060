//! What an HTTP message means: ranges, validators, caching directives, Age, Vary, Via,
//! Cache-Status, Server-Timing, CORS and CMCD.
//!
//! Layer 1: pure. Nothing here fails on what a peer sends: what cannot be read is `None`, and the
//! RFC's rule for unreadable values applies.

pub mod age;
pub mod cache_control;
pub mod cache_status;
pub mod cdn_loop;
pub mod cmcd;
pub mod cmsd;
pub mod cors;
pub mod date;
pub mod dictionary;
pub mod etag;
pub mod framing;
mod list;
pub mod nearest;
pub mod precondition;
pub mod proxy_protocol;
pub mod range;
pub mod server_timing;
pub mod signed_url;
mod structured;
pub mod throttle;
pub mod vary;
pub mod via;

pub use list::members;
