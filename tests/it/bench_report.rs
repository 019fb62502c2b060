//! What `dashpot bench` leaves behind for people: the page, the comparison with real time, the log.

use serde_json::Value;
use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

fn dashpot(folder: &Path, args: &[&str]) -> Output {
    let mut dashpot = Command::new(env!("CARGO_BIN_EXE_dashpot"));
    dashpot.env_clear().current_dir(folder).args(args);
    dashpot.output().expect("dashpot runs")
}

fn done(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_page_holds_all_it_shows_and_its_figures_are_files_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let args = ["bench", "--abr", "throughput,bola", "--trace", "gen:step,n=4", "--out", "out"];
    let told = done(&dashpot(folder.path(), &args));
    assert!(told.contains("report.html"), "{told}");
    let read = |name: &str| fs::read_to_string(folder.path().join("out").join(name));
    let page = read("report.html").expect("a page");
    // The first thing to be read is which rule to pick.
    let verdict = told.lines().find(|line| line.contains("highest mean")).expect("a verdict");
    assert!(page.contains(verdict), "{verdict}");
    for figure in ["qoe_lin", "bitrate_kbps", "stall_ratio", "switches_per_min", "differences"] {
        let svg = read(&format!("figures/{figure}.svg")).expect("a figure");
        assert!(page.contains(&svg), "{figure}");
        let png = fs::read(folder.path().join(format!("out/figures/{figure}.png")));
        assert!(png.expect("a bitmap").starts_with(b"\x89PNG\r\n"), "{figure}");
    }
    for outside in ["src=", "href=", "url(", "@import", "<script"] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn real_sessions_play_what_virtual_ones_do() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("steady.csv"), "1000,4000,10\n").expect("a trace");
    let args = ["bench", "--real", "--abr", "throughput", "--trace", "steady.csv"];
    let output =
        dashpot(folder.path(), &[&args[..], &["--length", "4s", "--format", "json"]].concat());
    // On a machine that is busy the two may differ, which the exit code says; both are there.
    assert!(matches!(output.status.code(), Some(0 | 1)), "{output:?}");
    let all: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(Some(i32::from(all["agrees"] != true)), output.status.code());
    let session = &all["sessions"][0];
    assert_eq!((&session["rule"], &session["trace"]), (&"throughput".into(), &"steady".into()));
    for time in ["virtual", "real"] {
        assert_eq!(session[time]["played_s"], 4.0, "{time}");
        assert!(0.0 < session[time]["bitrate_kbps"].as_f64().expect("a rate"), "{time}");
    }
}

#[test]
fn real_time_needs_what_is_played_there() {
    let folder = tempfile::tempdir().expect("a folder");
    for (args, expected) in [
        (["bench", "--real", "--movie", "gen:vbr"], "cannot be used with"),
        (["bench", "--length", "4s", "--abr=bola"], "--real"),
    ] {
        let output = dashpot(folder.path(), &args);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && told.contains(expected), "{args:?}: {told}");
    }
}
