//! Policies that are not compiled in: programs that choose rungs, asked in lines of JSON.
//!
//! Layer 5. An [`Exec`] is a [`Rule`](dashpot_abr::Rule) behind which a process of its own decides.
//! The process belongs to the session: it is started for it and ends with it, so that what it
//! remembers of one session cannot change another, whatever the number of threads.

mod exec;
mod observation;
mod process;

pub use exec::{Exec, Limits, PolicyError, ProcessError};
pub use observation::{Live, Observation, Observed, Past};
