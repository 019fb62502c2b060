//! The disk tier: what was asked for twice outlives memory, and the process.
//!
//! Look-ups are synchronous, in an index in memory; files are read on tokio's blocking threads, as
//! many as there are permits, and written by one thread of the tier's own, behind a queue that
//! drops what it cannot take. Each block of a body is compared with its checksum before its first
//! byte leaves. What is not right is as if it were not there.

mod body;
mod counters;
mod dir;
#[cfg(test)]
mod faults;
mod groups;
mod index;
mod on_disk;
mod parts;
mod pause;
mod reclaim;
mod record;
mod scan;
mod tier;
mod writer;

pub(crate) use body::{DiskBody, ReadFailed};
pub(crate) use counters::{Counters, DiskReport};
pub(crate) use on_disk::{Loaded, OnDisk};
pub(crate) use reclaim::Content;
pub(crate) use record::{BLOCK_BYTES, VariantOf};
pub(crate) use tier::Disk;

#[cfg(test)]
mod tests;
