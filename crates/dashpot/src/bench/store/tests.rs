use super::*;
use dashpot_net::Generator;
use dashpot_sim::{
    input::{Network, Vbr},
    sweep::Setup,
};
use std::time::Duration;

fn plan(rules: &[&str], traces: usize) -> Plan {
    let traces =
        Generator::parse(&format!("mixed,n={traces},seconds=60")).unwrap().traces().unwrap();
    Plan {
        rules: rules.iter().map(|&rule| rule.to_owned()).collect(),
        movies: vec![Vbr::parse("vbr,segments=8").unwrap().movie().unwrap()],
        networks: traces.into_iter().map(|(name, trace)| Network::new(name, trace)).collect(),
        setup: Setup::new(Duration::from_secs(25), 1),
    }
}

/// Plays `plan` into `folder`; returns how many sessions were there already, and the rows.
fn play(plan: &Plan, folder: &Path, threads: usize) -> (usize, String) {
    let mut store = Store::open(folder).unwrap();
    let kept = plan.play(&mut store, threads).unwrap();
    let path = store.finish(plan).unwrap();
    super::super::parquet::write(&path, &store.parquet()).unwrap();
    (kept, fs::read_to_string(path).unwrap())
}

#[test]
fn rows_and_parquet_are_the_same_bytes_with_one_two_and_seven_threads() {
    let plan = plan(&["throughput", "throughput:safety=0.8", "dynamic"], 100);
    assert!(BLOCKS_CROSSED < plan.len(), "the plan is to be more than a block");
    let mut first = None;
    for threads in [1, 2, 7] {
        let folder = tempfile::tempdir().unwrap();
        let (_, rows) = play(&plan, folder.path(), threads);
        let parquet = fs::read(folder.path().join("sessions.parquet")).unwrap();
        assert_eq!(rows.lines().count(), 1 + plan.len());
        let (expected_rows, expected) = first.get_or_insert((rows.clone(), parquet.clone()));
        assert_eq!(&rows, expected_rows, "{threads} threads");
        assert!(&parquet == expected, "{threads} threads: other Parquet");
    }
}

/// Sessions are played in blocks of 256.
const BLOCKS_CROSSED: usize = 256;

#[test]
fn what_was_played_is_kept_and_only_what_is_new_is_played() {
    let folder = tempfile::tempdir().unwrap();
    let few = plan(&["throughput", "bola"], 6);
    assert_eq!(play(&few, folder.path(), 1).0, 0);
    let (kept, rows) = play(&few, folder.path(), 1);
    assert_eq!(kept, 12);
    let more = plan(&["bola", "dynamic"], 9);
    let (kept, again) = play(&more, folder.path(), 1);
    assert_eq!(kept, 6);
    assert_ne!(rows, again);
    let fresh = tempfile::tempdir().unwrap();
    assert_eq!(play(&more, fresh.path(), 1).1, again);
}

#[test]
fn a_sudden_end_loses_only_what_was_not_whole() {
    let plan = plan(&["throughput", "bola"], 6);
    let whole = tempfile::tempdir().unwrap();
    let (_, expected) = play(&plan, whole.path(), 1);
    for (torn, kept_expected) in [("", 5), ("half a r", 5), ("0,1,2\n", 5)] {
        let folder = tempfile::tempdir().unwrap();
        drop(Store::open(folder.path()).unwrap());
        let five = expected.lines().take(6).map(|line| line.to_owned() + "\n").collect::<String>();
        fs::write(folder.path().join("sessions.part.csv"), five + torn).unwrap();
        let (kept, rows) = play(&plan, folder.path(), 2);
        assert_eq!((kept, rows == expected), (kept_expected, true), "{torn:?}");
    }
}

#[test]
fn rows_of_another_build_or_another_form_are_played_anew() {
    let plan = plan(&["throughput"], 3);
    let folder = tempfile::tempdir().unwrap();
    let (_, expected) = play(&plan, folder.path(), 1);
    fs::write(folder.path().join(BUILD), "0\n").unwrap();
    assert_eq!(play(&plan, folder.path(), 1), (0, expected.clone()));
    fs::write(folder.path().join("sessions.csv"), "some,thing\n1,2\n").unwrap();
    assert_eq!(play(&plan, folder.path(), 1), (0, expected));
}
