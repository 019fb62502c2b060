//! Every help text in one file, so that a change of what people read is seen.

use std::{fmt::Write as _, process::Command};

#[test]
fn the_help_texts_are_these() {
    let mut texts = String::new();
    for command in [
        "",
        "up",
        "origin",
        "edge",
        "dns",
        "dns serve",
        "dns resolver",
        "dns resolve",
        "dns keygen",
        "balance l4",
        "purge",
        "prefill",
        "play",
        "explain",
        "bench",
        "gym",
        "ingest",
    ] {
        let mut dashpot = Command::new(env!("CARGO_BIN_EXE_dashpot"));
        // Nothing from outside may change a default that help shows.
        dashpot.env_clear().args(command.split_whitespace()).arg("--help");
        let output = dashpot.output().expect("dashpot runs");
        assert!(output.status.success() && output.stderr.is_empty(), "{command}: {output:?}");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        writeln!(texts, "$ dashpot {command} --help\n{text}").expect("text");
    }
    expect_test::expect_file!["help.txt"].assert_eq(&texts);
}
