//! The one integration-test binary of the workspace.

mod edge;
mod layering;
mod manifests;
mod origin;
mod tidy;
mod twin;
