//! The function at the centre: rules, a seed and a request in, what goes wrong out.

use crate::{Facts, Fault, Object, Rule};
use dashpot_base::{Rng, Seed};
use std::fmt::Write as _;
use xxhash_rust::xxh3::Xxh3;

/// One fault that a request meets.
#[derive(Clone, Debug, PartialEq)]
pub struct Injection {
    /// The rule it comes from.
    pub rule: String,
    /// What goes wrong.
    pub fault: Fault,
    /// What decides whatever the fault leaves open, such as which bytes are flipped.
    pub seed: Seed,
}

/// All faults that a request meets, in the order of their rules.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// The faults; of one kind there is one at most.
    pub injections: Vec<Injection>,
}

impl Plan {
    /// Returns the milliseconds by which the clock is moved that the answer is made by.
    #[must_use]
    pub fn clock_moved_ms(&self) -> i64 {
        let moves = self.injections.iter().map(|injection| injection.fault.clock_moved_ms());
        moves.fold(0, i64::saturating_add)
    }

    /// Returns the plan as a list structured field (RFC 9651 §3.1): each fault a token, with what
    /// it comes to as parameters.
    #[must_use]
    pub fn to_field(&self) -> String {
        let mut out = String::new();
        for Injection { rule, fault, .. } in &self.injections {
            if !out.is_empty() {
                out.push_str(", ");
            }
            out.push_str(fault.name());
            let written = match *fault {
                Fault::Status { code, .. } => write!(out, ";code={code}"),
                Fault::Delay(span) | Fault::Stall { span, .. } => {
                    write!(out, ";ms={}", span.as_millis())
                }
                Fault::Rate(rate) => write!(out, ";bps={}", rate.bps()),
                Fault::Flip { bytes } => write!(out, ";bytes={bytes}"),
                Fault::Length { by } => write!(out, ";bytes={by}"),
                Fault::Redirect { hops } => write!(out, ";hops={hops}"),
                Fault::Stale(_) | Fault::Skew(_) | Fault::Early(_) | Fault::Late(_) => {
                    write!(out, ";ms={}", fault.clock_moved_ms())
                }
                Fault::Truncate { .. } | Fault::Reset { .. } | Fault::Missing | Fault::Gap => {
                    Ok(())
                }
            };
            // Writing to a string cannot fail. Ids have no letter that a string would escape.
            written.and_then(|()| write!(out, ";rule=\"{rule}\"")).unwrap_or_default();
        }
        out
    }
}

/// Returns what goes wrong with a request.
///
/// Each draw is a function of the seed, the rule and what is asked for; it does not matter which
/// other requests came before. Of two rules with faults of one kind the first counts.
pub fn decide<'a>(
    rules: impl IntoIterator<Item = &'a Rule>,
    seed: Seed,
    facts: &Facts<'_>,
) -> Plan {
    let mut plan = Plan::default();
    for rule in rules {
        let name = rule.fault.name();
        if plan.injections.iter().any(|held| held.fault.name() == name) {
            continue;
        }
        if !is_left(&rule.fault, facts) || !rule.select.holds(facts) {
            continue;
        }
        let seed = draw_of(rule, rule.select.seed.map_or(seed, Seed), facts);
        let drawn = |likely: f64| Rng::new(seed).unit() < likely;
        if rule.select.probability.is_none_or(drawn) {
            plan.injections.push(Injection { rule: rule.id.clone(), fault: rule.fault, seed });
        }
    }
    plan
}

/// Says whether there is something left of a fault: a chain of redirects ends.
const fn is_left(fault: &Fault, facts: &Facts<'_>) -> bool {
    !matches!(fault, Fault::Redirect { hops } if *hops <= facts.hops)
}

/// Returns the seed of one request's draw.
fn draw_of(rule: &Rule, seed: Seed, facts: &Facts<'_>) -> Seed {
    let mut hash = Xxh3::with_seed(seed.0);
    // Each text ends with a byte that none of them has, so that no two requests come to the same.
    for text in [
        rule.to_text().as_str(),
        facts.object.name(),
        facts.asset,
        facts.representation.unwrap_or_default(),
        if rule.select.draws_by_viewer { facts.viewer } else { "" },
    ] {
        hash.update(text.as_bytes());
        hash.update(&[0xff]);
    }
    // What a gap is, the MPD says before anybody asks: it is the same at every attempt.
    let is_told = matches!(rule.fault, Fault::Gap | Fault::Missing);
    let attempt = if is_told { 1 } else { facts.attempt };
    let index = match facts.object {
        Object::Segment | Object::Chunk => facts.number.or(facts.time),
        Object::Mpd
        | Object::Init
        | Object::File
        | Object::Text
        | Object::Time
        | Object::Key
        | Object::Steering => None,
    };
    hash.update(&index.unwrap_or(u64::MAX).to_le_bytes());
    hash.update(&attempt.to_le_bytes());
    Seed(hash.digest())
}

#[cfg(test)]
mod tests;
