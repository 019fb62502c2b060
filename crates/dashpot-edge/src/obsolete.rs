//! What leaves the store because of what passes it by.

use std::sync::Arc;

use dashpot_cache::{NotStorable, RequestHead, Times, Unsafe, invalidated_by};
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

/// An unsafe request on its way, and what it may make obsolete.
pub(crate) struct Pending {
    method: Method,
    path_and_query: String,
    headers: HeaderMap,
}

impl Pending {
    /// Returns what to look at once `request` has been answered; `None` where it is safe.
    pub(crate) fn of(request: &RequestHead, path_and_query: &str) -> Option<Self> {
        (!request.method.is_safe()).then(|| Self {
            method: request.method.clone(),
            path_and_query: path_and_query.to_owned(),
            headers: request.headers.clone(),
        })
    }

    /// Removes what `response` makes obsolete.
    pub(crate) fn settle(&self, edge: &Edge, response: &Arriving) {
        let names = &edge.site_names;
        let asked = asked_site(&self.headers);
        let sites = names.sites.iter().map(String::as_str).chain(asked.as_deref());
        let sites: Vec<&str> = sites.collect();
        let prefixes: Vec<&str> = names.prefixes.iter().map(String::as_str).collect();
        let request = Unsafe {
            method: &self.method,
            path_and_query: &self.path_and_query,
            sites: &sites,
            prefixes: &prefixes,
        };
        for path in invalidated_by(&request, response.status(), response.headers()) {
            let key = edge.naming.key(&self.headers, &path);
            // In this order: who looks in between stores nothing that stays.
            edge.store.purging.invalidate(&key);
            edge.store.remove(&key);
        }
    }
}

/// Returns what the client calls the site; what ends its TLS in front of here tells so.
fn asked_site(headers: &HeaderMap) -> Option<String> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let is_secure = headers.get("x-forwarded-proto").is_some_and(|scheme| scheme == "https");
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
