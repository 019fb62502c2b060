//! A cache between the viewers and the origin.

mod typed;

pub use typed::EdgeError;

use super::Live;
use crate::{Content, making::Making, upstream::Way};
use dashpot_abr::Rung;
use dashpot_base::{Bitrate, ByteSize, Rng, Seed};
use dashpot_evict::{Id, Policy as _, Sieve};
use dashpot_mpd::timeline::{Presentation, Sidx};
use dashpot_net::UNLIMITED;
use dashpot_player::{Fetch, What};
use std::{cell::RefCell, rc::Rc, time::Duration};

/// A cache in front of the origin, and the way from one to the other.
///
/// What it holds when the session begins is what viewers before have asked for: each began at the
/// beginning, stayed on one rung and left somewhere, all of which the seed draws evenly. What has
/// no room leaves as in the edge itself, by SIEVE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The bytes that it holds at most.
    pub capacity: ByteSize,
    /// From a request there to the first byte, for what it holds.
    pub hit_latency: Duration,
    /// From a request there to the first byte, for what the origin has to send.
    pub miss_latency: Duration,
    /// How fast the origin sends.
    pub miss_rate: Bitrate,
    /// How many viewers came before.
    pub viewers_before: u32,
    /// Draws what they did.
    pub seed: Seed,
}

impl Default for Edge {
    /// A quick cache, an origin on another continent with little to give to each, and few viewers
    /// before: the case in which hits tell the wrong tale of misses.
    fn default() -> Self {
        Self {
            capacity: ByteSize::from_mib(1_024),
            hit_latency: Duration::from_millis(2),
            miss_latency: Duration::from_millis(152),
            miss_rate: Bitrate::from_kbps(4_000),
            viewers_before: 3,
            seed: Seed(1),
        }
    }
}

/// What a session's requests meet: the origin with all sizes known, or a cache before it, which
/// sessions may share.
#[derive(Clone, Debug, Default)]
pub(super) struct Site {
    cache: Option<Rc<RefCell<Cache>>>,
    live: Option<Live>,
}

#[derive(Debug)]
struct Cache {
    edge: Edge,
    held: Sieve,
}

impl Site {
    pub(super) fn new(edge: Option<Edge>, film: &super::Film) -> Self {
        let cache = edge.map(|edge| Rc::new(RefCell::new(Cache::new(edge, film))));
        Self { cache, live: None }
    }

    /// Returns the same, where the film comes into being while it is played.
    pub(super) fn live(self, live: Option<Live>) -> Self {
        Self { live, ..self }
    }
}

impl Cache {
    fn new(edge: Edge, film: &super::Film) -> Self {
        let mut cache = Self { edge, held: Sieve::default() };
        let mut rng = Rng::new(edge.seed);
        for _ in 0..edge.viewers_before {
            let (rung, left) = (draw(&mut rng, film.rungs), draw(&mut rng, film.segments));
            for (index, number) in (0..=left).zip(1..) {
                let size = film.tracks.size(index, Rung(rung)).unwrap_or_default();
                cache.asks(id(rung, number), size.bytes());
            }
        }
        cache
    }

    /// Takes a request; returns whether the cache had what it is for.
    fn asks(&mut self, id: Id, size: u64) -> bool {
        let is_hit = self.held.touch(id);
        let capacity = self.edge.capacity.bytes();
        if !is_hit && size <= capacity {
            while self.held.evict_for(size, capacity).is_some() {}
            self.held.insert(id, size);
        }
        is_hit
    }
}

impl Content for Site {
    fn presentation(&self) -> Presentation {
        Presentation { periods: Vec::new(), problems: Vec::new(), live: None }
    }

    fn index(&self, _: &Fetch) -> Sidx {
        Sidx { timescale: 1, earliest_presentation_time: 0, first_byte: 0, entries: Vec::new() }
    }

    fn size(&self, fetch: &Fetch) -> ByteSize {
        fetch.size.unwrap_or_default()
    }

    fn way(&self, fetch: &Fetch, size: ByteSize) -> Option<Way> {
        let mut cache = self.cache.as_ref()?.borrow_mut();
        let What::Segment { rung, number, .. } = fetch.what else { return None };
        let is_hit = cache.asks(id(rung.0, number), size.bytes());
        let edge = cache.edge;
        Some(if is_hit {
            Way { is_hit, wait: edge.hit_latency, rate: UNLIMITED }
        } else {
            Way { is_hit, wait: edge.miss_latency, rate: edge.miss_rate }
        })
    }

    fn making(&self, fetch: &Fetch) -> Option<Making> {
        let live = self.live.filter(|live| !live.chunk.is_zero())?;
        let What::Segment { start, duration, .. } = fetch.what else { return None };
        Some(Making { start, edge: live.on_air, length: duration, chunk: live.chunk })
    }
}

fn id(rung: usize, number: u64) -> Id {
    (Id::from(number) << 64) | Id::try_from(rung).unwrap_or(Id::MAX)
}

/// Draws one of `count`.
fn draw(rng: &mut Rng, count: usize) -> usize {
    let count = u64::try_from(count).unwrap_or(u64::MAX).max(1);
    usize::try_from(rng.bits() % count).unwrap_or(0)
}
