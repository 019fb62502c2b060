//! A choice with its reasons.

use super::Balancer;
use crate::{By, Candidate, Choice, Reason, Request, rule::Seen};

impl Balancer {
    /// Returns the record of a choice that has been made.
    pub(super) fn told(
        &self,
        request: &Request<'_>,
        seen: &Seen,
        chosen: Option<usize>,
        by: By,
    ) -> Choice {
        let (mut candidates, mut excluded) = (Vec::new(), Vec::new());
        for (index, (server, side)) in self.servers.iter().zip(&self.sides).enumerate() {
            let refused = seen.refused.iter().find(|(refused, _)| *refused == index);
            let reason = if request.tried.contains(&index) {
                Some(Reason::Tried)
            } else if server.is_fit {
                refused.map(|(_, reason)| *reason).filter(|_| chosen != Some(index))
            } else {
                side.against
            };
            let score = seen.scores.iter().find(|(scored, _)| *scored == index);
            match reason {
                Some(reason) => excluded.push((server.id.clone(), reason)),
                None => candidates.push(Candidate {
                    id: server.id.clone(),
                    score: score.map(|(_, score)| *score),
                }),
            }
        }
        Choice {
            candidates,
            excluded,
            rule: self.rule.name().to_owned(),
            key: self.rule.key().filter(|_| by == By::Rule).map(|key| key.text(request)),
            slot: seen.slot,
            mode: self.mode,
            by,
            chosen: chosen.map(|index| self.servers[index].id.clone()).into_iter().collect(),
        }
    }
}
