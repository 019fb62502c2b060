//! Content steering: which pathway each viewer is to take, and which next should that one fail.
//!
//! A viewer's order is a weighted rendezvous: each pathway draws a number from (seed, viewer,
//! pathway), scaled by its weight. So replicas with one seed agree on viewers that neither has seen
//! before, weights hold over many viewers, and a change of one pathway's weight or load moves no
//! viewer between two others. An operator's move of a viewer comes before all that.

mod view;
mod viewers;
mod watched;

pub use view::{PathwayState, ViewerState};
use viewers::Viewers;
pub use viewers::{Format, Used};
pub use watched::{News, Probe, Said, Source, WatchedState};
use watched::{Standing, Watched};

use dashpot_base::{MonoTime, Seed};
use std::time::Duration;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Pathways that there may be, clones among them: a steering manifest names all of them.
pub const PATHWAYS_MAX: usize = 16;
/// The greatest weight: as a share of the viewers, finer than anybody steers.
pub const WEIGHT_MAX: u32 = 1_000;
/// The longest time between two questions of a viewer, in seconds.
pub const TTL_SECONDS_MAX: u32 = 3_600;
/// How long a pathway must have been better before viewers come back to it. Shorter, and those
/// who come back would overload it again within the same minute.
pub const WELL_AFTER: Duration = Duration::from_secs(30);
/// The load at which a pathway is the last resort, in percent.
pub const LOAD_FULL: u8 = 100;

/// A pathway that players make of another one (draft-pantos-hls-rfc8216bis §7.1,
/// ETSI TS 103 998 §6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathwayClone {
    /// The pathway whose URLs are taken.
    pub base: String,
    /// What their host is replaced by, perhaps with a port.
    pub host: String,
    /// Parameters that are added to their queries, in order.
    pub params: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
struct Pathway {
    id: String,
    weight: u32,
    is_retired: bool,
    /// The load that an operator says it has.
    word: Option<Load>,
    /// What it says itself, where it is asked.
    watched: Option<Watched>,
    clone: Option<PathwayClone>,
}

/// How loaded a pathway is, in percent.
#[derive(Clone, Copy, Debug, Default)]
struct Load {
    reported: u8,
    /// The worst of the last [`WELL_AFTER`], and when that is over.
    worst: u8,
    until: MonoTime,
}

impl Load {
    /// What is worse holds at once, what is better after a while.
    fn report(&mut self, now: MonoTime, load: u8) {
        if self.at(now) <= load {
            *self = Self { reported: load, worst: load, until: now.after(WELL_AFTER) };
        } else {
            // Until then the worst holds; it was at its worst no later than when it was reported.
            if self.reported == self.worst {
                self.until = now.after(WELL_AFTER);
            }
            self.reported = load;
        }
    }

    fn at(&self, now: MonoTime) -> u8 {
        if now < self.until { self.worst } else { self.reported }
    }
}

/// What a viewer is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// After how many seconds it is to ask again.
    pub ttl_s: u32,
    /// The pathways in the order of preference.
    pub priority: Vec<String>,
    /// The pathways that it is to make of others, by name.
    pub clones: Vec<(String, PathwayClone)>,
}

/// Why a viewer is told nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There are no pathways: 404.
    Nothing,
    /// The viewer's steering has ended, or all of it: 410.
    Gone,
    /// It has asked too often: 429 with `Retry-After`.
    TooMany {
        /// In how many seconds it may ask again.
        retry_s: u32,
    },
}

/// Why an operator's change is not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// There is no such pathway.
    Pathway,
    /// There is no such viewer.
    Viewer,
    /// The number is beyond its bounds.
    Range,
    /// There are as many pathways as there may be.
    Full,
    /// The pathway is one of the configured, or what others are cloned from.
    Fixed,
}

/// All viewers and pathways of a steering server.
#[derive(Clone, Debug)]
pub struct Steering {
    pathways: Vec<Pathway>,
    viewers: Viewers,
    ttl_s: u32,
    seed: Seed,
    is_ended: bool,
}

impl Steering {
    /// Returns a server of these pathways, all alike; of more than [`PATHWAYS_MAX`] the first ones.
    pub fn new(ids: impl IntoIterator<Item = String>, ttl_s: u32, seed: Seed) -> Self {
        let pathways = ids.into_iter().take(PATHWAYS_MAX).map(|id| Pathway::new(id, None));
        Self {
            pathways: pathways.collect(),
            viewers: Viewers::default(),
            ttl_s: ttl_s.clamp(1, TTL_SECONDS_MAX),
            seed,
            is_ended: false,
        }
    }

    /// Tells a viewer which pathways to take; an unknown one becomes known.
    ///
    /// # Errors
    /// Says why it is told nothing.
    pub fn ask(&mut self, now: MonoTime, id: &str, asked: Asked) -> Result<Told, Refusal> {
        if self.pathways.is_empty() {
            return Err(Refusal::Nothing);
        }
        if self.is_ended {
            return Err(Refusal::Gone);
        }
        self.viewers.note(now, id, asked, Duration::from_secs(self.ttl_s.into()))?;
        let priority = self.order(now, id);
        if priority.is_empty() {
            return Err(Refusal::Gone);
        }
        self.viewers.tell(id, &priority);
        let clones = self.pathways.iter().filter(|pathway| priority.contains(&pathway.id));
        let clones = clones.filter_map(|one| Some((one.id.clone(), one.clone.clone()?))).collect();
        Ok(Told { ttl_s: self.ttl_s, priority, clones })
    }

    /// Returns the pathways in the order in which a viewer is to try them.
    #[must_use]
    pub fn order(&self, now: MonoTime, id: &str) -> Vec<String> {
        let wanted = self.viewers.wanted(id);
        let mut order: Vec<_> = self.pathways.iter().filter(|one| !one.is_retired).collect();
        let rank = |one: &Pathway| {
            let standing = one.standing(now);
            let is_full = standing.load == LOAD_FULL;
            // An operator may send a viewer where no other goes, but not where nothing works.
            let place = (standing.is_down, is_full, wanted != Some(&one.id), one.weight == 0);
            (place, one.distance(standing, self.seed, id))
        };
        let mut ranked: Vec<_> = order.drain(..).map(|one| (rank(one), &one.id)).collect();
        ranked.sort_by(|((a_place, a), a_id), ((b_place, b), b_id)| {
            a_place.cmp(b_place).then(a.total_cmp(b)).then(a_id.cmp(b_id))
        });
        ranked.into_iter().map(|(_, id)| id.clone()).collect()
    }

    /// Sets after how many seconds viewers ask again.
    ///
    /// # Errors
    /// Where it is none, or more than [`TTL_SECONDS_MAX`].
    pub fn ask_every(&mut self, ttl_s: u32) -> Result<(), Wrong> {
        if !(1..=TTL_SECONDS_MAX).contains(&ttl_s) {
            return Err(Wrong::Range);
        }
        self.ttl_s = ttl_s;
        Ok(())
    }

    /// Ends the steering of all viewers, or begins it again.
    pub const fn end_all(&mut self, is_ended: bool) {
        self.is_ended = is_ended;
    }

    /// Sets which share of the viewers a pathway gets, next to the weights of the others. With 0 it
    /// is a last resort.
    ///
    /// # Errors
    /// Where there is no such pathway, or the weight is more than [`WEIGHT_MAX`].
    pub fn weigh(&mut self, id: &str, weight: u32) -> Result<(), Wrong> {
        let pathway = self.pathway(id)?;
        if WEIGHT_MAX < weight {
            return Err(Wrong::Range);
        }
        pathway.weight = weight;
        Ok(())
    }

    /// Takes a pathway out of what viewers are told, or back in.
    ///
    /// # Errors
    /// Where there is no such pathway.
    pub fn retire(&mut self, id: &str, is_retired: bool) -> Result<(), Wrong> {
        self.pathway(id)?.is_retired = is_retired;
        Ok(())
    }

    /// Notes how loaded an operator says that a pathway is, in percent, which then counts whatever
    /// the pathway says itself, also where it does not answer; `None` takes the word back. What is
    /// worse counts at once, what is better after [`WELL_AFTER`].
    ///
    /// # Errors
    /// Where there is no such pathway, or the load is more than [`LOAD_FULL`].
    pub fn report(&mut self, now: MonoTime, id: &str, load: Option<u8>) -> Result<(), Wrong> {
        let pathway = self.pathway(id)?;
        let Some(load) = load else {
            pathway.word = None;
            return Ok(());
        };
        if LOAD_FULL < load {
            return Err(Wrong::Range);
        }
        pathway.word.get_or_insert_default().report(now, load);
        Ok(())
    }

    /// Moves one viewer to a pathway, or lets it go where the weights send it.
    ///
    /// # Errors
    /// Where there is no such viewer or pathway.
    pub fn move_viewer(&mut self, id: &str, to: Option<&str>) -> Result<(), Wrong> {
        if let Some(to) = to {
            self.pathway(to)?;
        }
        self.viewers.move_to(id, to).ok_or(Wrong::Viewer)
    }

    /// Moves a share of the viewers, of those on one pathway where it is named, and returns how many.
    /// Which ones follows from the seed.
    ///
    /// # Errors
    /// Where there is no such pathway, or the share is not within 0 and 1.
    pub fn move_share(
        &mut self,
        from: Option<&str>,
        to: Option<&str>,
        share: f64,
    ) -> Result<usize, Wrong> {
        for id in from.iter().chain(&to) {
            self.pathway(id)?;
        }
        if !(0.0..=1.0).contains(&share) {
            return Err(Wrong::Range);
        }
        let mut those: Vec<_> = self
            .viewers
            .on(from)
            .map(|id| (xxh3_64_with_seed(id.as_bytes(), self.seed.0), id.to_owned()))
            .collect();
        those.sort_unstable();
        let count = part(those.len(), share);
        for (_, id) in those.drain(..).take(count) {
            self.viewers.move_to(&id, to).ok_or(Wrong::Viewer)?;
        }
        Ok(count)
    }

    /// Ends the steering of one viewer: it is told so for as long as it is remembered.
    ///
    /// # Errors
    /// Where there is no such viewer.
    pub fn end(&mut self, id: &str) -> Result<(), Wrong> {
        self.viewers.end(id).ok_or(Wrong::Viewer)
    }

    /// Adds a pathway that players make of another one, or changes it.
    ///
    /// # Errors
    /// Where there is no such base, or no room, or the name is one of the configured.
    pub fn put_clone(&mut self, id: &str, clone: PathwayClone) -> Result<(), Wrong> {
        // A clone of a clone is more than players follow.
        if self.pathway(&clone.base)?.clone.is_some() {
            return Err(Wrong::Fixed);
        }
        let count = self.pathways.len();
        match self.pathways.iter_mut().find(|pathway| pathway.id == id) {
            Some(Pathway { clone: Some(held), .. }) => *held = clone,
            Some(_) => return Err(Wrong::Fixed),
            None if PATHWAYS_MAX <= count => return Err(Wrong::Full),
            None => self.pathways.push(Pathway::new(id.to_owned(), Some(clone))),
        }
        Ok(())
    }

    /// Removes a pathway that players make of another one.
    ///
    /// # Errors
    /// Where there is none of that name, or it is one of the configured.
    pub fn remove_clone(&mut self, id: &str) -> Result<(), Wrong> {
        if self.pathway(id)?.clone.is_none() {
            return Err(Wrong::Fixed);
        }
        self.pathways.retain(|pathway| pathway.id != id);
        self.viewers.forget_pathway(id);
        Ok(())
    }

    fn pathway(&mut self, id: &str) -> Result<&mut Pathway, Wrong> {
        self.pathways.iter_mut().find(|pathway| pathway.id == id).ok_or(Wrong::Pathway)
    }
}

/// What a viewer says when it asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The grammar of its question, where it says anything.
    pub format: Option<Format>,
    /// The pathways it has used since it asked last, in its order.
    pub used: Vec<Used>,
}

impl Pathway {
    const fn new(id: String, clone: Option<PathwayClone>) -> Self {
        Self { id, weight: 1, is_retired: false, word: None, watched: None, clone }
    }

    /// Returns how far a viewer is from the pathway: the least is the best.
    fn distance(&self, standing: Standing, seed: Seed, viewer: &str) -> f64 {
        let hash = xxh3_64_with_seed(self.id.as_bytes(), seed.0);
        let hash = xxh3_64_with_seed(viewer.as_bytes(), hash);
        // The last resorts have an order of their own among themselves.
        let left = f64::from(LOAD_FULL.saturating_sub(standing.load).max(1)) * standing.share;
        // Exponential with the weight as its rate: the least of them is each one's by its share.
        -libm::log(unit(hash)) / (f64::from(self.weight.max(1)) * left)
    }
}

/// Returns a number above 0 and up to 1.
#[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
fn unit(hash: u64) -> f64 {
    ((hash >> 11) + 1) as f64 / (1_u64 << 53) as f64
}

/// Returns a share of a count, to the nearest.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count of viewers, and a part of it"
)]
fn part(count: usize, share: f64) -> usize {
    ((count as f64 * share).round() as usize).min(count)
}

#[cfg(test)]
mod tests;
