//! The room of what purges have made unreachable, given back a few files at a time.

use std::sync::Arc;

use dashpot_cache::{StoredHead, StrongValidator, Tags};
use xxhash_rust::xxh3::xxh3_128;

use super::{
    body::{DiskBody, Problem, read_place},
    index::Entry,
    record::{Kind, Record},
    tier::{Disk, lock},
    writer::Job,
};
use crate::{
    blocks::Parts,
    object::{Object, StoredBody},
};

/// Files that are looked at in one go.
const BATCH: usize = 128;

/// Who is giving back room.
#[derive(Debug, Default)]
pub(super) struct Reclaiming {
    is_running: bool,
    /// There has been another purge since.
    is_due: bool,
}

/// A stored response as its operator sees it.
#[derive(Debug)]
pub(crate) struct Shown {
    /// The key it is stored under.
    pub(crate) key: String,
    pub(crate) content: Content,
}

/// What is stored of a response.
#[derive(Debug)]
pub(crate) enum Content {
    Whole(Arc<Object>),
    Parts(Arc<Parts>),
}

impl Content {
    pub(crate) fn head(&self) -> &StoredHead {
        match self {
            Self::Whole(object) => &object.head,
            Self::Parts(parts) => &parts.head,
        }
    }

    /// Returns the purge epoch that it is of.
    pub(crate) fn epoch(&self) -> u64 {
        match self {
            Self::Whole(object) => object.epoch(),
            Self::Parts(parts) => parts.epoch,
        }
    }
}

impl Disk {
    /// Returns whether the caller is to give back room; else somebody is at it, and begins anew.
    pub(crate) fn begin_reclaiming(&self) -> bool {
        let mut reclaiming = lock(&self.reclaiming);
        reclaiming.is_due = true;
        !std::mem::replace(&mut reclaiming.is_running, true)
    }

    /// Returns whether there has been a purge since this was asked last; nobody gives back room
    /// any longer where there has been none.
    pub(crate) fn goes_on_reclaiming(&self) -> bool {
        let mut reclaiming = lock(&self.reclaiming);
        reclaiming.is_running = std::mem::take(&mut reclaiming.is_due);
        reclaiming.is_running
    }

    /// Removes what `is_purged`, which is asked with key, tags and epoch, among some files behind
    /// `after`; returns the last of them. Waits for the disk.
    pub(crate) fn reclaim(
        &self,
        after: Option<u128>,
        is_purged: &dyn Fn(&str, &Tags, u64) -> bool,
    ) -> Option<u128> {
        let some = self.index().some_after(after, BATCH);
        for (hash, entry) in &some {
            // A file that cannot be read is found out when it is asked for.
            let Ok((record, head)) = self.look_at(*entry) else { continue };
            if is_purged(&record.key, &head.tags, record.epoch) {
                self.index().remove_file(*hash, entry.file);
            }
        }
        if self.index().has_doomed() {
            self.send(Job::Sweep);
        }
        some.last().map(|(hash, _)| *hash)
    }

    /// Returns how many responses there are, each with all its parts.
    pub(crate) fn responses(&self) -> u64 {
        self.index().heads()
    }

    /// Returns how many responses there are under the primary key of this text.
    pub(crate) fn responses_of(&self, primary: &str) -> u64 {
        let all = self.index().all_of(xxh3_128(primary.as_bytes()));
        u64::try_from(all.len()).unwrap_or(u64::MAX)
    }

    /// Removes what is under the primary key of this text, all variants included.
    pub(crate) fn remove_text(&self, primary: &str) {
        self.remove_hash(xxh3_128(primary.as_bytes()));
    }

    /// Returns the responses under the primary key of this text. Waits for the disk.
    pub(crate) fn shown(self: &Arc<Self>, primary: &str) -> Vec<Shown> {
        let all = self.index().all_of(xxh3_128(primary.as_bytes()));
        let shown = all.into_iter().filter_map(|(hash, entry)| {
            let file = self.dir.read(entry.file).ok()?;
            let (mut record, head) = self.look_at(entry).ok()?;
            let is_of_it = record.key.split('\n').next() == Some(primary);
            if !is_of_it {
                return None;
            }
            let head = Arc::new(head);
            match record.kind {
                Kind::Whole => {}
                Kind::Parts { id, length } => {
                    let (validator, epoch) = (StrongValidator::of(&head), record.epoch);
                    let parts = Parts { head, length, validator, id, epoch };
                    return Some(Shown { key: record.key, content: Content::Parts(parts.into()) });
                }
                Kind::Block { .. } => return None,
            }
            let body = DiskBody {
                file,
                id: entry.file,
                hash,
                len: record.body_len,
                sums: std::mem::take(&mut record.sums),
                disk: Arc::downgrade(self),
            };
            let object = Object::new(head, StoredBody::Disk(body.into()), record.epoch);
            Some(Shown { key: record.key, content: Content::Whole(object.into()) })
        });
        shown.collect()
    }

    fn look_at(&self, entry: Entry) -> Result<(Record, StoredHead), Problem> {
        let file = self.dir.read(entry.file).map_err(Problem::Io)?;
        let bytes = read_place(&file, entry.place)?;
        let record = Record::from_bytes(&bytes, entry.place).ok_or(Problem::Damaged)?;
        let head = StoredHead::decode(&record.head).ok_or(Problem::Damaged)?;
        Ok((record, head))
    }
}
