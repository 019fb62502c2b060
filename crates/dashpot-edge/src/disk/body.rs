//! A body on the disk, read block by block.

use std::{
    fs::File,
    os::unix::fs::FileExt as _,
    sync::{Arc, Weak},
};

use bytes::Bytes;

use super::{
    dir::FileId,
    record::{BLOCK_BYTES, Place, sum_of},
    tier::Disk,
};

/// A body on the disk. Its file stays readable for as long as this is held, whatever becomes of
/// its name.
#[derive(Debug)]
pub(crate) struct DiskBody {
    pub(super) file: File,
    pub(super) id: FileId,
    pub(super) hash: u128,
    pub(super) len: u64,
    pub(super) sums: Vec<u64>,
    pub(super) disk: Weak<Disk>,
}

/// Bytes that cannot be read or are not those that were written; what they belong to has left the
/// tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what the disk holds is damaged")]
pub(crate) struct ReadFailed;

impl DiskBody {
    pub(crate) const fn len(&self) -> u64 {
        self.len
    }

    /// Returns how many blocks there are.
    pub(crate) const fn blocks(&self) -> usize {
        self.sums.len()
    }

    /// Returns the number of the block that the byte `at` is in.
    pub(crate) fn block_of(at: u64) -> usize {
        usize::try_from(at / u64::from(BLOCK_BYTES)).unwrap_or(usize::MAX)
    }

    /// Returns a block, once it is known to be what was written.
    ///
    /// # Errors
    /// Where it is not; the file is then no longer used.
    pub(crate) async fn block(self: Arc<Self>, number: usize) -> Result<Bytes, ReadFailed> {
        let Some(disk) = self.disk.upgrade() else { return Err(ReadFailed) };
        let body = Arc::clone(&self);
        let read = disk.read(move || body.read_block(number)).await.flatten();
        match read {
            Some(Ok(block)) => Ok(block),
            Some(Err(problem)) => {
                disk.discard(self.hash, self.id, &problem);
                Err(ReadFailed)
            }
            None => Err(ReadFailed),
        }
    }

    /// Returns a block, or `None` where there is none of that number. Waits for the disk.
    pub(super) fn read_block(&self, number: usize) -> Option<Result<Bytes, Problem>> {
        let sum = *self.sums.get(number)?;
        let at = u64::try_from(number).ok()?.checked_mul(u64::from(BLOCK_BYTES))?;
        let len = self.len.checked_sub(at)?.min(u64::from(BLOCK_BYTES));
        let mut block = vec![0; usize::try_from(len).ok()?];
        Some(match self.file.read_exact_at(&mut block, at) {
            Err(error) => Err(Problem::of(error)),
            Ok(()) if sum_of(&block) != sum => Err(Problem::Damaged),
            Ok(()) => Ok(block.into()),
        })
    }
}

/// What is wrong with a file.
#[derive(Debug)]
pub(super) enum Problem {
    /// It is not what was written.
    Damaged,
    /// The operating system says so.
    Io(std::io::Error),
}

impl Problem {
    pub(super) fn of(error: std::io::Error) -> Self {
        // A file that is too short is not what was written.
        let is_cut = error.kind() == std::io::ErrorKind::UnexpectedEof;
        if is_cut { Self::Damaged } else { Self::Io(error) }
    }
}

/// Returns the bytes of `file` in `place`, with the footer.
pub(super) fn read_place(file: &File, place: Place) -> Result<Vec<u8>, Problem> {
    let len = place.end().and_then(|end| end.checked_sub(place.at)).ok_or(Problem::Damaged)?;
    let mut bytes = vec![0; usize::try_from(len).map_err(|_| Problem::Damaged)?];
    file.read_exact_at(&mut bytes, place.at).map_err(Problem::of)?;
    Ok(bytes)
}
