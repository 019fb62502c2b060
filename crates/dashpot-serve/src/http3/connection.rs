//! One HTTP/3 connection: bounded, told to go away, closed when it rests.

use super::{STREAMS_MAX, exchange, guard::Guarded};
use crate::{
    Options, RequestBody, Tls,
    serve::{Activity, rested},
    tls::QuicHandshake,
};
use bytes::Bytes;
use h3::{error::Code, quic::SendStream as _, server::Connection as Http3};
use http::{Request, Response};
use http_body::Body;
use hyper::service::Service;
use quinn::VarInt;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    select,
    task::JoinSet,
    time::{sleep, timeout},
};
use tracing::debug;

/// What serving one connection needs.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) options: Options,
    pub(super) peer: SocketAddr,
    pub(super) tls: Tls,
}

/// A connection being served.
pub(super) struct Connection<S> {
    opened: Opened,
    quic: quinn::Connection,
    service: Arc<S>,
    activity: Activity,
    requests: JoinSet<Asked>,
    headless: usize,
}

/// What came of a stream.
#[derive(Clone, Copy, Debug)]
enum Asked {
    /// A request.
    Something,
    /// No head that could be read.
    Nothing,
}

/// How long a connection may take to settle: a client that keeps it busy gets no more of it.
const SETTLE_MAX: Duration = Duration::from_secs(3);
/// The most requests under way, those whose streams the client has given up included: resets cost
/// a client nothing (RFC 9114 §10.5).
const REQUESTS_MAX: usize = STREAMS_MAX as usize;
/// Streams that may bring no head; one more ends the connection. Who gives up a request has sent its
/// head in most cases, and h3 remembers the others for as long as the connection lasts.
const HEADLESS_MAX: usize = 1_000;

impl<S> Connection<S> {
    /// Serves the connection that `handshake` makes to its end.
    pub(super) async fn run<B>(opened: Opened, handshake: QuicHandshake, service: S)
    where
        S: Service<Request<RequestBody>, Response = Response<B>, Error: Send>
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
        B: Body<Data = Bytes, Error: Send> + Send + 'static,
    {
        let made = select! {
            biased;
            made = opened.tls.finish_quic(handshake) => made,
            () = opened.options.shutdown.begun() => None,
        };
        let Some(quic) = made else { return };
        opened.options.protocols.get_or_create(&vec![("protocol", "h3")]).inc();
        let head_max = opened.options.limits.header_bytes_max;
        let head_max = u64::try_from(head_max).unwrap_or(u64::MAX);
        let mut builder = h3::server::builder();
        builder.max_field_section_size(head_max);
        // RFC 9114 §4.2.2: the size of a head is that of its fields and 32 bytes for each, to
        // which no client encodes it up.
        let built = builder.build(Guarded::new(quic.clone(), head_max));
        // It waits until the client takes the settings.
        let patience = opened.options.limits.header_read_timeout;
        let Ok(http3) = timeout(patience, built).await else { return };
        let (peer, service) = (opened.peer, Arc::new(service));
        let (activity, requests) = (Activity::default(), JoinSet::new());
        match http3 {
            Ok(http3) => {
                let connection = Self { opened, quic, service, activity, requests, headless: 0 };
                connection.serve(http3).await;
            }
            Err(error) => debug!(%peer, %error, "connection ended early"),
        }
    }

    async fn serve<B>(mut self, mut http3: Http3<Guarded<h3_quinn::Connection>, Bytes>)
    where
        S: Service<Request<RequestBody>, Response = Response<B>, Error: Send>
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
        B: Body<Data = Bytes, Error: Send> + Send + 'static,
    {
        let limits = self.opened.options.limits;
        let shutdown = self.opened.options.shutdown.clone();
        let mut leaving = false;
        loop {
            if leaving && self.requests.is_empty() {
                timeout(SETTLE_MAX, settle(&self.quic)).await.unwrap_or_default();
                return;
            }
            select! {
                biased;
                _ = self.quic.closed() => return,
                Some(ended) = self.requests.join_next(), if !self.requests.is_empty() => {
                    self.headless += usize::from(matches!(ended, Ok(Asked::Nothing)));
                    if HEADLESS_MAX < self.headless {
                        let code = VarInt::from_u64(Code::H3_EXCESSIVE_LOAD.value());
                        return self.quic.close(code.unwrap_or_default(), b"");
                    }
                }
                () = shutdown.begun(), if !leaving => {
                    go_away(&mut http3, limits.header_read_timeout).await;
                    leaving = true;
                }
                () = rested(&self.activity, limits.idle_timeout), if !leaving => {
                    go_away(&mut http3, limits.header_read_timeout).await;
                    leaving = true;
                }
                asked = http3.accept(), if self.requests.len() < REQUESTS_MAX => match asked {
                    Ok(Some(mut asked)) if leaving => {
                        // RFC 9114 §5.2: it may be sent again elsewhere.
                        asked.frame_stream.reset(Code::H3_REQUEST_REJECTED.value());
                    }
                    Ok(Some(asked)) => self.begin(asked),
                    Ok(None) => leaving = true,
                    Err(error) => return debug!(peer = %self.opened.peer, %error, "connection ended"),
                },
            }
        }
    }

    /// Sends a request off.
    fn begin<B>(&mut self, asked: exchange::Asked)
    where
        S: Service<Request<RequestBody>, Response = Response<B>, Error: Send>
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
        B: Body<Data = Bytes, Error: Send> + Send + 'static,
    {
        let (service, peer) = (Arc::clone(&self.service), self.opened.peer);
        let (limits, exchange) = (self.opened.options.limits, self.activity.begin());
        self.requests.spawn(async move {
            let (asked, ended) = match exchange::head(asked, limits).await {
                Ok(head) => (Asked::Something, exchange::answer(head, &*service, limits).await),
                Err(error) => (Asked::Nothing, Err(error)),
            };
            if let Err(error) = ended {
                debug!(%peer, error, "a stream ended early");
            }
            drop(exchange);
            asked
        });
    }
}

/// Tells the client that no further request is taken; one that does not even take that hears
/// nothing.
async fn go_away(http3: &mut Http3<Guarded<h3_quinn::Connection>, Bytes>, patience: Duration) {
    // RFC 9114 §5.2: the identifier is that of the first request that is not looked at.
    if let Ok(Err(error)) = timeout(patience, http3.shutdown(1)).await {
        debug!(%error, "a client cannot be told to go away");
    }
}

/// Waits until what was sent has arrived, as far as can be seen: nothing is sent or sent again
/// for some round trips.
async fn settle(quic: &quinn::Connection) {
    /// Below it the timers of the client say more than the way to it.
    const ROUND_MIN: Duration = Duration::from_millis(25);
    let mut sent = quic.stats().udp_tx.datagrams;
    loop {
        select! {
            _ = quic.closed() => return,
            () = sleep(4 * quic.rtt().max(ROUND_MIN)) => (),
        }
        let now = quic.stats().udp_tx.datagrams;
        if now == sent {
            return;
        }
        sent = now;
    }
}
