//! What leaves the store because of what passes it by.

use std::sync::Arc;

use dashpot_cache::{Key, NotStorable, RequestHead, Times, Unsafe, invalidated_by, is_of_target};
use http::{HeaderMap, Method, StatusCode, header};

use crate::{
    Config, edge::Edge, flights::Wanted, object::Object, upstream::Arriving, upstream::authority_of,
};

/// What the origin calls the site.
#[derive(Debug)]
pub(crate) struct SiteNames {
    sites: Vec<String>,
    prefixes: Vec<String>,
}

impl SiteNames {
    pub(crate) fn of(config: &Config) -> Self {
        let urls = || std::iter::once(&config.origin).chain(&config.behind.others);
        let site = |url: &url::Url, host: &str| format!("{}://{host}", url.scheme());
        let asked = config.behind.host.iter().map(|host| site(&config.origin, host));
        let sites = urls().map(|url| site(url, &authority_of(url))).chain(asked).collect();
        let prefixes = urls().map(|url| url.path().trim_end_matches('/').to_owned()).collect();
        Self { sites, prefixes }
    }
}

/// Marks an unsafe request that came by TLS.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Secure;

/// An unsafe request on its way, and what it may make obsolete.
pub(crate) struct Pending {
    request: RequestHead,
    path_and_query: String,
    /// What the client calls the site.
    asked_site: Option<String>,
}

impl Pending {
    /// Returns what to look at once `request`, which came by TLS where it `is_secure`, has been
    /// answered; `None` where it is safe.
    pub(crate) fn of(request: &RequestHead, path_and_query: &str, is_secure: bool) -> Option<Self> {
        (!request.method.is_safe()).then(|| Self {
            request: request.clone(),
            path_and_query: path_and_query.to_owned(),
            asked_site: asked_site(&request.headers, is_secure),
        })
    }

    /// Removes what `response` makes obsolete.
    pub(crate) fn settle(&self, edge: &Edge, response: &Arriving) {
        let (status, headers) = (response.status(), response.headers());
        for path in self.named(edge, |request| invalidated_by(request, status, headers)) {
            let key = edge.naming.key(&self.request.headers, &path);
            // In this order: who looks in between stores nothing that stays.
            edge.store.purging.invalidate(&key);
            edge.store.remove(&key);
        }
    }

    /// Returns the request whose response may be stored for later `GET`s, and the key of its
    /// target; `None` where `headers` do not say so.
    pub(crate) fn as_get(&self, edge: &Edge, headers: &HeaderMap) -> Option<(RequestHead, Key)> {
        // RFC 9110 §9.3.3.
        let is_post = self.request.method == Method::POST;
        let is_it = is_post && self.named(edge, |request| is_of_target(request, headers));
        is_it.then(|| {
            let request = RequestHead { method: Method::GET, ..self.request.clone() };
            let key = edge.naming.key(&self.request.headers, &self.path_and_query);
            (request, key)
        })
    }

    /// Asks `what` about this request under all names of the site.
    fn named<T>(&self, edge: &Edge, what: impl FnOnce(&Unsafe<'_>) -> T) -> T {
        let names = &edge.site_names;
        let sites = names.sites.iter().map(String::as_str).chain(self.asked_site.as_deref());
        let sites: Vec<&str> = sites.collect();
        let prefixes: Vec<&str> = names.prefixes.iter().map(String::as_str).collect();
        what(&Unsafe {
            method: &self.request.method,
            path_and_query: &self.path_and_query,
            sites: &sites,
            prefixes: &prefixes,
        })
    }
}

/// Returns what the client calls the site. Where something else ends its TLS in front of here,
/// nothing that a client could not write tells of it.
fn asked_site(headers: &HeaderMap, is_secure: bool) -> Option<String> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    Some(format!("{}://{host}", if is_secure { "https" } else { "http" }))
}

/// RFC 9111 §4.3.5: brings `stored` up to date by the answer to a `HEAD`, or removes it.
pub(crate) fn heed_head(
    edge: &Edge,
    wanted: &Wanted,
    stored: &Object,
    response: &Arriving,
    times: Times,
) {
    if response.status() != StatusCode::OK || stored.head.status != StatusCode::OK {
        return;
    }
    let head = stored.head.confirmed(&wanted.request, response.headers(), times, &edge.rules);
    let may_stay = head.as_ref().map(|head| head.may_stay(&wanted.request));
    match (head, may_stay) {
        (Some(mut head), Some(Ok(()))) => {
            edge.hide_tags(&mut head.headers);
            let object = stored.with_head(Arc::new(head), stored.epoch());
            edge.store.insert(wanted.primary.clone(), &wanted.request, Arc::new(object));
        }
        // It says nothing of what is stored for all.
        (_, Some(Err(NotStorable::Authorization | NotStorable::SetCookie))) => {}
        _ => edge.store.remove(&wanted.primary),
    }
}
