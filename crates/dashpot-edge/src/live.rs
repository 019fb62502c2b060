//! The edge that serves now, and how another takes its place.

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use tracing::info;

use crate::{
    Config, StartError,
    edge::Edge,
    server::{check, configure},
};

/// Changes a running edge; clones speak of the same one.
///
/// A reload makes a new edge around the store, the flights and the counters of the old one. No
/// connection is closed: each request is answered by whatever edge there is when it comes, and what
/// is under way ends as it began.
#[derive(Clone, Debug)]
pub struct Handle(Arc<Live>);

#[derive(Debug)]
struct Live {
    edge: ArcSwap<Edge>,
    /// Locked for the whole of a reload, so that two do not mix.
    config: Mutex<Config>,
}

impl Handle {
    pub(crate) fn new(edge: Edge, config: Config) -> Self {
        Self(Arc::new(Live { edge: ArcSwap::from_pointee(edge), config: config.into() }))
    }

    /// Returns the edge that serves now.
    pub(crate) fn edge(&self) -> Arc<Edge> {
        self.0.edge.load_full()
    }

    /// Returns the configuration in force.
    #[must_use]
    pub fn config(&self) -> Config {
        self.0.config.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts `config` in force, but for what takes a restart: returns the names of those settings
    /// where they differ, as flags are called; they stay as they were.
    ///
    /// # Errors
    /// Where `config` cannot work; the edge then goes on as before.
    pub fn reload(&self, config: Config) -> Result<Vec<&'static str>, StartError> {
        let mut current = self.0.config.lock().unwrap_or_else(PoisonError::into_inner);
        let (config, kept) = with_fixed_parts(config, &current);
        check(&config)?;
        let edge = configure(&config, Arc::clone(&self.edge().shared))?;
        self.0.edge.store(Arc::new(edge));
        if let Some(tls) = &self.edge().health.tls {
            tls.reload();
        }
        *current = config;
        info!(origin = %current.origin, "edge reloaded");
        Ok(kept)
    }

    /// Opens the access log's file again, once log rotation has moved the old one aside.
    pub fn reopen_logs(&self) {
        self.edge().access_log.reopen();
    }
}

/// Returns `config` with the settings of `current` that only a restart can change, and the names of
/// those that differ.
fn with_fixed_parts(mut config: Config, current: &Config) -> (Config, Vec<&'static str>) {
    let mut kept = Vec::new();
    macro_rules! keep {
        ($($name:literal: $($field:ident).+,)+) => {
            $(if config.$($field).+ != current.$($field).+ {
                kept.push($name);
                config.$($field).+.clone_from(&current.$($field).+);
            })+
        };
    }
    keep! {
        "listen": listen,
        "cache-mem": cache_mem,
        "eviction": eviction,
        "cache-disk": tiers.disk,
        "fills-max": fill.fills_max,
        "tls-listen": tls.listen,
        "tls-cert": tls.certs,
        "tls-key": tls.keys,
        "tls-min": tls.min,
        "http3": tls.http3,
        "lab": lab,
        "admin": admin.listen,
        "admin-token-file": admin.token_file,
        "purge-log": admin.purge_log,
        "access-log": access_log,
        "access-log-format": ops.access_log_format,
        "drain": drain,
        "timeouts, sizes and counts of client connections": front.limits,
        "backlog, send-buffer and tcp-keepalive": front.sockets,
    }
    (config, kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_a_restart_is_named_and_kept() {
        let config = || Config::new("http://o".parse().unwrap(), "127.0.0.1:1".parse().unwrap());
        assert_eq!(with_fixed_parts(config(), &config()).1, Vec::<&str>::new());
        let mut changed = config();
        changed.listen = "127.0.0.1:2".parse().unwrap();
        changed.cache_mem = dashpot_base::ByteSize::from_mib(1);
        changed.origin = "http://p".parse().unwrap();
        let (merged, kept) = with_fixed_parts(changed, &config());
        assert_eq!(kept, ["listen", "cache-mem"]);
        assert_eq!((merged.listen, merged.origin.as_str()), (config().listen, "http://p/"));
    }
}
