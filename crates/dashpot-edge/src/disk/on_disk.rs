//! Something on the disk, from the look-up to what was read.

use std::sync::Arc;

use bytes::BytesMut;
use dashpot_cache::{Key, StoredHead, StrongValidator};
use dashpot_http::range::ByteRange;

use super::{
    body::{DiskBody, Problem, read_place},
    index::Entry,
    record::{Kind, Record},
    tier::Disk,
};
use crate::{
    blocks::{Block, Parts},
    object::{Object, StoredBody},
};

/// What a look-up in the index found.
#[derive(Debug)]
pub(crate) struct OnDisk {
    disk: Arc<Disk>,
    key: Key,
    hash: u128,
    entry: Entry,
}

/// What was read.
#[derive(Debug)]
pub(crate) enum Loaded {
    /// A response, whose body is still to be read.
    Whole(Arc<Object>),
    /// The head of one that is stored in parts, and the file that holds it.
    Parts(Arc<Parts>, Arc<DiskBody>),
}

impl OnDisk {
    pub(super) const fn new(disk: Arc<Disk>, key: Key, hash: u128, entry: Entry) -> Self {
        Self { disk, key, hash, entry }
    }

    /// Returns the key that it is stored under: that of the variant, where it is one.
    pub(crate) const fn key(&self) -> &Key {
        &self.key
    }

    /// Returns how often it was found, this time included.
    pub(crate) const fn hits(&self) -> u32 {
        self.entry.hits
    }

    /// Reads the head; `None` where the file is not what it should be, and has left the tier.
    pub(crate) async fn load(self) -> Option<Loaded> {
        let disk = Arc::clone(&self.disk);
        disk.read(move || self.load_now()).await?
    }

    /// Does the same on a thread that may wait for the disk.
    pub(super) fn load_now(self) -> Option<Loaded> {
        match self.try_load() {
            Ok(loaded) => Some(loaded),
            Err(problem) => {
                self.disk.discard(self.hash, self.entry.file, &problem);
                None
            }
        }
    }

    fn try_load(&self) -> Result<Loaded, Problem> {
        let (record, body) = self.open()?;
        let head = StoredHead::decode(&record.head).ok_or(Problem::Damaged)?.into();
        Ok(match record.kind {
            Kind::Whole => {
                let object = Object::new(head, StoredBody::Disk(body.into()), record.epoch);
                // It is there already: a newer head of it is written without being asked for again.
                object.offer();
                Loaded::Whole(object.into())
            }
            Kind::Parts { id, length } => {
                let validator = StrongValidator::of(&head);
                let epoch = record.epoch;
                Loaded::Parts(Parts { head, length, validator, id, epoch }.into(), body.into())
            }
            Kind::Block { .. } => return Err(Problem::Damaged),
        })
    }

    /// Returns the bytes of the whole that this is, where it is a block.
    pub(crate) const fn extent(&self) -> Option<ByteRange> {
        match self.entry.kind {
            Kind::Block { extent, .. } => Some(extent),
            Kind::Whole | Kind::Parts { .. } => None,
        }
    }

    /// Reads a block; `None` where the file is not what it should be, and has left the tier.
    pub(crate) async fn load_block(self) -> Option<Arc<Block>> {
        let disk = Arc::clone(&self.disk);
        let block = disk.read(move || match self.try_load_block() {
            Ok(block) => Some(Arc::new(block)),
            Err(problem) => {
                self.disk.discard(self.hash, self.entry.file, &problem);
                None
            }
        });
        let block = block.await??;
        disk.counters.hits.inc();
        Some(block)
    }

    fn try_load_block(&self) -> Result<Block, Problem> {
        let (record, body) = self.open()?;
        let Kind::Block { extent, .. } = record.kind else { return Err(Problem::Damaged) };
        let mut bytes = BytesMut::new();
        for number in 0..body.blocks() {
            bytes.extend_from_slice(&body.read_block(number).ok_or(Problem::Damaged)??);
        }
        Ok(Block { extent, bytes: bytes.freeze() })
    }

    /// Opens the file, and reads what it is.
    fn open(&self) -> Result<(Record, DiskBody), Problem> {
        let Entry { file: id, place, kind, .. } = self.entry;
        let file = self.disk.dir.read(id).map_err(Problem::Io)?;
        let bytes = read_place(&file, place)?;
        let mut record = Record::from_bytes(&bytes, place).ok_or(Problem::Damaged)?;
        // Two keys may have one hash if somebody wants them to.
        if record.key != self.key.as_str() || record.kind != kind {
            return Err(Problem::Damaged);
        }
        let body = DiskBody {
            file,
            id,
            hash: self.hash,
            len: record.body_len,
            sums: std::mem::take(&mut record.sums),
            disk: Arc::downgrade(&self.disk),
        };
        Ok((record, body))
    }
}
