//! What is stored for a resource, for its operator.

use std::collections::BTreeMap;

use dashpot_cache::{Key, Purged, block_of};

use super::{Slot, Store};
use crate::{blocks::Parts, disk::Content};

/// A stored response, as it is found without being asked for.
#[derive(Debug)]
pub(crate) struct Held {
    /// The values that select it; empty where it is the resource's only one.
    pub(crate) selected_by: String,
    pub(crate) content: Content,
    pub(crate) purged: Purged,
    pub(crate) tiers: Vec<&'static str>,
}

impl Store {
    /// Returns what memory holds for the resource `primary`; goes through all of the tier where
    /// the resource has variants.
    pub(crate) fn held(&self, primary: &Key) -> Vec<Held> {
        let held = |selected_by: &str, slot: Slot| match slot {
            Slot::Object(object) => {
                Some(self.held_as(primary, selected_by, Content::Whole(object), "memory"))
            }
            Slot::Parts(parts) => {
                Some(self.held_as(primary, selected_by, Content::Parts(parts), "memory"))
            }
            Slot::Vary(_) | Slot::Block(_) => None,
        };
        let Some(Slot::Vary(selector)) = self.slots.get(primary) else {
            return self.slots.get(primary).and_then(|slot| held("", slot)).into_iter().collect();
        };
        let begin = format!("{primary}\n{}\n", selector.epoch);
        let of_this = self.slots.iter().filter_map(|(key, slot)| {
            let selected_by = key.as_str().strip_prefix(&begin)?;
            held(selected_by, slot)
        });
        let mut variants: Vec<_> = of_this.collect();
        variants.sort_by(|a, b| a.selected_by.cmp(&b.selected_by));
        variants
    }

    pub(super) fn held_as(
        &self,
        primary: &Key,
        selected_by: &str,
        content: Content,
        tier: &'static str,
    ) -> Held {
        let purged = self.purging.check(primary, &content.head().tags, content.epoch());
        Held { selected_by: selected_by.to_owned(), content, purged, tiers: vec![tier] }
    }

    /// Returns how many bytes of `parts` of the resource `primary` are stored; goes through all of
    /// the memory tier.
    pub(crate) fn present(&self, primary: &Key, parts: &Parts) -> u64 {
        let begin = format!("{primary}\n\n{}\n", parts.id);
        let on_disk = self.disk().map(|disk| disk.extents(parts.id)).unwrap_or_default();
        let in_memory = self.slots.iter().filter_map(|(key, slot)| match slot {
            Slot::Block(block) if key.as_str().starts_with(&begin) => Some(block.extent),
            Slot::Object(_) | Slot::Vary(_) | Slot::Parts(_) | Slot::Block(_) => None,
        });
        // A block is read from memory where both tiers have it.
        let extents = on_disk.into_iter().chain(in_memory);
        let blocks: BTreeMap<_, _> =
            extents.map(|extent| (block_of(extent.first), extent.size())).collect();
        blocks.values().sum()
    }
}
