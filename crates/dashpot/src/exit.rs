//! What the exit code says.

use std::process::ExitCode;

/// How a command ended. Every command uses these and no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExitStatus {
    /// 0: done.
    Done,
    /// 1: it ran, but a check that was asked for failed (a stall, a mismatch).
    CheckFailed,
    /// 2: it could not run: bad arguments, no such file, address taken.
    CouldNotRun,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(match status {
            ExitStatus::Done => 0,
            ExitStatus::CheckFailed => 1,
            ExitStatus::CouldNotRun => 2,
        })
    }
}
