//! The playlist that lists the segments of one rendition (RFC 8216bis §4.4.3 to §4.4.5).

use crate::text::{Tag, seconds};
use dashpot_base::MediaTime;
use std::ops::Range;

/// A media playlist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Playlist {
    /// `EXT-X-TARGETDURATION` in seconds: no segment is longer, rounded to the nearest second.
    pub target_seconds: u64,
    /// `EXT-X-MEDIA-SEQUENCE`: the number of the first segment, listed or skipped.
    pub media_sequence: u64,
    /// `EXT-X-PLAYLIST-TYPE`, where it is known how the playlist will change.
    pub kind: Option<Kind>,
    /// `EXT-X-INDEPENDENT-SEGMENTS`: every segment can be decoded without any other.
    pub independent_segments: bool,
    /// `EXT-X-I-FRAMES-ONLY`: each segment is one key frame.
    pub key_frames_only: bool,
    /// `EXT-X-SERVER-CONTROL`.
    pub server_control: Option<ServerControl>,
    /// `EXT-X-PART-INF`: the longest that a part can be.
    pub part_target: Option<MediaTime>,
    /// `EXT-X-MAP` of all segments.
    pub map: Option<Map>,
    /// `EXT-X-SKIP`: how many segments a client has already that asked for an update.
    pub skipped: u64,
    /// The segments that are whole.
    pub segments: Vec<Segment>,
    /// The parts there are of the segment that is being made.
    pub parts: Vec<Part>,
    /// `EXT-X-PRELOAD-HINT`: the part that comes next.
    pub hint: Option<Hint>,
    /// `EXT-X-RENDITION-REPORT`: how far the other renditions are.
    pub reports: Vec<Report>,
    /// `EXT-X-ENDLIST`: no segment will be added.
    pub ended: bool,
}

/// How a playlist may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Never.
    Vod,
    /// Only by what is added at its end.
    Event,
}

/// What a server does for those who ask again (RFC 8216bis §4.4.3.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerControl {
    /// `CAN-BLOCK-RELOAD`: an answer can wait until what is asked for is there.
    pub can_block_reload: bool,
    /// `CAN-SKIP-UNTIL`: segments this far before the end can be left out of an update.
    pub can_skip_until: Option<MediaTime>,
    /// `HOLD-BACK`: how far from the end to play.
    pub hold_back: Option<MediaTime>,
    /// `PART-HOLD-BACK`: how far from the end to play in parts.
    pub part_hold_back: Option<MediaTime>,
}

/// Where what stands before all media is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Map {
    /// Of the resource.
    pub uri: String,
    /// Which of its bytes; all where absent.
    pub range: Option<Range<u64>>,
}

/// One segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Of the resource.
    pub uri: String,
    /// `EXT-X-BYTERANGE`: which of its bytes; all where absent.
    pub range: Option<ByteRange>,
    /// `EXTINF`.
    pub duration: MediaTime,
    /// `EXT-X-DISCONTINUITY` before it: encoding or times begin anew.
    pub discontinuity: bool,
    /// `EXT-X-PROGRAM-DATE-TIME`: when its first sample was made, as ISO 8601 has it.
    pub made: Option<String>,
    /// What it consists of, where that is worth to say.
    pub parts: Vec<Part>,
}

/// Bytes of a resource.
pub type ByteRange = Range<u64>;

/// One `EXT-X-PART`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Of the resource.
    pub uri: String,
    /// How long it is.
    pub duration: MediaTime,
    /// `INDEPENDENT`: a decoder can begin in it.
    pub independent: bool,
}

/// One `EXT-X-PRELOAD-HINT`, of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// Of the resource.
    pub uri: String,
}

/// One `EXT-X-RENDITION-REPORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Of the other playlist.
    pub uri: String,
    /// `LAST-MSN`: the number of its last segment, whole or being made.
    pub last_sequence: u64,
    /// `LAST-PART`: which part of that is the last, from 0.
    pub last_part: Option<u64>,
}

impl Playlist {
    /// Returns the playlist as text.
    #[must_use]
    pub fn write(&self) -> String {
        // RFC 8216bis §8: `EXT-X-SKIP` needs version 9, `EXT-X-MAP` among whole segments 6.
        let version = if self.skipped == 0 { 6 } else { 9 };
        let mut out = format!("#EXTM3U\n#EXT-X-VERSION:{version}\n");
        let mut line = |text: &str| {
            out.push_str(text);
            out.push('\n');
        };
        line(&format!("#EXT-X-TARGETDURATION:{}", self.target_seconds));
        line(&format!("#EXT-X-MEDIA-SEQUENCE:{}", self.media_sequence));
        match self.kind {
            Some(Kind::Vod) => line("#EXT-X-PLAYLIST-TYPE:VOD"),
            Some(Kind::Event) => line("#EXT-X-PLAYLIST-TYPE:EVENT"),
            None => {}
        }
        if self.independent_segments {
            line("#EXT-X-INDEPENDENT-SEGMENTS");
        }
        if self.key_frames_only {
            line("#EXT-X-I-FRAMES-ONLY");
        }
        if let Some(control) = &self.server_control {
            control.write(&mut out);
        }
        if let Some(target) = self.part_target {
            Tag::new("EXT-X-PART-INF").plain("PART-TARGET", seconds(target)).end(&mut out);
        }
        if let Some(map) = &self.map {
            map.write(&mut out);
        }
        if 0 < self.skipped {
            Tag::new("EXT-X-SKIP").plain("SKIPPED-SEGMENTS", self.skipped).end(&mut out);
        }
        self.segments.iter().for_each(|segment| segment.write(&mut out));
        self.parts.iter().for_each(|part| part.write(&mut out));
        if let Some(Hint { uri }) = &self.hint {
            Tag::new("EXT-X-PRELOAD-HINT").plain("TYPE", "PART").quoted("URI", uri).end(&mut out);
        }
        self.reports.iter().for_each(|report| report.write(&mut out));
        if self.ended {
            out.push_str("#EXT-X-ENDLIST\n");
        }
        out
    }
}

impl ServerControl {
    fn write(self, out: &mut String) {
        let mut tag =
            Tag::new("EXT-X-SERVER-CONTROL").yes("CAN-BLOCK-RELOAD", self.can_block_reload);
        let spans = [
            ("CAN-SKIP-UNTIL", self.can_skip_until),
            ("HOLD-BACK", self.hold_back),
            ("PART-HOLD-BACK", self.part_hold_back),
        ];
        for (name, span) in spans {
            if let Some(span) = span {
                tag = tag.plain(name, seconds(span));
            }
        }
        tag.end(out);
    }
}

impl Map {
    fn write(&self, out: &mut String) {
        let tag = Tag::new("EXT-X-MAP").quoted("URI", &self.uri);
        match &self.range {
            Some(range) => tag.quoted("BYTERANGE", &bytes(range)).end(out),
            None => tag.end(out),
        }
    }
}

impl Segment {
    fn write(&self, out: &mut String) {
        if self.discontinuity {
            out.push_str("#EXT-X-DISCONTINUITY\n");
        }
        if let Some(made) = &self.made {
            push_all(out, &["#EXT-X-PROGRAM-DATE-TIME:", made, "\n"]);
        }
        self.parts.iter().for_each(|part| part.write(out));
        push_all(out, &["#EXTINF:", &seconds(self.duration), ",\n"]);
        if let Some(range) = &self.range {
            push_all(out, &["#EXT-X-BYTERANGE:", &bytes(range), "\n"]);
        }
        push_all(out, &[&self.uri, "\n"]);
    }
}

impl Part {
    fn write(&self, out: &mut String) {
        Tag::new("EXT-X-PART")
            .plain("DURATION", seconds(self.duration))
            .quoted("URI", &self.uri)
            .yes("INDEPENDENT", self.independent)
            .end(out);
    }
}

impl Report {
    fn write(&self, out: &mut String) {
        let tag = Tag::new("EXT-X-RENDITION-REPORT").quoted("URI", &self.uri);
        let tag = tag.plain("LAST-MSN", self.last_sequence);
        match self.last_part {
            Some(part) => tag.plain("LAST-PART", part).end(out),
            None => tag.end(out),
        }
    }
}

/// RFC 8216bis §4.4.4.2: how many, and from where.
fn bytes(range: &Range<u64>) -> String {
    format!("{}@{}", range.end.saturating_sub(range.start), range.start)
}

fn push_all(out: &mut String, texts: &[&str]) {
    texts.iter().for_each(|text| out.push_str(text));
}

#[cfg(test)]
mod tests;
