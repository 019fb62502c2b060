//! What an operator has declared obsolete.
//!
//! Nothing is searched for when a purge is made. Each purge has an epoch, each stored response
//! carries the epoch in which its fetch began, and a look-up asks whether a purge that came after
//! concerns it: what is being fetched while a purge is made is then as obsolete as what is stored.

use std::{
    collections::BTreeMap,
    ops::Bound::{self, Excluded, Included, Unbounded},
};

use dashpot_base::WallTime;

use crate::Tags;

/// Rules that are kept one by one. A busy content system purges some thousands of URLs a day; each
/// takes its text and two map entries.
pub const RULES_MAX: usize = 10_000;

/// Which stored responses are meant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// All of them.
    All,
    /// Those under this primary key, all variants and parts.
    Url(String),
    /// Those whose primary key begins with this.
    Prefix(String),
    /// Those with this tag.
    Tag(String),
}

impl Scope {
    /// Returns whether a response with `tags` under the primary `key` is meant.
    #[must_use]
    pub fn includes(&self, key: &str, tags: &Tags) -> bool {
        match self {
            Self::All => true,
            Self::Url(url) => url == key,
            Self::Prefix(prefix) => key.starts_with(prefix.as_str()),
            Self::Tag(tag) => tags.has_more() || tags.iter().any(|one| one == tag),
        }
    }
}

/// What becomes of what is purged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It is gone.
    Hard,
    /// It is stale from the purge on: to be validated, and good for what stale responses are.
    Soft,
}

/// One purge, as it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purge {
    /// Which responses are meant.
    pub scope: Scope,
    /// What becomes of them.
    pub mode: Mode,
    /// When it was made.
    pub at: WallTime,
}

/// Whether a response has been purged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purged {
    /// It has not.
    No,
    /// It has been stale since then.
    Soft(WallTime),
    /// It is gone.
    Hard,
}

/// All purges that have been made.
///
/// At most [`RULES_MAX`] rules are kept as they were made. The oldest ones beyond collapse into
/// one that says less but means more: what was stored before them and has not been looked at since
/// is purged, whatever it is. No purge is ever forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Purges {
    /// The epoch of the latest purge.
    epoch: u64,
    all: Marks,
    urls: BTreeMap<String, Marks>,
    prefixes: BTreeMap<String, Marks>,
    tags: BTreeMap<String, Marks>,
    /// The rules by the epoch in which each was made last.
    order: BTreeMap<u64, Scope>,
}

/// The epochs of the latest purges that one rule stands for; zero is before all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Marks {
    hard: u64,
    soft: u64,
    soft_at: WallTime,
    hard_at: WallTime,
}

impl Default for Marks {
    fn default() -> Self {
        let never = WallTime::from_unix_seconds(0);
        Self { hard: 0, soft: 0, soft_at: never, hard_at: never }
    }
}

impl Marks {
    fn newest(&self) -> u64 {
        self.hard.max(self.soft)
    }

    fn join(&mut self, other: &Self) {
        if self.hard < other.hard {
            (self.hard, self.hard_at) = (other.hard, other.hard_at);
        }
        if self.soft < other.soft {
            (self.soft, self.soft_at) = (other.soft, other.soft_at);
        }
    }

    fn of(epoch: u64, mode: Mode, at: WallTime) -> Self {
        match mode {
            Mode::Hard => Self { hard: epoch, hard_at: at, ..Self::default() },
            Mode::Soft => Self { soft: epoch, soft_at: at, ..Self::default() },
        }
    }
}

impl Purges {
    /// Returns the epoch of the latest purge; zero where there has been none.
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Returns how many rules are kept one by one.
    #[must_use]
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Returns whether no rule is kept one by one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Makes a purge and returns its epoch.
    pub fn add(&mut self, purge: Purge) -> u64 {
        self.restore(self.epoch + 1, purge);
        self.epoch
    }

    /// Makes a purge again that was made in `epoch`, before a restart.
    pub fn restore(&mut self, epoch: u64, purge: Purge) {
        let Purge { scope, mode, at } = purge;
        self.epoch = self.epoch.max(epoch);
        let marks = Marks::of(epoch, mode, at);
        let Some(rule) = self.rule(&scope) else {
            self.all.join(&marks);
            return self.forget_what_all_implies();
        };
        let before = rule.newest();
        rule.join(&marks);
        let after = rule.newest();
        self.order.remove(&before);
        self.order.insert(after, scope);
        while RULES_MAX < self.order.len() {
            let Some((_, oldest)) = self.order.pop_first() else { break };
            let marks = self.remove(&oldest).unwrap_or_default();
            self.all.join(&marks);
        }
    }

    /// Returns the marks of `scope`, which are made where there are none; `None` for all.
    fn rule(&mut self, scope: &Scope) -> Option<&mut Marks> {
        Some(match scope {
            Scope::All => return None,
            Scope::Url(url) => self.urls.entry(url.clone()).or_default(),
            Scope::Prefix(prefix) => self.prefixes.entry(prefix.clone()).or_default(),
            Scope::Tag(tag) => self.tags.entry(tag.clone()).or_default(),
        })
    }

    fn remove(&mut self, scope: &Scope) -> Option<Marks> {
        match scope {
            Scope::All => None,
            Scope::Url(url) => self.urls.remove(url),
            Scope::Prefix(prefix) => self.prefixes.remove(prefix),
            Scope::Tag(tag) => self.tags.remove(tag),
        }
    }

    fn forget_what_all_implies(&mut self) {
        let later = self.order.split_off(&(self.all.hard + 1));
        for scope in std::mem::replace(&mut self.order, later).into_values() {
            self.remove(&scope);
        }
    }

    /// Returns whether a response with `tags` under the primary `key` has been purged since its
    /// fetch began in the epoch `since`.
    ///
    /// Takes nothing where there has been no purge since; else a look-up for the key and for each
    /// tag, and one for each purged prefix that it shares a beginning with.
    #[must_use]
    pub fn check(&self, key: &str, tags: &Tags, since: u64) -> Purged {
        if since == self.epoch {
            return Purged::No;
        }
        // A response from the future: the purges that were made have been lost with their log.
        if self.epoch < since {
            return Purged::Hard;
        }
        let mut found = Found { since, hard: false, soft: None };
        found.add(&self.all);
        self.urls.get(key).into_iter().for_each(|marks| found.add(marks));
        self.each_prefix(key, |marks| found.add(marks));
        for tag in tags.iter() {
            self.tags.get(tag).into_iter().for_each(|marks| found.add(marks));
        }
        if tags.has_more() {
            self.tags.values().for_each(|marks| found.add(marks));
        }
        match found {
            Found { hard: true, .. } => Purged::Hard,
            Found { soft: Some(at), .. } => Purged::Soft(at),
            Found { hard: false, soft: None, .. } => Purged::No,
        }
    }

    /// Calls `visit` with each rule whose prefix `key` begins with.
    fn each_prefix(&self, key: &str, mut visit: impl FnMut(&Marks)) {
        let mut until: Bound<&str> = Included(key);
        while let Some((prefix, marks)) =
            self.prefixes.range::<str, _>((Unbounded, until)).next_back()
        {
            // All prefixes of the key that are below this one share the same beginning with it.
            let common = std::iter::zip(prefix.bytes(), key.bytes()).take_while(|(a, b)| a == b);
            let common = common.count();
            if common == prefix.len() {
                visit(marks);
                until = Excluded(prefix);
            } else {
                until = Included(&key[..key.floor_char_boundary(common)]);
            }
        }
    }

    /// Returns purges that amount to these, with their epochs, to write them anew.
    pub fn records(&self) -> impl Iterator<Item = (u64, Purge)> {
        let rules = self.order.values().cloned().filter_map(|scope| {
            let marks = match &scope {
                Scope::All => None,
                Scope::Url(url) => self.urls.get(url),
                Scope::Prefix(prefix) => self.prefixes.get(prefix),
                Scope::Tag(tag) => self.tags.get(tag),
            };
            marks.map(|marks| (scope, *marks))
        });
        std::iter::once((Scope::All, self.all)).chain(rules).flat_map(|(scope, marks)| {
            let hard = (marks.hard, Mode::Hard, marks.hard_at);
            let soft = (marks.soft, Mode::Soft, marks.soft_at);
            [hard, soft]
                .into_iter()
                .filter(|(epoch, ..)| *epoch != 0)
                .map(move |(epoch, mode, at)| (epoch, Purge { scope: scope.clone(), mode, at }))
        })
    }
}

/// What concerns one response.
struct Found {
    since: u64,
    hard: bool,
    /// The first of the soft purges.
    soft: Option<WallTime>,
}

impl Found {
    fn add(&mut self, marks: &Marks) {
        self.hard |= self.since < marks.hard;
        if self.since < marks.soft {
            let at = marks.soft_at;
            self.soft = Some(self.soft.map_or(at, |before| before.min(at)));
        }
    }
}

#[cfg(test)]
mod tests;
