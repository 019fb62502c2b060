//! One direction of a connection.

use super::{End, Line, Way};
use std::{future::poll_fn, io, pin::pin, task::Poll};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::tcp::{ReadHalf, WriteHalf},
    task::coop::consume_budget,
};

/// Full buffers in a row that make a bulk of what flows: below, the two pipe operations cost as
/// much as the copy that they save.
#[cfg(target_os = "linux")]
const FULL_MAX: u32 = 2;

impl Way {
    /// Returns whose failure it is where reading fails.
    pub(super) const fn reading(self) -> End {
        match self {
            Self::Up => End::Client,
            Self::Down => End::Backend,
        }
    }

    /// Returns whose failure it is where writing fails.
    pub(super) const fn writing(self) -> End {
        match self {
            Self::Up => End::Backend,
            Self::Down => End::Client,
        }
    }
}

/// What one look at a connection gave.
enum Look {
    /// There is nothing there yet.
    Nothing,
    /// So many bytes; none where the sender has ended.
    Bytes(usize),
}

impl Line<'_> {
    /// Passes on what comes until its sender ends, then ends the other connection's direction.
    pub(super) async fn pump(
        &self,
        from: &mut ReadHalf<'_>,
        to: &mut WriteHalf<'_>,
        way: Way,
    ) -> Result<(), End> {
        #[cfg(target_os = "linux")]
        let mut full = 0;
        loop {
            // A read that finds this task's budget spent says that nothing is there, and waiting for
            // readiness takes none of it: without this the task would never let its thread go.
            consume_budget().await;
            // Without a buffer: most connections rest most of the time.
            from.readable().await.map_err(|_| way.reading())?;
            let mut buffer = Vec::with_capacity(self.relay.buffer_bytes);
            let is_over = loop {
                buffer.clear();
                let count = match look(from, &mut buffer).await.map_err(|_| way.reading())? {
                    Look::Nothing => break false,
                    Look::Bytes(0) => break true,
                    Look::Bytes(count) => count,
                };
                to.write_all(&buffer).await.map_err(|_| way.writing())?;
                self.moved(way, count);
                #[cfg(target_os = "linux")]
                if let Some(pipes) = &self.relay.pipes {
                    full = if count == buffer.capacity() { full + 1 } else { 0 };
                    if FULL_MAX <= full {
                        full = 0;
                        break self.splice(pipes, (from, to), way).await?;
                    }
                }
            };
            if is_over {
                // What was written goes out first, then the end.
                to.shutdown().await.map_err(|_| way.writing())?;
                self.halve();
                return Ok(());
            }
        }
    }
}

/// Reads what there is, without waiting for more.
async fn look(from: &mut ReadHalf<'_>, buffer: &mut Vec<u8>) -> io::Result<Look> {
    // tokio's own reads clear its note of readiness after a short one, which saves a system call
    // that would only say so.
    let mut read = pin!(from.read_buf(buffer));
    poll_fn(|cx| match read.as_mut().poll(cx) {
        Poll::Pending => Poll::Ready(Ok(Look::Nothing)),
        Poll::Ready(read) => Poll::Ready(read.map(Look::Bytes)),
    })
    .await
}
