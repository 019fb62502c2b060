//! What is not media: the index, its JSON, and manifests written by hand.

mod html;
mod json;
mod urlgen;

pub(crate) use html::{escape, index};
pub(crate) use json::assets;
pub(crate) use urlgen::urlgen;

use bytes::Bytes;
use dashpot_base::WallTime;
use dashpot_packager::is_name;
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

/// Hand-written manifests in one folder.
const MANIFESTS_MAX: usize = 1_000;
/// Bytes of one of them.
const MANIFEST_BYTES_MAX: u64 = 4 << 20;

/// Manifests written by hand, kept in memory as they are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Manifests(BTreeMap<String, Manifest>);

/// One of them.
#[derive(Clone, Debug)]
pub(crate) struct Manifest {
    pub(crate) text: Bytes,
    /// When the file last changed, where the file system says so.
    pub(crate) modified: Option<WallTime>,
}

impl Manifests {
    /// Reads every `.mpd` in `folder`, which is done once, before the server takes requests.
    pub(crate) fn read(folder: &Path) -> Result<Self, (PathBuf, io::Error)> {
        let at_folder = |source| (folder.to_owned(), source);
        let root = folder.canonicalize().map_err(at_folder)?;
        let mut texts = BTreeMap::new();
        for entry in fs::read_dir(&root).map_err(at_folder)?.take(MANIFESTS_MAX) {
            let path = entry.map_err(at_folder)?.path();
            let at_file = |source| (path.clone(), source);
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            if !name.ends_with(".mpd") || !is_name(name) {
                continue;
            }
            let real = path.canonicalize().map_err(at_file)?;
            let about = fs::metadata(&real).map_err(at_file)?;
            if !real.starts_with(&root) || MANIFEST_BYTES_MAX < about.len() {
                let what = "it is a link out of its folder, or larger than 4 MiB";
                return Err(at_file(io::Error::new(io::ErrorKind::InvalidData, what)));
            }
            let modified = about.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
            let modified = modified.map(|since| WallTime::from_unix_seconds(since.as_secs()));
            let text = fs::read(&real).map_err(at_file)?.into();
            texts.insert(name.to_owned(), Manifest { text, modified });
        }
        Ok(Self(texts))
    }

    /// Returns one of them.
    pub(crate) fn get(&self, name: &str) -> Option<&Manifest> {
        self.0.get(name)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}
