//! The tiers behind the memory tier, and who leaves and enters each.

/// The tiers behind the memory tier, and who leaves and enters each.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Tiers {}
