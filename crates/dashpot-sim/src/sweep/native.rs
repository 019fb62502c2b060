//! The real player over a simulated link, with a film of known sizes.

use super::Job;
use crate::{Content, Run, Session, Wire};
use dashpot_abr::{Film as _, Rule, Table};
use dashpot_base::{ByteSize, MediaTime, Seed};
use dashpot_mpd::timeline::{
    Kind, PeriodView, Presentation, RepView, SegmentIndex, SegmentRef, SetView, Sidx,
};
use dashpot_net::Link;
use dashpot_player::{Config, DoneReason, Fetch, Player, What};
use std::{sync::Arc, time::Duration};
use url::Url;

/// Ticks a second of the presentation's times.
const TIMESCALE: u32 = 1_000_000;

/// A film's table as a presentation. The MPD and the initialisation segments take a request each
/// and no bytes.
#[derive(Debug)]
struct Film {
    film: Arc<Table>,
}

impl Content for Film {
    fn presentation(&self) -> Presentation {
        let mut start = 0;
        let lengths = (0..self.film.segments()).map(|index| ticks(self.film.segment_ms(index)));
        let pieces = lengths.zip(1..).map(|(length, number)| {
            let at = start;
            start += length;
            let media = |ticks| MediaTime { ticks, timescale: TIMESCALE };
            let url = format!("sim:///{number}");
            SegmentRef { number, start: media(at), duration: media(length), url, range: None }
        });
        let pieces = pieces.collect::<Vec<_>>();
        let representations = self.film.ladder().iter().enumerate().map(|(rung, kbps)| RepView {
            id: rung.to_string(),
            bandwidth: bits(kbps * 1e3),
            codecs: None,
            width: None,
            height: None,
            frame_rate: None,
            mime: Some("video/mp4".to_owned()),
            init: None,
            index: SegmentIndex::Listed(pieces.clone()),
        });
        let set = SetView {
            id: None,
            kind: Kind::Video,
            lang: None,
            label: None,
            roles: Vec::new(),
            essential_schemes: Vec::new(),
            representations: representations.collect(),
        };
        let duration = MediaTime { ticks: start, timescale: TIMESCALE }.as_duration();
        let period = PeriodView { id: None, start: Duration::ZERO, duration, sets: vec![set] };
        Presentation { periods: vec![period], problems: Vec::new() }
    }

    fn index(&self, _: &Fetch) -> Sidx {
        Sidx { timescale: 1, earliest_presentation_time: 0, first_byte: 0, entries: Vec::new() }
    }

    fn size(&self, fetch: &Fetch) -> ByteSize {
        match fetch.what {
            What::Manifest | What::Index { .. } | What::Init { .. } => ByteSize::ZERO,
            What::Segment { rung, number, .. } => {
                let index = usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
                ByteSize::new(bits(self.film.bits(index, rung)).div_ceil(8))
            }
        }
    }
}

fn ticks(ms: f64) -> u64 {
    bits(ms * f64::from(TIMESCALE) / 1e3).max(1)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a film's numbers are positive, and a cast from a float saturates"
)]
fn bits(number: f64) -> u64 {
    number.round() as u64
}

/// Plays `job` with `rule`.
pub(super) fn run(job: &Job<'_>, rule: Box<dyn Rule>) -> Run {
    let mut config = Config::new(manifest());
    config.buffer_max = job.setup.buffer;
    let link = Link::new(job.network.trace.clone(), 0.0, Seed(job.setup.seed));
    crate::run(Session {
        player: Player::new(config, rule),
        wire: Wire::new(Film { film: Arc::clone(&job.movie.film) }, link),
        script: Vec::new(),
        grain: Duration::from_nanos(1),
    })
}

fn manifest() -> Url {
    Url::parse("http://sim.invalid/film.mpd").expect("a URL")
}

/// Returns why a session ended, in a word.
pub(super) const fn word(done: &DoneReason) -> &'static str {
    match done {
        DoneReason::Ended => "ended",
        DoneReason::PlayedEnough => "played-enough",
        DoneReason::TimeUp => "time-up",
        DoneReason::Stopped => "stopped",
        DoneReason::NothingToPlay => "nothing-to-play",
        DoneReason::Failed { .. } => "failed",
    }
}
