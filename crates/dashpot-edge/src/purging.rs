//! What the operator has purged, asked at each look-up.

mod log;

use std::{
    path::Path,
    sync::{
        Mutex, PoisonError, RwLock, RwLockReadGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use dashpot_cache::{Key, Mode, Purge, Purged, Purges, Tags};

use log::PurgeLog;
pub use log::PurgeLogError;

/// All purges, shared by everything that stores or fetches.
#[derive(Debug, Default)]
pub(crate) struct Purging {
    /// The epoch of the latest purge, so that a look-up without a later one takes no lock.
    epoch: AtomicU64,
    purges: RwLock<Purges>,
    /// Where they outlive the process.
    log: Mutex<Option<PurgeLog>>,
}

impl Purging {
    /// Makes the purges in the log at `path` again, and writes further ones there.
    pub(crate) fn open(&self, path: &Path) -> Result<(), PurgeLogError> {
        let (log, purges) = PurgeLog::open(path)?;
        self.epoch.store(purges.epoch(), Ordering::Release);
        *self.purges.write().unwrap_or_else(PoisonError::into_inner) = purges;
        *self.log.lock().unwrap_or_else(PoisonError::into_inner) = Some(log);
        Ok(())
    }

    /// Returns the epoch that a fetch which begins at this moment has.
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// Returns how many rules are looked up.
    pub(crate) fn rules(&self) -> usize {
        self.read().len()
    }

    /// Returns whether what is under the primary `key` has been purged since its fetch began in
    /// the epoch `since`.
    pub(crate) fn check(&self, key: &Key, tags: &Tags, since: u64) -> Purged {
        if since == self.epoch() {
            return Purged::No;
        }
        self.read().check(key.as_str(), tags, since)
    }

    /// Makes a purge, which counts from its return on, and returns its epoch.
    ///
    /// Writes to disk where there is a log: not for a thread that serves.
    ///
    /// # Errors
    /// Where the purge counts, but could not be written and will not count after a restart.
    pub(crate) fn add(&self, purge: Purge) -> Result<u64, PurgeLogError> {
        // Held over both, so that the log has the epochs in their order.
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let epoch = {
            let mut purges = self.purges.write().unwrap_or_else(PoisonError::into_inner);
            let epoch = purges.add(purge.clone());
            // Under the lock: who sees the epoch finds the rule.
            self.epoch.store(epoch, Ordering::Release);
            epoch
        };
        if let Some(log) = log.as_mut() {
            log.append(epoch, &purge)?;
            log.compact_if_long(&self.read())?;
        }
        Ok(epoch)
    }

    fn read(&self) -> RwLockReadGuard<'_, Purges> {
        self.purges.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the word for `mode`.
pub(crate) const fn word(mode: Mode) -> &'static str {
    match mode {
        Mode::Hard => "hard",
        Mode::Soft => "soft",
    }
}
