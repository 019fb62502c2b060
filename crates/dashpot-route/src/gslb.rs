//! Global server load balancing: which sites a name server names to whom.
//!
//! A site is a point of presence, a region or an edge, with one name and its addresses. The choice is a function
//! of what is known of the sites, of the client's network and of the policy: it keeps nothing, so
//! that every name server of a zone answers alike.
//!
//! ```
//! use dashpot_base::{Rng, Seed};
//! use dashpot_route::gslb::{Client, Gslb, Network, Place, Site, policy};
//! use dashpot_route::health::State;
//!
//! let mut gslb = Gslb::new(policy::parse("nearest:max-load=0.8").unwrap());
//! for (id, latitude, longitude, load) in
//!     [("seoul", 37.6, 127.0, 0.4), ("busan", 35.2, 129.1, 0.1), ("tokyo", 35.7, 139.7, 0.2)]
//! {
//!     let place = Place::new(latitude, longitude);
//!     gslb.sites.push(Site { place, load, state: State::Up, ..Site::new(id) });
//! }
//! gslb.sites[1].state = State::Down;
//! let here = Network { place: Place::new(36.3, 127.4), ..Network::default() };
//! gslb.networks.insert("10.1.0.0/16".parse().unwrap(), here);
//!
//! let client = Client { address: "10.1.2.0".parse().unwrap(), bits: 24 };
//! let reply = gslb.reply(client, &mut Rng::new(Seed(1)));
//! assert_eq!((reply.sites(), reply.scope), (&[0][..], 16));
//! ```

mod ask;
mod cidr;
mod place;
pub mod policy;

pub use cidr::{CidrMap, Found, NETWORKS_MAX};
pub use place::Place;
pub use policy::{ANSWERS_MAX, AllDown, Policy};

use crate::{Choice, Failure, Mode, health::State};
use ask::Ask;
use dashpot_base::{MonoTime, Rng};
use policy::{Draw, Kind, Order, Pick};
use std::{net::IpAddr, time::Duration};

/// A site and what is known of it; whoever probes it keeps it true.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// Its name.
    pub id: String,
    /// Its share of the clients, next to the weights of the others; with 0 it gets none.
    pub weight: u32,
    /// Where it is.
    pub place: Option<Place>,
    /// Whether it is up; not before it was probed.
    pub state: State,
    /// Since when.
    pub since: MonoTime,
    /// What took it down.
    pub why: Option<Failure>,
    /// How loaded it says it is: 1 is as much as it can carry.
    pub load: f64,
    /// Whether an operator has taken it out.
    pub is_drained: bool,
}

impl Site {
    /// Returns a site of which nothing is known but its name.
    #[must_use]
    pub fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            weight: 1,
            place: None,
            state: State::Unknown,
            since: MonoTime::ZERO,
            why: None,
            load: 0.0,
            is_drained: false,
        }
    }
}

/// What is known of a network of clients.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Network {
    /// Where it is.
    pub place: Option<Place>,
    /// The indices of the sites that its clients are to go to, the best first.
    pub sites: Vec<usize>,
    /// The time to each site and back, in seconds, by its index, as far as it was measured.
    pub latency_s: Vec<Option<f64>>,
}

/// A client, as far as a query tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its address, from EDNS Client Subnet (RFC 7871) or else its resolver's.
    pub address: IpAddr,
    /// How many bits of the address are known: SOURCE PREFIX-LENGTH, or all of them.
    pub bits: u8,
}

/// A reply to a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Whether sites are named at all.
    pub verdict: Verdict,
    /// What they were taken from. Unprobed sites are named only where nothing is known of any: who
    /// can wait for the first probe does.
    pub mode: Mode,
    /// For how many bits of the client's address the answer holds (RFC 7871 §7.2.1).
    pub scope: u8,
    chosen: [usize; ANSWERS_MAX],
    count: usize,
}

/// What kind of reply it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The sites are named.
    Sites,
    /// REFUSED.
    Refuse,
    /// No error and no data.
    NoData,
}

impl Reply {
    /// Returns the indices of the sites that are named, the best first.
    #[must_use]
    pub fn sites(&self) -> &[usize] {
        &self.chosen[..self.count]
    }
}

/// Sites, networks of clients, and the policy that sends these to those.
#[derive(Clone, Debug)]
pub struct Gslb {
    /// How sites are chosen.
    pub policy: Policy,
    /// The sites, in the order of the configuration.
    pub sites: Vec<Site>,
    /// What is known of clients.
    pub networks: CidrMap<Network>,
}

/// How much a measurement counts next to all before it: the last three are half of the estimate.
const MEASURED_SHARE: f64 = 0.2;

impl Gslb {
    /// Returns a balancer without sites.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        Self { policy, sites: Vec::new(), networks: CidrMap::default() }
    }

    /// Takes note of a measured round trip between a client and a site. It counts for the client's
    /// network; a client of none is not measured.
    pub fn measured(&mut self, client: IpAddr, site: usize, round_trip: Duration) {
        if self.sites.len() <= site {
            return;
        }
        let Some(network) = self.networks.find_mut(client) else { return };
        let count = self.sites.len().max(network.latency_s.len());
        network.latency_s.resize(count, None);
        let (held, here) = (&mut network.latency_s[site], round_trip.as_secs_f64());
        *held = Some(held.map_or(here, |mean| mean + (here - mean) * MEASURED_SHARE));
    }

    /// Returns the reply to a client's query.
    pub fn reply(&self, client: Client, rng: &mut Rng) -> Reply {
        Ask::new(self, client, rng).reply()
    }

    /// Returns the reply to a client's query, and how it came about.
    pub fn explain(&self, client: Client, rng: &mut Rng) -> (Reply, Choice) {
        let ask = Ask::new(self, client, rng);
        let reply = ask.reply();
        (reply, ask.told(&reply, client))
    }
}

#[cfg(test)]
mod tests;
