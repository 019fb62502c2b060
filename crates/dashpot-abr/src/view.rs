//! What a rule sees and what it says.

use crate::Film;
use std::fmt;

/// Index of a representation in its ladder, lowest rate first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rung(pub usize);

/// What a rule may look at when the next segment is to be chosen.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// Time since the session began, in milliseconds.
    pub now_ms: f64,
    /// Rates on offer in kbit/s, ascending; never empty.
    pub ladder: &'a [f64],
    /// Lengths and sizes of the film's segments.
    pub film: &'a dyn Film,
    /// Index in `film` of the segment to be chosen.
    pub index: usize,
    /// Segments since the beginning, or since the last seek outside the buffer.
    pub since_seek: usize,
    /// Media ahead of the playhead, in milliseconds.
    pub buffer_ms: f64,
    /// The most media the player keeps ahead, in milliseconds; it asks for no segment that would
    /// pass it.
    pub buffer_max_ms: f64,
    /// Media time of the segment to be chosen, in milliseconds.
    pub segment_ms: f64,
    /// Throughput in kbit/s as the player's own estimator has it, `None` before the first sample.
    pub throughput_kbps: Option<f64>,
    /// Estimated time from a request to its first byte, in milliseconds; zero before the first
    /// sample.
    pub latency_ms: f64,
    /// The rung of the segment before this one, `None` for the first of a session.
    pub last: Option<Rung>,
    /// Whether playback runs: it does not before the first picture, nor in a stall.
    pub is_playing: bool,
    /// How far behind the live edge the playhead is; `None` for video on demand.
    pub live: Option<Live>,
}

/// Where a live session stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Live {
    /// From capture to the playhead, in milliseconds.
    pub latency_ms: f64,
    /// The latency aimed for, in milliseconds (`ServiceDescription` `Latency@target`).
    pub target_ms: f64,
    /// The playback rate in force; 1 is the film's own.
    pub speed: f64,
}

impl View<'_> {
    /// Returns the highest rung of the ladder.
    #[must_use]
    pub const fn top(&self) -> Rung {
        Rung(self.ladder.len().saturating_sub(1))
    }

    /// Returns the highest rung whose nominal rate is at most `kbps`, the lowest where none is.
    #[must_use]
    pub fn rung_below(&self, kbps: f64) -> Rung {
        Rung(self.ladder.iter().rposition(|&rate| rate <= kbps).unwrap_or(0))
    }

    /// Returns the rung of the segment before, inside the ladder; the lowest for the first one.
    #[must_use]
    pub fn last_or_lowest(&self) -> Rung {
        self.last.unwrap_or_default().min(self.top())
    }

    /// Returns the size in bits of the segment to be chosen, at `rung`.
    #[must_use]
    pub fn bits(&self, rung: Rung) -> f64 {
        self.film.bits(self.index, rung)
    }
}

/// A segment that arrived whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arrival {
    /// When its last byte came, in milliseconds since the session began.
    pub now_ms: f64,
    /// Its index in the film.
    pub index: usize,
    /// Its rung.
    pub rung: Rung,
    /// Its media time, in milliseconds.
    pub segment_ms: f64,
    /// Its size, in bits.
    pub bits: f64,
    /// From the request to its first byte, in milliseconds; at most `took_ms`.
    pub first_byte_ms: f64,
    /// From the request to its last byte, in milliseconds.
    pub took_ms: f64,
    /// Media ahead of the playhead with this segment, in milliseconds.
    pub buffer_ms: f64,
    /// How long playback stood still, for want of media, while this segment was fetched.
    pub stalled_ms: f64,
    /// Whether it took the place of a segment that was in the buffer already.
    pub is_replacement: bool,
    /// What is known of where it came from.
    pub source: Source,
}

/// Where a body came from, as far as the response tells.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Source {
    /// Whether the cache nearest to the player had it (RFC 9211 `hit`); `None` where no cache
    /// speaks of itself.
    pub is_hit: Option<bool>,
    /// The throughput that the server estimates for this player, in kbit/s (CTA-5006 `etp`).
    pub server_kbps: Option<f64>,
}

/// A segment on its way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Its index in the film.
    pub index: usize,
    /// Its rung.
    pub rung: Rung,
    /// Its size in bits, as announced.
    pub bits: f64,
    /// Bits that are here.
    pub bits_here: f64,
    /// From the request to its first byte, in milliseconds.
    pub first_byte_ms: f64,
    /// From the request until now, in milliseconds.
    pub since_ms: f64,
}

/// A segment that is about to be asked for, and how it will come: at each moment at least as much
/// of it will be here as if it came at a steady pace from its first byte on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outlook {
    /// Its rung.
    pub rung: Rung,
    /// From now to its first byte, in milliseconds.
    pub first_byte_ms: f64,
    /// From then on until all of it would be here at that pace, in milliseconds.
    pub transfer_ms: f64,
}

/// A choice and the reason for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decision {
    /// The rung to fetch next; always inside the ladder.
    pub rung: Rung,
    /// How long to wait before the request is made, in milliseconds; zero for at once.
    pub delay_ms: f64,
    /// Why.
    pub reason: crate::Reason,
}

impl Decision {
    /// Returns the choice of `rung`, to be fetched at once.
    #[must_use]
    pub const fn now(rung: Rung, reason: crate::Reason) -> Self {
        Self { rung, delay_ms: 0.0, reason }
    }
}

/// Chooses the next rung.
///
/// One method is a rule; the others are for rules that want to know more, or may do more, than
/// choose before each segment.
pub trait Rule: fmt::Debug + Send {
    /// Returns the name by which the rule is asked for, one of [`names`](crate::names()).
    fn name(&self) -> &'static str;

    /// Chooses a rung from `view` and from what the rule remembers of earlier ones.
    fn decide(&mut self, view: &View<'_>) -> Decision;

    /// Learns of a segment that arrived.
    fn arrived(&mut self, _arrival: &Arrival) {}

    /// Returns whether the rule has [`Rule::arrived`]: it is not told otherwise, which spares the
    /// player to work out what.
    fn hears_arrivals(&self) -> bool {
        true
    }

    /// Learns that the player waited, in milliseconds, because its buffer had no room or because
    /// the rule asked for it.
    fn waited(&mut self, _ms: f64) {}

    /// Learns that the viewer went elsewhere and the buffer is empty.
    fn seeked(&mut self) {}

    /// Returns for how long from now, in milliseconds, the rule would not give up the segment on
    /// its way even if nothing more of it came: it is asked no sooner, which spares a simulator
    /// most of the questions. A rule with [`Rule::gives_up`] says zero to be asked at every look,
    /// or as long as it is sure; the others, which say nothing, are never asked.
    fn patience_ms(&self, _view: &View<'_>, _progress: &Progress) -> f64 {
        f64::INFINITY
    }

    /// Returns whether the rule surely does not give up the segment that is about to be asked for if
    /// that comes as it is to: who knows how it will, as a simulator may, then asks nothing while
    /// it does. It may well say no where it would not give up; the decision on the segment is the
    /// last there was, and `view` is of now.
    fn awaits(&self, _view: &View<'_>, _outlook: &Outlook) -> bool {
        false
    }

    /// Returns whether the segment on its way is to be given up, so that the rule is asked again.
    ///
    /// It is asked once the first byte is there and where [`Rule::patience_ms`] has run out.
    /// `view.index` is the segment that goes to the end of the buffer next: the one on its way,
    /// unless that replaces one in the buffer, whose index is lower.
    fn gives_up(&mut self, _view: &View<'_>, _progress: &Progress) -> bool {
        false
    }

    /// Returns whether the rule has [`Rule::replaces`]: it is not asked otherwise, which spares the
    /// player to look up what it would be told.
    fn may_replace(&self) -> bool {
        false
    }

    /// Returns which buffered segment to fetch again at a higher rung, counted from the playhead,
    /// where `buffered` are the rungs of the whole segments ahead of it and `rung` is what would be
    /// fetched next; `None` to go on at the end.
    fn replaces(&mut self, _view: &View<'_>, _buffered: &[Rung], _rung: Rung) -> Option<usize> {
        None
    }

    /// Returns why the rule can choose no longer, in words; `None` while it can. A rule that
    /// computes never fails; one that asks a program outside may. It is looked at after each
    /// [`Rule::decide`], whose decision then counts for nothing: the session ends.
    fn failure(&self) -> Option<&str> {
        None
    }

    /// Returns the playback rate for a live session, 1 being the film's own; `None` leaves it to
    /// the player, whose [`CatchUp`](crate::CatchUp) is then asked. It is asked several times a
    /// second, in a stall too.
    fn speed(&mut self, _view: &View<'_>) -> Option<f64> {
        None
    }
}
