//! The directory of the disk tier: which file is where, and how one comes and goes.
//!
//! `lock`, `tmp/` with what is being written, and `00/` to `ff/` with what is whole. A file's name
//! is a number that is never used twice, so that a file that is removed is never one that has just
//! been written. Nothing is synced: a file that a power cut tears is told by its checksums.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use bytes::Bytes;

/// Folders that files are spread over: a folder of a million files is slow to list.
const FOLDERS: u64 = 256;

/// What a file takes beside its bytes is rounded up to whole blocks of this size, the one of most
/// file systems.
const SLACK_BYTES: u64 = 4_096;

/// The number that a file is named by.
pub(crate) type FileId = u64;

/// A directory that this process alone writes to.
#[derive(Debug)]
pub(crate) struct Dir {
    root: PathBuf,
    /// Held for as long as the directory is used; the system lets it go with the process.
    _lock: File,
    #[cfg(test)]
    pub(crate) faults: super::faults::Faults,
}

/// Why a directory cannot be used.
#[derive(Debug)]
pub(crate) enum OpenError {
    /// Another process uses it.
    Locked,
    /// It cannot be made or written to.
    Io(io::Error),
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Dir {
    /// Takes `root` over, makes what is not there yet, and removes what was never finished.
    pub(crate) fn open(root: &Path) -> Result<Self, OpenError> {
        // Responses may be for few eyes, whatever the umask.
        let mut folder = DirBuilder::new();
        folder.recursive(true).mode(0o700);
        folder.create(root)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(root.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(OpenError::Locked),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        folder.create(root.join("tmp"))?;
        for number in 0..FOLDERS {
            folder.create(root.join(format!("{number:02x}")))?;
        }
        for entry in fs::read_dir(root.join("tmp"))? {
            fs::remove_file(entry?.path())?;
        }
        Ok(Self {
            root: root.to_owned(),
            _lock: lock,
            #[cfg(test)]
            faults: <_>::default(),
        })
    }

    /// Returns the folders that whole files are in.
    pub(crate) fn folders(&self) -> Vec<PathBuf> {
        (0..FOLDERS).map(|number| self.root.join(format!("{number:02x}"))).collect()
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn path(&self, file: FileId) -> PathBuf {
        self.root.join(format!("{:02x}/{file:016x}", file % FOLDERS))
    }

    /// Writes `pieces` as the content of `file` aside, to be published or discarded.
    pub(crate) fn write(&self, file: FileId, pieces: &[Bytes]) -> io::Result<()> {
        let written = self.write_aside(&self.aside(file), pieces);
        if written.is_err() {
            self.discard(file);
        }
        written
    }

    /// Puts what was written aside in its place: it is seen whole or not at all.
    pub(crate) fn publish(&self, file: FileId) -> io::Result<()> {
        let renamed =
            self.check(Step::Rename).and_then(|()| fs::rename(self.aside(file), self.path(file)));
        if renamed.is_err() {
            self.discard(file);
        }
        renamed
    }

    /// Removes what was written aside.
    pub(crate) fn discard(&self, file: FileId) {
        // What cannot be removed is removed by the next start.
        fs::remove_file(self.aside(file)).unwrap_or_default();
    }

    fn aside(&self, file: FileId) -> PathBuf {
        self.root.join(format!("tmp/{file:016x}"))
    }

    fn write_aside(&self, aside: &Path, pieces: &[Bytes]) -> io::Result<()> {
        self.check(Step::Create)?;
        let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(aside)?;
        for piece in pieces {
            self.check(Step::Write)?;
            out.write_all(piece)?;
        }
        Ok(())
    }

    /// Appends `bytes` to `file`, which ends at `end`; takes back what did not fit.
    pub(crate) fn append(&self, file: FileId, end: u64, bytes: &[u8]) -> io::Result<()> {
        let out = OpenOptions::new().write(true).open(self.path(file))?;
        let appended = self.check(Step::Write).and_then(|()| out.write_all_at(bytes, end));
        if appended.is_err() {
            out.set_len(end).unwrap_or_default();
        }
        appended
    }

    pub(crate) fn read(&self, file: FileId) -> io::Result<File> {
        self.check(Step::Read)?;
        File::open(self.path(file))
    }

    /// Removes `file`; one that is not there is as good as removed.
    pub(crate) fn remove(&self, file: FileId) -> io::Result<()> {
        match fs::remove_file(self.path(file)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    #[cfg(not(test))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "only tests make it fail")]
    const fn check(&self, _step: Step) -> io::Result<()> {
        Ok(())
    }

    #[cfg(test)]
    fn check(&self, step: Step) -> io::Result<()> {
        self.faults.check(step)
    }
}

/// What may fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Create,
    Write,
    Rename,
    Read,
}

/// Returns the bytes that a file of `len` bytes takes.
pub(crate) const fn taken_by(len: u64) -> u64 {
    len.saturating_add(SLACK_BYTES - 1) / SLACK_BYTES * SLACK_BYTES
}
