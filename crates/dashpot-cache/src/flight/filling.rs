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

/// What is left to try for a body that breaks off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resumes {
    /// Resumptions since the last byte.
    in_vain: u32,
    /// Resumptions so far.
    all: u32,
}

impl Resumes {
    /// Notes that bytes have come.
    pub const fn grew(&mut self) {
        self.in_vain = 0;
    }

    /// Returns how long to wait before the rest is asked for once more, `in_vain_max` times in a row
    /// without a byte of it; `None` where that is enough.
    pub fn next(&mut self, in_vain_max: u32, rng: &mut Rng) -> Option<Duration> {
        if !self.has_more(in_vain_max) {
            return None;
        }
        let wait = pause(self.in_vain, rng);
        self.in_vain += 1;
        self.all += 1;
        Some(wait)
    }

    /// Returns for how long a connection may be silent that brings the rest.
    #[must_use]
    pub fn patience(self, limits: &Limits) -> Duration {
        // Half of the time is for another try.
        let may_try = self.has_more(limits.resumes_max);
        if may_try { limits.idle_timeout / 2 } else { limits.idle_timeout }
    }

    /// Returns whether the rest may be asked for once more.
    #[must_use]
    pub const fn has_more(self, in_vain_max: u32) -> bool {
        self.in_vain < in_vain_max && self.all < RESUMES_MAX
    }
}

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
    /// Whether each request for it needs a validation.
    pub(super) must_validate: bool,
    /// When the silence since the last byte will have lasted for too long, whatever was tried.
    given_up_at: MonoTime,
    /// Whether the rest might be asked for.
    is_resumable: bool,
    resumes: Resumes,
}

impl Filling {
    pub(super) fn new(
        now: MonoTime,
        head: Arc<StoredHead>,
        length: Option<u64>,
        limits: &Limits,
    ) -> Self {
        let is_resumable = Rest::of(&head, 0, length).is_some();
        let mut filling = Self {
            head,
            length,
            len: 0,
            deadline: now,
            is_broken: false,
            must_validate: false,
            given_up_at: now,
            is_resumable,
            resumes: Resumes::default(),
        };
        filling.heard(now, limits);
        filling
    }

    /// Begins to wait anew.
    fn heard(&mut self, now: MonoTime, limits: &Limits) {
        self.given_up_at = now.after(limits.idle_timeout);
        let patience = match self.is_resumable {
            true => self.resumes.patience(limits),
            false => limits.idle_timeout,
        };
        self.deadline = now.after(patience);
    }

    /// Notes that `total` bytes have arrived.
    pub(super) fn grow(&mut self, now: MonoTime, total: u64, limits: &Limits) {
        if self.len < total {
            self.len = total;
            self.resumes.grew();
        }
        self.heard(now, limits);
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
        if !failure.may_pass() {
            return None;
        }
        let rest = Rest::of(&self.head, self.len, self.length)?;
        // From the last byte to the next it may take no longer than a pause.
        self.deadline = self.given_up_at;
        let at = now.after(self.resumes.next(limits.resumes_max, rng)?);
        if self.deadline <= at {
            return None;
        }
        self.is_broken = true;
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
