//! The rule behind which a program decides.

use crate::{Observation, Observed, process::Process};
use dashpot_abr::{Arrival, Decision, Reason, Rule, Rung, View};
use serde::{Deserialize, Serialize};
use std::{io, time::Duration};
use thiserror::Error;

pub use crate::process::ProcessError;

/// The version of the protocol that is spoken.
const VERSION: u32 = 1;

/// What the protocol is called.
const PROTOCOL: &str = "dashpot-policy";

/// How much of an answer is shown to a person.
const SHOWN: usize = 120;

/// How long a program is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For its greeting: interpreters that load a framework for learning take ten seconds.
    pub greeting: Duration,
    /// For each decision: a program that takes longer than a segment plays cannot keep up.
    pub decision: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { greeting: Duration::from_secs(60), decision: Duration::from_secs(5) }
    }
}

/// A rule behind which a program decides, which is asked in lines of JSON.
#[derive(Debug)]
pub struct Exec {
    command: String,
    limits: Limits,
    /// `None` once it failed.
    process: Option<Process>,
    observed: Observed,
    asked: u64,
    failure: Option<String>,
}

/// Why a program is of no use as a policy.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// There is no command.
    #[error("`exec:` wants a command, such as `exec:python3 policy.py`")]
    NoCommand,
    /// It cannot be started.
    #[error("cannot start it")]
    Start(#[source] io::Error),
    /// It did not answer.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// It answered with something else.
    #[error("`{line}` is no answer: {problem}")]
    NoAnswer {
        /// The beginning of what it wrote.
        line: String,
        /// What is wrong with that.
        problem: String,
    },
    /// It speaks another version.
    #[error("it speaks version {0} of the protocol, and this is version {VERSION}")]
    OtherVersion(u32),
    /// It answered another request than the one asked.
    #[error("it answered request {0} instead of {1}")]
    OtherRequest(u64, u64),
    /// It chose a rung that is not there.
    #[error("rung {0} is not there: rungs are 0 to {1}")]
    NoSuchRung(u64, usize),
    /// It wants to wait for a time that is none.
    #[error("delay_ms {0} is no time to wait")]
    NoDelay(f64),
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Request {
    Hello {
        protocol: &'static str,
        version: u32,
    },
    Decide {
        id: u64,
        #[serde(flatten)]
        observation: Box<Observation>,
    },
}

#[derive(Deserialize)]
struct Hello {
    version: u32,
}

#[derive(Deserialize)]
struct Answer {
    rung: u64,
    #[serde(default)]
    delay_ms: f64,
    id: Option<u64>,
    why: Option<String>,
}

impl Exec {
    /// Starts `command` by the shell and greets it.
    ///
    /// # Errors
    /// Where it cannot be started, or does not speak the protocol.
    pub fn start(command: &str, limits: Limits) -> Result<Self, PolicyError> {
        let command = command.trim().to_owned();
        if command.is_empty() {
            return Err(PolicyError::NoCommand);
        }
        let mut process = Process::start(&command).map_err(PolicyError::Start)?;
        let hello = Request::Hello { protocol: PROTOCOL, version: VERSION };
        match greet(&mut process, &hello, limits.greeting) {
            Ok(()) => (),
            Err(error) => {
                process.kill();
                return Err(error);
            }
        }
        Ok(Self {
            command,
            limits,
            process: Some(process),
            observed: Observed::default(),
            asked: 0,
            failure: None,
        })
    }

    fn ask(&mut self, view: &View<'_>) -> Result<Decision, PolicyError> {
        let process = self.process.as_mut().ok_or(ProcessError::Gone)?;
        self.asked += 1;
        let id = self.asked;
        let request = Request::Decide { id, observation: Box::new(self.observed.show(view)) };
        let line = process.ask(line(&request), self.limits.decision)?;
        decision(&line, id, view)
    }
}

impl Rule for Exec {
    fn name(&self) -> &'static str {
        "exec"
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        self.ask(view).unwrap_or_else(|error| {
            if self.failure.is_none() {
                self.failure = Some(format!("`{}`: {error}", self.command));
            }
            if let Some(mut process) = self.process.take() {
                process.kill();
            }
            // It counts for nothing: whoever asked looks at the failure.
            Decision::now(Rung(0), Reason::External)
        })
    }

    fn arrived(&mut self, arrival: &Arrival) {
        self.observed.arrived(arrival);
    }

    fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }
}

fn greet(process: &mut Process, hello: &Request, within: Duration) -> Result<(), PolicyError> {
    let Hello { version } = read(&process.greet(line(hello), within)?)?;
    if version == VERSION { Ok(()) } else { Err(PolicyError::OtherVersion(version)) }
}

fn decision(line: &[u8], id: u64, view: &View<'_>) -> Result<Decision, PolicyError> {
    let Answer { rung, delay_ms, id: answered, why } = read(line)?;
    if let Some(answered) = answered.filter(|answered| *answered != id) {
        return Err(PolicyError::OtherRequest(answered, id));
    }
    let top = view.top();
    let chosen = usize::try_from(rung).ok().map(Rung).filter(|rung| *rung <= top);
    let rung = chosen.ok_or(PolicyError::NoSuchRung(rung, top.0))?;
    if !(delay_ms.is_finite() && 0.0 <= delay_ms) {
        return Err(PolicyError::NoDelay(delay_ms));
    }
    if let Some(why) = why {
        tracing::debug!(id, rung = rung.0, why = %beginning(why.as_bytes()), "a policy says why");
    }
    Ok(Decision { rung, delay_ms, reason: Reason::External })
}

fn line(request: &Request) -> Vec<u8> {
    let mut line = serde_json::to_vec(request).expect("numbers and texts are always JSON");
    line.push(b'\n');
    line
}

fn read<'a, T: Deserialize<'a>>(line: &'a [u8]) -> Result<T, PolicyError> {
    serde_json::from_slice(line).map_err(|error| PolicyError::NoAnswer {
        line: beginning(line),
        problem: error.to_string(),
    })
}

/// Returns so much of a line as a person wants to read, without what would upset a terminal.
fn beginning(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let mut shown: String =
        text.chars().take(SHOWN).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if SHOWN < text.chars().count() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests;
