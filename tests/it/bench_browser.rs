//! `dashpot bench --browser`: dash.js in Chromium, beside our own rules.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

fn bench(words: &str) -> Command {
    let mut dashpot = Command::new(env!("CARGO_BIN_EXE_dashpot"));
    dashpot.arg("bench").args(words.split_whitespace());
    dashpot
}

fn run(mut command: Command) -> Output {
    command.output().expect("dashpot runs")
}

fn error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Says why the test cannot run here, where it cannot.
fn missing() -> Option<&'static str> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let is_there = |name| Command::new(name).arg("--version").output().is_ok();
    if !names.into_iter().any(is_there) {
        return Some("no Chromium on PATH (Debian: apt-get install chromium)");
    }
    (!page().is_file()).then_some("the web page is not built (make web)")
}

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/dist/bench.html")
}

#[test]
fn dash_js_plays_over_the_same_links_and_stands_in_the_same_files() {
    if let Some(why) = missing() {
        println!("skipped: {why}");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (out, temporary) = (folder.path().join("out"), folder.path().join("tmp"));
    fs::create_dir(&temporary).expect("a folder");
    let mut command = bench(&format!(
        "--browser --abr dashjs,dash.js,dash.js:abr=bola,buffer=own --length 3s --trace gen:step,n=1 \
         --out {} --log dash.js/*",
        out.display()
    ));
    command.env("TMPDIR", &temporary);
    let output = run(command);
    assert_eq!(output.status.code(), Some(0), "{}", error(&output));
    let text = String::from_utf8_lossy(&output.stdout);
    for words in ["3 rules x 1 trace x 1 film = 3 sessions", "dash.js 5.", "dash.js:abr=bola"] {
        assert!(text.contains(words), "{words} in {text}");
    }
    let rows = fs::read_to_string(out.join("sessions.csv")).expect("rows");
    let (names, rows) = rows.split_once('\n').expect("a header");
    let place = names.split(',').rev().position(|name| name == "played_s").expect("a column");
    let rows: Vec<_> = rows.lines().collect();
    assert_eq!(rows.len(), 3, "{rows:?}");
    for (row, version) in rows.iter().zip(["", " dash.js 5.", " dash.js 5."]) {
        assert!(row.contains(&format!("{}{version}", env!("CARGO_PKG_VERSION"))), "{row}");
        assert!(row.contains(",film,step-1-0000,ended,"), "{row}");
        let played = row.rsplit(',').nth(place).and_then(|played| played.parse::<f64>().ok());
        assert!(played.is_some_and(|played| (0.0..=3.1).contains(&played)), "{row}");
    }
    let log = fs::read_to_string(out.join("logs/000002-dash.js-film-step-1-0000.jsonl"));
    let log = log.expect("a log");
    for kind in ["rung", "segment", "play", "done"] {
        assert!(log.contains(&format!("\"kind\":\"{kind}\"")), "{kind} in {log}");
    }
    let page = fs::read_to_string(out.join("report.html")).expect("a report");
    for words in ["dash.js:abr=bola", "; in real time: dash.js 5.", "the two rules shown"] {
        assert!(page.contains(words), "no {words} in the report");
    }
    let left: Vec<_> = fs::read_dir(&temporary).expect("a folder").collect();
    assert!(left.is_empty(), "left behind: {left:?}");
}

/// Cargo says a version, and then does not know what it is to do: so does a browser that cannot start.
#[test]
fn a_browser_that_does_not_stay_is_told_with_its_last_words() {
    if !page().is_file() {
        println!("skipped: the web page is not built (make web)");
        return;
    }
    let words = "--abr dash.js --trace gen:step,n=1 --length 1s";
    let mut command = bench(words);
    command.arg(format!("--browser={}", env!("CARGO")));
    let output = run(command);
    assert_eq!(output.status.code(), Some(2), "{}", error(&output));
    for words in ["dash.js over `step-1-0000`", "ended by itself (exit status: 1)", "try '--help'"]
    {
        assert!(error(&output).contains(words), "{words} in {}", error(&output));
    }
}

#[test]
fn what_cannot_be_run_is_refused_with_what_to_do() {
    let check = |words: &str, expected: &str| {
        let mut command = bench(words);
        command.env("PATH", "/nowhere");
        let output = run(command);
        assert_eq!(output.status.code(), Some(2), "{words}");
        assert!(error(&output).contains(expected), "{words}: {}", error(&output));
    };
    check("--abr dash.js", "dash.js plays in a browser: add --browser");
    check("--browser --abr dash.js:abr=x", "dash.js has no strategy `x`; there are dynamic,");
    check("--browser --real", "cannot be used with");
    if page().is_file() {
        check("--browser", "apt-get install chromium");
        check("--browser=/nowhere/chromium", "there is no such program");
    } else {
        check("--browser", "run `make web`");
    }
}
