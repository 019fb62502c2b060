//! How loaded a server is: what it does, next to what it can do.

use dashpot_base::{Bitrate, ByteSize, Ewma, MonoTime};
use std::time::Duration;

/// What a server can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Connections of clients.
    pub connections: u64,
    /// Fetches that fill the cache at a time.
    pub fills: u64,
    /// What goes out to clients in a second; `None` does not count.
    pub egress: Option<Bitrate>,
    /// The load, in percent, from which on the server is under duress (CTA-5006 `du`).
    pub duress_percent: u8,
}

/// What a server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Open connections of clients.
    pub connections: u64,
    /// Fetches under way.
    pub fills: u64,
    /// Bytes that have gone out to clients since the server began.
    pub egress: ByteSize,
}

/// What is scarcest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scarce {
    /// Connections of clients.
    #[default]
    Connections,
    /// Fetches that fill the cache.
    Fills,
    /// What goes out to clients.
    Egress,
}

impl Scarce {
    /// Returns the word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connections => "connections",
            Self::Fills => "fills",
            Self::Egress => "egress",
        }
    }
}

/// How loaded a server is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// The largest of the shares that are in use, 0 to 100.
    pub percent: u8,
    /// What has that share.
    pub scarce: Scarce,
    /// What goes out to clients, averaged over a few seconds.
    pub egress: Bitrate,
    /// Whether the server is under duress.
    pub is_duress: bool,
    /// Under duress, what is left for one connection where all take as much as the others; `None`
    /// where that is not what is known to be scarce.
    pub fair_share: Option<Bitrate>,
}

/// The memory of the average of what goes out: segments go out in bursts a few seconds apart, and
/// load that lasts shows within as much.
const EGRESS_HALF_LIFE: Duration = Duration::from_secs(2);
/// How far the load falls before the duress is over, in percent: what the viewers make who leave
/// when they hear of it would otherwise bring them back at once.
const EASE_PERCENT: u8 = 10;

/// Measures load from samples that are taken once or twice in a second.
#[derive(Clone, Debug)]
pub struct LoadMeter {
    egress: Ewma,
    last: Option<(MonoTime, ByteSize)>,
    is_duress: bool,
}

impl Default for LoadMeter {
    fn default() -> Self {
        let egress = Ewma::with_half_life(EGRESS_HALF_LIFE);
        Self { egress, last: None, is_duress: false }
    }
}

impl LoadMeter {
    /// Returns the load at `now` of a server that can do `capacity`, which may be another one than
    /// the last time.
    pub fn sample(&mut self, now: MonoTime, capacity: &Capacity, sample: Sample) -> Load {
        let egress = self.egress(now, sample.egress);
        let mut shares = [
            (percent(sample.connections, capacity.connections), Scarce::Connections),
            (percent(sample.fills, capacity.fills), Scarce::Fills),
            (0, Scarce::Egress),
        ];
        if let Some(most) = capacity.egress {
            shares[2].0 = percent(egress.bps(), most.bps());
        }
        let (percent, scarce) =
            shares.into_iter().rev().max_by_key(|(share, _)| *share).unwrap_or_default();
        let eased = capacity.duress_percent.saturating_sub(EASE_PERCENT).max(1);
        self.is_duress = capacity.duress_percent <= percent || self.is_duress && eased <= percent;
        let share = |most: Bitrate| Bitrate::from_bps(most.bps() / sample.connections.max(1));
        let of_egress = capacity.egress.filter(|_| self.is_duress && scarce == Scarce::Egress);
        Load {
            percent,
            scarce,
            egress,
            is_duress: self.is_duress,
            fair_share: of_egress.map(share),
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate below 2^53 bit/s, and an average of such"
    )]
    fn egress(&mut self, now: MonoTime, sum: ByteSize) -> Bitrate {
        let (then, before) = *self.last.get_or_insert((now, sum));
        let bytes = sum.bytes().saturating_sub(before.bytes());
        // Where no time has passed, what went out meanwhile counts next time.
        if let Some(rate) = Bitrate::over(ByteSize::new(bytes), now.since(then)) {
            self.egress.add(now.since(then), rate.bps() as f64);
            self.last = Some((now, sum));
        }
        Bitrate::from_bps(self.egress.value().unwrap_or_default().round() as u64)
    }
}

/// Returns which share of `whole` is in use, 0 to 100, rounded down so that 100 is all of it.
fn percent(part: u64, whole: u64) -> u8 {
    let share = u128::from(part) * 100 / u128::from(whole.max(1));
    u8::try_from(share.min(100)).unwrap_or(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAPACITY: Capacity = Capacity {
        connections: 200,
        fills: 50,
        egress: Some(Bitrate::from_kbps(8_000)),
        duress_percent: 90,
    };

    fn at(millis: u64) -> MonoTime {
        MonoTime::ZERO.after(Duration::from_millis(millis))
    }

    fn sample(connections: u64, fills: u64, bytes: u64) -> Sample {
        Sample { connections, fills, egress: ByteSize::new(bytes) }
    }

    fn check(sample: Sample, percent: u8, scarce: Scarce) {
        let load = LoadMeter::default().sample(at(0), &CAPACITY, sample);
        assert_eq!((load.percent, load.scarce), (percent, scarce), "{sample:?}");
    }

    #[test]
    fn the_load_is_the_share_of_what_is_scarcest() {
        check(sample(20, 4, 0), 10, Scarce::Connections);
        check(sample(20, 6, 0), 12, Scarce::Fills);
        check(sample(199, 0, 0), 99, Scarce::Connections);
        check(sample(u64::MAX, 0, 0), 100, Scarce::Connections);
        // What went out before the first sample went out at no known time.
        check(sample(20, 0, 1 << 40), 10, Scarce::Connections);
        let none = Capacity { connections: 0, fills: 0, ..CAPACITY };
        assert_eq!(LoadMeter::default().sample(at(0), &none, sample(0, 0, 0)).percent, 0);
        assert_eq!(LoadMeter::default().sample(at(0), &none, sample(1, 0, 0)).percent, 100);
    }

    /// Samples a server that sends 500 kB in each half second for so many seconds.
    fn busy(meter: &mut LoadMeter, capacity: &Capacity, seconds: u64) -> Load {
        let mut load = Load::default();
        for step in 0..=seconds * 2 {
            load = meter.sample(at(step * 500), capacity, sample(4, 0, step * 500_000));
        }
        load
    }

    #[test]
    fn what_goes_out_is_averaged_and_shared() {
        let load = busy(&mut LoadMeter::default(), &CAPACITY, 5);
        assert_eq!((load.percent, load.scarce, load.is_duress), (100, Scarce::Egress, true));
        assert_eq!(load.egress, Bitrate::from_kbps(8_000));
        assert_eq!(load.fair_share, Some(Bitrate::from_kbps(2_000)));
        let unbounded = Capacity { egress: None, ..CAPACITY };
        let load = busy(&mut LoadMeter::default(), &unbounded, 5);
        assert_eq!((load.percent, load.scarce, load.fair_share), (2, Scarce::Connections, None));
        assert_eq!(load.egress, Bitrate::from_kbps(8_000), "it is measured all the same");
        // A silence halves it every two seconds.
        let mut meter = LoadMeter::default();
        busy(&mut meter, &CAPACITY, 60);
        let load = meter.sample(at(62_000), &CAPACITY, sample(4, 0, 60_000_000));
        assert_eq!(load.percent, 50, "{load:?}");
        assert_eq!(meter.sample(at(62_000), &CAPACITY, sample(4, 0, 70_000_000)).percent, 50);
    }

    #[test]
    fn duress_begins_at_its_threshold_and_ends_well_below() {
        let mut meter = LoadMeter::default();
        let mut at_connections =
            |connections| meter.sample(at(0), &CAPACITY, sample(connections, 0, 0)).is_duress;
        for (connections, expected) in [
            (179, false),
            (180, true),
            (160, true),
            (159, false),
            (179, false),
            (200, true),
            (0, false),
        ] {
            assert_eq!(at_connections(connections), expected, "{connections}");
        }
        let low = Capacity { duress_percent: 1, ..CAPACITY };
        let mut meter = LoadMeter::default();
        assert!(meter.sample(at(0), &low, sample(2, 0, 0)).is_duress);
        assert!(!meter.sample(at(0), &low, sample(0, 0, 0)).is_duress, "at rest there is none");
    }
}
