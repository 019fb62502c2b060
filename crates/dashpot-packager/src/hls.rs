//! HLS playlists of what MPDs describe: the same segments, at the same URLs, so that a cache keeps
//! one copy whoever plays.
//!
//! * `ladder` says what there is to choose from, in the multivariant playlist, and `text` which
//!   subtitles.
//! * `vod` lists the segments of a film on demand.
//! * `live` lists those of a film that runs by the clock, and `directives` reads what a client waits
//!   for.

mod directives;
mod ladder;
mod live;
mod text;
mod vod;

pub(crate) use live::Channel;
pub(crate) use vod::Film;

use crate::{catalogue::Asset, grammar::TRICK, options::OptionError, respond::Refused};
use dashpot_base::MediaTime;
use dashpot_hls::Map;

/// The media type of a playlist (RFC 8216bis §4).
pub(crate) const MEDIA_TYPE: &str = "application/vnd.apple.mpegurl";

/// What a rate comes to for a player: of its largest segment, and of all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rate {
    peak_bps: u64,
    average_bps: u64,
}

/// Returns the name of the playlist of a track, beside that of the asset.
fn playlist_of(id: &str) -> String {
    format!("hls-{id}.m3u8")
}

/// Returns where the segments of a track are, from its playlist.
fn folder(asset: &Asset, id: &str) -> String {
    format!("{}/{id}", asset.version())
}

fn map(folder: &str) -> Map {
    Map { uri: format!("{folder}/init.mp4"), range: None }
}

/// Returns `EXT-X-TARGETDURATION` for segments no longer than these.
///
/// RFC 8216bis §4.4.3.1: no duration, rounded to the nearest second, is above it.
fn target_seconds(longest: impl Iterator<Item = MediaTime>) -> u64 {
    let rounded = longest.map(|time| {
        let scale = u64::from(time.timescale).max(1);
        (time.ticks.saturating_mul(2).saturating_add(scale)) / (scale * 2)
    });
    rounded.max().unwrap_or(0).max(1)
}

/// RFC 8216bis §4.4.3.6: in a playlist of key frames, each segment is one. Segments of several groups
/// of pictures have several.
fn one_key_frame(speed: u64) -> Refused {
    let given = format!("{}_{speed}", TRICK.name);
    let why = "a playlist of key frames has one in each segment: leave `seg_` out".to_owned();
    Refused::BadRequest(OptionError::Fit { given, why }.to_string())
}
