//! Breaks of a film on demand: what is played before it, within it and after it, in Periods.

use super::{Listing, cut::cut};
use crate::{
    address::{Address, Target},
    ads::{Ad, identifier},
    catalogue::{Asset, Catalogue},
    grammar::{MID, POST, PRE, Spec, seconds},
    options::{OptionError, Shape, seconds_of},
    respond::Refused,
    timeline::Timeline,
};
use dashpot_base::MediaTime;
use dashpot_mpd::{Descriptor, EventStream, Mpd, Period};
use std::{ops::Range, time::Duration};

/// Assets that are played at times of another one, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Breaks<'a> {
    cues: Vec<(MediaTime, Ad<'a>)>,
}

impl<'a> Breaks<'a> {
    /// Returns what the options ask for.
    ///
    /// # Errors
    /// Names an asset that there is not, or a time at which no segment begins, and the nearest.
    pub(crate) fn of(
        catalogue: &'a Catalogue,
        (asset, shape): (&Asset, Shape),
        address: &Address<'_>,
    ) -> Result<Self, Refused> {
        let options = &address.options;
        let scale = asset.period.timescale;
        let end = asset.period.ticks.saturating_mul(shape.passes.into());
        let mut cues = Vec::new();
        let mut add = |spec: &Spec, find: &dyn Fn(&str, u64) -> Result<u64, OptionError>| {
            for (name, ms) in options.assets(spec) {
                let ad = Ad::once(catalogue, spec.name, name)?;
                let at = find(name, ms).map_err(|error| Refused::BadRequest(error.to_string()))?;
                cues.push((MediaTime { ticks: at, timescale: scale }, ad));
            }
            Ok::<_, Refused>(())
        };
        add(&PRE, &|_, _| Ok(0))?;
        add(&MID, &|name, ms| border((asset, shape), name, ms))?;
        add(&POST, &|_, _| Ok(end))?;
        cues.sort_by_key(|(at, _)| at.ticks);
        if matches!(address.target, Target::Playlist(_)) && !cues.is_empty() {
            let why = "playlists have no breaks: leave out `pre_`, `mid_` and `post_`";
            return Err(Refused::BadRequest(why.to_owned()));
        }
        Ok(Self { cues })
    }

    /// Says whether there are none.
    pub(crate) const fn is_empty(&self) -> bool {
        self.cues.is_empty()
    }

    /// Returns the asset of that name as it is played in a break.
    pub(crate) fn ad(&self, name: &str) -> Option<&Ad<'a>> {
        self.cues.iter().map(|(_, ad)| ad).find(|ad| ad.asset.name == name)
    }

    /// Divides the one Period of an MPD, and puts those of the breaks in between.
    pub(super) fn divide(&self, listing: &Listing<'_>, mpd: &mut Mpd) {
        let Some(film) = mpd.periods.pop_if(|_| !self.is_empty()) else { return };
        let scale = listing.asset.period.timescale;
        let at = |ticks| MediaTime { ticks, timescale: scale };
        let end = listing.asset.period.ticks.saturating_mul(listing.shape.passes.into());
        let (mut from, mut start, mut last) = (0, Duration::ZERO, None);
        let stops = self.cues.iter().map(|(at, ad)| (at.ticks, Some(ad)));
        for (number, (to, ad)) in stops.chain([(end, None)]).enumerate() {
            if from < to {
                let whole = from == 0 && to == end;
                let mut part = part(&film, whole, &(at(from)..at(to)));
                part.id = Some(format!("p{number}"));
                part.start = Some(start);
                part.asset_identifier = Some(identifier(listing.asset));
                start += at(to).as_duration().saturating_sub(at(from).as_duration());
                if let Some(before) = last.replace(mpd.periods.len()) {
                    connect(&mpd.periods[before], &mut part);
                }
                mpd.periods.push(part);
                from = to;
            }
            if let Some(ad) = ad {
                let mut period = of_ad(listing, ad, mpd);
                (period.id, period.start) = (Some(format!("ad{number}")), Some(start));
                start += ad.length().as_duration();
                mpd.periods.push(period);
            }
        }
        mpd.media_presentation_duration = Some(start);
    }
}

/// Returns the ticks at which a segment of the pictures begins, at that time to the millisecond.
fn border((asset, shape): (&Asset, Shape), name: &str, ms: u64) -> Result<u64, OptionError> {
    let lead = Timeline::new(asset, asset.lead, shape);
    let starts = || lead.into_iter().flat_map(Timeline::segments).skip(1).map(|one| one.start);
    let far = |start: u64| {
        let scale = u128::from(asset.period.timescale);
        (u128::from(start) * 1_000).abs_diff(u128::from(ms) * scale)
    };
    let nearest = starts().min_by_key(|start| far(*start));
    let close = nearest.filter(|nearest| far(*nearest) * 2 <= u128::from(asset.period.timescale));
    close.ok_or_else(|| OptionError::Fit {
        given: format!("{}_{name}@{}s", MID.name, seconds(ms)),
        why: nearest.map_or_else(
            || "it has one segment, within which nothing can be played".to_owned(),
            |ticks| {
                let time = MediaTime { ticks, timescale: asset.period.timescale };
                let nearest = seconds_of(time);
                format!("no segment begins then; the nearest is `{}_{name}@{nearest}s`", MID.name)
            },
        ),
    })
}

/// Returns a part of a film.
fn part(film: &Period, whole: bool, span: &Range<MediaTime>) -> Period {
    let mut part = film.clone();
    if whole {
        return part;
    }
    // The cues of a text that is one file count from the film's begin, wherever it is divided, and
    // sheets of small pictures begin where they do.
    part.adaptation_sets.retain(|set| match set.content_type.as_deref() {
        Some("text") => set.segment_template.is_some(),
        other => other != Some("image"),
    });
    part.adaptation_sets.iter_mut().for_each(|set| cut(set, span));
    part.event_streams.iter_mut().for_each(|stream| messages(stream, span));
    part
}

/// Leaves the messages of a span.
fn messages(stream: &mut EventStream, span: &Range<MediaTime>) {
    let scale = stream.timescale.unwrap_or(1);
    let ticks = |time: MediaTime| time.rescale(scale).map_or(0, |time| time.ticks);
    let (from, to) = (ticks(span.start), ticks(span.end));
    stream.presentation_time_offset = Some(from).filter(|from| 0 < *from);
    stream.events.retain(|event| (from..to).contains(&event.presentation_time.unwrap_or(0)));
}

/// Says that decoders can go on where they were before a break (ISO/IEC 23009-1 §5.3.2.4).
fn connect(before: &Period, part: &mut Period) {
    let Some(id) = &before.id else { return };
    let scheme = "urn:mpeg:dash:period-connectivity:2015";
    for set in &mut part.adaptation_sets {
        set.supplemental_properties.push(Descriptor::new(scheme, id));
    }
}

/// Returns a break, and has the MPD's bounds hold for it.
fn of_ad(listing: &Listing<'_>, ad: &Ad<'_>, mpd: &mut Mpd) -> Period {
    let (mut adaptation_sets, longest) = super::media(ad.asset, ad.shape, listing.form);
    for (id, set) in (1..).zip(&mut adaptation_sets) {
        set.id = Some(id);
    }
    mpd.min_buffer_time = mpd.min_buffer_time.max(Some(longest));
    for bound in [&mut mpd.max_segment_duration, &mut mpd.max_subsegment_duration] {
        *bound = bound.map(|bound| bound.max(longest));
    }
    Period {
        base_urls: vec![ad.base_url()],
        asset_identifier: Some(identifier(ad.asset)),
        adaptation_sets,
        ..Period::default()
    }
}

#[cfg(test)]
mod tests;
