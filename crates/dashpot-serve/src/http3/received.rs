//! The body of a request as it comes over HTTP/3.

use super::exchange::Asking;
use crate::BoxError;
use bytes::{Buf as _, Bytes};
use http_body::{Body, Frame, SizeHint};
use std::{
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::time::{Sleep, sleep, timeout};

/// A body that has the length announced, and whose sender may not pause for long.
pub(super) struct Received {
    stream: Asking,
    /// What has been looked at already.
    first: Option<Result<Frame<Bytes>, BoxError>>,
    /// What is to come, where the request says so.
    left: Option<u64>,
    limit: Duration,
    /// Runs while a reader waits.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Received {
    pub(super) const fn new(stream: Asking, length: Option<u64>, limit: Duration) -> Self {
        Self { stream, first: None, left: length, limit, timer: None }
    }

    /// Returns whether there is nothing in it, as far as its beginning has come within `patience`: a
    /// request without content ends with its head, and need not be passed on as one of unknown
    /// length.
    pub(super) async fn is_empty(&mut self, patience: Duration) -> bool {
        let first = timeout(patience, poll_fn(|cx| Pin::new(&mut *self).poll_frame(cx))).await;
        // Nobody waits yet.
        self.timer = None;
        match first {
            Ok(None) => true,
            Ok(first) => {
                self.first = first;
                false
            }
            Err(_) => false,
        }
    }

    /// Counts what has come; RFC 9114 §4.1.2: a length that is not the one announced is malformed.
    fn count(&mut self, data: &Bytes) -> io::Result<()> {
        let Some(left) = &mut self.left else { return Ok(()) };
        let came = u64::try_from(data.len()).unwrap_or(u64::MAX);
        *left = left.checked_sub(came).ok_or(io::ErrorKind::InvalidData)?;
        Ok(())
    }
}

impl Body for Received {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        if let Some(first) = this.first.take() {
            return Poll::Ready(Some(first));
        }
        let polled = this
            .stream
            .poll_recv_data(cx)
            .map_ok(|data| data.map(|mut data| data.copy_to_bytes(data.remaining())));
        let Poll::Ready(came) = polled else {
            let timer = this.timer.get_or_insert_with(|| Box::pin(sleep(this.limit)));
            ready!(timer.as_mut().poll(cx));
            return Poll::Ready(Some(Err(io::Error::from(io::ErrorKind::TimedOut).into())));
        };
        this.timer = None;
        Poll::Ready(match came {
            Ok(Some(data)) => match this.count(&data) {
                Ok(()) => Some(Ok(Frame::data(data))),
                Err(error) => Some(Err(error.into())),
            },
            Ok(None) if this.left.is_some_and(|left| 0 < left) => {
                Some(Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()))
            }
            Ok(None) => None,
            Err(error) => Some(Err(error.into())),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.left == Some(0) && self.first.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let first = self.first.as_ref().and_then(|first| first.as_ref().ok()?.data_ref());
        let first = first.map_or(0, |first| u64::try_from(first.len()).unwrap_or(0));
        self.left.map_or_else(SizeHint::new, |left| SizeHint::with_exact(left + first))
    }
}
