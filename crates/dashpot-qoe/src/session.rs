//! From the log to the numbers, record by record.

use crate::{Abandoned, Event, Media, Record, RungShare, SeekKind, Summary, units::millis};
use dashpot_base::{Bitrate, ByteSize, MonoTime, Span, Speed};
use std::time::Duration;

/// A session as its records tell it; [`Session::summary`] may be asked for at any time.
///
/// Records come in the order in which the player says them.
#[derive(Clone, Debug, Default)]
pub struct Session {
    position: Span,
    state: State,
    speed: Speed,
    /// What was played of a segment of which not all had arrived: of what rate it was is known
    /// once it has.
    early: Option<(Span, Span)>,
    /// Segments that arrived and are not behind the playhead; each kind of media in order.
    ahead: Vec<Piece>,
    /// How long each rate was on screen, lowest first.
    rungs: Vec<(Bitrate, Span)>,
    on_screen: Option<Bitrate>,
    switches: u64,
    switched_bps: u64,
    startup: Option<Span>,
    stalls: u64,
    stalled: Span,
    seeks: u64,
    sought: Span,
    played: Span,
    segments: u64,
    downloaded: ByteSize,
    unplayed: ByteSize,
    wasted: ByteSize,
    failures: u64,
}

/// What a session is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// It waits for its first picture.
    Starting,
    /// It plays.
    Playing,
    /// Its buffer is dry.
    Stalled,
    /// It waits after a seek outside the buffer.
    Seeking,
    /// It is over.
    Done,
}

/// The phase, and since when where that counts.
#[derive(Clone, Copy, Debug, Default)]
enum State {
    #[default]
    Starting,
    Playing(MonoTime),
    Stalled(MonoTime),
    Seeking(MonoTime),
    Done,
}

#[derive(Clone, Copy, Debug)]
struct Piece {
    media: Media,
    start: Span,
    end: Span,
    bitrate: Bitrate,
    size: ByteSize,
    played: bool,
}

impl Session {
    /// Returns a session of which nothing is known.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in the next record.
    pub fn add(&mut self, record: &Record) {
        let at = record.at;
        match &record.event {
            Event::Rung { .. }
            | Event::Replace { .. }
            | Event::Wait { .. }
            | Event::Join { .. } => {}
            Event::Failure { .. } => self.failures += 1,
            &Event::Segment { media, bitrate, start, duration, size, .. } => {
                self.segments += 1;
                self.downloaded += size;
                let start = Span::from(start);
                let end = start + duration.into();
                let piece = Piece { media, start, end, bitrate, size, played: false };
                let piece = self.catch_up_on(piece);
                self.take_in(piece);
            }
            &Event::Abandon { reason, size, .. } => {
                self.downloaded += size;
                match reason {
                    Abandoned::Failure | Abandoned::Seek | Abandoned::Rule | Abandoned::Late => {
                        self.wasted += size;
                    }
                    Abandoned::End => self.unplayed += size,
                }
            }
            &Event::Play { held, position, .. } => {
                self.startup.get_or_insert(held.into());
                self.close_wait(at);
                (self.position, self.state) = (position.into(), State::Playing(at));
            }
            &Event::Stall { position } => {
                self.play_to(position.into());
                self.stalls += 1;
                self.state = State::Stalled(at);
            }
            &Event::Seek { seek, from, to } => {
                self.seeks += 1;
                self.seek(at, seek, from.into(), to.into());
            }
            &Event::Speed { speed, position, .. } => {
                if matches!(self.state, State::Playing(_)) {
                    self.play_to(position.into());
                    self.state = State::Playing(at);
                }
                self.speed = speed;
            }
            &Event::Skip { seek, from, to, .. } => self.skip(at, seek, from.into(), to.into()),
            &Event::Done { position, .. } => {
                if matches!(self.state, State::Playing(_)) {
                    self.play_to(position.into());
                }
                self.close_wait(at);
                self.unplayed += unplayed(std::mem::take(&mut self.ahead));
                self.state = State::Done;
            }
        }
    }

    /// Returns the numbers as of `now`: media on its way to be played is not wasted yet.
    #[must_use]
    pub fn summary(&self, now: MonoTime) -> Summary {
        let mut until_now = self.clone();
        until_now.play_to(self.reached(now));
        until_now.close_wait(now);
        until_now.sum()
    }

    /// Returns where the playhead is at `now`.
    #[must_use]
    pub fn position(&self, now: MonoTime) -> Duration {
        self.reached(now).into()
    }

    fn reached(&self, now: MonoTime) -> Span {
        match self.state {
            State::Playing(since) => self.position + self.speed.media_in(now.span_since(since)),
            State::Starting | State::Stalled(_) | State::Seeking(_) | State::Done => self.position,
        }
    }

    /// Returns what the session is doing.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        match self.state {
            State::Starting => Phase::Starting,
            State::Playing(_) => Phase::Playing,
            State::Stalled(_) => Phase::Stalled,
            State::Seeking(_) => Phase::Seeking,
            State::Done => Phase::Done,
        }
    }

    fn seek(&mut self, at: MonoTime, seek: SeekKind, from: Span, to: Span) {
        self.early = None;
        let was_playing = matches!(self.state, State::Playing(_));
        if was_playing {
            self.play_to(from);
        }
        self.position = to;
        match (seek, self.state) {
            (SeekKind::InsideBuffer, State::Playing(_)) => self.state = State::Playing(at),
            (SeekKind::InsideBuffer, _) => {}
            (SeekKind::OutsideBuffer, state) => {
                self.close_wait(at);
                self.drop_ahead();
                // A seek before the first picture is part of starting up.
                if !matches!(state, State::Starting) {
                    self.state = State::Seeking(at);
                }
            }
        }
    }

    /// Goes on nearer to the live edge; what follows, where that is outside the buffer, is no wait
    /// of the viewer's own making.
    fn skip(&mut self, at: MonoTime, seek: SeekKind, from: Span, to: Span) {
        if matches!(self.state, State::Playing(_)) {
            self.play_to(from);
            self.state = State::Playing(at);
        }
        (self.position, self.early) = (to, None);
        match seek {
            SeekKind::InsideBuffer => {}
            SeekKind::OutsideBuffer => self.drop_ahead(),
        }
    }

    /// Adds the wait that runs, up to `now`, to its kind.
    fn close_wait(&mut self, now: MonoTime) {
        match self.state {
            State::Stalled(since) => self.stalled += now.span_since(since),
            State::Seeking(since) => self.sought += now.span_since(since),
            State::Starting | State::Playing(_) | State::Done => {}
        }
    }

    /// Plays from the position up to `to`, and forgets what is behind.
    fn play_to(&mut self, to: Span) {
        let from = self.position;
        self.played += to.saturating_sub(from);
        self.position = to.max(from);
        let mut ahead = std::mem::take(&mut self.ahead);
        let mut known = from;
        for piece in &mut ahead {
            let overlap = piece.end.min(to).saturating_sub(piece.start.max(from));
            if overlap.is_zero() {
                continue;
            }
            if piece.media == Media::Video {
                self.see(piece, overlap);
            }
            known = known.max(piece.end.min(to));
            piece.played = true;
        }
        if known < to {
            let begun = self.early.filter(|(_, end)| *end == known);
            self.early = Some((begun.map_or(known, |(start, _)| start), to));
        }
        ahead.retain(|piece| {
            let is_ahead = self.position < piece.end;
            if !is_ahead && !piece.played {
                self.wasted += piece.size;
            }
            is_ahead
        });
        self.ahead = ahead;
    }

    /// Notes that so much of a piece was on screen.
    fn see(&mut self, piece: &Piece, span: Span) {
        if !piece.played {
            self.show(piece.bitrate);
        }
        self.watched(piece.bitrate, span);
    }

    /// Notes what was played already of a piece that has only just arrived whole.
    fn catch_up_on(&mut self, mut piece: Piece) -> Piece {
        if let Some((start, end)) = self.early {
            let overlap = piece.end.min(end).saturating_sub(piece.start.max(start));
            if !overlap.is_zero() {
                if piece.media == Media::Video {
                    self.see(&piece, overlap);
                }
                piece.played = true;
            }
        }
        piece
    }

    fn watched(&mut self, rate: Bitrate, span: Span) {
        match self.rungs.binary_search_by_key(&rate, |(known, _)| *known) {
            Ok(place) => self.rungs[place].1 += span,
            Err(place) => self.rungs.insert(place, (rate, span)),
        }
    }

    /// Puts a piece at the end, or in the place of the one that is there already; of the two, the
    /// one that will not be played came for nothing.
    fn take_in(&mut self, piece: Piece) {
        let middle = piece.start + piece.end.saturating_sub(piece.start) / 2;
        let holds =
            |it: &&mut Piece| it.media == piece.media && it.start <= middle && middle < it.end;
        // Nearly all come in order, behind all others.
        let mut before = self.ahead.iter().rev().filter(|it| it.media == piece.media);
        if before.next().is_none_or(|last| last.end <= middle) {
            self.ahead.push(piece);
            return;
        }
        match self.ahead.iter_mut().rev().find(holds) {
            Some(there) if there.played => self.wasted += piece.size,
            Some(there) => self.wasted += std::mem::replace(there, piece).size,
            None => self.ahead.push(piece),
        }
    }

    /// Notes that video at `bitrate` comes on screen.
    fn show(&mut self, bitrate: Bitrate) {
        if let Some(before) = self.on_screen.replace(bitrate)
            && before != bitrate
        {
            self.switches += 1;
            self.switched_bps =
                self.switched_bps.saturating_add(before.bps().abs_diff(bitrate.bps()));
        }
    }

    fn drop_ahead(&mut self) {
        let dropped = std::mem::take(&mut self.ahead);
        self.waste(dropped);
    }

    fn waste(&mut self, pieces: Vec<Piece>) {
        self.wasted += unplayed(pieces);
    }

    fn sum(&self) -> Summary {
        let shares = self.rungs.iter().map(|(rate, played)| RungShare {
            bitrate_bps: rate.bps(),
            played_ms: millis((*played).into()),
        });
        let watched = self.stalled + self.played;
        Summary {
            average_bitrate_bps: self.average_bps(),
            switches: self.switches,
            switch_bps_mean: self.switched_bps.checked_div(self.switches).unwrap_or(0),
            startup_ms: self.startup.map(|startup| millis(startup.into())),
            stalls: self.stalls,
            stall_ms: millis(self.stalled.into()),
            stall_ratio: (!watched.is_zero())
                .then(|| self.stalled.as_secs_f64() / watched.as_secs_f64()),
            seeks: self.seeks,
            seek_ms: millis(self.sought.into()),
            played_ms: millis(self.played.into()),
            segments: self.segments,
            downloaded_bytes: self.downloaded.bytes(),
            unplayed_bytes: self.unplayed.bytes(),
            wasted_bytes: self.wasted.bytes(),
            failures: self.failures,
            rungs: shares.collect(),
        }
    }

    fn average_bps(&self) -> Option<u64> {
        let bit_nanos = self.rungs.iter().fold(0_u128, |sum, (rate, played)| {
            sum.saturating_add(u128::from(rate.bps()).saturating_mul(played.nanos().into()))
        });
        let nanos = self.rungs.iter().map(|(_, played)| u128::from(played.nanos())).sum::<u128>();
        u64::try_from(bit_nanos.checked_div(nanos)?).ok()
    }
}

/// Returns the bytes of those of which nothing was played.
fn unplayed(pieces: Vec<Piece>) -> ByteSize {
    pieces.into_iter().filter(|piece| !piece.played).map(|it| it.size).sum()
}

#[cfg(test)]
mod tests;
