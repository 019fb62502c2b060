//! A resource larger than memory, asked for by ranges, on the disk of the real binary.

use super::{
    blocks::origin::{MIB, RangeOrigin, bytes_of},
    bounded,
    client::{Response, fetch},
    process::{Process, files},
};
use std::{fs, path::PathBuf};
use tempfile::TempDir;

/// Blocks that are asked for: three times what memory holds.
const BLOCKS: u64 = 24;
const MEMORY: &[&str] = &["--cache-mem", "8MiB"];

/// Asks for all the blocks, and for a few bytes of each end's block less.
async fn watch(edge: &Process) -> Response {
    let (first, last) = (77, BLOCKS * MIB - 78);
    let range = format!("bytes={first}-{last}");
    let response = fetch(edge.addr, "/huge", &[("Range", &range)]).await;
    assert_eq!(response.status, 206);
    assert!(response.whole && response.body == bytes_of(0, first, last));
    response
}

/// Returns the files of blocks.
fn blocks(dir: &TempDir) -> Vec<PathBuf> {
    let is_block = |path: &PathBuf| MIB < fs::metadata(path).expect("there").len();
    files(dir.path()).into_iter().filter(is_block).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_outlive_memory_and_the_process_and_a_damaged_one_alone_is_fetched_again() {
    bounded(async {
        let (origin, dir) = (RangeOrigin::start().await, TempDir::new().expect("a directory"));
        let edge = Process::start(&origin.url(), dir.path(), MEMORY).await;
        for _ in 0..2 {
            watch(&edge).await;
        }
        // With the head that they have in common.
        edge.until("objects", BLOCKS + 1).await;
        let asked = origin.ranges().len();
        assert!(watch(&edge).await.one("cache-status").contains("; hit"));
        assert_eq!(origin.ranges().len(), asked);
        edge.kill().await;

        let edge = Process::start(&origin.url(), dir.path(), MEMORY).await;
        assert_eq!(edge.count("objects").await, BLOCKS + 1);
        for _ in 0..3 {
            assert!(watch(&edge).await.one("cache-status").contains("; hit"));
        }
        assert_eq!(origin.ranges().len(), asked);
        edge.kill().await;

        let damaged = blocks(&dir);
        assert_eq!(damaged.len(), usize::try_from(BLOCKS).expect("few"));
        let mut flipped = fs::read(&damaged[5]).expect("readable");
        flipped[500_000] ^= 1;
        fs::write(&damaged[5], flipped).expect("writable");
        let edge = Process::start(&origin.url(), dir.path(), MEMORY).await;
        watch(&edge).await;
        assert_eq!(edge.count("checksum_failures").await, 1);
        assert_eq!(origin.ranges().len(), asked + 1);
        let again = origin.heads().pop().expect("asked");
        assert!(again.contains("if-range: \"0\""), "{again}");
        // Memory has it; whether it still has after another round of all, its policy decides.
        let range = again.lines().find_map(|line| line.strip_prefix("range: ")).expect("a part");
        let block = fetch(edge.addr, "/huge", &[("Range", range)]).await;
        assert!(block.whole && block.one("cache-status").contains("; hit"), "{range}");
        assert_eq!(origin.ranges().len(), asked + 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_whose_head_is_gone_are_removed_by_the_next_start() {
    bounded(async {
        let (origin, dir) = (RangeOrigin::start().await, TempDir::new().expect("a directory"));
        let edge = Process::start(&origin.url(), dir.path(), MEMORY).await;
        for _ in 0..2 {
            watch(&edge).await;
        }
        edge.until("objects", BLOCKS + 1).await;
        edge.kill().await;
        let blocks = blocks(&dir);
        for path in files(dir.path()) {
            if !blocks.contains(&path) {
                fs::remove_file(path).expect("removed");
            }
        }
        let edge = Process::start(&origin.url(), dir.path(), MEMORY).await;
        assert_eq!(edge.count("objects").await, 0);
        let asked = origin.ranges().len();
        assert!(watch(&edge).await.one("cache-status").contains("; fwd=uri-miss"));
        assert_eq!(origin.ranges().len(), asked + 24);
    })
    .await;
}
