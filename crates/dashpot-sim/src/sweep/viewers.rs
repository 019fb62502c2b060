//! Several viewers of one film on one network.

use super::{Job, Played};
use crate::lab::{Lab, shared_observed};
use dashpot_abr::Rule;
use dashpot_qoe::Tracker;
use std::time::Duration;

/// Viewers come one after the other, so far apart: all at once would be all alike.
pub const APART: Duration = Duration::from_secs(2);

impl Job<'_> {
    /// Plays the session with as many viewers as [`Setup::viewers`](super::Setup::viewers) says,
    /// each of whom has a rule that `make` makes, and comes [`APART`] after the one before. They
    /// share the link and, where there is one, the cache. Their records are kept where they are wanted.
    /// There is no reaction: the link's rates are not what one of many could have.
    ///
    /// # Errors
    /// Where a rule cannot be made.
    pub fn play_together<E>(
        &self,
        make: impl Fn() -> Result<Box<dyn Rule>, E>,
        keep_records: bool,
    ) -> Result<Vec<Played>, E> {
        let labs = (0..self.setup.viewers)
            .map(|viewer| Ok(Lab { begins: APART * viewer, ..self.lab(make()?) }));
        let labs = labs.collect::<Result<Vec<_>, E>>()?;
        let mut seen = vec![(Tracker::new(), Vec::new()); labs.len()];
        let outcomes = shared_observed(labs, |viewer, record| {
            if let Some((tracker, records)) = seen.get_mut(viewer) {
                tracker.add(record);
                if keep_records {
                    records.push(record.clone());
                }
            }
        });
        let both = seen.into_iter().zip(outcomes);
        let played = both.map(|((tracker, records), outcome)| Played {
            records,
            ..self.played(tracker, outcome)
        });
        Ok(played.collect())
    }
}
