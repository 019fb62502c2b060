//! Sabre itself, as it is run: a process of Python for each session.

use dashpot_abr::{Film as _, Rung, Table};
use dashpot_sim::input::Period;
use serde_json::{Value, json};
use std::{
    env, fs, io,
    path::Path,
    process::{self, Command, Stdio},
};

/// Sessions that are run of each rule: enough for two digits.
const SESSIONS: u32 = 5;

/// Measures sessions a second of processor time of `sabre.py` at `script`, with the film and the
/// network that ours is measured with.
///
/// # Errors
/// If files cannot be written, or Python or the script does not end well.
pub(super) fn rate(
    script: &Path,
    table: &Table,
    network: &[Period],
    rule: &str,
) -> io::Result<f64> {
    let folder = env::temp_dir().join(format!("bench-abr-{}", process::id()));
    fs::create_dir_all(&folder)?;
    let (movie, trace) = (folder.join("movie.json"), folder.join("network.json"));
    fs::write(&movie, film(table).to_string())?;
    fs::write(&trace, rows(network).to_string())?;
    let began = super::cpu_ticks_of_children();
    let done = (0..SESSIONS).try_for_each(|_| {
        let mut python = Command::new("python3");
        python.arg(script).args(["-a", rule]).arg("-m").arg(&movie).arg("-n").arg(&trace);
        let status = python.stdout(Stdio::null()).status()?;
        if status.success() { Ok(()) } else { Err(io::Error::other(status.to_string())) }
    });
    let ticks = super::cpu_ticks_of_children().zip(began).map(|(end, began)| end - began);
    fs::remove_dir_all(&folder)?;
    done?;
    let ticks = ticks.filter(|ticks| *ticks > 0).and_then(|ticks| u32::try_from(ticks).ok());
    let ticks = ticks.ok_or_else(|| io::Error::other("it took no time that could be measured"))?;
    Ok(f64::from(SESSIONS) / (f64::from(ticks) / 100.0))
}

fn film(table: &Table) -> Value {
    let sizes = (0..table.segments())
        .map(|index| (0..table.ladder().len()).map(|rung| table.bits(index, Rung(rung))).collect());
    json!({
        "segment_duration_ms": table.segment_ms(0),
        "bitrates_kbps": table.ladder(),
        "segment_sizes_bits": sizes.collect::<Vec<Vec<f64>>>(),
    })
}

fn rows(network: &[Period]) -> Value {
    let rows = network.iter().map(|row| {
        json!({
            "duration_ms": row.duration_ms,
            "bandwidth_kbps": row.bandwidth_kbps,
            "latency_ms": row.latency_ms,
        })
    });
    rows.collect()
}
