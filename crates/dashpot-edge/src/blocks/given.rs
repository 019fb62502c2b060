//! A response that has been asked for already.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use dashpot_cache::{Key, Tags, Times};

use crate::{edge::Edge, purging::Since, upstream::Arriving};

/// A response to a request for a part that turned out to be one to a request for the whole. All
/// who waited for it hold it; the flight that one of them begins takes it.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    response: Arc<Mutex<Option<(Arriving, Times, Duration)>>>,
    /// When it was asked for.
    pub(crate) since: Since,
}

impl Given {
    pub(crate) fn new(response: (Arriving, Times, Duration), since: Since) -> Self {
        Self { response: Arc::new(Mutex::new(Some(response))), since }
    }

    /// Returns whether it may be from before a purge or an unsafe request that concerns what is
    /// under the primary `key`.
    pub(crate) fn is_obsolete(&self, edge: &Edge, key: &Key) -> bool {
        edge.store.purging.is_obsolete(key, &Tags::unknown(), self.since)
    }

    /// Returns the response to whoever asks first.
    pub(crate) fn take(&self) -> Option<(Arriving, Times, Duration)> {
        self.response.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
