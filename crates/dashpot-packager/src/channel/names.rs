//! Which track a path of an encoder is about.

use crate::address::is_name;

/// Words that encoders put before and behind the name of a track.
const WORDS: [&str; 6] = ["init", "chunk", "seg", "segment", "header", "media"];

/// Returns the name of the track of a path behind the channel, such as `chunk-stream0-00001.m4s`,
/// `video/12.m4s` or `Streams(video.cmfv)`; `None` where it can be none.
///
/// It is what remains without the words that say what a file is and without the number of a
/// segment, so that an encoder's initialization segments and segments come to one name.
#[must_use]
pub fn track_name(path: &str) -> Option<String> {
    // DASH-IF Live Media Ingest §6.5: the syntax of Smooth Streaming, which CMAF encoders kept.
    let path =
        path.strip_prefix("Streams(").and_then(|path| path.strip_suffix(')')).unwrap_or(path);
    let (stem, _) = path.rsplit_once('.').unwrap_or((path, ""));
    let mut words: Vec<&str> = stem.split(['-', '_', '/']).collect();
    let is_number =
        |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    let is_init = words.iter().any(|word| ["init", "header"].contains(word));
    if 1 < words.len() && !is_init && words.last().is_some_and(is_number) {
        words.pop();
    }
    words.retain(|word| !WORDS.contains(word));
    let name = words.join("-");
    let name = if name.is_empty() { "main".to_owned() } else { name };
    is_name(&name).then_some(name)
}
