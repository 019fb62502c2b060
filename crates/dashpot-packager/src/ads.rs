//! Assets that are played in breaks of another one.

use crate::{
    catalogue::{Asset, Catalogue},
    grammar::{OF, Options, PASSES_MAX},
    manifest,
    options::{Shape, fits},
    respond::Refused,
    timeline::Timeline,
};
use dashpot_base::MediaTime;
use dashpot_mpd::{BaseUrl, Descriptor};
use std::{sync::Arc, time::Duration};

/// The scheme of names of assets (DASH-IF IOP).
const ASSET_ID: &str = "urn:org:dashif:asset-id:2013";

/// An asset as it is played in a break.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ad<'a> {
    pub(crate) asset: &'a Arc<Asset>,
    pub(crate) shape: Shape,
}

impl<'a> Ad<'a> {
    /// Returns the asset of that name as an option names it, played once.
    ///
    /// # Errors
    /// Says that there is no such asset.
    pub(crate) fn once(
        catalogue: &'a Catalogue,
        option: &str,
        name: &str,
    ) -> Result<Self, Refused> {
        let none = || {
            let have: Vec<_> = catalogue.assets().map(|asset| asset.name.as_str()).collect();
            let have = have.join(", ");
            let why = format!("there is no asset `{name}` (there is {have})");
            Refused::BadRequest(format!("option `{option}_{name}` does not fit: {why}"))
        };
        Ok(Self { asset: catalogue.asset(name).ok_or_else(none)?, shape: Shape::PLAIN })
    }

    /// Returns it played so often that it fills a break.
    ///
    /// # Errors
    /// Says that it is too short for that.
    pub(crate) fn filling(self, length: MediaTime) -> Result<Self, Refused> {
        let own = self.asset.period;
        let needed = u128::from(length.ticks) * u128::from(own.timescale);
        let each = u128::from(own.ticks) * u128::from(length.timescale);
        let passes = u32::try_from(needed.div_ceil(each.max(1))).unwrap_or(u32::MAX).max(1);
        let shape = Shape { passes, gops: 1 };
        if PASSES_MAX < passes || !fits(self.asset, shape) {
            let name = &self.asset.name;
            let why = "it is too short to fill a break: choose a shorter `for_`";
            return Err(Refused::BadRequest(format!("option `ad_{name}` does not fit: {why}")));
        }
        Ok(Self { shape, ..self })
    }

    /// Returns where the asset's URLs begin, relative to those of the main asset.
    pub(crate) fn base_url(&self) -> BaseUrl {
        let Asset { name, .. } = &**self.asset;
        // The version of the main asset gives way to that of this one.
        format!("../{}/{}_{name}/", self.asset.version(), OF.name).as_str().into()
    }

    /// Returns its longest segment, rounded up to milliseconds.
    pub(crate) fn longest(&self) -> Duration {
        let timelines = (0..self.asset.tracks.len())
            .filter_map(|at| Timeline::new(self.asset, at, self.shape))
            .map(|timeline| manifest::longest(&timeline));
        let ms = timelines.max().unwrap_or_default().as_nanos().div_ceil(1_000_000);
        Duration::from_millis(u64::try_from(ms).unwrap_or(u64::MAX))
    }

    /// Returns how long it is, to the tick.
    pub(crate) fn length(&self) -> MediaTime {
        let MediaTime { ticks, timescale } = self.asset.period;
        MediaTime { ticks: ticks.saturating_mul(self.shape.passes.into()), timescale }
    }
}

/// Returns what tells one asset's Periods from those of another (ISO/IEC 23009-1 §5.8.5.7).
pub(crate) fn identifier(asset: &Asset) -> Descriptor {
    Descriptor::new(ASSET_ID, &asset.name)
}

/// Returns the asset that a path's segments belong to, where it is not that of the path.
pub(crate) fn of(options: &Options) -> Option<&str> {
    options.assets(&OF).next().map(|(name, _)| name)
}

/// The answer where an asset is named that is not played in breaks of the path.
pub(crate) fn unplayed(name: &str) -> Refused {
    Refused::NotFound(format!("there is no break in which `{name}` is played"))
}
