//! The access log: one JSON line a request, written when its response has ended.
//!
//! Requests never wait for it: lines go through a bounded queue to a thread of their own, and
//! those that find it full are counted and dropped.

mod body;
mod entry;

pub use body::Logged;

use crate::{Clock, Counter, Role};
use body::Record;
use entry::Entry;
use http::HeaderMap;
use std::{
    fs::OpenOptions,
    io::{self, Write},
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
};
use tracing::warn;

/// Lines that may wait for the writer: a second's worth of a busy edge, some 20 MB at worst.
const LINES_MAX: usize = 8_192;

/// Where access-log lines go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum LogTo {
    /// Nowhere.
    #[default]
    Off,
    /// To standard error.
    Stderr,
    /// To the end of a file, made where it does not exist.
    File(PathBuf),
}

impl From<&str> for LogTo {
    /// Reads what a person types: a path, `-` for standard error, or `off`.
    fn from(text: &str) -> Self {
        match text {
            "off" => Self::Off,
            "-" => Self::Stderr,
            path => Self::File(path.into()),
        }
    }
}

/// Why an access log could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccessLogError {
    /// The file cannot be appended to.
    #[error("cannot open the access log `{}`", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The writer's thread could not be started.
    #[error("cannot start the access log's writer")]
    Thread {
        /// What the operating system said.
        source: io::Error,
    },
}

/// A server's access log; clones write to the same one. The last clone to go waits until every
/// line is written.
#[derive(Clone, Debug)]
pub struct AccessLog {
    queue: Option<Arc<Queue>>,
    role: Role,
    clock: Clock,
}

/// What is known of a request when it begins.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Who asks.
    pub client: SocketAddr,
    /// How.
    pub method: &'a http::Method,
    /// For what.
    pub uri: &'a http::Uri,
    /// With which fields.
    pub headers: &'a HeaderMap,
}

impl AccessLog {
    /// Opens a log for a server of `role`; `dropped` counts the lines given up.
    ///
    /// # Errors
    /// Where the file or the writer's thread cannot be had.
    pub fn open(
        to: LogTo,
        role: Role,
        clock: Clock,
        dropped: Counter,
    ) -> Result<Self, AccessLogError> {
        let out: Box<dyn Write + Send> = match to {
            LogTo::Off => return Ok(Self { queue: None, role, clock }),
            LogTo::Stderr => Box::new(io::stderr()),
            LogTo::File(path) => match OpenOptions::new().create(true).append(true).open(&path) {
                Ok(file) => Box::new(file),
                Err(source) => return Err(AccessLogError::Open { path, source }),
            },
        };
        let queue = Queue::start(out, dropped)?;
        Ok(Self { queue: Some(Arc::new(queue)), role, clock })
    }

    /// Begins the record of a request; without a log this costs nothing.
    #[must_use]
    pub fn begin(&self, request: &Asked<'_>) -> Begun {
        Begun(self.queue.as_ref().map(|queue| {
            let entry = Entry::new(self.clock.wall(), self.role, request);
            Box::new(Record::new(entry, self.clock.clone(), Arc::clone(queue)))
        }))
    }
}

/// A request under way; dropped without a response it is logged as aborted.
#[derive(Debug)]
pub struct Begun(Option<Box<Record>>);

impl Begun {
    /// Returns `response` with a body that writes the line when it ends or is dropped.
    pub fn finish<B: http_body::Body>(
        self,
        response: http::Response<B>,
    ) -> http::Response<Logged<B>> {
        let (parts, body) = response.into_parts();
        let record = self.0.map(|mut record| {
            record.respond(parts.status, &parts.headers, &body);
            record
        });
        http::Response::from_parts(parts, Logged::new(body, record))
    }
}

/// The bounded way to the writer's thread.
#[derive(Debug)]
struct Queue {
    lines: Option<SyncSender<Entry>>,
    dropped: Counter,
    writer: Option<JoinHandle<()>>,
}

impl Queue {
    fn start(out: Box<dyn Write + Send>, dropped: Counter) -> Result<Self, AccessLogError> {
        let (lines, entries) = sync_channel(LINES_MAX);
        let lost = dropped.clone();
        let writer = thread::Builder::new()
            .name("access-log".to_owned())
            .spawn(move || write_all(&entries, out, &lost))
            .map_err(|source| AccessLogError::Thread { source })?;
        Ok(Self { lines: Some(lines), dropped, writer: Some(writer) })
    }

    /// Hands a line over, or counts it as dropped; never waits.
    fn send(&self, entry: Entry) {
        let sent = self.lines.as_ref().is_some_and(|lines| lines.try_send(entry).is_ok());
        if !sent {
            self.dropped.inc();
        }
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.lines = None;
        if let Some(writer) = self.writer.take()
            && writer.join().is_err()
        {
            warn!("the access log's writer panicked");
        }
    }
}

fn write_all(entries: &Receiver<Entry>, out: Box<dyn Write + Send>, lost: &Counter) {
    let mut out = io::BufWriter::new(out);
    while let Ok(first) = entries.recv() {
        // What has gathered meanwhile goes out in one write.
        for entry in std::iter::once(first).chain(entries.try_iter()) {
            if entry.write_to(&mut out).is_err() {
                lost.inc();
            }
        }
        if out.flush().is_err() {
            lost.inc();
        }
    }
}

#[cfg(test)]
mod tests;
