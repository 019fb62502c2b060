//! A body as it arrives: one writer, many readers, each at its own offset.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use dashpot_cache::{Failure, ReaderId};

/// How far the writer may be ahead of the foremost reader of a body that will not be stored.
///
/// Two full TCP windows of a fast viewer; more would only buy memory for viewers that stall.
const WINDOW_BYTES: u64 = 1 << 20;

/// How far a reader may be behind the foremost one of a body that will not be stored, before it
/// holds that one up.
///
/// A viewer at 100 Mbit/s may miss a third of a second beside one that is faster; more would take
/// memory for each such body.
const LAG_BYTES_MAX: u64 = 4 << 20;

/// An arriving body.
#[derive(Debug, Default)]
pub(crate) struct Fill {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    chunks: VecDeque<Chunk>,
    /// How far readers may read.
    readable: u64,
    written: u64,
    end: Option<End>,
    retention: Retention,
    readers: BTreeMap<ReaderId, Reading>,
    writer: Option<Waker>,
}

#[derive(Debug)]
struct Chunk {
    at: u64,
    data: Bytes,
}

#[derive(Clone, Copy, Debug)]
enum End {
    Whole,
    Broken(Failure),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Retention {
    /// All of the body is kept: it may be stored, and readers may come at any offset.
    #[default]
    All,
    /// Only what its readers have not read is kept, and no more than they may lag behind.
    Unread,
}

#[derive(Debug, Default)]
struct Reading {
    at: u64,
    waker: Option<Waker>,
}

/// A body that broke off for its reader, whose connection must break, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    /// It did so for everybody.
    #[error("the upstream's body broke off ({})", .0.as_str())]
    Upstream(Failure),
    /// This reader was too slow for the others of a body that is not kept.
    #[error("the reader fell too far behind the others")]
    Lagged,
}

impl Fill {
    /// Appends `data`; readers see it once [`Fill::advance`] says so.
    pub(crate) fn push(&self, data: Bytes) {
        if data.is_empty() {
            return;
        }
        let mut state = self.lock();
        let at = state.written;
        state.written += len_of(&data);
        state.chunks.push_back(Chunk { at, data });
    }

    /// Returns how many bytes have been appended.
    pub(crate) fn written(&self) -> u64 {
        self.lock().written
    }

    /// Lets readers read up to `len`.
    pub(crate) fn advance(&self, len: u64) {
        let mut state = self.lock();
        state.readable = len.min(state.written);
        state.wake_readers();
    }

    /// Ends the body properly.
    pub(crate) fn finish(&self) {
        self.end(End::Whole);
    }

    /// Ends the body in the middle.
    pub(crate) fn cut(&self, failure: Failure) {
        self.end(End::Broken(failure));
    }

    fn end(&self, end: End) {
        let mut state = self.lock();
        state.end = Some(end);
        state.wake_readers();
    }

    /// Keeps only what is unread from here on.
    pub(crate) fn outgrow(&self) {
        let mut state = self.lock();
        state.retention = Retention::Unread;
        state.trim();
    }

    /// Returns whether all of the body is kept.
    pub(crate) fn keeps_all(&self) -> bool {
        self.lock().retention == Retention::All
    }

    /// Returns the chunks that make up the whole body, or `None` where not all of it is kept.
    pub(crate) fn chunks(&self) -> Option<Vec<Bytes>> {
        let state = self.lock();
        let keeps_all = state.retention == Retention::All;
        keeps_all.then(|| state.chunks.iter().map(|chunk| chunk.data.clone()).collect())
    }

    /// Waits, where the readers set the pace, until the foremost has caught up; ready with whether
    /// there was anything to wait for.
    pub(crate) async fn room(&self) -> bool {
        self.until(State::has_room).await
    }

    /// Returns whether a reader is so far behind that it holds up the others.
    pub(crate) fn has_laggards(&self) -> bool {
        self.lock().has_laggards()
    }

    /// Waits until no reader holds up another.
    pub(crate) async fn together(&self) {
        self.until(|state| !state.has_laggards()).await;
    }

    /// Gives up the readers that hold up others, and returns them.
    pub(crate) fn drop_laggards(&self) -> Vec<ReaderId> {
        let mut state = self.lock();
        let line = state.lag_line();
        let dropped = state.readers.extract_if(.., |_, reading| reading.at < line);
        let dropped = dropped.map(|(reader, _)| reader).collect();
        state.trim();
        dropped
    }

    /// Waits until `is_so`; ready with whether it was not at first.
    async fn until(&self, is_so: fn(&State) -> bool) -> bool {
        let mut has_waited = false;
        std::future::poll_fn(|cx| {
            let mut state = self.lock();
            if is_so(&state) {
                return Poll::Ready(has_waited);
            }
            has_waited = true;
            state.writer = Some(cx.waker().clone());
            Poll::Pending
        })
        .await
    }

    pub(crate) fn add_reader(&self, reader: ReaderId) {
        self.lock().readers.insert(reader, Reading::default());
    }

    pub(crate) fn remove_reader(&self, reader: ReaderId) {
        let mut state = self.lock();
        state.readers.remove(&reader);
        state.trim();
    }

    /// Returns how many bytes readers may read so far.
    pub(crate) fn readable(&self) -> u64 {
        self.lock().readable
    }

    /// Returns the next bytes for `reader` in `at..until`; `None` at the proper end of the body.
    pub(crate) fn poll_read(
        &self,
        cx: &Context<'_>,
        reader: ReaderId,
        at: u64,
        until: u64,
    ) -> Poll<Option<Result<Bytes, Broken>>> {
        let mut state = self.lock();
        let data = state.slice(at, until);
        // What has been trimmed does not come again: whoever turns back to it has lost it.
        let is_gone = data.is_none() && at < until.min(state.readable);
        let end = state.end;
        let Some(reading) = state.readers.get_mut(&reader) else {
            return Poll::Ready(Some(Err(Broken::Lagged)));
        };
        // A range begins beyond what has arrived: nothing before it is wanted.
        reading.at = reading.at.max(at + data.as_ref().map_or(0, len_of));
        let polled = match (data, end) {
            (Some(data), _) => Poll::Ready(Some(Ok(data))),
            (None, _) if is_gone => Poll::Ready(Some(Err(Broken::Lagged))),
            (None, Some(End::Whole)) => Poll::Ready(None),
            (None, Some(End::Broken(failure))) => Poll::Ready(Some(Err(Broken::Upstream(failure)))),
            (None, None) => {
                reading.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        };
        state.trim();
        polled
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is whole between any two statements that can panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn slice(&self, at: u64, until: u64) -> Option<Bytes> {
        let until = until.min(self.readable);
        if until <= at {
            return None;
        }
        let index = self.chunks.partition_point(|chunk| chunk.at <= at).checked_sub(1)?;
        let chunk = self.chunks.get(index)?;
        let start = usize::try_from(at - chunk.at).ok()?;
        let end = usize::try_from(until - chunk.at).unwrap_or(usize::MAX).min(chunk.data.len());
        (start < end).then(|| chunk.data.slice(start..end))
    }

    fn slowest(&self) -> u64 {
        self.readers.values().map(|reading| reading.at).min().unwrap_or(self.written)
    }

    fn foremost(&self) -> u64 {
        self.readers.values().map(|reading| reading.at).max().unwrap_or(self.written)
    }

    fn has_room(&self) -> bool {
        self.retention == Retention::All
            || self.written.saturating_sub(self.foremost()) <= WINDOW_BYTES
    }

    /// Returns the offset that a reader holds up the others before.
    fn lag_line(&self) -> u64 {
        match self.retention {
            Retention::All => 0,
            Retention::Unread => self.foremost().saturating_sub(LAG_BYTES_MAX),
        }
    }

    fn has_laggards(&self) -> bool {
        self.slowest() < self.lag_line()
    }

    /// Drops what nobody will read again, and lets the writer see whether it may go on.
    fn trim(&mut self) {
        if self.retention == Retention::All {
            return;
        }
        let slowest = self.slowest();
        while self.chunks.front().is_some_and(|chunk| chunk.at + len_of(&chunk.data) <= slowest) {
            self.chunks.pop_front();
        }
        if let Some(writer) = self.writer.take() {
            writer.wake();
        }
    }

    fn wake_readers(&mut self) {
        for reading in self.readers.values_mut() {
            if let Some(waker) = reading.waker.take() {
                waker.wake();
            }
        }
    }
}

fn len_of(data: &Bytes) -> u64 {
    u64::try_from(data.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
