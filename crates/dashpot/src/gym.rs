//! `dashpot gym`: sessions that wait for whoever trains a policy, many at once, step by step.
//!
//! Lines of JSON on stdin and stdout, one answer for each request. docs/policies.md is the
//! protocol's own page.

mod batch;
mod inputs;
mod seat;

use crate::ExitStatus;
use anyhow::Context as _;
use batch::Batch;
use dashpot_policy::Observation;
use inputs::{Inputs, Reset};
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, Read as _, Write};

/// The version of the protocol that is spoken.
const VERSION: u32 = 1;

/// The longest request: so many actions, or names of traces, that nobody would type them.
const LINE_MAX: u64 = 1 << 20;

/// What may be typed after `dashpot gym`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
enum Request {
    Reset(Reset),
    Step { actions: Vec<Option<usize>> },
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Answer {
    Reset { version: u32, observations: Vec<Observation>, infos: Vec<batch::Info> },
    Step(batch::Step),
    Error { problem: String },
}

/// Answers requests until there are no more.
///
/// # Errors
/// Where stdin or stdout break.
pub(crate) fn run(_: &Args) -> anyhow::Result<ExitStatus> {
    serve(io::stdin().lock(), io::stdout().lock())?;
    Ok(ExitStatus::Done)
}

fn serve(mut requests: impl BufRead, mut answers: impl Write) -> anyhow::Result<()> {
    let mut gym = Gym::default();
    loop {
        let mut line = Vec::new();
        let read = (&mut requests).take(LINE_MAX + 1).read_until(b'\n', &mut line);
        let read = read.context("cannot read a request")?;
        if read == 0 {
            return Ok(());
        }
        if LINE_MAX < u64::try_from(read).unwrap_or(u64::MAX) {
            anyhow::bail!("a request of more than {LINE_MAX} bytes");
        }
        let answer = gym.answer(&line).unwrap_or_else(|error| {
            // What is wrong is told to the one who asked, and the sessions stay as they were.
            Answer::Error { problem: format!("{error:#}") }
        });
        let mut line = serde_json::to_vec(&answer).context("cannot write an answer")?;
        line.push(b'\n');
        match answers.write_all(&line).and_then(|()| answers.flush()) {
            // Whoever asked is gone, as is the reason to go on.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            written => written.context("cannot write an answer")?,
        }
    }
}

/// What stays from one request to the next.
#[derive(Default)]
struct Gym {
    /// What was read last, since most resets ask for the same again.
    inputs: Option<Inputs>,
    batch: Option<Batch>,
}

impl Gym {
    fn answer(&mut self, line: &[u8]) -> anyhow::Result<Answer> {
        match serde_json::from_slice(line).context("this is no request")? {
            Request::Reset(reset) => {
                reset.check()?;
                let inputs = match self.inputs.take().filter(|inputs| inputs.are_of(&reset)) {
                    Some(inputs) => inputs,
                    None => Inputs::read(&reset)?,
                };
                let inputs = self.inputs.insert(inputs);
                let batch = self.batch.insert(Batch::new(inputs, &reset)?);
                let (observations, infos) = batch.shown();
                Ok(Answer::Reset { version: VERSION, observations, infos })
            }
            Request::Step { actions } => {
                let batch = self.batch.as_mut().context("no reset was asked for before")?;
                Ok(Answer::Step(batch.step(&actions)?))
            }
        }
    }
}

#[cfg(test)]
mod tests;
