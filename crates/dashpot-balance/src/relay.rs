//! Bytes between a client and a backend, both ways, until both have ended.
//!
//! Little of it is copied through a buffer that lives only while there is something in it; bulk
//! goes through a pipe, which on Linux moves pages rather than bytes (`splice(2)`).

#[cfg(target_os = "linux")]
mod pipes;
mod pump;

use crate::{Config, stats::Counts};
use dashpot_base::MonoTime;
use dashpot_serve::Clock;
#[cfg(target_os = "linux")]
use pipes::Pipes;
use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};
use tokio::{net::TcpStream, select, sync::Notify, time::sleep};

/// The smallest buffer: with less, system calls would cost more than what they move.
const BUFFER_BYTES_MIN: usize = 1 << 10;

/// How connections are relayed.
#[derive(Debug)]
pub(crate) struct Relay {
    clock: Clock,
    buffer_bytes: usize,
    idle_timeout: Duration,
    fin_timeout: Duration,
    /// Pipes for bulk; none where it is copied as well.
    #[cfg(target_os = "linux")]
    pipes: Option<Pipes>,
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Both sides ended their direction.
    Done,
    /// The client reset it, or has gone.
    Client,
    /// The backend did.
    Backend,
    /// Nothing moved for too long.
    Idle,
}

impl End {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Client => "client",
            Self::Backend => "backend",
            Self::Idle => "idle",
        }
    }
}

/// How a connection ended, and how much the client has got of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) end: End,
    pub(crate) down_bytes: u64,
}

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// To the backend.
    Up,
    /// To the client.
    Down,
}

/// What both directions of a connection share.
#[derive(Debug)]
struct Line<'a> {
    relay: &'a Relay,
    counts: &'a Counts,
    /// When something moved last, in nanoseconds.
    moved_at: AtomicU64,
    down_bytes: AtomicU64,
    /// Whether one side has ended its direction.
    is_half: AtomicBool,
    halved: Notify,
}

impl Relay {
    pub(crate) fn new(config: &Config, clock: Clock) -> Self {
        Self {
            clock,
            buffer_bytes: config.buffer_bytes.max(BUFFER_BYTES_MIN),
            idle_timeout: config.idle_timeout,
            fin_timeout: config.fin_timeout,
            #[cfg(target_os = "linux")]
            pipes: (config.splice == crate::Splice::Auto).then(Pipes::default),
        }
    }

    /// Relays until both sides have ended, one has failed, or nothing has moved for too long.
    ///
    /// Whoever calls this has to reset both connections unless it was [`End::Done`]: a close would
    /// look as if what came before were whole.
    pub(crate) async fn run(
        &self,
        client: &mut TcpStream,
        server: &mut TcpStream,
        counts: &Counts,
    ) -> Ended {
        let line = Line {
            relay: self,
            counts,
            moved_at: self.clock.mono().nanos().into(),
            down_bytes: AtomicU64::new(0),
            is_half: AtomicBool::new(false),
            halved: Notify::new(),
        };
        let ((mut client_out, mut client_in), (mut server_out, mut server_in)) =
            (client.split(), server.split());
        let both = async {
            tokio::try_join!(
                line.pump(&mut client_out, &mut server_in, Way::Up),
                line.pump(&mut server_out, &mut client_in, Way::Down),
            )
        };
        let end = select! {
            biased;
            ended = both => ended.map_or_else(|end| end, |_| End::Done),
            () = line.rested() => End::Idle,
        };
        Ended { end, down_bytes: line.down_bytes.load(Ordering::Relaxed) }
    }
}

impl Line<'_> {
    fn moved(&self, way: Way, count: usize) {
        let now = self.relay.clock.mono();
        self.moved_at.store(now.nanos(), Ordering::Relaxed);
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        match way {
            Way::Up => self.counts.up_bytes.inc_by(count),
            Way::Down => {
                self.down_bytes.fetch_add(count, Ordering::Relaxed);
                self.counts.down_bytes.inc_by(count)
            }
        };
    }

    /// Takes note that one direction has ended.
    fn halve(&self) {
        self.is_half.store(true, Ordering::Relaxed);
        self.halved.notify_one();
    }

    /// Waits until nothing has moved for too long.
    async fn rested(&self) {
        loop {
            let moved_at = MonoTime::from_nanos(self.moved_at.load(Ordering::Relaxed));
            let may_rest = if self.is_half.load(Ordering::Relaxed) {
                self.relay.fin_timeout.min(self.relay.idle_timeout)
            } else {
                self.relay.idle_timeout
            };
            let ends_at = moved_at.after(may_rest);
            let now = self.relay.clock.mono();
            if ends_at <= now {
                return;
            }
            select! {
                () = sleep(ends_at.since(now)) => (),
                () = self.halved.notified() => (),
            }
        }
    }
}
