//! The one thread that writes to the disk tier and removes from it.
//!
//! One, so that writes of a key follow each other; a device that one thread cannot keep busy is
//! faster than any network in front of it.

use std::{
    io,
    sync::{Arc, PoisonError, Weak, atomic::Ordering, mpsc::Receiver},
    thread::{self, JoinHandle},
};

use bytes::Bytes;
use dashpot_cache::{Key, StoredHead};
use dashpot_http::vary::Vary;

use super::{
    index::Entry,
    record::{BLOCK_BYTES, Kind, Place, Record, VariantOf, sum_of},
    scan,
    tier::Disk,
};
use crate::object::{Object, StoredBody};

/// Bytes of superseded records that a file may hold; beyond, it is written anew.
const DEAD_BYTES_MAX: u64 = 64 << 10;

/// What the writer is to do.
#[derive(Debug)]
pub(super) enum Job {
    Put(Put),
    /// Remove what is doomed, which precedes every job.
    Sweep,
}

/// Something to write.
#[derive(Debug)]
pub(super) struct Put {
    pub(super) key: String,
    pub(super) hash: u128,
    pub(super) variant_of: Option<VariantOf>,
    pub(super) kind: Kind,
    /// Of a block, that of the parts it belongs to, which is written on its own.
    pub(super) head: Arc<StoredHead>,
    pub(super) body: StoredBody,
    pub(super) epoch: u64,
    pub(super) ticket: u64,
}

impl Put {
    /// Returns the order to write `object` under `key`; it has no ticket yet.
    pub(super) fn of(
        hash: u128,
        key: &Key,
        variant_of: Option<VariantOf>,
        object: &Object,
    ) -> Self {
        Self {
            key: key.as_str().to_owned(),
            hash,
            variant_of,
            kind: Kind::Whole,
            head: Arc::clone(&object.head),
            body: object.body.clone(),
            epoch: object.epoch(),
            ticket: 0,
        }
    }

    /// Returns what selects it.
    fn vary(&self) -> Vary {
        match self.kind {
            Kind::Block { .. } => Vary::Fields(Vec::new()),
            Kind::Whole | Kind::Parts { .. } => self.head.vary.clone(),
        }
    }

    /// Returns the bytes that are held in memory until it is written.
    pub(super) fn queued_bytes(&self) -> u64 {
        match &self.body {
            StoredBody::Memory(blocks) => blocks.len(),
            StoredBody::Disk(_) => 0,
        }
    }
}

/// Starts the writer of `disk`, which ends once the other end of `queue` is gone.
pub(super) fn spawn(disk: &Arc<Disk>, queue: Receiver<Job>) -> io::Result<JoinHandle<()>> {
    let disk = Arc::downgrade(disk);
    thread::Builder::new().name("disk-writer".to_owned()).spawn(move || run(&disk, &queue))
}

fn run(disk: &Weak<Disk>, queue: &Receiver<Job>) {
    while let Ok(job) = queue.recv() {
        let Some(disk) = disk.upgrade() else { return };
        match job {
            Job::Sweep => disk.sweep_or_rest(),
            Job::Put(put) => {
                disk.put(&put);
                // Its blocks may have been written before it, in vain where it was not.
                disk.index().remove_if_headless(put.kind);
                disk.queued_bytes.fetch_sub(put.queued_bytes(), Ordering::Relaxed);
            }
        }
    }
}

/// Why something was not written.
enum Failed {
    Io(io::Error),
    /// There is nothing to be said about it: it is larger than the tier, its source is damaged, or
    /// the tier rests.
    Pointless,
}

impl Disk {
    pub(super) fn sweep_or_rest(&self) {
        if let Err(error) = self.sweep() {
            self.rest_after(&error);
        }
    }

    /// Removes the files that are doomed.
    fn sweep(&self) -> io::Result<()> {
        // Who waits for it waits for what others are removing, too.
        let _turn = self.burials.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let doomed = self.index().next_doomed();
            let Some(doomed) = doomed else { return Ok(()) };
            let removed = self.dir.remove(doomed.file);
            let mut index = self.index();
            index.buried(doomed);
            if let Err(error) = removed {
                // It stays where it is, and is counted, until the next attempt.
                index.doom(doomed.file, doomed.bytes);
                return Err(error);
            }
        }
    }

    pub(super) fn put(&self, put: &Put) {
        self.sweep_or_rest();
        if !self.index().counts(put.hash, put.ticket) {
            return;
        }
        if self.rests() {
            self.give_up(put, Failed::Pointless);
            return self.index().settle(put.hash, put.ticket);
        }
        let (sums, len) = match &put.body {
            StoredBody::Memory(blocks) => (sums_of(&blocks.pieces()), blocks.len()),
            StoredBody::Disk(body) => (body.sums.clone(), body.len),
        };
        let mut head = Vec::new();
        if !matches!(put.kind, Kind::Block { .. }) {
            put.head.encode(&mut head);
        }
        let record = Record {
            key: put.key.clone(),
            kind: put.kind,
            variant_of: put.variant_of,
            epoch: put.epoch,
            body_len: len,
            sums,
            head,
        };
        let there = self.index().get(put.hash).copied();
        let written = match there {
            Some(entry) if self.has_same_body(entry, &record) => self.append(put, &record, entry),
            Some(_) | None => self.write(put, &record),
        };
        match written {
            Ok(()) => {
                self.counters.writes.inc();
                self.pause.end();
            }
            Err(failed) => self.give_up(put, failed),
        }
        self.index().settle(put.hash, put.ticket);
    }

    /// Drops what was there before as well: it is older than what could not be written.
    fn give_up(&self, put: &Put, failed: Failed) {
        self.counters.dropped.inc();
        let mut index = self.index();
        if let Failed::Io(error) = &failed
            && error.kind() == io::ErrorKind::StorageFull
        {
            // The device is smaller than the tier may be: go on with what fits.
            index.evict_bytes(put.body.len());
        }
        if index.counts(put.hash, put.ticket)
            && let Some(entry) = index.get(put.hash).copied()
        {
            index.remove_file(put.hash, entry.file);
        }
        drop(index);
        if let Failed::Io(error) = failed {
            self.rest_after(&error);
            // What was evicted makes room for others at once. An error here is one more of the
            // same.
            self.sweep().unwrap_or_default();
        }
    }

    /// Returns whether the file of `entry` holds the body of `record`, and has room for a head.
    fn has_same_body(&self, entry: Entry, record: &Record) -> bool {
        let Ok(file) = self.dir.read(entry.file) else { return false };
        let Some((place, there)) = scan::last_record(&file) else { return false };
        place == entry.place
            && place.at - there.body_len <= DEAD_BYTES_MAX
            && there.key == record.key
            && there.kind == record.kind
            && there.variant_of == record.variant_of
            && there.body_len == record.body_len
            && there.sums == record.sums
    }

    /// Gives the file of `entry` a newer head.
    fn append(&self, put: &Put, record: &Record, entry: Entry) -> Result<(), Failed> {
        let end = entry.len();
        let bytes = record.to_bytes(end);
        let place = Place::of_footer(&bytes).ok_or(Failed::Pointless)?;
        self.dir.append(entry.file, end, &bytes).map_err(Failed::Io)?;
        let mut index = self.index();
        // Where it was removed meanwhile, its file is doomed already.
        if index.counts(put.hash, put.ticket)
            && index.get(put.hash).is_some_and(|there| there.file == entry.file)
        {
            index.insert(put.hash, Entry { place, ..entry }, &put.vary());
        }
        Ok(())
    }

    /// Writes a file of its own.
    fn write(&self, put: &Put, record: &Record) -> Result<(), Failed> {
        let mut pieces = match &put.body {
            StoredBody::Memory(blocks) => blocks.pieces(),
            StoredBody::Disk(body) => {
                let blocks = (0..body.sums.len()).map(|number| body.read_block(number)?.ok());
                blocks.collect::<Option<_>>().ok_or(Failed::Pointless)?
            }
        };
        let bytes = record.to_bytes(record.body_len);
        let place = Place::of_footer(&bytes).ok_or(Failed::Pointless)?;
        let len = place.end().ok_or(Failed::Pointless)?;
        pieces.push(bytes.into());
        let reserved = loop {
            let reserved = self.index().reserve(len).map_err(|_| Failed::Pointless)?;
            match reserved {
                Some(reserved) => break reserved,
                None => self.sweep().map_err(Failed::Io)?,
            }
        };
        let file = self.index().next_file();
        let written = self.dir.write(file, &pieces);
        let mut index = self.index();
        index.release(reserved);
        written.map_err(Failed::Io)?;
        let Put { kind, variant_of, .. } = *put;
        let entry = Entry { file, place, kind, variant_of, hits: 0 };
        let is_found = match kind {
            Kind::Block { id, .. } => index.expects_parts(id),
            Kind::Whole | Kind::Parts { .. } => true,
        };
        if is_found && index.counts(put.hash, put.ticket) {
            // Under the lock: what is removed meanwhile never has a name.
            self.dir.publish(file).map_err(Failed::Io)?;
            index.insert(put.hash, entry, &put.vary());
        } else {
            self.dir.discard(file);
        }
        drop(index);
        self.sweep().map_err(Failed::Io)
    }
}

/// Returns the checksums of the blocks of a body in `pieces`.
fn sums_of(pieces: &[Bytes]) -> Vec<u64> {
    let block = usize::try_from(BLOCK_BYTES).unwrap_or(usize::MAX);
    pieces.iter().flat_map(|piece| piece.chunks(block)).map(sum_of).collect()
}
