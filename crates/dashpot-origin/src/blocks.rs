//! What was read of files, kept in memory in blocks up to a bound.
//!
//! A block is read of the very version of its file that the scan found, so what is kept is what the
//! catalogue speaks of, whatever becomes of the file: no body is ever mixed of two versions.

use crate::store::{File, ReadError, Store};
use bytes::Bytes;
use dashpot_base::ByteSize;
use moka::{policy::EvictionPolicy, sync::Cache};
use std::{collections::BTreeMap, ops::Range, sync::Arc};
use tokio::sync::OnceCell;

/// Bytes of one read and of what is kept of it: small enough that thousands of slow viewers fit in
/// memory and that a segment of sound brings little else along, large enough that a read costs
/// little beside them.
pub(crate) const BLOCK: u64 = 128 << 10;

/// What is kept of a block beside its bytes, about.
const OVERHEAD_BYTES: u32 = 256;

/// The files that a scan found, and blocks of them.
#[derive(Debug)]
pub(crate) struct Blocks {
    store: Store,
    /// By path.
    files: Box<[(String, File)]>,
    /// Nothing is kept without it. What was asked for least lately goes first: live segments are hot
    /// and then never asked for again.
    kept: Option<Cache<(Place, u64), Kept>>,
}

/// A block that is read, or about to be.
type Kept = Arc<OnceCell<Bytes>>;

/// Which of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place(usize);

impl Blocks {
    /// Keeps about `bytes_max` of what is read of a store's files.
    pub(crate) fn new(store: Store, files: BTreeMap<String, File>, bytes_max: ByteSize) -> Self {
        let size = u32::try_from(BLOCK).unwrap_or(u32::MAX).saturating_add(OVERHEAD_BYTES);
        let kept = (0 < bytes_max.bytes()).then(|| {
            Cache::builder()
                .max_capacity(bytes_max.bytes())
                .weigher(move |_, _| size)
                .eviction_policy(EvictionPolicy::lru())
                .build()
        });
        Self { store, files: files.into_iter().collect(), kept }
    }

    /// Returns which file has a path.
    pub(crate) fn place(&self, path: &str) -> Option<Place> {
        self.files.binary_search_by(|(known, _)| known.as_str().cmp(path)).ok().map(Place)
    }

    /// Returns bytes within one block, where they are in memory.
    pub(crate) fn at_hand(&self, place: Place, range: &Range<u64>) -> Option<Bytes> {
        let block = self.kept.as_ref()?.get(&(place, range.start / BLOCK))?;
        within(block.get()?, range)
    }

    /// Returns bytes within one block; those who ask for a block at the same time share one read.
    pub(crate) async fn read(&self, place: Place, range: Range<u64>) -> Result<Bytes, ReadError> {
        let (path, file) = &self.files[place.0];
        let Some(kept) = &self.kept else { return self.store.read(file, range).await };
        let cell = kept.get_with((place, range.start / BLOCK), Arc::default);
        let start = range.start - range.start % BLOCK;
        let whole = start..start.saturating_add(BLOCK).min(file.size);
        let block = cell.get_or_try_init(|| self.store.read(file, whole)).await?;
        within(block, &range).ok_or_else(|| ReadError::Length {
            path: path.clone(),
            given: block.len(),
            asked: range.end.saturating_sub(range.start),
        })
    }
}

fn within(block: &Bytes, range: &Range<u64>) -> Option<Bytes> {
    let start = usize::try_from(range.start % BLOCK).ok()?;
    let end = start.checked_add(usize::try_from(range.end.checked_sub(range.start)?).ok()?)?;
    (end <= block.len()).then(|| block.slice(start..end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const PATH: &str = "clip/v1.mp4";

    /// Returns blocks of a file of two and a half, and where the file is.
    async fn blocks(
        folder: &std::path::Path,
        bytes_max: u64,
    ) -> (Blocks, Vec<u8>, std::path::PathBuf) {
        let bytes: Vec<u8> = (0..BLOCK * 5 / 2).map(|at| u8::try_from(at % 251).unwrap()).collect();
        fs::create_dir(folder.join("clip")).unwrap();
        fs::write(folder.join(PATH), &bytes).unwrap();
        let store = Store::local(folder).unwrap();
        let file = store.files("clip").await.unwrap().remove("v1.mp4").unwrap();
        let files = BTreeMap::from([(PATH.to_owned(), file)]);
        let blocks = Blocks::new(store, files, ByteSize::new(bytes_max));
        (blocks, bytes, folder.join(PATH))
    }

    async fn check(blocks: &Blocks, range: Range<u64>, expected: Result<&[u8], &str>) {
        let place = blocks.place(PATH).unwrap();
        let read = blocks.read(place, range.clone()).await;
        let read = read.as_ref().map(|bytes| &bytes[..]).map_err(ToString::to_string);
        match expected {
            Ok(bytes) => assert!(
                read == Ok(&bytes
                    [usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()]),
                "{range:?}"
            ),
            Err(why) => {
                let error = read.unwrap_err();
                assert!(error.contains(why), "{range:?}: {error}");
            }
        }
    }

    #[tokio::test]
    async fn a_range_is_of_the_file_and_then_of_memory() {
        let folder = tempfile::tempdir().unwrap();
        let (blocks, bytes, _) = blocks(folder.path(), BLOCK * 8).await;
        let place = blocks.place(PATH).unwrap();
        assert_eq!(blocks.place("clip/v2.mp4"), None);
        for range in [5..9, 0..BLOCK, BLOCK + 1..2 * BLOCK, 2 * BLOCK..BLOCK * 5 / 2] {
            check(&blocks, range.clone(), Ok(&bytes)).await;
            assert!(blocks.at_hand(place, &range).is_some(), "{range:?}");
        }
    }

    #[tokio::test]
    async fn a_changed_file_is_refused_but_for_what_was_read_before() {
        let folder = tempfile::tempdir().unwrap();
        for (bytes_max, stays) in [(BLOCK * 8, true), (0, false)] {
            let folder = folder.path().join(bytes_max.to_string());
            fs::create_dir(&folder).unwrap();
            let (blocks, bytes, path) = blocks(&folder, bytes_max).await;
            check(&blocks, 0..9, Ok(&bytes)).await;
            fs::write(path, b"another").unwrap();
            let changed = Err("it was changed after the server had started");
            check(&blocks, BLOCK..BLOCK + 9, changed).await;
            check(&blocks, 7..BLOCK, if stays { Ok(&bytes) } else { changed }).await;
            // A failure is not kept either.
            check(&blocks, BLOCK..BLOCK + 9, changed).await;
        }
    }

    #[tokio::test]
    async fn memory_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let (blocks, bytes, _) = blocks(folder.path(), BLOCK + 2_000).await;
        for round in 0..3 {
            for start in [0, BLOCK, BLOCK * 2] {
                check(&blocks, start..start + 5 + round, Ok(&bytes)).await;
            }
        }
        let kept = blocks.kept.as_ref().unwrap();
        kept.run_pending_tasks();
        assert!(kept.entry_count() <= 1, "{}", kept.entry_count());
    }
}
