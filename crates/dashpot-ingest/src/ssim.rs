//! How like the film each segment of each rung is.

mod compare;
mod sidecar;

pub(crate) use compare::{Compared, compare};
pub use sidecar::{Ssim, SsimError};
