//! Disks that fail: what was there is served, and writing rests.

use std::{fs, time::Duration};

use super::{
    dir::Step,
    faults::{EIO, ENOSPC},
    *,
};

#[tokio::test(start_paused = true)]
async fn a_write_that_fails_costs_nobody_anything_and_is_tried_again_later() {
    for (step, errno) in [
        (Step::Create, ENOSPC),
        (Step::Create, EIO),
        (Step::Write, ENOSPC),
        (Step::Write, EIO),
        (Step::Rename, EIO),
    ] {
        let tier = Tier::new(ByteSize::from_mib(10));
        let small = object(b"small", FRESH).await;
        for path in ["/kept", "/older", "/a"] {
            tier.put(&key(path), None, &small);
        }
        tier.body(&key("/kept")).await.unwrap();
        tier.disk().dir.faults.set(Some((step, errno)));
        tier.put(&key("/new"), None, &small);
        let counts = |disk: &Disk| {
            let counters = disk.counters();
            [counters.writes.get(), counters.errors.get(), counters.dropped.get()]
        };
        assert_eq!(counts(tier.disk()), [3, 1, 1], "{step:?} {errno}");
        // It rests, whether or not the disk would work again.
        tier.disk().dir.faults.set(None);
        tier.put(&key("/new"), None, &small);
        assert_eq!(counts(tier.disk()), [3, 1, 2]);
        assert!(tier.body(&key("/kept")).await.is_some());
        assert!(tier.body(&key("/new")).await.is_none());
        assert!(fs::read_dir(tier.root().join("tmp")).unwrap().next().is_none());
        // A full device makes what was not used for longest leave.
        assert_eq!(tier.body(&key("/older")).await.is_none(), errno == ENOSPC);
        tokio::time::advance(Duration::from_secs(2)).await;
        tier.put(&key("/new"), None, &small);
        assert!(tier.body(&key("/new")).await.is_some());
    }
}

#[tokio::test]
async fn what_cannot_be_replaced_is_not_served_in_its_old_form() {
    let tier = Tier::new(ByteSize::from_mib(10));
    tier.put(&key("/a"), None, &object(b"old", FRESH).await);
    tier.disk().dir.faults.set(Some((Step::Write, EIO)));
    tier.put(&key("/a"), None, &object(b"new", FRESH).await);
    assert_eq!(tier.body(&key("/a")).await, None);
    // Not even offered: the tier rests.
    tier.disk().dir.faults.set(None);
    assert!(tier.files().is_empty());
}

#[tokio::test]
async fn what_cannot_be_read_is_as_if_it_were_not_there() {
    let mut tier = Tier::new(ByteSize::from_mib(10));
    tier.put(&key("/a"), None, &object(b"here", FRESH).await);
    tier.disk().dir.faults.set(Some((Step::Read, EIO)));
    assert_eq!(tier.body(&key("/a")).await, None);
    assert_eq!(tier.disk().counters().errors.get(), 1);
    assert!(tier.disk().find(&key("/a")).is_none());
    // Somebody empties the directory.
    tier.restart();
    tier.put(&key("/b"), None, &object(b"here", FRESH).await);
    fs::remove_dir_all(tier.root()).unwrap();
    assert_eq!(tier.body(&key("/b")).await, None);
    tier.put(&key("/c"), None, &object(b"there", FRESH).await);
    assert_eq!(tier.disk().counters().dropped.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_is_full_drops_and_delays_nobody() {
    let tier = Tier::new(ByteSize::from_mib(10));
    // Nobody takes from the queue: the tier is closed.
    tier.put(&key("/a"), None, &object(b"old", FRESH).await);
    tier.disk().close();
    tier.disk().stored(&key("/a"), None, &object(b"new", FRESH).await);
    assert_eq!(tier.disk().counters().dropped.get(), 1);
    // What is older than what could not be written is not served.
    assert_eq!(tier.body(&key("/a")).await, None);
}

#[test]
fn a_directory_that_cannot_be_made_is_a_start_error() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("cache"), b"a file").unwrap();
    let error = open(&dir, ByteSize::from_mib(1), &Clock::system()).unwrap_err();
    assert!(matches!(error, StartError::Disk { .. }), "{error:?}");
}
