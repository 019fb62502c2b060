//! What `dashpot up` plays: the test film, a person's own, a folder, or an MPD elsewhere.

use anyhow::{Context as _, bail};
use rust_embed::Embed;
use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;
use url::Url;

#[derive(Embed)]
#[folder = "$CARGO_MANIFEST_DIR/../../media"]
struct Film;

#[derive(Embed)]
#[folder = "$CARGO_MANIFEST_DIR/../../manifests"]
struct Manifests;

/// Where the media of a run comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The test film in this binary.
    Film,
    /// A film that becomes an asset first.
    File(PathBuf),
    /// A folder of assets.
    Folder(PathBuf),
    /// An MPD that an origin elsewhere serves.
    Mpd(Url),
}

impl Source {
    /// Returns what `text` means; the test film where it is absent.
    ///
    /// # Errors
    /// Where it is neither an address nor a path that exists.
    pub(crate) fn of(text: Option<&str>) -> anyhow::Result<Self> {
        let Some(text) = text else { return Ok(Self::Film) };
        if text.contains("://") {
            let url = Url::parse(text).with_context(|| format!("`{text}` is not a URL"))?;
            if !["http", "https"].contains(&url.scheme()) {
                bail!("`{text}`: only http and https are fetched");
            }
            return Ok(Self::Mpd(url));
        }
        let path = PathBuf::from(text);
        let kind = fs::metadata(&path).with_context(|| {
            format!("cannot open `{text}`: give a film, a folder of assets, or the URL of an MPD")
        })?;
        Ok(if kind.is_dir() { Self::Folder(path) } else { Self::File(path) })
    }
}

/// Media written out for the length of a run.
#[derive(Debug)]
pub(crate) struct Unpacked {
    dir: TempDir,
}

impl Unpacked {
    /// Makes a temporary folder, which goes when this is dropped.
    ///
    /// # Errors
    /// Where the folder cannot be made.
    pub(crate) fn empty() -> anyhow::Result<Self> {
        let dir = tempfile::Builder::new()
            .prefix("dashpot-up-")
            .tempdir()
            .context("cannot make a temporary folder")?;
        Ok(Self { dir })
    }

    /// Writes the test film and the manifests over it into a temporary folder.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub(crate) fn film() -> anyhow::Result<Self> {
        let unpacked = Self::empty()?;
        unpack::<Film>(&unpacked.media())?;
        unpack::<Manifests>(&unpacked.manifests())?;
        Ok(unpacked)
    }

    /// Returns the folder of assets.
    pub(crate) fn media(&self) -> PathBuf {
        self.dir.path().join("media")
    }

    /// Returns the folder of manifests.
    pub(crate) fn manifests(&self) -> PathBuf {
        self.dir.path().join("manifests")
    }
}

fn unpack<E: Embed>(to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to).with_context(|| format!("cannot make `{}`", to.display()))?;
    for name in E::iter() {
        let path = to.join(&*name);
        if let (Some(file), Some(parent)) = (E::get(&name), path.parent()) {
            fs::create_dir_all(parent)
                .and_then(|()| fs::write(&path, &file.data))
                .with_context(|| format!("cannot write `{}`", path.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_told_by_its_shape() {
        assert_eq!(Source::of(None).unwrap(), Source::Film);
        assert!(matches!(Source::of(Some("http://h/a.mpd")).unwrap(), Source::Mpd(_)));
        assert!(matches!(Source::of(Some("src")).unwrap(), Source::Folder(_)));
        assert!(matches!(Source::of(Some("Cargo.toml")).unwrap(), Source::File(_)));
        for (text, expected) in [
            ("ftp://h/a.mpd", "only http and https"),
            ("http://", "is not a URL"),
            ("no such file", "give a film, a folder of assets, or the URL of an MPD"),
        ] {
            let error = Source::of(Some(text)).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
