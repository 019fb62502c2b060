//! The disk tier as the rest of the edge sees it.

use std::{
    fmt::Display,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, SyncSender},
    },
    thread::JoinHandle,
    time::Duration,
};

use dashpot_cache::Key;
use dashpot_evict::{Lru, Policy, SecondHit, Sieve};
use dashpot_http::vary::Vary;
use dashpot_serve::Clock;
use tokio::sync::Semaphore;
use tracing::{info, warn};

use super::{
    body::{DiskBody, Problem},
    counters::{Counters, DiskReport},
    dir::{Dir, FileId, OpenError},
    index::{Index, hash_of},
    on_disk::OnDisk,
    pause::Pause,
    reclaim::Reclaiming,
    record::VariantOf,
    scan,
    writer::{self, Job, Put},
};
use crate::{
    StartError,
    config::{DiskEviction, DiskTier},
    object::Object,
};

/// Reads under way at a time; more would only queue in the device, and each holds a thread.
const READS_MAX: usize = 64;

/// Keys that the admission filter remembers, in 2.5 bytes each: half a day of a busy edge.
const SEEN_IDS: u64 = 1 << 20;

/// Writes that wait for the writer at most.
const QUEUE_MAX: usize = 1_024;
/// Bytes of bodies that wait for the writer at most: they take memory beyond that of the store.
const QUEUE_BYTES_MAX: u64 = 64 << 20;

/// What lives shorter is not written: a live manifest is out of date before a disk is of use.
const LIFETIME_MIN: Duration = Duration::from_secs(10);

/// A disk tier.
#[derive(Debug)]
pub(crate) struct Disk {
    pub(super) dir: Dir,
    index: Mutex<Index>,
    capacity: u64,
    /// The latest purge epoch of what was there at the start, if anything was.
    newest_epoch: Option<u64>,
    jobs: Mutex<Option<SyncSender<Job>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    pub(super) queued_bytes: AtomicU64,
    /// Held while doomed files are removed.
    pub(super) burials: Mutex<()>,
    pub(super) reclaiming: Mutex<Reclaiming>,
    reads: Semaphore,
    pub(super) pause: Pause,
    pub(super) counters: Counters,
    clock: Clock,
}

impl Disk {
    /// Opens the tier of `config`, and reads what is there.
    pub(crate) fn open(
        config: &DiskTier,
        clock: Clock,
        counters: Counters,
    ) -> Result<Arc<Self>, StartError> {
        let path = &config.dir;
        let dir = Dir::open(path).map_err(|error| match error {
            OpenError::Locked => StartError::DiskLocked { dir: path.clone() },
            OpenError::Io(source) => StartError::Disk { dir: path.clone(), source },
        })?;
        let order: Box<dyn Policy> = match config.eviction {
            DiskEviction::Lru => Box::new(Lru::default()),
            DiskEviction::Sieve => Box::new(Sieve::default()),
        };
        let seen = SecondHit::new(SEEN_IDS, clock.wall().unix_millis());
        let capacity = config.size.bytes();
        let (index, newest_epoch) = load(&dir, Index::new(capacity, order, seen), &clock);
        let (jobs, queue) = mpsc::sync_channel(QUEUE_MAX);
        let disk = Arc::new(Self {
            dir,
            index: Mutex::new(index),
            capacity,
            newest_epoch,
            jobs: Mutex::new(Some(jobs)),
            writer: Mutex::default(),
            queued_bytes: AtomicU64::new(0),
            burials: Mutex::default(),
            reclaiming: Mutex::default(),
            reads: Semaphore::new(READS_MAX),
            pause: Pause::default(),
            counters,
            clock,
        });
        let writer = writer::spawn(&disk, queue)
            .map_err(|source| StartError::Disk { dir: path.clone(), source })?;
        *lock(&disk.writer) = Some(writer);
        // What was superseded or does not fit any more.
        disk.send(Job::Sweep);
        Ok(disk)
    }

    /// Returns where what is stored under `key` is; a use of it is counted.
    pub(crate) fn find(self: &Arc<Self>, key: &Key) -> Option<OnDisk> {
        let hash = hash_of(key);
        let entry = self.index().find(hash)?;
        Some(OnDisk::new(Arc::clone(self), key.clone(), hash, entry))
    }

    /// Hands what selects the variants of the resource `key`, and the epoch of that, to `hold`;
    /// nobody can remove them meanwhile.
    pub(crate) fn with_selector<T>(
        &self,
        key: &Key,
        hold: impl FnOnce(&Vary, u64) -> T,
    ) -> Option<T> {
        let index = self.index();
        let variants = index.variants(hash_of(key))?;
        Some(hold(&variants.vary, variants.epoch))
    }

    /// Returns an epoch later than that of any selector or representation on the disk.
    pub(crate) fn next_epoch(&self) -> u64 {
        self.index().epoch_max().map_or(0, |epoch| epoch.saturating_add(1))
    }

    /// Returns the latest purge epoch of what was there at the start; `None` where nothing was.
    pub(crate) const fn newest_epoch(&self) -> Option<u64> {
        self.newest_epoch
    }

    /// Returns where a variant of `resource` belongs.
    pub(crate) fn variant_of(resource: &Key, selector_epoch: u64) -> VariantOf {
        VariantOf { resource: hash_of(resource), selector_epoch }
    }

    /// Takes note of `object`, which memory has just stored under `key`: it is written where it
    /// was asked for before or was on the disk.
    pub(crate) fn stored(&self, key: &Key, variant_of: Option<VariantOf>, object: &Arc<Object>) {
        let hash = hash_of(key);
        let is_known = {
            let mut index = self.index();
            // Asked first, so that it is remembered.
            let is_admitted = index.admits(hash);
            is_admitted || index.get(hash).is_some()
        };
        if object.is_offered() || is_known {
            object.offer();
            self.offer(Put::of(hash, key, variant_of, object));
        }
    }

    /// Takes note that `object`, which memory holds, was asked for again.
    pub(crate) fn asked_again(
        &self,
        key: &Key,
        variant_of: Option<VariantOf>,
        object: &Arc<Object>,
    ) {
        if object.offer() {
            self.offer(Put::of(hash_of(key), key, variant_of, object));
        }
    }

    /// Has `put` written, unless that is of no use or the writer cannot keep up. What is there
    /// under the same key is older, and must not come back.
    pub(super) fn offer(&self, mut put: Put) {
        let hash = put.hash;
        if put.head.lifetime() < LIFETIME_MIN {
            return self.remove_hash(hash);
        }
        put.ticket = self.index().announce(hash, put.kind, put.variant_of);
        if !self.enqueue(put) {
            self.counters.dropped.inc();
            self.remove_hash(hash);
        }
    }

    fn enqueue(&self, put: Put) -> bool {
        if self.rests() {
            return false;
        }
        let bytes = put.queued_bytes();
        let before = self.queued_bytes.fetch_add(bytes, Ordering::Relaxed);
        let fits = before == 0 || before.saturating_add(bytes) <= QUEUE_BYTES_MAX;
        let is_queued = fits && self.send(Job::Put(put));
        if !is_queued {
            self.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
        }
        is_queued
    }

    pub(super) fn send(&self, job: Job) -> bool {
        lock(&self.jobs).as_ref().is_some_and(|jobs| jobs.try_send(job).is_ok())
    }

    /// Removes what is under `key`, all variants included. It is not found from here on; its files
    /// go soon after.
    pub(crate) fn remove(&self, key: &Key) {
        self.remove_hash(hash_of(key));
    }

    pub(super) fn remove_hash(&self, hash: u128) {
        let has_doomed = {
            let mut index = self.index();
            index.remove(hash);
            index.has_doomed()
        };
        if has_doomed {
            // A full queue gets to it with its next job.
            self.send(Job::Sweep);
        }
    }

    /// Waits until the files of all that has been removed are gone, whatever ends the process then.
    pub(crate) async fn unlinked(self: &Arc<Self>) {
        let disk = Arc::clone(self);
        // Where the process is ending, they are removed by those who wait for that.
        tokio::task::spawn_blocking(move || disk.sweep_or_rest()).await.unwrap_or_default();
    }

    /// Removes the file that `body` is in.
    pub(crate) fn remove_body(&self, body: &DiskBody) {
        if self.index().remove_file(body.hash, body.id) {
            self.send(Job::Sweep);
        }
    }

    /// Runs `hold` if `body` still is what is under its key, and nobody can remove it meanwhile.
    pub(crate) fn while_there(&self, body: &DiskBody, hold: impl FnOnce()) {
        let index = self.index();
        if index.get(body.hash).is_some_and(|entry| entry.file == body.id) {
            hold();
        }
    }

    /// Removes the file of `hash` that has a `problem`.
    pub(super) fn discard(&self, hash: u128, file: FileId, problem: &Problem) {
        if !self.index().remove_file(hash, file) {
            // Others have found it too, or a purge was faster than the reader.
            return;
        }
        self.send(Job::Sweep);
        match problem {
            Problem::Damaged => {
                self.counters.checksum_failures.inc();
                self.log_error(&self.dir.path(file), &"it is not what was written");
            }
            Problem::Io(error) => {
                self.counters.errors.inc();
                self.log_error(&self.dir.path(file), error);
            }
        }
    }

    fn log_error(&self, path: &Path, error: &dyn Display) {
        if let Some(count) = self.pause.count(self.clock.mono()) {
            warn!(path = %path.display(), %error, count, "the disk tier has errors");
        }
    }

    /// Notes that writing or removing has failed, and rests for a while.
    pub(super) fn rest_after(&self, error: &std::io::Error) {
        self.counters.errors.inc();
        self.pause.begin(self.clock.mono());
        self.log_error(self.dir.root(), error);
    }

    /// Returns whether nothing is written for a while.
    pub(super) fn rests(&self) -> bool {
        self.pause.is_on(self.clock.mono())
    }

    /// Runs `read` on a thread that may wait for the disk; `None` where the process is ending.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let _permit = self.reads.acquire().await.ok()?;
        tokio::task::spawn_blocking(read).await.ok()
    }

    pub(super) fn index(&self) -> MutexGuard<'_, Index> {
        lock(&self.index)
    }

    pub(crate) const fn counters(&self) -> &Counters {
        &self.counters
    }

    pub(crate) fn set_levels(&self) {
        let (objects, bytes) = self.index().usage();
        self.counters.objects.set(i64::try_from(objects).unwrap_or(i64::MAX));
        self.counters.bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    pub(crate) fn report(&self) -> DiskReport {
        let (objects, bytes) = self.index().usage();
        self.counters.report(objects, bytes, self.capacity)
    }

    /// Writes what is queued, and nothing after that.
    pub(crate) fn close(&self) {
        lock(&self.jobs).take();
        if let Some(writer) = lock(&self.writer).take() {
            // A writer that panicked has said so.
            writer.join().unwrap_or_default();
        }
    }
}

/// Fills `index` with what is in `dir`, the oldest first, and says how much that was; returns the
/// latest purge epoch in it, too.
fn load(dir: &Dir, mut index: Index, clock: &Clock) -> (Index, Option<u64>) {
    let (began, mut newest) = (clock.mono(), None);
    for scan::Scanned { hash, entry, epoch, vary } in scan::scan(dir) {
        newest = newest.max(Some(epoch));
        index.skip_to(entry.file);
        index.insert(hash, entry, &vary);
    }
    index.remove_headless();
    index.evict_to_fit();
    let (objects, bytes) = index.usage();
    let took_ms = clock.mono().since(began).as_millis();
    info!(objects, bytes, took_ms, "the disk tier is there");
    (index, newest)
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What the locks guard is whole between any two statements that can panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
