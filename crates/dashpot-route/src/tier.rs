//! Balancers of packets behind a router, and what becomes of connections when something changes.
//!
//! A router spreads flows over balancers by hash alone (ECMP, RFC 2992), and each balancer finds a
//! server by a Maglev table. What a change then breaks depends on what balancers remember (Maglev
//! §3.2): nothing, their own flows, or those of all. A connection whose packets come to another
//! server than the one that it began with is broken: that server resets it.
//!
//! ```
//! use dashpot_base::MonoTime;
//! use dashpot_route::flows::Flow;
//! use dashpot_route::tier::{Memory, Tier};
//!
//! let mut tier = Tier::new(Memory::Own, 2, &["edge-1", "edge-2"]);
//! let flow = Flow {
//!     source: "198.51.100.7:50123".parse().expect("an address"),
//!     destination: "203.0.113.1:443".parse().expect("an address"),
//! };
//! let home = tier.packet(MonoTime::ZERO, &flow).map(str::to_owned);
//! tier.set_servers(&["edge-1", "edge-2", "edge-3"]);
//! assert_eq!(tier.packet(MonoTime::ZERO, &flow).map(str::to_owned), home);
//! ```

use crate::{
    Maglev, Node,
    flows::{Flow, Flows, Settings},
    hash::{hash, mix, place},
};
use dashpot_base::MonoTime;
use serde::{Deserialize, Serialize};

/// What balancers remember of flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Memory {
    /// Nothing: each packet goes where its hash says. Stateless.
    Nothing,
    /// The flows that they have seen themselves. Stateful.
    Own,
    /// The flows that any of them has seen. Stateful, and shared.
    Shared,
}

/// Balancers behind a router.
#[derive(Clone, Debug)]
pub struct Tier {
    memory: Memory,
    servers: Vec<String>,
    maglev: Maglev,
    /// How many balancers there are.
    balancers: usize,
    /// What each remembers, by the hashes of servers' names; one table where it is shared.
    tables: Vec<Flows<u64>>,
}

/// Makes the router's hash another one than the balancers': with one hash for both, each balancer
/// would see the flows of some servers alone.
const ROUTER: u64 = 0x6563_6d70;

impl Tier {
    /// Returns so many balancers, at least one, in front of `servers`.
    #[must_use]
    pub fn new(memory: Memory, balancers: usize, servers: &[&str]) -> Self {
        let mut tier = Self {
            memory,
            servers: Vec::new(),
            maglev: Maglev::new(&[], Maglev::SIZE),
            balancers: 0,
            tables: Vec::new(),
        };
        tier.set_servers(servers);
        tier.set_balancers(balancers);
        tier
    }

    /// Makes the list of servers another one, for all balancers at once.
    pub fn set_servers(&mut self, servers: &[&str]) {
        let nodes: Vec<_> = servers.iter().map(|id| Node::new(id, 1)).collect();
        self.servers = servers.iter().map(|id| (*id).to_owned()).collect();
        self.maglev = Maglev::new(&nodes, Maglev::SIZE);
    }

    /// Makes it so many balancers, at least one. What those that go remember is lost, unless it is
    /// shared; the router hashes over those that are left, which moves most flows.
    pub fn set_balancers(&mut self, balancers: usize) {
        self.balancers = balancers.max(1);
        let tables = match self.memory {
            Memory::Nothing => 0,
            Memory::Own => self.balancers,
            Memory::Shared => 1,
        };
        self.tables.resize_with(tables, || Flows::new(Settings::default()));
    }

    /// Returns the balancer that the router gives a flow's packets to.
    #[must_use]
    pub fn balancer(&self, flow: &Flow) -> usize {
        place(mix(flow_hash(flow), ROUTER), self.balancers)
    }

    /// Returns the server that a packet of a flow comes to; `None` where there is none.
    pub fn packet(&mut self, now: MonoTime, flow: &Flow) -> Option<&str> {
        let balancer = self.balancer(flow);
        let at = if self.memory == Memory::Shared { 0 } else { balancer };
        let mut table = self.tables.get_mut(at);
        let known = table.as_mut().and_then(|table| table.touch(now, flow)).copied();
        let is_known = |server: &String| known == Some(hash(server.as_bytes()));
        let index = match self.servers.iter().position(is_known) {
            Some(index) => index,
            None => {
                let index = self.maglev.find(flow_hash(flow), |_| true)?;
                let server = hash(self.servers[index].as_bytes());
                if let Some(table) = table {
                    table.insert(now, *flow, server);
                }
                index
            }
        };
        self.servers.get(index).map(String::as_str)
    }
}

fn flow_hash(flow: &Flow) -> u64 {
    hash(flow.to_string().as_bytes())
}

#[cfg(test)]
mod tests;
