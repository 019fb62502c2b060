//! `dashpot bench` as people type it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

fn bench(words: &str) -> Command {
    let mut dashpot = Command::new(env!("CARGO_BIN_EXE_dashpot"));
    dashpot.env_clear().arg("bench").args(words.split_whitespace());
    dashpot
}

fn run(words: &str) -> Output {
    bench(words).output().expect("dashpot runs")
}

fn stdout(words: &str) -> String {
    let output = run(words);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(output.status.success(), "{words}: {}", String::from_utf8_lossy(&output.stderr));
    text
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/it/sabre")
}

#[test]
fn two_rules_are_compared_at_once_and_in_words() {
    let text = stdout(
        "--abr throughput,bola:gp=6 --trace gen:step,n=12,seconds=120 --movie gen:vbr,segments=30",
    );
    let first = text.lines().next().expect("a line");
    assert_eq!(
        first,
        "2 rules x 12 traces x 1 film = 24 sessions, buffer of 25 s, seed 1 (0 were there already)"
    );
    for words in [
        "has the highest mean qoe_lin",
        "Of 12 traces the intervals are wide",
        "bola:gp=6",
        "stall_ratio (lower is better)",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }
    let in_words = ["has more than", "has less than", "no difference is shown between"];
    assert!(in_words.iter().any(|words| text.contains(words)), "{text}");
}

#[test]
fn files_are_the_same_whatever_the_threads_and_hold_logs_that_explain_reads() {
    let folder = tempfile::tempdir().expect("a folder");
    let words =
        "--abr throughput,bola --trace gen:mixed,n=10,seconds=60 --movie gen:vbr,segments=20";
    let mut files = Vec::new();
    for threads in [1, 2, 7] {
        let out = folder.path().join(threads.to_string());
        let p1203 = folder.path().join("p1203");
        let (to, p1203) = (out.display(), p1203.display());
        stdout(&format!(
            "{words} --threads {threads} --out {to} --log 1 bola/*/lte* --p1203 {p1203}"
        ));
        let mut names = fs::read_dir(&out).expect("a folder").map(|it| it.expect("a file").path());
        let read = |name: &str| fs::read(out.join(name)).expect(name);
        files.push((read("sessions.csv"), read("sessions.parquet")));
        assert!(names.all(|name| !name.to_string_lossy().contains("part")), "work is left behind");
        let logs =
            fs::read_dir(out.join("logs")).expect("logs").map(|it| it.expect("a file").path());
        let mut logs = logs.collect::<Vec<_>>();
        logs.sort();
        assert_eq!(logs.len(), 3, "{logs:?}");
        let first = fs::read_to_string(&logs[0]).expect("a log");
        assert!(first.lines().count() > 40 && first.contains("\"kind\":\"rung\""), "{first}");
        let mut explain = Command::new(env!("CARGO_BIN_EXE_dashpot"));
        let explained = explain.env_clear().arg("explain").arg(&logs[0]).args(["--at", "20s"]);
        let explained = explained.output().expect("dashpot runs");
        assert!(explained.status.success(), "{}", String::from_utf8_lossy(&explained.stderr));
    }
    assert!(files.windows(2).all(|pair| pair[0] == pair[1]), "threads change the files");
    let inputs = fs::read_dir(folder.path().join("p1203")).expect("a folder").count();
    assert_eq!(inputs, 20);
}

/// Killed without notice it goes on where it was, and ends up with the same bytes.
#[test]
fn a_sweep_that_was_killed_goes_on_where_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let words = "--abr throughput,bola,dynamic --trace gen:markov,n=400,seconds=100";
    let (killed, whole) = (folder.path().join("killed"), folder.path().join("whole"));
    let part = killed.join("sessions.part.csv");
    let words_killed = format!("{words} --out {}", killed.display());
    let mut sweep = bench(&format!("{words_killed} --threads 1"));
    let mut sweep = sweep.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it runs");
    // The first block is written down when some hundred sessions are over.
    while fs::metadata(&part).map_or(0, |it| it.len()) < 20_000 {
        assert!(sweep.try_wait().expect("a child").is_none(), "it ended before it was killed");
        std::thread::yield_now();
    }
    sweep.kill().expect("it is killed");
    sweep.wait().expect("a child");
    let went_on = stdout(&words_killed);
    let kept = went_on.split_once('(').and_then(|(_, rest)| rest.split_once(' '));
    let kept: usize = kept.and_then(|(kept, _)| kept.parse().ok()).expect("a count");
    // It may be killed in the midst of writing a block down, and on a busy machine after the last.
    assert!((1..=1_200).contains(&kept), "{went_on}");
    stdout(&format!("{words} --out {}", whole.display()));
    for name in ["sessions.csv", "sessions.parquet"] {
        let read = |folder: &Path| fs::read(folder.join(name)).expect(name);
        assert!(read(&killed) == read(&whole), "{name} differs");
    }
}

#[test]
fn viewers_share_a_network_and_a_cache_and_each_has_a_row() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().display();
    let text = stdout(&format!(
        "--abr throughput,cache-aware --trace gen:step,n=2,seconds=60 --movie gen:vbr,segments=20 \
         --edge 64MiB,rtt=5ms,origin-rtt=60ms,viewers-before=0 --clients 3 --out {out} --log 2 \
         --p1203 {out}/p1203"
    ));
    for figure in ["jain_bitrate", "jain_qoe_lin", "hit_ratio", "byte_hit_ratio"] {
        assert!(text.contains(figure), "{figure} in {text}");
    }
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect(name);
    assert_eq!(read("viewers.csv").lines().count(), 1 + 2 * 2 * 3);
    assert_eq!(read("clients.csv").lines().count(), 1 + 2 * 2);
    let names = |of: &str| {
        let files = fs::read_dir(folder.path().join(of)).expect(of);
        let mut names = files.map(|file| file.expect(of).file_name().into_string().expect("UTF-8"));
        let mut names = names.by_ref().collect::<Vec<_>>();
        names.sort_unstable();
        names
    };
    assert_eq!(names("p1203").len(), 2 * 2 * 3);
    let logs = names("logs");
    assert_eq!(logs.len(), 3, "{logs:?}");
    for (viewer, log) in (1..).zip(&logs) {
        assert!(log.starts_with("000002-cache-aware-"), "{log}");
        assert!(log.ends_with(&format!(".viewer-{viewer}.jsonl")), "{log}");
        let text = read(&format!("logs/{log}"));
        assert!(text.lines().all(|line| line.contains(&format!("\"node\":\"player-{viewer}\""))));
        // They come 2 s apart, and each plays to its end.
        let first = text.lines().next().expect("a record");
        assert!(first.starts_with(&format!("{{\"t_ms\":{}", (viewer - 1) * 2_000)), "{first}");
        assert!(text.contains("\"kind\":\"done\""), "{text}");
    }
}

#[test]
fn hits_are_in_the_rows_and_in_the_table_where_there_is_a_cache() {
    let words = "--abr throughput,bola --trace gen:step,n=3,seconds=60 --movie gen:vbr,segments=20";
    let cache = "a cache of size=64MiB,rtt=2ms,origin-rtt=150ms,origin-rate=4Mbps,viewers-before=3";
    for (edge, expected) in [("", false), ("--edge 64MiB", true)] {
        let folder = tempfile::tempdir().expect("a folder");
        let text = stdout(&format!("{words} {edge} --out {}", folder.path().display()));
        assert_eq!(text.contains("% bytes"), expected, "{text}");
        assert_eq!(text.contains(cache), expected, "{text}");
        let rows = fs::read_to_string(folder.path().join("sessions.csv")).expect("rows");
        let mut rows = rows.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let names = rows.next().expect("a header");
        let column = names.iter().position(|name| *name == "byte_hit_ratio").expect("a column");
        assert!(rows.all(|row| row[column].is_empty() != expected), "{edge}");
    }
}

#[test]
fn a_rule_alone_has_intervals_of_its_means() {
    let words = "--abr bola --trace gen:mixed,n=10,seconds=60 --movie gen:vbr,segments=10";
    let text = stdout(words);
    assert!(text.contains("Means with 95 % intervals (bootstrap, BCa)"), "{text}");
    let json = stdout(&format!("{words} --format json"));
    let all: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let figure = &all["rules"][0]["metrics"]["bitrate_kbps"];
    let [low, high] = [0, 1].map(|end| figure["interval_95"][end].as_f64().expect("an end"));
    let mean = figure["mean"].as_f64().expect("a mean");
    assert!(low < mean && mean < high, "{low} {mean} {high}");
}

#[test]
fn sabres_figures_are_printed_under_sabres_names() {
    let fixtures = fixtures();
    let json = stdout(&format!(
        "--oracle sabre --movie {0}/movie-a.json --network {0}/net-0.json --abr bola --buffer 25s \
         --format json",
        fixtures.display()
    ));
    let figures: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let figure = |name: &str| format!("{:.6}", figures[name].as_f64().expect(name));
    assert_eq!(figure("time average played utility"), "2.428664");
    assert_eq!(figure("time average played bitrate"), "2467.755035");
    assert_eq!(figure("time average bitrate change"), "833.125284");
}

#[test]
fn oracles_write_decision_logs_that_explain_reads() {
    let fixtures = fixtures();
    for oracle in ["sabre", "pensieve"] {
        let folder = tempfile::tempdir().expect("a folder");
        stdout(&format!(
            "--oracle {oracle} --movie {0}/movie-a.json --network {0}/net-0.json {0}/net-1.json \
             --abr bola,robust-mpc --out {1} --log 1 robust-mpc/*/net-1",
            fixtures.display(),
            folder.path().display(),
        ));
        let logs = fs::read_dir(folder.path().join("logs")).expect("logs");
        let logs = logs.map(|it| it.expect("a file").path()).collect::<Vec<_>>();
        assert_eq!(logs.len(), 2, "{logs:?}");
        for log in logs {
            let mut explain = Command::new(env!("CARGO_BIN_EXE_dashpot"));
            let told = explain.env_clear().arg("explain").arg(log).output().expect("dashpot runs");
            assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
            let told = String::from_utf8(told.stdout).expect("UTF-8");
            assert!(told.contains("begins at rung") && told.contains("plays after"), "{told}");
        }
    }
}

/// The means that were published with Pensieve-PPO.
#[test]
fn published_means_come_out_of_one_command() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let film = shared.join("videos/pensieve-envivio.json");
    let traces = shared.join("reference/pensieve/traces");
    if !film.is_file() || !traces.is_dir() {
        println!("skipped: the published traces are not at hand");
        return;
    }
    let text = stdout(&format!(
        "--oracle pensieve --abr bb,robust-mpc:rtt=80,ties=reached --movie {} --trace {}",
        film.display(),
        traces.display()
    ));
    let line = text.lines().find(|line| line.starts_with("QoE_lin ")).expect("a line");
    let rounded = |mean: &str| format!("{:.4}", mean.parse::<f64>().expect("a number"));
    let means = line.split_whitespace().skip(1).map(rounded).collect::<Vec<_>>();
    assert_eq!(means, ["0.6392", "0.9245"]);
}

#[test]
fn what_cannot_be_run_is_refused_with_what_to_do() {
    let check = |words: &str, expected: &str| {
        let output = run(words);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{words}: {message}");
        assert!(message.contains(expected), "{words}: {message}");
    };
    check("--abr bolla", "`bolla` is no rule; there are");
    check("--abr bola,bola", "--abr names `bola` twice");
    check("--abr ,", "--abr names no rule");
    check("--trace nowhere", "cannot read `nowhere`");
    check("--trace gen:bus", "`bus` is no generator; there are mixed");
    check("--movie gen:vbr,cv=9", "`cv=9`: parameters are");
    check("--buffer 10ms", "--buffer must be at least 1s");
    check("--edge 2", "--edge 2: `2`: `2` needs a unit");
    check("--edge 2GiB,ttl=3s", "`ttl=3s`: parameters are size=1GiB");
    check("--log 1", "--out");
    let out = tempfile::tempdir().expect("a folder");
    let to = out.path().display();
    let few = "--trace gen:step,n=1,seconds=20 --movie gen:vbr,segments=3";
    check(&format!("{few} --out {to} --log 99"), "--log 99 names no session");
}

/// Returns a figure of a rule in a result as JSON.
fn mean(result: &serde_json::Value, rule: usize, metric: &str) -> f64 {
    let mean = &result["rules"][rule]["metrics"][metric]["mean"];
    mean.as_f64().unwrap_or_else(|| panic!("{metric} of rule {rule}: {mean}"))
}

#[test]
fn live_sessions_keep_their_latency_and_are_the_same_whatever_the_threads() {
    let words = "--live 3s --abr throughput,l2a,lolp --format json \
                 --trace gen:step,n=4,seconds=60 --movie gen:vbr,segments=20,seconds=2";
    let texts = [1, 3].map(|threads| stdout(&format!("{words} --threads {threads}")));
    assert_eq!(texts[0], texts[1]);
    let result: serde_json::Value = serde_json::from_str(&texts[0]).expect("JSON");
    assert_eq!(
        (&result["live"]["target_ms"], &result["live"]["chunk_ms"]),
        (&3000.into(), &500.into())
    );
    for rule in 0..3 {
        let latency = mean(&result, rule, "live_latency_s");
        assert!((2.5..20.0).contains(&latency), "{latency}");
        assert!(mean(&result, rule, "nqoe") <= 1.0);
        assert!((0.5..=1.5).contains(&mean(&result, rule, "playback_rate")));
    }
    let compared = result["differences"].as_array().expect("a list");
    let metrics = compared.iter().map(|it| it["metric"].as_str().expect("a name"));
    let metrics = metrics.collect::<std::collections::BTreeSet<_>>();
    assert!(metrics.contains("nqoe") && metrics.contains("live_latency_s"), "{metrics:?}");
}

#[test]
fn a_latency_that_nothing_can_have_is_refused_in_words() {
    let output = run("--live 1s --chunk 0s --movie gen:vbr,segments=5");
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("sent in pieces of 4 s"), "{error}");
    let output = run("--chunk 100ms");
    assert!(String::from_utf8_lossy(&output.stderr).contains("--live"));
}
