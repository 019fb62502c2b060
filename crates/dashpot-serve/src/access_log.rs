//! The access log: one line a request, written when its response has ended.
//!
//! Requests never wait for it: lines go through a bounded queue to a thread of their own, and
//! those that find it full are counted and dropped.

mod body;
mod combined;
mod entry;
mod lines;

pub use body::{Logged, UpstreamTook};
pub use lines::LineLog;

use crate::{Clock, Counter, Role};
use body::Record;
use entry::Entry;
use http::{HeaderMap, HeaderName, StatusCode};
use std::{
    fs::OpenOptions,
    io::{self, Write},
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
    time::Duration,
};
use tracing::warn;

/// The field in which a server that rehearses faults says which ones a response has met.
pub const FAULT: HeaderName = HeaderName::from_static("dashpot-fault");

/// Lines that may wait for the writer: a second's worth of a busy edge, some 20 MB at worst.
const LINES_MAX: usize = 8_192;

/// How long lines gather between two writes. Waking the writer for each line would cost its request
/// more than all else about the line; a queue that takes this long to fill is far from full.
const GATHER: Duration = Duration::from_millis(5);

/// Bytes to a write: some hundred lines.
const WRITE_BYTES: usize = 64 << 10;

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

impl LogTo {
    /// Opens what is named, to append to it.
    fn open(&self) -> io::Result<Box<dyn Write + Send>> {
        Ok(match self {
            Self::Off => Box::new(io::sink()),
            Self::Stderr => Box::new(io::stderr()),
            Self::File(path) => Box::new(OpenOptions::new().create(true).append(true).open(path)?),
        })
    }
}

/// How a line is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// A JSON object with all there is: timings, `Cache-Status`, CMCD, trace.
    #[default]
    Json,
    /// The combined log format of Apache and nginx, for tools that read it.
    Combined,
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
    /// In which version of HTTP.
    pub version: http::Version,
}

impl AccessLog {
    /// Opens a log for a server of `role`; `dropped` counts the lines given up.
    ///
    /// # Errors
    /// Where the file or the writer's thread cannot be had.
    pub fn open(
        to: LogTo,
        format: LogFormat,
        role: Role,
        clock: Clock,
        dropped: Counter,
    ) -> Result<Self, AccessLogError> {
        if to == LogTo::Off {
            return Ok(Self { queue: None, role, clock });
        }
        let out = open(&to)?;
        let queue = Queue::start(Out { out: buffered(out), format, to }, dropped)?;
        Ok(Self { queue: Some(Arc::new(queue)), role, clock })
    }

    /// Opens the file again, once its old one has been moved aside: what log rotation asks for.
    ///
    /// The lines before go to the old file. One that cannot be opened leaves the old one in use,
    /// and a warning.
    pub fn reopen(&self) {
        if let Some(queue) = &self.queue {
            queue.reopen();
        }
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

impl AccessLog {
    /// Writes the line of a request of `client` that nobody could read, refused with `status`.
    pub(crate) fn refused(&self, client: SocketAddr, status: StatusCode, why: &'static str) {
        if let Some(queue) = &self.queue {
            queue.send(Entry::refused(self.clock.wall(), self.role, client, (status, why)));
        }
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
            record.respond(&parts, &body);
            record
        });
        http::Response::from_parts(parts, Logged::new(body, record))
    }
}

/// Opens what is named, or says why not.
fn open(to: &LogTo) -> Result<Box<dyn Write + Send>, AccessLogError> {
    match (to.open(), to) {
        (Ok(out), _) => Ok(out),
        (Err(source), LogTo::File(path)) => {
            Err(AccessLogError::Open { path: path.clone(), source })
        }
        (Err(source), LogTo::Off | LogTo::Stderr) => Err(AccessLogError::Thread { source }),
    }
}

/// What a log has lines of.
trait Line: Send + 'static {
    /// Writes the line and its end.
    fn write_to(&self, out: &mut impl Write, format: LogFormat) -> io::Result<()>;
}

/// The bounded way to the writer's thread.
#[derive(Debug)]
struct Queue<L: Line = Entry> {
    /// Without a line in it, a message has the writer look whether to open its file again.
    lines: Option<SyncSender<Option<L>>>,
    /// Asks the writer to open its file again, also where the queue is too full to say so.
    reopen: Arc<AtomicBool>,
    dropped: Counter,
    writer: Option<JoinHandle<()>>,
}

/// Where and how the writer writes.
struct Out {
    out: io::BufWriter<Box<dyn Write + Send>>,
    format: LogFormat,
    to: LogTo,
}

impl<L: Line> Queue<L> {
    fn start(out: Out, dropped: Counter) -> Result<Self, AccessLogError> {
        let (lines, messages) = sync_channel(LINES_MAX);
        let lost = dropped.clone();
        let reopen = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&reopen);
        let writer = thread::Builder::new()
            .name("access-log".to_owned())
            .spawn(move || write_all(&messages, out, &lost, &asked))
            .map_err(|source| AccessLogError::Thread { source })?;
        Ok(Self { lines: Some(lines), reopen, dropped, writer: Some(writer) })
    }

    /// Hands a line over, or counts it as dropped; never waits.
    fn send(&self, line: L) {
        let sent = self.lines.as_ref().is_some_and(|lines| lines.try_send(Some(line)).is_ok());
        if !sent {
            self.dropped.inc();
        }
    }

    fn reopen(&self) {
        self.reopen.store(true, Ordering::Release);
        if let Some(lines) = &self.lines {
            // Where it does not fit, there are lines to wake the writer.
            lines.try_send(None).unwrap_or_default();
        }
    }
}

impl<L: Line> Drop for Queue<L> {
    fn drop(&mut self) {
        self.lines = None;
        let Some(writer) = self.writer.take() else { return };
        writer.thread().unpark();
        if writer.join().is_err() {
            warn!("the access log's writer panicked");
        }
    }
}

fn write_all<L: Line>(
    lines: &Receiver<Option<L>>,
    mut out: Out,
    lost: &Counter,
    reopen: &AtomicBool,
) {
    while let Ok(first) = lines.recv() {
        // What has gathered meanwhile goes out in one write.
        for line in std::iter::once(first).chain(lines.try_iter()) {
            let is_lost = match &line {
                Some(entry) => entry.write_to(&mut out.out, out.format).is_err(),
                None => reopen.swap(false, Ordering::AcqRel) && out.reopen().is_err(),
            };
            if is_lost {
                lost.inc();
            }
        }
        // The queue may have been too full for the word to reopen.
        if reopen.swap(false, Ordering::AcqRel) && out.reopen().is_err() {
            lost.inc();
        }
        if out.out.flush().is_err() {
            lost.inc();
        }
        // Ended early where nothing more will come.
        thread::park_timeout(GATHER);
    }
}

fn buffered(out: Box<dyn Write + Send>) -> io::BufWriter<Box<dyn Write + Send>> {
    io::BufWriter::with_capacity(WRITE_BYTES, out)
}

impl Out {
    /// Goes on in what now has the name; keeps the old file where that cannot be opened.
    fn reopen(&mut self) -> io::Result<()> {
        let flushed = self.out.flush();
        match self.to.open() {
            Ok(out) => self.out = buffered(out),
            Err(error) => warn!(%error, to = ?self.to, "the access log cannot be opened again"),
        }
        flushed
    }
}

#[cfg(test)]
mod tests;
