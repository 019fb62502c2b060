//! MPDs that are elsewhere than where they are asked for.

use crate::reply::refuse;
use axum::body::Body;
use dashpot_base::WallTime;
use dashpot_packager::{Located, Refused, asked_time, located, server_url};
use http::{HeaderValue, Response, StatusCode, header, request::Parts};

/// Returns where the MPD is that a request asks for, and the request for it there, unless it is where it
/// is asked for.
///
/// # Errors
/// Says what is wrong with the path.
pub(crate) fn meant(request: &Parts, now: WallTime) -> Result<Option<(Located, Parts)>, Refused> {
    let path = request.uri.path();
    if ![".mpd", ".m3u8"].iter().any(|ending| path.ends_with(ending)) {
        return Ok(None);
    }
    let now = asked_time(request.uri.query(), now)?;
    let Some(located) = located(path, now)? else { return Ok(None) };
    let mut there = request.clone();
    let long = || Refused::BadRequest("so long a path has no meaning".to_owned());
    there.uri = with_query(&located.path, request.uri.query()).parse().map_err(|_| long())?;
    Ok(Some((located, there)))
}

/// Sends a client to an MPD.
pub(crate) fn redirect(reference: &str, query: Option<&str>) -> Response<Body> {
    // RFC 9110 §15.4.3: the times of the next answer are others.
    let mut response = refuse(StatusCode::FOUND, "the MPD is elsewhere");
    let fields = response.headers_mut();
    if let Ok(location) = HeaderValue::from_str(&with_query(reference, query)) {
        fields.insert(header::LOCATION, location);
    }
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Returns the whole URL of the folder of an MPD that is to tell of it: by the name that the client asked by.
///
/// An answer with it is for this client alone (RFC 9111 §7.1: a cache would give others what one has made it hold).
pub(crate) fn folder(request: &Parts) -> Option<String> {
    let (folder, file) = request.uri.path().rsplit_once('/')?;
    if !folder.contains("/xlink_") || !file.ends_with(".mpd") {
        return None;
    }
    let host = request.headers.get(header::HOST)?.to_str().ok()?;
    // RFC 9110 §7.2: a name and perhaps a port, and nothing that a URL means something else by.
    let root = server_url(&format!("http://{host}")).ok().filter(|_| !host.contains('/'))?;
    Some(format!("{root}{folder}/"))
}

fn with_query(path: &str, query: Option<&str>) -> String {
    query.map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))
}
