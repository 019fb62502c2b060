//! Where media is: read by ranges, a bounded number at a time.

use bytes::Bytes;
use dashpot_base::WallTime;
use dashpot_packager::SealError;
use object_store::{
    GetOptions, GetRange, ObjectMeta, ObjectStore, local::LocalFileSystem, path::Path,
};
use std::{collections::BTreeMap, io, ops::Range, path::PathBuf, sync::Arc};
use tokio::sync::Semaphore;

/// Reads under way at one time: enough to keep a disk's queue full, far below the runtime's
/// blocking threads.
const READS_MAX: usize = 64;

/// Why bytes could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The file cannot be opened or read.
    #[error("cannot read `{path}`")]
    Store {
        /// The file.
        path: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file is another one than was scanned.
    #[error("cannot read `{path}`: it was changed after the server had started")]
    Changed {
        /// The file.
        path: String,
    },
    /// The scan did not find the file.
    #[error("cannot read `{path}`: it is not in the catalogue")]
    Unknown {
        /// The file.
        path: String,
    },
    /// What was read cannot be protected.
    #[error("cannot protect `{path}`")]
    Seal {
        /// The file.
        path: String,
        /// Why.
        source: SealError,
    },
    /// So much would have to be in memory at once.
    #[error("cannot protect `{path}`: {size} bytes of one segment are too many")]
    Large {
        /// The file.
        path: String,
        /// Bytes of the segment.
        size: u64,
    },
    /// The store gave another number of bytes than was asked for.
    #[error("cannot read `{path}`: {given} bytes came instead of {asked}")]
    Length {
        /// The file.
        path: String,
        /// Bytes that came.
        given: usize,
        /// Bytes that should have come.
        asked: u64,
    },
}

/// A file as the scan found it.
#[derive(Clone, Debug)]
pub(crate) struct File {
    /// Relative to the media root.
    pub(crate) path: Path,
    pub(crate) size: u64,
    pub(crate) modified: WallTime,
    version: Option<String>,
}

/// A media store. Only files below its root are ever opened.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    inner: Arc<dyn ObjectStore>,
    /// The root as the file system knows it, without links.
    root: PathBuf,
    reads: Arc<Semaphore>,
}

impl Store {
    /// Opens the directory `root`.
    pub(crate) fn local(root: &std::path::Path) -> io::Result<Self> {
        let root = root.canonicalize()?;
        if !root.is_dir() {
            return Err(io::Error::new(io::ErrorKind::NotADirectory, "it is a file, not a folder"));
        }
        let inner = LocalFileSystem::new_with_prefix(&root).map_err(cause)?;
        let reads = Arc::new(Semaphore::new(READS_MAX));
        Ok(Self { inner: Arc::new(inner), root, reads })
    }

    /// Returns the names of the directories and those of the files in the root.
    pub(crate) async fn top(&self) -> io::Result<(Vec<String>, Vec<String>)> {
        let listed = self.inner.list_with_delimiter(None).await.map_err(cause)?;
        let name = |path: &Path| path.filename().map(str::to_owned);
        let directories = listed.common_prefixes.iter().filter_map(name).collect();
        let files = listed.objects.iter().filter_map(|meta| name(&meta.location)).collect();
        Ok((directories, files))
    }

    /// Returns the files in a directory of the root, by name.
    pub(crate) async fn files(&self, directory: &str) -> io::Result<BTreeMap<String, File>> {
        let directory = Path::from(directory);
        let listed = self.inner.list_with_delimiter(Some(&directory)).await.map_err(cause)?;
        let named = |meta: ObjectMeta| Some((meta.location.filename()?.to_owned(), file(meta)));
        Ok(listed.objects.into_iter().filter_map(named).collect())
    }

    /// Says whether a file lies within the root once all links are followed.
    pub(crate) fn is_within(&self, file: &File) -> bool {
        let place = self.root.join(file.path.as_ref());
        place.canonicalize().is_ok_and(|real| real.starts_with(&self.root))
    }

    /// Reads a range of a file that the scan found; another version of the file is an error, so
    /// that no body is ever mixed of two.
    pub(crate) async fn read(&self, file: &File, range: Range<u64>) -> Result<Bytes, ReadError> {
        let asked = range.end.saturating_sub(range.start);
        let options = GetOptions {
            range: Some(GetRange::Bounded(range)),
            if_match: file.version.clone(),
            ..GetOptions::default()
        };
        let failed = |error| {
            let path = file.path.to_string();
            if matches!(error, object_store::Error::Precondition { .. }) {
                ReadError::Changed { path }
            } else {
                ReadError::Store { path, source: cause(error) }
            }
        };
        // The semaphore is never closed, so that a permit always comes.
        let _permit = self.reads.acquire().await.ok();
        let result = self.inner.get_opts(&file.path, options).await.map_err(failed)?;
        let bytes = result.bytes().await.map_err(failed)?;
        if u64::try_from(bytes.len()) != Ok(asked) {
            let (path, given) = (file.path.to_string(), bytes.len());
            return Err(ReadError::Length { path, given, asked });
        }
        Ok(bytes)
    }

    /// Reads a whole small file.
    pub(crate) async fn read_all(&self, file: &File) -> Result<Bytes, ReadError> {
        if file.size == 0 {
            return Ok(Bytes::new());
        }
        self.read(file, 0..file.size).await
    }
}

/// Returns what the operating system said, without the store's levels around it: each of them
/// repeats the one below, and the path, which our own errors name once.
fn cause(error: object_store::Error) -> io::Error {
    let mut found: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(level) = found {
        if let Some(system) = level.downcast_ref::<io::Error>() {
            return system
                .raw_os_error()
                .map_or_else(|| system.kind().into(), io::Error::from_raw_os_error);
        }
        found = level.source();
    }
    io::Error::other(error)
}

fn file(meta: ObjectMeta) -> File {
    let seconds = u64::try_from(meta.last_modified.timestamp()).unwrap_or(0);
    let modified = WallTime::from_unix_seconds(seconds);
    File { path: meta.location, size: meta.size, modified, version: meta.e_tag }
}
