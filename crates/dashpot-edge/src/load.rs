//! How loaded the edge is, as it tells others.

use std::{convert::Infallible, time::Duration};

use arc_swap::ArcSwap;
use dashpot_base::ByteSize;
use dashpot_http::cmsd::{CMSD_DYNAMIC, Dynamic};
use dashpot_route::load::{Capacity, Load, LoadMeter, Sample};
use dashpot_serve::{Ends, Transport};
use http::Response;
use serde::Serialize;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{info, warn};

use crate::{Config, edge::Edge, live::Handle};

/// How often the load is measured: a few times while whoever asks for it waits.
const SAMPLED_EVERY: Duration = Duration::from_millis(500);

/// The load as it was measured last.
#[derive(Debug, Default)]
pub(crate) struct Loaded(ArcSwap<Load>);

impl Loaded {
    pub(crate) fn now(&self) -> Load {
        **self.0.load()
    }
}

/// Returns what an edge of `config` can do.
pub(crate) fn capacity(config: &Config) -> Capacity {
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    Capacity {
        connections: config.load.connections.unwrap_or(count(config.front.limits.connections_max)),
        fills: count(config.fill.fills_max),
        egress: config.load.egress,
        duress_percent: config.load.duress_percent,
    }
}

/// Measures the load for as long as the edge serves.
pub(crate) async fn measure(live: Handle) -> Infallible {
    let (mut meter, mut ticks) = (LoadMeter::default(), interval(SAMPLED_EVERY));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let edge = live.edge();
        let load = meter.sample(edge.clock.mono(), &edge.capacity, edge.sample());
        let before = edge.load.0.swap(load.into());
        match (before.is_duress, load.is_duress) {
            (false, true) => {
                warn!(percent = load.percent, scarce = load.scarce.as_str(), "under duress");
            }
            (true, false) => info!(percent = load.percent, "no longer under duress"),
            (false, false) | (true, true) => {}
        }
    }
}

impl Edge {
    fn sample(&self) -> Sample {
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        Sample {
            connections: u64::try_from(self.stats.connections.get()).unwrap_or_default(),
            fills: count(self.flights.count()),
            egress: ByteSize::new(self.stats.bytes_to_clients()),
        }
    }

    /// Returns what `/health` tells of the load.
    pub(crate) fn load_report(&self) -> LoadReport {
        let (sample, load) = (self.sample(), self.load.now());
        LoadReport {
            load_percent: load.percent,
            load_of: load.scarce.as_str(),
            duress: load.is_duress,
            in_flight: self.stats.in_flight(),
            connections: sample.connections,
            connections_max: self.capacity.connections,
            fills: sample.fills,
            fills_max: self.capacity.fills,
            egress_bps: load.egress.bps(),
            egress_bps_max: self.capacity.egress.map(dashpot_base::Bitrate::bps),
        }
    }
}

/// The load in the answer to `/health`.
#[derive(Debug, Serialize)]
pub(crate) struct LoadReport {
    load_percent: u8,
    load_of: &'static str,
    duress: bool,
    in_flight: u64,
    connections: u64,
    connections_max: u64,
    fills: u64,
    fills_max: u64,
    egress_bps: u64,
    egress_bps_max: Option<u64>,
}

/// Tells players of the way to them, and of the load.
#[derive(Debug)]
pub(crate) struct Teller {
    /// `None` where the operating system does not tell of the way.
    transport: Option<Transport>,
}

impl Teller {
    /// Returns one where the operator wants it.
    pub(crate) fn new(config: &Config) -> Option<Self> {
        config.ops.cmsd.then(|| {
            let transport = Transport::new();
            let warned = transport
                .inspect_err(|error| warn!(%error, "CMSD-Dynamic does not tell of the way"));
            Self { transport: warned.ok() }
        })
    }

    /// Adds what is known to a response (CTA-5006).
    pub(crate) fn tell<B>(&self, edge: &Edge, ends: Ends, response: &mut Response<B>) {
        let way = self.transport.as_ref().and_then(|transport| transport.way(ends));
        let load = edge.load.now();
        let dynamic = Dynamic {
            estimated_throughput: way.and_then(|way| way.throughput),
            max_suggested: load.fair_share,
            round_trip: way.map(|way| way.round_trip),
            duress: load.is_duress,
        };
        if let Some(member) = dynamic.to_member(&edge.name) {
            response.headers_mut().append(CMSD_DYNAMIC, member);
        }
    }
}
