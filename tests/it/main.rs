//! The one integration-test binary of the workspace.

mod layering;
mod tidy;
