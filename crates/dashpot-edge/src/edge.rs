//! What all requests of an edge share, and where each goes.

use std::{
    convert::Infallible,
    net::SocketAddr,
    ops::Deref,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use dashpot_base::ByteSize;
use dashpot_cache::{Failure, Limits, Outage, Rules, Tags};
use dashpot_route::load::Capacity;
use dashpot_serve::{AccessLog, Asked, Clock, Ends, Health, Logged, Metrics, RequestBody};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use ipnet::IpNet;
use tokio::sync::Notify;

use crate::{
    Setting, admin, blocks, endpoints,
    flights::Flights,
    gate::Gate,
    lab::{self, Viewers},
    load::{Loaded, Teller},
    meter::{Metered, Note},
    naming::Naming,
    obsolete::{Secure, SiteNames},
    prefetch::{self, ClientAddr, Prefetching},
    prefill::Jobs,
    proxy,
    respond::{self, Reply},
    stats::{Levels, Stats},
    store::Store,
    upstream::Upstream,
};

/// An edge as it is configured now: a reload makes another one around the same [`Shared`].
///
/// What the configuration decides and no request leaves a trace in belongs here.
#[derive(Debug)]
pub(crate) struct Edge {
    pub(crate) shared: Arc<Shared>,
    /// What it calls itself towards others.
    pub(crate) name: String,
    /// The same as a member of `Via` on responses.
    pub(crate) via: HeaderValue,
    pub(crate) flight_limits: Limits,
    /// What the operator adds to what the origin says.
    pub(crate) rules: Rules,
    pub(crate) site_names: SiteNames,
    pub(crate) request_body_max: u64,
    pub(crate) upstream: Upstream,
    pub(crate) naming: Naming,
    /// Tells clients of the way to them and of the load, where responses do.
    pub(crate) teller: Option<Teller>,
    /// What the load is told by.
    pub(crate) capacity: Capacity,
    /// Whether clients see the keys that responses are stored under.
    pub(crate) shows_key: bool,
    /// Whether clients see the tags of responses.
    pub(crate) keeps_tags: bool,
    /// What is fetched ahead, where the operator asks for it.
    pub(crate) prefetching: Option<Box<Prefetching>>,
    /// Who may send `PURGE`.
    pub(crate) purge_from: Vec<IpNet>,
    /// What the operator's listener shows of the configuration.
    pub(crate) shown: Vec<Setting>,
    /// What clients meet before anything else, where the operator asks for it.
    pub(crate) gate: Option<Box<Gate>>,
}

/// What outlives a reload: all that requests have left behind.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) cache_mem: ByteSize,
    pub(crate) flights: Flights,
    pub(crate) blocks: blocks::Table,
    /// Whether the origin is out of reach; never locked for a hit.
    pub(crate) outage: Mutex<Outage>,
    pub(crate) clock: Clock,
    pub(crate) stats: Stats,
    pub(crate) load: Loaded,
    pub(crate) metrics: Metrics,
    pub(crate) health: Health,
    pub(crate) access_log: AccessLog,
    /// What fills the cache before anybody asks.
    pub(crate) jobs: Jobs,
    /// Notified when the operator asks for a reload, where somebody listens.
    pub(crate) reload: OnceLock<Arc<Notify>>,
    /// The viewers' links, in lab mode.
    pub(crate) viewers: Option<Viewers>,
    /// Separates the parts of multipart replies: random, so that no body can be made to hold it.
    pub(crate) boundary: String,
}

impl Deref for Edge {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.shared
    }
}

impl Edge {
    /// Answers one request.
    pub(crate) async fn handle(
        self: Arc<Self>,
        ends: Ends,
        mut request: Request<RequestBody>,
    ) -> Result<Response<Logged<Metered>>, Infallible> {
        let client = ends.peer;
        if self.prefetching.is_some() {
            request.extensions_mut().insert(ClientAddr(client.ip()));
        }
        if ends.is_secure && !request.method().is_safe() {
            request.extensions_mut().insert(Secure);
        }
        let asked = Asked {
            client,
            method: request.method(),
            uri: request.uri(),
            headers: request.headers(),
            version: request.version(),
        };
        let begun = self.access_log.begin(&asked);
        let mut note = Note::new(&self.clock, &self.stats, &request);
        let mut response = match &self.gate {
            _ if admin::takes_purge(&self, request.method()) => {
                let answered = Box::pin(admin::purge_by_client(&self, client, request));
                answered.await.map(lab::ClientBody::Plain)
            }
            None => self.route(request, &mut note).await,
            Some(gate) => Box::pin(self.admit(gate, client, request, &mut note)).await,
        };
        if let Some(teller) = &self.teller {
            teller.tell(&self, ends, &mut response);
        }
        Ok(begun.finish(response.map(|body| Metered::new(body, Arc::clone(&self), note))))
    }

    /// Answers one request that `gate` lets pass.
    async fn admit(
        self: &Arc<Self>,
        gate: &Gate,
        client: SocketAddr,
        request: Request<RequestBody>,
        note: &mut Note,
    ) -> Response<lab::ClientBody> {
        let origin = gate.origin_of(&request);
        let mut response = match gate.admit(&self.clock, client.ip(), request) {
            Ok(request) => self.route(request, note).await,
            Err(refused) => (*refused).map(lab::ClientBody::Plain),
        };
        gate.share(origin.as_ref(), response.headers_mut());
        response
    }

    async fn route(
        self: &Arc<Self>,
        request: Request<RequestBody>,
        note: &mut Note,
    ) -> Response<lab::ClientBody> {
        let path = request.uri().path();
        // Boxed, so that a hit does not carry the room that these need.
        if endpoints::owns(path) {
            return Box::pin(endpoints::answer(self, request)).await.map(lab::ClientBody::Plain);
        }
        if path == "*" {
            return endpoints::whole_server(&request).map(lab::ClientBody::Plain);
        }
        if let (Some(viewers), true) = (&self.viewers, path.starts_with(lab::PREFIX)) {
            return Box::pin(lab::answer(self, viewers, request, note)).await;
        }
        self.proxy(request, note).await.map(lab::ClientBody::Plain)
    }

    /// Answers a request for the origin's resources, and notes how.
    pub(crate) async fn proxy(
        self: &Arc<Self>,
        request: Request<RequestBody>,
        note: &mut Note,
    ) -> Response<crate::body::Body> {
        let hint = self.prefetching.as_ref().and_then(|prefetching| prefetching.read(&request));
        let Reply { response, served } = proxy::answer(self, request).await;
        if let Some(hint) = hint
            && (response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED)
        {
            prefetch::go_on(self, *hint);
        }
        self.stats.answered(served, response.status());
        note.answered(served, response.status(), respond::cache_status(&response));
        response
    }

    /// Returns whether the origin is known to be out of reach.
    pub(crate) fn is_cut_off(&self) -> bool {
        self.outage.lock().unwrap_or_else(PoisonError::into_inner).is_known()
    }

    /// Returns whether the origin is to be tried although nobody waits for it.
    pub(crate) fn may_try_origin(&self) -> bool {
        let now = self.clock.mono();
        self.outage.lock().unwrap_or_else(PoisonError::into_inner).take_turn(now)
    }

    /// Notes that the origin has answered, with whatever status, or why not.
    pub(crate) fn note_origin(&self, failure: Option<Failure>) {
        let now = self.clock.mono();
        let is_cut_off = failure.is_some() && self.upstream.is_cut_off();
        let mut outage = self.outage.lock().unwrap_or_else(PoisonError::into_inner);
        match failure {
            None => outage.answered(),
            Some(Failure::Connect | Failure::Timeout) if is_cut_off => outage.failed(now),
            // Another upstream may answer the next one. And an origin that takes connections and breaks them off is there: what it makes of one
            // request says nothing of the others, and nobody has to wait to find out.
            Some(
                Failure::Connect
                | Failure::Timeout
                | Failure::Protocol
                | Failure::Truncated
                | Failure::TooLong
                | Failure::Changed
                | Failure::Abandoned,
            ) => {}
        }
    }

    /// Removes the tags from `headers`, which are read: they are for caches.
    pub(crate) fn hide_tags(&self, headers: &mut HeaderMap) {
        if !self.keeps_tags {
            Tags::strip(headers);
        }
    }

    pub(crate) fn levels(&self) -> Levels {
        let (objects, bytes) = self.store.usage();
        let purge_rules = self.store.purging.rules();
        Levels { purge_rules, fills: self.flights.count() + self.blocks.count(), objects, bytes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size_of_future<A, B, C, F: Future>(_: impl Fn(A, B, C) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn a_hit_does_not_carry_the_room_that_a_miss_needs() {
        // hyper moves the future of each request; a miss alone would double it.
        assert!(size_of_future(Edge::handle) <= 4 << 10);
    }
}
