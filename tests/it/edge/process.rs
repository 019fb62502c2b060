//! The real binary with a disk tier, to be killed.

use super::client::{Response, fetch};
use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout},
};
use url::Url;

/// An edge in a process of its own.
pub(super) struct Process {
    child: Child,
    /// What it prints.
    lines: Lines<BufReader<ChildStdout>>,
    pub(super) addr: SocketAddr,
}

impl Process {
    /// Starts an edge that keeps up to 1 GiB in `dir`, and waits until it listens.
    pub(super) async fn start(origin: &Url, dir: &Path, arguments: &[&str]) -> Self {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_dashpot"));
        command
            .args(["edge", "--listen", "127.0.0.1:0", "--origin", origin.as_str()])
            .args(["--cache-disk-size", "1GiB", "--cache-disk"])
            .arg(dir)
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let mut child = command.spawn().expect("the edge starts");
        let stdout = child.stdout.take().expect("piped");
        let mut lines = BufReader::new(stdout).lines();
        let addr = next_addr(&mut lines).await;
        Self { child, lines, addr }
    }

    /// Returns where the operator's listener is, once.
    pub(super) async fn admin(&mut self) -> SocketAddr {
        next_addr(&mut self.lines).await
    }

    /// Ends the process without a warning.
    pub(super) async fn kill(mut self) {
        self.child.kill().await.expect("it was running");
    }

    /// Returns a count of the disk tier.
    pub(super) async fn count(&self, name: &str) -> u64 {
        let stats = fetch(self.addr, "/_dashpot/stats", &[]).await.body;
        let stats: serde_json::Value = serde_json::from_slice(&stats).expect("JSON");
        stats["tiers"]["disk"][name].as_u64().expect("a count")
    }

    /// Waits until a count of the disk tier, which writes behind the replies, is `expected`.
    pub(super) async fn until(&self, name: &str, expected: u64) {
        while self.count(name).await < expected {
            tokio::task::yield_now().await;
        }
    }

    pub(super) async fn get(&self, path: &str) -> Response {
        fetch(self.addr, path, &[]).await
    }

    /// Asks twice, which is what the disk is for, and waits until it has it.
    pub(super) async fn fill(&self, path: &str) {
        let writes = self.count("writes").await;
        for _ in 0..2 {
            assert!(self.get(path).await.whole);
        }
        self.until("writes", writes + 1).await;
    }
}

async fn next_addr(lines: &mut Lines<BufReader<ChildStdout>>) -> SocketAddr {
    let line = lines.next_line().await.expect("reads").expect("the edge prints its address");
    let url = line.split(' ').next().expect("a word");
    Url::parse(url).expect("a URL").socket_addrs(|| None).expect("an address")[0]
}

/// Returns the files of stored responses.
pub(super) fn files(dir: &Path) -> Vec<PathBuf> {
    let folders = fs::read_dir(dir).expect("there").map(|entry| entry.expect("readable").path());
    let folders = folders.filter(|path| path.is_dir() && !path.ends_with("tmp"));
    let files = folders.flat_map(|folder| fs::read_dir(folder).expect("a folder"));
    files.map(|entry| entry.expect("readable").path()).collect()
}
