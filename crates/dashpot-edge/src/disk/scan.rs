//! What is on the disk when the process begins.

use std::{
    fs::{self, File},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    sync::Mutex,
    thread,
};

use dashpot_cache::StoredHead;
use dashpot_http::vary::Vary;
use tracing::debug;
use xxhash_rust::xxh3::xxh3_128;

use super::{
    dir::{Dir, FileId},
    index::Entry,
    record::{Kind, Place, Record},
};

/// Threads that read at a time: a disk serves several at once, and a scan waits mostly.
const THREADS: usize = 8;

/// Bytes of a file's end that are read at once; most records are shorter.
const TAIL_BYTES: u64 = 4_096;

/// A file that is what it says.
#[derive(Debug)]
pub(super) struct Scanned {
    pub(super) hash: u128,
    pub(super) entry: Entry,
    /// The purge epoch that it has.
    pub(super) epoch: u64,
    /// What selects it, where it is a variant.
    pub(super) vary: Vary,
}

/// Returns what the files of `dir` are, by their names in ascending order, and removes what is
/// none of them. Bodies are not looked at before they are served.
pub(super) fn scan(dir: &Dir) -> Vec<Scanned> {
    let folders = Mutex::new(dir.folders());
    let found = Mutex::new(Vec::new());
    let next = || folders.lock().ok().and_then(|mut folders| folders.pop());
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(folder) = next() {
                    let scanned = scan_folder(&folder);
                    if let Ok(mut found) = found.lock() {
                        found.extend(scanned);
                    }
                }
            });
        }
    });
    let mut found = found.into_inner().unwrap_or_default();
    found.sort_by_key(|scanned| scanned.entry.file);
    found
}

fn scan_folder(folder: &Path) -> Vec<Scanned> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths.filter_map(|path| scanned_or_removed(&path)).collect()
}

fn scanned_or_removed(path: &PathBuf) -> Option<Scanned> {
    let scanned = scan_file(path);
    if scanned.is_none() {
        debug!(path = %path.display(), "no stored response: removed");
        // What cannot be removed is found again by the next start.
        fs::remove_file(path).unwrap_or_default();
    }
    scanned
}

fn scan_file(path: &Path) -> Option<Scanned> {
    let file: FileId = FileId::from_str_radix(path.file_name()?.to_str()?, 16).ok()?;
    let opened = File::open(path).ok()?;
    let (place, record) = last_record(&opened)?;
    let vary = match record.kind {
        // Its head is that of the parts it belongs to.
        Kind::Block { .. } => Vary::Fields(Vec::new()),
        Kind::Whole | Kind::Parts { .. } => StoredHead::decode(&record.head)?.vary,
    };
    let hash = xxh3_128(record.key.as_bytes());
    let Record { kind, variant_of, .. } = record;
    let entry = Entry { file, place, kind, variant_of, hits: 0 };
    Some(Scanned { hash, entry, epoch: record.epoch, vary })
}

/// Returns the record that `file` ends in.
pub(super) fn last_record(file: &File) -> Option<(Place, Record)> {
    let len = file.metadata().ok()?.len();
    let mut tail = vec![0; usize::try_from(len.min(TAIL_BYTES)).ok()?];
    file.read_exact_at(&mut tail, len.saturating_sub(TAIL_BYTES)).ok()?;
    let place = Place::of_footer(&tail)?;
    if place.end()? != len {
        return None;
    }
    let size = usize::try_from(len - place.at).ok()?;
    let record = match tail.len().checked_sub(size) {
        Some(from) => Record::from_bytes(&tail[from..], place)?,
        None => Record::from_bytes(&super::body::read_place(file, place).ok()?, place)?,
    };
    Some((place, record))
}
