use super::*;
use dashpot_sim::{
    input::{Movie, Network},
    sweep::Setup,
};
use serde_json::Map;
use std::path::PathBuf;

fn fixture(name: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/it/sabre");
    fs::read_to_string(folder.join(name)).unwrap()
}

fn plan(rules: &[&str], networks: &[&str]) -> Plan {
    let network = |name: &&str| {
        Network::read((*name).to_owned(), &fixture(name), None, Duration::ZERO).unwrap()
    };
    Plan {
        rules: rules.iter().map(|&rule| rule.to_owned()).collect(),
        movies: vec![Movie::read("a".to_owned(), &fixture("movie-a.json")).unwrap()],
        networks: networks.iter().map(network).collect(),
        setup: Setup::new(Duration::from_secs(25), 1),
    }
}

const fn how(threads: usize) -> How<'static> {
    How { threads, state: None, logs: None }
}

#[test]
fn one_session_of_sabres_is_one_object_with_sabres_names() {
    let plan = plan(&["bola"], &["net-0.json"]);
    let sessions = Oracle::Sabre.run(&plan, &how(1)).unwrap();
    let json = sessions.json(&plan).unwrap();
    assert!(json.starts_with("{\"buffer size\": 25000.0, \"total played utility\": "), "{json}");
    let found: Map<String, Value> = serde_json::from_str(&json).unwrap();
    // What Sabre prints of this film and network.
    for (name, expected) in [
        ("time average played utility", 2.428_664),
        ("time average played bitrate", 2_467.755_035),
        ("time average bitrate change", 833.125_284),
        ("total play time", 480.696_010),
        ("rampup time", 8.696_010),
    ] {
        let value = found[name].as_f64().unwrap();
        assert!((value - expected).abs() < 1e-6, "{name}: {value}, expected {expected}");
    }
    let text = sessions.text(&plan);
    assert!(text.contains("time average played utility") && text.contains("2.428664"), "{text}");
}

#[test]
fn several_sessions_are_a_line_each_whatever_the_threads() {
    let plan = plan(&["bola", "throughput"], &["net-0.json", "net-1.json", "net-2.json"]);
    for oracle in [Oracle::Sabre, Oracle::Pensieve] {
        let one = oracle.run(&plan, &how(1)).unwrap().json(&plan).unwrap();
        assert_eq!(one.lines().count(), 7);
        let told: Value = serde_json::from_str(one.lines().last().unwrap()).unwrap();
        let compared = oracle.compared().len();
        assert_eq!(told["means"].as_array().unwrap().len(), 2 * compared);
        for (of_rule, mean) in told["means"].as_array().unwrap().iter().enumerate() {
            assert_eq!(mean["abr"], plan.rules[of_rule % 2].as_str());
            let [low, high] = [0, 1].map(|end| mean["interval_95"][end].as_f64().unwrap());
            let mean = mean["mean"].as_f64().unwrap();
            assert!(low <= mean && mean <= high, "{low} {mean} {high}");
        }
        let differences = told["differences"].as_array().unwrap();
        assert_eq!(differences.len(), compared);
        assert!(differences.iter().all(|it| it["pairs"] == 3 && it["a"] == "bola"));
        let text = oracle.run(&plan, &how(1)).unwrap().text(&plan);
        assert!(text.contains("Means over traces with 95 % intervals"), "{text}");
        assert!(
            text.contains("bola and throughput are the same")
                || text.contains("than throughput")
                || text.contains("between bola and throughput"),
            "{text}"
        );
        for line in one.lines().take(6) {
            let object: Map<String, Value> = serde_json::from_str(line).unwrap();
            assert_eq!(object["film"], "a");
        }
        assert_eq!(oracle.run(&plan, &how(3)).unwrap().json(&plan).unwrap(), one, "{oracle:?}");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/oracle.csv");
        oracle.run(&plan, &how(1)).unwrap().save(&plan, &path).unwrap();
        assert_eq!(fs::read_to_string(path).unwrap().lines().count(), 7);
    }
}

#[test]
fn no_session_lacks_less_than_nothing_of_its_optimum() {
    let plan = plan(&["bb", "robust-mpc"], &["net-0.json", "net-1.json"]);
    let mut sessions = Oracle::Pensieve.run(&plan, &how(1)).unwrap();
    sessions.add_optima(&plan, 2).unwrap();
    let text = sessions.json(&plan).unwrap();
    let lines: Vec<Map<String, Value>> =
        text.lines().take(4).map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 4);
    for pair in lines.chunks(2) {
        assert_eq!(pair[0]["trace"], pair[1]["trace"]);
        assert_eq!(pair[0]["QoE_lin_optimum"], pair[1]["QoE_lin_optimum"]);
        for line in pair {
            let [own, best, lacking] = ["QoE_lin", "QoE_lin_optimum", "QoE_lin_lacking"]
                .map(|name| line[name].as_f64().unwrap());
            assert!(own <= best && (best - own - lacking).abs() < 1e-5, "{line:?}");
        }
    }
}

#[test]
fn what_was_learned_is_carried_from_trace_to_trace_where_it_is_asked_for() {
    let plan =
        plan(&["bb", "robust-mpc"], &["net-0.json", "net-1.json", "net-2.json", "net-3.json"]);
    let run = |state, threads| {
        let how = How { state, ..how(threads) };
        Oracle::Pensieve.run(&plan, &how).unwrap().figures
    };
    let (fresh, carried) = (run(Some(State::Fresh), 1), run(Some(State::Carried), 1));
    assert_eq!(run(None, 3), carried, "it is the default");
    assert_eq!(run(Some(State::Fresh), 3), fresh);
    // The first trace has nothing before it, and `bb` learns nothing.
    assert_eq!(fresh[..2], carried[..2]);
    assert!(fresh.iter().zip(&carried).step_by(2).all(|(fresh, carried)| fresh == carried));
    assert_ne!(fresh, carried);
    let how = How { state: Some(State::Carried), ..how(1) };
    let refused = Oracle::Sabre.run(&plan, &how).unwrap_err().to_string();
    assert!(refused.contains("is for --oracle pensieve"), "{refused}");
}
