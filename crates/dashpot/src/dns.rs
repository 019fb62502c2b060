//! `dashpot dns`: name servers and resolvers.

mod reach;
mod resolve;
mod resolver;
mod serve;

use crate::{ExitStatus, cli};
use anyhow::Context as _;
use clap::Subcommand;
use dashpot_dns::{Key, proto::rr::Name};
use std::path::PathBuf;

/// What may be typed after `dashpot dns`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answer for zones: an authoritative name server
    Serve(serve::Args),
    /// Answer for everybody's names: a resolver, which walks from the root or asks other resolvers
    Resolver(Box<resolver::Args>),
    /// Find what a name leads to and show the walk: every server, referral and look into a cache
    Resolve(Box<resolve::Args>),
    /// Make a key that signs a zone's answers, and print what the zone above needs of it
    Keygen(KeygenArgs),
}

/// What may be typed after `dashpot dns keygen`.
#[derive(Debug, clap::Args)]
struct KeygenArgs {
    /// Zone, such as example.com
    zone: Name,
    /// File for the private key in PEM; one that is there is kept, and its records printed
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// Where it could not run.
pub(crate) async fn run(args: Args) -> anyhow::Result<ExitStatus> {
    match args.command {
        Command::Serve(args) => serve::run(args).await,
        Command::Resolver(args) => resolver::run(*args).await,
        Command::Resolve(args) => resolve::run(*args).await,
        Command::Keygen(args) => keygen(&args),
    }
}

fn keygen(args: &KeygenArgs) -> anyhow::Result<ExitStatus> {
    let zone = absolute(args.zone.clone());
    let path = args.out.display();
    let pem = match std::fs::read(&args.out) {
        Ok(pem) => pem,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let pem = Key::generate()?;
            write_secret(&args.out, pem.as_bytes())
                .with_context(|| format!("cannot write `{path}`"))?;
            pem.into_bytes()
        }
        Err(error) => return Err(error).with_context(|| format!("cannot read `{path}`")),
    };
    let key = Key::from_pem(&zone, &pem).with_context(|| format!("cannot use `{path}`"))?;
    cli::print(&format!("{}\n{}", key.ds()?, key.dnskey()));
    Ok(ExitStatus::Done)
}

/// Writes a file that is not there yet, for its owner alone.
pub(crate) fn write_secret(path: &std::path::Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(bytes)
}

/// Returns a name as it stands below the root.
pub(crate) fn absolute(mut name: Name) -> Name {
    name.set_fqdn(true);
    name
}
