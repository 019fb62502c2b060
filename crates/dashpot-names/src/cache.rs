//! A cache of answers whose times to live count down.

use crate::Question;
use dashpot_base::MonoTime;
use ipnet::IpNet;
use std::{collections::BTreeMap, time::Duration};

/// The longest time to live there is, in seconds: what has the highest bit set is taken for 0
/// (RFC 2181 §8).
pub const TTL_MAX: u32 = 0x7fff_ffff;

/// Networks for which one question's answers are kept apart; beyond, the one used least recently goes.
/// A name server that answers each /24 differently would otherwise fill the cache with one name.
const NETWORKS_MAX: usize = 256;

/// How long nobody asks again after a failure, while there is something stale to answer with
/// (RFC 8767 §5: at least 30 s).
const RECHECK: Duration = Duration::from_secs(30);

/// What a cache does with times to live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// How many answers are kept.
    pub entries_max: usize,
    /// Seconds for which an answer is kept at least: above 0 it is used longer than its owner allows.
    pub ttl_min: u32,
    /// Seconds for which an answer is kept at most.
    pub ttl_max: u32,
    /// Seconds for which it is kept at most that there is nothing (RFC 2308 §5).
    pub negative_ttl_max: u32,
    /// How long after its end an answer may stand in where nobody gives another (RFC 8767); zero
    /// where it may not.
    pub stale_for: Duration,
    /// Seconds for which such an answer is passed on.
    pub stale_ttl: u32,
    /// Percent of the time to live before whose end an answer that is used is asked for anew; 0
    /// where it is not.
    pub prefetch_percent: u8,
}

impl Default for Rules {
    /// A resolver's: a day at most (RFC 8767 §4 has a week), an hour for what is not there (RFC 2308 §5
    /// advises one to three), nothing stale, nothing fetched ahead.
    fn default() -> Self {
        Self {
            entries_max: 100_000,
            ttl_min: 0,
            ttl_max: 86_400,
            negative_ttl_max: 3_600,
            stale_for: Duration::ZERO,
            stale_ttl: 30,
            prefetch_percent: 0,
        }
    }
}

/// Whether there is something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// There are records.
    Positive,
    /// There is no such name, or nothing of that type (RFC 2308).
    Negative,
}

/// What a cache has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found<'a, A> {
    /// An answer that holds.
    Fresh {
        /// The answer.
        answer: &'a A,
        /// Seconds for which it still holds, rounded down.
        ttl: u32,
        /// Whether it is to be asked for anew meanwhile. Said once for each answer.
        prefetch: bool,
        /// The clients for whom it is; none where it is for everybody.
        network: Option<IpNet>,
    },
    /// An answer that no longer holds, and may be used where nobody gives another.
    Stale {
        /// The answer.
        answer: &'a A,
        /// Seconds for which it may be passed on.
        ttl: u32,
        /// Whether somebody is to be asked first: not so for a while after that has failed.
        ask_first: bool,
        /// The clients for whom it is; none where it is for everybody.
        network: Option<IpNet>,
    },
    /// Nothing.
    Missing(Miss),
}

/// Why a cache has nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Miss {
    /// There never was, or it had to go.
    Absent,
    /// It no longer holds.
    Expired,
    /// There is something, for clients of other networks (RFC 7871 §7.3.1).
    OtherNetwork,
}

/// Answers by question and, where it makes a difference, by the network of the client.
#[derive(Clone, Debug)]
pub struct Cache<A> {
    rules: Rules,
    entries: BTreeMap<Question, Vec<Entry<A>>>,
    /// When each was used last.
    order: BTreeMap<u64, Question>,
    /// Counts uses.
    used: u64,
}

#[derive(Clone, Debug)]
struct Entry<A> {
    /// The clients for whom it is; none where it is for everybody.
    network: Option<IpNet>,
    answer: A,
    ttl: u32,
    stored: MonoTime,
    used: u64,
    is_prefetched: bool,
    /// When somebody is asked again, after nobody gave an answer.
    recheck: MonoTime,
}

impl<A> Cache<A> {
    /// Returns an empty cache.
    #[must_use]
    pub const fn new(rules: Rules) -> Self {
        Self { rules, entries: BTreeMap::new(), order: BTreeMap::new(), used: 0 }
    }

    /// Returns what it does with times to live.
    #[must_use]
    pub const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Returns how many answers there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Returns whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Returns for how many seconds an answer is kept that says `ttl`.
    #[must_use]
    pub fn ttl_kept(&self, kind: Kind, ttl: u32) -> u32 {
        // RFC 2181 §8: the highest bit set means that it must not be kept.
        let ttl = if TTL_MAX < ttl { 0 } else { ttl };
        let kept = ttl.max(self.rules.ttl_min).min(self.rules.ttl_max);
        match kind {
            Kind::Positive => kept,
            Kind::Negative => kept.min(self.rules.negative_ttl_max),
        }
    }

    /// Keeps an answer that holds for `ttl` seconds, for the clients of `network` alone where there
    /// is one, in the place of the one before.
    pub fn store(
        &mut self,
        now: MonoTime,
        (question, network): (Question, Option<IpNet>),
        answer: A,
        (kind, ttl): (Kind, u32),
    ) {
        let ttl = self.ttl_kept(kind, ttl);
        // RFC 7871 §7.3.1: a scope of 0 holds for everybody.
        let network = network.filter(|network| network.prefix_len() != 0).map(|net| net.trunc());
        self.used += 1;
        let (used, recheck) = (self.used, now);
        let entry =
            Entry { network, answer, ttl, stored: now, used, is_prefetched: false, recheck };
        let entries = self.entries.entry(question.clone()).or_default();
        let same = entries.iter().position(|entry| entry.network == network);
        let oldest =
            || (0..entries.len()).min_by_key(|at| entries.get(*at).map(|entry| entry.used));
        let crowded = NETWORKS_MAX <= entries.len();
        if let Some(at) = same.or_else(|| oldest().filter(|_| crowded)) {
            self.order.remove(&entries.swap_remove(at).used);
        }
        // What holds for no time at all is only ever of use to those who wait for it.
        if ttl == 0 || self.rules.entries_max == 0 {
            self.tidy(&question);
            return;
        }
        entries.push(entry);
        self.order.insert(used, question);
        while self.rules.entries_max < self.order.len() {
            self.evict();
        }
    }

    /// Returns what there is for a client of `network`.
    pub fn look_up(
        &mut self,
        now: MonoTime,
        question: &Question,
        network: Option<IpNet>,
    ) -> Found<'_, A> {
        let Some(entries) = self.entries.get_mut(question) else {
            return Found::Missing(Miss::Absent);
        };
        // RFC 7871 §7.3.1: the longest network that holds the client's.
        let matching = entries.iter_mut().filter(|entry| entry.is_for(network));
        let best = matching.max_by_key(|entry| {
            (entry.remaining(now).is_some(), entry.network.map(|network| network.prefix_len()))
        });
        let Some(entry) = best else { return Found::Missing(Miss::OtherNetwork) };
        self.used += 1;
        self.order.remove(&entry.used);
        self.order.insert(self.used, question.clone());
        entry.used = self.used;
        let Some(remaining) = entry.remaining(now) else {
            let over = entry.age(now).saturating_sub(Duration::from_secs(entry.ttl.into()));
            if self.rules.stale_for <= over {
                return Found::Missing(Miss::Expired);
            }
            let ask_first = entry.recheck <= now;
            let (answer, ttl) = (&entry.answer, self.rules.stale_ttl);
            return Found::Stale { answer, ttl, ask_first, network: entry.network };
        };
        let nears_end = remaining.as_nanos() * 100
            <= Duration::from_secs(entry.ttl.into()).as_nanos()
                * u128::from(self.rules.prefetch_percent);
        let prefetch = nears_end && !entry.is_prefetched && 0 < self.rules.prefetch_percent;
        entry.is_prefetched |= prefetch;
        // Rounded down: whoever is told must not keep it for longer than this cache may.
        let ttl = u32::try_from(remaining.as_secs()).unwrap_or(TTL_MAX);
        Found::Fresh { answer: &entry.answer, ttl, prefetch, network: entry.network }
    }

    /// Notes that nobody has given a new answer, so that what is stale is used for a while without
    /// asking.
    pub fn failed(&mut self, now: MonoTime, question: &Question, network: Option<IpNet>) {
        let entries = self.entries.get_mut(question).into_iter().flatten();
        for entry in entries.filter(|entry| entry.is_for(network)) {
            entry.recheck = now.after(RECHECK);
        }
    }

    /// Forgets everything about a name, and returns how much that was.
    pub fn forget(&mut self, name: &str) -> usize {
        let of_name = Question::new(name, 0)..=Question::new(name, u16::MAX);
        let questions: Vec<_> = self.entries.range(of_name).map(|(key, _)| key.clone()).collect();
        let entries = questions.iter().filter_map(|question| self.entries.remove(question));
        let uses: Vec<_> = entries.flatten().map(|entry| entry.used).collect();
        for used in &uses {
            self.order.remove(used);
        }
        uses.len()
    }

    fn evict(&mut self) {
        let Some((used, question)) = self.order.pop_first() else { return };
        if let Some(entries) = self.entries.get_mut(&question) {
            entries.retain(|entry| entry.used != used);
        }
        self.tidy(&question);
    }

    fn tidy(&mut self, question: &Question) {
        if self.entries.get(question).is_some_and(Vec::is_empty) {
            self.entries.remove(question);
        }
    }
}

impl<A> Entry<A> {
    fn is_for(&self, network: Option<IpNet>) -> bool {
        self.network.is_none_or(|own| network.is_some_and(|network| own.contains(&network)))
    }

    const fn age(&self, now: MonoTime) -> Duration {
        now.since(self.stored)
    }

    /// Returns for how long it still holds; none where it does not.
    fn remaining(&self, now: MonoTime) -> Option<Duration> {
        let remaining = Duration::from_secs(self.ttl.into()).checked_sub(self.age(now))?;
        (!remaining.is_zero()).then_some(remaining)
    }
}

#[cfg(test)]
mod tests;
