//! The purges on disk, for a tier that outlives the process: one JSON line each.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use dashpot_base::WallTime;
use dashpot_cache::{Mode, Purge, Purges, RULES_MAX, Scope};
use serde::{Deserialize, Serialize};
use tracing::warn;

/// Lines in the file before it is written anew with the rules that still count: twice as many as
/// there can be rules, so that it happens at most once in that many purges.
const LINES_MAX: usize = 3 * RULES_MAX;
/// The largest file that is read: more than [`LINES_MAX`] of the longest lines that purges make.
const FILE_BYTES_MAX: u64 = 256 << 20;

/// What a log begins with, so that one that was emptied is told from one without purges.
const FIRST_LINE: &str = "{\"dashpot\":\"purges\",\"version\":1}\n";

/// Why the purges cannot be kept.
#[derive(Debug, thiserror::Error)]
#[error("cannot keep the purges in `{}`: see that its folder can be written", path.display())]
pub struct PurgeLogError {
    path: PathBuf,
    source: io::Error,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    epoch: u64,
    unix_ms: u64,
    soft: bool,
    scope: LineScope,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LineScope {
    All,
    Url(String),
    Prefix(String),
    Tag(String),
}

/// The file that purges are appended to.
#[derive(Debug)]
pub(super) struct PurgeLog {
    path: PathBuf,
    file: File,
    lines: usize,
}

impl PurgeLog {
    /// Opens the log at `path`, and returns the purges in it. It need not exist unless there are
    /// responses from before, the `newest` of which has seen that purge epoch.
    pub(super) fn open(path: &Path, newest: Option<u64>) -> Result<(Self, Purges), PurgeLogError> {
        let failed = |source| PurgeLogError { path: path.to_owned(), source };
        let purges = read(path, newest).map_err(failed)?;
        let mut log = Self { path: path.to_owned(), file: open(path).map_err(failed)?, lines: 0 };
        // A torn last line must not become the beginning of the next one.
        log.rewrite(&purges).map_err(failed)?;
        Ok((log, purges))
    }

    /// Appends a purge; on return it is on disk.
    pub(super) fn append(&mut self, epoch: u64, purge: &Purge) -> Result<(), PurgeLogError> {
        let appended = self.file.write_all(line(epoch, purge).as_bytes());
        let synced = appended.and_then(|()| self.file.sync_data());
        self.lines += 1;
        synced.map_err(|source| PurgeLogError { path: self.path.clone(), source })
    }

    /// Writes the file anew where it has far more lines than there are rules.
    pub(super) fn compact_if_long(&mut self, purges: &Purges) -> Result<(), PurgeLogError> {
        if self.lines <= LINES_MAX {
            return Ok(());
        }
        self.rewrite(purges).map_err(|source| PurgeLogError { path: self.path.clone(), source })
    }

    /// Puts a file with nothing but `purges` in the place of the one there is.
    fn rewrite(&mut self, purges: &Purges) -> io::Result<()> {
        let aside = self.path.with_extension("new");
        let records: Vec<_> = purges.records().collect();
        let lines = records.iter().map(|(epoch, purge)| line(*epoch, purge));
        let text: String = std::iter::once(FIRST_LINE.to_owned()).chain(lines).collect();
        let mut file = File::create(&aside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&aside, &self.path)?;
        if let Some(folder) = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            // The name is on disk only once its folder is.
            File::open(folder)?.sync_all()?;
        }
        (self.file, self.lines) = (open(&self.path)?, records.len());
        Ok(())
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

/// Returns the purges in the file at `path`.
///
/// What cannot be read, or is gone while responses from before are there, may have been any purge:
/// everything stored before is purged. That holds, too, where a response has seen a later purge
/// than there is.
fn read(path: &Path, newest: Option<u64>) -> io::Result<Purges> {
    let mut text = Vec::new();
    match File::open(path) {
        Ok(file) => {
            file.take(FILE_BYTES_MAX).read_to_end(&mut text)?;
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if newest.is_none() {
                return Ok(Purges::default());
            }
        }
        Err(error) => return Err(error),
    }
    let mut purges = Purges::default();
    let after_first = text.strip_prefix(FIRST_LINE.as_bytes());
    let mut is_damaged = after_first.is_none();
    let lines = after_first.unwrap_or(&text).split(|&byte| byte == b'\n');
    for bytes in lines.filter(|line| !line.is_empty()) {
        match serde_json::from_slice::<Line>(bytes) {
            Ok(line) => purges.restore(line.epoch, line.purge()),
            Err(_) => is_damaged = true,
        }
    }
    let newest = newest.unwrap_or(0);
    if is_damaged || purges.epoch() < newest {
        warn!(path = %path.display(), "purges are damaged or gone: all that is stored is purged");
        let at = WallTime::from_unix_seconds(0);
        let epoch = purges.epoch().max(newest).saturating_add(1);
        purges.restore(epoch, Purge { scope: Scope::All, mode: Mode::Hard, at });
    }
    Ok(purges)
}

fn line(epoch: u64, purge: &Purge) -> String {
    let scope = match &purge.scope {
        Scope::All => LineScope::All,
        Scope::Url(url) => LineScope::Url(url.clone()),
        Scope::Prefix(prefix) => LineScope::Prefix(prefix.clone()),
        Scope::Tag(tag) => LineScope::Tag(tag.clone()),
    };
    let (unix_ms, soft) = (purge.at.unix_millis(), purge.mode == Mode::Soft);
    let line = Line { epoch, unix_ms, soft, scope };
    // Plain fields with names cannot fail to serialize.
    serde_json::to_string(&line).unwrap_or_default() + "\n"
}

impl Line {
    fn purge(self) -> Purge {
        Purge {
            scope: match self.scope {
                LineScope::All => Scope::All,
                LineScope::Url(url) => Scope::Url(url),
                LineScope::Prefix(prefix) => Scope::Prefix(prefix),
                LineScope::Tag(tag) => Scope::Tag(tag),
            },
            mode: if self.soft { Mode::Soft } else { Mode::Hard },
            at: WallTime::from_epoch(Duration::from_millis(self.unix_ms)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn purge(scope: Scope, mode: Mode) -> Purge {
        Purge { scope, mode, at: WallTime::from_unix_seconds(7) }
    }

    fn check(file: &[u8], expected: &[(u64, Purge)]) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("purges.jsonl");
        fs::write(&path, file).unwrap();
        let (_, purges) = PurgeLog::open(&path, None).unwrap();
        assert_eq!(purges.records().collect::<Vec<_>>(), expected);
        // What was made of a damaged file is what the next start finds.
        assert_eq!(PurgeLog::open(&path, None).unwrap().1, purges);
    }

    #[test]
    fn what_is_appended_is_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("purges.jsonl");
        let (mut log, mut purges) = PurgeLog::open(&path, None).unwrap();
        for (scope, mode) in [
            (Scope::Prefix("http://o/\"\n".to_owned()), Mode::Hard),
            (Scope::Tag("é".to_owned()), Mode::Soft),
            (Scope::Url("http://o/".to_owned()), Mode::Hard),
        ] {
            let epoch = purges.add(purge(scope.clone(), mode));
            log.append(epoch, &purge(scope, mode)).unwrap();
        }
        assert_eq!(PurgeLog::open(&path, None).unwrap().1, purges);
        log.lines = LINES_MAX + 1;
        log.compact_if_long(&purges).unwrap();
        assert_eq!((log.lines, PurgeLog::open(&path, None).unwrap().1), (3, purges));
    }

    #[test]
    fn a_damaged_line_purges_everything_and_keeps_the_epochs_rising() {
        let line = line(4, &purge(Scope::Tag("a".to_owned()), Mode::Hard));
        let all = Purge { scope: Scope::All, mode: Mode::Hard, at: WallTime::from_unix_seconds(0) };
        check(b"", &[(1, all.clone())]);
        check(FIRST_LINE.as_bytes(), &[]);
        let log = format!("{FIRST_LINE}{line}");
        check(log.as_bytes(), &[(4, purge(Scope::Tag("a".to_owned()), Mode::Hard))]);
        check(line.as_bytes(), &[(5, all.clone())]);
        check(format!("{log}{}", &line[..9]).as_bytes(), &[(5, all.clone())]);
        check(b"\0\0\0", &[(1, all)]);
    }

    #[test]
    fn a_log_that_is_gone_or_lacks_what_was_seen_purges_what_has_outlived_it() {
        let purges_of = |file: Option<&str>, newest| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("purges.jsonl");
            if let Some(file) = file {
                fs::write(&path, file).unwrap();
            }
            let (_, purges) = PurgeLog::open(&path, newest).unwrap();
            purges.records().map(|(epoch, purge)| (epoch, purge.scope)).collect::<Vec<_>>()
        };
        let tag = Scope::Tag("a".to_owned());
        let log = format!("{FIRST_LINE}{}", line(4, &purge(tag.clone(), Mode::Hard)));
        assert_eq!(purges_of(None, None), []);
        assert_eq!(purges_of(None, Some(0)), [(1, Scope::All)]);
        assert_eq!(purges_of(None, Some(7)), [(8, Scope::All)]);
        assert_eq!(purges_of(Some(&log), Some(4)), [(4, tag)]);
        assert_eq!(purges_of(Some(&log), Some(5)), [(6, Scope::All)]);
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let error = PurgeLog::open(Path::new("/nowhere/purges.jsonl"), None).unwrap_err();
        assert!(error.to_string().contains("`/nowhere/purges.jsonl`"), "{error}");
    }
}
