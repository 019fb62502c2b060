//! A program that is spoken to in lines, each of which is waited for so long and no longer.

use rustix::process::{Pid, Signal, kill_process_group};
use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    os::unix::process::CommandExt as _,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::mpsc::{
        Receiver, RecvTimeoutError, SyncSender, TryRecvError, TrySendError, sync_channel,
    },
    thread,
    time::Duration,
};

/// The longest line that a program may write: an answer has a hundred bytes, and its reason some
/// more.
const LINE_MAX: u64 = 64 * 1024;

/// A program that is told to end has this long to do so by itself.
const FAREWELL: Duration = Duration::from_millis(500);

/// A program that is running. Dropped, it is ended with all that it started in its process group,
/// and reaped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    /// Lines to be written; `None` once there will be no more.
    requests: Option<SyncSender<Vec<u8>>>,
    answers: Receiver<Line>,
}

/// What was read.
#[derive(Debug)]
pub(crate) enum Line {
    /// A line without its end.
    Whole(Vec<u8>),
    /// A line of more than [`LINE_MAX`] bytes.
    TooLong,
}

/// Why there is no line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProcessError {
    /// The program is gone, or has closed its stdout.
    #[error("it ended without an answer")]
    Gone,
    /// The time is over.
    #[error("no answer within {0:?}")]
    TooSlow(Duration),
    /// It writes lines that nobody asked for.
    #[error("it spoke without being asked: an answer is one line, and each request has one")]
    Unasked,
    /// Its stdin is full.
    #[error("it does not read what it is asked")]
    Deaf,
    /// It wrote a line that is too long.
    #[error("a line of more than {LINE_MAX} bytes")]
    TooLong,
}

impl Process {
    /// Starts `command` by the shell, in a process group of its own; its stderr is that of this
    /// process.
    pub(crate) fn start(command: &str) -> io::Result<Self> {
        let mut child = Command::new("sh")
            .args(["-c", command])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()?;
        let gone = || io::Error::from(io::ErrorKind::BrokenPipe);
        let stdin = child.stdin.take().ok_or_else(gone)?;
        let stdout = child.stdout.take().ok_or_else(gone)?;
        // A program may greet before it is greeted, and be asked while the greeting still waits to
        // be written. Apart from that it is one line each way: a request waits for its answer
        // before the next.
        let (requests, to_write) = sync_channel(2);
        let (read, answers) = sync_channel(1);
        // Threads, since a pipe that nobody reads from or writes to holds up whoever uses it.
        thread::Builder::new().name("policy-in".into()).spawn(move || write(stdin, &to_write))?;
        thread::Builder::new().name("policy-out".into()).spawn(move || lines(stdout, &read))?;
        Ok(Self { child, requests: Some(requests), answers })
    }

    /// Writes a line and returns the one that answers it.
    pub(crate) fn ask(&mut self, line: Vec<u8>, within: Duration) -> Result<Vec<u8>, ProcessError> {
        match self.answers.try_recv() {
            Ok(_) => return Err(ProcessError::Unasked),
            Err(TryRecvError::Disconnected) => return Err(ProcessError::Gone),
            Err(TryRecvError::Empty) => (),
        }
        let requests = self.requests.as_ref().ok_or(ProcessError::Gone)?;
        requests.try_send(line).map_err(|error| match error {
            TrySendError::Full(_) => ProcessError::Deaf,
            TrySendError::Disconnected(_) => ProcessError::Gone,
        })?;
        self.hear(within)
    }

    /// Writes the first line and returns the one that the program begins with: whether it reads
    /// before it speaks is the same for a greeting.
    pub(crate) fn greet(
        &mut self,
        line: Vec<u8>,
        within: Duration,
    ) -> Result<Vec<u8>, ProcessError> {
        let requests = self.requests.as_ref().ok_or(ProcessError::Gone)?;
        if requests.try_send(line).is_err() {
            tracing::debug!("a policy does not wait for its greeting");
        }
        self.hear(within)
    }

    fn hear(&self, within: Duration) -> Result<Vec<u8>, ProcessError> {
        match self.answers.recv_timeout(within) {
            Ok(Line::Whole(line)) => Ok(line),
            Ok(Line::TooLong) => Err(ProcessError::TooLong),
            Err(RecvTimeoutError::Timeout) => Err(ProcessError::TooSlow(within)),
            Err(RecvTimeoutError::Disconnected) => Err(ProcessError::Gone),
        }
    }

    /// Ends the program at once.
    pub(crate) fn kill(&mut self) {
        // It was not waited for, so nobody else can have its number.
        let killed = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        if let Err(error) = killed {
            tracing::debug!(%error, "the policy's process group is gone already");
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The end of its stdin tells it to end, and the end of its stdout tells that it has.
        self.requests = None;
        // One line may have been on its way; a program that goes on talking is not listened to.
        if self.answers.recv_timeout(FAREWELL).is_ok() {
            tracing::debug!("a policy spoke after its last answer");
        }
        self.kill();
        if let Err(error) = self.child.wait() {
            tracing::warn!(%error, "a policy's process cannot be waited for");
        }
    }
}

fn write(mut stdin: ChildStdin, lines: &Receiver<Vec<u8>>) {
    for line in lines {
        // Whoever waits for the answer learns that there is none.
        if stdin.write_all(&line).and_then(|()| stdin.flush()).is_err() {
            return;
        }
    }
}

fn lines(stdout: ChildStdout, read: &SyncSender<Line>) {
    let mut reader = BufReader::new(stdout);
    loop {
        let mut line = Vec::new();
        let line = match (&mut reader).take(LINE_MAX + 1).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) if line.pop_if(|byte| *byte == b'\n').is_some() => Line::Whole(line),
            Ok(length) if u64::try_from(length).is_ok_and(|length| length <= LINE_MAX) => {
                Line::Whole(line)
            }
            Ok(_) => Line::TooLong,
        };
        let is_last = matches!(line, Line::TooLong);
        if read.send(line).is_err() || is_last {
            return;
        }
    }
}
