//! How much a timeline may come to: inheritance lets a small MPD describe a very large one.

use super::Problem;

/// Most segments, and runs of segments, of all Representations together: a thousand loops of a
/// half-hour film in five qualities stay below, and the list of them below a hundred megabytes.
const MAX_SEGMENTS: usize = 500_000;
/// Most bytes of all URLs and inherited texts together; half a million URLs of ordinary length.
const MAX_TEXT_BYTES: usize = 128 << 20;

/// What is left.
#[derive(Debug)]
pub(super) struct Budget {
    segments: usize,
    text_bytes: usize,
}

impl Budget {
    pub(super) const fn new() -> Self {
        Self { segments: MAX_SEGMENTS, text_bytes: MAX_TEXT_BYTES }
    }

    /// Takes one segment or run.
    pub(super) fn take_segment(&mut self) -> Result<(), Problem> {
        let left = self.segments.checked_sub(1);
        self.segments = left.ok_or(Problem::TooManySegments { limit: MAX_SEGMENTS })?;
        Ok(())
    }

    /// Takes the room of `text`.
    pub(super) fn take_text(&mut self, text: &str) -> Result<(), Problem> {
        let left = self.text_bytes.checked_sub(text.len());
        self.text_bytes = left.ok_or(Problem::TooMuchText { limit: MAX_TEXT_BYTES })?;
        Ok(())
    }
}
