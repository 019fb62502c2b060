//! The operator's listener: purge, prefill, reload.

use std::{net::SocketAddr, path::PathBuf};

use ipnet::IpNet;

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
    pub shown: String,
}
