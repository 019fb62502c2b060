//! Rules as they are typed: those that are compiled in, and programs outside.

use dashpot_abr::Rule;
use dashpot_policy::{Exec, Limits};

/// What a rule begins with behind which a program decides.
const EXEC: &str = "exec:";

/// Says whether there is such a rule; a program is not started for that.
///
/// # Errors
/// Where there is none.
pub(crate) fn check(spec: &str) -> anyhow::Result<()> {
    match spec.strip_prefix(EXEC) {
        Some(command) if command.trim().is_empty() => Err(dashpot_policy::PolicyError::NoCommand)?,
        Some(_) => Ok(()),
        None => Ok(dashpot_abr::parse(spec).map(drop)?),
    }
}

/// Says whether a program outside decides, of which nobody here knows when it changes.
pub(crate) fn is_outside(spec: &str) -> bool {
    spec.starts_with(EXEC)
}

/// Makes a rule; a program is started, for this rule alone.
///
/// # Errors
/// Where there is no such rule, or its program cannot be started or does not answer.
pub(crate) fn make(spec: &str) -> anyhow::Result<Box<dyn Rule>> {
    match spec.strip_prefix(EXEC) {
        Some(command) => Ok(Box::new(Exec::start(command, Limits::default())?)),
        None => Ok(dashpot_abr::parse(spec)?),
    }
}

/// Takes a rule as it is typed, once it is known that there is such a rule.
///
/// # Errors
/// Where there is none.
pub(crate) fn spec(text: &str) -> Result<String, String> {
    check(text).map(|()| text.to_owned()).map_err(|error| error.to_string())
}
