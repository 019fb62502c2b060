//! Policies outside dashpot: programs that choose, and programs that train.

use crate::judges::{has, root};
use serde_json::Value;
use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Output, Stdio},
};

/// The binary, out of reach of the environment's own settings but for where programs are.
fn dashpot(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dashpot"));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.args(arguments).current_dir(root()).output().expect("the binary starts")
}

/// A sweep of a rule over a few short sessions.
fn bench(rule: &str, out: &Path, threads: &str) -> Output {
    dashpot(&[
        "bench",
        "--abr",
        rule,
        "--trace",
        "gen:lte,n=3",
        "--movie",
        "gen:vbr,segments=20",
        "--out",
        out.to_str().expect("a plain name"),
        "--threads",
        threads,
    ])
}

const BUFFER: &str = "exec:python3 examples/policy/buffer.py";

#[test]
fn a_program_plays_a_sweep_and_the_rows_do_not_depend_on_the_number_of_threads() {
    if !has("python3", "--version") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let rows = ["1", "3"].map(|threads| {
        let out = folder.path().join(threads);
        let output = bench(&format!("{BUFFER},bola"), &out, threads);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        fs::read_to_string(out.join("sessions.csv")).expect("rows")
    });
    assert_eq!(rows[0], rows[1]);
    let played = rows[0].lines().filter(|row| row.contains("buffer.py") && row.contains(",ended,"));
    assert_eq!(played.count(), 3);
}

#[test]
fn what_a_program_played_is_played_again_since_it_may_have_changed() {
    let folder = tempfile::tempdir().expect("a folder");
    let policy = folder.path().join("policy.sh");
    let rule = format!("exec:sh {}", policy.display());
    let rows = [0, 1].map(|rung| {
        let text = format!("while read line; do echo '{{\"version\":1,\"rung\":{rung}}}'; done");
        fs::write(&policy, text).expect("written");
        let output = bench(&rule, &folder.path().join("out"), "2");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        fs::read_to_string(folder.path().join("out/sessions.csv")).expect("rows")
    });
    assert_eq!(rows[0].lines().count(), rows[1].lines().count());
    assert_ne!(rows[0], rows[1]);
}

#[test]
fn a_sweep_ends_with_the_name_of_what_a_program_did_wrong() {
    let folder = tempfile::tempdir().expect("a folder");
    let check = |rule: &str, expected: &str| {
        let output = bench(rule, folder.path(), "2");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{rule}: {stderr}");
        assert!(stderr.contains(expected), "{rule}: {stderr}");
    };
    check("exec:", "`exec:` wants a command");
    check("exec:exit 1", "--abr exec:exit 1: it ended without an answer");
    check("exec:no-such-program-here", "it ended without an answer");
    check("exec:echo hello", "`hello` is no answer: expected value at line 1 column 1");
    check("exec:echo \"hello\"", "it may have no quotes; put the command into a script");
    let script = folder.path().join("wrong.sh");
    let text = "echo '{\"version\":1}'; read hello; read request; echo '{\"rung\":99}'";
    fs::write(&script, text).expect("written");
    check(&format!("exec:sh {}", script.display()), "the rule failed with `vbr-1` over `lte-1-000");
    check(&format!("exec:sh {}", script.display()), "rung 99 is not there: rungs are 0 to 5");
}

/// Whether `make onnx` has been run.
#[expect(clippy::print_stdout, reason = "whoever runs the tests should see what was skipped")]
fn networks_are_played() -> bool {
    let player = Path::new(env!("CARGO_BIN_EXE_dashpot")).with_file_name("dashpot-onnx");
    let is_there = player.is_file();
    if !is_there {
        println!("skipped: dashpot-onnx is not built (make onnx)");
    }
    is_there
}

/// Whether Python has these modules.
#[expect(clippy::print_stdout, reason = "whoever runs the tests should see what was skipped")]
fn has_modules(modules: &str) -> bool {
    let import = ["-c", &format!("import {modules}")];
    let imported = Command::new("python3").args(import).stderr(Stdio::null()).status();
    let are_there = imported.is_ok_and(|status| status.success());
    if !are_there {
        println!("skipped: Python or one of {modules} is not installed");
    }
    are_there
}

/// The figures of each row, without the columns that say who played.
fn figures(out: &Path) -> Vec<String> {
    let rows = fs::read_to_string(out.join("sessions.csv")).expect("rows");
    let figures = rows.lines().skip(1).map(|row| {
        let (_, figures) = row.split_once(",ended,").expect("a film that ended");
        figures.to_owned()
    });
    figures.collect()
}

#[test]
fn a_network_plays_by_itself_what_onnxruntime_makes_of_it() {
    if !networks_are_played() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let python = has_modules("numpy, onnxruntime");
    for network in ["onnx/tests/pensieve.onnx", "onnx/tests/vector.onnx"] {
        let play = |rule: &str, threads: &str| {
            let out = folder.path().join(rule.replace(['/', ' '], "-")).join(threads);
            let output = bench(rule, &out, threads);
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            figures(&out)
        };
        let played = play(&format!("onnx:{network}"), "1");
        assert_eq!(played.len(), 3);
        assert_eq!(played, play(&format!("onnx:{network}"), "3"));
        if python {
            let by_python = format!("exec:python3 examples/policy/network.py {network}");
            assert_eq!(played, play(&by_python, "1"), "{network}");
        }
    }
}

#[test]
fn a_network_that_cannot_play_ends_the_sweep_with_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let told = |rule: &str| {
        let output = bench(rule, folder.path(), "1");
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(told("onnx:absent.onnx").contains("there is no file `absent.onnx`"));
    let expected = if networks_are_played() { "1x9x9" } else { "make onnx" };
    let told = told("onnx:onnx/tests/square.onnx");
    assert!(told.contains(expected), "{told}");
}

#[test]
fn training_against_sessions_improves_the_reward_and_the_result_plays() {
    if !has("python3", "--version") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let weights = folder.path().join("weights.json");
    let train = Command::new("python3")
        .args(["examples/gym/train.py", "--rounds", "2", "--sessions", "4"])
        .args(["--movie", "gen:vbr,segments=20", "--binary", env!("CARGO_BIN_EXE_dashpot")])
        .arg("--out")
        .arg(&weights)
        .current_dir(root())
        .output()
        .expect("python3 runs");
    let text = String::from_utf8_lossy(&train.stdout).into_owned();
    assert!(train.status.success(), "{text}{}", String::from_utf8_lossy(&train.stderr));
    let last = text.lines().last().expect("a result");
    let reward = |before: &str| {
        let (head, _) = last.split_once(before).expect("both rewards");
        head.rsplit(' ').next().and_then(|word| word.parse::<f64>().ok()).expect("a number")
    };
    assert!(reward(" before") < reward(" after"), "{text}");
    let rule = format!("exec:python3 examples/gym/train.py --play {}", weights.display());
    let output = bench(&rule, &folder.path().join("out"), "2");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_environment_is_what_gymnasium_expects() {
    if !has_modules("gymnasium, numpy") {
        return;
    }
    let check = "import sys; sys.path.insert(0, 'examples/gym')\n\
        from dashpot_gym import Dashpot\n\
        from gymnasium.utils.env_checker import check_env\n\
        game = Dashpot(sys.argv[1], movie='gen:vbr,segments=5', traces=['gen:lte,n=2'])\n\
        check_env(game, skip_render_check=True)\n\
        game.close()";
    let checked = Command::new("python3")
        .args(["-c", check, env!("CARGO_BIN_EXE_dashpot")])
        .current_dir(root())
        .output()
        .expect("python3 runs");
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}

#[test]
fn a_program_plays_wherever_rules_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("policy.sh");
    let text = "while read line; do echo '{\"version\":1,\"rung\":1}'; done";
    fs::write(&script, text).expect("written");
    let rule = format!("exec:sh {}", script.display());
    let inputs = ["--abr", &rule, "--trace", "gen:lte,n=2", "--movie", "gen:vbr,segments=50"];
    let out = folder.path().join("out");
    let out = ["--out", out.to_str().expect("a plain name"), "--log", "1"];
    for flags in [&out[..], &["--oracle", "sabre"], &["--oracle", "pensieve"]] {
        let output = dashpot(&[&["bench"], &inputs[..], flags].concat());
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{flags:?}: {stderr}");
    }
    fs::write(&script, text.replace(":1}", ":9}")).expect("written");
    for flags in [&["--oracle", "sabre"], &["--oracle", "pensieve"]] {
        let output = dashpot(&[&["bench"], &inputs[..], flags].concat());
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains("rung 9 is not there"), "{stderr}");
    }
}

/// The names of the first column of a table of docs/policies.md whose head begins so.
fn documented(head: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join("docs/policies.md")).expect("the page");
    let (_, table) = text.split_once(&format!("| {head} |")).expect("a table");
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.split('`').nth(1).expect("a name").to_owned()).collect()
}

fn keys(value: &Value) -> Vec<String> {
    value.as_object().expect("an object").keys().cloned().collect()
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}

/// Lines of JSON of the page, those in which `word` stands.
fn examples(word: &str) -> Vec<Value> {
    let text = fs::read_to_string(root().join("docs/policies.md")).expect("the page");
    let lines = text.lines().filter(|line| line.starts_with('{') && line.contains(word));
    lines.map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn the_page_on_policies_has_every_field_there_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let seen = folder.path().join("seen.jsonl");
    let script = folder.path().join("policy.sh");
    let answer = "while read line; do echo '{\"version\":1,\"rung\":1}'; done";
    fs::write(&script, format!("tee -a '{}' | {answer}", seen.display())).expect("written");
    let output = bench(&format!("exec:sh {}", script.display()), &folder.path().join("out"), "1");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let seen = fs::read_to_string(seen).expect("requests");
    let seen = seen.lines().map(|line| serde_json::from_str(line).expect("JSON"));
    let seen = seen.collect::<Vec<Value>>();
    assert_eq!(examples(r#""kind":"hello""#), [seen[0].clone()]);
    let later = &seen[10];
    assert_eq!(sorted(documented("field of a request")), sorted(keys(later)));
    assert_eq!(sorted(documented("field of an arrival")), sorted(keys(&later["history"][0])));
    let decide = &examples(r#""kind":"decide""#)[0];
    assert_eq!(sorted(keys(decide)), sorted(keys(later)));
    assert_eq!(sorted(keys(&decide["history"][0])), sorted(keys(&later["history"][0])));
}

#[test]
fn the_page_on_policies_shows_what_a_gym_answers() {
    let requests = examples(r#""kind":"reset","n""#).into_iter().chain(examples(r#""actions""#));
    let requests = requests.map(|request| format!("{request}\n")).collect::<String>();
    let mut gym = Command::new(env!("CARGO_BIN_EXE_dashpot"))
        .arg("gym")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut stdin = gym.stdin.take().expect("piped");
    stdin.write_all(requests.as_bytes()).expect("written");
    drop(stdin);
    let output = gym.wait_with_output().expect("it ends");
    assert!(output.status.success());
    let answers = String::from_utf8(output.stdout).expect("UTF-8");
    let answers = answers.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let answers = answers.collect::<Vec<_>>();
    assert_eq!(
        (answers[0]["kind"].as_str(), answers[1]["kind"].as_str()),
        (Some("reset"), Some("step"))
    );
    assert_eq!(sorted(documented("field of a step's answer")), sorted(keys(&answers[1])));
    let mut shown = documented("field of a request");
    shown.retain(|name| name != "kind" && name != "id");
    assert_eq!(sorted(shown), sorted(keys(&answers[1]["observations"][0])));
    let asked = documented("field of a reset");
    for request in examples(r#""kind":"reset","n""#) {
        assert_eq!(sorted(asked.clone()), sorted(keys(&request)));
    }
}
