//! What the operator has purged, asked at each look-up.

mod log;

use std::{
    path::Path,
    sync::{
        Mutex, PoisonError, RwLock, RwLockReadGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use dashpot_cache::{Invalidated, Key, Mode, Purge, Purged, Purges, Tags};

use log::PurgeLog;
pub use log::PurgeLogError;

/// What had been purged and invalidated at some moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Since {
    pub(crate) epoch: u64,
    pub(crate) invalidations: u64,
}

/// All purges, shared by everything that stores or fetches.
#[derive(Debug, Default)]
pub(crate) struct Purging {
    /// The epoch of the latest purge, so that a look-up without a later one takes no lock.
    epoch: AtomicU64,
    purges: RwLock<Purges>,
    /// How often an unsafe request has invalidated something, so that a fetch without a later one
    /// takes no lock.
    invalidations: AtomicU64,
    invalidated: Mutex<Invalidated>,
    /// Where they outlive the process.
    log: Mutex<Option<PurgeLog>>,
}

impl Purging {
    /// Makes the purges in the log at `path` again, and writes further ones there. Where there are
    /// responses that outlived a process, `newest` is the latest purge epoch that any of them has
    /// seen.
    pub(crate) fn open(&self, path: &Path, newest: Option<u64>) -> Result<(), PurgeLogError> {
        let (log, purges) = PurgeLog::open(path, newest)?;
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
        self.check_text(key.as_str(), tags, since)
    }

    /// Returns the same for the key of this text, which may be that of a variant or a block.
    pub(crate) fn check_text(&self, key: &str, tags: &Tags, since: u64) -> Purged {
        let primary = key.split('\n').next().unwrap_or(key);
        self.read().check(primary, tags, since)
    }

    /// Returns what a fetch which begins at this moment is to be asked for with
    /// [`Self::is_invalidated`].
    pub(crate) fn invalidations(&self) -> u64 {
        self.invalidations.load(Ordering::Acquire)
    }

    /// Returns this moment, for [`Self::is_obsolete`].
    pub(crate) fn now(&self) -> Since {
        Since { epoch: self.epoch(), invalidations: self.invalidations() }
    }

    /// Returns whether what was asked for under the primary `key` at the moment `since`, and has
    /// `tags`, may be from before a purge or an unsafe request.
    pub(crate) fn is_obsolete(&self, key: &Key, tags: &Tags, since: Since) -> bool {
        self.check(key, tags, since.epoch) != Purged::No
            || self.is_invalidated(key, since.invalidations)
    }

    /// Notes that fetches which have begun may bring what is obsolete under the primary `key`.
    pub(crate) fn invalidate(&self, key: &Key) {
        let mut invalidated = self.invalidated.lock().unwrap_or_else(PoisonError::into_inner);
        let count = invalidated.add(key.clone());
        self.invalidations.store(count, Ordering::Release);
    }

    /// Returns whether what a fetch for the primary `key` brings, which began with `since`, may be
    /// from before an unsafe request changed it (RFC 9111 §4.4).
    pub(crate) fn is_invalidated(&self, key: &Key, since: u64) -> bool {
        if since == self.invalidations() {
            return false;
        }
        let invalidated = self.invalidated.lock().unwrap_or_else(PoisonError::into_inner);
        invalidated.includes(key, since)
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
