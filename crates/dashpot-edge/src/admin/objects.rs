//! `GET /objects?url=`: what is stored for a URL, and whether it would be a hit.

use dashpot_cache::{Key, Purged, Reason, RequestHead, StoredHead, Verdict, decide};
use dashpot_http::vary::Vary;
use http::{HeaderMap, Method, Response, StatusCode};
use serde::Serialize;

use super::{Refusal, answered, purge::refused};
use crate::{body::Body, disk::Content, edge::Edge, store::Held};

/// Variants that are shown; a resource with more has a `Vary` that was not meant.
const VARIANTS_MAX: usize = 100;

#[derive(Serialize)]
struct Explained<'a> {
    key: &'a str,
    /// Whether it is being fetched at this moment.
    in_flight: bool,
    /// The epoch of the latest purge.
    purge_epoch: u64,
    objects: Vec<Stored>,
}

#[derive(Serialize)]
struct Stored {
    /// The values of the fields in `vary` that select it.
    selected_by: String,
    vary: String,
    status: u16,
    age_s: u64,
    /// Negative once stale.
    ttl_s: i64,
    /// What is stored of it.
    size_bytes: u64,
    /// Where that may be less than all.
    #[serde(skip_serializing_if = "Option::is_none")]
    parts: Option<InParts>,
    tiers: Vec<&'static str>,
    tags: Vec<String>,
    purge_epoch: u64,
    /// What a plain GET that selects it would be.
    would_be: &'static str,
    why: &'static str,
}

/// A response that is stored in parts.
#[derive(Serialize)]
struct InParts {
    present_bytes: u64,
    total_bytes: u64,
    /// What ties the parts together; without it there is one.
    validator: Option<String>,
}

/// Answers what is stored for the URL in `query`.
pub(super) async fn explain(edge: &Edge, query: &str) -> Result<Response<Body>, Refusal> {
    let mut arguments = url::form_urlencoded::parse(query.as_bytes());
    let Some((_, url)) = arguments.find(|(name, _)| name == "url") else {
        let hint = "ask for /objects?url=, with the URL percent-encoded";
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "there is no url", hint));
    };
    let key = edge.naming.key_of_url(&url).map_err(refused)?;
    let held = edge.store.held_anywhere(&key).await;
    let explained = Explained {
        key: key.as_str(),
        in_flight: edge.flights.is_up(&key),
        purge_epoch: edge.store.purging.epoch(),
        objects: held.iter().take(VARIANTS_MAX).map(|held| stored(edge, &key, held)).collect(),
    };
    Ok(answered(StatusCode::OK, &explained))
}

fn stored(edge: &Edge, key: &Key, held: &Held) -> Stored {
    let Held { selected_by, content, purged, tiers } = held;
    let now = edge.clock.wall();
    let head = match purged {
        Purged::Soft(at) => content.head().stale_since(*at),
        Purged::No | Purged::Hard => content.head().clone(),
    };
    let vary = match &head.vary {
        Vary::Any => "*".to_owned(),
        Vary::Fields(names) => {
            names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ")
        }
    };
    let (would_be, why) = match purged {
        Purged::Hard => ("miss", "purged"),
        Purged::Soft(_) => (verdict(&head, now).0, "purged-soft"),
        Purged::No => verdict(&head, now),
    };
    let parts = match content {
        Content::Whole(_) => None,
        Content::Parts(parts) => Some(InParts {
            present_bytes: edge.store.present(key, parts),
            total_bytes: parts.length,
            validator: parts
                .validator
                .as_ref()
                .and_then(|validator| Some(validator.to_value().to_str().ok()?.to_owned())),
        }),
    };
    let size_bytes = match (content, &parts) {
        (Content::Whole(object), _) => object.body.len(),
        (Content::Parts(_), parts) => parts.as_ref().map_or(0, |parts| parts.present_bytes),
    };
    let is_whole = parts.as_ref().is_none_or(|parts| parts.present_bytes == parts.total_bytes);
    let (would_be, why) = match would_be {
        "hit" if !is_whole => ("partial", "not all is stored"),
        would_be => (would_be, why),
    };
    Stored {
        selected_by: selected_by.trim().to_owned(),
        vary,
        status: head.status.as_u16(),
        age_s: head.age(now).as_secs(),
        ttl_s: head.ttl_seconds(now),
        size_bytes,
        parts,
        tiers: tiers.clone(),
        tags: head.tags.iter().map(str::to_owned).collect(),
        purge_epoch: content.epoch(),
        would_be,
        why,
    }
}

/// Returns what a plain GET would be, that selects `head`.
fn verdict(head: &StoredHead, now: dashpot_base::WallTime) -> (&'static str, &'static str) {
    let request = RequestHead::new(Method::GET, HeaderMap::new());
    let mut selected = head.clone();
    selected.vary = Vary::Fields(Vec::new());
    match decide(now, Some(&selected), &request) {
        Verdict::Fresh => ("hit", "fresh"),
        Verdict::StaleWhileRevalidate => ("stale", "stale-while-revalidate"),
        Verdict::Stale(reason) => ("revalidated", reason.as_str()),
        Verdict::Miss(reason) | Verdict::Bypass(reason) => ("miss", reason.as_str()),
        Verdict::Unavailable => ("miss", Reason::UriMiss.as_str()),
    }
}
