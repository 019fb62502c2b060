//! The bytes of one segment, which can be read while they arrive.

use axum::body::Body;
use bytes::Bytes;
use dashpot_serve::Counter;
use futures_util::{Stream, TryStreamExt as _, stream};
use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::watch;

/// A segment.
#[derive(Debug)]
pub(crate) struct Media {
    /// Another one for each segment that ever arrived.
    pub(super) version: u64,
    chunks: Mutex<Chunks>,
}

#[derive(Debug, Default)]
struct Chunks {
    parts: Vec<Bytes>,
    end: End,
}

/// Whether more is to come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum End {
    #[default]
    Arriving,
    Whole,
    /// It broke off: it must not be taken for a whole.
    Broken,
}

/// What comes next of a segment.
enum Next {
    Part(Bytes),
    Wait,
    End,
    Broken,
}

impl Media {
    pub(super) fn new(version: u64) -> Self {
        Self { version, chunks: Mutex::default() }
    }

    pub(super) fn push(&self, part: Bytes) {
        self.held(|chunks| chunks.parts.push(part));
    }

    pub(super) fn end(&self, end: End) {
        self.held(|chunks| chunks.end = end);
    }

    /// Returns its bytes, once it is whole.
    pub(super) fn whole(&self) -> Option<Vec<Bytes>> {
        self.held(|chunks| (chunks.end == End::Whole).then(|| chunks.parts.clone()))
    }

    fn held<T>(&self, act: impl FnOnce(&mut Chunks) -> T) -> T {
        act(&mut self.chunks.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn next(&self, at: usize) -> Next {
        self.held(|chunks| match (chunks.parts.get(at), chunks.end) {
            (_, End::Broken) => Next::Broken,
            (Some(part), _) => Next::Part(part.clone()),
            (None, End::Arriving) => Next::Wait,
            (None, End::Whole) => Next::End,
        })
    }
}

/// A segment that is arriving.
#[derive(Clone, Debug)]
pub(crate) struct Arriving {
    pub(super) media: Arc<Media>,
    /// Tells of arrivals.
    pub(super) news: watch::Receiver<u64>,
}

impl Arriving {
    /// Returns the body, which ends when the segment does; `sent` counts its bytes.
    pub(crate) fn body(self, sent: Counter) -> Body {
        let counted = follow(self.media, self.news).inspect_ok(move |bytes| {
            sent.inc_by(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        });
        Body::from_stream(counted)
    }
}

/// Returns the bytes as they arrive; `news` tells of arrivals.
fn follow(media: Arc<Media>, news: watch::Receiver<u64>) -> impl Stream<Item = io::Result<Bytes>> {
    let broken = || io::Error::new(io::ErrorKind::UnexpectedEof, "the encoder broke off");
    stream::try_unfold((media, news, 0), move |(media, mut news, at)| async move {
        loop {
            news.borrow_and_update();
            match media.next(at) {
                Next::Part(part) => return Ok(Some((part, (media, news, at + 1)))),
                Next::End => return Ok(None),
                Next::Broken => return Err(broken()),
                Next::Wait => news.changed().await.map_err(|_| broken())?,
            }
        }
    })
}
