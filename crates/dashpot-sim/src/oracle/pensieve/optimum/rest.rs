//! What the rest of a session comes to at most.

use super::Session;
use crate::oracle::pensieve::{Setup, link::Clock};
use dashpot_abr::{Film as _, Rung};
use dashpot_base::ChunkQoe;

/// At which multiples of what a bit more gains on the whole ladder bits are charged, but never at more
/// than the stall costs that it surely is. The best price differs from session to session.
const MULTIPLES: [f64; 5] = [0.7, 0.85, 1.0, 1.2, 1.5];

/// How many prices there are.
const PRICES: usize = MULTIPLES.len();

/// The rest of a session, from each chunk on and for each rung before it.
///
/// What the link carries until the last chunk would be late is what there is to spend on bits. Each
/// bit beyond that stalls playback for no less than it takes at the link's highest rate. To pay less
/// for it, and to be paid for what is not spent, costs no more; and at such a price nothing hangs on
/// what the link does when: the best rest is found from the last chunk to the first.
pub(super) struct Rest<'a> {
    setup: &'a Setup<'a>,
    clock: Clock<'a>,
    rungs: usize,
    /// By chunk, rung before it and price, but for what there is to spend.
    most: Vec<[f64; PRICES]>,
    /// The media that the chunks from each on bring, but for the last one, in milliseconds.
    media_ms: Vec<f64>,
    /// What a bit costs, and what a millisecond of stall does.
    prices: [f64; PRICES],
    stall: f64,
}

impl<'a> Rest<'a> {
    /// Returns that of all sessions of `setup`, whose rungs have these values.
    pub(super) fn new(setup: &'a Setup<'a>, qoe: ChunkQoe, values: &[f64]) -> Self {
        let (film, rungs, chunks) = (setup.film, values.len(), setup.chunks);
        let clock = Clock::new(setup.trace, setup.payload_ratio);
        let stall = qoe.stall * qoe.unit() / 1_000.0;
        let prices = prices(setup, values, stall / clock.highest());
        let mut most = vec![[0.0; PRICES]; (chunks + 1) * rungs];
        for chunk in (0..chunks).rev() {
            let (here, after) = most[chunk * rungs..].split_at_mut(rungs);
            for (rung, value) in values.iter().enumerate() {
                let bits = film.bits(chunk, Rung(rung));
                for (price, charged) in prices.iter().enumerate() {
                    here[rung][price] = value - charged * bits + after[rung][price];
                }
            }
            // After another rung the change is paid for, from neighbour to neighbour.
            let mut better = |to: usize, from: usize| {
                let (offered, cost) = (here[from], qoe.change * (values[to] - values[from]).abs());
                for (here, offered) in here[to].iter_mut().zip(offered) {
                    *here = here.max(offered - cost);
                }
            };
            (1..rungs).for_each(|rung| better(rung, rung - 1));
            (1..rungs).rev().for_each(|rung| better(rung - 1, rung));
        }
        let mut media_ms = vec![0.0; chunks + 1];
        for chunk in (0..chunks.saturating_sub(1)).rev() {
            media_ms[chunk] = media_ms[chunk + 1] + film.segment_ms(chunk);
        }
        Self { setup, clock, rungs, most, media_ms, prices, stall }
    }

    /// Returns what no rest of `session` is worth more than, after `last`, in units of the values.
    pub(super) fn most(&self, session: &Session<'_>, Rung(last): Rung) -> f64 {
        let chunk = session.index;
        let left = super::as_f64(self.setup.chunks.saturating_sub(chunk));
        let until_ms = session.buffer_ms + self.media_ms[chunk] - left * self.setup.round_trip_ms;
        let bits = self.clock.bits_in(&session.link, until_ms.max(0.0));
        let late = self.stall * until_ms.min(0.0);
        let most = &self.most[chunk * self.rungs + last];
        let prices = most.iter().zip(self.prices).map(|(most, price)| most + price * bits);
        prices.fold(f64::INFINITY, f64::min) + late
    }
}

/// Returns at which prices bits are charged, none of which is above `highest`.
fn prices(setup: &Setup<'_>, values: &[f64], highest: f64) -> [f64; PRICES] {
    let (mut gained, mut more, top) = (0.0, 0.0, values.len() - 1);
    for chunk in 0..setup.chunks {
        gained += values[top] - values[0];
        more += setup.film.bits(chunk, Rung(top)) - setup.film.bits(chunk, Rung(0));
    }
    // Where larger rungs are no larger there is no such price.
    let of = |multiple| if 0.0 < more { highest.min(multiple * gained / more) } else { 0.0 };
    MULTIPLES.map(of)
}
