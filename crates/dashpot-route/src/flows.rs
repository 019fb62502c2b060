//! A table of flows: what has been decided for each, kept until the flow has rested for a while.
//!
//! A balancer that looks there first is stateful: a change of servers moves no flow that it knows
//! (Maglev §3.1, "connection tracking"). The table is bounded, and a newcomer that finds it full
//! takes the place of the flow that has rested longest, as in Katran's LRU.
//!
//! ```
//! use dashpot_base::MonoTime;
//! use dashpot_route::flows::{Flow, Flows, Settings};
//!
//! let flow = Flow {
//!     source: "198.51.100.7:50123".parse().expect("an address"),
//!     destination: "203.0.113.1:443".parse().expect("an address"),
//! };
//! let mut flows = Flows::new(Settings::default());
//! let now = MonoTime::ZERO;
//! flows.insert(now, flow, "edge-2");
//! assert_eq!(flows.touch(now, &flow), Some(&mut "edge-2"));
//! let later = now.after(Settings::default().idle);
//! assert_eq!(flows.expire(later), Some((flow, "edge-2")));
//! ```

use dashpot_base::MonoTime;
use std::{collections::BTreeMap, fmt, net::SocketAddr, time::Duration};

/// Both ends of what a client sends; with the protocol, which the table is for, the 4-tuple.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Flow {
    /// The client's.
    pub source: SocketAddr,
    /// The balancer's, as the client knows it.
    pub destination: SocketAddr,
}

impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}>{}", self.source, self.destination)
    }
}

/// How many flows are kept, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Flows that the table may hold; at least one.
    pub max: usize,
    /// How long a flow may rest before it is forgotten.
    pub idle: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            // Ten megabytes or so of table.
            max: 65_536,
            // RFC 4787 §4.3, REQ-5: two minutes at least, five by default: QUIC's peers rest less.
            idle: Duration::from_secs(300),
        }
    }
}

/// A table of flows, each with a value.
#[derive(Clone, Debug)]
pub struct Flows<T> {
    settings: Settings,
    /// Where each flow's entry is.
    places: BTreeMap<Flow, usize>,
    entries: Vec<Entry<T>>,
    /// Entries that are free.
    free: Vec<usize>,
    /// The flow that has rested longest, and the one seen last.
    oldest: Option<usize>,
    newest: Option<usize>,
}

#[derive(Clone, Debug)]
struct Entry<T> {
    flow: Flow,
    /// Present as long as the entry is not free.
    value: Option<T>,
    seen: MonoTime,
    older: Option<usize>,
    newer: Option<usize>,
}

impl<T> Flows<T> {
    /// Returns an empty table.
    #[must_use]
    pub const fn new(settings: Settings) -> Self {
        Self {
            settings,
            places: BTreeMap::new(),
            entries: Vec::new(),
            free: Vec::new(),
            oldest: None,
            newest: None,
        }
    }

    /// Returns how many flows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Returns whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Returns what is kept for a flow, which has been seen again; a flow that has rested for too
    /// long is not known any more.
    pub fn touch(&mut self, now: MonoTime, flow: &Flow) -> Option<&mut T> {
        let place = *self.places.get(flow)?;
        if self.settings.idle <= now.since(self.entries[place].seen) {
            return None;
        }
        self.unlink(place);
        self.link_newest(now, place);
        self.entries[place].value.as_mut()
    }

    /// Returns what is kept for a flow, without its being seen.
    #[must_use]
    pub fn peek(&self, flow: &Flow) -> Option<&T> {
        self.entries[*self.places.get(flow)?].value.as_ref()
    }

    /// Keeps a value for a flow, and returns the flow and value that had to go for it: its own
    /// before, or those of the flow that has rested longest.
    pub fn insert(&mut self, now: MonoTime, flow: Flow, value: T) -> Option<(Flow, T)> {
        let gone = match self.remove(&flow) {
            Some(before) => Some((flow, before)),
            None if self.settings.max.max(1) <= self.len() => self.pop_oldest(),
            None => None,
        };
        let entry = Entry { flow, value: Some(value), seen: now, older: None, newer: None };
        let place = match self.free.pop() {
            Some(place) => {
                self.entries[place] = entry;
                place
            }
            None => {
                self.entries.push(entry);
                self.entries.len() - 1
            }
        };
        self.places.insert(flow, place);
        self.link_newest(now, place);
        gone
    }

    /// Forgets a flow, and returns what was kept for it.
    pub fn remove(&mut self, flow: &Flow) -> Option<T> {
        let place = self.places.remove(flow)?;
        self.unlink(place);
        self.free.push(place);
        self.entries[place].value.take()
    }

    /// Forgets one flow that has rested for too long, and returns it with what was kept for it.
    pub fn expire(&mut self, now: MonoTime) -> Option<(Flow, T)> {
        if now < self.expires_at()? {
            return None;
        }
        self.pop_oldest()
    }

    /// Returns when the next flow will have rested for too long.
    #[must_use]
    pub fn expires_at(&self) -> Option<MonoTime> {
        Some(self.entries[self.oldest?].seen.after(self.settings.idle))
    }

    /// Forgets the flows whose value is not to be kept, and returns how many those are.
    pub fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) -> usize {
        let mut is_gone =
            |place: &usize| self.entries[*place].value.as_ref().is_none_or(|it| !keep(it));
        let gone: Vec<_> =
            self.places.iter().filter(|(_, place)| is_gone(place)).map(|(flow, _)| *flow).collect();
        for flow in &gone {
            drop(self.remove(flow));
        }
        gone.len()
    }

    fn pop_oldest(&mut self) -> Option<(Flow, T)> {
        let flow = self.entries[self.oldest?].flow;
        Some((flow, self.remove(&flow)?))
    }

    fn unlink(&mut self, place: usize) {
        let Entry { older, newer, .. } = self.entries[place];
        match older {
            Some(older) => self.entries[older].newer = newer,
            None => self.oldest = newer,
        }
        match newer {
            Some(newer) => self.entries[newer].older = older,
            None => self.newest = older,
        }
    }

    fn link_newest(&mut self, now: MonoTime, place: usize) {
        let older = self.newest.replace(place);
        match older {
            Some(older) => self.entries[older].newer = Some(place),
            None => self.oldest = Some(place),
        }
        let entry = &mut self.entries[place];
        (entry.older, entry.newer, entry.seen) = (older, None, now);
    }
}

#[cfg(test)]
mod tests;
