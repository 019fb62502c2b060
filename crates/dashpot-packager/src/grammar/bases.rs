//! The option of several base URLs.

use super::{Spec, Values, decimal};
use crate::address::is_name;

/// From which places the MPD has media.
pub const BASES: Spec = Spec {
    name: "bases",
    values: Values::Places,
    default: "the MPD's own",
    doc: "The MPD has a BaseURL for each of these pathways, with DVB's priority (by default its place in the list) and weight.",
};

pub(super) const FAMILY: &[Spec] = &[BASES];

/// A pathway among those of an MPD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its name.
    pub name: String,
    /// Which ones come before it: those with less.
    pub priority: u64,
    /// How often it is taken, of all of its priority.
    pub weight: u64,
}

/// Pathways that an MPD has.
const PLACES_MAX: usize = 16;
/// The highest priority and weight, which players keep in small numbers.
const RANK_MAX: u64 = 1_000;

/// Reads `east@1-70,west`: pathways, each by itself or with its priority and weight.
pub(super) fn places(text: &str) -> Option<Vec<Place>> {
    let all: Vec<Place> =
        (1..).zip(text.split(',')).map(|(at, one)| place(at, one)).collect::<Option<_>>()?;
    let twice = |at: usize| all[..at].iter().any(|before| before.name == all[at].name);
    (all.len() <= PLACES_MAX && !(1..all.len()).any(twice)).then_some(all)
}

fn place(at: u64, text: &str) -> Option<Place> {
    let rank = |text: &str| decimal(text).filter(|rank| (1..=RANK_MAX).contains(rank));
    let (name, ranks) =
        text.split_once('@').map_or((text, None), |(name, rest)| (name, Some(rest)));
    let (priority, weight) = match ranks {
        None => (at, 1),
        Some(ranks) => {
            let (priority, weight) = ranks.split_once('-')?;
            (rank(priority)?, rank(weight)?)
        }
    };
    is_name(name).then(|| Place { name: name.to_owned(), priority, weight })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&[(&str, u64, u64)]>) {
        let got = places(text);
        let got = got.as_ref().map(|all| {
            all.iter().map(|one| (one.name.as_str(), one.priority, one.weight)).collect::<Vec<_>>()
        });
        assert_eq!(got.as_deref(), expected, "{text}");
    }

    #[test]
    fn pathways_come_in_order_or_with_their_ranks() {
        check("a", Some(&[("a", 1, 1)]));
        check("a,b-1,c.x", Some(&[("a", 1, 1), ("b-1", 2, 1), ("c.x", 3, 1)]));
        check("a@1-70,b@1-30,c", Some(&[("a", 1, 70), ("b", 1, 30), ("c", 3, 1)]));
        for wrong in ["", "a,", "a,a", "a@", "a@1", "a@1-", "a@0-1", "a@1-0", "a@01-1", "a@1001-1"]
        {
            check(wrong, None);
        }
        let many = |count: u64| (0..count).map(|at| format!("p{at}")).collect::<Vec<_>>().join(",");
        assert!(places(&many(16)).is_some());
        check(&many(17), None);
    }
}
