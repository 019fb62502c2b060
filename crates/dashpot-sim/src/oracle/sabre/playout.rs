//! The buffer and its playback.

use super::{
    Options, Outcome,
    metrics::{Accuracy, Played, Sums},
    network::Witness,
    reaction::Reaction,
};
use dashpot_abr::{Film as _, Rung, Table};

#[derive(Debug)]
pub(super) struct Playout<'a> {
    movie: &'a Table,
    options: &'a Options,
    segment_ms: f64,
    /// Natural logarithms of the rates, the lowest one's taken off.
    utilities: Vec<f64>,
    /// The rung of every segment fetched, played or not.
    rungs: Vec<Rung>,
    /// How many of them have been played.
    head: usize,
    /// How much of the next one has been played.
    partly_ms: f64,
    /// Playback and stalls.
    now_ms: f64,
    played: Played,
    last_played: Option<Rung>,
    reaction: Reaction,
}

impl<'a> Playout<'a> {
    pub(super) fn new(movie: &'a Table, options: &'a Options) -> Self {
        let ladder = movie.ladder();
        let offset = -ladder.first().map_or(0.0, |kbps| libm::log(*kbps));
        Self {
            utilities: ladder.iter().map(|kbps| libm::log(*kbps) + offset).collect(),
            movie,
            options,
            segment_ms: movie.segment_ms(0),
            rungs: Vec::with_capacity(movie.segments()),
            head: 0,
            partly_ms: 0.0,
            now_ms: 0.0,
            played: Played::default(),
            last_played: None,
            reaction: Reaction::new(options.buffer_ms),
        }
    }

    /// Returns the buffer level.
    pub(super) fn level(&self) -> f64 {
        self.segment_ms * (self.rungs.len() - self.head) as f64 - self.partly_ms
    }

    /// Returns the time of playback and stalls so far.
    pub(super) const fn now_ms(&self) -> f64 {
        self.now_ms
    }

    /// Returns how long playback has stood still.
    pub(super) const fn stalled_ms(&self) -> f64 {
        self.played.stalled_ms
    }

    /// Returns the rung at the end of the buffer, or the last that was there.
    pub(super) fn last(&self) -> Option<Rung> {
        self.rungs.last().copied()
    }

    /// Returns the rungs of the segments of which nothing has been played.
    pub(super) fn whole(&self) -> &[Rung] {
        self.rungs.get(self.head + usize::from(0.0 < self.partly_ms)..).unwrap_or_default()
    }

    /// Returns who is to be told of the network.
    pub(super) fn witness(&mut self) -> Witness<'_> {
        let buffered = self.rungs.get(self.head..).unwrap_or_default();
        Witness { reaction: &mut self.reaction, buffered }
    }

    /// Takes in the first segment: playback begins when it has come, after so long.
    pub(super) fn start(&mut self, rung: Rung, took_ms: f64) {
        self.rungs.push(rung);
        self.now_ms += took_ms;
    }

    /// Takes in a segment at the end.
    pub(super) fn append(&mut self, rung: Rung) {
        self.rungs.push(rung);
    }

    /// Takes in a segment in the place of one so many from the end, unless that has begun to be
    /// played.
    pub(super) fn replace(&mut self, from_end: usize, rung: Rung) {
        let is_in_time = 0.0 <= self.level() - self.segment_ms * from_end as f64;
        let place = self.rungs.len().checked_sub(from_end).filter(|_| is_in_time);
        if let Some(held) = place.and_then(|place| self.rungs.get_mut(place)) {
            *held = rung;
        }
    }

    /// Plays, or stands still, for `ms`; `sustainable` is what the network carries now.
    pub(super) fn drain(&mut self, mut ms: f64, sustainable: Rung) {
        if self.head == self.rungs.len() {
            self.stand(ms);
            return;
        }
        if 0.0 < self.partly_ms {
            if ms + self.partly_ms < self.segment_ms {
                self.partly_ms += ms;
                self.now_ms += ms;
                return;
            }
            ms -= self.segment_ms - self.partly_ms;
            self.now_ms += self.segment_ms - self.partly_ms;
            self.head += 1;
            self.partly_ms = 0.0;
        }
        while let Some(&rung) = self.rungs.get(self.head).filter(|_| 0.0 < ms) {
            self.begin(rung, sustainable);
            if self.segment_ms <= ms {
                self.head += 1;
                self.now_ms += self.segment_ms;
                ms -= self.segment_ms;
            } else {
                self.partly_ms = ms;
                self.now_ms += ms;
                ms = 0.0;
            }
        }
        if 0.0 < ms {
            self.stand(ms);
            self.played.stalls += 1.0;
        }
        self.reaction.settle(self.now_ms);
    }

    /// Returns the figures of the session.
    pub(super) fn outcome(&self, accuracy: Accuracy) -> Outcome {
        let sums = Sums {
            buffer_ms: self.options.buffer_ms,
            gp: self.options.gp,
            now_ms: self.now_ms,
            played: self.played,
            accuracy,
            reaction_ms: self.reaction.total_ms(),
        };
        Outcome::of(self.movie, &sums)
    }

    fn stand(&mut self, ms: f64) {
        self.played.stalled_ms += ms;
        self.now_ms += ms;
    }

    /// Begins to play a segment.
    fn begin(&mut self, rung: Rung, sustainable: Rung) {
        let ladder = self.movie.ladder();
        let kbps = ladder.get(rung.0).copied().unwrap_or_default();
        self.played.utility += self.utilities.get(rung.0).copied().unwrap_or_default();
        self.played.kbps += kbps;
        if let Some(before) = self.last_played.replace(rung).filter(|before| *before != rung) {
            let before_kbps = ladder.get(before.0).copied().unwrap_or_default();
            self.played.change_kbps += (kbps - before_kbps).abs();
            self.played.log_change += libm::log(kbps / before_kbps).abs();
        }
        let ramped_up = self.options.rampup.unwrap_or(sustainable);
        if self.played.rampup_ms.is_none() && ramped_up <= rung {
            self.played.rampup_ms = Some(self.now_ms);
        }
        self.reaction.played(self.now_ms, rung);
    }
}
