//! Sidecar subtitles: WebVTT files beside the tracks.

use std::fs;
use std::path::Path;

use dashpot_bmff::shortest_language;

use crate::error::IngestError;

/// Ten hours of talk are below one megabyte.
const MAX_LEN: u64 = 4 << 20;

/// Reads a WebVTT file.
pub(crate) fn read(path: &Path) -> Result<String, IngestError> {
    let read_error = |source| IngestError::Read { path: path.to_owned(), source };
    let unusable = |why: &str| IngestError::Unusable { path: path.to_owned(), why: why.to_owned() };
    if MAX_LEN < fs::metadata(path).map_err(read_error)?.len() {
        return Err(unusable("subtitles of more than 4 MiB"));
    }
    let text = String::from_utf8(fs::read(path).map_err(read_error)?);
    let text = text.map_err(|_| unusable("WebVTT is UTF-8, and this is not"))?;
    // W3C WebVTT §4.1: an optional byte order mark, then the signature alone or before a space or line end.
    let body = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let after = body.strip_prefix("WEBVTT").ok_or_else(|| unusable("not a WebVTT file"))?;
    if !after.is_empty() && !after.starts_with([' ', '\t', '\n', '\r']) {
        return Err(unusable("not a WebVTT file"));
    }
    Ok(body.to_owned())
}

/// Returns the language that a file name says, as in `s-en.vtt` and `film.ko.vtt`.
pub(crate) fn language_of(path: &Path) -> Option<String> {
    let stem = path.file_stem()?.to_str()?;
    let suffix = stem.rsplit(['-', '.', '_']).next().filter(|suffix| suffix.len() < stem.len())?;
    shortest_language(suffix)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{language_of, read};

    #[test]
    fn languages_come_from_file_names() {
        for (name, expected) in [
            ("s-en.vtt", Some("en")),
            ("film.kor.vtt", Some("ko")),
            ("a/b_DE.vtt", Some("de")),
            ("film.vtt", None),
            ("en.vtt", None),
            ("film-x.vtt", None),
        ] {
            assert_eq!(language_of(Path::new(name)).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn only_webvtt_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s-en.vtt");
        for (text, sound) in [
            (&b"WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n"[..], true),
            (b"\xef\xbb\xbfWEBVTT title\n", true),
            (b"WEBVTT", true),
            (b"WEBVTTX", false),
            (b"1\n00:00:00,000 --> 00:00:01,000\nHello\n", false),
            (b"WEBVTT\n\xff", false),
        ] {
            fs::write(&path, text).unwrap();
            assert_eq!(read(&path).is_ok(), sound, "{}", String::from_utf8_lossy(text));
        }
        assert!(read(&folder.path().join("absent.vtt")).is_err());
    }
}
