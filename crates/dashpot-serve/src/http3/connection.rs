//! One HTTP/3 connection: bounded, told to go away, closed when it rests.

use super::{STREAMS_MAX, exchange};
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
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{select, task::JoinSet, time::sleep};
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
    requests: JoinSet<()>,
}

/// The most requests under way, those whose streams the client has given up included: resets cost
/// a client nothing (RFC 9114 §10.5).
const REQUESTS_MAX: usize = STREAMS_MAX as usize;

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
        let mut builder = h3::server::builder();
        builder.max_field_section_size(u64::try_from(head_max).unwrap_or(u64::MAX));
        let http3 = builder.build(h3_quinn::Connection::new(quic.clone())).await;
        let (peer, service) = (opened.peer, Arc::new(service));
        let (activity, requests) = (Activity::default(), JoinSet::new());
        match http3 {
            Ok(http3) => {
                let connection = Self { opened, quic, service, activity, requests };
                connection.serve(http3).await;
            }
            Err(error) => debug!(%peer, %error, "connection ended early"),
        }
    }

    async fn serve<B>(mut self, mut http3: Http3<h3_quinn::Connection, Bytes>)
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
                settle(&self.quic).await;
                return;
            }
            select! {
                biased;
                _ = self.quic.closed() => return,
                Some(_) = self.requests.join_next(), if !self.requests.is_empty() => {}
                () = shutdown.begun(), if !leaving => {
                    go_away(&mut http3).await;
                    leaving = true;
                }
                () = rested(&self.activity, limits.idle_timeout), if !leaving => {
                    go_away(&mut http3).await;
                    leaving = true;
                }
                asked = http3.accept(), if self.requests.len() < REQUESTS_MAX => match asked {
                    Ok(Some(mut asked)) if leaving => {
                        // RFC 9114 §5.2: it may be sent again elsewhere.
                        asked.frame_stream.reset(Code::H3_REQUEST_REJECTED.value());
                    }
                    Ok(Some(asked)) => {
                        let (service, peer) = (Arc::clone(&self.service), self.opened.peer);
                        let exchange = self.activity.begin();
                        self.requests.spawn(async move {
                            if let Err(error) = exchange::answer(asked, &*service, limits).await {
                                debug!(%peer, error, "a stream ended early");
                            }
                            drop(exchange);
                        });
                    }
                    Ok(None) => leaving = true,
                    Err(error) => return debug!(peer = %self.opened.peer, %error, "connection ended"),
                },
            }
        }
    }
}

/// Tells the client that no further request is taken.
async fn go_away(http3: &mut Http3<h3_quinn::Connection, Bytes>) {
    // RFC 9114 §5.2: the identifier is that of the first request that is not looked at.
    if let Err(error) = http3.shutdown(1).await {
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
