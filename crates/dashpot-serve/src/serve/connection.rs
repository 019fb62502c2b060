//! One connection: hyper on a guarded stream, told when to end.

use super::{
    BoxError, Limits, Refusals,
    framed::Framed,
    refused::{Noting, Refused},
    reset,
    stream::Guarded,
    transport::{Protocol, Transport},
};
use crate::{Counter, Family, Shutdown, Tls};
use bytes::Bytes;
use http::{Request, Response, header};
use http_body::{Body, Frame, SizeHint};
use hyper::{
    body::Incoming,
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::rt::TokioIo;
use pin_project_lite::pin_project;
use std::{
    net::SocketAddr,
    pin::{Pin, pin},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};
use tokio::{net::TcpStream, select};
use tokio_util::task::TaskTracker;
use tracing::debug;

/// What serving one connection needs.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) limits: Limits,
    pub(super) shutdown: Shutdown,
    pub(super) peer: SocketAddr,
    pub(super) protocols: Family<Vec<(&'static str, &'static str)>, Counter>,
    pub(super) refusals: Refusals,
}

impl Connection {
    /// Serves a connection just taken, in whatever is spoken on it.
    pub(super) async fn run<S, B>(
        self,
        stream: TcpStream,
        tls: Option<Tls>,
        service: S,
        tasks: TaskTracker,
    ) where
        S: Service<Request<Incoming>, Response = Response<B>, Error: Into<BoxError>>,
        S::Future: Send + 'static,
        B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let Some((stream, protocol)) = self.open(stream, tls.as_ref()).await else { return };
        self.protocols.get_or_create(&vec![("protocol", protocol.as_str())]).inc();
        match protocol {
            Protocol::Http1 => self.serve(stream, service).await,
            // Boxed, so that the others do not carry the room.
            Protocol::Http2 => Box::pin(self.serve_http2(stream, service, tasks)).await,
        }
    }

    /// Serves `stream` to its end; an error is the client's or the body's and is logged.
    pub(super) async fn serve<S, B>(self, stream: Transport, service: S)
    where
        S: Service<Request<Incoming>, Response = Response<B>, Error: Into<BoxError>>,
        B: Body<Error: Into<BoxError>> + 'static,
    {
        let activity = Activity::default();
        let _noting = Noting {
            refusals: self.refusals.clone(),
            client: self.peer,
            activity: activity.clone(),
        };
        let guarded = Guarded::new(stream, self.limits, activity.clone());
        let guarded = guarded.with_reset(reset::reset_when_closed);
        let end = activity.clone();
        let io = TokioIo::new(Framed::new(guarded, self.limits, activity.clone()));
        let service = service_fn(move |mut request: Request<Incoming>| {
            if request.uri().authority().is_some() {
                to_origin_form(&mut request);
            }
            let exchange = activity.begin();
            let reply = service.call(request);
            async move {
                let response = reply.await?;
                Ok::<_, S::Error>(response.map(|body| Tracked { body, exchange }))
            }
        });
        let mut connection = pin!(
            http1::Builder::new()
                .max_header_size(self.limits.header_bytes_max)
                // The stream keeps the timers: hyper's one covers idle connections too, which
                // may rest much longer than a head may drip.
                .header_read_timeout(None)
                .serve_connection(io, service)
        );
        let ended = select! {
            biased;
            ended = connection.as_mut() => ended,
            () = self.shutdown.begun() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if ended.as_ref().is_err_and(|error| reset::asks_for_reset(error)) {
            end.reset();
        }
        log_end(self.peer, ended);
    }
}

/// Logs how a connection ended that did not end well.
pub(super) fn log_end(peer: SocketAddr, ended: Result<(), hyper::Error>) {
    if let Err(error) = ended {
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        debug!(%peer, %error, cause, "connection ended early");
    }
}

/// Gives a request whose target names its host one meaning: RFC 9112 §3.2.2 and RFC 9113 §8.3.1
/// have `Host` ignored and replaced.
pub(crate) fn to_origin_form<B>(request: &mut Request<B>) {
    let Some(path) = request.uri().path_and_query().cloned() else { return };
    let host = request.uri().authority().map(|authority| authority.as_str().parse());
    if let Some(Ok(host)) = host {
        request.headers_mut().insert(header::HOST, host);
        *request.uri_mut() = path.into();
    }
}

/// Whether anything happens on a connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Activity(Arc<Flags>);

#[derive(Debug, Default)]
struct Flags {
    /// Exchanges under way.
    busy: AtomicUsize,
    /// One has ended since [`Activity::take`].
    ended: AtomicBool,
    /// More of a request's body is to come.
    body_due: AtomicBool,
    /// Why no more requests are read.
    refused: OnceLock<Refused>,
    /// The connection is to end with a reset.
    reset: AtomicBool,
}

impl Activity {
    pub(super) fn is_busy(&self) -> bool {
        self.0.busy.load(Ordering::Relaxed) != 0
    }

    /// Returns whether more of the body of the request under way is to come.
    pub(super) fn is_body_due(&self) -> bool {
        self.0.body_due.load(Ordering::Relaxed)
    }

    pub(super) fn set_body_due(&self, is_due: bool) {
        self.0.body_due.store(is_due, Ordering::Relaxed);
    }

    /// Notes why no more requests are read; the first reason counts.
    pub(super) fn refuse(&self, why: Refused) {
        self.0.refused.get_or_init(|| why);
    }

    pub(super) fn refused(&self) -> Option<Refused> {
        self.0.refused.get().copied()
    }

    /// Has the connection end with a reset.
    pub(super) fn reset(&self) {
        self.0.reset.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_reset(&self) -> bool {
        self.0.reset.load(Ordering::Relaxed)
    }

    /// Returns whether an exchange has been under way since the last call.
    pub(super) fn take(&self) -> bool {
        self.0.ended.swap(false, Ordering::Relaxed) || self.is_busy()
    }

    pub(crate) fn begin(&self) -> Exchange {
        self.0.busy.fetch_add(1, Ordering::Relaxed);
        Exchange(self.clone())
    }
}

/// Lives from a request's head to the end of its response's body.
#[derive(Debug)]
pub(crate) struct Exchange(Activity);

impl Drop for Exchange {
    fn drop(&mut self) {
        let Activity(flags) = &self.0;
        flags.ended.store(true, Ordering::Relaxed);
        flags.busy.fetch_sub(1, Ordering::Relaxed);
    }
}

pin_project! {
    /// A body whose end closes its exchange.
    pub(super) struct Tracked<B> {
        #[pin]
        pub(super) body: B,
        pub(super) exchange: Exchange,
    }
}

impl<B: Body> Body for Tracked<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        self.project().body.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
