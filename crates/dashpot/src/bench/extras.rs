//! What is written of single sessions on demand: decision logs, and inputs for ITU-T P.1203.

mod p1203;

use super::{
    in_order::in_order,
    plan::{Plan, played},
};
use anyhow::{Context as _, bail};
use dashpot_qoe::Record;
use dashpot_sim::sweep::Job;
use std::{
    borrow::Cow,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// The most decision logs of one sweep: each has some hundred kilobytes.
const LOGS_MAX: usize = 10_000;

/// Returns the sessions that `wanted` names, which are numbers of rows or patterns.
pub(super) fn choose(plan: &Plan, wanted: &[String]) -> anyhow::Result<Vec<usize>> {
    let mut chosen = Vec::new();
    for which in wanted {
        let before = chosen.len();
        chosen.extend((0..plan.len()).filter(|index| is_meant(which, *index, &plan.job(*index))));
        if chosen.len() == before {
            bail!(
                "--log {which} names no session: give the number of a row from 1 to {}, or a \
                 pattern for RULE/FILM/TRACE such as `{}`",
                plan.len(),
                label(&plan.job(0)),
            );
        }
    }
    chosen.sort_unstable();
    chosen.dedup();
    if LOGS_MAX < chosen.len() {
        bail!("--log names {} sessions; at most {LOGS_MAX} logs are written", chosen.len());
    }
    Ok(chosen)
}

/// Writes the decision log of each of these sessions to a file of its own in `folder`, and returns
/// the files.
pub(super) fn logs(plan: &Plan, chosen: Vec<usize>, folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    logs_of(plan, chosen, folder, |index| Ok(Cow::Owned(played(&plan.job(index), true)?.records)))
}

/// Writes those logs of sessions whose records are to be had from `records`.
pub(super) fn logs_of<'a>(
    plan: &Plan,
    chosen: Vec<usize>,
    folder: &Path,
    records: impl Fn(usize) -> anyhow::Result<Cow<'a, [Record]>> + Sync,
) -> anyhow::Result<Vec<PathBuf>> {
    fs::create_dir_all(folder).with_context(|| cannot_write(folder))?;
    in_order(chosen, |index| log(plan, index, folder, &records(index)?))
}

/// Writes the decision log of a session to a file of its own in `folder`, and returns the file.
pub(super) fn log(
    plan: &Plan,
    index: usize,
    folder: &Path,
    records: &[Record],
) -> anyhow::Result<PathBuf> {
    let path = folder.join(file_name(index, &plan.job(index), "jsonl"));
    let mut text = String::new();
    for record in records {
        text.push_str(&record.line("player"));
        text.push('\n');
    }
    fs::write(&path, text).with_context(|| cannot_write(&path))?;
    Ok(path)
}

/// Writes the P.1203 input of every session to a file of its own in `folder`.
pub(super) fn p1203(plan: &Plan, folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| cannot_write(folder))?;
    let written = in_order((0..plan.len()).collect(), |index| {
        let job = plan.job(index);
        let path = folder.join(file_name(index, &job, "json"));
        let text = serde_json::to_string_pretty(&p1203::input(&played(&job, false)?));
        fs::write(&path, text.context("cannot say it in JSON")?)
            .with_context(|| cannot_write(&path))
    });
    written.map(drop)
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write `{}`", path.display())
}

/// Returns what patterns are held against.
fn label(job: &Job<'_>) -> String {
    format!("{}/{}/{}", job.rule, job.movie.name, job.network.name)
}

/// Returns whether `which`, the number of a row or a pattern, means this session.
fn is_meant(which: &str, index: usize, job: &Job<'_>) -> bool {
    match which.parse::<usize>() {
        Ok(row) => row == index + 1,
        Err(_) => matches(which, &label(job)),
    }
}

/// Returns whether `text` is `pattern`, in which `*` stands for any letters.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut last = None;
    for part in parts {
        if let Some(between) = last.replace(part) {
            let Some(at) = rest.find(between) else { return false };
            rest = &rest[at + between.len()..];
        }
    }
    match last {
        Some(last) => rest.ends_with(last),
        None => rest.is_empty(),
    }
}

/// Returns a file's name for a session: its row's number, and what tells people which it is.
fn file_name(index: usize, job: &Job<'_>, ending: &str) -> String {
    /// Names of files have 255 bytes on most systems.
    const LENGTH_MAX: usize = 150;
    let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '=');
    let mut name = format!("{:06}-", index + 1);
    for c in format!("{}-{}-{}", job.rule, job.movie.name, job.network.name).chars() {
        name.push(if sound(c) { c } else { '-' });
    }
    name.truncate(LENGTH_MAX);
    // Writing to a string cannot fail.
    write!(name, ".{ending}").unwrap_or_default();
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_letters() {
        for (pattern, text, expected) in [
            ("a/b/c", "a/b/c", true),
            ("a/b", "a/b/c", false),
            ("*", "a/b/c", true),
            ("a/*", "a/b/c", true),
            ("*/c", "a/b/c", true),
            ("a*b*c", "a/b/c", true),
            ("a*x*c", "a/b/c", false),
            ("*b*b*", "a/b/c", false),
            ("b*", "a/b/c", false),
            ("ab*ba", "aba", false),
            ("", "a", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
