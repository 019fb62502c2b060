//! Bodies that are counted as they go out.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use dashpot_base::{MonoTime, WallTime};
use dashpot_serve::{BoxError, Clock};
use http::{HeaderValue, Method, Request, StatusCode};
use http_body::{Body as HttpBody, Frame, SizeHint};

use crate::{
    edge::Edge,
    lab::ClientBody,
    stats::{Recent, Served},
};

/// What is known of a request before its body has gone out.
#[derive(Debug)]
pub(crate) struct Note {
    began: MonoTime,
    began_wall: WallTime,
    method: Method,
    path: String,
    pub(crate) viewer: Option<String>,
    /// None for the edge's own endpoints, which are not counted.
    answer: Option<(Served, StatusCode, HeaderValue)>,
}

impl Note {
    pub(crate) fn new<B>(clock: &Clock, request: &Request<B>) -> Self {
        Self {
            began: clock.mono(),
            began_wall: clock.wall(),
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            viewer: None,
            answer: None,
        }
    }

    pub(crate) fn answered(
        &mut self,
        served: Served,
        status: StatusCode,
        cache_status: HeaderValue,
    ) {
        self.answer = Some((served, status, cache_status));
    }

    /// Notes the path that the origin sees, instead of the viewer's own.
    pub(crate) fn set_path(&mut self, path: &str) {
        path.clone_into(&mut self.path);
    }
}

/// A response body that counts its bytes and, when it ends or is dropped, its request.
#[derive(Debug)]
pub(crate) struct Metered {
    body: ClientBody,
    edge: Arc<Edge>,
    note: Note,
    bytes: u64,
}

impl Metered {
    pub(crate) const fn new(body: ClientBody, edge: Arc<Edge>, note: Note) -> Self {
        Self { body, edge, note, bytes: 0 }
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
        let Some((served, status, cache_status)) = self.note.answer.take() else { return };
        let stats = &self.edge.stats;
        let took = self.edge.clock.mono().since(self.note.began);
        stats.sent(served, self.bytes, took);
        stats.remember(Recent {
            unix_ms: self.note.began_wall.unix_millis(),
            method: std::mem::take(&mut self.note.method),
            path: std::mem::take(&mut self.note.path),
            status: status.as_u16(),
            cache_status,
            bytes: self.bytes,
            took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            viewer: self.note.viewer.take(),
        });
    }
}
