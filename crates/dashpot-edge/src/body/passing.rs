//! The upstream's body as it passes by, and its rest where it breaks off.

mod going;

use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use dashpot_serve::BoxError;
use http::{HeaderMap, StatusCode};
use http_body::{Body as HttpBody, Frame, SizeHint};

use super::Impatient;
use crate::edge::Edge;
pub(crate) use going::{Asked, SentAs};
use going::{Going, Next};

/// The upstream's body at its client's pace.
///
/// One that breaks off goes on where a strong validator permits, and is cut where not; it never
/// ends as if it were whole.
#[derive(Debug)]
pub(crate) struct Passing {
    body: Impatient<reqwest::Body>,
    rest: Remaining,
}

/// What is to be done when a body breaks off.
enum Remaining {
    /// Nothing: its client is cut.
    Lost,
    Known(Box<Going>),
    /// It is asked for.
    Asked {
        /// Bytes that are wanted.
        left: u64,
        asking: Pin<Box<dyn Future<Output = Option<Next>> + Send + Sync>>,
    },
}

impl fmt::Debug for Remaining {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost => out.write_str("Lost"),
            Self::Known(going) => out.debug_tuple("Known").field(&going.rest).finish(),
            Self::Asked { left, .. } => out.debug_struct("Asked").field("left", left).finish(),
        }
    }
}

impl Passing {
    /// Returns the `body` of a response with `head` to what was `asked`, where that is known.
    pub(crate) fn new(
        edge: &Edge,
        head: (StatusCode, &HeaderMap),
        body: reqwest::Body,
        asked: Option<Asked>,
    ) -> Self {
        let going = asked.and_then(|asked| Going::of(asked, head, &body)).map(Box::new);
        let patience =
            going.as_ref().map_or(edge.flight_limits.idle_timeout, |going| going.patience());
        let body = Impatient::new(body, patience);
        Self { body, rest: going.map_or(Remaining::Lost, Remaining::Known) }
    }

    /// Takes in what the body has given; `None` where there is nothing to hand on in it.
    fn took(&mut self, frame: Frame<Bytes>) -> Option<Frame<Bytes>> {
        let Remaining::Known(going) = &mut self.rest else { return Some(frame) };
        match frame.into_data() {
            Ok(mut data) => {
                going.take(&mut data);
                (!data.is_empty()).then(|| Frame::data(data))
            }
            // What comes with the rest alone is not of the first response.
            Err(trailers) => (!going.has_resumed).then_some(trailers),
        }
    }

    /// Takes in that the body has ended, with or without an `error`; `None` where it may go on.
    fn ended(&mut self, error: Option<BoxError>) -> Option<Option<Result<Frame<Bytes>, BoxError>>> {
        match std::mem::replace(&mut self.rest, Remaining::Lost) {
            Remaining::Known(going) if 0 < going.left => {
                let left = going.left;
                self.rest = Remaining::Asked { left, asking: Box::pin(going.go_on()) };
                None
            }
            Remaining::Known(_) => Some(None),
            Remaining::Lost | Remaining::Asked { .. } => Some(error.map(Err)),
        }
    }
}

impl HttpBody for Passing {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        loop {
            if let Remaining::Asked { asking, .. } = &mut this.rest {
                let Some(Next { body, going }) = ready!(asking.as_mut().poll(cx)) else {
                    this.rest = Remaining::Lost;
                    let broken = io::Error::from(io::ErrorKind::UnexpectedEof);
                    return Poll::Ready(Some(Err(broken.into())));
                };
                (this.body, this.rest) = (body, Remaining::Known(going));
            }
            if let Remaining::Known(going) = &this.rest
                && going.has_resumed
                && going.left == 0
            {
                return Poll::Ready(None);
            }
            let ended = match ready!(Pin::new(&mut this.body).poll_frame(cx)) {
                Some(Ok(frame)) => match this.took(frame) {
                    Some(frame) => return Poll::Ready(Some(Ok(frame))),
                    None => continue,
                },
                Some(Err(error)) => this.ended(Some(error)),
                None => this.ended(None),
            };
            if let Some(end) = ended {
                return Poll::Ready(end);
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.rest {
            Remaining::Known(going) if going.has_resumed => going.left == 0,
            Remaining::Lost | Remaining::Known(_) => self.body.is_end_stream(),
            Remaining::Asked { .. } => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.rest {
            Remaining::Lost => self.body.size_hint(),
            Remaining::Known(going) => SizeHint::with_exact(going.left),
            Remaining::Asked { left, .. } => SizeHint::with_exact(*left),
        }
    }
}
