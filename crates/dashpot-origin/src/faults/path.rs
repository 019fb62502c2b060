//! What a path asks for: which faults, and of which object.

use dashpot_fault::{Object, Rule, RuleError};
use dashpot_packager::{
    Address, Asset, Catalogue, Shape, Target, Timeline,
    grammar::{Options, Service},
    live::settings::Settings,
};
use std::{borrow::Cow, sync::Arc};

/// Faults that one URL may ask for.
const FAULTS_MAX: usize = 8;
/// What a segment of a path begins with that is a fault.
const PREFIX: &str = "fault_";

/// A path apart from the faults in it.
#[derive(Clone, Debug)]
pub(crate) struct Split<'a> {
    /// The path without them.
    pub(crate) path: Cow<'a, str>,
    /// The faults, called `url-1`, `url-2` and so on.
    pub(crate) rules: Vec<Rule>,
}

impl<'a> Split<'a> {
    /// Returns a path as it is.
    pub(crate) const fn plain(path: &'a str) -> Self {
        Self { path: Cow::Borrowed(path), rules: Vec::new() }
    }
}

/// Says whether a segment of a path asks for a fault, be it well or wrongly written.
pub(crate) fn is_fault(segment: &str) -> bool {
    segment.starts_with(PREFIX)
}

/// Takes the faults out of a path such as `/vod/film/fault_delay_2s/number.mpd`.
///
/// # Errors
/// Names the word of a fault that is wrong.
pub(crate) fn split(path: &str) -> Result<Split<'_>, RuleError> {
    // Manifests written by hand lead out of their folder: a further segment would mislead them.
    if !path.contains("/fault_") || path.starts_with("/manifests/") {
        return Ok(Split::plain(path));
    }
    let (folders, file) = path.rsplit_once('/').unwrap_or_default();
    let (mut rest, mut rules) = (String::with_capacity(path.len()), Vec::new());
    for segment in folders.split('/').skip(1) {
        match segment.strip_prefix(PREFIX) {
            Some(text) if rules.len() < FAULTS_MAX => {
                rules.push(Rule::parse(format!("url-{}", rules.len() + 1), text)?);
            }
            Some(_) => return Err(RuleError::Long),
            None => rest.extend(["/", segment]),
        }
    }
    rest.extend(["/", file]);
    Ok(Split { path: Cow::Owned(rest), rules })
}

/// What a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Named<'a> {
    pub(super) object: Object,
    pub(super) asset: &'a str,
    pub(super) representation: Option<&'a str>,
    pub(super) number: Option<u64>,
    pub(super) time: Option<u64>,
}

impl<'a> Named<'a> {
    /// Returns what a path names; `None` where it is nothing that goes wrong: pages, and what is
    /// not there.
    pub(super) fn of(path: &'a str, catalogue: &Catalogue) -> Option<Self> {
        let mut parts = path.strip_prefix('/')?.split('/');
        let root = parts.next()?;
        let whole =
            |object| Self { object, asset: "", representation: None, number: None, time: None };
        match root {
            "channel" => Self::of_asset(parts, whole),
            "vod" | "live" | "livesim2" => {
                let mut named = Self::of_asset(parts, whole)?;
                if named.time.is_some() {
                    named.number = Numbers::of(path, catalogue).and_then(|(_, number)| number);
                }
                Some(named)
            }
            "manifests" => Some(whole(Object::Mpd)),
            "time" => Some(whole(Object::Time)),
            "key" | "keys" | "licence" | "drm" => Some(whole(Object::Key)),
            "steering" => Some(whole(Object::Steering)),
            _ => None,
        }
    }

    fn of_asset(
        mut parts: impl DoubleEndedIterator<Item = &'a str>,
        whole: impl Fn(Object) -> Self,
    ) -> Option<Self> {
        let asset = parts.next()?;
        let (stem, ending) = parts.next_back()?.rsplit_once('.')?;
        let of = |object, representation| Self { asset, representation, ..whole(object) };
        Some(match ending {
            "mpd" | "mpp" | "m3u8" | "xml" => of(Object::Mpd, None),
            "mp4" if stem == "init" => of(Object::Init, parts.next_back()),
            "mp4" => of(Object::File, Some(stem)),
            "vtt" => of(Object::Text, Some(stem)),
            "m4s" => {
                let track = parts.next_back();
                let (first, part) = stem
                    .split_once(['_', '-'])
                    .map_or((stem, None), |(first, part)| (first, Some(part)));
                let object = if part.is_some() { Object::Chunk } else { Object::Segment };
                let time = first.strip_prefix('t').and_then(|time| time.parse().ok());
                Self { number: first.parse().ok(), time, ..of(object, track) }
            }
            _ => return None,
        })
    }
}

/// Tells the numbers of segments that are named by their times.
#[derive(Clone, Debug)]
pub(super) struct Numbers {
    service: Service,
    asset: Arc<Asset>,
    options: Options,
}

impl Numbers {
    /// Returns those of what a path leads to; `None` where it is no asset's.
    pub(super) fn of(path: &str, catalogue: &Catalogue) -> Option<(Self, Option<u64>)> {
        let (service, below) = match path.strip_prefix("/live/") {
            Some(below) => (Service::Live, below),
            None => (Service::Vod, path.strip_prefix("/vod/")?),
        };
        let Address { asset, options, target } = Address::parse(service, below).ok()?;
        let numbers = Self { service, asset: Arc::clone(catalogue.asset(asset)?), options };
        let number = match target {
            Target::Time(track, time) => numbers.at(track, time),
            Target::Number(_, number) | Target::Part(_, number, _) => Some(number),
            Target::Manifest(_)
            | Target::Playlist(_)
            | Target::Patch(..)
            | Target::Init(_)
            | Target::File(_)
            | Target::Text(_)
            | Target::Remote(..)
            | Target::Image(..) => None,
        };
        Some((numbers, number))
    }

    /// Returns the number of the segment of a track that starts at a time.
    pub(super) fn at(&self, track: &str, time: u64) -> Option<u64> {
        let track = self.asset.tracks().iter().position(|held| held.id == track)?;
        match self.service {
            Service::Vod => {
                let shape = Shape::of(&self.asset, &self.options).ok()?;
                let segment = Timeline::new(&self.asset, track, shape)?.segment_at(time)?;
                Some(segment.number)
            }
            Service::Live => {
                let settings = Settings::of(&self.asset, &self.options).ok()?;
                let index = settings.reel.strip(track)?.at(time)?;
                Some(settings.start_number.saturating_add(index))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, rest: &str, faults: &[&str]) {
        let split = split(path).unwrap();
        assert_eq!(split.path, rest, "{path}");
        let texts: Vec<_> = split.rules.iter().map(Rule::to_text).collect();
        assert_eq!(texts, faults, "{path}");
    }

    #[test]
    fn faults_are_taken_out_of_a_path() {
        for path in
            ["/", "/vod/film/number.mpd", "/vod/film/fault_x", "/manifests/fault_reset/a.mpd"]
        {
            check(path, path, &[]);
        }
        check("/vod/film/fault_reset/number.mpd", "/vod/film/number.mpd", &["reset"]);
        check(
            "/vod/film/fault_reset/loop_2/fault_delay_1s,on_mpd/number.mpd",
            "/vod/film/loop_2/number.mpd",
            &["reset", "delay_1s,on_mpd"],
        );
        check("/time/fault_skew_-2s/iso", "/time/iso", &["skew_-2s"]);
        assert!(split("/vod/film/fault_rest/number.mpd").is_err());
        let many = "fault_reset/".repeat(FAULTS_MAX + 1);
        assert!(split(&format!("/vod/film/{many}number.mpd")).is_err());
    }

    #[test]
    fn a_path_names_its_object() {
        let named = |object, asset, representation, number, time| {
            Some(Named { object, asset, representation, number, time })
        };
        for (path, expected) in [
            ("/", None),
            ("/health", None),
            ("/vod/film", None),
            ("/vod/film/number.mpd", named(Object::Mpd, "film", None, None, None)),
            ("/vod/film/loop_2/v1/init.mp4", named(Object::Init, "film", Some("v1"), None, None)),
            ("/live/film/v1/7.m4s", named(Object::Segment, "film", Some("v1"), Some(7), None)),
            ("/live/film/v1/t7.m4s", named(Object::Segment, "film", Some("v1"), None, Some(7))),
            ("/live/film/v1/7_2.m4s", named(Object::Chunk, "film", Some("v1"), Some(7), None)),
            ("/vod/film/v1.mp4", named(Object::File, "film", Some("v1"), None, None)),
            ("/vod/film/s-en.vtt", named(Object::Text, "film", Some("s-en"), None, None)),
            ("/time/iso", named(Object::Time, "", None, None, None)),
            ("/channel/cam/number.mpd", named(Object::Mpd, "cam", None, None, None)),
            ("/channel/cam/g1/v/init.mp4", named(Object::Init, "cam", Some("v"), None, None)),
            ("/channel/cam/g1/v/7.m4s", named(Object::Segment, "cam", Some("v"), Some(7), None)),
        ] {
            assert_eq!(Named::of(path, &Catalogue::default()), expected, "{path}");
        }
    }
}
