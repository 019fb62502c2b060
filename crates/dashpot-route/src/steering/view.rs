//! What an operator sees.

use super::{Format, PathwayClone, Source, Steering, Used, WatchedState};
use dashpot_base::{MonoTime, Seed};
use std::time::Duration;

/// A pathway as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathwayState {
    /// Its name.
    pub id: String,
    /// Its share of the viewers, next to the weights of the others.
    pub weight: u32,
    /// Whether viewers are no longer told of it.
    pub is_retired: bool,
    /// How loaded it counts as, in percent.
    pub load: u8,
    /// Whose word that is.
    pub source: Source,
    /// Whether it counts as down, and is the last that viewers are told of.
    pub is_down: bool,
    /// What is known by asking it, where it is asked; an operator's word counts more.
    pub watched: Option<WatchedState>,
    /// What players make it of, where it is not one of the configured.
    pub clone: Option<PathwayClone>,
    /// Viewers that were sent there last.
    pub viewers: usize,
}

/// A viewer as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewerState {
    /// What the viewer is called in its URL.
    pub id: String,
    /// What it plays, where it has said so.
    pub format: Option<Format>,
    /// Where an operator wants it.
    pub wanted: Option<String>,
    /// Where it was sent last.
    pub told: Option<String>,
    /// The pathways that it said it has used.
    pub used: Vec<Used>,
    /// How often it has asked.
    pub asks: u64,
    /// For how long it has been known.
    pub known: Duration,
    /// For how long it has been silent.
    pub silent: Duration,
    /// Whether its steering has ended.
    pub is_ended: bool,
}

impl Steering {
    /// Returns after how many seconds viewers ask again.
    #[must_use]
    pub const fn ttl_s(&self) -> u32 {
        self.ttl_s
    }

    /// Returns what the choices are drawn from.
    #[must_use]
    pub const fn seed(&self) -> Seed {
        self.seed
    }

    /// Says whether all steering has ended.
    #[must_use]
    pub const fn is_ended(&self) -> bool {
        self.is_ended
    }

    /// Returns how many viewers are remembered.
    #[must_use]
    pub fn viewer_count(&self) -> usize {
        self.viewers.len()
    }

    /// Returns the pathways, the configured ones first.
    #[must_use]
    pub fn pathways(&self, now: MonoTime) -> Vec<PathwayState> {
        let state = |pathway: &super::Pathway| {
            let standing = pathway.standing(now);
            PathwayState {
                id: pathway.id.clone(),
                weight: pathway.weight,
                is_retired: pathway.is_retired,
                load: standing.load,
                source: standing.source,
                is_down: standing.is_down,
                watched: pathway.watched.as_ref().map(|watched| watched.view(now)),
                clone: pathway.clone.clone(),
                viewers: self
                    .viewers
                    .behind("")
                    .filter(|(_, viewer)| viewer.told.as_ref() == Some(&pathway.id))
                    .count(),
            }
        };
        self.pathways.iter().map(state).collect()
    }

    /// Returns up to `count` viewers in the order of their names, those behind `after`.
    #[must_use]
    pub fn viewers(&self, now: MonoTime, after: &str, count: usize) -> Vec<ViewerState> {
        let state = |(id, viewer): (&String, &super::viewers::Viewer)| ViewerState {
            id: id.clone(),
            format: viewer.format,
            wanted: viewer.wanted.clone(),
            told: viewer.told.clone(),
            used: viewer.used.clone(),
            asks: viewer.asks,
            known: now.since(viewer.first),
            silent: now.since(viewer.last),
            is_ended: viewer.is_ended,
        };
        self.viewers.behind(after).take(count).map(state).collect()
    }
}
