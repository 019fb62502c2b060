//! The rules that hash: one key, one server, as long as that server is well.
//!
//! They differ in the table (see [`Ring`], [`Maglev`], [`Rendezvous`]) and in the key. Any of them
//! may bound the load: no server has more than c times its share of the requests in flight, and what
//! is beyond goes where the table sends it next (Mirrokni, Thorup and Zadimoghaddam, "Consistent
//! Hashing with Bounded Loads", SODA 2018; HAProxy's `hash-balance-factor`). Which is also affinity
//! without any state: whoever has the same list of servers sends a client to the same one.
//!
//! The tables are of all servers, whether they are well or not, and slow start does not touch them.

use super::Entry;
use crate::{Key, Maglev, NODES_MAX, Node, Params, Reason, Rendezvous, Ring, Rule, Server, View};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        name: "ip-hash",
        about: "the client's network on a Maglev table (nginx ip_hash, which takes /24 as well)",
        make: |params| Hashed::make(params, "ip-hash", Kind::Maglev, Key::Network),
    },
    Entry {
        name: "url-hash",
        about: "the URL on a Maglev table: each object has one home (HAProxy balance uri)",
        make: |params| Hashed::make(params, "url-hash", Kind::Maglev, Key::Url),
    },
    Entry {
        name: "ring",
        about: "a ring of points (Karger et al. 1997, Ketama, nginx hash consistent)",
        make: |params| Hashed::make(params, "ring", Kind::Ring, Key::Path),
    },
    Entry {
        name: "maglev",
        about: "a table of slots (Eisenbud et al. 2016, Katran, Envoy)",
        make: |params| Hashed::make(params, "maglev", Kind::Maglev, Key::Path),
    },
    Entry {
        name: "rendezvous",
        about: "the highest draw of all servers (Thaler and Ravishankar 1998, Traefik hrw)",
        make: |params| Hashed::make(params, "rendezvous", Kind::Rendezvous, Key::Path),
    },
    Entry {
        name: "bounded",
        about: "Maglev, and none above its bound (Mirrokni et al. 2018, HAProxy hash-balance-factor)",
        make: |params| Hashed::make(params, "bounded", Kind::Maglev, Key::Path),
    },
];

/// The bound of `bounded`: a fifth of the requests leave their home at worst under a skew of Zipf's,
/// and no server has more than a quarter above the mean (HAProxy advises 1.25 to 2).
const BOUND: f64 = 1.25;
/// The greatest bound: beyond it none is met.
const BOUND_MAX: f64 = 100.0;

#[derive(Clone, Copy, Debug)]
enum Kind {
    Ring,
    Maglev,
    Rendezvous,
}

#[derive(Clone, Debug)]
enum Table {
    Ring(Ring),
    Maglev(Maglev),
    Rendezvous(Rendezvous),
}

#[derive(Clone, Debug)]
struct Hashed {
    name: &'static str,
    key: Key,
    kind: Kind,
    /// Points of a ring for each unit of weight, or slots of a Maglev table.
    size: usize,
    bound: Option<f64>,
    table: Table,
}

impl Hashed {
    fn make(params: &mut Params<'_>, name: &'static str, kind: Kind, key: Key) -> Box<dyn Rule> {
        let size = match kind {
            Kind::Ring => params.count("points", Ring::POINTS, 1..=10_000),
            Kind::Maglev => params.count("size", Maglev::SIZE, 251..=Maglev::SIZE_MAX),
            Kind::Rendezvous => 0,
        };
        let bound = if name == "bounded" {
            Some(params.number("bound", BOUND, 1.0..=BOUND_MAX))
        } else {
            let wanted = || format!("none, or a number from 1 to {BOUND_MAX}");
            let read = |text: &str| match text.parse::<f64>() {
                Ok(bound) if (1.0..=BOUND_MAX).contains(&bound) => Some(Some(bound)),
                Ok(_) => None,
                Err(_) => (text == "none").then_some(None),
            };
            params.read_one("bound", (None, "none".to_owned()), read, wanted)
        };
        let key = params.choice("key", &keys(key));
        let table = Table::new(kind, size, &[]);
        Box::new(Self { name, key, kind, size, bound, table })
    }
}

/// Returns the keys by name, the usual one of a rule first.
fn keys(first: Key) -> Vec<(&'static str, Key)> {
    let mut keys = vec![
        ("client", Key::Client),
        ("network", Key::Network),
        ("url", Key::Url),
        ("path", Key::Path),
        ("directory", Key::Directory),
        ("given", Key::Given),
    ];
    keys.sort_by_key(|(_, key)| *key != first);
    keys
}

impl Table {
    fn new(kind: Kind, size: usize, nodes: &[Node]) -> Self {
        match kind {
            Kind::Ring => Self::Ring(Ring::new(nodes, size)),
            Kind::Maglev => Self::Maglev(Maglev::new(nodes, size)),
            Kind::Rendezvous => Self::Rendezvous(Rendezvous::new(nodes)),
        }
    }

    fn find(&self, hash: u64, accept: impl FnMut(usize) -> bool) -> Option<usize> {
        match self {
            Self::Ring(ring) => ring.find(hash, accept),
            Self::Maglev(maglev) => maglev.find(hash, accept),
            Self::Rendezvous(rendezvous) => rendezvous.find(hash, accept),
        }
    }
}

impl Rule for Hashed {
    fn name(&self) -> &'static str {
        self.name
    }

    fn arrange(&mut self, servers: &[Server]) {
        let node = |server: &Server| Node { hash: server.hash, weight: server.weight };
        let nodes: Vec<_> = servers.iter().take(NODES_MAX).map(node).collect();
        self.table = Table::new(self.kind, self.size, &nodes);
    }

    fn pick(&mut self, view: &mut View<'_>) -> Option<usize> {
        let hash = self.key.hash(view.request);
        if let Table::Maglev(maglev) = &self.table {
            view.fell_into((maglev.size() != 0).then(|| maglev.slot(hash)));
        }
        let Some(bound) = self.bound else {
            return self.table.find(hash, |index| view.may(index));
        };
        let within = self.table.find(hash, |index| {
            let may = view.may(index);
            if may && !has_room(&view.servers[index], bound, view.total) {
                view.refuse(index, Reason::OverBound);
                return false;
            }
            may
        });
        // Those that this request has tried may be the only ones with room.
        within.or_else(|| self.table.find(hash, |index| view.may(index)))
    }

    fn key(&self) -> Option<Key> {
        Some(self.key)
    }
}

/// Returns whether a server has fewer requests than `bound` times its share of all of them, the one
/// to be placed among them, rounded up. Some server always has.
#[expect(clippy::cast_precision_loss, reason = "counts of requests are far below 2^53")]
fn has_room(server: &Server, bound: f64, total: crate::rule::Total) -> bool {
    let share = f64::from(server.weight) / total.weight as f64;
    f64::from(server.in_flight) < (bound * (total.in_flight + 1) as f64 * share).ceil()
}
