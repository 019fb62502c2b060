//! Download by download: Sabre's decision logs (`-v`), line by line.

use super::rows::{Asked, published, text};
use dashpot_sim::{
    input::sabre,
    oracle::{Step, sabre::run_logged},
};
use std::fs;

/// Returns a download as Sabre prints it; the buffer levels are those before it, when it ended, and
/// with it.
fn line(step: &Step, segment_ms: f64) -> String {
    let whole = |value: f64| format!("{:.0}", value.trunc());
    let rounded = |value: f64| format!("{:.0}", value.round_ties_even());
    let Step { now_ms, index, decision, bits, bits_here, first_byte_ms, took_ms, .. } = *step;
    let held_ms = if step.is_given_up || step.is_replacement { 0.0 } else { segment_ms };
    let (before_ms, drained_ms) = (step.buffer_before_ms, step.buffer_drained_ms);
    format!(
        "[{}-{}] {index}: q={} s={}/{} t={}={}+{} bl={}->{}->{}",
        rounded(now_ms),
        rounded(now_ms + took_ms),
        decision.rung.0,
        whole(bits_here),
        whole(bits),
        whole(took_ms),
        whole(first_byte_ms),
        whole(took_ms - first_byte_ms),
        whole(before_ms),
        whole(drained_ms),
        whole(drained_ms + held_ms),
    )
}

/// Returns the downloads of a log of Sabre's, without the words in their midst.
fn downloads(log: &str) -> impl Iterator<Item = String> {
    let lines = log.lines().filter(|line| line.starts_with('[') && line.contains(" q="));
    lines.map(|line| {
        let levels = line.rsplit_once("bl=").expect("levels").1;
        let words = line.split_whitespace();
        let times = words.take_while(|word| !word.starts_with("bl=") && *word != "ABANDONED");
        format!("{} bl={levels}", times.collect::<Vec<_>>().join(" "))
    })
}

/// Returns film, network and buffer of the logs whose names begin so.
fn inputs(name: &str) -> (&'static str, &'static str, u32) {
    match name {
        "3G-0913_1003_b10" => ("bbb.json", "traces-3G/report.2010-09-13_1003CEST.json", 10),
        "3G-20110201_b25" => ("bbb.json", "traces-3G/report.2011-02-01_0840CET.json", 25),
        "4G-bus0001_b25" => ("bbb4k.json", "traces-4G/report_bus_0001.json", 25),
        "example" => ("example-movie.json", "example-network.json", 25),
        other => panic!("{other}"),
    }
}

#[test]
fn every_download_of_the_published_logs_is_the_same() {
    let Some(folder) = published() else { return };
    let (mut logs, mut given_up) = (0, 0);
    for entry in fs::read_dir(folder.join("verbose")).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
        let (set, rule) = name.trim_end_matches(".v.txt").rsplit_once('_').expect("set and rule");
        let (film, network, buffer) = inputs(set);
        let flags = match rule.split_once("ao") {
            None => rule.to_owned(),
            Some((rule, "")) => format!("{rule} -ao"),
            Some((rule, _)) => format!("{rule} -ao -ab"),
        };
        let asked = Asked::of(&format!("-b {buffer} -a {flags}"));
        let movie = sabre::movie(&text(&folder.join("inputs").join(film))).expect("a film");
        let network = sabre::network(&text(&folder.join("inputs").join(network)));
        let mut ours = Vec::new();
        let mut rule = dashpot_abr::parse(&asked.spec).expect("a rule");
        let network = network.expect("a network");
        let log = |step: &Step| {
            ours.push(line(step, 3_000.0));
            given_up += usize::from(step.is_given_up);
        };
        let _outcome = run_logged(&movie, &network, rule.as_mut(), &asked.options, log);
        let theirs: Vec<_> = downloads(&text(&path)).collect();
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert_eq!(ours, theirs, "{name}");
        }
        assert_eq!(ours.len(), theirs.len(), "{name}");
        logs += 1;
    }
    assert_eq!(logs, 36);
    assert!(100 < given_up, "logs without abandonment would agree too easily");
}
