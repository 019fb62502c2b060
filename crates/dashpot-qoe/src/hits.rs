//! How much of a session a cache had.

use crate::{Event, Measures, Metric};
use dashpot_http::cache_status::nearest_is_hit;

/// What caches said of the segments that arrived. Those of which none said anything are left out.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hits {
    asked: u64,
    hits: u64,
    asked_bytes: u64,
    hit_bytes: u64,
}

impl Hits {
    /// Takes in an event.
    pub(crate) fn add(&mut self, event: &Event) {
        let Event::Segment { size, cache_status: Some(status), .. } = event else { return };
        let Some(is_hit) = nearest_is_hit(status) else { return };
        self.asked += 1;
        self.asked_bytes += size.bytes();
        if is_hit {
            self.hits += 1;
            self.hit_bytes += size.bytes();
        }
    }

    /// Sets the figures, where a cache said anything.
    pub(crate) fn set(self, measures: &mut Measures) {
        measures.set(Metric::HitRatio, share(self.hits, self.asked));
        measures.set(Metric::ByteHitRatio, share(self.hit_bytes, self.asked_bytes));
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of a session, far below 2^53")]
fn share(part: u64, whole: u64) -> Option<f64> {
    (0 < whole).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Media;
    use dashpot_base::{Bitrate, ByteSize};
    use std::time::Duration;

    fn check(segments: &[(u64, Option<&str>)], expected: Option<(f64, f64)>) {
        let mut hits = Hits::default();
        for &(bytes, status) in segments {
            hits.add(&Event::Segment {
                media: Media::Video,
                rung: 0,
                bitrate: Bitrate::from_kbps(1),
                number: 1,
                start: Duration::ZERO,
                duration: Duration::from_secs(1),
                size: ByteSize::new(bytes),
                took: Duration::from_secs(1),
                first_byte_after: Duration::ZERO,
                idle: Duration::ZERO,
                buffer: Duration::ZERO,
                cache_status: status.map(str::to_owned),
            });
        }
        let mut measures = Measures::default();
        hits.set(&mut measures);
        let found = measures.get(Metric::HitRatio).zip(measures.get(Metric::ByteHitRatio));
        assert_eq!(found, expected, "{segments:?}");
    }

    #[test]
    fn hits_are_counted_by_segments_and_by_bytes_where_a_cache_said_which() {
        let (hit, miss) = (Some("edge; hit"), Some("edge; fwd=uri-miss; stored"));
        check(&[], None);
        check(&[(100, None)], None);
        check(&[(100, Some(""))], None);
        check(&[(100, hit)], Some((1.0, 1.0)));
        check(&[(100, miss)], Some((0.0, 0.0)));
        check(&[(300, hit), (100, miss), (500, None)], Some((0.5, 0.75)));
        // RFC 9211 §2: the last member is that of the cache nearest to the player.
        check(&[(100, Some("origin; hit, edge; fwd=miss"))], Some((0.0, 0.0)));
    }
}
