//! Capacity divided without losing a fraction.

use super::Bitrate;
use std::time::Duration;

/// One byte in the unit of account: what a rate of 1 bit/s carries in 1 ns, of which a bit has
/// 10^9. A rate times a span in nanoseconds is then a whole number of units.
pub(super) const UNITS_PER_BYTE: u128 = 8_000_000_000;

/// What a link has to give: its rate, and what of the past did not divide evenly.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share {
    pub(super) rate: Bitrate,
    pub(super) carry: u128,
}

impl Share {
    /// Takes the capacity of `span` off `pending` in equal parts; what one of them cannot use,
    /// having run out within the span, the others share. Returns what is left to carry: a few
    /// units that do not divide, or nothing where nobody is there to use them.
    pub(super) fn spend(self, span: Duration, pending: &mut [&mut u128]) -> u128 {
        let capacity = u128::from(self.rate.bps()).saturating_mul(span.as_nanos());
        let mut left = capacity.saturating_add(self.carry);
        loop {
            let takers = pending.iter().filter(|pending| 0 < ***pending).count();
            let Some(each) = u128::try_from(takers).ok().and_then(|n| left.checked_div(n)) else {
                return 0;
            };
            if each == 0 {
                return left;
            }
            for pending in pending.iter_mut() {
                let taken = each.min(**pending);
                **pending -= taken;
                left -= taken;
            }
        }
    }

    /// Returns the time, in whole nanoseconds rounded up, until each of `takers` has had `pending`
    /// units, or `None` on a link that carries nothing.
    pub(super) fn time_for(self, pending: u128, takers: usize) -> Option<Duration> {
        let needed = pending.saturating_mul(u128::try_from(takers).unwrap_or(u128::MAX));
        let needed = needed.saturating_sub(self.carry);
        if needed == 0 {
            return Some(Duration::ZERO);
        }
        if self.rate == Bitrate::default() {
            return None;
        }
        let nanos = needed.div_ceil(u128::from(self.rate.bps()));
        Some(Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)))
    }
}
