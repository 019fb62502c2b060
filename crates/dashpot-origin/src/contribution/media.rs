//! The bytes of one segment, which can be read while they arrive.

use bytes::Bytes;
use futures_util::{Stream, stream};
use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::watch;

/// A segment.
#[derive(Debug, Default)]
pub(super) struct Media(Mutex<Chunks>);

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
    pub(super) fn push(&self, part: Bytes) {
        self.held(|chunks| chunks.parts.push(part));
    }

    pub(super) fn end(&self, end: End) {
        self.held(|chunks| chunks.end = end);
    }

    /// Returns its length, once it is whole.
    pub(super) fn len(&self) -> Option<usize> {
        let len = |chunks: &mut Chunks| chunks.parts.iter().map(Bytes::len).sum();
        self.held(|chunks| (chunks.end == End::Whole).then(|| len(chunks)))
    }

    fn held<T>(&self, act: impl FnOnce(&mut Chunks) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
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

/// Returns the bytes as they arrive; `news` tells of arrivals.
pub(super) fn follow(
    media: Arc<Media>,
    news: watch::Receiver<u64>,
) -> impl Stream<Item = io::Result<Bytes>> {
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
