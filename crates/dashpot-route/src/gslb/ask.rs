//! One query: who is a candidate, how good it is, and the best of them.

use super::{
    ANSWERS_MAX, AllDown, Client, Draw, Gslb, Kind, Network, Order, Pick, Reply, Site, Verdict,
};
use crate::{
    By, Candidate, Choice, Mode, Reason,
    hash::{hash, mix, place, unit},
    health::State,
};
use dashpot_base::{MonoTime, Rng};
use std::net::IpAddr;

/// A query and what has been found out for it.
pub(super) struct Ask<'a> {
    gslb: &'a Gslb,
    network: Option<&'a Network>,
    scope: u8,
    /// What is drawn with.
    nonce: u64,
    mode: Mode,
    /// Whether what is to be done where every site is down decides.
    is_all_down: bool,
    /// When the last site went down.
    last_lost: MonoTime,
    /// Whether every site is so loaded that load excludes none.
    is_full: bool,
    /// Whether the map lists a site that can be had.
    is_mapped: bool,
}

impl<'a> Ask<'a> {
    pub(super) fn new(gslb: &'a Gslb, client: Client, rng: &mut Rng) -> Self {
        let kind = gslb.policy.kind;
        let found = gslb.networks.find(client.address, client.bits);
        let (network, scope) = match kind {
            Kind::Geo | Kind::Nearest | Kind::Latency => (found.value, found.scope),
            // Each network that is told apart has a draw of its own.
            Kind::Weighted(Draw::Client) => (None, client.bits),
            Kind::Static(_) | Kind::Weighted(Draw::Answer) | Kind::Load(_) | Kind::Failover => {
                (None, 0)
            }
        };
        let nonce = match kind {
            Kind::Weighted(Draw::Client) => hash_of(client),
            Kind::Static(_) | Kind::Weighted(Draw::Answer) | Kind::Load(_) => rng.bits(),
            Kind::Geo | Kind::Nearest | Kind::Latency | Kind::Failover => 0,
        };
        let mut ask = Self {
            gslb,
            network,
            scope,
            nonce,
            mode: Mode::Normal,
            is_all_down: false,
            last_lost: MonoTime::ZERO,
            is_full: false,
            is_mapped: false,
        };
        ask.settle();
        ask
    }

    /// Finds what the candidates are taken from.
    fn settle(&mut self) {
        let sites = &self.gslb.sites;
        let able = || sites.iter().filter(|site| !is_drained(site));
        if !self.is_static() && !able().any(|site| site.state == State::Up) {
            self.mode = match able().any(|site| site.state == State::Unknown) {
                true => Mode::Unprobed,
                false => Mode::Panic,
            };
            self.is_all_down = self.mode == Mode::Panic;
            self.last_lost = able().map(|site| site.since).max().unwrap_or(MonoTime::ZERO);
        }
        let with = |ask: &Self| (0..sites.len()).any(|index| ask.against(index).is_none());
        self.is_mapped = true;
        self.is_mapped = with(self);
        self.is_full = !with(self);
        if self.is_full {
            // Of sites that are all full the map may have some, too.
            self.is_mapped = true;
            self.is_mapped = with(self);
        }
    }

    fn is_static(&self) -> bool {
        matches!(self.gslb.policy.kind, Kind::Static(_))
    }

    /// Returns what stands against a site, if anything.
    fn against(&self, index: usize) -> Option<Reason> {
        let site = self.gslb.sites.get(index)?;
        if is_drained(site) {
            return Some(Reason::Drained);
        }
        let is_last_known = self.gslb.policy.all_down == AllDown::LastKnown;
        match (self.mode, site.state) {
            // A list that nobody looks after names the dead with the living.
            _ if self.is_static() => return None,
            (Mode::Normal, State::Up) | (Mode::Unprobed, State::Unknown) => (),
            (Mode::Panic, _) if !is_last_known || site.since == self.last_lost => (),
            (_, State::Unknown) => return Some(Reason::Unprobed),
            (_, State::Up | State::Down) => return Some(Reason::Down(site.why)),
        }
        if !self.is_full && self.gslb.policy.load_max <= load(site) {
            return Some(Reason::Overloaded);
        }
        let is_geo = self.gslb.policy.kind == Kind::Geo;
        let is_listed = || self.network.is_none_or(|network| network.sites.contains(&index));
        (is_geo && self.is_mapped && !is_listed()).then_some(Reason::Elsewhere)
    }

    /// Returns how good a site is: the least is the best.
    fn score(&self, index: usize) -> f64 {
        let (site, count) = (&self.gslb.sites[index], self.gslb.sites.len());
        let as_listed = || f64::from(u32::try_from(index).unwrap_or(u32::MAX));
        // Exponential with the weight as its rate: the least is each one's by its share.
        let drawn =
            |weight: f64| -libm::log(unit(mix(self.nonce, hash(site.id.as_bytes())))) / weight;
        match self.gslb.policy.kind {
            Kind::Static(Order::Fixed) | Kind::Failover => as_listed(),
            Kind::Static(Order::Rotated) => {
                let begin = place(self.nonce, count);
                f64::from(u32::try_from((index + count - begin) % count).unwrap_or(u32::MAX))
            }
            Kind::Weighted(_) => drawn(site.weight.into()),
            Kind::Load(Pick::Room) => {
                drawn(f64::from(site.weight) * (1.0 - load(site)).max(ROOM_MIN))
            }
            Kind::Load(Pick::Least) => load(site),
            Kind::Geo => {
                let at =
                    self.network.and_then(|it| it.sites.iter().position(|site| *site == index));
                at.map_or(as_listed(), |at| f64::from(u32::try_from(at).unwrap_or(u32::MAX)))
            }
            Kind::Nearest => {
                let ends = self.network.and_then(|network| Some((network.place?, site.place?)));
                ends.map_or(f64::INFINITY, |(here, there)| here.distance_km(there))
            }
            Kind::Latency => {
                let measured =
                    self.network.and_then(|it| it.latency_s.get(index).copied().flatten());
                measured.unwrap_or(f64::INFINITY)
            }
        }
    }

    pub(super) fn reply(&self) -> Reply {
        let (mut chosen, mut count) = ([0; ANSWERS_MAX], 0);
        let verdict = match self.gslb.policy.all_down {
            AllDown::Refuse if self.is_all_down => Verdict::Refuse,
            AllDown::NoData if self.is_all_down => Verdict::NoData,
            AllDown::Any | AllDown::LastKnown | AllDown::Refuse | AllDown::NoData => Verdict::Sites,
        };
        if verdict == Verdict::Sites {
            // A few rounds over a few sites, rather than a list of them all.
            while count < self.gslb.policy.answers.min(ANSWERS_MAX) {
                let Some(best) = self.best(&chosen[..count]) else { break };
                chosen[count] = best;
                count += 1;
            }
        }
        // There is nothing to name: no site, or none that an operator has left in.
        let verdict =
            if count == 0 && verdict == Verdict::Sites { Verdict::NoData } else { verdict };
        Reply { verdict, mode: self.mode, scope: self.scope, chosen, count }
    }

    fn best(&self, but: &[usize]) -> Option<usize> {
        let rest = (0..self.gslb.sites.len()).filter(|index| !but.contains(index));
        let scored = rest.filter(|index| self.against(*index).is_none());
        let scored = scored.map(|index| (self.score(index), index));
        scored.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))).map(|(_, index)| index)
    }

    pub(super) fn told(&self, reply: &Reply, client: Client) -> Choice {
        let (mut candidates, mut excluded) = (Vec::new(), Vec::new());
        for (index, site) in self.gslb.sites.iter().enumerate() {
            match self.against(index) {
                Some(reason) => excluded.push((site.id.clone(), reason)),
                None => {
                    // JSON has no infinity: what is not known has no score.
                    let score = Some(self.score(index)).filter(|score| score.is_finite());
                    candidates.push(Candidate { id: site.id.clone(), score });
                }
            }
        }
        let is_by_client = self.scope != 0 || self.network.is_some();
        Choice {
            candidates,
            excluded,
            rule: self.gslb.policy.name.to_owned(),
            key: is_by_client.then(|| format!("{}/{}", client.address, client.bits)),
            slot: None,
            mode: self.mode,
            by: if self.is_all_down { By::AllDown } else { By::Rule },
            chosen: reply.sites().iter().map(|at| self.gslb.sites[*at].id.clone()).collect(),
        }
    }
}

/// The room that a full site counts as: among full ones the weights decide.
const ROOM_MIN: f64 = 0.001;

/// Returns a site's load; one that says nonsense is full.
const fn load(site: &Site) -> f64 {
    if site.load.is_nan() { f64::INFINITY } else { site.load }
}

fn is_drained(site: &Site) -> bool {
    site.is_drained || site.weight == 0
}

/// Returns the hash of as much of a client's address as is known.
fn hash_of(client: Client) -> u64 {
    let bits = u32::from(client.bits);
    match client.address.to_canonical() {
        IpAddr::V4(v4) => {
            let mask = !u32::MAX.checked_shr(bits).unwrap_or(0);
            hash(&(v4.to_bits() & mask).to_be_bytes())
        }
        IpAddr::V6(v6) => {
            let mask = !u128::MAX.checked_shr(bits).unwrap_or(0);
            hash(&(v6.to_bits() & mask).to_be_bytes())
        }
    }
}
