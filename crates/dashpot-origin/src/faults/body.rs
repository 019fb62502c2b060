//! Bodies that go wrong on their way.

use axum::body::{Body, BodyDataStream};
use bytes::Bytes;
use dashpot_base::{Bitrate, ByteSize, MonoTime};
use dashpot_serve::{BoxError, Clock, ConnectionReset};
use futures_util::{StreamExt as _, stream};
use std::{collections::BTreeSet, time::Duration};
use tokio::{task::yield_now, time::sleep};

/// How often a body of limited rate goes on: too short to be seen as a pause.
const PACE: Duration = Duration::from_millis(50);
/// The smallest piece that goes on at a time.
const PIECE_MIN: u64 = 256;

/// What a body meets.
#[derive(Clone, Debug, Default)]
pub(super) struct Wounds {
    pub(super) rate: Option<Bitrate>,
    /// After how many bytes it pauses, and for how long.
    pub(super) stall: Option<(u64, Duration)>,
    /// After how many bytes it ends, and how.
    pub(super) end: Option<(u64, End)>,
    /// The places of the bytes that are flipped.
    pub(super) flips: BTreeSet<u64>,
    /// Whether more bytes were promised than there are.
    pub(super) is_short: bool,
}

/// How a body ends early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Truncate,
    Reset,
}

/// A body is cut on purpose.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("cut, as a fault asks for")]
struct Cut;

struct State {
    frames: BodyDataStream,
    /// What is left of the last frame.
    rest: Bytes,
    sent: u64,
    wounds: Wounds,
    clock: Clock,
    began: Option<MonoTime>,
    has_ended: bool,
}

/// Returns `body` as it goes wrong. Its length is whatever the head says.
pub(super) fn wounded(body: Body, wounds: Wounds, clock: Clock) -> Body {
    let frames = body.into_data_stream();
    let state =
        State { frames, rest: Bytes::new(), sent: 0, wounds, clock, began: None, has_ended: false };
    let pieces = stream::unfold(state, |mut state| async move {
        let piece = state.next().await?;
        Some((piece, state))
    });
    Body::from_stream(pieces)
}

impl State {
    async fn next(&mut self) -> Option<Result<Bytes, BoxError>> {
        if self.has_ended {
            return None;
        }
        if let Some((at, end)) = self.wounds.end
            && at <= self.sent
        {
            return Some(Err(self.cut(end).await));
        }
        if let Some((at, span)) = self.wounds.stall
            && at <= self.sent
        {
            self.wounds.stall = None;
            sleep(span).await;
        }
        while self.rest.is_empty() {
            match self.frames.next().await {
                Some(Ok(frame)) => self.rest = frame,
                Some(Err(error)) => {
                    self.has_ended = true;
                    return Some(Err(error.into()));
                }
                None if self.wounds.is_short => return Some(Err(self.cut(End::Truncate).await)),
                None => return None,
            }
        }
        let piece = self.rest.split_to(self.piece());
        let piece = self.flipped(piece);
        self.sent = self.sent.saturating_add(length(&piece));
        self.keep_pace().await;
        Some(Ok(piece))
    }

    /// Ends it, once what has been handed over is on its way.
    async fn cut(&mut self, end: End) -> BoxError {
        self.has_ended = true;
        // A connection is written to whenever its body has nothing ready; what an error finds
        // unwritten is lost.
        yield_now().await;
        match end {
            End::Truncate => Cut.into(),
            End::Reset => ConnectionReset.into(),
        }
    }

    /// Returns how many of the bytes at hand go on at once.
    fn piece(&self) -> usize {
        let places = [self.wounds.end.map(|(at, _)| at), self.wounds.stall.map(|(at, _)| at)];
        let until = places.into_iter().flatten().map(|at| at.saturating_sub(self.sent));
        let paced = self.wounds.rate.map(|rate| rate.bytes_in(PACE).bytes().max(PIECE_MIN));
        let most = until.chain(paced).filter(|most| 0 < *most).min().unwrap_or(u64::MAX);
        usize::try_from(most).unwrap_or(usize::MAX).min(self.rest.len())
    }

    fn flipped(&self, piece: Bytes) -> Bytes {
        let range = self.sent..self.sent.saturating_add(length(&piece));
        let mut flips = self.wounds.flips.range(range).peekable();
        if flips.peek().is_none() {
            return piece;
        }
        let mut bytes = piece.to_vec();
        for at in flips {
            let within = usize::try_from(at - self.sent).ok();
            if let Some(byte) = within.and_then(|within| bytes.get_mut(within)) {
                *byte ^= 0xff;
            }
        }
        bytes.into()
    }

    /// Waits until what is handed over next may have arrived.
    async fn keep_pace(&mut self) {
        let Some(rate) = self.wounds.rate else { return };
        let now = self.clock.mono();
        let began = *self.began.get_or_insert(now);
        let takes = rate.time_for(ByteSize::new(self.sent)).unwrap_or_default();
        let due = began.after(takes);
        if now < due {
            sleep(due.since(now)).await;
        }
    }
}

fn length(bytes: &Bytes) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dashpot_base::WallTime;
    use http_body_util::BodyExt as _;

    async fn check(wounds: Wounds, seconds: f64, expected: &[u8]) {
        let clock = Clock::starting_at(WallTime::EPOCH);
        let body = wounded(Body::from(vec![0; 10_000]), wounds.clone(), clock.clone());
        let mut body = body.into_data_stream();
        let mut bytes = Vec::new();
        while let Some(Ok(piece)) = body.next().await {
            bytes.extend(piece);
        }
        assert!(bytes == expected, "{wounds:?}: {} bytes", bytes.len());
        // Time stands still but for what is waited for; tokio rounds each wait up to a millisecond.
        let took = clock.mono().nanos();
        let took = Duration::from_nanos(took).as_secs_f64();
        assert!((seconds..seconds + 0.01).contains(&took), "{wounds:?}: {took} s");
    }

    #[tokio::test(start_paused = true)]
    async fn bodies_take_the_time_and_end_where_they_are_told() {
        let whole = vec![0; 10_000];
        let second = Duration::from_secs(1);
        let none = Wounds::default();
        check(none.clone(), 0.0, &whole).await;
        check(Wounds { rate: Some(Bitrate::from_kbps(16)), ..none.clone() }, 5.0, &whole).await;
        check(Wounds { stall: Some((500, second)), ..none.clone() }, 1.0, &whole).await;
        let end = Some((700, End::Truncate));
        check(Wounds { end, stall: Some((500, second)), ..none.clone() }, 1.0, &whole[..700]).await;
        check(Wounds { end, stall: Some((900, second)), ..none.clone() }, 0.0, &whole[..700]).await;
        let mut flipped = whole.clone();
        (flipped[3], flipped[9_999]) = (0xff, 0xff);
        let flips = BTreeSet::from([3, 9_999]);
        check(Wounds { flips, rate: Some(Bitrate::from_kbps(16)), ..none }, 5.0, &flipped).await;
    }

    #[tokio::test]
    async fn an_early_end_is_an_error_of_its_kind() {
        for (end, is_reset) in [(End::Truncate, false), (End::Reset, true)] {
            let wounds = Wounds { end: Some((0, end)), ..Wounds::default() };
            let clock = Clock::system();
            let error = wounded(Body::from("text"), wounds, clock).collect().await.unwrap_err();
            let mut chain: Vec<&dyn std::error::Error> = vec![&error];
            while let Some(source) = chain.last().and_then(|error| error.source()) {
                chain.push(source);
            }
            let last = chain.last().unwrap();
            assert_eq!(last.is::<ConnectionReset>(), is_reset, "{end:?}: {chain:?}");
        }
    }
}
