//! The one integration-test binary of the workspace.

mod edge;
mod layering;
mod manifests;
mod origin;
mod play;
mod tidy;
mod twin;
