//! Who has asked, bounded: whoever has been silent longest is forgotten.

use super::{Asked, Refusal};
use dashpot_base::{Bitrate, MonoTime};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// Viewers that are remembered. What is forgotten is an operator's move; where the weights send a
/// viewer follows from its name.
pub(super) const VIEWERS_MAX: usize = 10_000;
/// Questions within one TTL that are answered: a start, its seeks and what players ask twice.
pub(super) const ASKS_MAX: u32 = 10;

/// The format that a viewer plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// MPEG-DASH.
    Dash,
    /// HTTP Live Streaming.
    Hls,
}

/// A pathway that a viewer has used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used {
    /// Its name.
    pub id: String,
    /// What it was measured to carry, where it was.
    pub throughput: Option<Bitrate>,
}

#[derive(Clone, Debug)]
pub(super) struct Viewer {
    pub(super) first: MonoTime,
    pub(super) last: MonoTime,
    pub(super) asks: u64,
    pub(super) format: Option<Format>,
    pub(super) used: Vec<Used>,
    /// What it was told last: the first of it.
    pub(super) told: Option<String>,
    /// Where an operator wants it.
    pub(super) wanted: Option<String>,
    pub(super) is_ended: bool,
    /// Questions since the time.
    recent: (u32, MonoTime),
}

#[derive(Clone, Debug, Default)]
pub(super) struct Viewers {
    held: BTreeMap<String, Viewer>,
    /// The same by when they asked last.
    by_last: BTreeSet<(MonoTime, String)>,
}

impl Viewers {
    /// Notes a question.
    pub(super) fn note(
        &mut self,
        now: MonoTime,
        id: &str,
        asked: Asked,
        ttl: Duration,
    ) -> Result<(), Refusal> {
        if !self.held.contains_key(id)
            && VIEWERS_MAX <= self.held.len()
            && let Some((_, silent)) = self.by_last.pop_first()
        {
            self.held.remove(&silent);
        }
        let viewer = self.held.entry(id.to_owned()).or_insert_with(|| Viewer::new(now));
        if viewer.is_ended {
            return Err(Refusal::Gone);
        }
        let (count, since) = viewer.recent;
        viewer.recent = if ttl <= now.since(since) { (1, now) } else { (count + 1, since) };
        if ASKS_MAX < viewer.recent.0 {
            // It does not grow while it is refused.
            viewer.recent.0 = ASKS_MAX;
            let left = ttl.saturating_sub(now.since(since));
            let retry_s = u32::try_from(left.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX);
            return Err(Refusal::TooMany { retry_s: retry_s.max(1) });
        }
        self.by_last.remove(&(viewer.last, id.to_owned()));
        self.by_last.insert((now, id.to_owned()));
        viewer.last = now;
        viewer.asks += 1;
        viewer.format = asked.format.or(viewer.format);
        viewer.used = asked.used;
        Ok(())
    }

    pub(super) fn tell(&mut self, id: &str, priority: &[String]) {
        if let Some(viewer) = self.held.get_mut(id) {
            viewer.told = priority.first().cloned();
        }
    }

    pub(super) fn wanted(&self, id: &str) -> Option<&String> {
        self.held.get(id)?.wanted.as_ref()
    }

    pub(super) fn move_to(&mut self, id: &str, to: Option<&str>) -> Option<()> {
        self.held.get_mut(id)?.wanted = to.map(str::to_owned);
        Some(())
    }

    pub(super) fn end(&mut self, id: &str) -> Option<()> {
        self.held.get_mut(id)?.is_ended = true;
        Some(())
    }

    pub(super) fn forget_pathway(&mut self, id: &str) {
        for viewer in self.held.values_mut() {
            viewer.wanted.take_if(|wanted| wanted == id);
        }
    }

    /// Returns those who are on their way to a pathway, or all.
    pub(super) fn on(&self, pathway: Option<&str>) -> impl Iterator<Item = &str> {
        let is_on = move |viewer: &Viewer| {
            let at = viewer.wanted.as_ref().or(viewer.told.as_ref()).map(String::as_str);
            !viewer.is_ended && (pathway.is_none() || pathway == at)
        };
        self.held.iter().filter(move |(_, viewer)| is_on(viewer)).map(|(id, _)| id.as_str())
    }

    /// Returns those whose names come behind one, in the order of their names.
    pub(super) fn behind(&self, after: &str) -> impl Iterator<Item = (&String, &Viewer)> {
        let after = after.to_owned();
        self.held.range::<String, _>((std::ops::Bound::Excluded(after), std::ops::Bound::Unbounded))
    }

    pub(super) fn len(&self) -> usize {
        self.held.len()
    }
}

impl Viewer {
    const fn new(now: MonoTime) -> Self {
        Self {
            first: now,
            last: now,
            asks: 0,
            format: None,
            used: Vec::new(),
            told: None,
            wanted: None,
            is_ended: false,
            recent: (0, now),
        }
    }
}
