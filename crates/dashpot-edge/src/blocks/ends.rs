//! What becomes of the parts there are when a fetch has brought no part.

use std::sync::Arc;

use dashpot_cache::{Key, Purged, ResponseHead, Tags, Times};
use http::StatusCode;

use super::{
    fetch::{Fetching, Outcome, Purpose},
    given::Given,
    parts::{Block, Parts},
};
use crate::{object::Object, store::Store, upstream::NoResponse};

impl Fetching {
    pub(super) fn validated(&self, told: &ResponseHead, times: Times) {
        let Purpose::Validation(parts) = &self.fetch.purpose else { return };
        let Some(head) = parts.head.refreshed(
            &self.fetch.wanted.request,
            &told.headers,
            times,
            &self.edge.rules,
        ) else {
            // RFC 9111 §4.3.4: a 304 for another representation updates nothing.
            return self.changed(parts);
        };
        let parts = Arc::new(parts.under(head, self.epoch));
        self.keep(Arc::clone(&parts));
        self.fetch.tell(Outcome::Validated(parts));
    }

    /// Stores `parts`, unless a purge or an unsafe request has made them obsolete since this fetch
    /// began: what has taken their place is newer.
    pub(super) fn keep(&self, parts: Arc<Parts>) {
        let wanted = &self.fetch.wanted;
        let head = Arc::clone(&parts.head);
        self.unless_obsolete(&head.tags, |store| {
            store.insert_parts(wanted.primary.clone(), &wanted.request, parts);
        });
    }

    /// Stores the whole as `object`, under the same condition.
    pub(super) fn keep_whole(&self, object: Object) {
        let wanted = &self.fetch.wanted;
        let head = Arc::clone(&object.head);
        self.unless_obsolete(&head.tags, |store| {
            store.insert(wanted.primary.clone(), &wanted.request, object.into());
        });
    }

    /// Stores a block of `parts`, under the same condition: what stays without its head could not
    /// be found, and would take room.
    pub(super) fn keep_block(&self, key: Key, parts: &Parts, block: Arc<Block>) {
        let wanted = &self.fetch.wanted;
        let insert = |store: &Store| store.insert_block(key, wanted, parts, block);
        self.unless_obsolete(&parts.head.tags, insert);
    }

    fn unless_obsolete(&self, tags: &Tags, insert: impl FnOnce(&Store)) {
        let (store, primary) = (&self.edge.store, &self.fetch.wanted.primary);
        let is_invalidated = || store.purging.is_invalidated(primary, self.invalidations);
        if store.purging.check(primary, tags, self.epoch) == Purged::Hard || is_invalidated() {
            return;
        }
        insert(store);
        // An unsafe request that was answered meanwhile has removed what was there before.
        if is_invalidated() {
            store.remove(primary);
        }
    }

    pub(super) fn ordinary(&self, given: Given, status: StatusCode) {
        let edge = &self.edge;
        if let Purpose::Validation(parts) = &self.fetch.purpose {
            // RFC 5861 §4.
            let is_error = matches!(status.as_u16(), 500 | 502..=504);
            if is_error && parts.head.covers_errors(edge.clock.wall()) {
                edge.store.let_rest(self.fetch.wanted.key.clone());
                return self.fetch.tell(Outcome::Stale(Arc::clone(parts)));
            }
        }
        // An error of the moment says nothing of the representation.
        if matches!(status.as_u16(), 200 | 404 | 410) {
            self.drop_parts();
        }
        self.fetch.tell(Outcome::Ordinary(given));
    }

    pub(super) fn failed(&self, failed: NoResponse) {
        self.edge.stats.upstream_errors.inc();
        if let Purpose::Validation(parts) = &self.fetch.purpose {
            self.edge.store.let_rest(self.fetch.wanted.key.clone());
            if parts.head.covers_failure(self.edge.clock.wall()) {
                return self.fetch.tell(Outcome::Stale(Arc::clone(parts)));
            }
        }
        self.fetch.tell(Outcome::Failed(failed));
    }

    pub(super) fn changed(&self, parts: &Parts) {
        self.forget(parts);
        self.fetch.tell(Outcome::Changed);
    }

    /// Forgets what this fetch was to add to.
    pub(super) fn drop_parts(&self) {
        match &self.fetch.purpose {
            Purpose::First => {}
            Purpose::More(parts) | Purpose::Validation(parts) => self.forget(parts),
        }
    }

    /// Forgets `parts`, unless others have taken their place already.
    pub(super) fn forget(&self, parts: &Parts) {
        let (store, wanted) = (&self.edge.store, &self.fetch.wanted);
        store.remove_parts(&wanted.primary, &wanted.request, parts.id);
    }
}
