//! What a balancer knows of one server, and what it knows of a request.

use crate::hash::hash;
use dashpot_base::MonoTime;
use std::{net::IpAddr, time::Duration};

/// The greatest weight of a server: finer shares than these nobody asks for.
pub const WEIGHT_MAX: u32 = 1_000;

/// A server of a pool. Balancing rules read it, and keep in it what they remember of it.
#[derive(Clone, Debug)]
pub struct Server {
    /// Its name, by which logs, cookies and other balancers know it.
    pub id: String,
    /// The hash of its name.
    pub hash: u64,
    /// Its share of the requests, next to the weights of the others; with 0 it gets none.
    pub weight: u32,
    /// Requests that it has and has not answered.
    pub in_flight: u32,
    /// The part of its weight that it has for a while after it came back (slow start).
    pub share: f64,
    /// How long it takes to answer, as the rule reckons.
    pub latency: Latency,
    /// What smooth weighted round robin owes it.
    pub(crate) credit: f64,
    /// Whether it may be chosen at all.
    pub(crate) is_fit: bool,
}

impl Server {
    /// Returns a server of which nothing is known; its weight is at most [`WEIGHT_MAX`].
    #[must_use]
    pub fn new(id: &str, weight: u32) -> Self {
        Self {
            id: id.to_owned(),
            hash: hash(id.as_bytes()),
            weight: weight.min(WEIGHT_MAX),
            in_flight: 0,
            share: 1.0,
            latency: Latency::default(),
            credit: 0.0,
            is_fit: false,
        }
    }

    /// Returns its weight as it stands, slow start included.
    #[must_use]
    pub fn weight(&self) -> f64 {
        f64::from(self.weight) * self.share
    }
}

/// An estimate of how long a server takes, and when it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Latency {
    /// The estimate in seconds; `None` before the first answer.
    pub seconds: Option<f64>,
    /// When it was made.
    pub at: MonoTime,
}

impl Latency {
    /// Returns the part of an estimate that is left after the time since it was made, where all but
    /// 1/e of it is forgotten in `decay`.
    #[must_use]
    pub(crate) fn kept(&self, now: MonoTime, decay: Duration) -> f64 {
        libm::exp(-now.since(self.at).as_secs_f64() / decay.as_secs_f64())
    }
}

/// A request, as far as it matters where it goes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Request<'a> {
    /// Who sends it, as far as that is known: behind other proxies, whom those name.
    pub client: Option<IpAddr>,
    /// The path, with the query if there is one.
    pub url: &'a str,
    /// What to hash where the rule says `key=given`: a header, a cookie, a connection's addresses
    /// and ports.
    pub given: &'a [u8],
    /// The `Cookie` header, where sessions are sticky.
    pub cookie: &'a str,
    /// The servers that have had this request: it never goes to one of them again.
    pub tried: &'a [usize],
}
