//! What is kept, and for how long.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use super::*;

#[tokio::test]
async fn what_is_written_is_there_after_a_restart_with_head_and_epoch() {
    let mut tier = Tier::new(ByteSize::from_mib(10));
    let bodies = [0, 1, 1_000, BODY_BYTES, 3 << 20].map(|len| bytes(3, len));
    for body in &bodies {
        tier.put(&key(&format!("/{}", body.len())), None, &object(body, FRESH).await);
    }
    for _ in 0..2 {
        for body in &bodies {
            let (object, read) = tier.read(&key(&format!("/{}", body.len()))).await.unwrap();
            assert!(read == *body, "{}", body.len());
            assert_eq!(
                (object.epoch(), object.head.headers["etag"].to_str().unwrap()),
                (7, "\"v1\"")
            );
        }
        assert!(tier.read(&key("/other")).await.is_none());
        tier.restart();
    }
}

#[tokio::test]
async fn variants_are_found_after_a_restart_and_go_with_their_resource() {
    let mut tier = Tier::new(ByteSize::from_mib(10));
    let fields = [FRESH, &[("vary", "accept-language")]].concat();
    let (resource, other) = (key("/a"), key("/b"));
    let variants = [(&resource, 4), (&other, 9)].map(|(resource, epoch)| {
        let headers = HeaderMap::new();
        let vary = head(&fields).vary.clone();
        (resource.variant(epoch, &vary, &headers), Disk::variant_of(resource, epoch))
    });
    for (variant, of) in &variants {
        tier.put(variant, Some(*of), &object(b"hallo", &fields).await);
    }
    tier.restart();
    for (resource, epoch) in [(&resource, 4), (&other, 9)] {
        let selector = tier.disk().with_selector(resource, |vary, epoch| (vary.clone(), epoch));
        assert_eq!(selector, Some((head(&fields).vary.clone(), epoch)));
    }
    assert_eq!(tier.disk().next_epoch(), 10);
    tier.disk().remove(&resource);
    tier.restart();
    let (gone, kept) = (&variants[0].0, &variants[1].0);
    assert_eq!(tier.body(gone).await, None);
    assert_eq!(tier.body(kept).await.as_deref(), Some(b"hallo".as_slice()));
    // A resource that has no variants any more leaves none behind.
    tier.put(&other, None, &object(b"plain", FRESH).await);
    assert_eq!(tier.body(kept).await, None);
    assert_eq!(tier.files().len(), 1);
}

#[tokio::test]
async fn what_is_removed_does_not_come_back_by_a_write_under_way() {
    let tier = Tier::new(ByteSize::from_mib(10));
    let (resource, of) = (key("/a"), Disk::variant_of(&key("/a"), 1));
    let object = object(b"old", FRESH).await;
    let puts = [
        tier.announce(&resource, None, &object),
        tier.announce(&key("/a-variant"), Some(of), &object),
    ];
    tier.disk().remove(&resource);
    for put in &puts {
        tier.disk().put(put);
    }
    assert_eq!(tier.files(), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn the_files_never_take_more_than_the_tier_may_and_the_oldest_leave() {
    let size = ByteSize::from_mib(1);
    let mut tier = Tier::new(size);
    for n in 0..40 {
        tier.put(&key(&format!("/{n}")), None, &object(&bytes(n, 100_000), FRESH).await);
        let taken: u64 =
            tier.files().iter().map(|file| file.metadata().unwrap().blocks() * 512).sum();
        assert!(taken <= size.bytes(), "{taken}");
        // Used all the time.
        assert!(tier.body(&key("/0")).await.is_some(), "{n}");
    }
    assert!(tier.body(&key("/39")).await.is_some());
    assert!(tier.body(&key("/1")).await.is_none());
    // What is larger than the tier is not tried.
    tier.put(&key("/large"), None, &object(&bytes(1, 2 << 20), FRESH).await);
    assert!(tier.body(&key("/large")).await.is_none());
    assert!(tier.body(&key("/39")).await.is_some());
    // Less room than before.
    tier.size = ByteSize::new(300_000);
    tier.restart();
    tier.disk().put(&tier.announce(&key("/more"), None, &object(b"x", FRESH).await));
    assert_eq!(tier.files().len(), 3);
}

#[tokio::test]
async fn a_newer_head_is_appended_and_a_newer_body_is_another_file() {
    let mut tier = Tier::new(ByteSize::from_mib(10));
    let body = bytes(1, BODY_BYTES);
    tier.put(&key("/a"), None, &object(&body, FRESH).await);
    let first = tier.files();
    let newer = [("cache-control", "max-age=6000"), ("etag", "\"v1\"")];
    tier.put(&key("/a"), None, &object(&body, &newer).await);
    assert_eq!(tier.files(), first);
    tier.restart();
    let (read, bytes_read) = tier.read(&key("/a")).await.unwrap();
    assert_eq!(read.head.lifetime().as_secs(), 6_000);
    assert!(bytes_read == body);
    // The same from the disk itself, as after a 304 for what memory does not have.
    for n in 0..400 {
        tier.put(&key("/a"), None, &Arc::new(read.with_head(head(FRESH), 7)));
        let len = tier.files()[0].metadata().unwrap().len();
        assert!(len < u64::from(BLOCK_BYTES) + (80 << 10), "{n}: {len}");
    }
    assert!(tier.body(&key("/a")).await.is_some_and(|read| read == body));
    tier.put(&key("/a"), None, &object(b"new", FRESH).await);
    assert_eq!(tier.body(&key("/a")).await.as_deref(), Some(b"new".as_slice()));
    assert_eq!(tier.files().len(), 1);
}

#[tokio::test]
async fn a_second_request_is_what_admits() {
    let tier = Tier::new(ByteSize::from_mib(10));
    let (once, twice) = (object(b"once", FRESH).await, object(b"twice", FRESH).await);
    tier.disk().stored(&key("/once"), None, &once);
    tier.disk().stored(&key("/hit"), None, &twice);
    tier.disk().asked_again(&key("/hit"), None, &twice);
    // Filled, pushed out of memory, and filled again.
    for _ in 0..2 {
        tier.disk().stored(&key("/refilled"), None, &object(b"twice", FRESH).await);
    }
    // A live manifest is not worth it.
    let manifest = object(b"<MPD/>", &[("cache-control", "max-age=2")]).await;
    tier.disk().asked_again(&key("/live.mpd"), None, &manifest);
    tier.disk().close();
    assert!(tier.body(&key("/once")).await.is_none());
    assert!(tier.body(&key("/hit")).await.is_some());
    assert!(tier.body(&key("/refilled")).await.is_some());
    assert!(tier.body(&key("/live.mpd")).await.is_none());
}

#[tokio::test]
async fn nobody_else_may_read_the_files_or_use_the_directory() {
    let tier = Tier::new(ByteSize::from_mib(10));
    tier.put(&key("/a"), None, &object(b"secret", FRESH).await);
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&tier.files()[0]), 0o600);
    assert_eq!(mode(&tier.root()), 0o700);
    let again = open(&tier.dir, tier.size, &tier.clock);
    assert!(matches!(again, Err(StartError::DiskLocked { .. })), "{again:?}");
    let text = again.unwrap_err().to_string();
    assert!(text.starts_with("cannot cache in "), "{text}");
}
