//! The figures of Spiteri, Sitaraman and Sparacio, "From Theory to Practice: Improving Bitrate
//! Adaptation in the DASH Reference Player", ACM Multimedia Systems 2018, beside our own.
//!
//! `cargo run --release -p dashpot-sim --example paper_mmsys18 -- DIR`, or `make paper-mmsys18`.
//! DIR holds what the paper's authors published with Sabre (`example/mmsys18` of its repository):
//! the films `bbb.json` and `bbb4k.json` and folders of networks, whose names are in [`SETS`].
//! The exit code is 0 where every figure agrees, 1 where one does not, 2 where DIR cannot be read.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the result, and why there is none")]

use dashpot_abr::Rung;
use dashpot_sim::{
    input::sabre,
    oracle::sabre::{Options, Outcome, run},
};
use std::{collections::BTreeMap, error::Error, fs, path::Path, process::ExitCode};

/// What the sessions of one part of the paper share.
struct Set {
    name: &'static str,
    film: &'static str,
    /// The folder of networks, as Sabre's repository calls it and as others do.
    networks: [&'static str; 2],
    /// So many of them, by name, are taken.
    count: usize,
    buffer_ms: f64,
    rampup: Option<usize>,
    length_ms: Option<f64>,
}

const MOBILE_3G: Set = Set {
    name: "3G live",
    film: "bbb.json",
    networks: ["3Glogs", "traces-3G"],
    count: 86,
    buffer_ms: 10_000.0,
    rampup: None,
    length_ms: None,
};

const MOBILE_4G: Set = Set {
    name: "4G VOD",
    film: "bbb4k.json",
    networks: ["4Glogs", "traces-4G"],
    count: 40,
    buffer_ms: 25_000.0,
    ..MOBILE_3G
};

const SETS: [Set; 5] = [
    MOBILE_3G,
    MOBILE_4G,
    Set { name: "4G live", buffer_ms: 10_000.0, ..MOBILE_4G },
    Set {
        name: "FCC SD",
        film: "bbb.json",
        networks: ["sd_fs", "fcc_sd_first100"],
        count: 100,
        buffer_ms: 25_000.0,
        rampup: Some(9),
        length_ms: Some(180_000.0),
    },
    Set {
        name: "FCC HD",
        film: "bbb4k.json",
        networks: ["hd_fs", "fcc_hd_first100"],
        count: 100,
        buffer_ms: 25_000.0,
        rampup: Some(4),
        length_ms: Some(180_000.0),
    },
];

/// What Sabre's last version prints, over a set: median bitrate in kbit/s, mean rebuffer ratio,
/// median bitrate change in kbit/s, median ramp-up in seconds, mean score.
const SABRE: [(&str, &str, [f64; 5]); 25] = [
    ("3G live", "bola-o:basic=yes", [659.72, 0.12110, 81.89, 6.96, 0.3746]),
    ("3G live", "bola-o", [640.06, 0.11091, 105.14, 7.04, 0.3906]),
    ("3G live", "bola-pl", [646.04, 0.11058, 95.11, 9.49, 0.4014]),
    ("3G live", "bolae-o", [638.43, 0.10476, 65.43, 3.99, 0.4474]),
    ("3G live", "throughput", [599.12, 0.10078, 53.42, 3.99, 0.4292]),
    ("3G live", "dynamic-o", [599.12, 0.10078, 53.42, 3.99, 0.4292]),
    ("4G VOD", "bola-o:basic=yes", [20065.40, 0.00178, 755.98, 21.29, 2.7976]),
    ("4G VOD", "bola-o", [20441.05, 0.00125, 926.41, 9.29, 2.8455]),
    ("4G VOD", "bola-pl", [20625.66, 0.00125, 838.52, 6.63, 2.8574]),
    ("4G VOD", "bolae-o", [20424.11, 0.00154, 772.33, 9.29, 2.8456]),
    ("4G VOD", "throughput", [17158.40, 0.00174, 929.04, 9.25, 2.7000]),
    ("4G VOD", "dynamic-o", [20994.69, 0.00193, 958.26, 9.34, 2.8630]),
    ("4G VOD", "dynamicdash-o", [20431.65, 0.00154, 772.33, 9.25, 2.8473]),
    ("4G live", "bola-o", [18701.22, 0.00324, 2464.49, 9.29, 2.6815]),
    ("4G live", "bolae-o", [18257.43, 0.00414, 1141.78, 9.33, 2.7370]),
    ("4G live", "throughput", [16652.37, 0.00342, 1089.34, 9.31, 2.6551]),
    ("4G live", "dynamic-o", [16652.37, 0.00342, 1089.34, 9.31, 2.6551]),
    ("FCC SD", "bolae-o", [2540.05, 0.00084, 95.58, 132.39, 1.7400]),
    ("FCC SD", "bolae-o:replace=left", [3745.39, 0.00114, 95.60, 80.43, 2.2061]),
    ("FCC SD", "dynamic-o", [2525.07, 0.00080, 95.60, 132.40, 1.7504]),
    ("FCC SD", "dynamic-o:replace=left", [3686.25, 0.00094, 95.64, 83.76, 2.1782]),
    ("FCC HD", "bolae-o", [5941.85, 0.00051, 246.59, 137.97, 1.1267]),
    ("FCC HD", "bolae-o:replace=left", [8960.65, 0.00051, 246.65, 89.83, 1.5522]),
    ("FCC HD", "dynamic-o", [6006.90, 0.00103, 246.80, 137.37, 1.1332]),
    ("FCC HD", "dynamic-o:replace=left", [8696.59, 0.00103, 247.14, 94.92, 1.5005]),
];

const BITRATE: &str = "time average played bitrate";
const CHANGE: &str = "time average bitrate change";
const COLUMNS: [(&str, usize); 5] = [
    (BITRATE, 2),
    ("rebuffer ratio", 5),
    (CHANGE, 2),
    ("rampup time", 2),
    ("time average score", 4),
];

/// A figure of the paper's text: what it says, how far from it we may be, and ours.
struct Figure {
    what: &'static str,
    published: f64,
    within: f64,
    ours: fn(&mut Runs) -> Result<f64, Box<dyn Error>>,
}

/// The rule that the paper's BOLA-PL is: its weight of not stalling is not Sabre's last one.
const BOLA_PL: &str = "bola-pl:weight=paper";

const FIGURES: [Figure; 15] = [
    Figure {
        what: "4G VOD: ramp-up of BOLA, s",
        published: 21.3,
        within: 0.05,
        ours: |runs| runs.median("4G VOD", "bola-o:basic=yes", "rampup time"),
    },
    Figure {
        what: "3G live: bitrate of BOLA-E, kbit/s",
        published: 638.0,
        within: 0.5,
        ours: |runs| runs.median("3G live", "bolae-o", BITRATE),
    },
    Figure {
        what: "3G live: oscillation of BOLA-E, kbit/s",
        published: 65.0,
        within: 0.5,
        ours: |runs| runs.median("3G live", "bolae-o", CHANGE),
    },
    Figure {
        what: "3G live: bitrate of BOLA-PL, kbit/s",
        published: 524.0,
        within: 0.5,
        ours: |runs| runs.median("3G live", BOLA_PL, BITRATE),
    },
    Figure {
        what: "3G live: oscillation of BOLA-PL, kbit/s",
        published: 179.0,
        within: 0.5,
        ours: |runs| runs.median("3G live", BOLA_PL, CHANGE),
    },
    Figure {
        what: "4G VOD: bitrate of BOLA over THROUGHPUT",
        published: 1.19,
        within: 0.005,
        ours: |runs| runs.ratio("4G VOD", ["bola-o", "throughput"]),
    },
    Figure {
        what: "4G VOD: bitrate of DYNAMIC over THROUGHPUT",
        published: 1.22,
        within: 0.005,
        ours: |runs| runs.ratio("4G VOD", ["dynamic-o", "throughput"]),
    },
    Figure {
        what: "4G live: bitrate of BOLA less THROUGHPUT, kbit/s",
        published: 2_049.0,
        within: 0.5,
        ours: |runs| {
            let bola = runs.median("4G live", "bola-o", BITRATE)?;
            Ok(bola - runs.median("4G live", "throughput", BITRATE)?)
        },
    },
    Figure {
        what: "4G live: oscillation of THROUGHPUT, kbit/s",
        published: 1_089.0,
        within: 0.5,
        ours: |runs| runs.median("4G live", "throughput", CHANGE),
    },
    Figure {
        // Sabre's last version comes to 2,464.49.
        what: "4G live: oscillation of BOLA, kbit/s",
        published: 2_465.0,
        within: 1.0,
        ours: |runs| runs.median("4G live", "bola-o", CHANGE),
    },
    Figure {
        what: "4G VOD: 90 % oscillate less with BOLA, kbit/s",
        published: 1_301.0,
        within: 0.5,
        ours: |runs| runs.ninth_decile("4G VOD", "bola-o", CHANGE),
    },
    Figure {
        what: "4G VOD: the same with DYNAMIC, kbit/s",
        published: 1_421.0,
        within: 0.75,
        ours: |runs| runs.ninth_decile("4G VOD", "dynamic-o", CHANGE),
    },
    Figure {
        what: "4G VOD: the same with THROUGHPUT, kbit/s",
        published: 1_929.0,
        within: 0.5,
        ours: |runs| runs.ninth_decile("4G VOD", "throughput", CHANGE),
    },
    Figure {
        // Of more networks than the hundred that are taken here.
        what: "FCC SD: ramp-up sooner by fast switching, about, s",
        published: 50.0,
        within: 5.0,
        ours: |runs| {
            let without = runs.median("FCC SD", "bolae-o", "rampup time")?;
            Ok(without - runs.median("FCC SD", "bolae-o:replace=left", "rampup time")?)
        },
    },
    Figure {
        what: "FCC SD: bitrate with fast switching over without, about",
        published: 1.45,
        within: 0.05,
        ours: |runs| runs.ratio("FCC SD", ["bolae-o:replace=left", "bolae-o"]),
    },
];

fn main() -> ExitCode {
    let Some(folder) = std::env::args().nth(1) else {
        eprintln!("paper_mmsys18 DIR: the folder of the paper's films and networks");
        return ExitCode::from(2);
    };
    match print(&mut Runs { folder, outcomes: BTreeMap::new() }) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(differing) => {
            println!("{differing} figures differ");
            ExitCode::from(1)
        }
        Err(error) => {
            eprintln!("cannot run the paper's sessions: {error}");
            ExitCode::from(2)
        }
    }
}

/// Prints both tables; returns how many figures differ.
fn print(runs: &mut Runs) -> Result<usize, Box<dyn Error>> {
    let mut differing = 0;
    println!("{:56} {:>9} {:>9}", "Spiteri, Sitaraman and Sparacio, MMSys 2018", "paper", "ours");
    for Figure { what, published, within, ours } in FIGURES {
        let ours = ours(runs)?;
        let agrees = (ours - published).abs() <= within;
        differing += usize::from(!agrees);
        println!("{what:56} {published:9} {ours:9.2}{}", mark(agrees));
    }
    println!("\nSabre 09b03bb, and ours below where it is not the same");
    println!("{:32}   bitrate  stalled  change  ramp-up   score", "");
    for (set, rule, theirs) in SABRE {
        let mut ours = [0.0; COLUMNS.len()];
        for ((column, _), value) in COLUMNS.iter().zip(&mut ours) {
            let is_mean = matches!(*column, "rebuffer ratio" | "time average score");
            let of = if is_mean { Runs::mean } else { Runs::median };
            *value = of(runs, set, rule, column)?;
        }
        let written = |values: [f64; 5]| {
            let columns = COLUMNS.iter().zip(values);
            let columns = columns.map(|((_, decimals), value)| format!("{value:8.decimals$}"));
            columns.collect::<Vec<_>>().join(" ")
        };
        println!("{set:8} {rule:23}  {}", written(theirs));
        if written(ours) != written(theirs) {
            differing += 1;
            println!("{:32}  {}{}", "", written(ours), mark(false));
        }
    }
    Ok(differing)
}

const fn mark(agrees: bool) -> &'static str {
    if agrees { "" } else { "  DIFFERS" }
}

/// Sessions, each run once.
struct Runs {
    folder: String,
    /// By set and rule.
    outcomes: BTreeMap<(String, String), Vec<Outcome>>,
}

impl Runs {
    fn median(&mut self, set: &str, rule: &str, name: &str) -> Result<f64, Box<dyn Error>> {
        let sorted = self.sorted(set, rule, name)?;
        Ok(f64::midpoint(sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]))
    }

    fn mean(&mut self, set: &str, rule: &str, name: &str) -> Result<f64, Box<dyn Error>> {
        let sorted = self.sorted(set, rule, name)?;
        Ok(sorted.iter().sum::<f64>() / sorted.len() as f64)
    }

    /// Returns the lowest value that nine tenths of them are below.
    fn ninth_decile(&mut self, set: &str, rule: &str, name: &str) -> Result<f64, Box<dyn Error>> {
        let sorted = self.sorted(set, rule, name)?;
        Ok(sorted[sorted.len() * 9 / 10])
    }

    fn ratio(&mut self, set: &str, rules: [&str; 2]) -> Result<f64, Box<dyn Error>> {
        Ok(self.median(set, rules[0], BITRATE)? / self.median(set, rules[1], BITRATE)?)
    }

    fn sorted(&mut self, set: &str, rule: &str, name: &str) -> Result<Vec<f64>, Box<dyn Error>> {
        let key = (set.to_owned(), rule.to_owned());
        if !self.outcomes.contains_key(&key) {
            let outcomes = self.run(set, rule)?;
            self.outcomes.insert(key.clone(), outcomes);
        }
        let outcomes = self.outcomes.get(&key).map_or(&[][..], Vec::as_slice);
        let mut values: Vec<_> =
            outcomes.iter().filter_map(|outcome| outcome.metric(name)).collect();
        values.sort_unstable_by(f64::total_cmp);
        Ok(values)
    }

    fn run(&self, set: &str, rule: &str) -> Result<Vec<Outcome>, Box<dyn Error>> {
        let set = SETS.iter().find(|other| other.name == set).ok_or("no such set")?;
        let folder = Path::new(&self.folder);
        let film = sabre::movie(&read(&folder.join(set.film))?)?;
        let film = set.length_ms.map_or(film.clone(), |ms| film.lasting(ms));
        let options = Options {
            buffer_ms: set.buffer_ms,
            rampup: set.rampup.map(Rung),
            ..Options::default()
        };
        let folders = set.networks.map(|name| folder.join(name));
        let networks = folders.iter().find(|folder| folder.is_dir());
        let networks =
            networks.ok_or_else(|| format!("{}: no such folder", folders[0].display()))?;
        let mut files = fs::read_dir(networks)?
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<Vec<_>, std::io::Error>>()?;
        files.sort_unstable();
        if files.len() < set.count {
            let (there, wanted) = (files.len(), set.count);
            return Err(format!("{}: {there} networks of {wanted}", networks.display()).into());
        }
        let outcomes = files[..set.count].iter().map(|file| {
            let network = sabre::network(&read(file)?)?;
            Ok(run(&film, &network, dashpot_abr::parse(rule)?.as_mut(), &options))
        });
        outcomes.collect()
    }
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}
