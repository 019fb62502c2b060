//! The policies by which a name server chooses sites, by name.

use crate::{Params, SpecError};
use serde::{Deserialize, Serialize};

/// Sites in an answer at most: as many as Traffic Router gives by default, and as fit beside
/// signatures into a datagram of 1,232 bytes.
pub const ANSWERS_MAX: usize = 4;

/// How a name server chooses sites.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Policy {
    /// The name of the policy.
    pub name: &'static str,
    /// What it goes by.
    pub kind: Kind,
    /// How many sites an answer names, up to [`ANSWERS_MAX`]. Resolvers turn answers around: of two,
    /// half the clients go to the second.
    pub answers: usize,
    /// The load at which a site gets no more clients while another has less.
    pub load_max: f64,
    /// What is answered where every site is down.
    pub all_down: AllDown,
}

/// What a policy goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The list as it is, whether sites are up or not: a zone file.
    Static(Order),
    /// The weights.
    Weighted(Draw),
    /// The sites that the map lists for the client's network, in that order.
    Geo,
    /// The distance between the client's place and the site's.
    Nearest,
    /// The time that was measured between the client's network and the site.
    Latency,
    /// How much room sites have left.
    Load(Pick),
    /// The first of the list that is up.
    Failover,
}

/// The order of a static list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// As configured.
    Fixed,
    /// From any of them on (RFC 1794 §2).
    Rotated,
}

/// What a draw is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Draw {
    /// Each answer.
    Answer,
    /// Each client's network, which keeps its site as long as that is well.
    Client,
}

/// Which site is the less loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// Drawn by weight and by what room is left. An answer is given out again for as long as it is
    /// cached: the one with the most room, told to all, would be the one with the least.
    Room,
    /// The one with the least load.
    Least,
}

/// What is answered where every site is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AllDown {
    /// As if all were up: perhaps it is the probes that are wrong.
    Any,
    /// Those that went down last.
    LastKnown,
    /// REFUSED: resolvers ask the zone's other servers.
    Refuse,
    /// No data: resolvers remember for the negative time to live that there is none.
    NoData,
}

/// A policy that can be asked for by name.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// What it does and whom it follows, in a line.
    pub about: &'static str,
    make: fn(&mut Params<'_>) -> Kind,
}

/// Every policy.
const ENTRIES: &[Entry] = &[
    Entry {
        name: "static",
        about: "the list as it is, dead or alive (a zone file; RFC 1794 where it is rotated)",
        make: |params| {
            Kind::Static(
                params.choice("order", &[("rotated", Order::Rotated), ("fixed", Order::Fixed)]),
            )
        },
    },
    Entry {
        name: "weighted",
        about: "drawn by weight (gdnsd weighted, PowerDNS pickwrandom; by client pickwhashed)",
        make: |params| {
            Kind::Weighted(
                params.choice("by", &[("answer", Draw::Answer), ("client", Draw::Client)]),
            )
        },
    },
    Entry {
        name: "geo",
        about: "the sites of the client's network, in order (gdnsd geoip with nets, Traffic Router)",
        make: |_| Kind::Geo,
    },
    Entry {
        name: "nearest",
        about: "the shortest great circle (gdnsd auto_dc_coords, PowerDNS pickclosest)",
        make: |_| Kind::Nearest,
    },
    Entry { name: "latency", about: "the shortest measured round trip", make: |_| Kind::Latency },
    Entry {
        name: "load",
        about: "drawn by the room that sites report, or the least loaded",
        make: |params| {
            Kind::Load(params.choice("pick", &[("room", Pick::Room), ("least", Pick::Least)]))
        },
    },
    Entry {
        name: "failover",
        about: "the first that is up (gdnsd simplefo, k8gb failover)",
        make: |_| Kind::Failover,
    },
];

/// Returns every policy that [`parse`] knows.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    ENTRIES.iter()
}

impl Entry {
    fn read(&self, params: &mut Params<'_>) -> Policy {
        let kind = (self.make)(params);
        let is_static = matches!(kind, Kind::Static(_));
        let answers =
            params.count("answers", if is_static { ANSWERS_MAX } else { 1 }, 1..=ANSWERS_MAX);
        if is_static {
            let all_down = AllDown::Any;
            return Policy { name: self.name, kind, answers, load_max: f64::INFINITY, all_down };
        }
        // Below what is full, since answers that are cached go on bringing clients.
        let load_max = params.number("max-load", 0.8, 0.01..=100.0);
        let names = [
            ("any", AllDown::Any),
            ("last-known", AllDown::LastKnown),
            ("refuse", AllDown::Refuse),
            ("nodata", AllDown::NoData),
        ];
        let all_down = params.choice("all-down", &names);
        Policy { name: self.name, kind, answers, load_max, all_down }
    }

    /// Returns its parameters with their defaults, as they would be typed.
    #[must_use]
    pub fn parameters(&self) -> Vec<(&'static str, String)> {
        let mut params = Params::default();
        self.read(&mut params);
        params.into_known()
    }
}

/// Returns a policy as it is typed: its name, or `name:key=value,key=value`.
///
/// # Errors
/// Where there is no such policy, or it has no such parameter or not with that value.
pub fn parse(spec: &str) -> Result<Policy, SpecError> {
    let (name, params) = spec.split_once(':').unwrap_or((spec, ""));
    let Some(entry) = all().find(|entry| entry.name == name) else {
        let known = all().map(|entry| entry.name).collect::<Vec<_>>().join(", ");
        return Err(SpecError::Unknown { what: "policy", name: name.to_owned(), known });
    };
    Params::read(params, |params| entry.read(params))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(spec: &str, expected: &str) {
        let got = parse(spec).map(|policy| policy.name.to_owned());
        assert_eq!(got.unwrap_or_else(|error| error.to_string()), expected, "{spec}");
    }

    #[test]
    fn policies_are_typed_by_name_and_what_is_wrong_is_named() {
        for entry in all() {
            check(entry.name, entry.name);
            let typed: Vec<_> =
                entry.parameters().iter().map(|(key, value)| format!("{key}={value}")).collect();
            check(&format!("{}:{}", entry.name, typed.join(",")), entry.name);
        }
        check("nearest:max-load=0.5,answers=2,all-down=refuse", "nearest");
        check(
            "static:all-down=any",
            "there is no parameter `all-down`; there are order=rotated, answers=4",
        );
        check("nearest:answers=5", "`answers=5`: it is a whole number from 1 to 4");
        check("load:pick=most", "`pick=most`: it is one of room, least");
        check("geo:all-down=no", "`all-down=no`: it is one of any, last-known, refuse, nodata");
        check(
            "closest",
            "`closest` is no policy; there are static, weighted, geo, nearest, latency, load, failover",
        );
        assert_eq!(parse("failover").map(|policy| policy.answers), Ok(1));
    }
}
