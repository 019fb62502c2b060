//! `dashpot play` as it is typed: what it prints, what it writes, how it exits.

use serde_json::Value;
use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
};
use tempfile::TempDir;
use tokio::net::TcpSocket;

/// A `dashpot origin` of the film in a process of its own, which ends with its owner.
struct Origin {
    process: Child,
    url: String,
}

impl Origin {
    fn start() -> Self {
        let media = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../media");
        let mut process = dashpot()
            .args(["origin", "--listen", "127.0.0.1:0", "--media"])
            .arg(media)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        let stdout = process.stdout.take().expect("stdout is piped");
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).expect("the address is printed first");
        Self { process, url: line.trim().to_owned() }
    }

    fn film(&self) -> String {
        format!("{}vod/film/number.mpd", self.url)
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        // A process that ended by itself cannot be killed, and that is as good.
        self.process.kill().unwrap_or_default();
        self.process.wait().map(drop).unwrap_or_default();
    }
}

/// The binary, out of reach of the environment's own settings.
fn dashpot() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dashpot"));
    command.env_clear();
    command
}

fn play(url: &str, flags: &[&str]) -> Output {
    dashpot().args(["play", url]).args(flags).output().expect("the binary starts")
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("one JSON object on stdout")
}

fn lines(log: &Path) -> Vec<Value> {
    let text = fs::read_to_string(log).expect("the log was written");
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

fn temporary(name: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    (folder, path)
}

#[test]
fn a_session_is_told_by_its_result_and_its_log() {
    let origin = Origin::start();
    let (_folder, log) = temporary("session.jsonl");
    let log_flag = log.to_str().expect("a plain name");
    let flags = ["--for", "2s", "--link", "4Mbps", "--latency", "5ms", "--log", log_flag];
    let output = play(&origin.film(), &[&flags[..], &["--format", "json"]].concat());
    assert!(output.status.success(), "{output:?}");

    let result = json(&output);
    assert_eq!(result["ended"], "time-up");
    for name in ["average_bitrate_bps", "startup_ms", "played_ms", "segments", "downloaded_bytes"] {
        assert!(result[name].as_u64().is_some_and(|value| 0 < value), "{name} in {result}");
    }
    for name in ["switches", "stalls", "stall_ms", "unplayed_bytes", "wasted_bytes", "failures"] {
        assert!(result[name].is_u64(), "{name} in {result}");
    }
    let records = lines(&log);
    let kinds = |kind: &str| records.iter().filter(|record| record["kind"] == kind).count();
    assert!(records.iter().all(|it| it["t_ms"].is_u64() && it["node"] == "player"));
    let segments = u64::try_from(kinds("segment")).expect("few");
    assert_eq!(result["segments"].as_u64(), Some(segments));
    assert_eq!((kinds("play"), kinds("done")), (1, 1));
    let choices = records.iter().filter(|record| record["kind"] == "rung");
    assert!(choices.clone().all(|it| it["choice"].is_u64() && it["reason"].is_string()));
    assert_eq!(choices.clone().next().map(|it| &it["reason"]), Some(&"no-estimate".into()));
}

fn check_exit(url: &str, flags: &[&str], expected: i32, words: &str) {
    let output = play(url, flags);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(expected), "{url} {flags:?}: {stderr}");
    assert!(stderr.contains(words), "{url} {flags:?}: {stderr}");
}

#[test]
fn the_exit_code_tells_a_failed_check_from_a_session_that_could_not_run() {
    let origin = Origin::start();
    let film = origin.film();
    // Taken, and not listened at.
    let taken = TcpSocket::new_v4().expect("a socket");
    taken.bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port");
    let nobody = format!("http://{}/film.mpd", taken.local_addr().expect("an address"));
    let refused = format!("could not connect to {nobody}");
    // Each takes its time, which is long enough for a busy machine.
    std::thread::scope(|at_once| {
        let check = |url, flags: &'static [&str], expected, words| {
            at_once.spawn(move || check_exit(url, flags, expected, words));
        };
        check(&film, &["--for", "4s", "--max-stall-ratio", "0.5"], 0, "");
        // At this rate the MPD comes in a second and no segment in four; far below it not even the
        // MPD does.
        check(&film, &["--for", "4s", "--link", "50kbps"], 1, "nothing was played");
        check(&film, &["--for", "4s", "--link", "5kbps"], 2, "no MPD came from");
        check(&nobody, &["--for", "4s"], 2, &refused);
    });
    check_exit(&format!("{}nowhere.mpd", origin.url), &[], 2, "404");
    check_exit(&origin.url, &[], 2, "HTML page");
    check_exit(&film, &["--link", "nowhere.csv"], 2, "nowhere.csv");
    check_exit(&film, &["--abr", "bolla"], 2, "bola");
    check_exit(&film, &["--for", "20"], 2, "needs a unit");
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_the_session_and_not_its_report() {
    let origin = Origin::start();
    // The log goes into a pipe, so that the test knows when playback has begun.
    let (_folder, log) = temporary("log.fifo");
    assert!(run(Command::new("mkfifo").arg(&log)).success());
    let session = dashpot()
        .args(["play", &origin.film(), "--format", "json", "--log"])
        .arg(&log)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts");
    let mut records = BufReader::new(File::open(&log).expect("a pipe")).lines();
    let begun = records.by_ref().map(|line| line.expect("a line")).any(|line| {
        let record: Value = serde_json::from_str(&line).expect("a line of JSON");
        record["kind"] == "play"
    });
    assert!(begun, "the log ended before playback began");
    assert!(run(Command::new("kill").arg("-INT").arg(session.id().to_string())).success());
    let last = records.map(|line| line.expect("a line")).last().expect("more lines");
    let last: Value = serde_json::from_str(&last).expect("a line of JSON");
    assert_eq!((&last["kind"], &last["reason"]), (&"done".into(), &"stopped".into()));

    let output = session.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(json(&output)["ended"], "stopped");
}

#[cfg(unix)]
fn run(command: &mut Command) -> ExitStatus {
    command.status().expect("a tool of every Unix")
}

#[test]
fn a_live_presentation_is_played_behind_its_edge() {
    let origin = Origin::start();
    let begun = ["number", "time"].map(|form| {
        let url = format!("{}live/film/{form}.mpd", origin.url);
        let flags = ["--for", "6s", "--live-latency", "5s", "--format", "json"];
        let mut session = dashpot();
        session.args(["play", &url]).args(flags).stdout(Stdio::piped()).stderr(Stdio::piped());
        (form, session.spawn().expect("the binary starts"))
    });
    for (form, session) in begun {
        let output = session.wait_with_output().expect("the session ends");
        let report = json(&output);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            (output.status.code(), &report["ended"]),
            (Some(0), &"time-up".into()),
            "{error}"
        );
        // How far behind depends on how busy the machine is; never nearer than asked for.
        let latency = report["live"]["latency_mean_s"].as_f64().expect("a latency");
        assert!(4.0 < latency, "{form}: {report}");
        assert!(Some(0) < report["played_ms"].as_u64(), "{form}: {report}");
    }
}
