//! The laboratory: native sessions by the thousand.
//!
//! What is simulated is what is served: the player, its estimator and the link are those of a
//! session over sockets. A session in here is one ladder of video without sound, and its film is
//! known beforehand: no MPD, index or initialisation segment is fetched, as in the simulators of
//! the literature.

mod edge;
mod shared;

pub use edge::{Edge, EdgeError};
pub use shared::{shared, shared_observed};

use crate::{Session, Wire, run::run_from};
use dashpot_abr::{Rule, Table};
use dashpot_base::{MonoTime, Seed};
use dashpot_net::{Link, Trace};
use dashpot_player::{self as player, Config, DoneReason, Input, Log, Player, Tracks};
use dashpot_qoe::{self as qoe, Record, Summary};
use edge::Site;
use std::{sync::Arc, time::Duration};
use url::Url;

/// A film ready to be played any number of times; clones share it.
#[derive(Clone, Debug)]
pub struct Film {
    tracks: Arc<Tracks>,
    rungs: usize,
    segments: usize,
    /// The length of the first segment, and of all in most films.
    segment: Duration,
}

impl Film {
    /// Returns the film of `table`.
    #[must_use]
    pub fn new(table: &Table) -> Self {
        let (rungs, segments) = (table.ladder().len(), table.segments());
        let segment = Duration::try_from_secs_f64(dashpot_abr::Film::segment_ms(table, 0) / 1e3);
        let segment = segment.unwrap_or_default();
        Self { tracks: Arc::new(Tracks::of_table(table)), rungs, segments, segment }
    }
}

/// One session to be run.
#[derive(Debug)]
pub struct Lab {
    /// What is played.
    pub film: Film,
    /// Over which link; it begins with the trace's first row and starts over at its end.
    pub trace: Trace,
    /// Set where the film comes into being while it is played; there is no cache then.
    pub live: Option<Live>,
    /// The cache before the origin; without one all of the film is at the far end of the link.
    pub edge: Option<Edge>,
    /// When the viewer comes, on the clock of the link: the trace has gone so far by then.
    pub begins: Duration,
    /// Who chooses the rungs; fresh for each session.
    pub rule: Box<dyn Rule>,
    /// The most media kept ahead of the playhead.
    pub buffer: Duration,
    /// Media that must be buffered before playback begins.
    pub startup: Duration,
    /// Media that must be buffered before playback goes on after a stall.
    pub resume: Duration,
    /// The share of requests that the link loses, from 0 to 1.
    pub loss_ratio: f64,
    /// Fixes which requests these are.
    pub seed: Seed,
    /// Where the viewer goes: after how long, and to where, in order of time.
    pub seeks: Vec<(Duration, Duration)>,
    /// Ends the session after this much media was played.
    pub stop_after_media: Option<Duration>,
    /// Ends the session after this much time: a trace that carries next to nothing would
    /// otherwise go on for years.
    pub stop_after_time: Option<Duration>,
}

/// A film that comes into being while it is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Live {
    /// How far behind the live edge playback is to be kept.
    pub target: Duration,
    /// How long the chunks play in which a segment is sent while it is made; zero where it is sent
    /// once all of it was captured.
    pub chunk: Duration,
    /// How much of the film had been captured when the link's clock began.
    pub on_air: Duration,
}

impl Live {
    /// Returns how the player is set up for it. The first chunk of a segment is available once it
    /// was captured, and so is the segment with it.
    fn setup(self, segment: Duration) -> player::Live {
        let early =
            if self.chunk.is_zero() { Duration::ZERO } else { segment.saturating_sub(self.chunk) };
        player::Live { early, ..player::Live::new(MonoTime::ZERO, self.on_air, self.target) }
    }
}

/// A session that was run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Its numbers.
    pub summary: Summary,
    /// Why it ended; `None` where nothing was left that could happen.
    pub done: Option<DoneReason>,
    /// When it ended, on the clock of the link.
    pub ended: MonoTime,
}

impl Lab {
    /// Returns a session of `rule` with the player's own defaults, of at most a day.
    #[must_use]
    pub fn new(film: Film, trace: Trace, rule: Box<dyn Rule>) -> Self {
        let defaults = Config::new(nowhere());
        Self {
            film,
            trace,
            live: None,
            edge: None,
            begins: Duration::ZERO,
            rule,
            buffer: defaults.buffer_max,
            startup: defaults.startup,
            resume: defaults.resume,
            loss_ratio: 0.0,
            seed: Seed(1),
            seeks: Vec::new(),
            stop_after_media: None,
            stop_after_time: Some(Duration::from_secs(86_400)),
        }
    }

    /// Runs the session to its end.
    #[must_use]
    pub fn run(self) -> Outcome {
        self.logged(Log::Outcome, |_| ())
    }

    /// Runs the session to its end; every record is shown to `observe`.
    #[must_use]
    pub fn observed(self, observe: impl FnMut(&Record)) -> Outcome {
        self.logged(Log::All, observe)
    }

    fn logged(self, log: Log, mut observe: impl FnMut(&Record)) -> Outcome {
        let mut session = qoe::Session::new();
        let begins = MonoTime::ZERO.after(self.begins);
        let end = run_from(begins, self.session(log), |record| {
            session.add(record);
            observe(record);
        });
        Outcome { summary: session.summary(end.at), done: end.done, ended: end.at }
    }

    fn session(self, log: Log) -> Session<Site> {
        let link = Link::new(self.trace.clone(), self.loss_ratio, self.seed);
        let seeks = self.seeks.iter().map(|&(after, to)| (after, Input::Seek { to }));
        let site = Site::new(self.edge.filter(|_| self.live.is_none()), &self.film);
        let wire = Wire::new(site.live(self.live), link);
        Session {
            script: seeks.collect(),
            player: self.player(log),
            wire,
            grain: Duration::from_nanos(1),
        }
    }

    fn player(self, log: Log) -> Player {
        let config = Config {
            startup: self.startup,
            resume: self.resume,
            buffer_max: self.buffer,
            stop_after_media: self.stop_after_media,
            stop_after_time: self.stop_after_time,
            live: self.live.map(|live| live.setup(self.film.segment)),
            log,
            ..Config::new(nowhere())
        };
        Player::prepared(config, self.rule, self.film.tracks)
    }
}

/// Returns where the MPD of a film is that has none.
fn nowhere() -> Url {
    Url::parse("about:blank").expect("a URL")
}

#[cfg(test)]
mod tests;
