//! The asset's folder: made aside, moved into its place when it is whole. Blocking.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::config::Existing;
use crate::error::IngestError;

/// A folder beside the asset's place. It goes, with all that is in it, when it is dropped.
#[derive(Debug)]
pub(crate) struct Folder {
    aside: TempDir,
    target: PathBuf,
    existing: Existing,
}

impl Folder {
    /// Makes a folder for the asset `name` within `out`, which is made, too, when it is missing.
    pub(crate) fn new(out: &Path, name: &str, existing: Existing) -> Result<Self, IngestError> {
        check_name(name)?;
        let target = out.join(name);
        if existing == Existing::Keep && target.symlink_metadata().is_ok() {
            return Err(IngestError::Exists(target));
        }
        fs::create_dir_all(out).map_err(|source| IngestError::write(out, source))?;
        // Beside the target, so that moving it is a rename within one file system. The leading dot keeps
        // servers from listing it.
        let aside = tempfile::Builder::new()
            .prefix(".ingest-")
            .tempdir_in(out)
            .map_err(|source| IngestError::write(out, source))?;
        let folder = Self { aside, target, existing };
        for part in [folder.asset(), folder.work()] {
            fs::create_dir(&part).map_err(|source| IngestError::write(part, source))?;
        }
        Ok(folder)
    }

    /// Returns where the asset's files are written.
    pub(crate) fn asset(&self) -> PathBuf {
        self.aside.path().join("asset")
    }

    /// Returns where files go that are not part of the asset.
    pub(crate) fn work(&self) -> PathBuf {
        self.aside.path().join("work")
    }

    /// Moves the asset into its place and returns that.
    pub(crate) fn commit(self) -> Result<PathBuf, IngestError> {
        let write_error = |source| IngestError::write(&self.target, source);
        sync_folder(&self.asset())?;
        let old = self.aside.path().join("old");
        let replaced = match (self.existing, self.target.symlink_metadata().is_ok()) {
            (Existing::Keep, true) => return Err(IngestError::Exists(self.target)),
            (Existing::Replace, true) => {
                fs::rename(&self.target, &old).map_err(write_error)?;
                true
            }
            (Existing::Keep | Existing::Replace, false) => false,
        };
        if let Err(source) = fs::rename(self.asset(), &self.target) {
            if replaced {
                fs::rename(&old, &self.target).map_err(write_error)?;
            }
            return Err(write_error(source));
        }
        if let Some(out) = self.target.parent() {
            sync_folder(out)?;
        }
        Ok(self.target)
    }
}

/// Flushes the entries of a folder, without which a file may be whole and yet not there after a crash.
fn sync_folder(path: &Path) -> Result<(), IngestError> {
    // An empty path is the current folder.
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    File::open(path)
        .and_then(|folder| folder.sync_all())
        .map_err(|source| IngestError::write(path, source))
}

/// The same names that the origin serves: no escape in a URL, nothing hidden, nothing that climbs.
fn check_name(name: &str) -> Result<(), IngestError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let sound = (1..=64).contains(&name.len())
        && !name.starts_with('.')
        && name != "init"
        && name.bytes().all(allowed);
    if sound { Ok(()) } else { Err(IngestError::Name(name.to_owned())) }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Folder, check_name};
    use crate::config::Existing;
    use crate::error::IngestError;

    #[test]
    fn names_stand_in_urls_and_never_climb() {
        for (name, sound) in [
            ("film", true),
            ("A-1_b.c", true),
            ("", false),
            (".hidden", false),
            ("..", false),
            ("a/b", false),
            ("a b", false),
            ("init", false),
            ("한국", false),
            (&"x".repeat(65), false),
        ] {
            assert_eq!(check_name(name).is_ok(), sound, "{name}");
        }
    }

    #[test]
    fn an_asset_is_there_whole_or_not_at_all() {
        let out = tempfile::tempdir().unwrap();
        let listed = || {
            let names = fs::read_dir(out.path()).unwrap().map(|entry| entry.unwrap().file_name());
            names.map(|name| name.into_string().unwrap()).collect::<Vec<_>>()
        };
        let made = |text: &str, existing| {
            let folder = Folder::new(out.path(), "film", existing).unwrap();
            fs::write(folder.asset().join("v1.mp4"), text).unwrap();
            folder
        };
        drop(made("dropped", Existing::Keep));
        assert!(listed().is_empty());
        made("first", Existing::Keep).commit().unwrap();
        let again = Folder::new(out.path(), "film", Existing::Keep);
        assert!(matches!(again, Err(IngestError::Exists(_))));
        drop(made("dropped", Existing::Replace));
        assert_eq!(fs::read_to_string(out.path().join("film/v1.mp4")).unwrap(), "first");
        made("second", Existing::Replace).commit().unwrap();
        assert_eq!(fs::read_to_string(out.path().join("film/v1.mp4")).unwrap(), "second");
        assert_eq!(listed(), ["film"]);
    }
}
