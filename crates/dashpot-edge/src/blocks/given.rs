//! A response that has been asked for already.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use dashpot_cache::Times;

use crate::upstream::Arriving;

/// A response to a request for a part that turned out to be one to a request for the whole. All
/// who waited for it hold it; the flight that one of them begins takes it.
#[derive(Clone, Debug)]
pub(crate) struct Given(Arc<Mutex<Option<(Arriving, Times, Duration)>>>);

impl Given {
    pub(crate) fn new(response: Arriving, times: Times, took: Duration) -> Self {
        Self(Arc::new(Mutex::new(Some((response, times, took)))))
    }

    /// Returns the response to whoever asks first.
    pub(crate) fn take(&self) -> Option<(Arriving, Times, Duration)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
