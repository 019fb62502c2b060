//! Bulk through pipes: the kernel moves the pages of what has come to where it goes.

use super::{End, Line, Way};
use rustix::{
    io::Errno,
    pipe::{PipeFlags, SpliceFlags, fcntl_setpipe_size, pipe_with, splice},
};
use std::{
    io,
    os::fd::OwnedFd,
    sync::{Mutex, PoisonError},
};
use tokio::{
    io::Interest,
    net::{
        TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    task::coop::consume_budget,
};

/// Bytes that a pipe is asked to hold: with less, a system call moves little; with more, users
/// without privileges soon have all the pages of pipes that they may (64 MiB).
const PIPE_BYTES: usize = 256 << 10;
/// Pipes that are kept for the next bulk; each costs three system calls to make and two to close.
const SPARE_MAX: usize = 64;

/// Empty pipes.
#[derive(Debug, Default)]
pub(crate) struct Pipes(Mutex<Vec<Pipe>>);

/// An empty pipe.
#[derive(Debug)]
struct Pipe {
    out: OwnedFd,
    into: OwnedFd,
    size: usize,
}

impl Pipe {
    fn new() -> io::Result<Self> {
        let (out, into) = pipe_with(PipeFlags::NONBLOCK | PipeFlags::CLOEXEC)?;
        // Where it may not be as large, it is as large as Linux makes pipes.
        let size = fcntl_setpipe_size(&into, PIPE_BYTES).unwrap_or(64 << 10);
        Ok(Self { out, into, size })
    }
}

impl Pipes {
    fn take(&self) -> io::Result<Pipe> {
        let spare = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        spare.map_or_else(Pipe::new, Ok)
    }

    fn give_back(&self, pipe: Pipe) {
        let mut spare = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.len() < SPARE_MAX {
            spare.push(pipe);
        }
    }
}

impl Line<'_> {
    /// Passes on what comes through a pipe until nothing is there, and returns whether its sender
    /// has ended.
    pub(super) async fn splice(
        &self,
        pipes: &Pipes,
        (from, to): (&ReadHalf<'_>, &WriteHalf<'_>),
        way: Way,
    ) -> Result<bool, End> {
        // Without a pipe to be had, the bytes are copied.
        let Ok(pipe) = pipes.take() else { return Ok(false) };
        let (from, to): (&TcpStream, &TcpStream) = (from.as_ref(), to.as_ref());
        let flags = SpliceFlags::MOVE | SpliceFlags::NONBLOCK;
        let is_over = loop {
            // The pipe is empty: that it would block says that there is nothing to take.
            let taken = from.try_io(Interest::READABLE, || {
                again(|| splice(from, None, &pipe.into, None, pipe.size, flags))
            });
            let count = match taken {
                Ok(0) => break true,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break false,
                Err(_) => return Err(way.reading()),
            };
            let mut left = count;
            while left != 0 {
                let given = to.try_io(Interest::WRITABLE, || {
                    again(|| splice(&pipe.out, None, to, None, left, flags))
                });
                match given {
                    Ok(count) => left -= count.min(left),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        to.writable().await.map_err(|_| way.writing())?;
                    }
                    Err(_) => return Err(way.writing()),
                }
            }
            self.moved(way, count);
            // A fast pair of peers would never let this thread go.
            consume_budget().await;
        };
        pipes.give_back(pipe);
        Ok(is_over)
    }
}

/// Does a system call until no signal has broken it off.
fn again(mut call: impl FnMut() -> Result<usize, Errno>) -> io::Result<usize> {
    loop {
        match call() {
            Err(Errno::INTR) => (),
            done => return Ok(done?),
        }
    }
}
