//! Which subtitles a playlist can name: files on demand, and segments in MP4.

use crate::{catalogue::Asset, grammar::Options, text};
use std::time::Duration;

/// Subtitles in one language.
pub(super) struct Text {
    pub(super) id: String,
    pub(super) lang: String,
    pub(super) label: Option<String>,
    /// Of segments in MP4; files need none.
    pub(super) codec: Option<&'static str>,
    /// The rate of its largest segment, in bits per second.
    pub(super) peak_bps: u64,
}

/// Returns the files, where the options have them.
pub(super) fn files(asset: &Asset, options: &Options) -> Vec<Text> {
    if !text::has_sidecars(options) {
        return Vec::new();
    }
    let seconds = asset.period.as_duration().as_secs().max(1);
    // Looping repeats the text as often as the film, so that the rate stays.
    let rate = |text: &str| {
        u64::try_from(text.len()).unwrap_or(u64::MAX).saturating_mul(8).div_ceil(seconds)
    };
    let file = asset.subtitles.iter().map(|file| Text {
        id: file.id.clone(),
        lang: file.lang.clone(),
        label: file.label.clone(),
        codec: None,
        peak_bps: rate(&file.text),
    });
    file.collect()
}

/// Returns the tracks in segments that the options ask for, which last at most so long.
pub(super) fn segmented(asset: &Asset, options: &Options, longest: Duration) -> Vec<Text> {
    let longest_ms = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX);
    let tracks = text::tracks(asset, options);
    let track = tracks.iter().map(|track| Text {
        id: track.id.clone(),
        lang: track.lang().to_owned(),
        label: track.label(),
        codec: Some(track.codecs()),
        peak_bps: track.bandwidth(longest_ms),
    });
    track.collect()
}

/// Says whether the options ask for a track of that name.
pub(super) fn has(asset: &Asset, options: &Options, id: &str) -> bool {
    text::tracks(asset, options).iter().any(|track| track.id == id)
}
