//! Lines of JSON, one for each thing a player told, written by a thread of their own.

use super::{Way, rfc3339};
use dashpot_base::WallTime;
use dashpot_http::cmcd::{Item, Report};
use serde::{Serialize, Serializer, ser::SerializeMap as _};
use std::{
    fs::{File, OpenOptions},
    io::{self, BufWriter, Write as _},
    net::IpAddr,
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread::{self, JoinHandle},
};

/// Lines that may wait for the writer; further ones are dropped rather than waited for.
const LINES_MAX: usize = 4_096;

/// Why what players tell cannot be written down.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CmcdLogError {
    /// The file cannot be appended to.
    #[error("cannot open the CMCD log `{}`", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The writer's thread could not be started.
    #[error("cannot start the CMCD log's writer")]
    Thread {
        /// What the operating system said.
        source: io::Error,
    },
}

/// What is written of one report.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    pub(super) t: WallTime,
    pub(super) session: &'a str,
    pub(super) client: IpAddr,
    pub(super) way: Way<'a>,
    pub(super) report: &'a Report,
}

/// The file, and the way to it. Dropped, it waits until every line is written.
#[derive(Debug)]
pub(super) struct CmcdLog {
    lines: Option<SyncSender<Vec<u8>>>,
    writer: Option<JoinHandle<()>>,
}

impl CmcdLog {
    pub(super) fn open(path: &Path) -> Result<Self, CmcdLogError> {
        let file = OpenOptions::new().create(true).append(true).open(path);
        let file = file.map_err(|source| CmcdLogError::Open { path: path.to_owned(), source })?;
        let (lines, waiting) = sync_channel(LINES_MAX);
        let writer = thread::Builder::new()
            .name("cmcd-log".to_owned())
            .spawn(move || write_all(&waiting, file))
            .map_err(|source| CmcdLogError::Thread { source })?;
        Ok(Self { lines: Some(lines), writer: Some(writer) })
    }

    /// Hands a line over; never waits.
    pub(super) fn write(&self, line: &Line<'_>) {
        let Ok(mut text) = serde_json::to_vec(line) else { return };
        text.push(b'\n');
        let sent = self.lines.as_ref().is_some_and(|lines| lines.try_send(text).is_ok());
        if !sent {
            tracing::debug!("a line of the CMCD log is dropped: the writer cannot keep up");
        }
    }
}

impl Drop for CmcdLog {
    fn drop(&mut self) {
        self.lines = None;
        if let Some(writer) = self.writer.take()
            && writer.join().is_err()
        {
            tracing::warn!("the CMCD log's writer panicked");
        }
    }
}

fn write_all(lines: &Receiver<Vec<u8>>, file: File) {
    let mut out = BufWriter::new(file);
    while let Ok(first) = lines.recv() {
        // What has gathered meanwhile goes out in one write.
        for line in std::iter::once(first).chain(lines.try_iter()) {
            if let Err(error) = out.write_all(&line) {
                tracing::warn!(%error, "the CMCD log cannot be written");
            }
        }
        if let Err(error) = out.flush() {
            tracing::warn!(%error, "the CMCD log cannot be written");
        }
    }
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("t", &Time(self.t))?;
        map.serialize_entry("session", self.session)?;
        map.serialize_entry("client", &self.client)?;
        match self.way {
            Way::Request { path, status } => {
                map.serialize_entry("mode", "request")?;
                map.serialize_entry("path", path)?;
                map.serialize_entry("status", &status)?;
            }
            Way::Event => map.serialize_entry("mode", "event")?,
        }
        map.serialize_entry("cmcd", &Keys(self.report))?;
        map.end()
    }
}

struct Time(WallTime);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        rfc3339(&self.0, serializer)
    }
}

struct Keys<'a>(&'a Report);

impl Serialize for Keys<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.items().map(|(key, item)| (key, One(item))))
    }
}

struct One<'a>(&'a Item);

impl Serialize for One<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Item::Flag(flag) => serializer.serialize_bool(*flag),
            Item::Number(number) => serialize_number(*number, serializer),
            Item::Text(text) => serializer.serialize_str(text),
            // Each for its object: `{"v":3000,"a":128}`; those for none as a list.
            Item::List(members) if members.iter().all(|(_, of)| of.is_some()) => {
                serializer.collect_map(members.iter().map(|(item, of)| (of.as_deref(), One(item))))
            }
            Item::List(members) => {
                serializer.collect_seq(members.iter().map(|(item, _)| One(item)))
            }
        }
    }
}

/// Writes whole numbers without a fraction.
fn serialize_number<S: Serializer>(number: f64, serializer: S) -> Result<S::Ok, S::Error> {
    // What is below 2^53 is exact, and its text is that of the integer.
    match format!("{number}").parse::<i64>() {
        Ok(whole) => serializer.serialize_i64(whole),
        Err(_) => serializer.serialize_f64(number),
    }
}
