//! Links that the program around the edge opens for viewers of its own.

use std::sync::Arc;

use dashpot_net::Trace;

use super::{PREFIX, random_id, viewer::Viewer};
use crate::{Handle, StartError, edge::Edge};

/// A viewer's link, held by the program that the edge runs in; dropped, it is no more.
#[derive(Debug)]
pub struct ViewerLink {
    edge: Arc<Edge>,
    viewer: Arc<Viewer>,
    id: String,
}

impl ViewerLink {
    /// Returns the viewer's id, which nobody guesses.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns what the paths of requests over this link begin with.
    #[must_use]
    pub fn prefix(&self) -> String {
        format!("{PREFIX}{}", self.id)
    }

    /// Has the link carry what `trace` says, which begins at this moment.
    pub fn follow(&self, trace: Trace) {
        self.viewer.follow(self.edge.clock.mono(), trace);
    }
}

impl Drop for ViewerLink {
    fn drop(&mut self) {
        self.edge.viewers.iter().for_each(|viewers| {
            viewers.remove(&self.id);
        });
    }
}

impl Handle {
    /// Opens a link for one more viewer, without limits at first; `None` where the edge has no lab.
    ///
    /// # Errors
    /// Where the system has no randomness for its id.
    pub fn open_link(&self) -> Result<Option<ViewerLink>, StartError> {
        let edge = self.edge();
        let Some(viewers) = &edge.viewers else { return Ok(None) };
        let id = random_id()?;
        let viewer = viewers.insert(id.clone(), edge.clock.mono());
        Ok(Some(ViewerLink { edge, viewer, id }))
    }
}
