//! Purges, as the disk tier carries them out: in the background.

use std::{sync::Arc, time::Duration};

use dashpot_cache::{Key, Purged};

use super::{Store, explain::Held};
use crate::edge::Shared;

/// Between two batches of 128 files: some thousand files a second, beside which a disk can serve.
const PAUSE: Duration = Duration::from_millis(50);

/// Gives back the room on the disk of what is purged, unless somebody is at it.
pub(crate) fn reclaim(shared: &Arc<Shared>) {
    let Some(disk) = shared.store.disk() else { return };
    if !disk.begin_reclaiming() {
        return;
    }
    let (shared, disk) = (Arc::clone(shared), Arc::clone(disk));
    tokio::spawn(async move {
        while disk.goes_on_reclaiming() {
            let mut at = None;
            loop {
                let (of, on) = (Arc::clone(&shared), Arc::clone(&disk));
                let next = disk.read(move || {
                    on.reclaim(at, &|key, tags, epoch| {
                        of.store.purging.check_text(key, tags, epoch) == Purged::Hard
                    })
                });
                at = next.await.flatten();
                if at.is_none() {
                    break;
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
    });
}

impl Store {
    /// Returns what memory and disk hold for the resource `primary`.
    pub(crate) async fn held_anywhere(&self, primary: &Key) -> Vec<Held> {
        let mut held = self.held(primary);
        let Some(disk) = self.disk() else { return held };
        let (on, text) = (Arc::clone(disk), primary.as_str().to_owned());
        for shown in disk.read(move || on.shown(&text)).await.unwrap_or_default() {
            let selected_by = shown.key.splitn(3, '\n').nth(2).unwrap_or_default().to_owned();
            if let Some(held) = held.iter_mut().find(|held| held.selected_by == selected_by) {
                held.tiers.push("disk");
                continue;
            }
            held.push(self.held_as(primary, &selected_by, shown.content, "disk"));
        }
        held
    }
}
