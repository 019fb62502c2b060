//! The shape of everything that decides with memory.

use crate::MonoTime;

/// A state machine that does no I/O and reads no clock.
///
/// After each [`handle`](Machine::handle) the driver drains [`poll`](Machine::poll) to `None`
/// before it feeds anything else.
pub trait Machine {
    /// What the world tells the machine.
    type Input;
    /// What the machine asks of the world.
    type Output;

    /// Takes one input at `now`; never blocks, never fails.
    fn handle(&mut self, now: MonoTime, input: Self::Input);

    /// Returns the next thing to do, or `None` once there is nothing left.
    fn poll(&mut self) -> Option<Self::Output>;

    /// Returns when to call back with a wake-up, and why.
    fn wake_at(&self) -> Option<(MonoTime, &'static str)>;
}
