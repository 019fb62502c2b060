//! A limit on answers over UDP to each network, so that this server is of no use to those who send
//! queries in another's name.

use dashpot_serve::Counter;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// Of the answers held back, every so many is a cut one (TC) in the place of silence: with 2, a
/// client in the network of a victim has its answer by the second try, and no answer is larger
/// than its question.
const SLIP: u64 = 2;

/// Networks that are remembered; then those that have been quiet are forgotten.
const NETWORKS_MAX: usize = 1 << 16;

/// How often the number of networks is looked at: seldom, since counting them takes all locks.
const COUNTED_EVERY: u64 = 1 << 14;

/// What becomes of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is answered.
    Pass,
    /// It is told to come by TCP.
    Slip,
    /// It is not answered.
    Drop,
}

/// The limit; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Limit {
    limiter: Arc<DefaultKeyedRateLimiter<IpAddr>>,
    seen: Arc<AtomicU64>,
    limited: Counter,
}

impl Limit {
    /// Returns a limit of `rate` answers a second to each network, as many at once; `limited`
    /// counts what is held back.
    pub(crate) fn new(rate: NonZeroU32, limited: Counter) -> Self {
        Self::of_quota(Quota::per_second(rate), limited)
    }

    fn of_quota(quota: Quota, limited: Counter) -> Self {
        let limiter = RateLimiter::keyed(quota);
        Self { limiter: Arc::new(limiter), seen: Arc::default(), limited }
    }

    /// Says what becomes of the next query of `client`.
    pub(crate) fn of(&self, client: IpAddr) -> Verdict {
        let seen = self.seen.fetch_add(1, Ordering::Relaxed);
        if seen.is_multiple_of(COUNTED_EVERY) && NETWORKS_MAX < self.limiter.len() {
            self.limiter.retain_recent();
        }
        if self.limiter.check_key(&network(client)).is_ok() {
            return Verdict::Pass;
        }
        let held = self.limited.inc();
        if held.is_multiple_of(SLIP) { Verdict::Slip } else { Verdict::Drop }
    }
}

/// Returns the network that counts as one client: a /24 of IPv4, a /56 of IPv6.
fn network(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V4(v4) => Ipv4Addr::from_bits(v4.to_bits() & (u32::MAX << 8)).into(),
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 72)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_limited_as_one_and_others_are_not() {
        let limit = Limit::of_quota(Quota::per_hour(NonZeroU32::MIN), Counter::default());
        let of = |client: &str| limit.of(client.parse().unwrap());
        assert_eq!(of("192.0.2.1"), Verdict::Pass);
        let others = [of("192.0.2.1"), of("192.0.2.2"), of("192.0.2.3")];
        assert_eq!(others, [Verdict::Slip, Verdict::Drop, Verdict::Slip]);
        assert_eq!(of("198.51.100.1"), Verdict::Pass);
        assert_eq!(of("2001:db8::1"), Verdict::Pass);
        assert_eq!(limit.limited.get(), 3);
    }

    #[test]
    fn networks_are_of_24_bits_and_of_56() {
        for (client, expected) in [
            ("192.0.2.77", "192.0.2.0"),
            ("::ffff:192.0.2.77", "192.0.2.0"),
            ("2001:db8:1:2ff::9", "2001:db8:1:200::"),
        ] {
            let expected: IpAddr = expected.parse().unwrap();
            assert_eq!(network(client.parse().unwrap()), expected, "{client}");
        }
    }
}
