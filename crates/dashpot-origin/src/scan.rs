//! What the media folder holds: every asset whose files hold together, and why others do not.

mod piece;
mod sidecar;
mod track;
mod walk;

use crate::store::{File, ReadError, Store};
use dashpot_base::WallTime;
use dashpot_packager::{Asset, AssetError, AssetSource, Catalogue, Kind, is_name};
use sidecar::Description;
use std::{collections::BTreeMap, io};
use tracing::warn;
use xxhash_rust::xxh3::Xxh3;

/// Assets in one folder; beyond this a scan at every start is the wrong tool.
const ASSETS_MAX: usize = 10_000;
/// Files of one asset: ladders have tens.
const FILES_MAX: usize = 256;

/// Bytes of a sheet of thumbnails that count for the fingerprint: most of one.
const SHEET_SAMPLED: u64 = 64 << 10;

/// Raised whenever the packager makes other bytes of the same files, which gives them other URLs.
const PACKAGING: u8 = 1;

/// What a scan found.
#[derive(Debug)]
pub(crate) struct Scan {
    pub(crate) catalogue: Catalogue,
    /// The files behind the catalogue, by the paths that its tracks have.
    pub(crate) files: BTreeMap<String, File>,
    /// Folders that are not served, each with the reason.
    pub(crate) skipped: Vec<String>,
}

/// Why one asset is not served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SkipError {
    /// The folder could not be listed.
    #[error("cannot list its files")]
    List(#[source] io::Error),
    /// A file could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// There are more files than any ladder has.
    #[error("it has {count} files, more than {FILES_MAX}")]
    TooMany {
        /// How many.
        count: usize,
    },
    /// A file is a link to somewhere outside of the media folder.
    #[error("`{path}` is a link out of the media folder")]
    Outside {
        /// The file.
        path: String,
    },
    /// A track's boxes are not what they should be.
    #[error("`{path}`: {what}")]
    Track {
        /// The file.
        path: String,
        /// What is wrong.
        what: String,
    },
    /// `asset.json` is not what it should be.
    #[error("cannot read `asset.json`")]
    Description(#[source] serde_json::Error),
    /// The tracks do not fit together.
    #[error(transparent)]
    Asset(#[from] AssetError),
}

/// Scans every folder of the store. A folder that cannot be served is left out with a warning.
pub(crate) async fn scan(store: &Store) -> io::Result<Scan> {
    let (mut names, strays) = store.top().await?;
    names.sort_unstable();
    if ASSETS_MAX < names.len() {
        warn!(found = names.len(), served = ASSETS_MAX, "too many assets: the last are left out");
        names.truncate(ASSETS_MAX);
    }
    let (mut assets, mut files, mut skipped) = (Vec::new(), BTreeMap::new(), Vec::new());
    let is_media = |name: &&String| name.rsplit_once('.').is_some_and(|(_, end)| end == "mp4");
    let strays: Vec<_> = strays.iter().filter(is_media).collect();
    if let Some(first) = strays.first() {
        let (reason, count) = (stray(first), strays.len());
        warn!(count, reason, "media beside the folders of assets is not served");
        skipped.push(reason);
    }
    for name in names.iter().filter(|name| !name.starts_with('.')) {
        match asset(store, name).await {
            Ok((asset, found)) => {
                assets.push(asset);
                files.extend(found);
            }
            Err(error) => {
                let reason = with_causes(&error);
                warn!(asset = name, reason, "asset is not served");
                skipped.push(format!("{name}: {reason}"));
            }
        }
    }
    Ok(Scan { catalogue: Catalogue::new(assets), files, skipped })
}

fn stray(name: &str) -> String {
    format!(
        "`{name}` lies in no asset's folder: put its tracks into a folder, or make one with `dashpot ingest`"
    )
}

async fn asset(store: &Store, name: &str) -> Result<(Asset, BTreeMap<String, File>), SkipError> {
    if !is_name(name) {
        return Err(AssetError::Name { name: name.to_owned() }.into());
    }
    let files = store.files(name).await.map_err(SkipError::List)?;
    if FILES_MAX < files.len() {
        return Err(SkipError::TooMany { count: files.len() });
    }
    let description = match files.get("asset.json") {
        Some(file) => Description::read(store, file).await?,
        None => Description::default(),
    };
    let mut source = AssetSource {
        name: name.to_owned(),
        title: description.title.clone().unwrap_or_else(|| name.to_owned()),
        ..AssetSource::default()
    };
    let (mut hash, mut used) = (Xxh3::new(), BTreeMap::new());
    hash.update(&[PACKAGING]);
    let described = files.get("asset.json").map(|file| file.modified);
    let mut modified = described.unwrap_or(WallTime::EPOCH);
    for (file_name, file) in &files {
        let Some((id, ending)) = file_name.rsplit_once('.').filter(|(id, _)| !id.is_empty()) else {
            continue;
        };
        if matches!(ending, "mp4" | "vtt") && !store.is_within(file) {
            return Err(SkipError::Outside { path: file.path.to_string() });
        }
        let described = description.tracks.get(id);
        let label = described.and_then(|track| track.label.clone());
        if let Some(role) = described.map_or(Ok(None), |track| track.role())? {
            source.roles.insert(id.to_owned(), role);
        }
        match ending {
            "mp4" => source.tracks.push(track::read(store, file, id, label, &mut hash).await?),
            "vtt" => {
                source.subtitles.push(sidecar::subtitle(store, file, id, label, &mut hash).await?);
            }
            _ => continue,
        }
        modified = modified.max(file.modified);
        used.insert(file.path.to_string(), file.clone());
    }
    if let Some(thumbnails) = description.thumbnails {
        let (sheets, found) = thumbnails.found(store, &files)?;
        for file in found {
            hash.update(file.path.as_ref().as_bytes());
            hash.update(&store.read(&file, 0..file.size.min(SHEET_SAMPLED)).await?);
            hash.update(&file.size.to_le_bytes());
            modified = modified.max(file.modified);
            used.insert(file.path.to_string(), file);
        }
        source.thumbnails = Some(sheets);
    }
    // Pictures before sound, else in the order of names.
    source.tracks.sort_by_key(|track| matches!(track.kind, Kind::Audio { .. }));
    (source.fingerprint, source.modified) = (hash.digest(), modified);
    Ok((Asset::new(source)?, used))
}

/// Returns an error with its causes in one line, for a log.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}

#[cfg(test)]
mod tests;
