use super::*;
use serde_json::{Value, json};

/// Returns the answers to these requests.
fn answers(requests: &[Value]) -> Vec<Value> {
    let requests: String = requests.iter().map(|request| format!("{request}\n")).collect();
    let mut written = Vec::new();
    serve(requests.as_bytes(), &mut written).unwrap();
    let text = String::from_utf8(written).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn reset(environment: &str, n: usize, seed: u64) -> Value {
    json!({"kind": "reset", "n": n, "seed": seed, "environment": environment,
           "traces": ["gen:lte,n=5"], "movie": "gen:vbr,segments=12"})
}

fn step(actions: &[usize]) -> Value {
    json!({"kind": "step", "actions": actions})
}

#[test]
fn sessions_go_on_by_one_segment_a_step_until_the_film_is_over() {
    // In Pensieve's environment nobody chooses the first chunk.
    for (environment, first) in [("player", 0), ("pensieve", 1)] {
        let steps = 12 - first;
        let mut requests = vec![reset(environment, 3, 7)];
        requests.extend((0..steps).map(|_| step(&[0, 1, 2])));
        requests.push(json!({"kind": "step", "actions": [null, null, null]}));
        let answers = answers(&requests);
        assert_eq!(answers[0]["version"], 1);
        for (index, answer) in answers[..steps].iter().enumerate() {
            for (session, shown) in answer["observations"].as_array().unwrap().iter().enumerate() {
                assert_eq!(shown["index"], index + first, "{environment}");
                let last = if index == 0 { json!(null) } else { json!(session) };
                let last = if index == 0 && first == 1 { json!(1) } else { last };
                assert_eq!(shown["last"], last, "{environment} {index}");
            }
        }
        for (index, answer) in answers[1..].iter().enumerate() {
            let is_over = steps <= index + 1;
            assert_eq!(answer["dones"], json!([is_over, is_over, is_over]), "{index}: {answer}");
        }
        // A session that is over is worth nothing more.
        assert_eq!(answers[steps + 1]["rewards"], json!([0.0, 0.0, 0.0]));
    }
}

#[test]
fn a_reward_is_the_qoe_of_the_segment_that_was_chosen() {
    let all = answers(&[reset("player", 1, 1), step(&[2]), step(&[2]), step(&[0])]);
    let rate = |rung: usize| all[0]["observations"][0]["ladder_kbps"][rung].as_f64().unwrap();
    let expected = [rate(2), rate(2), rate(0) - (rate(2) - rate(0))];
    for (answer, expected) in all[1..].iter().zip(expected) {
        let stalled_s = answer["infos"][0]["stalled_ms"].as_f64().unwrap() / 1e3;
        let reward = answer["rewards"][0].as_f64().unwrap();
        assert!((reward - (expected / 1e3 - 4.3 * stalled_s)).abs() < 1e-9, "{answer}");
    }
}

#[test]
fn the_same_seed_and_choices_give_the_same_bytes() {
    for environment in ["player", "pensieve"] {
        let mut requests = vec![reset(environment, 16, 3)];
        let actions =
            |at: usize| (0..16_usize).map(|session| (session * 7 + at * 3) % 6).collect::<Vec<_>>();
        requests.extend((0..11).map(|at| step(&actions(at))));
        let once = answers(&requests);
        assert_eq!(once, answers(&requests), "{environment}");
        // Nor does what was played before a reset change what follows.
        let twice = answers(&[&requests[..4], &requests[..]].concat());
        assert_eq!(once, twice[4..], "{environment}");
        requests[0] = reset(environment, 16, 4);
        assert_ne!(once[0], answers(&requests)[0], "{environment}");
    }
}

#[test]
fn what_is_wrong_is_told_and_the_sessions_stay_as_they_were() {
    let check = |request: Value, expected: &str| {
        let all = answers(&[reset("player", 2, 1), step(&[1, 1]), request, step(&[1, 1])]);
        let problem = all[2]["problem"].as_str().unwrap_or_default();
        assert!(problem.contains(expected), "{problem}");
        assert_eq!(all[3]["observations"][1]["index"], 2);
    };
    check(step(&[1]), "1 actions for 2 sessions");
    check(step(&[1, 6]), "session 1: rung 6 is not there: rungs are 0 to 5");
    check(json!({"kind": "step", "actions": [1, null]}), "session 1 is not over and has no action");
    check(json!({"kind": "reset", "n": 0}), "n is 1 to 1024");
    check(json!({"kind": "reset", "n": 1_000_000}), "n is 1 to 1024");
    check(json!({"kind": "reset", "buffer_ms": -1}), "buffer_ms is 1000 to 86400000");
    check(json!({"kind": "reset", "buffer": 1}), "unknown field `buffer`");
    check(json!({"kind": "reset", "movie": "gen:nothing"}), "gen:nothing");
    check(json!({"kind": "reset", "traces": ["/nowhere"]}), "/nowhere");
    check(json!({"kind": "jump"}), "unknown variant `jump`");
    check(json!([]), "this is no request");
    assert!(answers(&[step(&[0])])[0]["problem"].as_str().unwrap().contains("no reset"));
    let long = vec![b' '; 2 << 20];
    assert!(serve(&long[..], Vec::new()).is_err());
}
