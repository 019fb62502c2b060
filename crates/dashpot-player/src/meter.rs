//! What the link carries, whoever asked for it.

use crate::Ticket;
use dashpot_base::{ByteSize, MonoTime, Span};

/// Counts the bytes that arrive, and the time in which any do.
///
/// Video and audio share the link: what one body gets of it says little about what it carries, so
/// all bodies count together, over the time in which at least one of them was arriving (as
/// Media3's bandwidth meter does).
#[derive(Debug, Default)]
pub(crate) struct Meter {
    /// Bodies that are arriving, a few at most, with how much of each has arrived.
    arriving: Vec<(Ticket, ByteSize)>,
    /// Those of them of which nothing comes, the rest being still to be made.
    paused: Vec<Ticket>,
    /// Since when any has been, or since the account was last closed.
    busy_since: Option<MonoTime>,
    busy: Span,
    bytes: ByteSize,
}

impl Meter {
    /// A body begins to arrive.
    pub(crate) fn began(&mut self, at: MonoTime, ticket: Ticket) {
        self.busy_since.get_or_insert(at);
        if self.place(ticket).is_none() {
            self.arriving.push((ticket, ByteSize::ZERO));
        }
    }

    /// So much of a body has arrived, in all.
    #[inline]
    pub(crate) fn grew(&mut self, ticket: Ticket, size: ByteSize) {
        if let Some(place) = self.place(ticket) {
            let before = &mut self.arriving[place].1;
            self.bytes += ByteSize::new(size.bytes().saturating_sub(before.bytes()));
            *before = size.max(*before);
        }
    }

    /// Nothing more of a body will arrive; returns how much of it has.
    pub(crate) fn ended(&mut self, now: MonoTime, ticket: Ticket) -> ByteSize {
        let Some(place) = self.place(ticket) else { return ByteSize::ZERO };
        let (_, size) = self.arriving.swap_remove(place);
        if !self.paused.is_empty() {
            self.paused.retain(|paused| *paused != ticket);
        }
        self.rest(now);
        size
    }

    /// All that has been made of a body is here.
    pub(crate) fn paused(&mut self, now: MonoTime, ticket: Ticket) {
        if self.place(ticket).is_some() && !self.paused.contains(&ticket) {
            self.paused.push(ticket);
            self.rest(now);
        }
    }

    /// More of a body has been made, and is on its way.
    #[inline]
    pub(crate) fn resumed(&mut self, now: MonoTime, ticket: Ticket) {
        if let Some(place) = self.paused.iter().position(|paused| *paused == ticket) {
            self.paused.swap_remove(place);
            self.busy_since.get_or_insert(now);
        }
    }

    /// Stops the clock where nothing arrives.
    fn rest(&mut self, now: MonoTime) {
        if self.arriving.len() == self.paused.len() {
            self.busy += self.busy_since.take().map_or(Span::ZERO, |since| now.span_since(since));
        }
    }

    fn place(&self, ticket: Ticket) -> Option<usize> {
        self.arriving.iter().position(|(known, _)| *known == ticket)
    }

    /// Closes the account: returns what has arrived since it was last closed, and in how much time.
    pub(crate) fn take(&mut self, now: MonoTime) -> (ByteSize, Span) {
        if let Some(since) = &mut self.busy_since {
            self.busy += now.span_since(*since);
            *since = now;
        }
        (std::mem::take(&mut self.bytes), std::mem::take(&mut self.busy))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(ms: u64) -> MonoTime {
        MonoTime::from_nanos(ms * 1_000_000)
    }

    #[test]
    fn bodies_that_share_the_link_count_together_and_silence_not_at_all() {
        let (video, audio) = (Ticket(1), Ticket(2));
        let mut meter = Meter::default();
        meter.began(at(100), video);
        meter.began(at(150), audio);
        meter.grew(video, ByteSize::new(400));
        meter.grew(audio, ByteSize::new(250));
        meter.grew(video, ByteSize::new(1_000));
        meter.ended(at(300), video);
        assert_eq!(meter.take(at(300)), (ByteSize::new(1_250), Span::from_millis(200)));
        meter.grew(audio, ByteSize::new(300));
        meter.ended(at(340), audio);
        // Nothing arrives for a while, then the next body.
        meter.began(at(900), Ticket(3));
        meter.grew(Ticket(3), ByteSize::new(70));
        assert_eq!(meter.take(at(910)), (ByteSize::new(120), Span::from_millis(50)));
        assert_eq!(meter.take(at(910)), (ByteSize::ZERO, Span::ZERO));
    }

    #[test]
    fn what_is_not_made_yet_takes_no_time() {
        let (video, audio) = (Ticket(1), Ticket(2));
        let mut meter = Meter::default();
        meter.began(at(0), video);
        meter.grew(video, ByteSize::new(100));
        meter.paused(at(10), video);
        meter.paused(at(12), video);
        meter.resumed(at(500), video);
        meter.resumed(at(505), video);
        meter.began(at(505), audio);
        meter.paused(at(510), video);
        meter.grew(audio, ByteSize::new(30));
        meter.ended(at(520), audio);
        meter.ended(at(900), video);
        assert_eq!(meter.take(at(900)), (ByteSize::new(130), Span::from_millis(30)));
    }

    #[test]
    fn what_is_unknown_or_shrinks_counts_for_nothing() {
        let mut meter = Meter::default();
        meter.grew(Ticket(1), ByteSize::new(9));
        meter.ended(at(5), Ticket(1));
        meter.began(at(10), Ticket(1));
        meter.grew(Ticket(1), ByteSize::new(9));
        meter.grew(Ticket(1), ByteSize::new(4));
        meter.grew(Ticket(1), ByteSize::new(9));
        assert_eq!(meter.take(at(20)), (ByteSize::new(9), Span::from_millis(10)));
    }
}
