//! The session's log as a file of JSON lines.

use anyhow::Context as _;
use dashpot_qoe::Record;
use std::{
    fs::File,
    io::{self, LineWriter, Write as _},
    path::{Path, PathBuf},
};

/// The name under which the player speaks.
const NODE: &str = "player";

/// A file that grows by a line a record, each written at once so that it can be followed.
#[derive(Debug)]
pub(super) struct SessionLog {
    path: PathBuf,
    file: LineWriter<File>,
    failed: Option<io::Error>,
}

impl SessionLog {
    /// Returns an empty log at `path`; a file that is there is overwritten.
    pub(super) fn create(path: &Path) -> anyhow::Result<Self> {
        let file = File::create(path)
            .with_context(|| format!("cannot write session log `{}`", path.display()))?;
        Ok(Self { path: path.to_owned(), file: LineWriter::new(file), failed: None })
    }

    /// Adds a line. The first failure is kept for the end and stops the log, not the session.
    pub(super) fn write(&mut self, record: &Record) {
        if self.failed.is_none() {
            self.failed = writeln!(self.file, "{}", record.line(NODE)).err();
        }
    }

    /// Ends the log.
    ///
    /// # Errors
    /// Where a line could not be written.
    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        let written = match self.failed {
            Some(error) => Err(error),
            None => self.file.flush(),
        };
        written.with_context(|| format!("session log `{}` is not whole", self.path.display()))
    }
}
