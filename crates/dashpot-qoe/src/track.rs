//! From a session's records to its [`Measures`].

use crate::{ChunkQoe, Event, Measures, Media, Metric, Record, Summary, hits::Hits, live::Live};
use dashpot_base::MonoTime;
use std::time::Duration;

/// Undone within this much media, a change of rung is an oscillation.
const OSCILLATION: Duration = Duration::from_secs(10);

/// The weight of stalls in Sabre's score (γp).
const SABRE_GP: f64 = 5.0;

/// Takes in a session's records as they are made and keeps what [`Measures`] need besides its
/// [`Summary`].
#[derive(Clone, Debug, Default)]
pub struct Tracker {
    /// Video segments in the order of their numbers.
    pieces: Vec<Piece>,
    chosen: Option<Chosen>,
    estimated: u32,
    error: f64,
    over: u32,
    stall_since: Option<MonoTime>,
    stall_longest: Duration,
    stalls: Vec<(Duration, Duration)>,
    hits: Hits,
    live: Live,
}

/// A video segment that arrived; of several with one number, the last.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Piece {
    /// Its number.
    pub number: u64,
    /// Its rung.
    pub rung: usize,
    /// Its rung's nominal rate, in kbit/s.
    pub kbps: f64,
    /// Where it begins.
    pub start: Duration,
    /// How long it plays.
    pub duration: Duration,
    /// When it was asked for.
    pub asked: MonoTime,
}

#[derive(Clone, Copy, Debug)]
struct Chosen {
    at: MonoTime,
    kbps: Option<f64>,
}

impl Tracker {
    /// Returns a tracker that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in the next record.
    pub fn add(&mut self, record: &Record) {
        let at = record.at;
        self.hits.add(&record.event);
        self.live.add(record);
        if let &Event::Rung { media: Media::Video, throughput, .. } = &record.event {
            self.chosen = Some(Chosen { at, kbps: throughput.map(|rate| kbps(rate.bps())) });
        } else if let Event::Segment { media: Media::Video, .. } = &record.event {
            self.arrived(record);
        } else if let &Event::Stall { position } = &record.event {
            self.stall_since = Some(at);
            self.stalls.push((position, Duration::ZERO));
        } else if let Event::Play { .. } | Event::Done { .. } = &record.event {
            self.goes_on(at);
        }
    }

    fn goes_on(&mut self, at: MonoTime) {
        if let Some(since) = self.stall_since.take() {
            let stalled = at.since(since);
            self.stall_longest = self.stall_longest.max(stalled);
            if let Some((_, length)) = self.stalls.last_mut() {
                *length = stalled;
            }
        }
    }

    fn arrived(&mut self, record: &Record) {
        let &Event::Segment {
            rung,
            bitrate,
            number,
            start,
            duration,
            size,
            took,
            first_byte_after,
            idle,
            ..
        } = &record.event
        else {
            return;
        };
        let chosen = self.chosen.take();
        let seconds = took.saturating_sub(first_byte_after).saturating_sub(idle).as_secs_f64();
        if let Some(estimate) = chosen.and_then(|chosen| chosen.kbps)
            && 0.0 < seconds
            && 0 < size.bytes()
        {
            let measured = kbps(size.bytes()) * 8.0 / seconds;
            self.estimated += 1;
            self.error += (estimate - measured).abs() / measured;
            self.over += u32::from(measured < estimate);
        }
        let asked = chosen.map_or(record.at, |chosen| chosen.at);
        let kbps = kbps(bitrate.bps());
        let piece = Piece { number, rung, kbps, start, duration, asked };
        match self.pieces.binary_search_by_key(&number, |piece| piece.number) {
            Ok(index) => self.pieces[index] = piece,
            Err(index) => self.pieces.insert(index, piece),
        }
    }

    /// Returns the video segments that arrived, in the order of their numbers.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Returns where each stall was and how long.
    #[must_use]
    pub fn stalls(&self) -> &[(Duration, Duration)] {
        &self.stalls
    }

    /// Returns the figures of the session that came to `summary`, played from a ladder of these
    /// rates in kbit/s. The reaction time needs the link's rates and is absent; see
    /// [`reaction`](crate::reaction()).
    #[must_use]
    pub fn measures(&self, summary: &Summary, ladder: &[f64]) -> Measures {
        let mut measures = Measures::default();
        waits(&mut measures, summary);
        if 0 < summary.stalls {
            measures.set(Metric::StallLongestSeconds, Some(self.stall_longest.as_secs_f64()));
        }
        bytes(&mut measures, summary);
        self.hits.set(&mut measures);
        if 0 < self.estimated {
            let count = f64::from(self.estimated);
            measures.set(Metric::EstimateError, Some(self.error / count));
            measures.set(Metric::EstimateOver, Some(f64::from(self.over) / count));
        }
        let stalled = measures.get(Metric::StallSeconds).unwrap_or_default();
        changes(&mut measures, &self.pieces);
        scores(&mut measures, &self.pieces, ladder, stalled);
        self.live.measures(&mut measures, &self.pieces, ladder, stalled);
        measures
    }
}

fn waits(measures: &mut Measures, summary: &Summary) {
    let seconds = |ms: u64| real(ms) / 1e3;
    let stalled = seconds(summary.stall_ms);
    measures.set(Metric::BitrateKbps, summary.average_bitrate_bps.map(kbps));
    measures.set(Metric::StallRatio, summary.stall_ratio);
    measures.set(Metric::Stalls, Some(real(summary.stalls)));
    measures.set(Metric::StallSeconds, Some(stalled));
    if 0 < summary.stalls {
        measures.set(Metric::StallMeanSeconds, Some(stalled / real(summary.stalls)));
    }
    measures.set(Metric::StartupSeconds, summary.startup_ms.map(seconds));
    measures.set(Metric::PlayedSeconds, Some(seconds(summary.played_ms)));
}

fn bytes(measures: &mut Measures, summary: &Summary) {
    let downloaded = real(summary.downloaded_bytes);
    measures.set(Metric::DownloadedBytes, Some(downloaded));
    measures.set(Metric::WasteRatio, Some(real(summary.wasted_bytes) / downloaded));
    measures.set(Metric::UnplayedBytes, Some(real(summary.unplayed_bytes)));
}

/// Counts the changes of rung from segment to segment.
fn changes(measures: &mut Measures, pieces: &[Piece]) {
    let (mut ups, mut downs, mut undone, mut sum, mut sum_ln) = (0_u32, 0_u32, 0_u32, 0.0, 0.0);
    let mut before: Option<(bool, Duration)> = None;
    for pair in pieces.windows(2) {
        let [from, to] = pair else { continue };
        if from.rung == to.rung {
            continue;
        }
        let up = from.rung < to.rung;
        (ups, downs) = (ups + u32::from(up), downs + u32::from(!up));
        sum += changed_kbps(from, to);
        sum_ln += libm::log(to.kbps / from.kbps).abs();
        let turned = before
            .is_some_and(|(was_up, at)| was_up != up && to.start.saturating_sub(at) <= OSCILLATION);
        undone += u32::from(turned);
        before = Some((up, to.start));
    }
    let minutes = pieces.iter().map(|piece| piece.duration.as_secs_f64()).sum::<f64>() / 60.0;
    // Fewer than two segments have no change and no mean of one.
    let pairs = if pieces.len() < 2 { f64::NAN } else { count(pieces) - 1.0 };
    measures.set(Metric::SwitchesPerMinute, Some(f64::from(ups + downs) / minutes));
    measures.set(Metric::Ups, Some(f64::from(ups)));
    measures.set(Metric::Downs, Some(f64::from(downs)));
    measures.set(Metric::SwitchKbps, Some(sum / pairs));
    measures.set(Metric::SwitchLn, Some(sum_ln / pairs));
    measures.set(Metric::Oscillations, Some(f64::from(undone)));
}

/// Weighs what was played against stalls and changes, as the papers do.
fn scores(measures: &mut Measures, pieces: &[Piece], ladder: &[f64], stalled: f64) {
    let (Some(&lowest), Some(&top), Some(first)) = (ladder.first(), ladder.last(), pieces.first())
    else {
        return;
    };
    let worth = |qoe: ChunkQoe| chunk_mean(pieces, lowest, stalled, qoe);
    measures.set(Metric::QoeLin, worth(ChunkQoe { stall: top / 1e3, ..ChunkQoe::LINEAR }));
    // The paper gives the top value of its own ladder to two decimals.
    let stall = (libm::log(top / lowest) * 100.0).round() / 100.0;
    measures.set(Metric::QoeLog, worth(ChunkQoe { stall, ..ChunkQoe::LOGARITHMIC }));
    measures.set(Metric::QoeHd, worth(ChunkQoe::DEFINITION));
    let utility = pieces.iter().map(|piece| libm::log(piece.kbps / lowest)).sum::<f64>();
    let penalty = SABRE_GP * stalled / first.duration.as_secs_f64();
    measures.set(Metric::SabreScore, Some((utility - penalty) / count(pieces)));
}

/// Returns the mean worth of all segments but the first, whose stalls came to `stalled` seconds.
fn chunk_mean(pieces: &[Piece], lowest: f64, stalled: f64, qoe: ChunkQoe) -> Option<f64> {
    let (values, changes) = pieces.windows(2).fold((0.0, 0.0), |(values, changes), pair| {
        let (from, to) = (qoe.value(pair[0].kbps, lowest), qoe.value(pair[1].kbps, lowest));
        (values + to, changes + (to - from).abs())
    });
    (1 < pieces.len()).then(|| qoe.sum(values, changes, stalled) / (count(pieces) - 1.0))
}

/// Returns how far two rates are apart, in kbit/s.
pub(crate) fn changed_kbps(from: &Piece, to: &Piece) -> f64 {
    (to.kbps - from.kbps).abs()
}

fn count(pieces: &[Piece]) -> f64 {
    real(u64::try_from(pieces.len()).unwrap_or(u64::MAX))
}

fn kbps(bps: u64) -> f64 {
    real(bps) / 1e3
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53 in any session")]
pub(crate) const fn real(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
