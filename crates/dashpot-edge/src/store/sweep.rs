//! Purges, as the memory tier carries them out.

use std::sync::Arc;

use dashpot_cache::{Key, Mode, Purge, Purged, Scope};
use moka::ops::compute::Op;

use super::{Slot, Store};
use crate::{
    object::{Object, StoredBody},
    purging::PurgeLogError,
};

/// What a purge has done.
#[derive(Debug)]
pub(crate) struct Swept {
    pub(crate) epoch: u64,
    /// Responses that it concerned: those in memory, and those on the disk only where they can be
    /// told by their key.
    pub(crate) objects: u64,
    /// Whether it will count after a restart, where there is a log.
    pub(crate) kept: Result<(), PurgeLogError>,
}

impl Store {
    /// Makes a purge and frees what it makes unreachable.
    ///
    /// Goes through the whole tier and writes to disk: not for a thread that serves.
    pub(crate) fn purge(&self, purge: Purge) -> Swept {
        let (scope, mode) = (purge.scope.clone(), purge.mode);
        let (epoch, kept) = match self.purging.add(purge) {
            Ok(epoch) => (epoch, Ok(())),
            Err(error) => (self.purging.epoch(), Err(error)),
        };
        let on_disk = self.disk.as_ref().filter(|_| matches!(scope, Scope::Url(_) | Scope::All));
        let mut objects = match (on_disk, &scope) {
            (Some(disk), Scope::Url(url)) => disk.responses_of(url),
            (Some(disk), _) => disk.responses(),
            (None, _) => 0,
        };
        for (key, slot) in &self.slots {
            let (tags, since) = match &slot {
                Slot::Object(object) => (&object.head.tags, object.epoch()),
                Slot::Parts(parts) => (&parts.head.tags, parts.epoch),
                // Out of reach once what they belong to is gone, and then the first to leave.
                Slot::Vary(_) | Slot::Block(_) => continue,
            };
            if scope.includes(key.primary(), tags) && since < epoch {
                let is_counted = on_disk.is_some_and(|disk| disk.has(&key));
                objects += u64::from(!is_counted);
                if mode == Mode::Hard {
                    self.slots.invalidate(&*key);
                }
            }
        }
        if let (Some(disk), Scope::Url(url), Mode::Hard) = (&self.disk, &scope, mode) {
            disk.remove_text(url);
        }
        if let (Scope::All, Mode::Hard) = (scope, mode) {
            self.unshareable.invalidate_all();
        }
        self.resting.invalidate_all();
        Swept { epoch, objects, kept }
    }

    /// Returns `object`, which is in the slot `slot` of the resource `primary`, as the purges
    /// since its fetch leave it.
    pub(super) fn unpurged(
        &self,
        primary: &Key,
        slot: &Key,
        object: Arc<Object>,
    ) -> Option<Arc<Object>> {
        let epoch = self.purging.epoch();
        if object.epoch() == epoch {
            return Some(object);
        }
        match self.purging.check(primary, &object.head.tags, object.epoch()) {
            Purged::No => {
                object.outlived(epoch);
                Some(object)
            }
            Purged::Hard => None,
            Purged::Soft(at) => {
                let head = Arc::new(object.head.stale_since(at));
                let stale = Arc::new(object.with_head(head, epoch));
                self.replace(slot, &object, &stale);
                Some(stale)
            }
        }
    }

    /// Returns `object`, which was read from the disk for the resource `primary`, as the purges
    /// since its fetch leave it; what is purged leaves the disk.
    pub(crate) fn unpurged_on_disk(
        &self,
        primary: &Key,
        object: Arc<Object>,
    ) -> Option<Arc<Object>> {
        let epoch = self.purging.epoch();
        match self.purging.check(primary, &object.head.tags, object.epoch()) {
            Purged::No => {
                object.outlived(epoch);
                Some(object)
            }
            Purged::Hard => {
                if let (Some(disk), StoredBody::Disk(body)) = (self.disk(), &object.body) {
                    disk.remove_body(body);
                }
                None
            }
            Purged::Soft(at) => {
                Some(Arc::new(object.with_head(Arc::new(object.head.stale_since(at)), epoch)))
            }
        }
    }

    /// Puts `by` where `held` still is.
    fn replace(&self, slot: &Key, held: &Arc<Object>, by: &Arc<Object>) {
        self.slots.entry_by_ref(slot).and_compute_with(|entry| {
            match entry.map(|e| e.into_value()) {
                Some(Slot::Object(object)) if Arc::ptr_eq(&object, held) => {
                    Op::Put(Slot::Object(Arc::clone(by)))
                }
                Some(Slot::Object(_) | Slot::Vary(_) | Slot::Parts(_) | Slot::Block(_)) | None => {
                    Op::Nop
                }
            }
        });
    }
}
