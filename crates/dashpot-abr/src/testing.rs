//! Views for tests.

use crate::{Arrival, Film, Nominal, Rule, Rung, Source, View, parse};

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

/// Returns a film of which only the rates are known.
pub(crate) fn film(ladder: &[f64], segment_ms: f64) -> Nominal {
    Nominal { ladder: ladder.to_vec(), segment_ms, count: None }
}

/// Returns a rule as it is typed.
pub(crate) fn made(spec: &str) -> Box<dyn Rule> {
    parse(spec).expect("a rule")
}

/// Returns a segment of 4 s at `rung` that arrived whole, without any wait for its first byte.
pub(crate) fn arrival(rung: usize, bits: f64, took_ms: f64) -> Arrival {
    Arrival {
        now_ms: took_ms,
        index: 0,
        rung: Rung(rung),
        segment_ms: 4_000.0,
        bits,
        first_byte_ms: 0.0,
        took_ms,
        buffer_ms: 4_000.0,
        stalled_ms: 0.0,
        is_replacement: false,
        source: Source::default(),
    }
}
