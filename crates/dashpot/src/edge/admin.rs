//! Flags of `dashpot edge`: the operator's listener: purge, prefill, reload.

use super::parse;
use crate::{cli, config::InForce};
use dashpot_edge::{Admin, Setting};
use ipnet::IpNet;
use std::{net::SocketAddr, path::PathBuf};

/// The operator's listener: purge, prefill, reload.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Operator")]
pub(super) struct AdminArgs {
    /// Address of the operator's API: purge, prefill, what is stored and why [default: none]
    #[arg(long, value_name = "ADDR", env = "DASHPOT_EDGE_ADMIN", value_parser = parse::addr)]
    admin: Option<SocketAddr>,
    /// File with the token that the operator's API asks for; needed unless --admin is on loopback
    #[arg(long, value_name = "FILE", requires = "admin", env = "DASHPOT_EDGE_ADMIN_TOKEN_FILE")]
    admin_token_file: Option<PathBuf>,
    /// File that purges are kept in across restarts [default: they are forgotten]
    #[arg(long, value_name = "FILE", env = "DASHPOT_EDGE_PURGE_LOG")]
    purge_log: Option<PathBuf>,
    /// Networks whose clients may send PURGE, such as 10.0.0.0/8 [default: none]
    #[arg(long, value_name = "CIDR,...", value_delimiter = ',', env = "DASHPOT_EDGE_PURGE_FROM",
          value_parser = parse::network)]
    purge_from: Vec<IpNet>,
    /// Pass Surrogate-Key, Cache-Tag and xkey on to clients, which are for caches
    #[arg(long, env = "DASHPOT_EDGE_KEEP_TAGS")]
    keep_tags: bool,
}

impl AdminArgs {
    /// Returns what was typed, with what the operator's API shows of all flags.
    pub(super) fn config(self) -> anyhow::Result<Admin> {
        let mut admin = Admin::default();
        admin.shown = cli::in_force_again()?.into_iter().map(setting).collect();
        admin.listen = self.admin;
        admin.token_file = self.admin_token_file;
        admin.purge_log = self.purge_log;
        admin.purge_from = self.purge_from;
        admin.keep_tags = self.keep_tags;
        Ok(admin)
    }
}

/// Returns a flag as the operator's API shows it. Secrets are in files, which are named and not
/// shown; a field for the origin may be one.
fn setting(flag: InForce) -> Setting {
    let value = match flag.values.is_empty() {
        true => None,
        false if flag.name == "origin-header" => Some("(not shown)".to_owned()),
        false => Some(flag.values.join(",")),
    };
    Setting { name: flag.name, value, source: flag.source.to_owned() }
}
