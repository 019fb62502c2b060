//! What the page says of dash.js, turned into the records of a session.
//!
//! The page is ours, but it comes back over a socket: everything in it is checked, and a session of
//! which something cannot be so is none.

use super::film::{Film, Piece};
use dashpot_abr::Reason;
use dashpot_base::{Bitrate, ByteSize, MonoTime};
use dashpot_qoe::{Abandoned, Event, Hold, Measures, Media, NextTry, Record, Session, Tracker};
use serde::Deserialize;
use std::{sync::Arc, time::Duration};

/// The most records of a session: an hour of segments of a second, a thousand times over would not
/// fit into a log that anybody reads.
const RECORDS_MAX: usize = 200_000;

/// The most segments that are asked for at once: dash.js has one under way for each kind of media.
const ASKED_MAX: usize = 32;

/// The longest time that anything may take.
const SPAN_MAX: Duration = Duration::from_secs(7 * 86_400);

/// The largest segment.
const SEGMENT_MAX: f64 = 4e9;

/// The highest rate that dash.js may believe in.
const KBPS_MAX: f64 = 1e9;

/// How much of what went wrong is kept.
const WHY_MAX: usize = 300;

/// What happened, and when.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct Thing {
    /// In milliseconds since the session began.
    t_ms: f64,
    #[serde(flatten)]
    what: What,
}

/// What the page says; the writer's side is `web/src/bench`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
enum What {
    Asked {
        #[serde(flatten)]
        segment: Named,
        buffer_s: f64,
        throughput_kbps: Option<f64>,
        rule: Option<String>,
    },
    Arrived {
        #[serde(flatten)]
        segment: Named,
        bytes: f64,
        took_ms: f64,
        first_byte_ms: Option<f64>,
        buffer_s: f64,
    },
    Failed {
        #[serde(flatten)]
        segment: Named,
        why: String,
    },
    /// dash.js gave it up.
    Abandoned {
        #[serde(flatten)]
        segment: Named,
        bytes: f64,
    },
    /// The session's end came first.
    Cut {
        #[serde(flatten)]
        segment: Named,
        bytes: f64,
    },
    Playing {
        position_s: f64,
    },
    Stalled {
        position_s: f64,
    },
    Ended {
        position_s: f64,
    },
    Error {
        why: String,
    },
}

/// A segment by its names.
#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Named {
    media: Kind,
    representation: String,
    start_s: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Video,
    Audio,
}

/// What cannot be so.
#[derive(Debug, PartialEq, thiserror::Error)]
pub(super) enum Refused {
    /// A number is none of its kind.
    #[error("{what} of {value}")]
    Number {
        /// Which.
        what: &'static str,
        /// What it is.
        value: f64,
    },
    /// The film has no such segment.
    #[error("a segment that the film does not have, of `{representation}` at {start_s} s")]
    Segment {
        /// Of which representation, cut short.
        representation: String,
        /// Where it would begin.
        start_s: f64,
    },
    /// It came without being asked for, or twice.
    #[error("segment {number} of {media:?} that was not asked for")]
    NotAsked {
        /// Of which kind of media.
        media: Media,
        /// Which.
        number: u64,
    },
    /// More than any player asks for.
    #[error("more than {ASKED_MAX} segments asked for at once")]
    Asked,
    /// More than any session has.
    #[error("more than {RECORDS_MAX} records")]
    Records,
}

/// How a session in the browser ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Over {
    /// With the film.
    Ended,
    /// dash.js would not go on, or was not let.
    Failed(String),
}

/// A session, as far as the page has told it.
#[derive(Debug)]
pub(super) struct Telling {
    film: Arc<Film>,
    at: MonoTime,
    state: State,
    /// The highest position that was told.
    position: Duration,
    asked: Vec<Piece>,
    session: Session,
    tracker: Tracker,
    records: Vec<Record>,
    over: Option<Over>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Since the session began.
    Starting,
    Playing,
    Stalled(MonoTime),
}

impl Telling {
    /// Returns a session of `film` of which nothing was told.
    pub(super) fn new(film: Arc<Film>) -> Self {
        Self {
            film,
            at: MonoTime::ZERO,
            state: State::Starting,
            position: Duration::ZERO,
            asked: Vec::new(),
            session: Session::new(),
            tracker: Tracker::new(),
            records: Vec::new(),
            over: None,
        }
    }

    /// Returns how it ended, once it has.
    pub(super) const fn over(&self) -> Option<&Over> {
        self.over.as_ref()
    }

    /// Returns when the last thing happened.
    pub(super) const fn at(&self) -> MonoTime {
        self.at
    }

    /// Returns everything that was told, its figures over a ladder of these rates first.
    pub(super) fn finish(self, ladder: &[f64]) -> (Measures, Tracker, Vec<Record>) {
        let measures = self.tracker.measures(&self.session.summary(self.at), ladder);
        (measures, self.tracker, self.records)
    }

    /// Ends the session where it is; one that is over stays as it ended.
    pub(super) fn cut_short(&mut self, why: &str) {
        if self.over.is_none() {
            self.end(Over::Failed(why.to_owned()));
        }
    }

    /// Takes in what happened. After the end nothing happens any more.
    ///
    /// # Errors
    /// Where it cannot be so; the session is then as it was.
    pub(super) fn add(&mut self, thing: Thing) -> Result<(), Refused> {
        let at = MonoTime::ZERO.after(span(thing.t_ms / 1e3, "a time")?);
        if self.over.is_some() {
            return Ok(());
        }
        if RECORDS_MAX <= self.records.len() {
            return Err(Refused::Records);
        }
        // A moment that is known only afterwards is told behind later ones.
        let at = at.max(self.at);
        match thing.what {
            What::Asked { segment, buffer_s, throughput_kbps, rule } => {
                let piece = self.piece(&segment)?;
                let (buffer, throughput) =
                    (span(buffer_s, "a buffer")?, throughput_kbps.map(rate).transpose()?);
                self.ask(at, piece, (buffer, throughput), rule.as_deref())
            }
            What::Arrived { segment, bytes, took_ms, first_byte_ms, buffer_s } => {
                let piece = self.piece(&segment)?;
                let arrival = Arrival {
                    size: size(bytes)?,
                    took: span(took_ms / 1e3, "a duration")?,
                    first_byte: first_byte_ms
                        .map(|ms| span(ms / 1e3, "a wait for a first byte"))
                        .transpose()?,
                    buffer: span(buffer_s, "a buffer")?,
                };
                self.arrive(at, piece, arrival)
            }
            What::Failed { segment, why } => {
                let piece = self.answered(&segment)?;
                let what = format!("{:?} segment {}", piece.media, piece.segment.number);
                let (next, reason) = (NextTry::Retry, cut(&why));
                self.say(at, Event::Failure { next, reason, what: what.to_lowercase() });
                Ok(())
            }
            What::Abandoned { segment, bytes } => {
                self.give_up(at, &segment, bytes, Abandoned::Rule)
            }
            What::Cut { segment, bytes } => self.give_up(at, &segment, bytes, Abandoned::End),
            What::Playing { position_s } => self.play(at, position_s),
            What::Stalled { position_s } => self.stall(at, position_s),
            What::Ended { position_s } => {
                self.position = self.forward(position_s)?;
                self.at = at;
                self.end(Over::Ended);
                Ok(())
            }
            What::Error { why } => {
                self.at = at;
                self.end(Over::Failed(cut(&why)));
                Ok(())
            }
        }
    }

    fn ask(
        &mut self,
        at: MonoTime,
        piece: Piece,
        (buffer, throughput): (Duration, Option<Bitrate>),
        rule: Option<&str>,
    ) -> Result<(), Refused> {
        if ASKED_MAX <= self.asked.len() {
            return Err(Refused::Asked);
        }
        self.asked.push(piece);
        let Piece { media, rung, bitrate, .. } = piece;
        let reason = reason(rule).as_str();
        self.say(at, Event::Rung { rung, reason, media, bitrate, buffer, throughput });
        Ok(())
    }

    fn arrive(&mut self, at: MonoTime, piece: Piece, arrival: Arrival) -> Result<(), Refused> {
        self.take_asked(piece)?;
        let Arrival { size, took, first_byte, buffer } = arrival;
        let Piece { media, rung, bitrate, segment } = piece;
        // It is not appended yet; one that replaces another adds nothing.
        let end = self.session.position(at).saturating_add(buffer);
        let adds = end.saturating_sub(segment.duration / 2) <= segment.start;
        self.say(
            at,
            Event::Segment {
                media,
                rung,
                bitrate,
                number: segment.number,
                start: segment.start,
                duration: segment.duration,
                size,
                took,
                // Where it is not known when the first byte came, no rate is made of the rest.
                first_byte_after: first_byte.unwrap_or(took).min(took),
                // The film is whole from the start.
                idle: Duration::ZERO,
                buffer: if adds { buffer.saturating_add(segment.duration) } else { buffer },
                cache_status: None,
            },
        );
        Ok(())
    }

    fn give_up(
        &mut self,
        at: MonoTime,
        segment: &Named,
        bytes: f64,
        reason: Abandoned,
    ) -> Result<(), Refused> {
        let size = size(bytes)?;
        let media = self.answered(segment)?.media;
        self.say(at, Event::Abandon { reason, media, size });
        Ok(())
    }

    fn play(&mut self, at: MonoTime, position_s: f64) -> Result<(), Refused> {
        let position = self.forward(position_s)?;
        let (after, since) = match self.state {
            State::Starting => (Hold::Startup, MonoTime::ZERO),
            State::Stalled(since) => (Hold::Stall, since),
            State::Playing => return Ok(()),
        };
        (self.state, self.position) = (State::Playing, position);
        self.say(at, Event::Play { after, held: at.since(since), position });
        Ok(())
    }

    fn stall(&mut self, at: MonoTime, position_s: f64) -> Result<(), Refused> {
        let position = self.forward(position_s)?;
        if self.state == State::Playing {
            (self.state, self.position) = (State::Stalled(at), position);
            self.say(at, Event::Stall { position });
        }
        Ok(())
    }

    fn end(&mut self, over: Over) {
        let reason = match &over {
            Over::Ended => "ended".to_owned(),
            Over::Failed(why) => format!("failed: {why}"),
        };
        self.say(self.at, Event::Done { reason, position: self.position });
        self.over = Some(over);
    }

    fn say(&mut self, at: MonoTime, event: Event) {
        self.at = at;
        let record = Record { at, event };
        self.session.add(&record);
        self.tracker.add(&record);
        self.records.push(record);
    }

    fn piece(&self, named: &Named) -> Result<Piece, Refused> {
        let start = span(named.start_s, "a segment's start")?;
        let media = match named.media {
            Kind::Video => Media::Video,
            Kind::Audio => Media::Audio,
        };
        self.film.piece(media, &named.representation, start).ok_or_else(|| Refused::Segment {
            representation: cut(&named.representation),
            start_s: named.start_s,
        })
    }

    /// Returns the segment that was asked for, and asks for it no more.
    fn answered(&mut self, named: &Named) -> Result<Piece, Refused> {
        let piece = self.piece(named)?;
        self.take_asked(piece).map(|()| piece)
    }

    fn take_asked(&mut self, piece: Piece) -> Result<(), Refused> {
        match self.asked.iter().position(|it| *it == piece) {
            Some(place) => {
                self.asked.swap_remove(place);
                Ok(())
            }
            None => Err(Refused::NotAsked { media: piece.media, number: piece.segment.number }),
        }
    }

    /// Returns a position that is in the film and not behind the last one: nobody seeks.
    fn forward(&self, position_s: f64) -> Result<Duration, Refused> {
        let position = span(position_s, "a position")?;
        Ok(position.min(self.film.end()).max(self.position))
    }
}

/// How a segment came.
struct Arrival {
    size: ByteSize,
    took: Duration,
    first_byte: Option<Duration>,
    buffer: Duration,
}

/// Returns the reason that logs have for what a rule of dash.js asked for.
fn reason(rule: Option<&str>) -> Reason {
    match rule {
        Some("ThroughputRule") => Reason::ThroughputFits,
        Some("BolaRule") => Reason::BufferScore,
        Some("InsufficientBufferRule") => Reason::InsufficientBuffer,
        Some("SwitchHistoryRule") => Reason::LeftTooOften,
        Some("AbandonRequestRule" | "AbandonRequestsRule") => Reason::AfterGivingUp,
        Some(_) | None => Reason::External,
    }
}

fn span(seconds: f64, what: &'static str) -> Result<Duration, Refused> {
    let span = Duration::try_from_secs_f64(seconds).ok().filter(|span| *span <= SPAN_MAX);
    span.ok_or(Refused::Number { what, value: seconds })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a whole number between zero and four thousand million"
)]
fn size(bytes: f64) -> Result<ByteSize, Refused> {
    let is_size = (0.0..=SEGMENT_MAX).contains(&bytes);
    let wrong = Refused::Number { what: "a size", value: bytes };
    if is_size { Ok(ByteSize::new(bytes as u64)) } else { Err(wrong) }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between zero and a terabit a second"
)]
fn rate(kbps: f64) -> Result<Bitrate, Refused> {
    let is_rate = (0.0..=KBPS_MAX).contains(&kbps);
    let wrong = Refused::Number { what: "a throughput", value: kbps };
    if is_rate { Ok(Bitrate::from_bps((kbps * 1e3) as u64)) } else { Err(wrong) }
}

fn cut(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(WHY_MAX).collect()
}

#[cfg(test)]
pub(super) mod tests;
