//! The option of what an MPD leaves out.

use super::{Spec, Values};

/// Which tracks an MPD has.
pub const ONLY: Spec = Spec {
    name: "only",
    values: Values::Tracks,
    default: "all there are",
    doc: "The MPD has these tracks alone: all of a kind (`video`, `audio`, `text`, `image`), or one by its id.",
};

pub(super) const FAMILY: &[Spec] = &[ONLY];

/// Tracks that an option may name.
const TRACKS_MAX: usize = 32;

/// Reads names of tracks and kinds, each there once.
pub(super) fn tracks(text: &str) -> Option<Vec<String>> {
    let all: Vec<&str> = text.split(',').collect();
    let twice = (1..all.len()).any(|at| all[..at].contains(&all[at]));
    let named = all.len() <= TRACKS_MAX && all.iter().all(|one| crate::address::is_name(one));
    (named && !twice).then(|| all.into_iter().map(str::to_owned).collect())
}
