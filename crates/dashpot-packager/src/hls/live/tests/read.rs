//! Reads playlists back, as little as laws need.

use std::collections::BTreeMap;

/// What a client makes of a playlist.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) target_s: f64,
    pub(super) part_target_s: f64,
    pub(super) sequence: u64,
    pub(super) skipped: u64,
    /// Whole segments by number: URL, seconds and the URLs, seconds and independence of parts.
    pub(super) segments: BTreeMap<u64, Whole>,
    /// Parts of the segment that is being made.
    pub(super) parts: Vec<Part>,
    pub(super) hint: Option<String>,
    pub(super) ended: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Whole {
    pub(super) url: String,
    pub(super) seconds: f64,
    pub(super) parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Part {
    pub(super) url: String,
    pub(super) seconds: f64,
    pub(super) independent: bool,
}

/// Returns the value of an attribute that has no comma in it.
fn attribute<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let attributes = line.split_once(':')?.1;
    let found = attributes.split(',').find_map(|one| one.strip_prefix(name)?.strip_prefix('='));
    found.map(|value| value.trim_matches('"'))
}

pub(super) fn read(text: &str) -> Read {
    let mut read = Read::default();
    let (mut seconds, mut number) = (None, None);
    assert!(text.starts_with("#EXTM3U\n") && text.ends_with('\n'));
    for line in text.lines() {
        let value = |tag: &str| line.strip_prefix(tag)?.strip_prefix(':');
        if let Some(target) = value("#EXT-X-TARGETDURATION") {
            read.target_s = target.parse().unwrap();
        } else if value("#EXT-X-PART-INF").is_some() {
            read.part_target_s = attribute(line, "PART-TARGET").unwrap().parse().unwrap();
        } else if let Some(sequence) = value("#EXT-X-MEDIA-SEQUENCE") {
            read.sequence = sequence.parse().unwrap();
        } else if value("#EXT-X-SKIP").is_some() {
            read.skipped = attribute(line, "SKIPPED-SEGMENTS").unwrap().parse().unwrap();
        } else if value("#EXT-X-PART").is_some() {
            read.parts.push(Part {
                url: attribute(line, "URI").unwrap().to_owned(),
                seconds: attribute(line, "DURATION").unwrap().parse().unwrap(),
                independent: attribute(line, "INDEPENDENT") == Some("YES"),
            });
        } else if value("#EXT-X-PRELOAD-HINT").is_some() {
            read.hint = attribute(line, "URI").map(str::to_owned);
        } else if let Some(duration) = value("#EXTINF") {
            seconds = Some(duration.trim_end_matches(',').parse().unwrap());
        } else if line == "#EXT-X-ENDLIST" {
            read.ended = true;
        } else if !line.starts_with('#') {
            let next = number.map_or(read.sequence + read.skipped, |number: u64| number + 1);
            number = Some(next);
            let parts = std::mem::take(&mut read.parts);
            let whole = Whole { url: line.to_owned(), seconds: seconds.take().unwrap(), parts };
            read.segments.insert(next, whole);
        }
    }
    read
}
