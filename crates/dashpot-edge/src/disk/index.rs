//! What is on the disk, as memory knows it: about 250 bytes for each file.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use dashpot_cache::Key;
use dashpot_evict::{Policy, SecondHit};
use dashpot_http::{range::ByteRange, vary::Vary};
use xxhash_rust::xxh3::xxh3_128;

use super::{
    dir::{FileId, taken_by},
    groups::Groups,
    record::{Kind, Place, VariantOf},
};

/// Returns what a key is known by on the disk. Keys are compared as text when they are read.
pub(crate) fn hash_of(key: &Key) -> u128 {
    xxh3_128(key.as_str().as_bytes())
}

/// Where a stored thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) file: FileId,
    /// Its last record.
    pub(crate) place: Place,
    pub(crate) kind: Kind,
    pub(crate) variant_of: Option<VariantOf>,
    /// How often it was found since it was written or the process began.
    pub(crate) hits: u32,
}

impl Entry {
    pub(crate) fn len(&self) -> u64 {
        self.place.end().unwrap_or(u64::MAX)
    }
}

/// Which headers select a variant of a resource, and the variants that are there.
#[derive(Clone, Debug)]
pub(crate) struct Variants {
    pub(crate) vary: Vary,
    pub(crate) epoch: u64,
    hashes: BTreeSet<u128>,
}

/// A write that is under way: it counts only while nobody has removed its key.
#[derive(Clone, Copy, Debug)]
struct Pending {
    ticket: u64,
    kind: Kind,
    variant_of: Option<VariantOf>,
}

/// A file that is no longer found, and not removed yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Doomed {
    pub(crate) file: FileId,
    pub(crate) bytes: u64,
}

/// The index of a disk tier.
#[derive(Debug)]
pub(crate) struct Index {
    capacity: u64,
    entries: BTreeMap<u128, Entry>,
    variants: BTreeMap<u128, Variants>,
    groups: Groups,
    order: Box<dyn Policy>,
    seen: SecondHit,
    /// As many as there are files at most.
    doomed: Vec<Doomed>,
    /// Bytes of doomed files and of files being written.
    other_bytes: u64,
    /// As many as the writer's queue is long.
    pending: BTreeMap<u128, Pending>,
    next_ticket: u64,
    next_file: FileId,
}

impl Index {
    pub(crate) fn new(capacity: u64, order: Box<dyn Policy>, seen: SecondHit) -> Self {
        Self {
            capacity,
            entries: BTreeMap::new(),
            variants: BTreeMap::new(),
            groups: Groups::default(),
            order,
            seen,
            doomed: Vec::new(),
            other_bytes: 0,
            pending: BTreeMap::new(),
            next_ticket: 0,
            next_file: 0,
        }
    }

    /// Returns the files there are and the bytes they take, those that wait for removal included.
    pub(crate) fn usage(&self) -> (u64, u64) {
        let files = u64::try_from(self.entries.len()).unwrap_or(u64::MAX);
        (files, self.order.weight() + self.other_bytes)
    }

    pub(crate) fn get(&self, hash: u128) -> Option<&Entry> {
        self.entries.get(&hash)
    }

    /// Counts a use of `hash`, and returns where it is.
    pub(crate) fn find(&mut self, hash: u128) -> Option<Entry> {
        let entry = self.entries.get_mut(&hash)?;
        entry.hits = entry.hits.saturating_add(1);
        self.order.touch(hash);
        if let Kind::Block { id, .. } = entry.kind
            && let Some(head) = self.groups.head(id)
        {
            // Without it the block is of no use.
            self.order.touch(head);
        }
        Some(*entry)
    }

    /// Returns whether blocks of the representation `id` are found, or will be once its head is
    /// written.
    pub(crate) fn expects_parts(&self, id: u64) -> bool {
        let is_head = |kind: Kind| matches!(kind, Kind::Parts { id: of, .. } if of == id);
        self.groups.head(id).is_some() || self.pending.values().any(|held| is_head(held.kind))
    }

    /// Returns which bytes of the representation `id` its blocks have.
    pub(crate) fn extents(&self, id: u64) -> Vec<ByteRange> {
        let kinds = self.groups.blocks(id).filter_map(|hash| Some(self.entries.get(&hash)?.kind));
        let extents = kinds.filter_map(|kind| match kind {
            Kind::Block { extent, .. } => Some(extent),
            Kind::Whole | Kind::Parts { .. } => None,
        });
        extents.collect()
    }

    /// Removes the blocks of what `kind` was to be the head of, where it is not.
    pub(crate) fn remove_if_headless(&mut self, kind: Kind) {
        if let Kind::Parts { id, .. } = kind
            && !self.expects_parts(id)
        {
            self.remove_group(kind);
        }
    }

    /// Returns whether `hash` is there or going to be written.
    pub(crate) fn expects(&self, hash: u128) -> bool {
        self.entries.contains_key(&hash) || self.pending.contains_key(&hash)
    }

    /// Returns the variants of the resource `hash`.
    pub(crate) fn variants(&self, hash: u128) -> Option<&Variants> {
        self.variants.get(&hash)
    }

    /// Returns the newest epoch that any selector or representation has.
    pub(crate) fn epoch_max(&self) -> Option<u64> {
        self.variants.values().map(|variants| variants.epoch).max().max(self.groups.last())
    }

    /// Returns whether `hash` has been asked for before, and remembers that it was.
    pub(crate) fn admits(&mut self, hash: u128) -> bool {
        self.seen.admits(hash)
    }

    /// Returns up to `max` entries behind `after` that are no blocks.
    pub(crate) fn some_after(&self, after: Option<u128>, max: usize) -> Vec<(u128, Entry)> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let entries = self.entries.range((from, Bound::Unbounded));
        let heads = entries.filter(|(_, entry)| !matches!(entry.kind, Kind::Block { .. }));
        heads.take(max).map(|(hash, entry)| (*hash, *entry)).collect()
    }

    /// Returns how many entries are no blocks.
    pub(crate) fn heads(&self) -> u64 {
        let is_head = |entry: &&Entry| !matches!(entry.kind, Kind::Block { .. });
        u64::try_from(self.entries.values().filter(is_head).count()).unwrap_or(u64::MAX)
    }

    /// Returns what is under `hash`, the variants of it included.
    pub(crate) fn all_of(&self, hash: u128) -> Vec<(u128, Entry)> {
        let variants = self.variants.get(&hash).into_iter().flat_map(|held| &held.hashes);
        let all = std::iter::once(&hash).chain(variants);
        all.filter_map(|hash| Some((*hash, *self.entries.get(hash)?))).collect()
    }

    /// Notes that `hash` is going to be written; an earlier write of it no longer counts.
    pub(crate) fn announce(
        &mut self,
        hash: u128,
        kind: Kind,
        variant_of: Option<VariantOf>,
    ) -> u64 {
        self.next_ticket += 1;
        let ticket = self.next_ticket;
        self.pending.insert(hash, Pending { ticket, kind, variant_of });
        ticket
    }

    /// Returns whether the write of `ticket` still counts.
    pub(crate) fn counts(&self, hash: u128, ticket: u64) -> bool {
        self.pending.get(&hash).is_some_and(|pending| pending.ticket == ticket)
    }

    /// Notes that the write of `ticket` is over.
    pub(crate) fn settle(&mut self, hash: u128, ticket: u64) {
        if self.counts(hash, ticket) {
            self.pending.remove(&hash);
        }
    }

    pub(crate) fn next_file(&mut self) -> FileId {
        self.next_file += 1;
        self.next_file
    }

    /// Makes files that are written later have higher numbers than `file`.
    pub(crate) fn skip_to(&mut self, file: FileId) {
        self.next_file = self.next_file.max(file);
    }

    /// Counts the `len` bytes of a file to be written, once that fits; else evicts one file and
    /// returns `None`, after which the doomed are to be removed. A file that cannot fit at all is
    /// an error.
    pub(crate) fn reserve(&mut self, len: u64) -> Result<Option<Reserved>, TooLarge> {
        let bytes = taken_by(len);
        if self.capacity < bytes {
            return Err(TooLarge);
        }
        let room = self.capacity.saturating_sub(self.other_bytes);
        match self.order.evict_for(bytes, room) {
            Some(victim) => {
                self.forget(victim.id, victim.weight);
                Ok(None)
            }
            None if self.doomed.is_empty() => {
                self.other_bytes += bytes;
                Ok(Some(Reserved { bytes }))
            }
            None => Ok(None),
        }
    }

    /// Evicts as much as `len` bytes take, for want of room on the device itself.
    pub(crate) fn evict_bytes(&mut self, len: u64) {
        let target = self.order.weight().saturating_sub(taken_by(len));
        while let Some(victim) = self.order.evict_for(0, target) {
            self.forget(victim.id, victim.weight);
        }
    }

    /// Gives back what was reserved.
    pub(crate) fn release(&mut self, reserved: Reserved) {
        self.other_bytes -= reserved.bytes;
    }

    /// Notes that `hash` is at `entry`, in the place of what it was before; `vary` selects it
    /// where it is a variant. Of two files with one key the later one counts.
    pub(crate) fn insert(&mut self, hash: u128, entry: Entry, vary: &Vary) {
        if let Some(old) = self.entries.get(&hash).copied() {
            if entry.file < old.file {
                return self.doom(entry.file, taken_by(entry.len()));
            }
            self.make_way(hash, old, &entry);
        }
        match entry.variant_of {
            None => self.remove_variants(hash),
            Some(of) => {
                self.remove_one(of.resource);
                if !self.admit_variant(hash, of, vary) {
                    self.remove_group(entry.kind);
                    return self.doom(entry.file, taken_by(entry.len()));
                }
            }
        }
        match entry.kind {
            Kind::Whole => {}
            Kind::Parts { id, .. } => self.groups.set_head(id, hash),
            Kind::Block { id, .. } => self.groups.add_block(id, hash),
        }
        self.order.insert(hash, taken_by(entry.len()));
        self.entries.insert(hash, entry);
    }

    /// Takes out the `old` entry of `hash` for the one that comes, whose blocks stay.
    fn make_way(&mut self, hash: u128, old: Entry, entry: &Entry) {
        if entry.file == old.file {
            self.order.remove(hash);
            return;
        }
        let kept = match (old.kind, entry.kind) {
            (Kind::Parts { id, .. }, Kind::Parts { id: same, .. }) if id == same => Some(id),
            _ => None,
        };
        let group = kept.and_then(|id| self.groups.remove(id));
        self.remove_one(hash);
        if let (Some(id), Some(group)) = (kept, group) {
            self.groups.restore(id, group);
        }
    }

    /// Removes the blocks of what `kind` is the head of.
    fn remove_group(&mut self, kind: Kind) {
        if let Kind::Parts { id, .. } = kind
            && let Some(group) = self.groups.remove(id)
        {
            for block in group.blocks {
                self.remove_one(block);
            }
        }
    }

    /// Removes blocks whose head is not there.
    pub(crate) fn remove_headless(&mut self) {
        while let Some(id) = self.groups.headless() {
            self.remove_group(Kind::Parts { id, length: 0 });
        }
    }

    /// Puts `hash` among the variants of its resource; the later selector counts.
    fn admit_variant(&mut self, hash: u128, of: VariantOf, vary: &Vary) -> bool {
        let held = self.variants.get(&of.resource).map(|held| held.epoch);
        match held {
            Some(epoch) if of.selector_epoch < epoch => return false,
            Some(epoch) if epoch < of.selector_epoch => self.remove_variants(of.resource),
            Some(_) | None => {}
        }
        let fresh =
            || Variants { vary: vary.clone(), epoch: of.selector_epoch, hashes: BTreeSet::new() };
        self.variants.entry(of.resource).or_insert_with(fresh).hashes.insert(hash);
        true
    }

    /// Removes what is under `hash`, all its variants and all writes of them under way.
    pub(crate) fn remove(&mut self, hash: u128) {
        self.pending.remove(&hash);
        self.pending.retain(|_, pending| {
            pending.variant_of.is_none_or(|variant_of| variant_of.resource != hash)
        });
        self.remove_one(hash);
        self.remove_variants(hash);
    }

    /// Removes `hash` if it still is in `file`, and returns whether it was.
    pub(crate) fn remove_file(&mut self, hash: u128, file: FileId) -> bool {
        let is_there = self.entries.get(&hash).is_some_and(|entry| entry.file == file);
        if is_there {
            self.remove_one(hash);
        }
        is_there
    }

    fn remove_variants(&mut self, resource: u128) {
        if let Some(variants) = self.variants.remove(&resource) {
            for hash in variants.hashes {
                self.remove_one(hash);
            }
        }
    }

    fn remove_one(&mut self, hash: u128) {
        if let Some(bytes) = self.order.remove(hash) {
            self.forget(hash, bytes);
        }
    }

    /// Takes out what has left the order already.
    fn forget(&mut self, hash: u128, bytes: u64) {
        let Some(entry) = self.entries.remove(&hash) else { return };
        if let Some(of) = entry.variant_of
            && let Some(variants) = self.variants.get_mut(&of.resource)
        {
            variants.hashes.remove(&hash);
            if variants.hashes.is_empty() {
                self.variants.remove(&of.resource);
            }
        }
        if let Kind::Block { id, .. } = entry.kind {
            self.groups.remove_block(id, hash);
        }
        self.remove_group(entry.kind);
        // After its blocks, so that it is removed before them: what is left of them is nothing.
        self.doom(entry.file, bytes);
    }

    /// Notes that `file` is to be removed.
    pub(crate) fn doom(&mut self, file: FileId, bytes: u64) {
        self.doomed.push(Doomed { file, bytes });
        self.other_bytes += bytes;
    }

    /// Returns a file that is to be removed.
    pub(crate) fn next_doomed(&mut self) -> Option<Doomed> {
        self.doomed.pop()
    }

    /// Evicts what does not fit, as at the start with less room than before.
    pub(crate) fn evict_to_fit(&mut self) {
        while let Some(victim) = self.order.evict_for(0, self.capacity) {
            self.forget(victim.id, victim.weight);
        }
    }

    /// Notes that a doomed file takes nothing any more.
    pub(crate) fn buried(&mut self, doomed: Doomed) {
        self.other_bytes -= doomed.bytes;
    }

    pub(crate) fn has_doomed(&self) -> bool {
        !self.doomed.is_empty()
    }
}

/// Room for a file that is being written.
#[derive(Debug)]
#[must_use]
pub(crate) struct Reserved {
    bytes: u64,
}

/// A file that does not fit into the tier.
#[derive(Debug)]
pub(crate) struct TooLarge;
