//! One HTTP/2 connection: bounded, told to go away, its streams cut where nobody reads them.

use super::{
    BoxError,
    connection::{Activity, Connection, Tracked, log_end, to_origin_form},
    pace::{Paced, Paces},
    stream::Guarded,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, header};
use http_body::Body;
use hyper::{
    body::Incoming,
    server::conn::http2,
    service::{Service, service_fn},
};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{pin::pin, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    select,
    time::{sleep, timeout},
};
use tokio_util::task::TaskTracker;
use tracing::debug;

/// Requests that a client may have under way: what nginx allows, and more than a player wants.
const STREAMS_MAX: u32 = 128;
/// Streams that a client may reset before they were looked at; a further one ends the connection.
/// RFC 9113 §10.5 and CVE-2023-44487: resets cost a client nothing.
const RESET_STREAMS_MAX: usize = 20;
/// What a client may send of one request's body before it is read. Responses go by the client's
/// windows; these are for uploads, which are small at an edge, and are memory that a hostile
/// client can make a connection take.
const STREAM_WINDOW_BYTES: u32 = 256 << 10;
/// The same for all requests of a connection.
const CONNECTION_WINDOW_BYTES: u32 = 1 << 20;
/// What is queued of a stream beyond its client's window.
const SEND_BUFFER_BYTES: usize = 256 << 10;
/// How often a silent client is asked whether it is there; below what address translators keep.
const PING_EVERY: Duration = Duration::from_secs(20);
/// How long its answer may take.
const PING_TIMEOUT: Duration = Duration::from_secs(20);

impl Connection {
    /// Serves HTTP/2 on `stream` to its end; the requests run in `tasks`.
    pub(super) async fn serve_http2<T, S, B>(self, stream: T, service: S, tasks: TaskTracker)
    where
        T: AsyncRead + AsyncWrite + Unpin,
        S: Service<Request<Incoming>, Response = Response<B>, Error: Into<BoxError>>,
        S::Future: Send + 'static,
        B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let limits = self.limits;
        // The stream guards the writes alone: frames come at any time, so that its deadlines for
        // reads, which are those of HTTP/1, must not run.
        let always = Activity::default();
        let _open = always.begin();
        let io = TokioIo::new(Guarded::new(stream, limits, always));
        let activity = Activity::default();
        let exchanges = activity.clone();
        let service = service_fn(move |mut request: Request<Incoming>| {
            to_origin_form(&mut request);
            join_cookies(request.headers_mut());
            let exchange = exchanges.begin();
            let reply = service.call(request);
            async move {
                let response = reply.await?;
                Ok::<_, S::Error>(response.map(|body| Paced::new(Tracked { body, exchange })))
            }
        });
        let paces = Paces { tasks, stall_timeout: limits.write_stall_timeout };
        let mut connection = pin!(
            http2::Builder::new(paces)
                .timer(TokioTimer::new())
                .max_concurrent_streams(STREAMS_MAX)
                .max_pending_accept_reset_streams(RESET_STREAMS_MAX)
                .initial_stream_window_size(STREAM_WINDOW_BYTES)
                .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
                .max_send_buf_size(SEND_BUFFER_BYTES)
                .max_header_list_size(u32::try_from(limits.header_bytes_max).unwrap_or(u32::MAX))
                .keep_alive_interval(PING_EVERY)
                .keep_alive_timeout(PING_TIMEOUT)
                .serve_connection(io, service)
        );
        let ended = select! {
            biased;
            ended = connection.as_mut() => ended,
            () = self.shutdown.begun() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
            () = rested(&activity, limits.idle_timeout) => {
                connection.as_mut().graceful_shutdown();
                // Streams whose last bytes nobody takes would hold it for ever.
                let Ok(ended) = timeout(limits.write_stall_timeout, connection).await else {
                    return debug!(peer = %self.peer, "cut: idle, with bytes that nobody takes");
                };
                ended
            }
        };
        log_end(self.peer, ended);
    }
}

/// RFC 9113 §8.2.3: what a client has split for the sake of compression is one field again.
pub(crate) fn join_cookies(headers: &mut HeaderMap) {
    if headers.get_all(header::COOKIE).iter().nth(1).is_none() {
        return;
    }
    let crumbs: Vec<_> =
        headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes).collect();
    // Field values joined by a semicolon and a space are one.
    if let Ok(cookie) = HeaderValue::from_bytes(&crumbs.join(&b"; "[..])) {
        headers.insert(header::COOKIE, cookie);
    }
}

/// Waits until a connection has been without a request for `limit`, or up to twice that.
pub(crate) async fn rested(activity: &Activity, limit: Duration) {
    loop {
        sleep(limit).await;
        if !activity.take() {
            return;
        }
    }
}
