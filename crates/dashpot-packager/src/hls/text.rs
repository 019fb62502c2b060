//! Which subtitles a playlist can name: files on demand, and segments in MP4.

use crate::{catalogue::Asset, grammar::Options, text};

/// Subtitles in one language.
pub(super) struct Text {
    pub(super) id: String,
    pub(super) lang: String,
    pub(super) label: Option<String>,
    /// Of segments in MP4; files need none.
    pub(super) codec: Option<&'static str>,
}

/// Returns the files, where the options have them.
pub(super) fn files(asset: &Asset, options: &Options) -> Vec<Text> {
    if !text::has_sidecars(options) {
        return Vec::new();
    }
    let file = asset.subtitles.iter().map(|file| Text {
        id: file.id.clone(),
        lang: file.lang.clone(),
        label: file.label.clone(),
        codec: None,
    });
    file.collect()
}

/// Returns the tracks in segments that the options ask for.
pub(super) fn segmented(asset: &Asset, options: &Options) -> Vec<Text> {
    let tracks = text::tracks(asset, options);
    let track = tracks.iter().map(|track| Text {
        id: track.id.clone(),
        lang: track.lang().to_owned(),
        label: track.label(),
        codec: Some(track.codecs()),
    });
    track.collect()
}
