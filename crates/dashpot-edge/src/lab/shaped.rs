//! Bodies that go out no faster than their viewer's link carries them.

use std::{
    future::Future as _,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf as _, Bytes};
use dashpot_serve::BoxError;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use super::viewer::Transfer;
use crate::body::Body;

/// A body on its way to a client.
#[derive(Debug)]
pub(crate) enum ClientBody {
    /// At the client's own pace.
    Plain(Body),
    /// Over a viewer's link.
    Shaped(Shaped),
}

/// A body on a viewer's link. It holds at most one frame of the inner body that is not across.
#[derive(Debug)]
pub(crate) struct Shaped {
    inner: Body,
    transfer: Transfer,
    /// What was offered and has not gone out.
    held: Bytes,
    sent: u64,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Shaped {
    pub(super) const fn new(inner: Body, transfer: Transfer) -> Self {
        Self { inner, transfer, held: Bytes::new(), sent: 0, timer: None }
    }

    fn poll_held(&mut self, cx: &mut Context<'_>) -> Poll<Bytes> {
        loop {
            let (delivered, wait) = self.transfer.delivered();
            let across = usize::try_from(delivered.saturating_sub(self.sent)).unwrap_or(usize::MAX);
            if 0 < across {
                self.timer = None;
                let data = self.held.split_to(across.min(self.held.len()));
                self.sent += u64::try_from(data.len()).unwrap_or(u64::MAX);
                return Poll::Ready(data);
            }
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(wait)));
            ready!(timer.as_mut().poll(cx));
            self.timer = None;
        }
    }
}

impl HttpBody for Shaped {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        while !this.held.has_remaining() {
            let Some(frame) = ready!(Pin::new(&mut this.inner).poll_frame(cx)) else {
                return Poll::Ready(None);
            };
            match frame.map(Frame::into_data) {
                Ok(Ok(data)) => {
                    this.transfer.offer(u64::try_from(data.len()).unwrap_or(u64::MAX));
                    this.held = data;
                }
                Ok(Err(trailers)) => return Poll::Ready(Some(Ok(trailers))),
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
        }
        this.poll_held(cx).map(|data| Some(Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.held.is_empty() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let held = u64::try_from(self.held.len()).unwrap_or(u64::MAX);
        let inner = self.inner.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower().saturating_add(held));
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper.saturating_add(held));
        }
        hint
    }
}

impl HttpBody for ClientBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.get_mut() {
            Self::Plain(body) => Pin::new(body).poll_frame(cx),
            Self::Shaped(body) => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Plain(body) => body.is_end_stream(),
            Self::Shaped(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Plain(body) => body.size_hint(),
            Self::Shaped(body) => body.size_hint(),
        }
    }
}

#[cfg(test)]
mod tests;
