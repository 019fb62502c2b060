//! A tier in a directory of its own, written to without its thread, so that nothing waits.

mod damage;
mod failures;
mod keeping;

use std::{path::PathBuf, sync::Arc};

use bytes::Bytes;
use dashpot_base::ByteSize;
use dashpot_cache::{Framing, Key, RequestHead, ResponseHead, Rules, StoredHead, Times};
use dashpot_serve::{Clock, Metrics, Role};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use tempfile::TempDir;

use super::{record::BLOCK_BYTES, tier::Disk, writer::Put, *};
use crate::{
    StartError,
    config::{DiskEviction, DiskTier},
    object::{Blocks, Object, StoredBody},
};

/// A directory and the tier in it.
struct Tier {
    dir: TempDir,
    size: ByteSize,
    clock: Clock,
    /// Not there while it is begun anew.
    disk: Option<Arc<Disk>>,
}

fn open(dir: &TempDir, size: ByteSize, clock: &Clock) -> Result<Arc<Disk>, StartError> {
    let dir = dir.path().join("cache");
    let tier = DiskTier { dir, size, eviction: DiskEviction::Lru };
    Disk::open(&tier, clock.clone(), Counters::new(&mut Metrics::new(Role::Edge)))
}

impl Tier {
    fn new(size: ByteSize) -> Self {
        let (dir, clock) = (TempDir::new().unwrap(), Clock::system());
        let disk = Some(open(&dir, size, &clock).unwrap());
        Self { dir, size, clock, disk }
    }

    /// Begins anew on the same directory, as after the end of the process at this moment.
    fn restart(&mut self) {
        self.disk().close();
        // The directory is let go before it is taken again.
        self.disk = None;
        self.disk = Some(open(&self.dir, self.size, &self.clock).unwrap());
    }

    fn disk(&self) -> &Arc<Disk> {
        self.disk.as_ref().unwrap()
    }

    /// Returns where what is under `key` is.
    fn path(&self, key: &Key) -> PathBuf {
        let file = self.disk().index().get(index::hash_of(key)).unwrap().file;
        self.disk().dir.path(file)
    }

    fn root(&self) -> PathBuf {
        self.dir.path().join("cache")
    }

    /// Returns the files that are whole, by name.
    fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = self
            .disk()
            .dir
            .folders()
            .iter()
            .flat_map(|folder| std::fs::read_dir(folder).unwrap())
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        files
    }

    fn put(&self, key: &Key, variant_of: Option<VariantOf>, object: &Arc<Object>) {
        let put = self.announce(key, variant_of, object);
        self.disk().put(&put);
    }

    fn announce(&self, key: &Key, variant_of: Option<VariantOf>, object: &Arc<Object>) -> Put {
        let hash = index::hash_of(key);
        let ticket = self.disk().index().announce(hash, record::Kind::Whole, variant_of);
        Put { ticket, ..Put::of(hash, key, variant_of, object) }
    }

    /// Reads what is under `key` as a reply does; `None` where it is not there or not whole.
    async fn read(&self, key: &Key) -> Option<(Arc<Object>, Vec<u8>)> {
        let Some(Loaded::Whole(object)) = self.disk().find(key)?.load().await else { return None };
        let StoredBody::Disk(body) = &object.body else { panic!("not on the disk") };
        let mut bytes = Vec::new();
        for number in 0..body.blocks() {
            bytes.extend_from_slice(&Arc::clone(body).block(number).await.ok()?);
        }
        Some((object, bytes))
    }

    async fn body(&self, key: &Key) -> Option<Vec<u8>> {
        self.read(key).await.map(|(_, bytes)| bytes)
    }
}

fn key(path: &str) -> Key {
    Key::new("http", "origin", path)
}

/// Returns `len` bytes that differ from those of another `seed`.
fn bytes(seed: u8, len: usize) -> Vec<u8> {
    (seed..=250).chain(0..seed).cycle().take(len).collect()
}

fn head(fields: &[(&'static str, &'static str)]) -> Arc<StoredHead> {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    let response = ResponseHead { status: StatusCode::OK, headers, framing: Framing::Delimited };
    let now = Clock::system().wall();
    let times = Times { requested: now, responded: now };
    let request = RequestHead::new(Method::GET, HeaderMap::new());
    Arc::new(StoredHead::new(&request, &response, times, &Rules::default()).unwrap())
}

async fn object(body: &[u8], fields: &[(&'static str, &'static str)]) -> Arc<Object> {
    let blocks = Blocks::copy_of(&[Bytes::copy_from_slice(body)]).await;
    let body = StoredBody::Memory(Arc::new(blocks));
    Arc::new(Object::new(head(fields), body, 7))
}

const FRESH: &[(&str, &str)] = &[("cache-control", "max-age=600"), ("etag", "\"v1\"")];

/// A body of two blocks, the second one of a few bytes.
const BODY_BYTES: usize = (BLOCK_BYTES + 77) as usize;
