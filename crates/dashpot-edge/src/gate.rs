//! What clients meet before the cache: how often they may ask, which pages may read, and what URLs
//! must show.

use std::{
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use dashpot_base::Seed;
use dashpot_http::{
    cors::Sharing,
    signed_url::{Denied, Lock},
    throttle::{Client, Throttle},
};
use dashpot_serve::Clock;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri, header};

use crate::{Cors, Front, StartError, body::Body, endpoints, respond::text};

/// Clients whose requests are counted at once: a mebibyte of them.
const CLIENTS_MAX: usize = 1 << 16;

/// What clients meet before the cache.
#[derive(Debug)]
pub(crate) struct Gate {
    throttle: Option<Mutex<Throttle>>,
    sharing: Option<Sharing>,
    lock: Option<Lock>,
}

impl Gate {
    /// Returns what `front` asks for; `None` where that is nothing, so that it costs nothing.
    pub(crate) fn new(front: &Front, seed: Seed) -> Result<Option<Box<Self>>, StartError> {
        let rate = front.requests_per_client;
        let gate = Self {
            throttle: rate.map(|rate| Mutex::new(Throttle::new(rate, CLIENTS_MAX, seed.0))),
            sharing: sharing(&front.cors)?,
            lock: front.signed_urls.clone(),
        };
        let is_open = gate.throttle.is_none() && gate.sharing.is_none() && gate.lock.is_none();
        Ok((!is_open).then(|| Box::new(gate)))
    }

    /// Returns the page that asks, where it matters.
    pub(crate) fn origin_of<B>(&self, request: &Request<B>) -> Option<HeaderValue> {
        self.sharing.as_ref().and_then(|_| request.headers().get(header::ORIGIN).cloned())
    }

    /// Opens a response to the page of `origin`.
    pub(crate) fn share(&self, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
        if let Some(sharing) = &self.sharing {
            sharing.share(origin, headers);
        }
    }

    /// Lets `request` pass, or answers it.
    pub(crate) fn admit<B>(
        &self,
        clock: &Clock,
        client: IpAddr,
        mut request: Request<B>,
    ) -> Result<Request<B>, Box<Response<Body>>> {
        // Whoever watches over the edge asks for its health from wherever he is.
        if request.uri().path() == "/health" {
            return Ok(request);
        }
        self.count(clock, client)?;
        let preflight = self
            .sharing
            .as_ref()
            .and_then(|sharing| sharing.preflight(request.method(), request.headers()));
        if let Some(headers) = preflight {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NO_CONTENT;
            *response.headers_mut() = headers;
            return Err(Box::new(response));
        }
        if let Some(lock) = &self.lock
            && !endpoints::owns(request.uri().path())
        {
            open(lock, clock, client, &mut request)?;
        }
        Ok(request)
    }

    fn count(&self, clock: &Clock, client: IpAddr) -> Result<(), Box<Response<Body>>> {
        let Some(throttle) = &self.throttle else { return Ok(()) };
        let mut throttle = throttle.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = throttle.ask(clock.mono(), Client::of(client));
        drop(throttle);
        asked.map_err(|wait| {
            let message = "this client asks too often\n";
            let mut response = text(StatusCode::TOO_MANY_REQUESTS, message);
            // RFC 9110 §10.2.3: whole seconds, so that the wait is over by then.
            let seconds = HeaderValue::from(wait.as_secs() + 1);
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
            Box::new(response)
        })
    }
}

/// Checks what `request` shows, and makes of it the request that it stands for.
fn open<B>(
    lock: &Lock,
    clock: &Clock,
    client: IpAddr,
    request: &mut Request<B>,
) -> Result<(), Box<Response<Body>>> {
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str()).to_owned();
    let opened = lock.open(clock.wall(), client, &target, request.headers_mut());
    let denied = match opened.map(Uri::try_from) {
        Ok(Ok(uri)) => {
            *request.uri_mut() = uri;
            return Ok(());
        }
        Ok(Err(_)) => Denied::Invalid,
        Err(denied) => denied,
    };
    Err(Box::new(text(StatusCode::FORBIDDEN, &format!("signature: {}\n", denied.code()))))
}

fn sharing(cors: &Cors) -> Result<Option<Sharing>, StartError> {
    Ok(match cors {
        Cors::Off => None,
        Cors::Any => Some(Sharing::Any),
        Cors::Origins(origins) => {
            let values = origins.iter().map(|origin| {
                HeaderValue::try_from(origin)
                    .map_err(|_| StartError::Cors { origin: origin.clone() })
            });
            Some(Sharing::Origins(values.collect::<Result<_, _>>()?))
        }
    })
}
