//! What the policies do, by hand and against models that are too simple to be wrong.

use proptest::prelude::*;

use crate::{Entry, Id, Lru, Policy, Sieve};

/// One step of a sequence written as text: `a` asks for `a` and inserts it where it is absent,
/// `-a` removes it. Three entries fit. Returns who left, in order.
fn leavers(mut policy: impl Policy, steps: &str) -> String {
    let mut left = String::new();
    for step in steps.split_whitespace() {
        let (name, is_removal) = step.strip_prefix('-').map_or((step, false), |name| (name, true));
        let id = Id::from(name.as_bytes()[0]);
        if is_removal {
            policy.remove(id);
        } else if !policy.touch(id) {
            while let Some(Entry { id, .. }) = policy.evict_for(1, 3) {
                left.push(char::from(u8::try_from(id).unwrap()));
            }
            policy.insert(id, 1);
        }
    }
    left
}

#[test]
fn lru_evicts_what_was_not_used_for_longest() {
    for (steps, expected) in [
        ("a b c", ""),
        ("a b c d", "a"),
        ("a b c a d e", "bc"),
        ("a b c b a d e f", "cba"),
        ("a b c -a d e", "b"),
        ("a b c -c d a e", "b"),
    ] {
        assert_eq!(leavers(Lru::default(), steps), expected, "{steps}");
    }
}

#[test]
fn sieve_spares_what_was_used_since_the_hand_came_by() {
    for (steps, expected) in [
        ("a b c d", "a"),
        // The hand passes a, which stays where it is, and goes on from c.
        ("a b c a d e", "bc"),
        // Everything was used: the hand clears all marks and comes back to the oldest.
        ("a b c a b c d", "a"),
        ("a b c a b c d e", "ab"),
        // a was spared once and not used since, but the hand is beyond it.
        ("a b c a d e f", "bcd"),
        ("a b c a d e f a g h", "bcdef"),
        // What the hand points at is removed: it goes on with the next.
        ("a b c a d -c e f", "bd"),
        ("a b c -a d e", "b"),
    ] {
        assert_eq!(leavers(Sieve::default(), steps), expected, "{steps}");
    }
}

#[test]
fn inserting_again_changes_the_weight_and_counts_as_a_use() {
    let policies: [Box<dyn Policy>; 2] = [Box::new(Lru::default()), Box::new(Sieve::default())];
    for mut policy in policies {
        policy.insert(1, 10);
        policy.insert(2, 5);
        policy.insert(1, 3);
        assert_eq!((policy.len(), policy.weight()), (2, 8), "{policy:?}");
        assert_eq!(policy.evict(), Some(Entry { id: 2, weight: 5 }));
        assert_eq!((policy.remove(1), policy.remove(1)), (Some(3), None));
        assert_eq!((policy.is_empty(), policy.evict()), (true, None));
    }
}

/// A line of entries, the oldest first, searched from end to end.
#[derive(Default)]
struct Naive {
    line: Vec<(Entry, bool)>,
    hand: usize,
}

#[derive(Clone, Copy, Debug)]
enum Call {
    Insert(Id, u64),
    Touch(Id),
    Remove(Id),
    Evict,
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let id = 0..12_u128;
    let call = prop_oneof![
        4 => (id.clone(), 0..50_u64).prop_map(|(id, weight)| Call::Insert(id, weight)),
        4 => id.clone().prop_map(Call::Touch),
        1 => id.prop_map(Call::Remove),
        2 => Just(Call::Evict),
    ];
    proptest::collection::vec(call, 0..200)
}

impl Naive {
    fn position(&self, id: Id) -> Option<usize> {
        self.line.iter().position(|(entry, _)| entry.id == id)
    }

    fn take(&mut self, at: usize) -> Entry {
        if at < self.hand {
            self.hand -= 1;
        }
        self.line.remove(at).0
    }

    fn lru(&mut self, call: Call) -> Option<Entry> {
        match call {
            Call::Insert(id, weight) => {
                if let Some(at) = self.position(id) {
                    self.take(at);
                }
                self.line.push((Entry { id, weight }, false));
                None
            }
            Call::Touch(id) => {
                let at = self.position(id)?;
                let used = self.line.remove(at);
                self.line.push(used);
                None
            }
            Call::Remove(id) => self.position(id).map(|at| self.take(at)),
            Call::Evict => (!self.line.is_empty()).then(|| self.take(0)),
        }
    }

    fn sieve(&mut self, call: Call) -> Option<Entry> {
        match call {
            Call::Insert(id, weight) => {
                match self.position(id) {
                    Some(at) => self.line[at] = (Entry { id, weight }, true),
                    None => self.line.push((Entry { id, weight }, false)),
                }
                None
            }
            Call::Touch(id) => {
                let at = self.position(id)?;
                self.line[at].1 = true;
                None
            }
            Call::Remove(id) => {
                let removed = self.position(id).map(|at| self.take(at));
                self.wrap();
                removed
            }
            Call::Evict => {
                if self.line.is_empty() {
                    return None;
                }
                while std::mem::take(&mut self.line[self.hand].1) {
                    self.hand = (self.hand + 1) % self.line.len();
                }
                let evicted = self.line.remove(self.hand).0;
                self.wrap();
                Some(evicted)
            }
        }
    }

    /// Beyond the newest comes the oldest, at once: what is inserted later is not next.
    fn wrap(&mut self) {
        if self.line.len() <= self.hand {
            self.hand = 0;
        }
    }

    fn weight(&self) -> u64 {
        self.line.iter().map(|(entry, _)| entry.weight).sum()
    }
}

fn real(policy: &mut impl Policy, call: Call) -> Option<Entry> {
    match call {
        Call::Insert(id, weight) => {
            policy.insert(id, weight);
            None
        }
        Call::Touch(id) => {
            policy.touch(id);
            None
        }
        Call::Remove(id) => policy.remove(id).map(|weight| Entry { id, weight }),
        Call::Evict => policy.evict(),
    }
}

proptest! {
    #[test]
    fn lru_does_what_the_model_does(calls in calls()) {
        let (mut policy, mut model) = (Lru::default(), Naive::default());
        for call in calls {
            prop_assert_eq!(real(&mut policy, call), model.lru(call));
            prop_assert_eq!((policy.len(), policy.weight()), (model.line.len(), model.weight()));
        }
    }

    #[test]
    fn sieve_does_what_the_model_does(calls in calls()) {
        let (mut policy, mut model) = (Sieve::default(), Naive::default());
        for call in calls {
            prop_assert_eq!(real(&mut policy, call), model.sieve(call));
            prop_assert_eq!((policy.len(), policy.weight()), (model.line.len(), model.weight()));
        }
    }

    #[test]
    fn a_cache_that_makes_room_is_never_above_its_capacity(
        asked in proptest::collection::vec((0..30_u128, 1..50_u64), 0..200),
        capacity in 50..300_u64,
    ) {
        let (mut lru, mut sieve) = (Lru::default(), Sieve::default());
        let policies: [&mut dyn Policy; 2] = [&mut lru, &mut sieve];
        for policy in policies {
            for &(id, weight) in &asked {
                if !policy.touch(id) {
                    while policy.evict_for(weight, capacity).is_some() {}
                    policy.insert(id, weight);
                }
                prop_assert!(policy.weight() <= capacity);
            }
        }
    }
}
