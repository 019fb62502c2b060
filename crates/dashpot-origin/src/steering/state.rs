//! What an operator sees, as JSON.

use dashpot_base::MonoTime;
use dashpot_packager::Pathways;
use dashpot_route::steering::{Format, PathwayState, Steering, ViewerState};
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
        "viewers": one.viewers,
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
