//! Files that are not what was written: what is read is exactly that, or not there.

use std::fs;

use dashpot_base::{Rng, Seed};

use super::*;

/// Returns a number below `bound`.
fn below(rng: &mut Rng, bound: usize) -> usize {
    usize::try_from(rng.bits() % u64::try_from(bound).unwrap()).unwrap()
}

/// Damages `file` in one of the ways of disks, power cuts and people.
fn damage(file: &mut Vec<u8>, rng: &mut Rng) {
    let len = file.len();
    match rng.bits() % 6 {
        // A bit, anywhere or in the record.
        0 => file[below(rng, len)] ^= 1 << (rng.bits() % 8),
        1 => file[len - 1 - below(rng, 400)] ^= 1 << (rng.bits() % 8),
        // The end is missing, or was never written.
        2 => file.truncate(below(rng, len)),
        3 => {
            let from = below(rng, len);
            file[from..].fill(0);
        }
        // A sector of somebody else's.
        4 => {
            let from = below(rng, len);
            let until = len.min(from + 512);
            file[from..until].fill(0x5a);
        }
        // Something was appended.
        _ => file.extend_from_slice(&rng.bits().to_le_bytes()),
    }
}

#[tokio::test]
async fn a_thousand_damaged_files_yield_the_exact_bytes_or_nothing() {
    let mut tier = Tier::new(ByteSize::from_mib(10));
    let key = key("/a");
    let bodies = [bytes(1, 3_000), bytes(1, BODY_BYTES)];
    let objects = [object(&bodies[0], FRESH).await, object(&bodies[1], FRESH).await];
    tier.put(&key, None, &objects[0]);
    let mut rng = Rng::new(Seed(2_026));
    let (mut exact, mut absent) = (0, 0);
    for round in 0..1_000 {
        let (body, object) = (&bodies[round / 500], &objects[round / 500]);
        if round == 500 {
            tier.put(&key, None, object);
        }
        let path = tier.path(&key);
        let whole = fs::read(&path).unwrap();
        let mut file = whole.clone();
        damage(&mut file, &mut rng);
        fs::write(&path, &file).unwrap();
        if round % 20 == 0 {
            tier.restart();
        }
        match tier.body(&key).await {
            Some(read) => {
                assert!(read == *body, "round {round}");
                exact += 1;
                // So that the next round begins with what is whole.
                fs::write(&path, &whole).unwrap();
            }
            None => {
                absent += 1;
                tier.put(&key, None, object);
            }
        }
    }
    // Bytes appended behind a record that memory knows the place of are not looked at.
    assert!(100 < exact && 700 < absent, "{exact} {absent}");
}

#[tokio::test]
async fn an_end_at_any_time_of_a_write_leaves_the_old_or_the_new_and_nothing_else() {
    let mut tier = Tier::new(ByteSize::from_mib(10));
    let (key, old, new) = (key("/a"), bytes(1, BODY_BYTES), bytes(2, BODY_BYTES));
    tier.put(&key, None, &object(&old, FRESH).await);
    let old_path = tier.files().remove(0);
    let old_file = fs::read(&old_path).unwrap();
    tier.put(&key, None, &object(&new, FRESH).await);
    let new_path = tier.files().remove(0);
    let new_file = fs::read(&new_path).unwrap();
    let mut rng = Rng::new(Seed(7));
    for round in 0..24 {
        let cut = below(&mut rng, new_file.len());
        let aside = tier.root().join("tmp").join(new_path.file_name().unwrap());
        for path in tier.files() {
            fs::remove_file(path).unwrap();
        }
        fs::write(&old_path, &old_file).unwrap();
        let expected = match round % 4 {
            // While it is written aside.
            0 => {
                fs::write(&aside, &new_file[..cut]).unwrap();
                Some(&old)
            }
            // Before it is renamed.
            1 => {
                fs::write(&aside, &new_file).unwrap();
                Some(&old)
            }
            // Renamed, but its blocks never got to the device: the older file serves.
            2 => {
                fs::write(&new_path, &new_file[..cut]).unwrap();
                Some(&old)
            }
            // Before the older one is removed.
            _ => {
                fs::write(&new_path, &new_file).unwrap();
                Some(&new)
            }
        };
        tier.restart();
        assert!(tier.body(&key).await.as_ref() == expected, "round {round}");
        assert!(!aside.exists());
        tier.disk().close();
        assert_eq!(tier.files().len(), 1, "round {round}");
    }
}

#[tokio::test]
async fn a_file_of_another_key_or_none_is_not_served() {
    let mut tier = Tier::new(ByteSize::from_mib(10));
    for (path, body) in [("/a", b"aaaa"), ("/b", b"bbbb")] {
        tier.put(&key(path), None, &object(body, FRESH).await);
    }
    let files = tier.files();
    fs::copy(&files[0], &files[1]).unwrap();
    assert_eq!(tier.body(&key("/b")).await, None);
    fs::write(tier.root().join("00/not-a-number"), b"?").unwrap();
    fs::write(tier.root().join("00/00000000000000ff"), b"").unwrap();
    tier.restart();
    assert_eq!(tier.body(&key("/a")).await.as_deref(), Some(b"aaaa".as_slice()));
    assert_eq!(tier.files().len(), 1);
}
