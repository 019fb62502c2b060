//! What is written and printed of sessions in real time.

use super::{
    super::{
        Format, extras, parquet,
        plan::Plan,
        report::{self, Source},
        row,
        summary::Summary,
        table,
    },
    is_one,
};
use crate::cli;
use anyhow::Context as _;
use dashpot_base::Seed;
use dashpot_sim::sweep::Played;
use std::{
    borrow::Cow,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

/// All sessions, and what they were played with.
#[derive(Debug)]
pub(super) struct Results {
    pub(super) plan: Plan,
    /// In the order of the plan.
    pub(super) sessions: Vec<Played>,
    /// The version of dash.js.
    pub(super) dashjs: String,
    /// The browser's name and version.
    pub(super) browser: String,
    pub(super) length: Duration,
    /// Sessions whose logs are wanted.
    pub(super) chosen: Vec<usize>,
    pub(super) out: Option<PathBuf>,
    pub(super) format: Format,
}

impl Results {
    /// Writes the files that are asked for, and prints the result.
    ///
    /// # Errors
    /// Where a file cannot be written or a figure not be drawn.
    pub(super) fn write(&self) -> anyhow::Result<()> {
        let temporary = self.out.is_none().then(tempfile::tempdir).transpose();
        let temporary = temporary.context("cannot make a temporary folder")?;
        let folder = self.out.as_deref().or(temporary.as_ref().map(tempfile::TempDir::path));
        let folder = folder.context("no folder to write to")?;
        let sessions = self.rows(folder)?;
        let seed = Seed(self.plan.setup.seed);
        let table = folder.join("sessions.parquet");
        parquet::write(&sessions, &table)?;
        let summary = Summary::read(&self.plan, &table, 0, seed)?;
        let with = self.with();
        let mut written = Vec::new();
        if let Some(out) = &self.out {
            let versions = format!("dash.js {} in {}", self.dashjs, self.browser);
            let source =
                Source::Real { sessions: &self.sessions, with: &with, versions: &versions };
            report::publish(&summary, &self.plan, source, out)?;
            written.extend([out.join("report.html"), sessions, table]);
            if !self.chosen.is_empty() {
                written.extend(self.logs(&out.join("logs"))?);
            }
        }
        cli::print(&match self.format {
            Format::Text => format!("{with}\n\n{}", table::text(&summary, &written)),
            Format::Json => summary.json()?,
        });
        Ok(())
    }

    /// Says how these sessions came about.
    fn with(&self) -> String {
        format!(
            "Every session is {} s of the test film over HTTP in real time, the trace as its access \
             link; dash.js {} plays in {}. Sessions in real time differ a little from one run to the \
             next.",
            self.length.as_secs_f64(),
            self.dashjs,
            self.browser,
        )
    }

    /// Writes the rows, by way of a file aside.
    fn rows(&self, folder: &Path) -> anyhow::Result<PathBuf> {
        let path = folder.join("sessions.csv");
        let cannot_write = || format!("cannot write `{}`", path.display());
        let others = format!("dash.js {} {}", self.dashjs, self.browser);
        let (ours, theirs) = (row::version_with(""), row::version_with(&others));
        let how = format!("real;{}", self.length.as_nanos());
        let mut rows = row::header();
        for (job, played) in self.plan.jobs().zip(&self.sessions) {
            let version = if is_one(job.rule) { &theirs } else { &ours };
            rows.push_str(&row::real_line(&job, played, &how, version));
        }
        let aside = folder.join("sessions.csv.new");
        fs::create_dir_all(folder).with_context(cannot_write)?;
        fs::write(&aside, rows).with_context(cannot_write)?;
        fs::rename(&aside, &path).with_context(cannot_write)?;
        Ok(path)
    }

    fn logs(&self, folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
        extras::logs_of(&self.plan, self.chosen.clone(), folder, |index| {
            let session = self.sessions.get(index).context("a session was not kept")?;
            Ok(Cow::Borrowed(session.records.as_slice()))
        })
    }
}
