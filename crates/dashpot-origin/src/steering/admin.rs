//! The operator's side: who is where, and moving them.

use super::{Steerer, state};
use crate::admin::{Refusal, answered, read, refusal};
use axum::body::Body;
use bytes::Bytes;
use dashpot_base::MonoTime;
use dashpot_packager::{Pathways, is_name};
use dashpot_route::steering::{LOAD_FULL, PathwayClone, Steering, WEIGHT_MAX, Wrong};
use http::{HeaderValue, Method, Response, StatusCode, header, request::Parts};
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Deserializer};
use serde_json::json;
use std::collections::BTreeMap;

/// Parameters of a clone, and letters of each.
const PARAMS_MAX: usize = 16;
const PARAM_BYTES_MAX: usize = 256;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole {
    ttl_s: Option<u32>,
    ended: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfPathway {
    weight: Option<u32>,
    retired: Option<bool>,
    /// The load that it counts as; `null` for what it says itself.
    #[serde(default, deserialize_with = "given")]
    load_percent: Option<Option<u8>>,
}

/// Tells `null` from nothing.
fn given<'a, D: Deserializer<'a>>(from: D) -> Result<Option<Option<u8>>, D::Error> {
    Option::deserialize(from).map(Some)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfViewer {
    /// Where it is to go; `null` for where the weights send it.
    #[serde(deserialize_with = "Option::deserialize")]
    pathway: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Move {
    from: Option<String>,
    #[serde(deserialize_with = "Option::deserialize")]
    to: Option<String>,
    share: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfClone {
    base: String,
    host: String,
    #[serde(default)]
    params: BTreeMap<String, String>,
}

/// Answers a request for `/steering/{below}`.
pub(crate) async fn route(
    steerer: &Steerer,
    pathways: &Pathways,
    now: MonoTime,
    parts: &Parts,
    body: Body,
) -> Result<Response<Body>, Refusal> {
    let below = parts.uri.path().strip_prefix("/steering/").unwrap_or_default();
    let (kind, id) = below.split_once('/').unwrap_or((below, ""));
    let shown = |after: &str| {
        let state = steerer.held(|steering| state::state(steering, pathways, now, after));
        Ok(answered(StatusCode::OK, &state))
    };
    let named = || if is_name(id) { Ok(id) } else { Err(nowhere()) };
    let change = |act: &dyn Fn(&mut Steering) -> Result<(), Wrong>| {
        steerer.change(act)?;
        shown("")
    };
    match (&parts.method, kind, id) {
        (&Method::GET, "", "") => Ok(page()),
        (&Method::GET, "state", "") => shown(&after(parts)),
        (&Method::PUT, "state", "") => {
            let wanted: Whole = json_of(&read(parts, body).await?)?;
            change(&|steering| {
                wanted.ttl_s.map_or(Ok(()), |ttl_s| steering.ask_every(ttl_s))?;
                steering.end_all(wanted.ended.unwrap_or(steering.is_ended()));
                Ok(())
            })
        }
        (&Method::PUT, "pathways", _) => {
            let (id, wanted): (_, OfPathway) = (named()?, json_of(&read(parts, body).await?)?);
            change(&|steering| {
                wanted.weight.map_or(Ok(()), |weight| steering.weigh(id, weight))?;
                wanted.load_percent.map_or(Ok(()), |load| steering.report(now, id, load))?;
                wanted.retired.map_or(Ok(()), |is_retired| steering.retire(id, is_retired))
            })
        }
        (&Method::PUT, "viewers", _) => {
            let (id, wanted): (_, OfViewer) = (named()?, json_of(&read(parts, body).await?)?);
            change(&|steering| steering.move_viewer(id, wanted.pathway.as_deref()))
        }
        (&Method::DELETE, "viewers", _) => {
            let id = named()?;
            change(&|steering| steering.end(id))
        }
        (&Method::POST, "move", "") => {
            let Move { from, to, share } = json_of(&read(parts, body).await?)?;
            let moved = steerer.held(|steering| {
                steering.move_share(from.as_deref(), to.as_deref(), share.unwrap_or(1.0))
            });
            let moved = moved.map_err(wrong)?;
            Ok(answered(StatusCode::OK, &json!({ "moved": moved })))
        }
        (&Method::PUT, "clones", _) => {
            let (id, wanted) = (named()?, json_of(&read(parts, body).await?)?);
            let clone = clone_of(wanted)?;
            change(&|steering| steering.put_clone(id, clone.clone()))
        }
        (&Method::DELETE, "clones", _) => {
            let id = named()?;
            change(&|steering| steering.remove_clone(id))
        }
        _ => Err(nowhere()),
    }
}

impl Steerer {
    /// Makes a change as a whole, or none of it.
    fn change(&self, act: &dyn Fn(&mut Steering) -> Result<(), Wrong>) -> Result<(), Refusal> {
        self.held(|steering| {
            let mut changed = steering.clone();
            act(&mut changed).map_err(wrong)?;
            *steering = changed;
            Ok(())
        })
    }
}

/// Returns the name behind which the list of viewers is to go on.
fn after(parts: &Parts) -> String {
    let mut fields = parts.uri.query().unwrap_or_default().split('&');
    let given = fields.find_map(|field| field.strip_prefix("after=")).unwrap_or_default();
    percent_decode_str(given).decode_utf8_lossy().into_owned()
}

fn clone_of(wanted: OfClone) -> Result<PathwayClone, Refusal> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    let is_host = (1..=255).contains(&wanted.host.len()) && wanted.host.bytes().all(allowed);
    let is_short = |text: &String| text.len() <= PARAM_BYTES_MAX;
    let are_params = wanted.params.len() <= PARAMS_MAX
        && wanted.params.iter().all(|(name, value)| is_short(name) && is_short(value));
    if !is_host || !are_params {
        let hint = "the host is NAME or NAME:PORT; there are 16 params of 256 bytes at most";
        return Err(refusal(StatusCode::BAD_REQUEST, "no such clone can be", hint));
    }
    let params = wanted.params.into_iter().collect();
    Ok(PathwayClone { base: wanted.base, host: wanted.host, params })
}

fn json_of<'a, T: Deserialize<'a>>(body: &'a Bytes) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| {
        let hint = "docs/origin.md has all words";
        refusal(StatusCode::BAD_REQUEST, error.to_string(), hint)
    })
}

fn wrong(wrong: Wrong) -> Refusal {
    let list = "GET /steering/state lists them";
    match wrong {
        Wrong::Pathway => refusal(StatusCode::NOT_FOUND, "there is no such pathway", list),
        Wrong::Viewer => refusal(StatusCode::NOT_FOUND, "there is no such viewer", list),
        Wrong::Range => {
            let error = format!(
                "out of range: a weight is up to {WEIGHT_MAX}, a load up to {LOAD_FULL}, a share 0 to 1, ttl_s 1 to 3600"
            );
            refusal(StatusCode::BAD_REQUEST, error, "nothing was changed")
        }
        Wrong::Full => refusal(StatusCode::CONFLICT, "there are too many pathways", list),
        Wrong::Fixed => {
            let error = "clones are made of configured pathways, and have names of their own";
            refusal(StatusCode::CONFLICT, error, list)
        }
    }
}

fn nowhere() -> Refusal {
    let hint = "there are GET /steering/ (a page), GET and PUT state, PUT pathways/ID, PUT and DELETE viewers/ID, POST move, PUT and DELETE clones/ID";
    refusal(StatusCode::NOT_FOUND, "there is no such page, or it has no such method", hint)
}

/// Returns the page, which needs nothing from anywhere else.
fn page() -> Response<Body> {
    const PAGE: &str = concat!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
        "<link rel=\"icon\" href=\"data:,\">\n",
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
        "<title>Steering \u{B7} dashpot origin</title>\n<style>\n",
        include_str!("../pages/style.css"),
        include_str!("../pages/steering.css"),
        "</style>\n</head>\n<body>\n<main>\n",
        include_str!("../pages/steering.html"),
        "</main>\n<script>\n",
        include_str!("../pages/steering.js"),
        "</script>\n</body>\n</html>\n",
    );
    let mut response = Response::new(Body::from(PAGE));
    let fields = response.headers_mut();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Names of viewers come from strangers: whatever they hold, nothing is loaded or sent elsewhere.
    let policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:; frame-ancestors 'none'";
    fields.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    response
}
