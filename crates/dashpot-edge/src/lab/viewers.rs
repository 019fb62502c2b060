//! The table of viewers.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use dashpot_base::MonoTime;

use super::Viewer;

/// Viewers at a time: a lecture hall. Each costs a few hundred bytes, but anyone may make them.
const VIEWERS_MAX: usize = 256;

/// The viewers, by id.
#[derive(Debug, Default)]
pub(crate) struct Viewers {
    table: Mutex<BTreeMap<String, Entry>>,
}

#[derive(Debug)]
struct Entry {
    viewer: Arc<Viewer>,
    used_at: MonoTime,
}

impl Viewers {
    /// Adds a viewer with an open link and returns it; the one that has been idle longest makes room.
    pub(super) fn insert(&self, id: String, now: MonoTime) -> Arc<Viewer> {
        let mut table = self.lock();
        if VIEWERS_MAX <= table.len() {
            // Those with responses under way are the last to go.
            let idlest = table
                .iter()
                .min_by_key(|(_, entry)| (entry.viewer.is_busy(), entry.used_at))
                .map(|(id, _)| id.clone());
            idlest.and_then(|id| table.remove(&id));
        }
        let viewer = Arc::<Viewer>::default();
        table.insert(id, Entry { viewer: Arc::clone(&viewer), used_at: now });
        viewer
    }

    pub(super) fn find(&self, id: &str, now: MonoTime) -> Option<Arc<Viewer>> {
        let mut table = self.lock();
        let entry = table.get_mut(id)?;
        entry.used_at = now;
        Some(Arc::clone(&entry.viewer))
    }

    /// Removes a viewer; responses under way end on its link. Returns whether it was there.
    pub(super) fn remove(&self, id: &str) -> bool {
        self.lock().remove(id).is_some()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Entry>> {
        // The table is whole between any two statements that can panic.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_viewer_that_was_idle_longest_makes_room() {
        let viewers = Viewers::default();
        let at = MonoTime::from_nanos;
        for index in 0..VIEWERS_MAX {
            drop(viewers.insert(format!("{index}"), at(u64::try_from(index).unwrap())));
        }
        assert!(viewers.find("0", at(1_000)).is_some());
        drop(viewers.insert("new".to_owned(), at(1_001)));
        assert!(viewers.find("0", at(1_002)).is_some());
        assert!(viewers.find("1", at(1_003)).is_none());
        assert!(viewers.find("new", at(1_004)).is_some());
        assert!(viewers.remove("new"));
        assert!(!viewers.remove("new"));
    }
}
