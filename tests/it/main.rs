//! The one integration-test binary of the workspace.

mod abr_guide;
mod balance;
mod bench_browser;
mod bench_command;
mod bench_report;
mod dns;
mod drm;
mod edge;
mod edge_guide;
mod edge_http;
mod help;
mod hls;
mod judges;
mod layering;
mod livesim2;
mod manifests;
mod matrix;
mod origin;
mod play;
mod play_command;
mod policies;
mod sabre;
mod start_errors;
mod steering;
mod tidy;
mod twin;
