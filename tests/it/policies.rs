//! Policies outside dashpot: programs that choose, and programs that train.

use crate::judges::root;
use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

/// The binary, out of reach of the environment's own settings but for where programs are.
fn dashpot(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dashpot"));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.args(arguments).current_dir(root()).output().expect("the binary starts")
}

fn is_there(program: &str) -> bool {
    let there = Command::new(program).arg("--version").output().is_ok();
    if !there {
        println!("skipped: there is no {program}");
    }
    there
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
    if !is_there("python3") {
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
