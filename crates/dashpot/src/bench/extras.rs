//! What is written of single sessions on demand: decision logs, and inputs for ITU-T P.1203.

mod p1203;

use super::{
    in_order::in_order,
    plan::{Plan, played},
};
use anyhow::{Context as _, bail};
use dashpot_qoe::Record;
use dashpot_sim::sweep::{Job, Played};
use std::{
    borrow::Cow,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// The most decision logs of one sweep: each has some hundred kilobytes.
const LOGS_MAX: usize = 10_000;

/// Whose file it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Whose {
    /// The session's number, counted from 0.
    index: usize,
    /// The viewer's, counted from 1, where several share the network.
    viewer: Option<usize>,
}

impl Whose {
    /// Returns that of a session's only viewer.
    pub(super) const fn alone(index: usize) -> Self {
        Self { index, viewer: None }
    }

    /// Returns that of one of several viewers, counted from 1.
    pub(super) const fn one_of(index: usize, viewer: usize) -> Self {
        Self { index, viewer: Some(viewer) }
    }

    /// Returns who speaks in the log.
    fn node(self) -> String {
        self.viewer.map_or_else(|| "player".to_owned(), |viewer| format!("player-{viewer}"))
    }
}

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
    let viewers = usize::try_from(plan.setup.viewers).unwrap_or(usize::MAX);
    let logs = chosen.len().saturating_mul(viewers);
    if LOGS_MAX < logs {
        bail!("--log names {logs} sessions; at most {LOGS_MAX} logs are written");
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
    in_order(chosen, |index| log(plan, Whose::alone(index), folder, &records(index)?))
}

/// Writes the decision log of a session to a file of its own in `folder`, and returns the file.
pub(super) fn log(
    plan: &Plan,
    whose: Whose,
    folder: &Path,
    records: &[Record],
) -> anyhow::Result<PathBuf> {
    let path = folder.join(file_name(plan, whose, "jsonl"));
    let (node, mut text) = (whose.node(), String::new());
    for record in records {
        text.push_str(&record.line(&node));
        text.push('\n');
    }
    fs::write(&path, text).with_context(|| cannot_write(&path))?;
    Ok(path)
}

/// Writes the P.1203 input of every session to a file of its own in `folder`.
pub(super) fn p1203(plan: &Plan, folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| cannot_write(folder))?;
    let written = in_order((0..plan.len()).collect(), |index| {
        p1203_of(plan, Whose::alone(index), folder, &played(&plan.job(index), false)?)
    });
    written.map(drop)
}

/// Writes the P.1203 input of what somebody saw to a file of its own in `folder`.
pub(super) fn p1203_of(
    plan: &Plan,
    whose: Whose,
    folder: &Path,
    played: &Played,
) -> anyhow::Result<()> {
    let path = folder.join(file_name(plan, whose, "json"));
    let text = serde_json::to_string_pretty(&p1203::input(played));
    fs::write(&path, text.context("cannot say it in JSON")?).with_context(|| cannot_write(&path))
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

/// Returns a file's name: the row's number, what tells people which session it is, and the viewer.
fn file_name(plan: &Plan, whose: Whose, ending: &str) -> String {
    /// Names of files have 255 bytes on most systems.
    const LENGTH_MAX: usize = 150;
    let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '=');
    let job = plan.job(whose.index);
    let mut name = format!("{:06}-", whose.index + 1);
    for c in format!("{}-{}-{}", job.rule, job.movie.name, job.network.name).chars() {
        name.push(if sound(c) { c } else { '-' });
    }
    name.truncate(LENGTH_MAX);
    if let Some(viewer) = whose.viewer {
        // Writing to a string cannot fail.
        write!(name, ".viewer-{viewer}").unwrap_or_default();
    }
    name.push('.');
    name.push_str(ending);
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
