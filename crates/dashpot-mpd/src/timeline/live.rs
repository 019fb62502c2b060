//! What of a live presentation there is to be listed, and how far behind its edge it is played.

use super::Problem;
use crate::{Element, Mpd, Node};
use dashpot_base::WallTime;
use std::time::Duration;

/// How far back segments are listed at most. A player that joins at the edge needs none of it; one
/// who seeks gets so far.
const BEHIND_MAX: Duration = Duration::from_secs(3_600);

/// How far ahead segments are listed at least where nothing says when the presentation ends: what
/// comes after that is in a later version of the MPD.
const AHEAD: Duration = Duration::from_secs(120);

/// How far ahead they are listed where there will be no later version.
const AHEAD_MAX: Duration = Duration::from_secs(6 * 3_600);

/// A live presentation, as of some time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LiveView {
    /// Up to where media had been captured by then, from the start of the presentation.
    pub edge: Duration,
    /// How far behind the edge it is to be played: `Latency@target` of the first
    /// `ServiceDescription` that has one, else `@suggestedPresentationDelay`.
    pub delay: Option<Duration>,
    /// The slowest and the fastest playback rate (`PlaybackRate` of the `ServiceDescription`).
    pub speeds: Option<(f64, f64)>,
    /// How soon there may be another version of the MPD; `None` where there will be none.
    pub update: Option<Duration>,
    /// Whether the last Period goes on beyond what is listed.
    pub is_open: bool,
}

/// The part of a presentation that is listed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub(super) from: Duration,
    pub(super) to: Duration,
}

impl Window {
    pub(super) const ALL: Self = Self { from: Duration::ZERO, to: Duration::MAX };
}

impl LiveView {
    pub(super) fn of(mpd: &Mpd, now: WallTime) -> Result<Self, Problem> {
        // ISO/IEC 23009-1 §5.3.1.2: a dynamic MPD has one.
        let begins = mpd.availability_start_time.ok_or(Problem::NoAvailabilityStart)?;
        let is_ended = mpd.periods.last().is_some_and(|last| last.duration.is_some());
        let description = || children(&mpd.extra_children, "ServiceDescription");
        let target = description().find_map(|it| number(child(it, "Latency")?, "target"));
        let speeds = description().find_map(|it| {
            let rate = child(it, "PlaybackRate")?;
            Some((number(rate, "min")?, number(rate, "max")?))
        });
        // ISO/IEC 23009-1 §K.3.2: in milliseconds.
        let target = target.and_then(|ms| Duration::try_from_secs_f64(ms / 1e3).ok());
        Ok(Self {
            edge: now.since(begins),
            delay: target.or(mpd.suggested_presentation_delay),
            speeds: speeds.filter(|(min, max)| 0.0 < *min && min <= max && *max < 100.0),
            update: mpd.minimum_update_period,
            is_open: !is_ended && mpd.media_presentation_duration.is_none(),
        })
    }

    pub(super) fn window(&self, mpd: &Mpd) -> Window {
        let behind = mpd.time_shift_buffer_depth.unwrap_or(BEHIND_MAX).min(BEHIND_MAX);
        let ahead = self.update.map_or(AHEAD_MAX, |update| AHEAD.max(update.saturating_mul(2)));
        Window {
            from: self.edge.saturating_sub(behind.max(self.delay.unwrap_or_default())),
            to: self.edge.saturating_add(ahead.min(AHEAD_MAX)),
        }
    }
}

fn children<'a>(nodes: &'a [Element], name: &'static str) -> impl Iterator<Item = &'a Element> {
    nodes.iter().filter(move |element| local(&element.name) == name)
}

fn child<'a>(element: &'a Element, name: &str) -> Option<&'a Element> {
    element.children.iter().find_map(|node| match node {
        Node::Element(child) => (local(&child.name) == name).then_some(child),
        Node::Text(_) => None,
    })
}

fn number(element: &Element, name: &str) -> Option<f64> {
    let (_, text) = element.attributes.iter().find(|(known, _)| known == name)?;
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

/// Returns a name without its prefix.
fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}
