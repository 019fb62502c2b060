//! The shape of a balancing rule, and what it sees.

use crate::{Failure, Key, Reason, Request, Server, hash::place};
use dashpot_base::{MonoTime, Rng};
use std::{fmt::Debug, time::Duration};

/// A rule that chooses one of several servers.
pub trait Rule: Debug + Send {
    /// Returns its name.
    fn name(&self) -> &'static str;

    /// Takes note that the servers or their weights have changed.
    fn arrange(&mut self, _servers: &[Server]) {}

    /// Returns the index of the server for a request, or `None` where there is none for it.
    fn pick(&mut self, view: &mut View<'_>) -> Option<usize>;

    /// Takes note of an answer.
    fn answered(&self, _now: MonoTime, _server: &mut Server, _answer: &Answer) {}

    /// Returns what of a request it hashes, where it hashes.
    fn key(&self) -> Option<Key> {
        None
    }
}

/// How a request went at a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The time to the first byte of the answer, or to the failure.
    pub took: Duration,
    /// What was wrong with it, if anything.
    pub failure: Option<Failure>,
}

/// What a rule sees: all servers, and which of them are fit.
#[derive(Debug)]
pub struct View<'a> {
    /// The time.
    pub now: MonoTime,
    /// Every server; those that are not fit as well.
    pub servers: &'a mut [Server],
    /// The indices of the servers that are fit, ascending.
    pub fit: &'a [usize],
    /// The sums over those that are fit.
    pub total: Total,
    /// The request.
    pub request: &'a Request<'a>,
    /// The randomness of the run.
    pub rng: &'a mut Rng,
    /// What is noted for a trace, where one is wanted.
    pub(crate) seen: Option<&'a mut Seen>,
}

/// Sums over the servers that are fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    /// Of their requests in flight.
    pub in_flight: u64,
    /// Of their weights, slow start aside.
    pub weight: u64,
    /// The greatest of their weights.
    pub heaviest: u32,
}

/// What a rule has looked at on its way to a choice.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) scores: Vec<(usize, f64)>,
    pub(crate) refused: Vec<(usize, Reason)>,
    pub(crate) slot: Option<usize>,
}

/// Draws for a server that this request has not tried, before all are gone through: of a pool of
/// ten of which one was tried, one request in ten to the eighth comes to that.
const DRAWS_MAX: usize = 8;

impl View<'_> {
    /// Returns whether a server may have the request: it is fit, and has not had it.
    #[must_use]
    pub fn may(&self, index: usize) -> bool {
        self.servers.get(index).is_some_and(|server| server.is_fit) && self.is_untried(index)
    }

    /// Returns whether the request has not been to a server.
    pub(crate) fn is_untried(&self, index: usize) -> bool {
        !self.request.tried.contains(&index)
    }

    /// Returns the first server from the `begin`th of those that are fit, all around, that may have
    /// the request.
    #[must_use]
    pub fn next(&self, begin: usize) -> Option<usize> {
        let (before, after) = self.fit.split_at(begin.min(self.fit.len()));
        after.iter().chain(before).copied().find(|index| self.is_untried(*index))
    }

    /// Returns the server with the least score of those that may have the request; of several the
    /// first from the `begin`th on, so that ties take turns.
    pub fn least(&mut self, begin: usize, score: impl Fn(&Server) -> f64) -> Option<usize> {
        let (before, after) = self.fit.split_at(begin.min(self.fit.len()));
        let mut best = None::<(f64, usize)>;
        for &index in after.iter().chain(before) {
            if !self.is_untried(index) {
                continue;
            }
            let here = score(&self.servers[index]);
            self.note(index, here);
            if best.is_none_or(|(least, _)| here < least) {
                best = Some((here, index));
            }
        }
        best.map(|(_, index)| index)
    }

    /// Draws a server that may have the request, other than `but`, each as likely as the others.
    pub fn draw(&mut self, but: Option<usize>) -> Option<usize> {
        let fits = |view: &Self, index: usize| view.is_untried(index) && Some(index) != but;
        for _ in 0..DRAWS_MAX {
            let at = place(self.rng.bits(), self.fit.len());
            let index = *self.fit.get(at)?;
            if fits(self, index) {
                return Some(index);
            }
        }
        let count = self.fit.iter().filter(|index| fits(self, **index)).count();
        let at = place(self.rng.bits(), count);
        self.fit.iter().copied().filter(|index| fits(self, *index)).nth(at)
    }

    /// Notes a server's score for the trace.
    pub fn note(&mut self, index: usize, score: f64) {
        if let Some(seen) = &mut self.seen {
            seen.scores.push((index, score));
        }
    }

    /// Notes for the trace that a server could not be chosen.
    pub fn refuse(&mut self, index: usize, reason: Reason) {
        if let Some(seen) = &mut self.seen {
            seen.refused.push((index, reason));
        }
    }

    /// Notes the slot of the table for the trace.
    pub fn fell_into(&mut self, slot: Option<usize>) {
        if let Some(seen) = &mut self.seen {
            seen.slot = slot;
        }
    }
}
