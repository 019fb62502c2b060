//! A body that knows how it ended.

use super::{Entry, Queue, entry};
use crate::Clock;
use bytes::Buf;
use dashpot_base::MonoTime;
use dashpot_http::cache_status::CACHE_STATUS;
use http::response;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

/// How long an upstream took to give the head of a response; an extension of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpstreamTook(pub Duration);

pin_project! {
    /// A response body that writes its request's line when it ends, fails or is dropped.
    #[derive(Debug)]
    pub struct Logged<B> {
        #[pin]
        body: B,
        record: Option<Box<Record>>,
    }
}

impl<B> Logged<B> {
    pub(super) const fn new(body: B, record: Option<Box<Record>>) -> Self {
        Self { body, record }
    }
}

impl<B: Body> Body for Logged<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let mut this = self.project();
        let polled = ready!(this.body.as_mut().poll_frame(cx));
        if let Some(record) = this.record {
            match &polled {
                Some(Ok(frame)) => {
                    record.passed(frame.data_ref().map_or(0, Buf::remaining));
                    record.whole = this.body.is_end_stream();
                }
                Some(Err(_)) => record.whole = false,
                None => record.whole = true,
            }
        }
        Poll::Ready(polled)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// What gathers while a request is answered; its end writes the line.
#[derive(Debug)]
pub(super) struct Record {
    /// Taken when the line is written.
    entry: Option<Entry>,
    clock: Clock,
    began: MonoTime,
    first_byte_after: Option<Duration>,
    bytes: u64,
    /// Bytes after which the body is whole, where it said so beforehand.
    length: Option<u64>,
    whole: bool,
    queue: Arc<Queue>,
}

impl Record {
    pub(super) fn new(entry: Entry, clock: Clock, queue: Arc<Queue>) -> Self {
        let began = clock.mono();
        Self {
            entry: Some(entry),
            clock,
            began,
            first_byte_after: None,
            bytes: 0,
            length: None,
            whole: false,
            queue,
        }
    }

    /// Notes the head of the response.
    pub(super) fn respond(&mut self, head: &response::Parts, body: &impl Body) {
        self.length = body.size_hint().exact();
        self.whole = body.is_end_stream();
        if let Some(entry) = &mut self.entry {
            entry.status = Some(head.status.as_u16());
            // The last line is this server's own.
            let last = head.headers.get_all(CACHE_STATUS).iter().next_back();
            entry.cache_status = last.map(|value| entry::text(value.as_bytes()));
            entry.fault = head.headers.get(super::FAULT).map(|value| entry::text(value.as_bytes()));
            entry.upstream_ms = head.extensions.get().map(|&UpstreamTook(took)| in_ms(took));
            // RFC 9110 §9.3.2: the body of a HEAD response is never sent.
            self.whole |= entry.is_head();
        }
    }

    fn passed(&mut self, bytes: usize) {
        if 0 < bytes && self.first_byte_after.is_none() {
            self.first_byte_after = Some(self.clock.mono().since(self.began));
        }
        self.bytes += u64::try_from(bytes).unwrap_or(u64::MAX);
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        let Some(mut entry) = self.entry.take() else { return };
        entry.took_ms = in_ms(self.clock.mono().since(self.began));
        entry.first_byte_ms = self.first_byte_after.map(in_ms);
        entry.bytes = self.bytes;
        entry.aborted = !self.whole && self.length != Some(self.bytes);
        self.queue.send(entry);
    }
}

/// Returns milliseconds with three decimals.
fn in_ms(span: Duration) -> f64 {
    (span.as_secs_f64() * 1e6).round() / 1e3
}
