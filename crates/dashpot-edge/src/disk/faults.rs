//! Disks that fail when a test says so.

use std::{
    io,
    sync::{Mutex, PoisonError},
};

use super::dir::Step;

/// What fails, and how: the number of the operating system's error.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Option<(Step, i32)>>);

/// No space left on device.
pub(crate) const ENOSPC: i32 = 28;
/// Input/output error.
pub(crate) const EIO: i32 = 5;

impl Faults {
    /// Lets every `step` fail with `errno` from here on, or none.
    pub(crate) fn set(&self, fault: Option<(Step, i32)>) {
        *self.0.lock().unwrap() = fault;
    }

    pub(crate) fn check(&self, step: Step) -> io::Result<()> {
        let fault = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match fault {
            Some((failing, errno)) if failing == step => Err(io::Error::from_raw_os_error(errno)),
            Some(_) | None => Ok(()),
        }
    }
}
