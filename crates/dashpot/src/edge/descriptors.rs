//! As many file descriptors as the operating system gives.

use tracing::{debug, info};

/// What an edge has open beside its clients' and origins' sockets: logs, disks, listeners.
const OTHERS: u64 = 256;

/// Raises the process's limit of open files, as far as it may, to what `connections_max` clients
/// take with an upstream connection each.
pub(crate) fn raise(connections_max: usize) {
    let wanted = u64::try_from(connections_max).unwrap_or(u64::MAX);
    let wanted = wanted.saturating_mul(2).saturating_add(OTHERS);
    match rlimit::increase_nofile_limit(wanted) {
        Ok(limit) if wanted <= limit => debug!(limit, "open files"),
        Ok(limit) => info!(
            limit,
            wanted, "the limit of open files comes before --connections-max: raise `ulimit -Hn`"
        ),
        Err(error) => info!(%error, "cannot raise the limit of open files"),
    }
}
