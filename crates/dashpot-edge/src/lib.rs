//! The caching edge: `dashpot-cache` on hyper, a memory tier and an HTTP client.
//!
//! Layer 5. A hit is a look-up and a function call; a miss joins its key's flight, whose detached
//! task fetches the body once while every reader follows at its own pace.

mod admin;
mod blocks;
mod body;
mod config;
mod disk;
mod edge;
mod endpoints;
mod errand;
mod exchange;
mod fill;
#[cfg(test)]
mod fixture;
mod flights;
mod from_disk;
mod gate;
mod lab;
mod live;
mod load;
mod meter;
mod naming;
mod object;
mod obsolete;
mod pass;
mod path;
mod posted;
mod prefetch;
mod prefill;
mod proxy;
mod purging;
mod respond;
mod resumption;
mod secure;
mod server;
mod stats;
mod store;
mod unkeyed;
mod upstream;

pub use admin::AdminError;
pub use config::{
    Admin, Behind, Config, Cors, DiskEviction, DiskTier, Eviction, Fill, Front, Keys, Lab, Load,
    Ops, Policy, Prefetch, RunError, S3, Setting, StartError, Tiers, Tls, UpstreamHttp,
};
pub use dashpot_cache::{HostRules, KeyRules, NamePattern, QueryRule};
pub use dashpot_http::{signed_url, throttle::Rate};
pub use dashpot_route::Prefer;
pub use lab::ViewerLink;
pub use live::Handle;
pub use purging::PurgeLogError;
pub use server::{Server, bind};
