//! Requests to the upstreams.

mod failure;
mod framing;
mod manifest;
mod sign;
mod site;
#[cfg(test)]
mod tests;

use std::{
    pin::pin,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use dashpot_base::MonoTime;
use dashpot_cache::Failure;
use dashpot_http::{cdn_loop, via};
use dashpot_route::{Pool, RetryBudget};
use dashpot_serve::Clock;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Version, header};
use tokio::time::timeout;
use tracing::{debug, warn};
use url::Url;

use crate::{Config, StartError, UpstreamHttp};
use failure::{detail_of, failure_of, is_lost};
use framing::check;
pub(crate) use framing::head_of;
use manifest::Rewriter;
use site::Site;
pub(crate) use site::authority_of;

/// The upstreams, as the edge reaches them.
#[derive(Debug)]
pub(crate) struct Upstream {
    sites: Vec<Site>,
    routing: Mutex<Routing>,
    retry: bool,
    /// How long the first of several upstreams may take to begin a response, before another one is
    /// asked.
    first_patience: Duration,
    /// How long an upstream has for a response head before one that is given up counts against it.
    given_up_after: Duration,
    connect_timeout: Duration,
    http: UpstreamHttp,
    /// Whether the client's Host is sent, which has been settled before.
    forwards_host: bool,
    name: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    rewriter: Option<Rewriter>,
    clock: Clock,
}

/// How long an upstream has for a response head at most before one that is given up counts against
/// it: longer than a long poll for a live segment.
const GIVEN_UP_AFTER_MAX: Duration = Duration::from_secs(10);

/// What is remembered of the upstreams.
#[derive(Debug)]
struct Routing {
    pool: Pool,
    budget: RetryBudget,
}

/// What comes of a request.
type Sent = Result<Arriving, reqwest::Error>;

/// A request that got no response.
#[derive(Clone, Debug)]
pub(crate) struct NoResponse {
    pub(crate) failure: Failure,
    /// What happened, for the operator.
    pub(crate) detail: String,
}

/// What to send upstream.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) path_and_query: String,
    /// The client's header fields.
    pub(crate) headers: HeaderMap,
    pub(crate) version: Version,
    pub(crate) body: Option<reqwest::Body>,
}

impl Upstream {
    /// Makes the clients; nothing is connected.
    pub(crate) fn new(config: &Config, clock: Clock) -> Result<Self, StartError> {
        let behind = &config.behind;
        let urls: Vec<&Url> = std::iter::once(&config.origin).chain(&behind.others).collect();
        let sites = urls.iter().map(|url| Site::new(config, url)).collect::<Result<Vec<_>, _>>()?;
        let routing = Routing {
            pool: Pool::new(sites.len(), behind.prefer),
            budget: RetryBudget::new(clock.mono()),
        };
        Ok(Self {
            routing: routing.into(),
            retry: behind.retry,
            // The other one has the other half.
            first_patience: config.head_timeout / 2,
            given_up_after: GIVEN_UP_AFTER_MAX.min(config.head_timeout / 2),
            connect_timeout: config.connect_timeout,
            http: behind.http,
            forwards_host: config.keys.hosts.is_some(),
            name: config.cache_name(),
            headers: behind.headers.clone(),
            rewriter: behind.rewrite_mpd_urls.then(|| Rewriter::new(&urls, behind.host.as_deref())),
            sites,
            clock,
        })
    }

    /// Sends `ask` and waits for the response head, but not for longer than `limit`.
    pub(crate) async fn send_within(
        &self,
        limit: Duration,
        ask: Ask,
    ) -> Result<Arriving, NoResponse> {
        // Without a detail: what a timeout means is the same for all who wait.
        let late = || NoResponse { failure: Failure::Timeout, detail: String::new() };
        timeout(limit, self.send(ask)).await.unwrap_or_else(|_| Err(late()))
    }

    /// Sends `ask` and waits for the response head.
    ///
    /// A request that may be repeated and fails on one upstream, or hears nothing of it for half of
    /// its time, goes to another, once, where the budget allows it. Where there is no other, one
    /// whose connection was lost goes to the same again: it may have been an idle one that the
    /// origin closed at that moment.
    pub(crate) async fn send(&self, ask: Ask) -> Result<Arriving, NoResponse> {
        let Ask { method, path_and_query, headers, version, mut body } = ask;
        let headers = self.headers_for(headers, version);
        // RFC 9110 §9.2.2: what is idempotent may be repeated; a body is gone once sent.
        let mut may_repeat = self.retry && method.is_safe() && body.is_none();
        self.lock().budget.requested();
        let mut tried = Vec::new();
        loop {
            let choice = self.lock().pool.choose(self.clock.mono(), &tried);
            let chosen = choice
                .and_then(|choice| self.sites.get(choice.chosen).map(|site| (choice.chosen, site)));
            // As many as there are have been tried; the loop below ends before.
            let Some((index, site)) = chosen else {
                return Err(no_response(Failure::Protocol, "no upstream is left to ask"));
            };
            let wall = self.clock.wall();
            let request = site.request(wall, method.clone(), &path_and_query, headers.clone());
            let mut request = request.map_err(|why| no_response(Failure::Protocol, &why))?;
            *request.body_mut() = body.take();
            let asking = Asking { upstream: self, index, began: self.clock.mono(), is_over: false };
            let sent = self.wait(asking.of(site.send(request)), may_repeat).await;
            let Some(sent) = sent else {
                debug!(upstream = site.name, path = path_and_query, "gave it up for another");
                (may_repeat, tried) = (false, vec![index]);
                continue;
            };
            if may_repeat && self.is_worth_repeating(&sent) && self.may_retry() {
                debug!(upstream = site.name, path = path_and_query, "trying again");
                may_repeat = false;
                if 1 < self.sites.len() {
                    tried.push(index);
                }
                continue;
            }
            let sent = sent.map_err(|error| {
                let detail = detail_of(&error, self.connect_timeout);
                let failure = failure_of(&error);
                let is_unsure = self.http == UpstreamHttp::Http2 && failure == Failure::Protocol;
                let hint =
                    if is_unsure { "; does it speak HTTP/2? --origin-http is 2" } else { "" };
                // Clients are not told where the origin is.
                debug!(upstream = site.name, path = path_and_query, detail, "no response");
                no_response(failure, &format!("{detail}{hint}"))
            })?;
            check(&sent).map_err(|why| no_response(Failure::Protocol, why))?;
            return match &self.rewriter {
                Some(rewriter) if method == Method::GET => rewriter.rewritten(sent).await,
                Some(_) | None => Ok(sent),
            };
        }
    }

    /// Waits for a response; `None` where another upstream is to be asked meanwhile.
    async fn wait(&self, sending: impl Future<Output = Sent>, may_repeat: bool) -> Option<Sent> {
        let mut sending = pin!(sending);
        if may_repeat && 1 < self.sites.len() {
            match timeout(self.first_patience, &mut sending).await {
                Ok(sent) => return Some(sent),
                Err(_) if self.may_retry() => return None,
                Err(_) => {}
            }
        }
        Some(sending.await)
    }

    /// Returns whether what came of a first try could be better on a second one.
    fn is_worth_repeating(&self, sent: &Sent) -> bool {
        match sent {
            Ok(response) => 1 < self.sites.len() && is_bad(response.status()),
            Err(error) => 1 < self.sites.len() || is_lost(error),
        }
    }

    /// Returns whether a failure is that of the last upstream that was left: with one alone, each
    /// is.
    pub(crate) fn is_cut_off(&self) -> bool {
        let routing = self.lock();
        routing.pool.members() < 2 || routing.pool.none_answers()
    }

    fn headers_for(&self, mut headers: HeaderMap, version: Version) -> HeaderMap {
        via::strip_hop_by_hop(&mut headers);
        via::append(&mut headers, version, &self.name);
        cdn_loop::append(&mut headers, &self.name);
        if !self.forwards_host {
            // The client fills in the origin's.
            headers.remove(header::HOST);
        }
        if self.sites.iter().any(Site::is_signed) {
            // A store refuses a request that shows two kinds of authority.
            headers.remove(header::AUTHORIZATION);
        }
        // RFC 9110 §10.1.1: hyper has answered it.
        headers.remove(header::EXPECT);
        for (name, _) in &self.headers {
            headers.remove(name);
        }
        for (name, value) in &self.headers {
            headers.append(name, value.clone());
        }
        if self.rewriter.is_some() {
            // A compressed MPD could not be rewritten; what is in segments does not compress.
            headers.remove(header::ACCEPT_ENCODING);
        }
        headers
    }

    /// Returns whether there is allowance for a second try, which is taken.
    fn may_retry(&self) -> bool {
        let now = self.clock.mono();
        self.lock().budget.take(now)
    }

    fn lock(&self) -> MutexGuard<'_, Routing> {
        // What it guards is whole between any two statements that can panic.
        self.routing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request under way. One that is given up counts as its upstream's failure where that had its
/// time: its client may have left, too.
struct Asking<'a> {
    upstream: &'a Upstream,
    index: usize,
    began: MonoTime,
    is_over: bool,
}

impl Asking<'_> {
    async fn of(mut self, sent: impl Future<Output = Sent>) -> Sent {
        let sent = sent.await;
        self.is_over = true;
        let mut routing = self.upstream.lock();
        if sent.as_ref().is_ok_and(|response| !is_bad(response.status())) {
            routing.pool.succeeded(self.index);
        } else {
            let now = self.upstream.clock.mono();
            let rested = routing.pool.is_resting(now, self.index);
            routing.pool.failed(now, self.index);
            if !rested && routing.pool.is_resting(now, self.index) {
                let upstream = self.upstream.sites.get(self.index).map(|site| &site.name);
                warn!(upstream, "keeps failing, and rests");
            }
        }
        drop(routing);
        sent
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        let now = self.upstream.clock.mono();
        if !self.is_over && self.upstream.given_up_after <= now.since(self.began) {
            self.upstream.lock().pool.failed(now, self.index);
        }
    }
}

/// RFC 9110 §15.6.3 to §15.6.5: the upstream itself is out of order, or what is behind it.
fn is_bad(status: StatusCode) -> bool {
    matches!(status.as_u16(), 502..=504)
}

fn no_response(failure: Failure, detail: &str) -> NoResponse {
    NoResponse { failure, detail: detail.to_owned() }
}

/// The body of a response that is read here and not handed on.
pub(crate) type Arriving = Response<reqwest::Body>;

/// Reads the next bytes of `body`; `None` at its proper end.
pub(crate) async fn next_data(body: &mut reqwest::Body) -> Option<Result<Bytes, reqwest::Error>> {
    use http_body_util::BodyExt as _;
    loop {
        match body.frame().await? {
            Ok(frame) => {
                // Trailers are not kept.
                if let Ok(data) = frame.into_data()
                    && !data.is_empty()
                {
                    return Some(Ok(data));
                }
            }
            Err(error) => return Some(Err(error)),
        }
    }
}
