//! A body on its way: how far it is, and what is left to try when it breaks off.

use std::{sync::Arc, time::Duration};

use dashpot_base::{MonoTime, Rng};

use super::{Failure, Limits};
use crate::{Rest, StoredHead};

/// How long a resumption waits: the origin's hiccup passes unseen by a player with a second of
/// buffer, and one that restarts is not asked by every fill at once.
const PAUSE_FIRST: Duration = Duration::from_millis(100);
/// By how much each wait is longer than the one before: 100 ms, 400 ms, 1.6 s.
const PAUSE_GROWTH: u32 = 4;
/// Resumptions of one body in all, progress or not: an origin that breaks off every few bytes costs
/// more than the body is worth. One that manages a mebibyte at a time still fills the largest
/// object that is stored by default.
const RESUMES_MAX: u32 = 64;

/// A body on its way.
#[derive(Debug)]
pub(super) struct Filling {
    pub(super) head: Arc<StoredHead>,
    /// The length of the whole, where it is known.
    pub(super) length: Option<u64>,
    /// Bytes that have arrived.
    pub(super) len: u64,
    pub(super) deadline: MonoTime,
    /// Whether the rest has yet to be had from upstream.
    pub(super) is_broken: bool,
    /// Resumptions since the last byte.
    in_vain: u32,
    /// Resumptions so far.
    resumes: u32,
}

impl Filling {
    pub(super) fn new(head: Arc<StoredHead>, length: Option<u64>, deadline: MonoTime) -> Self {
        Self { head, length, len: 0, deadline, is_broken: false, in_vain: 0, resumes: 0 }
    }

    /// Notes that `total` bytes have arrived.
    pub(super) fn grow(&mut self, now: MonoTime, total: u64, limits: &Limits) {
        if self.len < total {
            (self.len, self.in_vain) = (total, 0);
        }
        self.deadline = now.after(limits.idle_timeout);
    }

    /// Notes that the body broke off, and returns what to ask for and when; `None` where there is
    /// nothing left to try.
    pub(super) fn break_off(
        &mut self,
        now: MonoTime,
        failure: Failure,
        limits: &Limits,
        rng: &mut Rng,
    ) -> Option<(Rest, MonoTime)> {
        if !failure.may_pass() || limits.resumes_max <= self.in_vain || RESUMES_MAX <= self.resumes
        {
            return None;
        }
        let rest = Rest::of(&self.head, self.len, self.length)?;
        if self.in_vain == 0 {
            // From the break to the next byte it may take no longer than a pause.
            self.deadline = now.after(limits.idle_timeout);
        }
        let at = now.after(pause(self.in_vain, rng));
        if self.deadline <= at {
            return None;
        }
        self.is_broken = true;
        self.in_vain += 1;
        self.resumes += 1;
        Some((rest, at))
    }
}

/// Returns the wait before the resumption after `in_vain` others: between half of it and all, so
/// that the fills that broke together do not come back together.
fn pause(in_vain: u32, rng: &mut Rng) -> Duration {
    let whole = PAUSE_FIRST.saturating_mul(PAUSE_GROWTH.saturating_pow(in_vain));
    let half = u64::try_from((whole / 2).as_nanos()).unwrap_or(u64::MAX / 2);
    Duration::from_nanos(half + rng.bits() % half.max(1))
}
