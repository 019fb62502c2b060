//! `dashpot balance`: several servers behind one address.

mod l4;

use crate::ExitStatus;

/// What may be typed after `dashpot balance`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Give TCP connections to backends, without reading what is in them
    L4(Box<l4::Args>),
}

/// Balances until it is interrupted.
///
/// # Errors
/// Where the configuration is none, or an address cannot be listened on.
pub(crate) async fn run(args: Args) -> anyhow::Result<ExitStatus> {
    match args.what {
        What::L4(args) => l4::run(*args).await,
    }
}
