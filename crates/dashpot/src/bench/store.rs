//! The rows of a sweep on disk: what was played is never played again, and a sudden end loses
//! little.
//!
//! `sessions.csv` is whole or absent. While sessions are played their rows are appended to
//! `sessions.part.csv`; when all are there, `sessions.csv` is made of both in the plan's order, in
//! a file aside that takes its place. Rows that another build of the program wrote are not kept:
//! the same rule may have learned something since.

use super::{plan::Plan, row};
use anyhow::Context as _;
use std::{
    fs::{self, File, OpenOptions},
    io::{BufRead as _, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};
use xxhash_rust::xxh3::Xxh3Default;

/// Rows on disk, and where each is.
#[derive(Debug)]
pub(super) struct Store {
    folder: PathBuf,
    /// The finished file of an earlier sweep, and the rows of this one.
    files: [Option<BufReader<File>>; 2],
    /// Of each row that was there at first, by its key; the later of two with one key counts.
    found: Vec<(u64, Place)>,
    /// Of each row that was written since, as they came.
    written: Vec<(u64, Place)>,
    /// Where the next row goes in the second file.
    end: u64,
}

/// Where a row begins, in one word: a sweep has millions of them. The highest bit says in which
/// file, so that of two places the one that was written later is the larger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place(u64);

impl Place {
    const IN_PART: u64 = 1 << 63;

    const fn new(file: usize, at: u64) -> Self {
        Self(if file == PART { at | Self::IN_PART } else { at })
    }

    const fn file(self) -> usize {
        if self.0 & Self::IN_PART == 0 { DONE } else { PART }
    }

    const fn at(self) -> u64 {
        self.0 & !Self::IN_PART
    }
}

const DONE: usize = 0;
const PART: usize = 1;

/// Says which build wrote the rows.
const BUILD: &str = "sessions.build";

impl Store {
    /// Opens the folder, makes it where it is not there, and looks through its rows.
    pub(super) fn open(folder: &Path) -> anyhow::Result<Self> {
        let shown = folder.display();
        fs::create_dir_all(folder).with_context(|| format!("cannot make the folder `{shown}`"))?;
        let mut store = Self {
            folder: folder.to_owned(),
            files: [None, None],
            found: Vec::new(),
            written: Vec::new(),
            end: 0,
        };
        store.keep_to_build()?;
        let done = store.sessions();
        if done.is_file() {
            store.look_through(DONE, &done)?;
        }
        let part = store.part();
        if !part.is_file() {
            fs::write(&part, row::header()).with_context(|| cannot_write(&part))?;
        }
        store.look_through(PART, &part)?;
        sort(&mut store.found);
        Ok(store)
    }

    /// Returns where the finished rows are.
    pub(super) fn sessions(&self) -> PathBuf {
        self.folder.join("sessions.csv")
    }

    /// Returns where the same rows are as Parquet.
    pub(super) fn parquet(&self) -> PathBuf {
        self.folder.join("sessions.parquet")
    }

    fn part(&self) -> PathBuf {
        self.folder.join("sessions.part.csv")
    }

    /// Does away with rows of another build.
    fn keep_to_build(&self) -> anyhow::Result<()> {
        let mark = self.folder.join(BUILD);
        let build = build().context("cannot read the program's own file")?;
        let wrote = fs::read_to_string(&mark).unwrap_or_default();
        if wrote.trim_end() == build {
            return Ok(());
        }
        for path in [self.sessions(), self.part()] {
            match fs::remove_file(&path) {
                Ok(()) => tracing::info!("`{}` is of another build: played anew", path.display()),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(error).with_context(|| cannot_write(&path)),
            }
        }
        fs::write(&mark, build + "\n").with_context(|| cannot_write(&mark))
    }

    /// Notes where each row of a file is. What is behind the last whole one is cut off.
    fn look_through(&mut self, file: usize, path: &Path) -> anyhow::Result<()> {
        let opened = OpenOptions::new().read(true).write(true).open(path);
        let opened = opened.with_context(|| format!("cannot open `{}`", path.display()))?;
        let mut reader = BufReader::new(&opened);
        let (mut line, mut at) = (String::new(), 0);
        let mut whole = true;
        while reader
            .read_line(&mut line)
            .with_context(|| format!("cannot read `{}`", path.display()))?
            != 0
        {
            let length = line.len();
            whole = if at == 0 { line == row::header() } else { is_whole(&line) };
            if !whole {
                break;
            }
            if let Some(key) = key(&line) {
                self.found.push((key, Place::new(file, at)));
            }
            at += u64::try_from(length).unwrap_or(u64::MAX);
            line.clear();
        }
        let mut opened = opened;
        if !whole {
            tracing::warn!("`{}` was cut short: what is missing is played again", path.display());
            opened.set_len(at).with_context(|| cannot_write(path))?;
        }
        if at == 0 {
            opened.write_all(row::header().as_bytes()).with_context(|| cannot_write(path))?;
            at = u64::try_from(row::header().len()).unwrap_or(u64::MAX);
        }
        if file == PART {
            self.end = at;
        }
        self.files[file] = Some(BufReader::new(opened));
        Ok(())
    }

    /// Returns whether the session of this key was played.
    pub(super) fn has(&self, key: u64) -> bool {
        place(&self.found, key).is_some()
    }

    /// Writes rows down.
    pub(super) fn append(&mut self, lines: &[String]) -> anyhow::Result<()> {
        let path = self.part();
        let Some(file) = &mut self.files[PART] else { return Ok(()) };
        let file = file.get_mut();
        let mut text = String::new();
        for line in lines {
            let at = self.end + u64::try_from(text.len()).unwrap_or(u64::MAX);
            if let Some(key) = key(line) {
                self.written.push((key, Place::new(PART, at)));
            }
            text.push_str(line);
        }
        file.seek(SeekFrom::Start(self.end)).with_context(|| cannot_write(&path))?;
        file.write_all(text.as_bytes()).with_context(|| cannot_write(&path))?;
        self.end += u64::try_from(text.len()).unwrap_or(u64::MAX);
        Ok(())
    }

    /// Puts the plan's rows in order, and returns where they are.
    pub(super) fn finish(&mut self, plan: &Plan) -> anyhow::Result<PathBuf> {
        let aside = self.folder.join("sessions.csv.new");
        let file = File::create(&aside).with_context(|| cannot_write(&aside))?;
        let mut writer = BufWriter::new(file);
        writer.write_all(row::header().as_bytes()).with_context(|| cannot_write(&aside))?;
        sort(&mut self.written);
        for job in plan.jobs() {
            let line = self.line(row::key(&job))?;
            writer.write_all(line.as_bytes()).with_context(|| cannot_write(&aside))?;
        }
        writer.flush().with_context(|| cannot_write(&aside))?;
        self.files = [None, None];
        let sessions = self.sessions();
        fs::rename(&aside, &sessions).with_context(|| cannot_write(&sessions))?;
        fs::remove_file(self.part()).with_context(|| cannot_write(&self.part()))?;
        Ok(sessions)
    }

    fn line(&mut self, key: u64) -> anyhow::Result<String> {
        let place = place(&self.written, key).or_else(|| place(&self.found, key));
        let place = place.context("a session was not played")?;
        let file = self.files[place.file()].as_mut().context("its file is closed")?;
        let mut line = String::new();
        let at = file.stream_position().context("cannot read a row")?;
        // Nearly all are in the order in which they were written: what was read ahead is used.
        let ahead = i128::from(place.at()) - i128::from(at);
        file.seek_relative(i64::try_from(ahead)?).context("cannot read a row")?;
        file.read_line(&mut line).context("cannot read a row")?;
        Ok(line)
    }
}

/// Orders rows by their keys, those of one key as they were written.
fn sort(rows: &mut [(u64, Place)]) {
    rows.sort_unstable();
}

/// Returns where the last row of that key is.
fn place(rows: &[(u64, Place)], key: u64) -> Option<Place> {
    let after = rows.partition_point(|(other, _)| *other <= key);
    let (other, place) = rows[..after].last()?;
    (*other == key).then_some(*place)
}

/// A row that was written to its end has all its fields and a line end.
fn is_whole(line: &str) -> bool {
    line.ends_with('\n') && row::fields(line).is_ok()
}

fn key(line: &str) -> Option<u64> {
    line.split_once(',').and_then(|(key, _)| u64::from_str_radix(key, 16).ok())
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write `{}`", path.display())
}

/// Returns what tells this build from others: the hash of the running program.
fn build() -> std::io::Result<String> {
    let mut file = File::open(std::env::current_exe()?)?;
    let mut hasher = Xxh3Default::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(format!("{:016x}", hasher.digest())),
            length => hasher.update(&buffer[..length]),
        }
    }
}

#[cfg(test)]
mod tests;
