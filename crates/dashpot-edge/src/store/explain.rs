//! What is stored for a resource, for its operator.

use std::sync::Arc;

use dashpot_cache::{Key, Purged};

use super::{Slot, Store};
use crate::object::Object;

/// A stored response, as it is found without being asked for.
#[derive(Debug)]
pub(crate) struct Held {
    /// The values that select it; empty where it is the resource's only one.
    pub(crate) selected_by: String,
    pub(crate) object: Arc<Object>,
    pub(crate) purged: Purged,
    pub(crate) tiers: Vec<&'static str>,
}

impl Store {
    /// Returns what memory holds for the resource `primary`; goes through all of the tier where
    /// the resource has variants.
    pub(crate) fn held(&self, primary: &Key) -> Vec<Held> {
        let held = |selected_by: &str, object: Arc<Object>| {
            let purged = self.purging.check(primary, &object.head.tags, object.epoch());
            Held { selected_by: selected_by.to_owned(), object, purged, tiers: vec!["memory"] }
        };
        match self.slots.get(primary) {
            // Of parts there is nothing to show but that they are there.
            None | Some(Slot::Parts(_) | Slot::Block(_)) => Vec::new(),
            Some(Slot::Object(object)) => vec![held("", object)],
            Some(Slot::Vary(selector)) => {
                let begin = format!("{primary}\n{}\n", selector.epoch);
                let of_this = self.slots.iter().filter_map(|(key, slot)| match slot {
                    Slot::Object(object) => Some(held(key.as_str().strip_prefix(&begin)?, object)),
                    Slot::Vary(_) | Slot::Parts(_) | Slot::Block(_) => None,
                });
                let mut variants: Vec<_> = of_this.collect();
                variants.sort_by(|a, b| a.selected_by.cmp(&b.selected_by));
                variants
            }
        }
    }
}
