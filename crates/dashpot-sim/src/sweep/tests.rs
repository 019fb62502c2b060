use super::*;
use crate::input::Vbr;
use dashpot_net::Generator;

fn inputs() -> (Movie, Network) {
    let movie = Vbr::parse("vbr,segments=30").unwrap().movie().unwrap();
    let (name, trace) = Generator::parse("step,n=1").unwrap().traces().unwrap().remove(0);
    (movie, Network::new(name, trace))
}

const SETUP: Setup = Setup::new(Duration::from_secs(25), 1);

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
    let edge = Some(Edge::default());
    let live = |target, chunk| {
        let [target, chunk] = [target, chunk].map(Duration::from_millis);
        Job { setup: Setup { live: Some(Live { target, chunk }), ..SETUP }, ..job }
    };
    let with_edge = Job { setup: Setup { edge, ..SETUP }, ..job };
    let with_more = Job { setup: Setup { viewers: 2, ..SETUP }, ..job };
    let (near, far, whole) = (live(3_000, 500), live(4_000, 500), live(3_000, 0));
    assert_ne!(near.hash(), far.hash());
    assert_ne!(near.hash(), whole.hash());
    for other in [other_rule, other_seed, other_buffer, with_edge, with_more, near] {
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

#[test]
fn hits_and_misses_are_in_the_figures_and_the_rules_over_one_network_find_the_same_cache() {
    let (movie, network) = inputs();
    let edge = Some(Edge { viewers_before: 2, ..Edge::default() });
    let job = |rule| Job { rule, movie: &movie, network: &network, setup: Setup { edge, ..SETUP } };
    let ratio = |job: Job<'_>| {
        let measures = job.play(false).unwrap().measures;
        let (hits, bytes) = (measures.get(Metric::HitRatio), measures.get(Metric::ByteHitRatio));
        assert_eq!(hits.is_some(), bytes.is_some());
        hits
    };
    assert_eq!(ratio(Job { setup: SETUP, ..job("bola") }), None);
    let ratios = ["throughput", "bola", "cache-aware"].map(|rule| ratio(job(rule)).unwrap());
    assert!(ratios.iter().all(|ratio| (0.0..=1.0).contains(ratio)), "{ratios:?}");
    assert!(ratios.iter().any(|ratio| 0.0 < *ratio), "{ratios:?}");
    // Nobody came before, so that one who is alone finds nothing.
    let empty = Some(Edge { viewers_before: 0, ..Edge::default() });
    assert_eq!(ratio(Job { setup: Setup { edge: empty, ..SETUP }, ..job("bola") }), Some(0.0));
}

#[test]
fn viewers_of_one_network_leave_each_other_what_they_fetched() {
    let (movie, _) = inputs();
    let trace = dashpot_net::Trace::parse("1000,9000,20").unwrap();
    let network = Network::new("steady".to_owned(), trace);
    let edge = Some(Edge { viewers_before: 0, ..Edge::default() });
    let setup = Setup { edge, viewers: 4, ..SETUP };
    let job = Job { rule: "bb", movie: &movie, network: &network, setup };
    let together = job.play_together(|| dashpot_abr::parse(job.rule), false).unwrap();
    assert_eq!(together.len(), 4);
    let ratios = together.iter().map(|played| {
        assert_eq!(played.ended, "ended");
        assert_eq!(played.measures.get(Metric::ReactionSeconds), None);
        played.measures.get(Metric::HitRatio).unwrap()
    });
    let ratios = ratios.collect::<Vec<_>>();
    assert!(0.5 < ratios[1..].iter().sum::<f64>() / 3.0, "{ratios:?}");
    let alone = Job { setup: Setup { viewers: 1, ..setup }, ..job };
    let one = alone.play_together(|| dashpot_abr::parse(job.rule), true).unwrap();
    let Played { mut measures, records, .. } = alone.play(true).unwrap();
    measures.set(Metric::ReactionSeconds, None);
    assert_eq!((&one[0].measures, &one[0].records), (&measures, &records));
    assert!(together.iter().all(|played| played.records.is_empty()));
}

#[test]
fn live_sessions_have_a_latency_and_others_have_none() {
    let (movie, network) = inputs();
    let live = Live { target: Duration::from_secs(6), chunk: Duration::from_millis(500) };
    let setup = Setup { live: Some(live), ..SETUP };
    for rule in ["throughput", "l2a", "lolp"] {
        let job = Job { rule, movie: &movie, network: &network, setup };
        let played = job.play(true).unwrap();
        assert_eq!(played.ended, "ended", "{rule}");
        let latency = played.measures.get(Metric::LiveLatencySeconds).unwrap();
        assert!((5.5..20.0).contains(&latency), "{rule}: {latency}");
        assert_eq!(job.play(true).unwrap().records, played.records, "{rule}");
        let film = Job { setup: SETUP, ..job }.play(false).unwrap();
        assert_eq!(film.measures.get(Metric::LiveLatencySeconds), None, "{rule}");
        assert_eq!(film.measures.get(Metric::Nqoe), None, "{rule}");
    }
}
