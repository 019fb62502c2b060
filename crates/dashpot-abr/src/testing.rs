//! Views for tests.

use crate::{Film, View};

/// Returns a view of the first segment of `film`: an empty buffer of at most 25 s, nothing
/// measured yet.
pub(crate) fn view<'a>(ladder: &'a [f64], film: &'a dyn Film) -> View<'a> {
    View {
        now_ms: 0.0,
        ladder,
        film,
        index: 0,
        since_seek: 0,
        buffer_ms: 0.0,
        buffer_max_ms: 25_000.0,
        segment_ms: film.segment_ms(0),
        throughput_kbps: None,
        latency_ms: 0.0,
        last: None,
        is_playing: true,
        live: None,
    }
}
