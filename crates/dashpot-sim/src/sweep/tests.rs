use super::*;
use crate::input::Vbr;
use dashpot_net::Generator;

fn inputs() -> (Movie, Network) {
    let movie = Vbr::parse("vbr,segments=30").unwrap().movie().unwrap();
    let (name, trace) = Generator::parse("step,n=1").unwrap().traces().unwrap().remove(0);
    (movie, Network::new(name, trace))
}

const SETUP: Setup = Setup { buffer: Duration::from_secs(25), seed: 1 };

#[test]
fn a_session_is_played_to_its_end_and_measured() {
    let (movie, network) = inputs();
    for rule in dashpot_abr::names() {
        let played = Job { rule, movie: &movie, network: &network, setup: SETUP }.play(false);
        let played = played.unwrap();
        assert_eq!((played.ended, played.records.len()), ("ended", 0), "{rule}");
        let get = |metric| played.measures.get(metric);
        assert_eq!(get(Metric::PlayedSeconds), Some(120.0), "{rule}");
        let kbps = get(Metric::BitrateKbps).unwrap();
        assert!((300.0..=4_300.0).contains(&kbps), "{rule}: {kbps}");
        assert!(get(Metric::QoeLin).is_some() && get(Metric::QoeHd).is_some(), "{rule}");
    }
}

#[test]
fn the_hashes_tell_what_differs() {
    let (movie, network) = inputs();
    let job = Job { rule: "bola", movie: &movie, network: &network, setup: SETUP };
    let other_rule = Job { rule: "bola-o", ..job };
    let other_seed = Job { setup: Setup { seed: 2, ..SETUP }, ..job };
    let other_buffer = Job { setup: Setup { buffer: Duration::from_secs(9), ..SETUP }, ..job };
    let mut renamed = network.clone();
    renamed.name = "other".to_owned();
    assert_eq!(job.hash(), Job { network: &renamed, ..job }.hash());
    for other in [other_rule, other_seed, other_buffer] {
        assert_ne!(job.config_hash(), other.config_hash());
        assert_ne!(job.hash(), other.hash());
    }
    let rows = network.trace.rows().skip(1).copied();
    let shorter = Network::new(String::new(), dashpot_net::Trace::from_rows(rows).unwrap());
    let shorter = Job { network: &shorter, ..job };
    assert_eq!(job.config_hash(), shorter.config_hash());
    assert_ne!(job.hash(), shorter.hash());
}

#[test]
fn a_list_of_rules_keeps_parameters_with_their_rule() {
    let check = |text: &str, expected: &[&str]| assert_eq!(split_rules(text), expected, "{text}");
    check("a,b", &["a", "b"]);
    check("a:x=1,y=2,b,c:z=3", &["a:x=1,y=2", "b", "c:z=3"]);
    check("a:x=1,b:y=2", &["a:x=1", "b:y=2"]);
    check(" a , ,b ", &["a", "b"]);
    // Not a parameter of anything: it is left for the parser of rules to refuse.
    check("a,y=2", &["a", "y=2"]);
    check("", &[]);
}
