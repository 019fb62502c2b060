//! What requests are for, as metrics have it.

use crate::drm;

/// Returns what is asked for, in the few words that a metric can have.
pub(super) fn kind(path: &str) -> &'static str {
    if path.starts_with("/time/") {
        return "time";
    }
    for (below, kind) in [("/steering/", "steering"), ("/ingest/", "ingest")] {
        if path.starts_with(below) {
            return kind;
        }
    }
    if drm::is_licence(path) {
        return "licence";
    }
    if !["/vod/", "/live/", "/livesim2/", "/channel/", "/manifests/"]
        .iter()
        .any(|below| path.starts_with(below))
    {
        return "page";
    }
    match path.rsplit_once('.') {
        Some((_, "mpd")) => "manifest",
        Some((_, "m3u8")) => "playlist",
        Some((_, "mpp")) => "patch",
        Some((_, "xml")) => "remote",
        Some((before, "mp4")) if before.ends_with("/init") => "init",
        Some((_, "mp4")) => "file",
        Some((_, "m4s")) => "segment",
        Some((_, "vtt")) => "text",
        _ => "other",
    }
}
