//! What was made.

use std::path::PathBuf;

use serde::Serialize;

use crate::thumbnails::Thumbnails;

/// What was made.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The asset's folder.
    pub path: PathBuf,
    /// Duration of the longest track in seconds.
    pub duration_seconds: f64,
    /// The tracks: video by rising rate, sound, subtitles.
    pub tracks: Vec<TrackReport>,
    /// The sheets of thumbnails, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thumbnails: Option<Thumbnails>,
    /// What was left out or changed, a sentence each.
    pub notes: Vec<String>,
}

/// One track that was made.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrackReport {
    /// The file.
    pub file: String,
    /// What people call it.
    pub label: String,
    /// BCP 47 language tag.
    pub language: Option<String>,
    /// What it is for, by the name that MPDs have, where the source says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<&'static str>,
    /// Codec string of RFC 6381; `wvtt` for WebVTT.
    pub codec: String,
    /// Average rate of the media data; 0 for subtitles.
    pub rate_bps: u64,
    /// How many fragments there are; 0 for subtitles.
    pub fragments: usize,
    /// Size of the file.
    pub size_bytes: u64,
    /// How like the film it is, in decibels of SSIM; `None` where that was not measured.
    pub ssim_db: Option<f64>,
}

impl Report {
    /// Returns the text of `asset.json`, which gives the origin titles and labels.
    pub(crate) fn asset_json(
        title: &str,
        tracks: &[TrackReport],
        thumbnails: Option<&Thumbnails>,
    ) -> String {
        let label = |track: &TrackReport| {
            let id = track.file.rsplit_once('.').map_or(track.file.as_str(), |(id, _)| id);
            let mut about = serde_json::json!({ "label": track.label });
            if let (Some(role), Some(about)) = (track.role, about.as_object_mut()) {
                about.insert("role".to_owned(), role.into());
            }
            (id.to_owned(), about)
        };
        let tracks: serde_json::Map<_, _> = tracks.iter().map(label).collect();
        let mut asset = serde_json::json!({ "title": title, "tracks": tracks });
        if let (Some(thumbnails), Some(asset)) = (thumbnails, asset.as_object_mut()) {
            asset.insert("thumbnails".to_owned(), serde_json::json!(thumbnails));
        }
        format!("{asset:#}\n")
    }
}
