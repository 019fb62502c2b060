//! A network link as a machine: a trace of rates, shared fairly, with latency and loss.
//!
//! Layer 2. The simulator, the client's shaper and the edge's shaper for each viewer run this
//! very link; only the simulator knows body sizes up front.

mod link;
mod trace;

pub use link::{Foretold, Input, Link, Output, TransferId};
pub use trace::{Format, Generator, GeneratorError, Row, RowProblem, Trace, TraceError, UNLIMITED};
