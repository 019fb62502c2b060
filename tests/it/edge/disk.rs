//! The disk tier of the real binary: killed, damaged and full.

use super::{
    bounded,
    client::Response,
    origin::{BIG_BYTES, BODY_BYTES, HostileOrigin, body_of},
    process::{Process, files},
};
use std::{
    fs,
    process::{Command, Stdio},
};
use tempfile::TempDir;

fn is_from_disk(response: &Response) -> bool {
    response.one("cache-status").contains("hit") && response.one("cache-status").contains("disk")
}

#[tokio::test]
async fn what_was_stored_is_a_hit_after_a_kill_and_what_is_damaged_is_fetched_again() {
    bounded(async {
        let (origin, dir) = (HostileOrigin::start().await, TempDir::new().expect("a directory"));
        let edge = Process::start(&origin.url(), dir.path(), &[]).await;
        for path in ["/fine/a", "/fine/b"] {
            edge.fill(path).await;
        }
        edge.kill().await;
        fs::write(dir.path().join("tmp/0000000000000007"), "half").expect("written");

        let edge = Process::start(&origin.url(), dir.path(), &[]).await;
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
        let edge = Process::start(&origin.url(), dir.path(), &[]).await;
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
        let edge = Process::start(&origin.url(), dir.path(), &[]).await;
        edge.fill("/big/a").await;
        edge.kill().await;
        let file = files(dir.path()).remove(0);
        let mut damaged = fs::read(&file).expect("readable");
        damaged[BIG_BYTES - 100_000] ^= 1;
        fs::write(&file, damaged).expect("writable");

        let edge = Process::start(&origin.url(), dir.path(), &[]).await;
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
        let edge = Process::start(&origin.url(), mount.0.path(), &[]).await;
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
        let edge = Process::start(&origin.url(), mount.0.path(), &[]).await;
        assert!(0 < edge.count("objects").await);
        for n in 0..8 {
            assert!(edge.get(&format!("/fine/{n}")).await.body == body_of(BODY_BYTES));
        }
    })
    .await;
}
