//! Segments that were found of late: cutting one out of a film takes longer than all else about its
//! answer but the sending.

use dashpot_base::{ByteSize, WallTime};
use dashpot_packager::{Body, Found};
use moka::{policy::EvictionPolicy, sync::Cache};

/// What was found at paths, where it stays the same for a while; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Recent(Cache<String, Whole>);

/// Media that is whole.
#[derive(Clone, Debug)]
struct Whole {
    found: Found,
    /// When it was found: before, it may have been something else.
    since: WallTime,
}

impl Recent {
    /// Keeps about so much.
    pub(crate) fn new(bytes_max: ByteSize) -> Self {
        let weight = |path: &String, whole: &Whole| {
            let plan = match &whole.found.body {
                Body::Media(plan) => plan.memory(),
                Body::Text(text) => text.len(),
                Body::Sealed(_) => 0,
            };
            u32::try_from(path.len() + size_of::<Whole>() + plan).unwrap_or(u32::MAX)
        };
        let kept = Cache::builder()
            .max_capacity(bytes_max.bytes())
            .weigher(weight)
            .eviction_policy(EvictionPolicy::lru());
        Self(kept.build())
    }

    /// Returns what is at a path, as it was found before or by `find`.
    pub(crate) fn at<E>(
        &self,
        path: &str,
        now: WallTime,
        find: impl FnOnce() -> Result<Found, E>,
    ) -> Result<Found, E> {
        if let Some(whole) = self.0.get(path)
            && whole.since <= now
            && whole.found.cacheability.holds_at(now)
        {
            return Ok(whole.found);
        }
        let found = find()?;
        let is_whole = found.due.is_empty() && found.held_until.is_none();
        if is_whole && found.cacheability.holds_at(now) && matches!(found.body, Body::Media(_)) {
            self.0.insert(path.to_owned(), Whole { found: found.clone(), since: now });
        }
        Ok(found)
    }
}
