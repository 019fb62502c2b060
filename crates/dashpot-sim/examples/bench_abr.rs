//! How many sessions a second one core runs: `bench_abr [MOVIE.json]`, a film in Sabre's form.
#![expect(clippy::print_stdout, reason = "its output is its purpose")]
#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "a measurement")]

#[path = "bench_abr/native.rs"]
mod native;
#[path = "bench_abr/oracle.rs"]
mod oracle;
#[path = "bench_abr/pensieve.rs"]
mod pensieve;

use dashpot_abr::Table;
use std::{
    env, fs,
    time::{Duration, Instant},
};

/// How long each figure is measured, after a tenth of it to warm up.
const MEASURED: Duration = Duration::from_secs(2);

/// Rates in kbit/s of the film that stands in where none is given: those of Big Buck Bunny as it
/// comes with Sabre.
const LADDER: [f64; 10] =
    [230.0, 331.0, 477.0, 688.0, 991.0, 1_427.0, 2_056.0, 2_962.0, 5_027.0, 6_000.0];

fn main() {
    let movie = env::args().nth(1);
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
    }
    for rule in ["throughput", "bola", "dynamic"] {
        let [calm, restless] = native::rates(&table, rule);
        println!("native {rule:<18} {calm:>9.0} sessions a second on one core");
        println!("native {rule:<18} {restless:>9.0} where the rate changes each second");
    }
    in_pensieve(&table);
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
    let told = fs::read_to_string("/proc/self/stat").ok().and_then(|stat| {
        // proc_pid_stat(5): after the name in parentheses, utime is the 12th field, in hundredths
        // of a second wherever Linux runs.
        let (_, fields) = stat.rsplit_once(')')?;
        fields.split_ascii_whitespace().nth(11)?.parse::<u64>().ok()
    });
    told.map_or_else(|| begin.elapsed(), |ticks| Duration::from_millis(10 * ticks))
}
