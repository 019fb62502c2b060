//! The cues of a sidecar, read once, so that those of a segment are found without reading it again.

use crate::subtitles::{Cue, blocks, with_newlines};

/// Bytes of what stands before the first cue that go into every initialization segment.
const HEADER_MAX: usize = 64 << 10;

/// All cues in the order of their begins.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cues {
    header: String,
    lines: Vec<Line>,
    /// The latest end of the cues up to each one.
    reach: Vec<u64>,
    /// The highest rates of segments of `WebVTT` and of TTML, in bits per second.
    pub(crate) peak_bps: (u64, u64),
}

/// One cue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) identifier: Option<String>,
    pub(crate) start_ms: u64,
    pub(crate) end_ms: u64,
    pub(crate) settings: String,
    pub(crate) payload: String,
}

impl Cues {
    /// Reads a `WebVTT` file. What is no cue and stands behind the first one is left out, as notes are.
    pub(crate) fn read(text: &str) -> Self {
        let text = with_newlines(text.trim_start_matches('\u{FEFF}'));
        let (mut lines, mut header) = (Vec::new(), Vec::new());
        for block in blocks(&text).filter(|block| !block.is_empty()) {
            match Cue::parse(block) {
                Some(cue) if cue.start_ms < cue.end_ms => lines.push(Line {
                    identifier: cue.identifier.map(str::to_owned),
                    start_ms: cue.start_ms,
                    end_ms: cue.end_ms,
                    settings: cue.settings.to_owned(),
                    payload: cue.payload.to_owned(),
                }),
                None if lines.is_empty() && !block.starts_with("NOTE") => header.push(block),
                Some(_) | None => {}
            }
        }
        lines.sort_by_key(|line| line.start_ms);
        let reach = lines.iter().scan(0, |reach: &mut u64, line| {
            *reach = line.end_ms.max(*reach);
            Some(*reach)
        });
        let header = header.join("\n\n");
        let header = if header.len() <= HEADER_MAX { header } else { "WEBVTT".to_owned() };
        Self { header, reach: reach.collect(), lines, peak_bps: (0, 0) }
    }

    /// Returns what stands before the first cue, without notes.
    pub(crate) fn header(&self) -> &str {
        &self.header
    }

    /// Returns how many cues there are.
    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Returns the cues that are shown between two times, each with its place among all.
    pub(crate) fn within(&self, from_ms: u64, to_ms: u64) -> impl Iterator<Item = (usize, &Line)> {
        let first = self.reach.partition_point(|reach| *reach <= from_ms);
        let behind = self.lines.partition_point(|line| line.start_ms < to_ms).max(first);
        let lines = self.lines.get(first..behind).unwrap_or(&[]);
        (first..).zip(lines).filter(move |(_, line)| from_ms < line.end_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cues_are_found_by_time_whatever_their_order() {
        let text = "\u{FEFF}WEBVTT x\r\n\r\nNOTE no\r\n\r\nSTYLE\r\n::cue { color: red }\r\n\r\n00:05.000 --> 00:09.000 line:0\r\nb\r\n\r\nREGION\r\n\r\na1\n00:01.000 --> 00:20.000\na\n\n00:06.000 --> 00:06.000\nnever\n\n00:10.000 --> 00:11.000\nc";
        let cues = Cues::read(text);
        assert_eq!(cues.header(), "WEBVTT x\n\nSTYLE\n::cue { color: red }");
        let found = |from, to| -> String {
            cues.within(from, to).map(|(_, line)| line.payload.as_str()).collect()
        };
        for (from, to, expected) in [
            (0, 1_000, ""),
            (0, 1_001, "a"),
            (4_000, 5_001, "ab"),
            (8_999, 10_000, "ab"),
            (9_000, 10_000, "a"),
            (10_999, 99_000, "ac"),
            (11_000, 99_000, "a"),
            (20_000, 99_000, ""),
        ] {
            assert_eq!(found(from, to), expected, "{from} to {to}");
        }
        assert_eq!(cues.lines[0].identifier.as_deref(), Some("a1"));
        assert_eq!(cues.lines[1].settings, "line:0");
    }
}
