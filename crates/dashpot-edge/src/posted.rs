//! Responses to `POST` that later `GET`s may get (RFC 9110 §9.3.3).

use std::{
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::{Bytes, BytesMut};
use dashpot_cache::{Basis, Framing, Key, RequestHead, StoredHead, Times};
use http::{Method, StatusCode};
use http_body::{Body, Frame, SizeHint};

use crate::{
    edge::Edge,
    object::{BLOCK_BYTES, Blocks, Object, StoredBody},
    obsolete::Pending,
    purging::Since,
    upstream::{Arriving, head_of},
};

/// The longest content of a response to `POST` that is stored: one block. Such answers are short,
/// and it is kept twice while it passes.
const CONTENT_MAX: u64 = BLOCK_BYTES as u64;

/// A response to `POST` that is stored once all of it has passed.
#[derive(Debug)]
pub(crate) struct Kept {
    edge: Arc<Edge>,
    request: RequestHead,
    key: Key,
    head: StoredHead,
    /// The length of the content, where it is known.
    declared: Option<u64>,
    since: Since,
}

/// Returns what `response`, asked for at `since`, is stored as; `None` where it is for its
/// own request only.
pub(crate) fn kept(
    edge: &Arc<Edge>,
    pending: &Pending,
    response: &Arriving,
    times: Times,
    since: Since,
) -> Option<Kept> {
    // What another status says of the target is not what a GET would get.
    if response.status() != StatusCode::OK {
        return None;
    }
    let (request, key) = pending.as_get(edge, response.headers())?;
    // Another unsafe request has been answered meanwhile, before or after this one was.
    if edge.store.purging.is_invalidated(&key, since.invalidations) {
        return None;
    }
    let response = head_of(&Method::POST, response);
    let declared = match response.framing {
        Framing::Length(length) => Some(length),
        Framing::Delimited | Framing::UntilClose => None,
    };
    if declared.is_some_and(|length| length == 0 || limit(edge) < length) {
        return None;
    }
    let mut head = StoredHead::new(&request, &response, times, &edge.rules).ok()?;
    // RFC 9110 §9.3.3: only with explicit freshness.
    if head.basis() != Basis::Origin || head.lifetime().is_zero() {
        return None;
    }
    edge.hide_tags(&mut head.headers);
    Some(Kept { edge: Arc::clone(edge), request, key, head, declared, since })
}

fn limit(edge: &Edge) -> u64 {
    edge.flight_limits.object_bytes_max.min(CONTENT_MAX)
}

impl Kept {
    /// Returns `body`, which is stored at its end; what the request has itself made obsolete is
    /// gone by now.
    pub(crate) fn of(mut self, body: reqwest::Body) -> reqwest::Body {
        self.since.invalidations = self.edge.store.purging.invalidations();
        reqwest::Body::wrap(Keeping { body, chunks: Vec::new(), len: 0, kept: Some(self) })
    }

    /// Stores `chunks`, which are `len` bytes and all there is.
    fn store(self, chunks: &[Bytes], len: u64) {
        let Self { edge, request, key, head, since, .. } = self;
        let mut content = BytesMut::with_capacity(usize::try_from(len).unwrap_or(0));
        for chunk in chunks {
            content.extend_from_slice(chunk);
        }
        let body = StoredBody::Memory(Arc::new(Blocks::of(content.freeze())));
        let head = StoredHead::with_length(Arc::new(head), len);
        if !edge.store.purging.is_obsolete(&key, &head.tags, since) {
            edge.store.insert(key, &request, Arc::new(Object::new(head, body, since.epoch)));
        }
    }
}

/// A body that is stored once all of it has passed.
#[derive(Debug)]
struct Keeping {
    body: reqwest::Body,
    chunks: Vec<Bytes>,
    len: u64,
    /// `None` once it is stored, or will not be.
    kept: Option<Kept>,
}

impl Keeping {
    fn passes(&mut self, data: &Bytes) {
        let Some(kept) = &self.kept else { return };
        self.len = self.len.saturating_add(u64::try_from(data.len()).unwrap_or(u64::MAX));
        if limit(&kept.edge) < self.len {
            (self.kept, self.chunks) = (None, Vec::new());
            return;
        }
        self.chunks.push(data.clone());
        // A reader that knows the length does not wait for the end.
        if kept.declared == Some(self.len) {
            self.ends();
        }
    }

    fn ends(&mut self) {
        let chunks = mem::take(&mut self.chunks);
        if let Some(kept) = self.kept.take()
            && kept.declared.is_none_or(|declared| declared == self.len)
        {
            kept.store(&chunks, self.len);
        }
    }
}

impl Body for Keeping {
    type Data = Bytes;
    type Error = reqwest::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, reqwest::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    self.passes(data);
                }
            }
            Some(Err(_)) => self.kept = None,
            None => self.ends(),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        // Its reader would not come for the end that it is stored at.
        self.kept.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
