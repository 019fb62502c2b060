//! Bodies as streams: read while they are sent, never whole in memory.

use crate::{
    reply::Paced,
    store::{File, ReadError, Store},
};
use axum::body::Body;
use bytes::{Bytes, BytesMut};
use dashpot_packager::Part;
use dashpot_serve::{Clock, Counter};
use futures_util::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};
use http_body::{Frame, SizeHint};
use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

/// Bytes of one read: small enough that thousands of slow viewers fit in memory, large enough that
/// a read costs little beside them.
const CHUNK: u64 = 256 << 10;
/// Reads of one body under way: the next chunk comes from the disk while one is sent.
const AHEAD: usize = 2;

/// The files that parts name.
#[derive(Clone, Debug)]
pub(crate) struct Media {
    store: Store,
    files: Arc<BTreeMap<String, File>>,
    sent: Counter,
}

impl Media {
    /// `sent` counts the bytes handed to clients.
    pub(crate) fn new(store: Store, files: BTreeMap<String, File>, sent: Counter) -> Self {
        Self { store, files: Arc::new(files), sent }
    }

    /// Returns the body that consists of `parts`. A read that fails later on cuts the response
    /// short of its `Content-Length`, so that no client takes it for whole.
    ///
    /// # Errors
    /// Where the first bytes cannot be read, while there still can be another status.
    pub(crate) async fn body(
        self,
        parts: impl Iterator<Item = Part> + Send + 'static,
        len: u64,
    ) -> Result<Body, ReadError> {
        let sent = self.sent.clone();
        let chunks = stream::iter(parts.flat_map(chunks)).map(move |part| self.clone().read(part));
        let mut chunks = Box::pin(chunks.buffered(AHEAD));
        let mut first = Vec::with_capacity(AHEAD);
        // A patched head may come before the first bytes that are read.
        for _ in 0..AHEAD {
            match chunks.next().await {
                Some(chunk) => first.push(Ok(chunk?)),
                None => break,
            }
        }
        let chunks = stream::iter(first).chain(chunks).boxed();
        Ok(Body::new(Streamed { chunks, left: len, sent }))
    }

    /// Returns the body of media that is still being made: each stretch of it is sent, in one piece,
    /// as soon as it exists. A read that fails cuts the response short.
    pub(crate) fn paced(self, paced: Paced, clock: Clock) -> Body {
        let Paced { plan, due, asked } = paced;
        let (sent, begun) = (self.sent.clone(), clock.mono());
        let begins: Vec<_> =
            std::iter::once(0).chain(due.iter().map(|due| due.end)).take(due.len()).collect();
        let stretches = stream::iter(begins.into_iter().zip(due)).then(move |(begin, due)| {
            let (media, clock) = (self.clone(), clock.clone());
            let parts = plan.parts(begin..due.end);
            async move {
                // The time asked for may be another than the clock's: what passes is the same.
                let waited = clock.mono().since(begun);
                tokio::time::sleep(due.at.since(asked).saturating_sub(waited)).await;
                media.joined(parts).await
            }
        });
        let counted = stretches.inspect_ok(move |bytes| {
            sent.inc_by(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        });
        Body::from_stream(counted)
    }

    /// Reads parts into one piece.
    async fn joined(self, parts: impl Iterator<Item = Part>) -> Result<Bytes, ReadError> {
        let mut joined = BytesMut::new();
        for part in parts.flat_map(chunks) {
            joined.extend_from_slice(&self.clone().read(part).await?);
        }
        Ok(joined.freeze())
    }

    async fn read(self, part: Part) -> Result<Bytes, ReadError> {
        let (path, range) = match part {
            Part::Bytes(bytes) => return Ok(bytes),
            Part::File { path, range } => (path, range),
        };
        let Some(file) = self.files.get(&path) else {
            return Err(ReadError::Unknown { path });
        };
        let bytes = self.store.read(file, range).await;
        bytes.inspect_err(|error| {
            tracing::warn!(error = crate::scan::with_causes(error), "media could not be read");
        })
    }
}

/// A body of known length whose chunks come as they are read.
struct Streamed {
    chunks: BoxStream<'static, Result<Bytes, ReadError>>,
    left: u64,
    sent: Counter,
}

impl http_body::Body for Streamed {
    type Data = Bytes;
    type Error = ReadError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ReadError>>> {
        let polled = ready!(self.chunks.poll_next_unpin(cx));
        if let Some(Ok(chunk)) = &polled {
            let len = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
            self.left = self.left.saturating_sub(len);
            self.sent.inc_by(len);
        }
        Poll::Ready(polled.map(|chunk| chunk.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// Cuts a part into pieces of at most [`CHUNK`] bytes.
fn chunks(part: Part) -> impl Iterator<Item = Part> {
    let (mut whole, mut rest) = match part {
        Part::Bytes(bytes) => (Some(Part::Bytes(bytes)), None),
        Part::File { path, range } => (None, Some((path, range))),
    };
    std::iter::from_fn(move || {
        if let Some(part) = whole.take() {
            return Some(part);
        }
        let (path, range) = rest.take()?;
        let cut = range.start.saturating_add(CHUNK).min(range.end);
        if cut < range.end {
            rest = Some((path.clone(), cut..range.end));
        }
        Some(Part::File { path, range: range.start..cut })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ops::Range;

    fn check(range: Range<u64>, expected: &[Range<u64>]) {
        let part = Part::File { path: "a".to_owned(), range };
        let cut = chunks(part).map(|part| match part {
            Part::File { range, .. } => range,
            Part::Bytes(_) => panic!("bytes out of a file"),
        });
        assert_eq!(cut.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn reads_are_bounded_and_leave_nothing_out() {
        check(3..CHUNK + 4, &[3..CHUNK + 3, CHUNK + 3..CHUNK + 4]);
        check(0..2 * CHUNK + 1, &[0..CHUNK, CHUNK..2 * CHUNK, 2 * CHUNK..2 * CHUNK + 1]);
    }
}
