//! The `dashpot` command: an adaptive-streaming delivery chain in one binary.
//!
//! Layer 6: what is typed becomes a driver's `Config`; results go to stdout, the log to stderr.

mod balance;
mod bench;
mod cli;
mod config;
mod dns;
mod edge;
mod exit;
mod explain;
mod gym;
mod ingest;
mod log;
mod operator;
mod origin;
mod play;
mod prefill;
mod purge;
mod rule;
mod sign;
mod signal;
mod up;

use crate::exit::ExitStatus;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run(std::env::args_os().collect())
        .unwrap_or_else(|error| {
            #[expect(
                clippy::print_stderr,
                reason = "the one place that tells a person why it failed"
            )]
            {
                eprintln!("error: {error:#}");
            }
            ExitStatus::CouldNotRun
        })
        .into()
}
