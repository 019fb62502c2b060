//! The body of a request, whatever protocol it comes by.

use crate::BoxError;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

/// The body of a request; its frames are read as they come.
#[derive(Debug, Default)]
pub enum RequestBody {
    /// None at all.
    #[default]
    Empty,
    /// One that came by HTTP/1 or HTTP/2.
    Hyper(Incoming),
    /// Any other.
    Other(OtherBody),
}

/// A body that hyper knows nothing of.
pub struct OtherBody(Pin<Box<dyn Body<Data = Bytes, Error = BoxError> + Send + Sync>>);

impl OtherBody {
    pub(crate) fn new(
        body: impl Body<Data = Bytes, Error = BoxError> + Send + Sync + 'static,
    ) -> Self {
        Self(Box::pin(body))
    }
}

impl fmt::Debug for OtherBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OtherBody").field(&self.0.size_hint()).finish()
    }
}

impl From<Incoming> for RequestBody {
    fn from(body: Incoming) -> Self {
        Self::Hyper(body)
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.get_mut() {
            Self::Empty => Poll::Ready(None),
            Self::Hyper(body) => {
                let polled = Pin::new(body).poll_frame(cx);
                polled.map(|frame| frame.map(|frame| frame.map_err(Into::into)))
            }
            Self::Other(OtherBody(body)) => body.as_mut().poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Hyper(body) => body.is_end_stream(),
            Self::Other(OtherBody(body)) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Hyper(body) => body.size_hint(),
            Self::Other(OtherBody(body)) => body.size_hint(),
        }
    }
}
