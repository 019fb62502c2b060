//! How many sessions a second one core runs: `bench_abr [MOVIE.json|-] [SABRE.PY]`, a film in Sabre's
//! form, or a made-up one, and the script of Sabre itself to be measured beside.
#![expect(clippy::print_stdout, reason = "its output is its purpose")]
#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "a measurement")]

#[path = "bench_abr/native.rs"]
mod native;
#[path = "bench_abr/oracle.rs"]
mod oracle;
#[path = "bench_abr/pensieve.rs"]
mod pensieve;
#[path = "bench_abr/sabre_py.rs"]
mod sabre_py;

use dashpot_abr::Table;
use std::{
    env, fs,
    path::Path,
    time::{Duration, Instant},
};

/// How long each figure is measured, after a tenth of it to warm up.
const MEASURED: Duration = Duration::from_secs(2);

/// Rates in kbit/s of the film that stands in where none is given: those of Big Buck Bunny as it
/// comes with Sabre.
const LADDER: [f64; 10] =
    [230.0, 331.0, 477.0, 688.0, 991.0, 1_427.0, 2_056.0, 2_962.0, 5_027.0, 6_000.0];

fn main() {
    let movie = env::args().nth(1).filter(|path| path != "-");
    let script = env::args().nth(2);
    let table = match &movie {
        Some(path) => {
            let text = fs::read_to_string(path).expect("the film can be read");
            dashpot_sim::input::sabre::movie(&text).expect("a film in Sabre's form")
        }
        None => stand_in(),
    };
    let segments = table.segments();
    println!("{}: {segments} segments", movie.as_deref().unwrap_or("a made-up film"));
    for rule in oracle::RULES {
        let rate = oracle::rate(&table, rule);
        println!("sabre  {rule:<18} {rate:>9.0} sessions a second on one core");
        // Its own scripts have no name for what comes after a colon.
        if let Some(script) = script.as_deref().filter(|_| !rule.contains(':')) {
            beside(Path::new(script), &table, rule, rate);
        }
    }
    for rule in ["throughput", "bola", "dynamic"] {
        let [calm, restless] = native::rates(&table, rule);
        println!("native {rule:<18} {calm:>9.0} sessions a second on one core");
        println!("native {rule:<18} {restless:>9.0} where the rate changes each second");
    }
    in_pensieve(&table);
}

/// Prints how fast Sabre itself is, and how many times as fast `ours` is.
fn beside(script: &Path, table: &Table, rule: &str, ours: f64) {
    match sabre_py::rate(script, table, &oracle::network(0), rule) {
        Ok(rate) => {
            let times = ours / rate;
            println!("  {:<21} {rate:>9.1}; ours is {times:.0} times as fast", "sabre.py");
        }
        Err(error) => println!("  cannot run {} with {rule}: {error}", script.display()),
    }
}

/// Prints the rules that plan ahead in Pensieve's environment, on its six rungs and on `table`'s.
fn in_pensieve(table: &Table) {
    let (film, trace) = pensieve::stand_ins();
    println!("a made-up film of Pensieve's shape: {} segments", film.segments());
    for rule in ["bb", "mpc", "robust-mpc", "fast-mpc"] {
        let rate = pensieve::rate(&film, &trace, rule);
        println!("pensieve {rule:<16} {rate:>9.0} sessions a second on one core");
    }
    let rate = pensieve::optima(&film, &trace);
    println!("pensieve {:<16} {rate:>9.1} optima a second on one core", "the best there is");
    let (rate, rungs) = (pensieve::rate(table, &trace, "robust-mpc"), table.ladder().len());
    println!("pensieve robust-mpc {rate:>9.0} sessions of the first film a second, {rungs} rungs");
}

/// Returns ten minutes of three-second segments that are up to half as large again or as small.
fn stand_in() -> Table {
    let sizes = (0..199_u32).map(|index| {
        let weight = 0.5 + f64::from(index * 7 % 11) / 10.0;
        LADDER.iter().map(|rate| rate * 3_000.0 * weight).collect()
    });
    let sizes = sizes.collect::<Vec<Vec<_>>>();
    Table::new(LADDER.to_vec(), vec![3_000.0; 199], &sizes).expect("a film")
}

/// Measures how often a second `session` runs; what it returns is only there to be computed.
pub(crate) fn sessions_per_second(mut session: impl FnMut() -> u64) -> f64 {
    let mut sum = 0_u64;
    let begin = Instant::now();
    let mut run = |span: Duration| {
        let (began, mut sessions) = (cpu_time(begin), 0_u32);
        loop {
            for _ in 0..100 {
                sum = sum.wrapping_add(std::hint::black_box(session()));
                sessions += 1;
            }
            let took = cpu_time(begin).saturating_sub(began);
            if span <= took {
                return f64::from(sessions) / took.as_secs_f64();
            }
        }
    };
    run(MEASURED / 10);
    let rate = run(MEASURED);
    std::hint::black_box(sum);
    rate
}

/// Returns the time that this process has spent on a processor, which other processes do not
/// stretch; where the system does not tell, the time since `begin`.
fn cpu_time(begin: Instant) -> Duration {
    own_times().map_or_else(|| begin.elapsed(), |[own, ..]| Duration::from_millis(10 * own))
}

/// Returns what the processes that this one has waited for have spent, in hundredths of a second.
pub(crate) fn cpu_ticks_of_children() -> Option<u64> {
    own_times().map(|[_, _, user, system]| user + system)
}

/// Returns this process's own time as user and as system, and that of its children, where the system tells.
fn own_times() -> Option<[u64; 4]> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // proc_pid_stat(5): after the name in parentheses, utime is the 12th field, and stime, cutime and
    // cstime follow, in hundredths of a second wherever Linux runs.
    let (_, fields) = stat.rsplit_once(')')?;
    let times = fields.split_ascii_whitespace().skip(11).take(4);
    times.map(|ticks| ticks.parse().ok()).collect::<Option<Vec<_>>>()?.try_into().ok()
}
