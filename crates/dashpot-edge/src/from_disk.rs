//! Requests for what memory does not have and the disk does.

use std::sync::Arc;

use dashpot_cache::{Key, Verdict, decide};
use dashpot_http::{cache_status::Handling, etag::EntityTag};
use http::header;

use crate::{
    blocks::{self, Parts},
    disk::{DiskBody, Loaded, OnDisk, ReadFailed},
    edge::Edge,
    flights::Wanted,
    object::{Blocks, Object, StoredBody},
    proxy,
    respond::Reply,
    stats::Served,
};

/// How often something is found on the disk before it is kept in memory again: once may be chance,
/// and what is asked for once in a while should not push out what is asked for all the time.
pub(crate) const HITS_TO_PROMOTE: u32 = 2;

/// Answers a request for what memory does not have and the disk seems to.
pub(crate) async fn answer(edge: &Arc<Edge>, on_disk: OnDisk, mut wanted: Wanted) -> Reply {
    let (hits, key) = (on_disk.hits(), on_disk.key().clone());
    let loaded = match on_disk.load().await {
        Some(Loaded::Whole(object)) => edge.store.unpurged_on_disk(&wanted.primary, object),
        Some(Loaded::Parts(parts, file)) => {
            return in_parts(edge, wanted, key, (parts, &file)).await;
        }
        None => None,
    };
    let Some(object) = loaded else { return absent(edge, wanted).await };
    wanted.key = key;
    wanted.stored = Some(Arc::clone(&object));
    let verdict = decide(edge.clock.wall(), Some(&object.head), &wanted.request);
    let mut reply = match verdict {
        Verdict::Fresh => Entire { object, hits }.hit(edge, &wanted),
        Verdict::StaleWhileRevalidate
        | Verdict::Stale(_)
        | Verdict::Miss(_)
        | Verdict::Bypass(_)
        | Verdict::Unavailable => proxy::missed(edge, verdict, wanted.clone()).await,
    };
    if prime(edge, &mut reply, &wanted).await.is_ok() {
        return reply;
    }
    // Nothing has been sent, and what is damaged is no longer stored.
    absent(edge, wanted).await
}

/// Answers from `parts`, whose head was read from `file` and is stored under `key`.
async fn in_parts(
    edge: &Arc<Edge>,
    mut wanted: Wanted,
    key: Key,
    (parts, file): (Arc<Parts>, &DiskBody),
) -> Reply {
    let Some(unpurged) = edge.store.unpurged_parts(&wanted.primary, Arc::clone(&parts)) else {
        if let Some(disk) = edge.store.disk() {
            disk.remove_body(file);
        }
        return absent(edge, wanted).await;
    };
    edge.store.keep_parts(key.clone(), &parts, file);
    wanted.key = key;
    let verdict = decide(edge.clock.wall(), Some(&unpurged.head), &wanted.request);
    blocks::reply(edge, verdict, wanted, Some(unpurged)).await
}

/// Answers as if nothing were stored.
async fn absent(edge: &Arc<Edge>, wanted: Wanted) -> Reply {
    let verdict = decide(edge.clock.wall(), None, &wanted.request);
    blocks::reply(edge, verdict, Wanted { stored: None, ..wanted }, None).await
}

/// Sees to it that the first bytes of `reply` are there if they come from the disk, and that those
/// which turn out to be damaged later come from the origin.
async fn prime(edge: &Arc<Edge>, reply: &mut Reply, wanted: &Wanted) -> Result<(), ReadFailed> {
    let etag = reply.response.headers().get(header::ETAG);
    let etag = etag.and_then(|etag| EntityTag::parse(etag.as_bytes()));
    let Some(reader) = reply.response.body_mut().disk_reader() else { return Ok(()) };
    reader.prime().await?;
    if let Some(etag) = etag {
        reader.rescue_with(edge, wanted, etag);
    }
    Ok(())
}

/// What was read from the disk.
#[derive(Debug)]
struct Entire {
    object: Arc<Object>,
    hits: u32,
}

impl Entire {
    /// Replies from the disk.
    fn hit(self, edge: &Arc<Edge>, wanted: &Wanted) -> Reply {
        if let Some(disk) = edge.store.disk() {
            disk.counters().hits.inc();
        }
        let now = edge.clock.wall();
        let mut account = proxy::account(edge, Served::Hit, Handling::Hit);
        account.cache_status.ttl_s = Some(self.object.head.ttl_seconds(now));
        account.cache_status.detail = Some("disk");
        let reply = proxy::from_store(edge, now, &wanted.request, &self.object, account);
        self.promote(edge, wanted);
        reply
    }

    /// Reads the whole into memory, without anybody waiting for it, where it is asked for often
    /// enough and memory takes things of its size.
    fn promote(self, edge: &Arc<Edge>, wanted: &Wanted) {
        let Self { object, hits } = self;
        let StoredBody::Disk(body) = &object.body else { return };
        if !hits.is_multiple_of(HITS_TO_PROMOTE) || edge.flight_limits.object_bytes_max < body.len()
        {
            return;
        }
        let (edge, key, body) = (Arc::clone(edge), wanted.key.clone(), Arc::clone(body));
        tokio::spawn(async move {
            let mut chunks = Vec::new();
            for number in 0..body.blocks() {
                // A damaged file has left the tier.
                let Ok(block) = Arc::clone(&body).block(number).await else { return };
                chunks.push(block);
            }
            let blocks = Blocks::copy_of(&chunks).await;
            edge.store.promote(key, &object, &body, blocks);
        });
    }
}
