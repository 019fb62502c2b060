//! The operator's listener: purge, prefill, reload.

use std::{net::SocketAddr, path::PathBuf};

use ipnet::IpNet;
use serde::Serialize;

/// The operator's listener: purge, prefill, reload.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Admin {
    /// The address of the operator's listener; `None`: there is none.
    pub listen: Option<SocketAddr>,
    /// The file with the token that the operator shows; needed unless `listen` is on the loopback.
    pub token_file: Option<PathBuf>,
    /// The file that purges are kept in, so that they count after a restart; `None` where nothing
    /// that is stored outlives the process.
    pub purge_log: Option<PathBuf>,
    /// Who may send `PURGE` to the clients' listener.
    pub purge_from: Vec<IpNet>,
    /// Whether clients see `Surrogate-Key`, `Cache-Tag` and `xkey`.
    pub keep_tags: bool,
    /// The configuration as its owner shows it, without secrets.
    pub shown: Vec<Setting>,
}

/// One setting, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// The flag's name.
    pub name: String,
    /// The value; `None` where it is not set.
    pub value: Option<String>,
    /// Where it comes from, such as `flag` or `default`.
    pub source: String,
}
