//! Whether a request is meant for this machine by name.

use http::{header, request::Parts, uri::Authority};
use std::net::IpAddr;

/// Says whether a request names a host of this machine: a loopback address or `localhost`.
///
/// An operator's listener without a token asks for it, because a page of another name can have the
/// operator's browser send requests: a name that its owner lets lead to this machine is still that
/// name.
#[must_use]
pub fn names_this_machine(parts: &Parts) -> bool {
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = parts.uri.authority().map(Authority::as_str).or(host).unwrap_or_default();
    let name = host.parse::<Authority>().ok();
    let name = name.as_ref().map_or("", |authority| authority.host());
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
