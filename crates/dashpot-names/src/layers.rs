//! The caches of a client, one behind the other: what the browser remembers, what is written down in
//! the hosts file, what the system remembers, what the router at home does.

use crate::{Cache, Found, Kind, Question, Rules};
use dashpot_base::MonoTime;
use std::{collections::BTreeMap, net::IpAddr, time::Duration};

/// Which cache it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Within the browser.
    Browser,
    /// The hosts file, which is asked before the system's cache.
    Hosts,
    /// Of the operating system.
    System,
    /// Of the router that the client is behind.
    Router,
}

impl Role {
    /// Returns its name, as traces and logs have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Hosts => "hosts",
            Self::System => "os",
            Self::Router => "router",
        }
    }
}

/// A cache on the client's side, and what it does with times to live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Which one it is.
    pub role: Role,
    /// Its rules.
    pub rules: Rules,
}

impl Layer {
    /// A browser that asks the system, which does not tell it the time to live: Chromium takes one
    /// minute for every name, keeps a thousand, and remembers no failure.
    #[must_use]
    pub fn chromium() -> Self {
        let rules = Rules { ttl_min: 60, ttl_max: 60, negative_ttl_max: 0, ..rules(1_000) };
        Self { role: Role::Browser, rules }
    }

    /// The same of Firefox (`network.dnsCacheExpiration`, `network.dnsCacheEntries`): one minute, 800
    /// names, failures as well.
    #[must_use]
    pub fn firefox() -> Self {
        let rules = Rules { ttl_min: 60, ttl_max: 60, negative_ttl_max: 60, ..rules(800) };
        Self { role: Role::Browser, rules }
    }

    /// systemd-resolved: as long as the answer says, two hours at most, 4096 answers.
    #[must_use]
    pub fn resolved() -> Self {
        let rules = Rules { ttl_max: 7_200, negative_ttl_max: 7_200, ..rules(4_096) };
        Self { role: Role::System, rules }
    }

    /// The DNS client of Windows (`MaxCacheTtl`, `MaxNegativeCacheTtl`): a day at most, five seconds for
    /// what is not there.
    #[must_use]
    pub fn windows() -> Self {
        Self { role: Role::System, rules: Rules { negative_ttl_max: 5, ..rules(4_096) } }
    }

    /// dnsmasq, which most routers run: as long as the answer says, 150 answers.
    #[must_use]
    pub fn dnsmasq() -> Self {
        Self { role: Role::Router, rules: rules(150) }
    }

    /// A router that keeps everything for five minutes at least: the kind that answers with a server
    /// that is gone.
    #[must_use]
    pub fn stretching() -> Self {
        Self { role: Role::Router, rules: Rules { ttl_min: 300, ..rules(150) } }
    }
}

fn rules(entries_max: usize) -> Rules {
    Rules { entries_max, stale_for: Duration::ZERO, ..Rules::default() }
}

/// What is known of a name: its addresses; none where there are none.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Answer {
    /// The addresses, in the order in which they were answered.
    pub addresses: Vec<IpAddr>,
    /// Seconds for which they hold.
    pub ttl: u32,
}

/// A hosts file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hosts(BTreeMap<String, Vec<IpAddr>>);

impl Hosts {
    /// Returns what a hosts file says (hosts(5)): an address and names on each line. Lines that do not
    /// read are passed over, as systems do.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut hosts = Self::default();
        for line in text.lines() {
            let line = line.split('#').next().unwrap_or_default();
            let mut words = line.split_whitespace();
            let Some(address) = words.next().and_then(|word| word.parse::<IpAddr>().ok()) else {
                continue;
            };
            for name in words {
                hosts.insert(name, address);
            }
        }
        hosts
    }

    /// Adds an address of a name.
    pub fn insert(&mut self, name: &str, address: IpAddr) {
        let question = Question::new(name, 0);
        self.0.entry(question.name().to_owned()).or_default().push(address);
    }

    fn look_up(&self, question: &Question) -> Option<Vec<IpAddr>> {
        let addresses = self.0.get(question.name())?.iter();
        let wanted = addresses.filter(|address| kind_of(address) == question.kind());
        let wanted: Vec<_> = wanted.copied().collect();
        (!wanted.is_empty()).then_some(wanted)
    }
}

const fn kind_of(address: &IpAddr) -> u16 {
    match address {
        IpAddr::V4(_) => 1,
        IpAddr::V6(_) => 28,
    }
}

/// What one of the caches had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Which one it is.
    pub role: Role,
    /// Seconds for which it still holds, where there was something.
    pub hit: Option<u32>,
}

/// What a client's caches say, one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Walk {
    /// The caches that were asked, the last of which has answered where there is an answer.
    pub seen: Vec<Seen>,
    /// The answer; none where the resolver has to be asked.
    pub answer: Option<Answer>,
}

/// The caches of a client.
#[derive(Clone, Debug)]
pub struct Layers {
    hosts: Hosts,
    /// From the one next to the user to the one next to the resolver.
    caches: Vec<(Role, Cache<Answer>)>,
}

impl Layers {
    /// Returns a client with a hosts file and these caches, the first of which is asked first.
    #[must_use]
    pub fn new(hosts: Hosts, layers: Vec<Layer>) -> Self {
        let caches = layers.into_iter().map(|layer| (layer.role, Cache::new(layer.rules)));
        Self { hosts, caches: caches.collect() }
    }

    /// Returns a client as most are: Chromium on systemd-resolved behind dnsmasq, with `hosts`.
    #[must_use]
    pub fn usual(hosts: Hosts) -> Self {
        Self::new(hosts, vec![Layer::chromium(), Layer::resolved(), Layer::dnsmasq()])
    }

    /// Asks one cache after the other, and tells those before the one that answers.
    pub fn look_up(&mut self, now: MonoTime, question: &Question) -> Walk {
        let mut walk = Walk::default();
        let mut hosts_asked = false;
        let mut answered = None;
        for (index, (role, cache)) in self.caches.iter_mut().enumerate() {
            if *role != Role::Browser && !hosts_asked {
                hosts_asked = true;
                let found = self.hosts.look_up(question);
                let hit = found.as_ref().map(|_| 0);
                walk.seen.push(Seen { role: Role::Hosts, hit });
                if let Some(addresses) = found {
                    answered = Some((index, Answer { addresses, ttl: 0 }));
                    break;
                }
            }
            let found = match cache.look_up(now, question, None) {
                Found::Fresh { answer, ttl, .. } => Some(Answer { ttl, ..answer.clone() }),
                Found::Stale { .. } | Found::Missing(_) => None,
            };
            walk.seen.push(Seen { role: *role, hit: found.as_ref().map(|answer| answer.ttl) });
            if let Some(answer) = found {
                answered = Some((index, answer));
                break;
            }
        }
        if let Some((index, answer)) = answered {
            self.tell(now, question, &answer, index);
            walk.answer = Some(answer);
        }
        walk
    }

    /// Tells every cache what the resolver has answered.
    pub fn store(&mut self, now: MonoTime, question: &Question, answer: &Answer) {
        self.tell(now, question, answer, self.caches.len());
    }

    /// Tells the first `count` caches, beginning with the one farthest away: each learns the time to
    /// live that the one behind it has made of it.
    fn tell(&mut self, now: MonoTime, question: &Question, answer: &Answer, count: usize) {
        let kind = if answer.addresses.is_empty() { Kind::Negative } else { Kind::Positive };
        let mut ttl = answer.ttl;
        for (_, cache) in self.caches.iter_mut().take(count).rev() {
            let told = Answer { ttl, addresses: answer.addresses.clone() };
            cache.store(now, (question.clone(), None), told, (kind, ttl));
            ttl = match cache.ttl_kept(kind, ttl) {
                // Not kept is passed on as it came.
                0 => ttl,
                kept => kept,
            };
        }
    }

    /// Forgets a name everywhere but in the hosts file, as `ipconfig /flushdns` and a new browser do.
    pub fn forget(&mut self, name: &str) {
        for (_, cache) in &mut self.caches {
            cache.forget(name);
        }
    }
}

#[cfg(test)]
mod tests;
