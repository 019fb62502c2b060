//! What stands beside the tracks: `asset.json` and subtitles.

use crate::{
    scan::SkipError,
    store::{File, Store},
};
use dashpot_packager::{Role, Sheet, Subtitle, Thumbnails};
use serde::Deserialize;
use std::collections::BTreeMap;
use xxhash_rust::xxh3::Xxh3;

/// Bytes of `asset.json`: names and labels typed by hand.
const DESCRIPTION_MAX: u64 = 1 << 20;
/// Bytes of a subtitle file: ten hours of talk are below one megabyte.
const SUBTITLE_MAX: u64 = 4 << 20;

/// `asset.json`: what people call the asset and its tracks.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Description {
    pub(super) title: Option<String>,
    pub(super) tracks: BTreeMap<String, TrackDescription>,
    pub(super) thumbnails: Option<ThumbnailsDescription>,
}

/// How the pictures of `thumbs-1.jpg` and so on are arranged.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ThumbnailsDescription {
    columns: u32,
    rows: u32,
    width: u32,
    height: u32,
    sheets: u32,
}

impl ThumbnailsDescription {
    /// Returns the sheets among the files of an asset.
    pub(super) fn found(
        self,
        store: &Store,
        files: &BTreeMap<String, File>,
    ) -> Result<(Thumbnails, Vec<File>), SkipError> {
        let (mut sheets, mut found) = (Vec::new(), Vec::new());
        for number in 1..=self.sheets {
            let name = format!("thumbs-{number}.jpg");
            let file = files.get(&name).ok_or_else(|| SkipError::Track {
                path: name,
                what: "it is in `asset.json` and not in the folder".to_owned(),
            })?;
            if !store.is_within(file) {
                return Err(SkipError::Outside { path: file.path.to_string() });
            }
            sheets.push(Sheet { path: file.path.to_string(), size: file.size });
            found.push(file.clone());
        }
        let Self { columns, rows, width, height, .. } = self;
        Ok((Thumbnails { columns, rows, width, height, sheets }, found))
    }
}

/// What people call one track.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct TrackDescription {
    pub(super) label: Option<String>,
    role: Option<String>,
}

impl TrackDescription {
    /// Returns what the track is for, if it is said.
    pub(super) fn role(&self) -> Result<Option<Role>, SkipError> {
        let Some(name) = &self.role else { return Ok(None) };
        let known = || Role::ALL.map(Role::name).join(", ");
        Role::named(name).map(Some).ok_or_else(|| SkipError::Track {
            path: "asset.json".to_owned(),
            what: format!("no role `{name}`: there are {}", known()),
        })
    }
}

impl Description {
    pub(super) async fn read(store: &Store, file: &File) -> Result<Self, SkipError> {
        bounded(file, DESCRIPTION_MAX)?;
        if !store.is_within(file) {
            return Err(SkipError::Outside { path: file.path.to_string() });
        }
        let bytes = store.read_all(file).await?;
        serde_json::from_slice(&bytes).map_err(SkipError::Description)
    }
}

pub(super) async fn subtitle(
    store: &Store,
    file: &File,
    id: &str,
    label: Option<String>,
    hash: &mut Xxh3,
) -> Result<Subtitle, SkipError> {
    bounded(file, SUBTITLE_MAX)?;
    let bytes = store.read_all(file).await?;
    hash.update(&bytes);
    let text = std::str::from_utf8(&bytes).map_err(|_| wrong(file, "it is not UTF-8"))?;
    // WebVTT §4.1: a byte order mark may come first.
    if !text.trim_start_matches('\u{FEFF}').starts_with("WEBVTT") {
        return Err(wrong(file, "it does not begin with WEBVTT"));
    }
    let lang = id.rsplit_once('-').map_or("und", |(_, lang)| lang);
    Ok(Subtitle { id: id.to_owned(), lang: lang.to_owned(), label, text: text.into() })
}

fn bounded(file: &File, most: u64) -> Result<(), SkipError> {
    if most < file.size {
        return Err(wrong(file, &format!("it has {} bytes, more than {most}", file.size)));
    }
    Ok(())
}

fn wrong(file: &File, what: &str) -> SkipError {
    SkipError::Track { path: file.path.to_string(), what: what.to_owned() }
}
