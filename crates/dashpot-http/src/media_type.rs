//! Media types by file extension: those of streaming, and of a page that shows it.

/// Extension and type; RFC 6381 parameters are the manifest's to give.
const TYPES: &[(&str, &str)] = &[
    ("css", "text/css; charset=utf-8"),
    ("html", "text/html; charset=utf-8"),
    ("ico", "image/x-icon"),
    ("js", "text/javascript; charset=utf-8"),
    ("json", "application/json"),
    ("m3u8", "application/vnd.apple.mpegurl"),
    ("m4a", "audio/mp4"),
    ("m4s", "video/iso.segment"),
    ("m4v", "video/mp4"),
    ("map", "application/json"),
    ("mp4", "video/mp4"),
    ("mpd", "application/dash+xml"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("ttml", "application/ttml+xml"),
    ("txt", "text/plain; charset=utf-8"),
    ("vtt", "text/vtt; charset=utf-8"),
    ("wasm", "application/wasm"),
    ("webm", "video/webm"),
    ("woff2", "font/woff2"),
    ("xml", "application/xml"),
];

/// Returns the media type of a path by its extension, whose case does not matter.
#[must_use]
pub fn of_path(path: &str) -> Option<&'static str> {
    let file = path.rsplit('/').next().unwrap_or(path);
    let (_, extension) = file.rsplit_once('.')?;
    let found = TYPES.iter().find(|(known, _)| extension.eq_ignore_ascii_case(known));
    found.map(|&(_, media_type)| media_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_of_the_last_segment_decides() {
        for (path, expected) in [
            ("/vod/film/number.mpd", Some("application/dash+xml")),
            ("v1/init.MP4", Some("video/mp4")),
            ("s-en.vtt", Some("text/vtt; charset=utf-8")),
            ("/a.mpd/b", None),
            ("mpd", None),
            ("", None),
        ] {
            assert_eq!(of_path(path), expected, "{path}");
        }
    }
}
