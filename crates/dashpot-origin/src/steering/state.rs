//! What an operator sees, as JSON.

use dashpot_base::MonoTime;
use dashpot_packager::Pathways;
use dashpot_route::steering::{
    Format, PathwayState, Said, Source, Steering, ViewerState, WatchedState,
};
use serde_json::{Map, Value, json};

/// Viewers of one answer.
const VIEWERS_MAX: usize = 500;

/// Returns all there is, and of the viewers those whose names come behind `after`.
pub(super) fn state(steering: &Steering, pathways: &Pathways, now: MonoTime, after: &str) -> Value {
    let viewers = steering.viewers(now, after, VIEWERS_MAX);
    let next = viewers.last().filter(|_| viewers.len() == VIEWERS_MAX).map(|last| &last.id);
    json!({
        "ttl_s": steering.ttl_s(),
        "ended": steering.is_ended(),
        "seed": steering.seed().0,
        "server": pathways.server(),
        "pathways": steering.pathways(now).iter().map(|one| pathway(pathways, one)).collect::<Value>(),
        "viewer_count": steering.viewer_count(),
        "viewers": viewers.iter().map(viewer).collect::<Value>(),
        // Where the list goes on.
        "next": next,
    })
}

fn pathway(pathways: &Pathways, one: &PathwayState) -> Value {
    let url = pathways.list().iter().find(|held| held.name == one.id).map(|held| &held.url);
    let clone = one.clone.as_ref().map(|clone| {
        let params: Map<String, Value> =
            clone.params.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        json!({ "base": clone.base, "host": clone.host, "params": params })
    });
    json!({
        "id": one.id,
        "url": url,
        "clone": clone,
        "weight": one.weight,
        "retired": one.is_retired,
        "load_percent": one.load,
        // Whose word that is.
        "load_by": match one.source {
            Source::Nobody => None,
            Source::Operator => Some("operator"),
            Source::Pathway => Some("pathway"),
        },
        "down": one.is_down,
        // What it says itself, where it is asked.
        "health": one.watched.as_ref().map(watched),
        "viewers": one.viewers,
    })
}

fn watched(watched: &WatchedState) -> Value {
    let (load, why) = match watched.said {
        None => (None, None),
        Some(Said::Load(percent)) => (Some(percent), None),
        Some(Said::Duress) => (None, Some("duress")),
        Some(Said::Draining) => (None, Some("draining")),
    };
    json!({
        "state": watched.state,
        "held_ms": ms(watched.held),
        "why": watched.why.map(|why| why.to_string()),
        "load_percent": load,
        "full_by": why,
        "full_ms": watched.full_for.map(ms),
    })
}

fn viewer(one: &ViewerState) -> Value {
    let used = |used: &dashpot_route::steering::Used| json!({ "pathway": used.id, "throughput_bps": used.throughput.map(|rate| rate.bps()) });
    json!({
        "id": one.id,
        "format": one.format.map(|format| match format {
            Format::Dash => "dash",
            Format::Hls => "hls",
        }),
        // Where an operator moved it, and where it was sent last.
        "moved": one.wanted,
        "pathway": one.told,
        "used": one.used.iter().map(used).collect::<Value>(),
        "asks": one.asks,
        "known_ms": ms(one.known),
        "silent_ms": ms(one.silent),
        "ended": one.is_ended,
    })
}

fn ms(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
