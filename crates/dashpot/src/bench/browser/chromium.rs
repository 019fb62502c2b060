//! The browser: found on this machine, started without a window, and ended with all that it starts.

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process_group};
use std::{
    io,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    process::{Child, Command},
    task::JoinHandle,
    time::timeout,
};

/// What it is called on PATH.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// Without a window, without a GPU, without asking anybody on the Internet, and without waiting for
/// a click before it plays.
const FLAGS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--enable-logging=stderr",
];

/// How long it may take to say its version, on a busy machine with a cold disk.
const VERSION_WITHIN: Duration = Duration::from_secs(60);

/// How much of what it says is kept: enough to see why it ended.
const SAID_MAX: usize = 4 << 10;

/// How much of that is told.
const LINES_MAX: usize = 4;

/// How long its end may be waited for.
const SAID_WITHIN: Duration = Duration::from_secs(5);

/// How often a folder that is still written to is removed again, and how long after.
const REMOVALS: usize = 10;
const REMOVE_AFTER: Duration = Duration::from_millis(100);

/// A browser on this machine.
#[derive(Clone, Debug)]
pub(super) struct Browser {
    program: PathBuf,
    /// Such as `Chromium 131.0.6778.85`.
    pub(super) version: String,
}

impl Browser {
    /// Finds the browser at `path`, or the first one on PATH.
    ///
    /// # Errors
    /// Where there is none, or what is there does not say its version.
    pub(super) async fn find(path: Option<&Path>) -> anyhow::Result<Self> {
        if let Some(path) = path {
            let shown = path.display();
            let found = Self::ask(path).await.with_context(|| format!("--browser {shown}"))?;
            return found.with_context(|| format!("--browser {shown}: there is no such program"));
        }
        for name in NAMES {
            if let Some(found) = Self::ask(Path::new(name)).await.context(name)? {
                return Ok(found);
            }
        }
        bail!(
            "there is none of {} on PATH: install Chromium (Debian: apt-get install chromium), or \
             say where it is with --browser=PATH",
            NAMES.join(", ")
        )
    }

    /// Returns the browser that this program is; `None` where there is no such program.
    async fn ask(program: &Path) -> anyhow::Result<Option<Self>> {
        let mut command = Command::new(program);
        command.arg("--version").stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let output = match timeout(VERSION_WITHIN, command.output()).await {
            Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Ok(output) => output.context("cannot start it")?,
            Err(_) => bail!("it does not say its version within {VERSION_WITHIN:?}"),
        };
        let said = String::from_utf8_lossy(&output.stdout);
        match version(&said) {
            Some(version) => Ok(Some(Self { program: program.to_owned(), version })),
            None => bail!("it is no Chromium: it says no version when asked with --version"),
        }
    }

    /// Starts it at `url`, on an empty profile of its own.
    ///
    /// # Errors
    /// Where it cannot be started.
    pub(super) fn start(&self, url: &str) -> anyhow::Result<Running> {
        let folder = tempfile::Builder::new().prefix("dashpot-browser-").tempdir();
        let folder = folder.context("cannot make a folder for the browser")?;
        let at = folder.path();
        let mut child = Command::new(&self.program)
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", at.join("profile").display()))
            .arg(url)
            // What it leaves behind beside its profile goes with the folder.
            .envs([("HOME", at), ("TMPDIR", at), ("XDG_CONFIG_HOME", at), ("XDG_CACHE_HOME", at)])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start `{}`", self.program.display()))?;
        let stderr = child.stderr.take().context("its stderr is gone")?;
        let said = tokio::spawn(keep_end(stderr));
        Ok(Running { group: Group::of(&child), child, said, folder })
    }
}

/// A browser that runs; dropped, it is ended.
#[derive(Debug)]
pub(super) struct Running {
    // First, so that all of it is gone before its folder goes.
    group: Group,
    child: Child,
    said: JoinHandle<Vec<u8>>,
    folder: TempDir,
}

impl Running {
    /// Waits until it ends by itself.
    pub(super) async fn ended(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Ends it, removes what it wrote, and returns the last of what it said.
    pub(super) async fn end(mut self) -> String {
        self.group.kill();
        if let Err(error) = self.child.wait().await {
            tracing::warn!(%error, "the browser cannot be waited for");
        }
        // Those that it started end on their own account, and may write until then.
        let path = self.folder.path().to_owned();
        for _ in 0..REMOVALS {
            match tokio::fs::remove_dir_all(&path).await {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    tokio::time::sleep(REMOVE_AFTER).await;
                }
                Ok(()) | Err(_) => break,
            }
        }
        // All who could write are gone, but one in a group of its own, which is not waited for.
        let said = timeout(SAID_WITHIN, self.said).await;
        last_lines(&said.ok().and_then(Result::ok).unwrap_or_default())
    }
}

fn last_lines(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let lines = said.lines().rev().filter(|line| !line.trim().is_empty()).take(LINES_MAX);
    let mut lines = lines.collect::<Vec<_>>();
    lines.reverse();
    if lines.is_empty() { "it said nothing".to_owned() } else { lines.join("\n") }
}

/// The process group of a browser: all that it starts is in it.
#[derive(Debug)]
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self(id.and_then(Pid::from_raw))
    }

    /// Ends all of it, once: after that its number may be another's.
    fn kill(&mut self) {
        let Some(group) = self.0.take() else { return };
        if let Err(error) = kill_process_group(group, Signal::KILL) {
            tracing::debug!(%error, "the browser's process group is gone already");
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Returns the name and the number of a version such as `Chromium 131.0.6778.85 built on Debian`.
fn version(said: &str) -> Option<String> {
    let words = said.lines().next()?.split_whitespace().collect::<Vec<_>>();
    let is_number = |word: &&str| {
        word.contains('.') && word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    };
    let number = words.iter().position(is_number)?;
    let words = words.get(..=number)?.join(" ");
    // It stands in rows, whose fields are free of commas and quotes.
    let sound = words.chars().all(|c| c.is_ascii_alphanumeric() || " .-".contains(c));
    (sound && words.len() <= 64).then_some(words)
}

/// Reads to the end, and returns the last of it.
async fn keep_end(mut from: impl AsyncRead + Unpin) -> Vec<u8> {
    let (mut piece, mut said) = (vec![0; SAID_MAX], Vec::new());
    while let Ok(length @ 1..) = from.read(&mut piece).await {
        said.extend_from_slice(&piece[..length]);
        let surplus = said.len().saturating_sub(SAID_MAX);
        said.drain(..surplus);
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_a_name_and_a_number() {
        let check = |said: &str, expected: Option<&str>| {
            assert_eq!(version(said).as_deref(), expected, "{said}");
        };
        check(
            "Chromium 131.0.6778.85 built on Debian GNU/Linux 12\n",
            Some("Chromium 131.0.6778.85"),
        );
        check("Google Chrome 131.0.6778.85 \n", Some("Google Chrome 131.0.6778.85"));
        check("", None);
        check("usage: something", None);
        check("a,\"b 1.2", None);
    }

    #[tokio::test]
    async fn what_is_no_browser_is_refused_by_name() {
        let nowhere = Browser::find(Some(Path::new("/nowhere/chromium"))).await.unwrap_err();
        assert!(format!("{nowhere:#}").contains("there is no such program"), "{nowhere:#}");
        let other = Browser::find(Some(Path::new("true"))).await.unwrap_err();
        assert!(format!("{other:#}").contains("it is no Chromium"), "{other:#}");
    }

    #[tokio::test]
    async fn only_the_end_of_what_it_says_is_kept() {
        let text = format!("{}\n1\n2\n\n3\nthe end\n", "x".repeat(3 * SAID_MAX));
        let said = keep_end(text.as_bytes()).await;
        assert_eq!(said.len(), SAID_MAX);
        assert_eq!(last_lines(&said), "1\n2\n3\nthe end");
        assert_eq!(last_lines(b" \n"), "it said nothing");
    }
}
