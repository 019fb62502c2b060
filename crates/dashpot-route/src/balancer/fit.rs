//! Who is fit to have a request, and what that follows from.

use super::Balancer;
use crate::{Mode, Reason, outlier::Outliers, rule::Total};
use dashpot_base::MonoTime;
use std::time::Duration;

/// Steps in which a server that came back grows to its share: finer ones nobody would notice.
const SLOW_START_STEPS: u32 = 100;

impl Balancer {
    /// Finds who is fit, where that may have changed.
    pub(super) fn refresh(&mut self, now: MonoTime) {
        if now < self.stale_at {
            return;
        }
        if let Some(outliers) = &mut self.outliers {
            outliers.sweep(now);
        }
        let mut stale_at = self.outliers.as_ref().map_or(FAR, Outliers::wake_at);
        let (mut able, mut well, mut unprobed) = (0_u32, 0_u32, 0_u32);
        for index in 0..self.servers.len() {
            let against = self.against(now, index);
            let side = &mut self.sides[index];
            side.against = against;
            able += u32::from(against != Some(Reason::Drained));
            well += u32::from(against.is_none());
            unprobed += u32::from(against == Some(Reason::Unprobed));
            let share = side.health.as_ref().map_or(1.0, |health| health.share(now));
            self.servers[index].share = share;
            if share < 1.0 {
                let slow_start = self.settings.health.map_or(Duration::ZERO, |it| it.slow_start);
                stale_at = stale_at.min(now.after(slow_start / SLOW_START_STEPS));
            }
            let back = self.outliers.as_ref().and_then(|it| it.ejected_until(now, index));
            stale_at = back.map_or(stale_at, |back| stale_at.min(back));
        }
        // Those of which nothing is known do not count against the pool: a start is no disaster.
        let least = self.settings.panic_ratio * f64::from(able);
        self.mode = if f64::from(well + unprobed) < least {
            Mode::Panic
        } else if well == 0 && unprobed != 0 {
            Mode::Unprobed
        } else {
            Mode::Normal
        };
        self.stale_at = stale_at;
        self.sum_up();
    }

    fn sum_up(&mut self) {
        self.fit.clear();
        self.total = Total::default();
        for (index, (server, side)) in self.servers.iter_mut().zip(&self.sides).enumerate() {
            server.is_fit = match self.mode {
                Mode::Normal => side.against.is_none(),
                Mode::Unprobed => side.against == Some(Reason::Unprobed),
                Mode::Panic => side.against != Some(Reason::Drained),
            };
            if server.is_fit {
                self.fit.push(index);
                self.total.in_flight += u64::from(server.in_flight);
                self.total.weight += u64::from(server.weight);
                self.total.heaviest = self.total.heaviest.max(server.weight);
            }
        }
    }
}

/// A time that never comes.
const FAR: MonoTime = MonoTime::from_nanos(u64::MAX);
