//! Segments that come into being while they are sent.

use dashpot_base::{ByteSize, MonoTime};
use std::time::Duration;

/// How a segment comes into being: in chunks, each of which can be sent once its last picture was
/// captured. A real encoder needs some time on top, which is the same for all and not simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Making {
    /// Where it begins on the presentation's timeline.
    pub start: Duration,
    /// Where the live edge was on it when the clock began.
    pub edge: Duration,
    /// How long it plays.
    pub length: Duration,
    /// How long each chunk plays but the last, which may be shorter; never zero.
    pub chunk: Duration,
}

impl Making {
    /// Returns how many chunks there are.
    pub(crate) fn chunks(&self) -> u64 {
        let count = self.length.as_nanos().div_ceil(self.chunk.as_nanos().max(1));
        u64::try_from(count).unwrap_or(u64::MAX).max(1)
    }

    /// Returns how much media the first chunks have.
    pub(crate) fn media(&self, chunks: u64) -> Duration {
        let nanos = self.chunk.as_nanos().saturating_mul(chunks.into());
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)).min(self.length)
    }

    /// Returns how many bytes of `size` the first chunks have: the same share as of the media.
    pub(crate) fn bytes(&self, chunks: u64, size: ByteSize) -> ByteSize {
        let media = self.media(chunks).as_nanos();
        let bytes = u128::from(size.bytes()).saturating_mul(media);
        let bytes = bytes / self.length.as_nanos().max(1);
        ByteSize::new(u64::try_from(bytes).unwrap_or(u64::MAX)).min(size)
    }

    /// Returns when the chunk of that number, counted from 1, can be sent.
    pub(crate) fn when(&self, chunk: u64) -> MonoTime {
        let captured = self.start.saturating_add(self.media(chunk));
        MonoTime::ZERO.after(captured.saturating_sub(self.edge))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn chunks_are_there_once_they_were_captured_and_carry_their_share() {
        let (start, edge, chunk) = (ms(4_000), ms(4_700), ms(500));
        let making = Making { start, edge, length: ms(1_300), chunk };
        assert_eq!(making.chunks(), 3);
        let chunk = |number| {
            let at = making.when(number).nanos() / 1_000_000;
            (at, making.media(number).as_millis(), making.bytes(number, ByteSize::new(131)).bytes())
        };
        assert_eq!(
            [1, 2, 3, 9].map(chunk),
            [(0, 500, 50), (300, 1000, 100), (600, 1300, 131), (600, 1300, 131)]
        );
        let whole = Making { chunk: ms(9_000), ..making };
        assert_eq!((whole.chunks(), whole.media(1)), (1, ms(1_300)));
    }
}
