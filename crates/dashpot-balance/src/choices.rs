//! The last choices, for whoever asks why a connection went where it went.

use dashpot_route::{Choice, Failure};
use serde::Serialize;
use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

/// Where a connection or a flow went, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Record {
    /// When, in milliseconds since the balancer began.
    pub t_ms: u64,
    /// What made the choice.
    pub node: &'static str,
    /// `connection`, or `flow` for datagrams.
    pub kind: &'static str,
    /// The client, as far as it is known.
    pub client: SocketAddr,
    /// The address that it sent to.
    pub to: SocketAddr,
    /// Whom it was given to; none where nobody was fit.
    pub backend: Option<String>,
    /// How that failed, if it did.
    pub failure: Option<Failure>,
    /// Who had been tried before, and failed.
    pub tried: Vec<String>,
    /// How long the connection to it took to be made, or not to be.
    pub connect_us: Option<u64>,
    /// The choice that this came from; none where nobody was fit at all.
    pub choice: Option<Choice>,
}

/// The last records, the oldest first.
#[derive(Debug)]
pub(crate) struct Choices {
    max: usize,
    kept: Mutex<VecDeque<Arc<Record>>>,
}

impl Choices {
    pub(crate) fn new(max: usize) -> Self {
        Self { max, kept: Mutex::default() }
    }

    /// Returns whether records are kept, and so worth making.
    pub(crate) const fn is_on(&self) -> bool {
        self.max != 0
    }

    pub(crate) fn note(&self, record: Record) {
        // A line for whoever has the log tell everything.
        if tracing::enabled!(tracing::Level::DEBUG) {
            let line = serde_json::to_string(&record).unwrap_or_default();
            tracing::debug!(%line, "choice");
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == self.max {
            kept.pop_front();
        }
        kept.push_back(Arc::new(record));
    }

    /// Returns the records of a client, or of all, the newest first.
    pub(crate) fn of(&self, client: Option<SocketAddr>) -> Vec<Arc<Record>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = |record: &&Arc<Record>| client.is_none_or(|client| record.client == client);
        kept.iter().rev().filter(wanted).cloned().collect()
    }
}
