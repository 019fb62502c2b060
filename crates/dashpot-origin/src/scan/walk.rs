//! The boxes of one file, read through a window so that a scan costs about one read a fragment.

use crate::{
    scan::SkipError,
    store::{File, Store},
};
use bytes::Bytes;
use dashpot_bmff::{Scanner, TopBox};
use std::ops::Range;

/// Bytes read ahead: holds the head of any usual fragment together with the next box's header.
const WINDOW: u64 = 16 << 10;

/// Walks the top-level boxes of a file.
pub(super) struct Walk<'a> {
    store: &'a Store,
    file: &'a File,
    scanner: Scanner,
    window: (u64, Bytes),
}

impl<'a> Walk<'a> {
    pub(super) const fn new(store: &'a Store, file: &'a File) -> Self {
        let scanner = Scanner::new(file.size);
        Self { store, file, scanner, window: (0, Bytes::new()) }
    }

    /// Returns the next box, or `None` at the end of the file.
    pub(super) async fn next(&mut self) -> Result<Option<TopBox>, SkipError> {
        while let Some(range) = self.scanner.wants() {
            let bytes = self.read(range).await?;
            let fed = self.scanner.feed(&bytes).map_err(|error| self.wrong(error))?;
            if fed.is_some() {
                return Ok(fed);
            }
        }
        Ok(None)
    }

    /// Reads a range of the file; what was read ahead is not read again.
    pub(super) async fn read(&mut self, range: Range<u64>) -> Result<Bytes, SkipError> {
        if let Some(bytes) = self.held(&range) {
            return Ok(bytes);
        }
        let end = range.end.max(range.start.saturating_add(WINDOW)).min(self.file.size);
        self.window = (range.start, self.store.read(self.file, range.start..end).await?);
        self.held(&range).ok_or_else(|| self.wrong("it ends within a box"))
    }

    fn held(&self, range: &Range<u64>) -> Option<Bytes> {
        let start = usize::try_from(range.start.checked_sub(self.window.0)?).ok()?;
        let end = usize::try_from(range.end.checked_sub(self.window.0)?).ok()?;
        (start <= end && end <= self.window.1.len()).then(|| self.window.1.slice(start..end))
    }

    /// Returns the error that `what` is wrong with this file.
    pub(super) fn wrong(&self, what: impl ToString) -> SkipError {
        SkipError::Track { path: self.file.path.to_string(), what: what.to_string() }
    }
}
