//! For which requests a rule is.

use crate::{Facts, Fault, Object, RuleError, rule::Given, value};
use dashpot_base::WallTime;
use std::{
    ops::{Range, RangeInclusive},
    time::Duration,
};

/// For which requests a rule is: all that is given must hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    /// What is asked for.
    pub on: Vec<Object>,
    /// Of which assets; empty for all.
    pub assets: Vec<String>,
    /// Of which Representations; empty for all.
    pub representations: Vec<String>,
    /// Which numbers; empty for all. What has no number counts by attempts.
    pub numbers: Vec<RangeInclusive<u64>>,
    /// Every so manieth number, counted as above, and how far beyond its multiples these are.
    pub every: Option<(u64, u64)>,
    /// Only as many attempts of a viewer at one URL.
    pub first: Option<u64>,
    /// How likely.
    pub probability: Option<f64>,
    /// Whether each viewer has draws of its own.
    pub draws_by_viewer: bool,
    /// The seed of its draws, where it is not that of all.
    pub seed: Option<u64>,
    /// For whom; empty for all.
    pub viewers: Vec<String>,
    /// From when.
    pub from: Option<WallTime>,
    /// Until when.
    pub until: Option<WallTime>,
    /// Only in a part of each cycle since 1970: its length, and from when to when.
    pub cycle: Option<(Duration, Range<Duration>)>,
}

impl Select {
    pub(crate) fn read(given: &Given<'_>, fault: &Fault) -> Result<Self, RuleError> {
        let on = given.read("on", value::objects)?.unwrap_or_else(|| vec![fault.usual()]);
        if let Some(object) = on.iter().find(|object| !fault.may_befall(**object)) {
            return Err(RuleError::Impossible { fault: fault.name(), object: object.name() });
        }
        let draws_by_viewer = given.read("draw", |text| match text {
            "request" => Some(false),
            "viewer" => Some(true),
            _ => None,
        })?;
        let probability = given.read("p", value::probability)?;
        if probability.is_none() && draws_by_viewer.is_some() {
            return Err(RuleError::Misplaced { name: "draw", with: "p" });
        }
        let up_to = |most: u64| move |text: &str| value::integer(text, 1..=most);
        Ok(Self {
            on,
            assets: given.read("asset", value::names)?.unwrap_or_default(),
            representations: given.read("rep", value::names)?.unwrap_or_default(),
            numbers: given.read("n", value::ranges)?.unwrap_or_default(),
            every: every(given)?,
            first: given.read("first", up_to(1_000))?,
            probability,
            draws_by_viewer: draws_by_viewer.unwrap_or(false),
            seed: given.read("seed", |text| value::integer(text, 0..=u64::MAX))?,
            viewers: given.read("viewer", value::names)?.unwrap_or_default(),
            from: given.read("from", value::unix_seconds)?,
            until: given.read("until", value::unix_seconds)?,
            cycle: cycle(given)?,
        })
    }

    /// Says whether a request is one of those, but for the draw.
    pub(crate) fn holds(&self, facts: &Facts<'_>) -> bool {
        let among = |names: &[String], name: Option<&str>| {
            names.is_empty() || name.is_some_and(|name| names.iter().any(|held| held == name))
        };
        let index = self.index(facts);
        self.on.contains(&facts.object)
            && among(&self.assets, Some(facts.asset))
            && among(&self.representations, facts.representation)
            && among(&self.viewers, Some(facts.viewer))
            && (self.numbers.is_empty() || index.is_some_and(|index| self.lists(index)))
            && self.every.is_none_or(|(every, shift)| {
                index.is_some_and(|at| at.checked_rem(every) == Some(shift))
            })
            && self.first.is_none_or(|first| facts.attempt <= first)
            && self.from.is_none_or(|from| from <= facts.now)
            && self.until.is_none_or(|until| facts.now < until)
            && self.cycle.as_ref().is_none_or(|(cycle, down)| is_down(facts.now, *cycle, down))
    }

    fn lists(&self, index: u64) -> bool {
        self.numbers.iter().any(|range| range.contains(&index))
    }

    /// Returns what counts: of segments the number, of all else how often it was asked for.
    fn index(&self, facts: &Facts<'_>) -> Option<u64> {
        match facts.object {
            Object::Segment | Object::Chunk => facts.number,
            Object::Mpd
            | Object::Init
            | Object::File
            | Object::Text
            | Object::Time
            | Object::Key
            | Object::Steering => Some(facts.attempt),
        }
    }
}

fn every(given: &Given<'_>) -> Result<Option<(u64, u64)>, RuleError> {
    let read = |name, least: u64| given.read(name, |text| value::integer(text, least..=1_000_000));
    match (read("every", 1)?, read("shift", 0)?) {
        (Some(every), shift) if shift.is_none_or(|shift| shift < every) => {
            Ok(Some((every, shift.unwrap_or(0))))
        }
        (None, None) => Ok(None),
        _ => Err(RuleError::Misplaced { name: "shift", with: "a greater `every`" }),
    }
}

fn cycle(given: &Given<'_>) -> Result<Option<(Duration, Range<Duration>)>, RuleError> {
    let (cycle, down) = (given.read("cycle", value::moved)?, given.read("down", value::moved)?);
    let after = given.read("after", value::moved)?;
    let misplaced = |name, with| Err(RuleError::Misplaced { name, with });
    match (cycle, down) {
        (None, None) if after.is_some() => misplaced("after", "`cycle` and `down`"),
        (None, None) => Ok(None),
        (Some(cycle), Some(down)) if down < cycle => {
            let from = after.unwrap_or_default();
            if cycle < from + down {
                return misplaced("after", "a longer `cycle`");
            }
            Ok(Some((cycle, from..from + down)))
        }
        (Some(_), Some(_)) => misplaced("down", "a longer `cycle`"),
        (Some(_), None) => misplaced("cycle", "`down`"),
        (None, Some(_)) => misplaced("down", "`cycle`"),
    }
}

fn is_down(now: WallTime, cycle: Duration, down: &Range<Duration>) -> bool {
    let since = now.since_epoch().as_nanos().checked_rem(cycle.as_nanos());
    since.is_some_and(|since| (down.start.as_nanos()..down.end.as_nanos()).contains(&since))
}
