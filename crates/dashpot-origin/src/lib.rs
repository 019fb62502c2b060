//! The origin server: the packager over HTTP, with media read by ranges.
//!
//! A folder of fragmented files is scanned once, at the start; after a change the server is to be
//! started again. A file that changes while it is served makes requests fail, but for what is in
//! memory of it, rather than mix two versions. Everything served is in the catalogue of that scan: no path of a request ever becomes
//! a path of a file.

mod admin;
mod blocks;
mod cmsd;
mod coding;
mod config;
mod contribution;
mod drm;
mod faults;
mod freshness;
mod livesim2;
mod located;
mod media;
mod pages;
mod recent;
mod reply;
mod scan;
mod server;
mod sessions;
mod steering;
mod store;
mod time;

pub use config::{
    Config, ContributionConfig, DataConfig, DrmConfig, FaultsConfig, PollConfig, StartError,
    SteeringConfig,
};
pub use dashpot_packager::{Alias, AliasError, Pathway, PathwayError, server_url};
pub use drm::DrmError;
pub use faults::FaultsError;
pub use scan::SkipError;
pub use server::{RunError, Server, bind};
pub use sessions::CmcdLogError;
pub use store::ReadError;
