//! Bodies as streams: read while they are sent, never whole in memory.

use crate::{
    blocks::{BLOCK, Blocks},
    reply::{Paced, Sealing},
    store::ReadError,
};
use axum::body::Body;
use bytes::{Bytes, BytesMut};
use dashpot_base::ByteSize;
use dashpot_packager::{Part, Piece, Plan, Sealed};
use dashpot_serve::{Clock, Counter};
use futures_util::{
    future::{BoxFuture, FutureExt as _},
    stream::{self, StreamExt as _, TryStreamExt as _},
};
use http_body::{Frame, SizeHint};
use moka::{policy::EvictionPolicy, sync::Cache};
use std::{
    collections::VecDeque,
    future::poll_fn,
    ops::Range,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};
use tokio::sync::OnceCell;

/// Reads of one body under way: the next piece comes from the disk while one is sent.
const AHEAD: usize = 2;
/// Pieces in memory that may stand before a body's first read, so that it has been tried before the
/// status is sent: heads of a segment and of its first chunk.
const HEADS_MAX: usize = 8;

/// Bytes of one protected segment, which is in memory while it is made and sent: a minute of 35 Mbit/s.
const SEALED_MAX: u64 = 256 << 20;

/// The files that parts name; clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Media(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    blocks: Blocks,
    /// What followers of segments in production are sent, by version and end.
    stretches: Cache<(u64, u64), Stretch>,
    /// Protected segments that were made of late, by version.
    sealed: Cache<u64, Made>,
    sent: Counter,
}

/// A protected segment.
#[derive(Clone, Debug)]
struct Made {
    size: u64,
    plan: Arc<OnceCell<Plan>>,
}

/// A piece of a segment in production.
#[derive(Clone, Debug)]
struct Stretch {
    size: u64,
    bytes: Arc<OnceCell<Bytes>>,
}

/// Bytes of such pieces that are kept: what some hundred channels make in a second. One that has gone
/// is put together again.
const STRETCHES_BYTES_MAX: u64 = 32 << 20;

impl Media {
    /// `sealed_max` bounds what is kept of protected segments; `sent` counts the bytes handed to
    /// clients.
    pub(crate) fn new(blocks: Blocks, sealed_max: ByteSize, sent: Counter) -> Self {
        let stretches = Cache::builder()
            .max_capacity(STRETCHES_BYTES_MAX)
            .weigher(|_, stretch: &Stretch| u32::try_from(stretch.size).unwrap_or(u32::MAX))
            .eviction_policy(EvictionPolicy::lru())
            .build();
        let sealed = Cache::builder()
            .max_capacity(sealed_max.bytes())
            .weigher(|_, made: &Made| u32::try_from(made.size).unwrap_or(u32::MAX))
            .eviction_policy(EvictionPolicy::lru())
            .build();
        Self(Arc::new(Shared { blocks, stretches, sealed, sent }))
    }

    /// Returns what counts the bytes handed to clients.
    pub(crate) fn sent(&self) -> Counter {
        self.0.sent.clone()
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
        let pieces = Box::new(parts.flat_map(pieces));
        let mut body = Streamed { media: self, pieces, ahead: VecDeque::new(), left: len };
        body.first().await?;
        Ok(Body::new(body))
    }

    /// Returns the body of media that is still being made: each stretch of it is sent, in one piece,
    /// as soon as it exists. A read that fails cuts the response short.
    /// `version` differs whenever the bytes do.
    pub(crate) fn paced(self, paced: Paced, version: u64, clock: Clock) -> Body {
        let Paced { plan, due, asked } = paced;
        let (sent, begun) = (self.0.sent.clone(), clock.mono());
        let begins: Vec<_> =
            std::iter::once(0).chain(due.iter().map(|due| due.end)).take(due.len()).collect();
        let stretches = stream::iter(begins.into_iter().zip(due)).then(move |(begin, due)| {
            let (media, clock) = (self.clone(), clock.clone());
            let plan = plan.clone();
            async move {
                // The time asked for may be another than the clock's: what passes is the same.
                let waited = clock.mono().since(begun);
                tokio::time::sleep(due.at.since(asked).saturating_sub(waited)).await;
                media.stretch(version, &plan, begin..due.end).await
            }
        });
        let counted = stretches.inspect_ok(move |bytes| {
            sent.inc_by(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        });
        Body::from_stream(counted)
    }

    /// Returns a stretch of a plan in one piece; all who follow the same one share it.
    async fn stretch(
        &self,
        version: u64,
        plan: &Plan,
        range: Range<u64>,
    ) -> Result<Bytes, ReadError> {
        let cell = self.0.stretches.get_with((version, range.end), || Stretch {
            size: range.end.saturating_sub(range.start),
            bytes: Arc::default(),
        });
        cell.bytes.get_or_try_init(|| self.joined(plan, range)).await.cloned()
    }

    /// Reads a range of a plan into one piece.
    async fn joined(&self, plan: &Plan, range: Range<u64>) -> Result<Bytes, ReadError> {
        let size = range.end.saturating_sub(range.start);
        self.read_all(plan.parts(range), size).await.map(BytesMut::freeze)
    }

    /// Reads parts of so many bytes into one piece.
    async fn read_all(
        &self,
        parts: impl Iterator<Item = Part>,
        size: u64,
    ) -> Result<BytesMut, ReadError> {
        let mut joined = BytesMut::with_capacity(usize::try_from(size).unwrap_or(0));
        for part in parts.flat_map(pieces) {
            match self.read(part) {
                Read::There(bytes) => joined.extend_from_slice(&bytes?),
                Read::Coming(bytes) => joined.extend_from_slice(&bytes.await?),
            }
        }
        Ok(joined)
    }

    /// Returns the plan of media that is protected, all of which is made now, or was of late: players
    /// ask for ranges of one segment, one after the other. `version` differs whenever the bytes do.
    ///
    /// # Errors
    /// Where it cannot be read, or is not what the scan found.
    pub(crate) async fn sealed(self, sealed: Sealed, version: u64) -> Result<Plan, ReadError> {
        let size = sealed.pieces.iter().flat_map(Piece::parts).map(Part::len).sum::<u64>();
        if SEALED_MAX < size {
            let path = sealed.pieces.iter().flat_map(Piece::parts).find_map(path).unwrap_or("?");
            let error = ReadError::Large { path: path.to_owned(), size };
            tracing::warn!(%error, "media could not be protected");
            return Err(error);
        }
        // Those who ask for the same one at once share the work.
        let made = self.0.sealed.get_with(version, || Made { size, plan: Arc::default() });
        made.plan.get_or_try_init(|| self.made(&sealed)).await.cloned()
    }

    /// Returns the bytes of protected segments that are kept.
    #[cfg(test)]
    pub(crate) fn sealed_bytes(&self) -> u64 {
        self.0.sealed.run_pending_tasks();
        self.0.sealed.weighted_size()
    }

    async fn made(&self, sealed: &Sealed) -> Result<Plan, ReadError> {
        let mut made = Vec::new();
        for piece in &sealed.pieces {
            made.extend(self.clone().piece(piece).await?.into_iter().map(Part::Bytes));
        }
        Ok(Plan::of_parts(made))
    }

    /// Returns the body of protected media that is still being made: each piece of it is sent as soon
    /// as it exists.
    pub(crate) fn sealed_paced(self, sealing: Sealing, clock: Clock) -> Body {
        let Sealing { sealed, due, asked } = sealing;
        let (sent, begun) = (self.0.sent.clone(), clock.mono());
        let pieces = stream::iter(sealed.pieces.into_iter().zip(due)).then(move |(piece, due)| {
            let (media, clock) = (self.clone(), clock.clone());
            async move {
                let waited = clock.mono().since(begun);
                tokio::time::sleep(due.at.since(asked).saturating_sub(waited)).await;
                // In one piece, as what is not protected.
                media.piece(&piece).await.map(|bytes| Bytes::from(bytes.concat()))
            }
        });
        let counted = pieces.inspect_ok(move |bytes| {
            sent.inc_by(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        });
        Body::from_stream(counted)
    }

    /// Reads and protects a piece.
    async fn piece(self, piece: &Piece) -> Result<Vec<Bytes>, ReadError> {
        let size = piece.parts().iter().map(Part::len).sum();
        let read = self.read_all(piece.parts().iter().cloned(), size).await?;
        piece.seal(read).map_err(|source| {
            let path = piece.parts().iter().find_map(path).unwrap_or("?").to_owned();
            let error = ReadError::Seal { path, source };
            tracing::warn!(
                error = crate::scan::with_causes(&error),
                "media could not be protected"
            );
            error
        })
    }

    /// Returns the bytes of a piece, at once where they are in memory.
    fn read(&self, piece: Part) -> Read {
        let (path, range) = match piece {
            Part::Bytes(bytes) => return Read::There(Ok(bytes)),
            Part::File { path, range } => (path, range),
        };
        let Some(place) = self.0.blocks.place(&path) else {
            return Read::There(Err(ReadError::Unknown { path }));
        };
        if let Some(bytes) = self.0.blocks.at_hand(place, &range) {
            return Read::There(Ok(bytes));
        }
        let shared = Arc::clone(&self.0);
        let reading = async move {
            let bytes = shared.blocks.read(place, range).await;
            bytes.inspect_err(|error| {
                tracing::warn!(error = crate::scan::with_causes(error), "media could not be read");
            })
        };
        Read::Coming(reading.boxed())
    }
}

/// The bytes of a piece.
enum Read {
    There(Result<Bytes, ReadError>),
    Coming(BoxFuture<'static, Result<Bytes, ReadError>>),
}

impl Read {
    /// Goes on with reading and says whether there is a result.
    fn goes_on(&mut self, cx: &mut Context<'_>) -> bool {
        if let Self::Coming(reading) = self {
            let Poll::Ready(bytes) = reading.poll_unpin(cx) else { return false };
            *self = Self::There(bytes);
        }
        true
    }
}

/// A body of known length whose pieces come as they are read.
struct Streamed {
    media: Media,
    pieces: Box<dyn Iterator<Item = Part> + Send>,
    /// Pieces that are or will be there, in order.
    ahead: VecDeque<Read>,
    left: u64,
}

impl Streamed {
    /// Reads up to the first bytes of a file.
    async fn first(&mut self) -> Result<(), ReadError> {
        for part in self.pieces.by_ref().take(HEADS_MAX) {
            let is_head = matches!(part, Part::Bytes(_));
            let mut read = self.media.read(part);
            poll_fn(|cx| if read.goes_on(cx) { Poll::Ready(()) } else { Poll::Pending }).await;
            if let Read::There(Err(error)) = read {
                return Err(error);
            }
            self.ahead.push_back(read);
            if !is_head {
                break;
            }
        }
        Ok(())
    }

    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, ReadError>>> {
        // What is in memory needs nothing to be read ahead of it.
        while self.ahead.len() < AHEAD && !matches!(self.ahead.front(), Some(Read::There(_))) {
            let Some(piece) = self.pieces.next() else { break };
            self.ahead.push_back(self.media.read(piece));
        }
        // Those behind the first go on, too.
        for read in &mut self.ahead {
            read.goes_on(cx);
        }
        match self.ahead.pop_front() {
            None => Poll::Ready(None),
            Some(Read::There(bytes)) => Poll::Ready(Some(bytes)),
            Some(coming) => {
                self.ahead.push_front(coming);
                Poll::Pending
            }
        }
    }
}

impl http_body::Body for Streamed {
    type Data = Bytes;
    type Error = ReadError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ReadError>>> {
        let polled = ready!(self.poll_piece(cx));
        if let Some(Ok(piece)) = &polled {
            let len = u64::try_from(piece.len()).unwrap_or(u64::MAX);
            self.left = self.left.saturating_sub(len);
            self.media.0.sent.inc_by(len);
        }
        Poll::Ready(polled.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// Returns the file that a part is of.
fn path(part: &Part) -> Option<&str> {
    match part {
        Part::Bytes(_) => None,
        Part::File { path, .. } => Some(path),
    }
}

/// Cuts a part where blocks of its file end.
fn pieces(part: Part) -> impl Iterator<Item = Part> {
    let (mut whole, mut rest) = match part {
        Part::Bytes(bytes) => (Some(Part::Bytes(bytes)), None),
        Part::File { path, range } => (None, Some((path, range))),
    };
    std::iter::from_fn(move || {
        if let Some(part) = whole.take() {
            return Some(part);
        }
        let (path, range) = rest.take()?;
        let next = (range.start - range.start % BLOCK).saturating_add(BLOCK);
        if range.end <= next {
            return Some(Part::File { path, range });
        }
        rest = Some((path.clone(), next..range.end));
        Some(Part::File { path, range: range.start..next })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(range: Range<u64>, expected: &[Range<u64>]) {
        let part = Part::File { path: "a".to_owned(), range };
        let cut = pieces(part).map(|part| match part {
            Part::File { range, .. } => range,
            Part::Bytes(_) => panic!("bytes out of a file"),
        });
        assert_eq!(cut.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn reads_are_bounded_and_leave_nothing_out() {
        check(0..BLOCK + 1, &[0..BLOCK, BLOCK..BLOCK + 1]);
        check(3..BLOCK + 1, &[3..BLOCK, BLOCK..BLOCK + 1]);
        check(BLOCK..2 * BLOCK + 1, &[BLOCK..2 * BLOCK, 2 * BLOCK..2 * BLOCK + 1]);
    }
}
