//! Who leaves a cache when it is full, and who may enter it.
//!
//! Layer 2: bookkeeping over ids and weights. What is cached never enters, nothing here reads a
//! clock, and the same calls give the same answers on every machine, so that a server and a
//! simulation of it evict alike.

mod id;
mod lru;
mod policy;
mod queue;
mod second_hit;
mod sieve;

pub use id::Id;
pub use lru::Lru;
pub use policy::{Entry, Policy};
pub use second_hit::SecondHit;
pub use sieve::Sieve;

#[cfg(test)]
mod laws;
