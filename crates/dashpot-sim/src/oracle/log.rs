//! What an oracle did, download by download, and the same as a session's records.

use dashpot_abr::{Decision, Film as _, Table};
use dashpot_base::{Bitrate, ByteSize, MonoTime};
use dashpot_qoe::{Abandoned, Event, Hold, Media, Record};
use std::time::Duration;

/// One download, as the decision log has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// When it was asked for, in milliseconds of the oracle's clock.
    pub now_ms: f64,
    /// The segment.
    pub index: usize,
    /// Its rung, why that one, and what the rule had the client wait first.
    pub decision: Decision,
    /// The estimate that the rule saw, in kbit/s.
    pub throughput_kbps: Option<f64>,
    /// Its size, in bits.
    pub bits: f64,
    /// What arrived of it, in bits.
    pub bits_here: f64,
    /// From the request to its first byte.
    pub first_byte_ms: f64,
    /// From the request to its end.
    pub took_ms: f64,
    /// The buffer level when it was asked for.
    pub buffer_before_ms: f64,
    /// The buffer level when it had arrived, without it.
    pub buffer_drained_ms: f64,
    /// Whether it replaces a segment in the buffer.
    pub is_replacement: bool,
    /// Whether it was given up.
    pub is_given_up: bool,
}

/// Turns downloads into the records that a player would have written, so that what reads a
/// session's log reads an oracle's, too. Times are cut to whole nanoseconds.
#[derive(Debug)]
pub struct Recorder<'a> {
    film: &'a Table,
    records: Vec<Record>,
    /// The rung of each segment that came, and where it begins.
    held: Vec<(usize, f64)>,
    /// The media of all of them, in milliseconds.
    media_ms: f64,
    /// When playback stopped, or the session began.
    held_since_ms: Option<(Hold, f64)>,
    /// When the last download ended, and what was in the buffer then.
    last: (f64, f64),
}

impl<'a> Recorder<'a> {
    /// Returns a recorder of a session with `film` that has not begun.
    #[must_use]
    pub const fn new(film: &'a Table) -> Self {
        Self {
            film,
            records: Vec::new(),
            held: Vec::new(),
            media_ms: 0.0,
            held_since_ms: Some((Hold::Startup, 0.0)),
            last: (0.0, 0.0),
        }
    }

    /// Takes in the next download.
    pub fn add(&mut self, step: &Step) {
        let ended_ms = step.now_ms + step.took_ms;
        // A rule may have waited until nothing was left.
        let (last_ms, level_ms) = self.last;
        let ran_dry_ms = if step.buffer_before_ms <= 0.0 {
            (last_ms + level_ms).min(step.now_ms)
        } else {
            step.now_ms + step.buffer_before_ms
        };
        if ran_dry_ms < step.now_ms {
            self.stall(ran_dry_ms);
        }
        self.chosen(step);
        if ran_dry_ms < ended_ms {
            self.stall(ran_dry_ms.max(step.now_ms));
        }
        let mut level_ms = step.buffer_drained_ms;
        if step.is_given_up {
            let (reason, size) = (Abandoned::Rule, bytes(step.bits_here));
            self.push(ended_ms, Event::Abandon { reason, media: Media::Video, size });
        } else {
            if !step.is_replacement {
                level_ms += self.film.segment_ms(step.index);
            }
            self.arrived(step, ended_ms, level_ms);
        }
        self.last = (ended_ms, level_ms);
    }

    /// Ends the session, which plays what is left, and returns its records.
    #[must_use]
    pub fn finish(mut self) -> Vec<Record> {
        let (at_ms, level_ms) = self.last;
        let position = span(self.media_ms);
        self.push(at_ms + level_ms, Event::Done { reason: "ended".to_owned(), position });
        self.records
    }

    fn chosen(&mut self, step: &Step) {
        let rung = step.decision.rung.0;
        let (reason, media) = (step.decision.reason.as_str(), Media::Video);
        let buffer = span(step.buffer_before_ms);
        let event = match self.held.get(step.index).filter(|_| step.is_replacement) {
            Some(&(replaced, start_ms)) => {
                let start = span(start_ms);
                Event::Replace { rung, reason, media, replaced, start, buffer }
            }
            None => Event::Rung {
                rung,
                reason,
                media,
                bitrate: self.rate(rung),
                buffer,
                throughput: step.throughput_kbps.map(kbps),
            },
        };
        self.push(step.now_ms, event);
    }

    fn arrived(&mut self, step: &Step, ended_ms: f64, level_ms: f64) {
        let (rung, segment_ms) = (step.decision.rung.0, self.film.segment_ms(step.index));
        let start_ms = match self.held.get_mut(step.index) {
            Some((held, start_ms)) => {
                *held = rung;
                *start_ms
            }
            None => {
                let start_ms = self.media_ms;
                self.held.push((rung, start_ms));
                self.media_ms += segment_ms;
                start_ms
            }
        };
        let event = Event::Segment {
            media: Media::Video,
            rung,
            bitrate: self.rate(rung),
            number: u64::try_from(step.index).unwrap_or(u64::MAX).saturating_add(1),
            start: span(start_ms),
            duration: span(segment_ms),
            size: bytes(step.bits),
            took: span(step.took_ms),
            first_byte_after: span(step.first_byte_ms),
            idle: Duration::ZERO,
            buffer: span(level_ms),
            cache_status: None,
        };
        self.push(ended_ms, event);
        if !step.is_replacement
            && let Some((after, since_ms)) = self.held_since_ms.take()
        {
            let held = span(ended_ms - since_ms);
            let position = span(self.media_ms - level_ms);
            self.push(ended_ms, Event::Play { after, held, position });
        }
    }

    fn stall(&mut self, at_ms: f64) {
        if self.held_since_ms.is_none() {
            self.held_since_ms = Some((Hold::Stall, at_ms));
            self.push(at_ms, Event::Stall { position: span(self.media_ms) });
        }
    }

    fn push(&mut self, at_ms: f64, event: Event) {
        self.records.push(Record { at: MonoTime::ZERO.after(span(at_ms)), event });
    }

    fn rate(&self, rung: usize) -> Bitrate {
        kbps(self.film.ladder().get(rung).copied().unwrap_or_default())
    }
}

/// Returns a time that may be a rounding below nothing.
fn span(ms: f64) -> Duration {
    Duration::try_from_secs_f64(ms.max(0.0) / 1e3).unwrap_or(Duration::MAX)
}

fn bytes(bits: f64) -> ByteSize {
    ByteSize::new(whole(bits / 8.0))
}

fn kbps(kbps: f64) -> Bitrate {
    Bitrate::from_bps(whole(kbps * 1e3))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sizes and rates are positive and far below 2^53"
)]
fn whole(value: f64) -> u64 {
    value.round().max(0.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        input::Period,
        oracle::{pensieve, sabre},
    };
    use dashpot_qoe::{Session, Summary};

    fn film() -> Table {
        let rates = [400.0, 1_000.0, 2_500.0];
        let swing = |chunk: u32| 1.0 + f64::from(chunk * 7 % 5) / 8.0;
        let sizes = (0..40).map(|chunk| rates.map(|rate| rate * 4_000.0 * swing(chunk)).to_vec());
        Table::new(rates.to_vec(), vec![4_000.0; 40], &sizes.collect::<Vec<_>>()).unwrap()
    }

    fn summary(recorder: Recorder<'_>) -> (Summary, Vec<Record>) {
        let (mut session, records) = (Session::new(), recorder.finish());
        records.iter().for_each(|record| session.add(record));
        assert!(records.windows(2).all(|pair| pair[0].at <= pair[1].at), "{records:?}");
        let end = records.last().unwrap().at;
        (session.summary(end), records)
    }

    fn seconds(ms: u64) -> f64 {
        f64::from(u32::try_from(ms).unwrap()) / 1e3
    }

    #[test]
    fn records_of_pensieves_sessions_tell_the_stalls_that_it_counts() {
        let (film, mut stalled) = (film(), 0.0);
        let rows = [(0.0, 1.5), (20.0, 2.0), (40.0, 0.3), (55.0, 6.5), (90.0, 0.1), (120.0, 3.0)];
        let trace = pensieve::Trace::new(&rows).unwrap();
        let setup = pensieve::Setup::new(&film, &trace);
        for rule in ["bb", "robust-mpc", "rb", "hyb"] {
            let mut recorder = Recorder::new(&film);
            let mut by = dashpot_abr::parse(rule).unwrap();
            let chunks = pensieve::run_logged(&setup, by.as_mut(), |step| recorder.add(step));
            let mut again = dashpot_abr::parse(rule).unwrap();
            assert_eq!(pensieve::run(&setup, again.as_mut()), chunks);
            let (summary, _) = summary(recorder);
            let expected = chunks.iter().skip(1).map(|chunk| chunk.stalled_ms / 1e3).sum::<f64>();
            assert!((seconds(summary.stall_ms) - expected).abs() < 0.002, "{rule}: {summary:?}");
            let startup = seconds(summary.startup_ms.unwrap());
            assert!((startup - chunks[0].took_ms / 1e3).abs() < 0.002, "{rule}");
            assert_eq!((summary.played_ms, summary.segments), (160_000, 40), "{rule}");
            stalled += expected;
        }
        assert!(1.0 < stalled, "nothing stalled");
    }

    #[test]
    fn records_of_sabres_sessions_tell_stalls_and_what_was_given_up_or_fetched_again() {
        let film = film();
        let period =
            |duration_ms, bandwidth_kbps| Period { duration_ms, bandwidth_kbps, latency_ms: 80.0 };
        let network = [period(30_000.0, 4_000.0), period(25_000.0, 150.0), period(20_000.0, 900.0)];
        let (mut given_up, mut again) = (0, 0);
        for rule in ["bola", "throughput", "dynamic", "dynamic:replace=left", "bolae"] {
            let mut recorder = Recorder::new(&film);
            let mut by = dashpot_abr::parse(rule).unwrap();
            let options = sabre::Options::default();
            let outcome = sabre::run_logged(&film, &network, by.as_mut(), &options, |step| {
                recorder.add(step);
            });
            let (summary, records) = summary(recorder);
            let expected = outcome.metric("total rebuffer").unwrap();
            assert!((seconds(summary.stall_ms) - expected).abs() < 0.002, "{rule}: {summary:?}");
            assert_eq!(summary.played_ms, 160_000, "{rule}");
            let is = |event: &Event, wanted: fn(&Event) -> bool| usize::from(wanted(event));
            for Record { event, .. } in &records {
                given_up += is(event, |it| matches!(it, Event::Abandon { .. }));
                again += is(event, |it| matches!(it, Event::Replace { .. }));
            }
        }
        assert!(0 < given_up && 0 < again, "{given_up} given up, {again} fetched again");
    }
}
