//! The disk tier of the real binary: killed, damaged and full.

use super::{
    bounded,
    client::{Response, fetch},
    origin::{BIG_BYTES, BODY_BYTES, HostileOrigin, body_of},
};
use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Child,
};
use url::Url;

/// An edge in a process of its own.
struct Process {
    child: Child,
    addr: SocketAddr,
}

impl Process {
    /// Starts an edge that keeps up to `size` in `dir`, and waits until it listens.
    async fn start(origin: &HostileOrigin, dir: &Path, size: &str) -> Self {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_dashpot"));
        command
            .args(["edge", "--listen", "127.0.0.1:0", "--origin", origin.url().as_str()])
            .args(["--cache-disk-size", size, "--cache-disk"])
            .arg(dir)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let mut child = command.spawn().expect("the edge starts");
        let stdout = child.stdout.take().expect("piped");
        let line = BufReader::new(stdout).lines().next_line().await.expect("reads");
        let url = Url::parse(&line.expect("the edge prints its address")).expect("a URL");
        let addr = url.socket_addrs(|| None).expect("an address")[0];
        Self { child, addr }
    }

    /// Ends the process without a warning.
    async fn kill(mut self) {
        self.child.kill().await.expect("it was running");
    }

    /// Returns a count of the disk tier.
    async fn count(&self, name: &str) -> u64 {
        let stats = fetch(self.addr, "/_dashpot/stats", &[]).await.body;
        let stats: serde_json::Value = serde_json::from_slice(&stats).expect("JSON");
        stats["tiers"]["disk"][name].as_u64().expect("a count")
    }

    /// Waits until a count of the disk tier, which writes behind the replies, is `expected`.
    async fn until(&self, name: &str, expected: u64) {
        while self.count(name).await < expected {
            tokio::task::yield_now().await;
        }
    }

    async fn get(&self, path: &str) -> Response {
        fetch(self.addr, path, &[]).await
    }

    /// Asks twice, which is what the disk is for, and waits until it has it.
    async fn fill(&self, path: &str) {
        let writes = self.count("writes").await;
        for _ in 0..2 {
            assert!(self.get(path).await.whole);
        }
        self.until("writes", writes + 1).await;
    }
}

/// Returns the files of stored responses.
fn files(dir: &Path) -> Vec<PathBuf> {
    let folders = fs::read_dir(dir).expect("there").map(|entry| entry.expect("readable").path());
    let folders = folders.filter(|path| path.is_dir() && !path.ends_with("tmp"));
    let files = folders.flat_map(|folder| fs::read_dir(folder).expect("a folder"));
    files.map(|entry| entry.expect("readable").path()).collect()
}

fn is_from_disk(response: &Response) -> bool {
    response.one("cache-status").contains("hit") && response.one("cache-status").contains("disk")
}

#[tokio::test]
async fn what_was_stored_is_a_hit_after_a_kill_and_what_is_damaged_is_fetched_again() {
    bounded(async {
        let (origin, dir) = (HostileOrigin::start().await, TempDir::new().expect("a directory"));
        let edge = Process::start(&origin, dir.path(), "1GiB").await;
        for path in ["/fine/a", "/fine/b"] {
            edge.fill(path).await;
        }
        edge.kill().await;
        fs::write(dir.path().join("tmp/0000000000000007"), "half").expect("written");

        let edge = Process::start(&origin, dir.path(), "1GiB").await;
        for path in ["/fine/a", "/fine/b"] {
            let response = edge.get(path).await;
            assert!(is_from_disk(&response), "{response:?}");
            assert!(response.whole && response.body == body_of(BODY_BYTES));
            assert_eq!(origin.asked(path).len(), 1);
        }
        assert_eq!(fs::read_dir(dir.path().join("tmp")).expect("there").count(), 0);
        edge.kill().await;

        let damaged = files(dir.path());
        assert_eq!(damaged.len(), 2);
        let mut flipped = fs::read(&damaged[0]).expect("readable");
        flipped[BODY_BYTES / 2] ^= 4;
        fs::write(&damaged[0], flipped).expect("writable");
        let edge = Process::start(&origin, dir.path(), "1GiB").await;
        // Cut while it is in use.
        let cut = fs::OpenOptions::new().write(true).open(&damaged[1]).expect("writable");
        cut.set_len(BODY_BYTES as u64 / 3).expect("cut");
        for path in ["/fine/a", "/fine/b"] {
            let response = edge.get(path).await;
            assert!(response.one("cache-status").contains("fwd="), "{response:?}");
            assert!(response.whole && response.body == body_of(BODY_BYTES));
            assert_eq!(origin.asked(path).len(), 2);
        }
        assert_eq!(edge.count("checksum_failures").await, 2);
    })
    .await;
}

#[tokio::test]
async fn damage_in_the_middle_of_a_body_under_way_is_made_good_from_the_origin() {
    bounded(async {
        let (origin, dir) = (HostileOrigin::start().await, TempDir::new().expect("a directory"));
        let edge = Process::start(&origin, dir.path(), "1GiB").await;
        edge.fill("/big/a").await;
        edge.kill().await;
        let file = files(dir.path()).remove(0);
        let mut damaged = fs::read(&file).expect("readable");
        damaged[BIG_BYTES - 100_000] ^= 1;
        fs::write(&file, damaged).expect("writable");

        let edge = Process::start(&origin, dir.path(), "1GiB").await;
        let response = edge.get("/big/a").await;
        assert!(is_from_disk(&response), "{:?}", response.all("cache-status"));
        assert!(response.whole && response.body == body_of(BIG_BYTES));
        assert_eq!(origin.asked("/big/a").len(), 2);
        assert_eq!(edge.count("checksum_failures").await, 1);
        // The file that was damaged is no longer served.
        assert!(edge.get("/big/a").await.body == body_of(BIG_BYTES));
    })
    .await;
}

/// A small file system that is taken away again.
struct Mount(TempDir);

impl Mount {
    fn of_one_mebibyte() -> Option<Self> {
        let dir = TempDir::new().expect("a directory");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=1m,mode=0700", "tmpfs"]).arg(dir.path());
        let mounted = mount.stderr(Stdio::null()).status().is_ok_and(|status| status.success());
        mounted.then(|| Self(dir))
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // What stays mounted goes with the machine.
        Command::new("umount").arg("-l").arg(self.0.path()).status().map(drop).unwrap_or_default();
    }
}

#[tokio::test]
async fn a_device_that_is_full_costs_no_client_a_byte() {
    let Some(mount) = Mount::of_one_mebibyte() else {
        eprintln!("skipped: only root may mount a small file system");
        return;
    };
    bounded(async {
        let origin = HostileOrigin::start().await;
        let edge = Process::start(&origin, mount.0.path(), "1GiB").await;
        for n in 0..8 {
            for _ in 0..2 {
                let response = edge.get(&format!("/fine/{n}")).await;
                assert!(response.whole && response.body == body_of(BODY_BYTES));
            }
        }
        // Five fit, then one does not, and the tier rests.
        edge.until("errors", 1).await;
        edge.until("dropped_writes", 1).await;
        for n in 0..8 {
            assert!(edge.get(&format!("/fine/{n}")).await.body == body_of(BODY_BYTES));
            assert_eq!(origin.asked(&format!("/fine/{n}")).len(), 1);
        }
        edge.kill().await;
        let edge = Process::start(&origin, mount.0.path(), "1GiB").await;
        assert!(0 < edge.count("objects").await);
        for n in 0..8 {
            assert!(edge.get(&format!("/fine/{n}")).await.body == body_of(BODY_BYTES));
        }
    })
    .await;
}
