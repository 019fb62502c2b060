//! Runs ffmpeg and ffprobe: bounded output, progress, and an end when the work is dropped.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};
use tokio::process::{Child, Command};

use tracing::debug;

use crate::error::IngestError;

/// What programs print is kept up to here: ffprobe's answer about a file with a thousand streams.
const MAX_OUTPUT: u64 = 4 << 20;
/// The last lines that an error quotes.
const MAX_LINES: usize = 4;

/// Runs a program to its end and returns what it printed.
pub(crate) async fn output(
    program: &'static str,
    path: &Path,
    args: &[OsString],
    about: &Path,
) -> Result<String, IngestError> {
    let mut child = start(program, path, args)?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let printed = async {
        let mut text = Vec::new();
        if let Some(stdout) = stdout {
            stdout.take(MAX_OUTPUT).read_to_end(&mut text).await?;
        }
        io::Result::Ok(text)
    };
    let (printed, said) = tokio::join!(printed, last_lines(stderr));
    let source_error = |source| IngestError::Read { path: about.to_owned(), source };
    let printed = printed.map_err(source_error)?;
    let status = child.wait().await.map_err(source_error)?;
    if !status.success() {
        return Err(failed(program, about, &said));
    }
    Ok(String::from_utf8_lossy(&printed).into_owned())
}

/// Runs ffmpeg, which must have been given `-progress pipe:1`, and reports how much of `total` is done.
pub(crate) async fn encode(
    path: &Path,
    args: &[OsString],
    about: &Path,
    total: Option<Duration>,
    mut report: impl FnMut(f64, Option<Duration>),
) -> Result<(), IngestError> {
    let mut child = start("ffmpeg", path, args)?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let follow = async {
        let Some(stdout) = stdout else { return };
        let mut lines = BufReader::new(stdout).lines();
        let mut done = Duration::ZERO;
        // An unreadable line ends the reports, not the work.
        while let Ok(Some(line)) = lines.next_line().await {
            match line.split_once('=') {
                Some(("out_time_us", micros)) => {
                    done = micros.parse().map_or(done, Duration::from_micros);
                }
                Some(("speed", speed)) => {
                    if let Some(total) = total {
                        report(ratio(done, total), remaining(done, total, speed));
                    }
                }
                _ => {}
            }
        }
    };
    let ((), said) = tokio::join!(follow, last_lines(stderr));
    let status = child
        .wait()
        .await
        .map_err(|source| IngestError::Read { path: about.to_owned(), source })?;
    // ffmpeg calls it a success when the last blocks of a file did not fit.
    if status.success() && !disk_full(&said) {
        return Ok(());
    }
    Err(failed("ffmpeg", about, &said))
}

fn start(program: &'static str, path: &Path, args: &[OsString]) -> Result<Child, IngestError> {
    debug!(program, ?args, "a program starts");
    Command::new(path)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // Dropping the work, as an interrupt does, must not leave an encoder behind.
        .kill_on_drop(true)
        .spawn()
        .map_err(|source| {
            if source.kind() == io::ErrorKind::NotFound {
                IngestError::NoProgram { program, source }
            } else {
                IngestError::Read { path: path.to_owned(), source }
            }
        })
}

/// Reads to the end and keeps the last lines; each is cut, and a flood without line ends bounded.
async fn last_lines(stream: Option<impl AsyncRead + Unpin>) -> VecDeque<String> {
    let mut kept = VecDeque::new();
    let Some(stream) = stream else { return kept };
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    while let Ok(count) = (&mut reader).take(4096).read_until(b'\n', &mut line).await {
        if count == 0 {
            break;
        }
        let text = String::from_utf8_lossy(&line).trim().to_owned();
        line.clear();
        if !text.is_empty() {
            kept.push_back(text);
        }
        if MAX_LINES < kept.len() {
            kept.pop_front();
        }
    }
    kept
}

fn failed(program: &'static str, about: &Path, said: &VecDeque<String>) -> IngestError {
    if disk_full(said) {
        return IngestError::write(about, io::ErrorKind::StorageFull.into());
    }
    let message = if said.is_empty() {
        "it said nothing".to_owned()
    } else {
        said.iter().map(String::as_str).collect::<Vec<_>>().join("; ")
    };
    IngestError::ProgramFailed { program, about: about.to_owned(), message }
}

fn disk_full(said: &VecDeque<String>) -> bool {
    said.iter().any(|line| line.contains("No space left on device"))
}

fn ratio(done: Duration, total: Duration) -> f64 {
    (done.as_secs_f64() / total.as_secs_f64()).clamp(0.0, 1.0)
}

/// ffmpeg says its speed as in `1.52x`, or `N/A` at the start.
fn remaining(done: Duration, total: Duration, speed: &str) -> Option<Duration> {
    let speed: f64 = speed.trim().strip_suffix('x')?.parse().ok()?;
    Duration::try_from_secs_f64(total.saturating_sub(done).as_secs_f64() / speed).ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{ratio, remaining};

    #[test]
    fn what_remains_follows_from_the_speed() {
        let (done, total) = (Duration::from_secs(10), Duration::from_secs(40));
        assert_eq!(remaining(done, total, " 1.5x"), Some(Duration::from_secs(20)));
        for unusable in ["N/A", "0x", "-1x", "", "NaNx"] {
            assert_eq!(remaining(done, total, unusable), None, "{unusable}");
        }
        assert!((ratio(done, total) - 0.25).abs() < 1e-9);
        assert!((ratio(total * 2, total) - 1.0).abs() < 1e-9);
    }
}
