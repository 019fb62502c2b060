//! How often a client may ask: a token bucket for each, in memory that does not grow.

use dashpot_base::MonoTime;
use std::{net::IpAddr, time::Duration};

/// Who asks, as limits count clients: an IPv4 address, or the /64 network of an IPv6 one, of which
/// one client commands all addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Client(u64);

impl Client {
    /// Returns the client that `address` belongs to.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            // 0:ffff::/32 is no network of anybody's.
            IpAddr::V4(v4) => Self(0xffff << 32 | u64::from(v4.to_bits())),
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments().map(u64::from);
                Self(a << 48 | b << 32 | c << 16 | d)
            }
        }
    }
}

/// How often something may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// In the long run; at least one.
    pub per_second: u32,
    /// At once, after a rest; at least one.
    pub burst: u32,
}

/// Slots that a client may be in: with eight, two clients in a hundred thousand that are busy at
/// once share a bucket when half of all slots are taken.
const WAYS: usize = 8;

/// Buckets of many clients, in a table of a fixed size.
///
/// The bucket is kept as the generic cell rate algorithm does: one instant, at which it will be
/// full again. A slot whose instant has passed says nothing, so that it is free for anybody. Where
/// all the slots of a client are taken, the one that is full soonest is given up: a crowd of
/// addresses can win others a burst more, but no memory.
#[derive(Debug)]
pub struct Throttle {
    slots: Box<[Slot]>,
    /// Unguessable, so that nobody can choose whose slots he shares.
    seed: u64,
    between: Duration,
    burst_for: Duration,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    client: u64,
    full_at: MonoTime,
}

impl Throttle {
    /// Returns a table for about `clients` that ask within the same burst; 16 bytes each.
    #[must_use]
    pub fn new(rate: Rate, clients: usize, seed: u64) -> Self {
        let between = Duration::from_secs(1) / rate.per_second.max(1);
        let empty = Slot { client: 0, full_at: MonoTime::ZERO };
        let slots = clients.next_power_of_two().max(WAYS);
        Self {
            slots: vec![empty; slots].into_boxed_slice(),
            seed,
            between,
            burst_for: between * rate.burst.max(1),
        }
    }

    /// Counts a request of `client`.
    ///
    /// # Errors
    /// How long it is to wait where it has asked too often; such a request does not count.
    pub fn ask(&mut self, now: MonoTime, client: Client) -> Result<(), Duration> {
        let (between, burst_for) = (self.between, self.burst_for);
        let slot = self.slot(now, client.0);
        let full_at = slot.full_at.max(now).after(between);
        let ahead = full_at.since(now);
        if burst_for < ahead {
            return Err(ahead.saturating_sub(burst_for));
        }
        slot.full_at = full_at;
        Ok(())
    }

    fn slot(&mut self, now: MonoTime, client: u64) -> &mut Slot {
        let sets = self.slots.len() / WAYS;
        // The low bits of a hash, which is far below the count of sets.
        let set = usize::try_from(mix(client ^ self.seed)).unwrap_or(usize::MAX) % sets;
        let set = &mut self.slots[set * WAYS..][..WAYS];
        let is_mine = |slot: &Slot| slot.client == client && now < slot.full_at;
        let at = set.iter().position(is_mine).or_else(|| {
            // The one that is full soonest; free ones are full already.
            (0..WAYS).min_by_key(|at| set[*at].full_at)
        });
        let slot = &mut set[at.unwrap_or(0)];
        if slot.client != client {
            *slot = Slot { client, full_at: now };
        }
        slot
    }
}

/// Spreads `value` over all bits (the finalizer of `splitmix64`).
const fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn client(text: &str) -> Client {
        Client::of(text.parse().unwrap())
    }

    #[test]
    fn a_client_is_an_address_or_a_network() {
        assert_eq!(client("2001:db8::1"), client("2001:db8::ffff:1"));
        assert_ne!(client("2001:db8::1"), client("2001:db8:0:1::1"));
        assert_eq!(client("::ffff:192.0.2.1"), client("192.0.2.1"));
        assert_ne!(client("192.0.2.1"), client("192.0.2.2"));
    }

    #[test]
    fn a_burst_then_the_rate() {
        let mut throttle = Throttle::new(Rate { per_second: 10, burst: 3 }, 100, 7);
        let (a, b) = (client("192.0.2.1"), client("192.0.2.2"));
        let at = |ms: u64| MonoTime::ZERO.after(Duration::from_millis(1_000 + ms));
        for _ in 0..3 {
            assert_eq!(throttle.ask(at(0), a), Ok(()));
        }
        assert_eq!(throttle.ask(at(0), a), Err(Duration::from_millis(100)));
        assert_eq!(throttle.ask(at(0), b), Ok(()));
        assert_eq!(throttle.ask(at(60), a), Err(Duration::from_millis(40)));
        assert_eq!(throttle.ask(at(100), a), Ok(()));
        assert_eq!(throttle.ask(at(100), a), Err(Duration::from_millis(100)));
        // A rest fills the bucket, and no more than that.
        for _ in 0..3 {
            assert_eq!(throttle.ask(at(60_000), a), Ok(()));
        }
        assert_eq!(throttle.ask(at(60_000), a), Err(Duration::from_millis(100)));
    }

    proptest! {
        #[test]
        fn law_nobody_gets_more_than_burst_and_rate_and_one_alone_gets_all_of_it(
            gaps in proptest::collection::vec(0..400_u64, 1..200),
            per_second in 1..50_u32,
            burst in 1..20_u32,
            seed in any::<u64>(),
        ) {
            let mut throttle = Throttle::new(Rate { per_second, burst }, 1, seed);
            let (mut ms, mut granted, client) = (0, 0_u64, client("192.0.2.1"));
            for gap in gaps {
                ms += gap;
                let now = MonoTime::ZERO.after(Duration::from_millis(ms));
                match throttle.ask(now, client) {
                    Ok(()) => granted += 1,
                    // What it says to wait is enough.
                    Err(wait) => {
                        prop_assert_eq!(throttle.ask(now.after(wait), client), Ok(()));
                        granted += 1;
                        ms += u64::try_from(wait.as_millis()).unwrap() + 1;
                    }
                }
                let allowed = u64::from(burst) + ms * u64::from(per_second) / 1_000 + 1;
                prop_assert!(granted <= allowed, "{} of {}", granted, allowed);
            }
        }
    }
}
