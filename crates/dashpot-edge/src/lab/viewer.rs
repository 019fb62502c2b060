//! One viewer's link, shared by all of the viewer's responses.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use dashpot_base::{Bitrate, ByteSize, Machine as _, MonoTime, Seed};
use dashpot_net::{Input, Link, Output, Trace, TransferId, UNLIMITED};
use dashpot_serve::Clock;
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

/// The longest latency a viewer may ask for: beyond it every player gives up.
const LATENCY_MS_MAX: u64 = 60_000;

/// What a link is held to; what the page sends and gets back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct LinkState {
    /// None leaves the rate open.
    rate_bps: Option<u64>,
    latency_ms: u64,
    /// The share of segment requests answered 503, from 0 to 1.
    loss_ratio: f64,
}

impl LinkState {
    /// Returns the trace of a link in this state, or what is wrong with it.
    fn trace(self) -> Result<Trace, String> {
        if LATENCY_MS_MAX < self.latency_ms {
            return Err(format!("latency_ms: at most {LATENCY_MS_MAX}\n"));
        }
        if !(0.0..=1.0).contains(&self.loss_ratio) {
            return Err("loss_ratio: from 0 to 1\n".to_owned());
        }
        let rate = self.rate_bps.map_or(UNLIMITED, Bitrate::from_bps);
        let latency = Duration::from_millis(self.latency_ms);
        Trace::constant(rate, latency).map_err(|error| format!("rate_bps: {error}\n"))
    }
}

/// A viewer.
#[derive(Debug)]
pub(super) struct Viewer {
    shaping: Mutex<Shaping>,
}

#[derive(Debug)]
struct Shaping {
    link: Link,
    state: LinkState,
    transfers: BTreeMap<TransferId, Progress>,
    next: u64,
}

/// How far a response is across the link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Progress {
    answered: bool,
    lost: bool,
    delivered: u64,
}

impl Default for Viewer {
    fn default() -> Self {
        let state = LinkState::default();
        // A rate without limit and no latency always make a trace.
        let trace = state.trace().expect("the open link is a link");
        let link = Link::new(trace, 0.0, Seed(0));
        let transfers = BTreeMap::new();
        Self { shaping: Mutex::new(Shaping { link, state, transfers, next: 0 }) }
    }
}

/// How a request fared on its way over the link.
#[derive(Debug)]
pub(super) enum Begun {
    /// Its response may begin.
    Answered(Transfer),
    /// It never arrived.
    Lost,
}

impl Viewer {
    /// Holds the link to `state` and returns the state in force, or what is wrong with it.
    pub(super) fn set(&self, now: MonoTime, state: LinkState) -> Result<LinkState, String> {
        let trace = state.trace()?;
        let mut shaping = self.lock();
        shaping.tell(now, Input::SetTrace(trace));
        shaping.state = state;
        Ok(state)
    }

    /// Has the link carry what `trace` says from `now` on.
    pub(super) fn follow(&self, now: MonoTime, trace: Trace) {
        self.lock().tell(now, Input::SetTrace(trace));
    }

    /// Sends a request over the link and waits for its latency to pass.
    pub(super) async fn begin(self: &Arc<Self>, clock: &Clock, is_segment: bool) -> Begun {
        let id = {
            let mut shaping = self.lock();
            let loss_ratio = if is_segment { shaping.state.loss_ratio } else { 0.0 };
            let id = TransferId(shaping.next);
            shaping.next += 1;
            shaping.transfers.insert(id, Progress::default());
            let now = clock.mono();
            shaping.tell(now, Input::SetLoss(loss_ratio));
            shaping.tell(now, Input::Start(id));
            id
        };
        let transfer = Transfer { viewer: Arc::clone(self), clock: clock.clone(), id };
        loop {
            let (progress, wait) = transfer.look();
            if progress.lost {
                return Begun::Lost;
            }
            if progress.answered {
                return Begun::Answered(transfer);
            }
            sleep(wait).await;
        }
    }

    /// Returns whether responses are under way.
    pub(super) fn is_busy(&self) -> bool {
        !self.lock().transfers.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Shaping> {
        // The link is whole between any two statements that can panic.
        self.shaping.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shaping {
    fn tell(&mut self, now: MonoTime, input: Input) {
        self.link.handle(now, input);
        while let Some(output) = self.link.poll() {
            match output {
                Output::Answered(id) => self.note(id, |progress| progress.answered = true),
                Output::Failed(id) => self.note(id, |progress| progress.lost = true),
                Output::Delivered(id, total) => {
                    self.note(id, |progress| progress.delivered = total.bytes());
                }
                Output::Done(_) => {}
            }
        }
    }

    fn note(&mut self, id: TransferId, change: impl FnOnce(&mut Progress)) {
        if let Some(progress) = self.transfers.get_mut(&id) {
            change(progress);
        }
    }
}

/// One response on a viewer's link; dropped, it takes no capacity any more.
#[derive(Debug)]
pub(super) struct Transfer {
    viewer: Arc<Viewer>,
    clock: Clock,
    id: TransferId,
}

impl Transfer {
    /// Offers the link `size` more bytes of the response.
    pub(super) fn offer(&self, size: u64) {
        let input = Input::Offer(self.id, ByteSize::new(size));
        self.viewer.lock().tell(self.clock.mono(), input);
    }

    /// Returns how many bytes are across, and when to look again.
    pub(super) fn delivered(&self) -> (u64, Duration) {
        let (progress, wait) = self.look();
        (progress.delivered, wait)
    }

    fn look(&self) -> (Progress, Duration) {
        /// Bytes come in helpings of what the rate carries in this time: short beside a player's
        /// measurements, long beside the timer's grain of a millisecond.
        const HELPING: Duration = Duration::from_millis(10);
        let mut shaping = self.viewer.lock();
        let now = self.clock.mono();
        shaping.tell(now, Input::Wake);
        let progress = shaping.transfers.get(&self.id).copied().unwrap_or_default();
        let wake_at = shaping.link.wake_at().map_or(HELPING, |(at, _)| at.since(now));
        // A timer that fires within its grain would spin.
        (progress, wake_at.clamp(Duration::from_millis(1), HELPING))
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        let mut shaping = self.viewer.lock();
        shaping.transfers.remove(&self.id);
        shaping.tell(self.clock.mono(), Input::Cancel(self.id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_follows_its_trace_from_the_moment_it_is_told() {
        let viewer = Viewer::default();
        let at = |ms: u64| MonoTime::from_nanos(ms * 1_000_000);
        // A second at 8 kbit/s, which is a byte a millisecond, and one in which nothing moves.
        viewer.follow(at(5_000), Trace::parse("1000,8,0\n1000,0,0\n").unwrap());
        let mut shaping = viewer.lock();
        let id = TransferId(0);
        shaping.transfers.insert(id, Progress::default());
        shaping.tell(at(5_000), Input::Start(id));
        shaping.tell(at(5_000), Input::Offer(id, ByteSize::new(5_000)));
        for (ms, delivered) in [(5_500, 500), (6_000, 1_000), (6_900, 1_000), (7_100, 1_100)] {
            shaping.tell(at(ms), Input::Wake);
            assert_eq!(shaping.transfers[&id].delivered, delivered, "{ms}");
        }
    }
}
