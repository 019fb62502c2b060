//! Capacity divided without losing a fraction.

use super::{Bitrate, Transfer, TransferId};

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
    /// Takes the capacity of a span off `pending` in equal parts; what one of them cannot use,
    /// having run out within the span, the others share. Returns what is left to carry: a few
    /// units that do not divide, or nothing where nobody is there to use them.
    pub(super) fn spend(self, nanos: u64, transfers: &mut [(TransferId, Transfer)]) -> u128 {
        let mut left = self.capacity(nanos);
        loop {
            let takers = transfers.iter().filter(|(_, transfer)| transfer.is_active()).count();
            let each = match takers {
                0 => return 0,
                1 => left,
                _ => divide(left, u128::try_from(takers).unwrap_or(u128::MAX)),
            };
            if each == 0 {
                return left;
            }
            for (_, transfer) in transfers.iter_mut().filter(|(_, it)| it.is_active()) {
                let taken = each.min(transfer.pending);
                transfer.pending -= taken;
                left -= taken;
            }
        }
    }

    /// Does as [`spend`](Self::spend) does for a transfer that has the link to itself, which takes
    /// all of the capacity or all that it can use.
    pub(super) fn spend_on(self, nanos: u64, alone: &mut Transfer) -> u128 {
        if alone.is_active() {
            alone.pending = alone.pending.saturating_sub(self.capacity(nanos));
        }
        0
    }

    /// Returns what there is to give in a span, in units.
    pub(super) fn capacity(self, nanos: u64) -> u128 {
        (u128::from(self.rate.bps()) * u128::from(nanos)).saturating_add(self.carry)
    }

    /// Returns the time, in whole nanoseconds rounded up, until each of `takers` has had `pending`
    /// units, or `None` on a link that carries nothing.
    pub(super) fn nanos_for(self, pending: u128, takers: usize) -> Option<u64> {
        let needed = match takers {
            1 => pending,
            _ => pending.saturating_mul(u128::try_from(takers).unwrap_or(u128::MAX)),
        };
        let needed = needed.saturating_sub(self.carry);
        if needed == 0 {
            return Some(0);
        }
        if self.rate == Bitrate::default() {
            return None;
        }
        let nanos = divide_up(needed, u128::from(self.rate.bps()));
        Some(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

/// Divides, rounding down. Nearly all numbers here fit in 64 bits, whose division takes a fraction
/// of the time.
fn divide(number: u128, by: u128) -> u128 {
    match (u64::try_from(number), u64::try_from(by)) {
        (Ok(number), Ok(by)) => u128::from(number / by),
        _ => number / by,
    }
}

/// Divides, rounding up.
pub(super) fn divide_up(number: u128, by: u128) -> u128 {
    match (u64::try_from(number), u64::try_from(by)) {
        (Ok(number), Ok(by)) => u128::from(number.div_ceil(by)),
        _ => number.div_ceil(by),
    }
}
