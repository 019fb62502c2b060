//! Bodies that are counted as they go out.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use dashpot_base::MonoTime;
use dashpot_http::signed_url::without_token;
use dashpot_serve::{BoxError, Clock};
use http::{HeaderValue, Request, StatusCode};
use http_body::{Body as HttpBody, Frame, SizeHint};

use crate::{
    edge::Edge,
    lab::ClientBody,
    stats::{Recent, Served, Stats},
};

/// What is known of a request before its body has gone out.
#[derive(Debug)]
pub(crate) struct Note {
    began: MonoTime,
    /// What the page of the edge shows of it, where it does.
    shown: Option<Box<Recent>>,
    /// None for the edge's own endpoints, which are not counted.
    served: Option<Served>,
}

impl Note {
    pub(crate) fn new<B>(clock: &Clock, stats: &Stats, request: &Request<B>) -> Self {
        let began = clock.mono();
        let shown = stats.is_to_remember(began).then(|| {
            Box::new(Recent {
                unix_ms: clock.wall().unix_millis(),
                method: request.method().clone(),
                path: without_token(request.uri().path()).into_owned(),
                status: 0,
                cache_status: None,
                bytes: 0,
                took_ms: 0,
                viewer: None,
            })
        });
        Self { began, shown, served: None }
    }

    pub(crate) fn answered(
        &mut self,
        served: Served,
        status: StatusCode,
        cache_status: Option<&HeaderValue>,
    ) {
        self.served = Some(served);
        if let Some(shown) = &mut self.shown {
            shown.status = status.as_u16();
            shown.cache_status = cache_status.cloned();
        }
    }

    /// Notes who asks, and the path that the origin sees instead of the viewer's own.
    pub(crate) fn asked_by(&mut self, viewer: &str, path: &str) {
        if let Some(shown) = &mut self.shown {
            shown.viewer = Some(viewer.to_owned());
            path.clone_into(&mut shown.path);
        }
    }
}

/// Bytes of a body that are counted no sooner than at its end. Most bodies are counted once, and long
/// ones often enough that what goes out is known while it does.
const UNCOUNTED_MAX: u64 = 1 << 20;

/// A response body that counts its bytes and, when it ends or is dropped, its request.
#[derive(Debug)]
pub(crate) struct Metered {
    body: ClientBody,
    edge: Arc<Edge>,
    note: Note,
    bytes: u64,
    /// Those that have been counted.
    counted: u64,
}

impl Metered {
    pub(crate) const fn new(body: ClientBody, edge: Arc<Edge>, note: Note) -> Self {
        Self { body, edge, note, bytes: 0, counted: 0 }
    }
}

impl HttpBody for Metered {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
        {
            self.bytes += u64::try_from(data.len()).unwrap_or(u64::MAX);
            if UNCOUNTED_MAX <= self.bytes - self.counted
                && let Some(served) = self.note.served
            {
                self.edge.stats.sending(served, self.bytes - self.counted);
                self.counted = self.bytes;
            }
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Metered {
    fn drop(&mut self) {
        let Some(served) = self.note.served else { return };
        let stats = &self.edge.stats;
        let took = self.edge.clock.mono().since(self.note.began);
        stats.sent(served, self.bytes - self.counted, took);
        if let Some(mut shown) = self.note.shown.take() {
            shown.bytes = self.bytes;
            shown.took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            stats.remember(*shown);
        }
    }
}
