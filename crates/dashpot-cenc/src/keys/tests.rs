//! The same secret has the same keys, another one has others, and none is ever shown.

use super::*;
use proptest::prelude::*;

fn keys(seed: u8) -> Keys {
    Keys::new([seed; 32], BTreeMap::new())
}

const PURPOSE: Purpose<'_> =
    Purpose { asset: "film", fingerprint: 7, scheme: Scheme::Cenc, period: 0 };

#[test]
fn every_part_of_a_purpose_makes_another_key() {
    let (id, key) = keys(1).key(&PURPOSE);
    assert_eq!((id, key), keys(1).key(&PURPOSE));
    let others = [
        keys(2).key(&PURPOSE),
        keys(1).key(&Purpose { asset: "clip", ..PURPOSE }),
        keys(1).key(&Purpose { fingerprint: 8, ..PURPOSE }),
        keys(1).key(&Purpose { scheme: Scheme::Cbcs, ..PURPOSE }),
        keys(1).key(&Purpose { period: 1, ..PURPOSE }),
    ];
    for (other_id, other) in others {
        assert_ne!(other_id, id);
        assert_ne!(other, key);
    }
}

#[test]
fn a_licence_is_for_keys_of_ones_own_alone() {
    let (id, key) = keys(1).key(&PURPOSE);
    assert_eq!(keys(1).licence(&id), Some(key));
    assert_eq!(keys(2).licence(&id), None, "of another server");
    assert_eq!(keys(1).licence(&[0; 16]), None, "made up");
}

#[test]
fn given_keys_take_turns_and_are_known_by_name() {
    let one = Given { id: [1; 16], key: ContentKey([0xa1; 16]) };
    let two = Given { id: [2; 16], key: ContentKey([0xa2; 16]) };
    let given = BTreeMap::from([("film".to_owned(), vec![one.clone(), two.clone()])]);
    let keys = Keys::new([1; 32], given);
    for (period, given) in [(0, &one), (1, &two), (2, &one)] {
        assert_eq!(keys.key(&Purpose { period, ..PURPOSE }), (given.id, given.key));
    }
    assert_eq!(keys.licence(&two.id), Some(two.key));
    assert_ne!(keys.key(&Purpose { asset: "clip", ..PURPOSE }).0, one.id);
    assert_ne!(keys.fingerprint(b""), self::keys(1).fingerprint(b""));
    assert_ne!(keys.fingerprint(b""), keys.fingerprint(b"pssh"));
    let shown = format!("{keys:?} {one:?} {keys:#?}");
    assert!(!shown.contains("161") && !shown.contains("a1"), "{shown}");
}

proptest! {
    #[test]
    fn no_key_and_no_secret_is_ever_shown(secret in any::<[u8; 32]>(), period in 0..9_u64) {
        let keys = Keys::new(secret, BTreeMap::new());
        let (_, key) = keys.key(&Purpose { period, ..PURPOSE });
        prop_assert_eq!(format!("{keys:?}"), "Keys { given: [], .. }");
        prop_assert_eq!(format!("{key:?}"), "ContentKey(..)");
    }
}
