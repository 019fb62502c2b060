//! Sabre's own figures, met to the last of the six decimals that it prints.
//!
//! `sabre/golden.csv` is what Sabre (commit 09b03bb) prints for the made-up films and networks
//! beside it. The published films and traces are not in this repository; where they have been
//! laid beside it, every figure printed for them is held too.

use super::read;
use dashpot_abr::{Rung, Table};
use dashpot_sim::{
    input::{Period, sabre},
    oracle::sabre::{Average, Options, Outcome, run},
};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

pub(super) fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A session as a command line of Sabre's asks for it.
pub(super) struct Asked {
    pub(super) spec: String,
    pub(super) options: Options,
    length_s: Option<f64>,
}

impl Asked {
    pub(super) fn of(line: &str) -> Self {
        let words: Vec<_> = line.split_whitespace().collect();
        let has = |flag: &str| words.contains(&flag);
        let value = |flag: &str| {
            let place = words.iter().position(|word| *word == flag);
            place.map(|place| words[place + 1])
        };
        let number = |flag: &str| value(flag).map(|word| word.parse::<f64>().expect("a number"));
        let rule = value("-a").expect("a rule");
        let is_o = has("-ao") && rule != "throughput";
        let mut spec = match (rule, has("-noibr")) {
            ("bolae", true) if is_o => "bola-pl:".to_owned(),
            ("bolae", true) => "bola-pl:rise=one-above".to_owned(),
            (_, true) => format!("{rule}:ibr=off"),
            (_, false) if is_o => format!("{rule}-o:"),
            (_, false) => format!("{rule}:"),
        };
        if has("-ab") {
            spec += ",basic=yes";
        }
        if let Some(side) = value("-r") {
            spec += &format!(",replace={side}");
        }
        let average = match value("-ma") {
            None => Average::default(),
            Some(_) => Average::Sliding(value("-ws").expect("a window").parse().expect("a count")),
        };
        let options = Options {
            buffer_ms: number("-b").expect("a buffer") * 1_000.0,
            average,
            may_give_up: !has("-noa"),
            rampup: value("-rmp").map(|word| Rung(word.parse().expect("a rung"))),
            ..Options::default()
        };
        Self { spec, options, length_s: number("-ml") }
    }

    fn run(&self, movie: &Table, network: &[Period]) -> Outcome {
        let mut rule = dashpot_abr::parse(&self.spec).expect("a rule");
        run(movie, network, rule.as_mut(), &self.options)
    }
}

/// Compares the figures with the columns of the same names; says where they differ.
fn differences(outcome: &Outcome, row: &BTreeMap<&str, &str>) -> Vec<String> {
    let six = |value: f64| format!("{value:.6}");
    let differs = |(name, ours): (&str, f64)| {
        let theirs: f64 = row[name].parse().expect("a number");
        (six(ours) != six(theirs)).then(|| format!("{name}: {ours:.6}, Sabre {theirs:.6}"))
    };
    outcome.metrics().filter_map(differs).collect()
}

pub(super) fn rows(text: &str) -> Vec<BTreeMap<&str, &str>> {
    let mut lines = text.lines();
    let names: Vec<_> = lines.next().expect("a head").split(',').collect();
    lines.map(|line| names.iter().copied().zip(line.split(',')).collect()).collect()
}

#[test]
fn every_figure_of_the_made_up_films_agrees() {
    let mut wrong = Vec::new();
    let golden = read("golden.csv");
    let golden = rows(&golden);
    for row in &golden {
        let movie = sabre::movie(&read(&format!("movie-{}.json", row["movie"])));
        let network = sabre::network(&read(&format!("net-{}.json", row["network"])));
        let asked = Asked::of(&format!("-b {} -a {}", row["buffer_s"], row["abr"]));
        let outcome = asked.run(&movie.expect("a film"), &network.expect("a network"));
        let name = format!("{} {} {}", row["movie"], row["network"], row["abr"]);
        wrong.extend(differences(&outcome, row).into_iter().map(|what| format!("{name}: {what}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(golden.len(), 60);
}

/// Returns the folder of the published films, traces and figures, if they are there.
#[expect(clippy::print_stdout, reason = "whoever runs the tests should see what was skipped")]
pub(super) fn published() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference/sabre");
    if !folder.is_dir() {
        println!("skipped: there is no {}", folder.display());
        return None;
    }
    Some(folder)
}

/// The published sets: their name, the folder of their traces, their film.
const SETS: [(&str, &str, &str); 7] = [
    ("example_b25", "", "example-movie.json"),
    ("3G_live10", "traces-3G", "bbb.json"),
    ("3G_vod25", "traces-3G", "bbb.json"),
    ("4G_live10", "traces-4G", "bbb4k.json"),
    ("4G_vod25", "traces-4G", "bbb4k.json"),
    ("fccSD_b25_ml180", "fcc_sd_first100", "bbb.json"),
    ("fccHD_b25_ml180", "fcc_hd_first100", "bbb4k.json"),
];

#[test]
fn every_figure_of_the_published_films_agrees() {
    let Some(folder) = published() else { return };
    let (mut wrong, mut checked) = (Vec::new(), 0);
    for (set, traces, film) in SETS {
        let csv = text(&folder.join("outputs").join(set).with_extension("csv"));
        let inputs = folder.join("inputs");
        let film = sabre::movie(&text(&inputs.join(film))).expect("a film");
        for row in rows(&csv) {
            let trace = if traces.is_empty() { "example-network.json" } else { row["trace"] };
            let network = sabre::network(&text(&inputs.join(traces).join(trace)));
            let asked = Asked::of(row["args"]);
            let movie = asked.length_s.map_or(film.clone(), |s| film.lasting(s * 1_000.0));
            let outcome = asked.run(&movie, &network.expect("a network"));
            let name = format!("{set} {} {}", row["algo"], row["trace"]);
            let these = differences(&outcome, &row);
            wrong.extend(these.into_iter().map(|what| format!("{name}: {what}")));
            checked += 1;
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(checked, 2_584);
}
