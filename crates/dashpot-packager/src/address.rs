//! The grammar of paths below `/vod/` and `/live/`: `{asset}/[{option}/…]{file}`.
//!
//! Each option is a segment of its own, in any order; among them `v_` with the version of the
//! asset's content. Manifests are asked for without a version. Their `BaseURL` puts it into
//! every URL that they lead to, so that no such URL ever names two contents; what is asked for
//! without a version is whatever the asset holds today.

use crate::grammar::{Options, Service, VERSION, decimal};

/// A path that was understood; whether its parts exist is another question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address<'a> {
    /// The asset's name.
    pub asset: &'a str,
    /// The options between the asset and the file.
    pub options: Options,
    /// The file.
    pub target: Target<'a>,
}

/// The manifests there are of an asset, by how they address segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// `SegmentTemplate` with `$Number$`.
    Number,
    /// `SegmentTemplate` with `$Time$` and a `SegmentTimeline`.
    Time,
    /// `SegmentTemplate` with `$Number$` and a `SegmentTimeline`.
    Timeline,
    /// `SegmentBase`: one file and its `sidx`.
    Base,
    /// `SegmentList` of byte ranges.
    List,
}

impl Form {
    /// Those of a film on demand, in the order in which they are shown.
    pub const VOD: [Self; 4] = [Self::Number, Self::Time, Self::Base, Self::List];
    /// Those of a film that runs by the clock, in the order in which they are shown.
    pub const LIVE: [Self; 3] = [Self::Number, Self::Time, Self::Timeline];

    /// Returns those of a service, in the order in which they are shown.
    #[must_use]
    pub const fn of(service: Service) -> &'static [Self] {
        match service {
            Service::Vod => &Self::VOD,
            Service::Live => &Self::LIVE,
        }
    }

    /// Says whether its segments have URLs of their own, by a template.
    #[must_use]
    pub const fn has_template(self) -> bool {
        matches!(self, Self::Number | Self::Time | Self::Timeline)
    }

    /// Returns the name in URLs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Time => "time",
            Self::Timeline => "timeline",
            Self::Base => "base",
            Self::List => "list",
        }
    }
}

/// A file of an asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// `{form}.mpd`
    Manifest(Form),
    /// `{form}-{publish time in milliseconds since 1970}.mpp`
    Patch(Form, u64),
    /// `{representation}/init.mp4`
    Init(&'a str),
    /// `{representation}/{number}.m4s`
    Number(&'a str, u64),
    /// `{representation}/t{time}.m4s`
    Time(&'a str, u64),
    /// `{representation}.mp4`
    File(&'a str),
    /// `{representation}.vtt`
    Text(&'a str),
    /// `{representation}/{number}.jpg`
    Image(&'a str, u64),
    /// `hls.m3u8`, or `hls-{representation}.m3u8`
    Playlist(Option<&'a str>),
    /// `{representation}/{number}_{part}.m4s`
    Part(&'a str, u64, u64),
    /// `{form}-{Period}.xml`
    Remote(Form, &'a str),
}

impl Target<'_> {
    /// Says whether it is a file with an index, or a manifest that leads to one.
    pub(crate) const fn is_indexed(&self) -> bool {
        matches!(self, Self::File(_) | Self::Manifest(Form::Base | Form::List))
    }
}

/// A part of a track's media.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// The initialization segment.
    Init,
    /// The segment of that number.
    Number(u64),
    /// The segment that starts at that time.
    Time(u64),
}

impl<'a> Target<'a> {
    /// Returns which piece of which track it is, if it is one.
    pub(crate) const fn piece(&self) -> Option<(&'a str, Piece)> {
        if let Self::Init(id) = *self {
            return Some((id, Piece::Init));
        }
        if let Self::Number(id, number) = *self {
            return Some((id, Piece::Number(number)));
        }
        if let Self::Time(id, time) = *self {
            return Some((id, Piece::Time(time)));
        }
        None
    }
}

/// Why a path was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// No file of an asset has such a path.
    #[error("no such path: an asset has {}, {FILES}", forms(*.service))]
    Shape {
        /// The service whose path it is.
        service: Service,
    },
    /// An option is unknown or malformed.
    #[error("option `{given}` is not one: did you mean `{nearest}`? (options are {})", names(*.service))]
    Option {
        /// As given, cut where it is long.
        given: String,
        /// The valid option nearest to it.
        nearest: String,
        /// The service whose option it would be.
        service: Service,
    },
    /// A version is malformed.
    #[error(
        "option `{given}` is no version: that is `v_` and 16 digits of 0-9 and a-f, as the MPD has it"
    )]
    Version {
        /// As given, cut where it is long.
        given: String,
    },
    /// A manifest is asked for by version.
    #[error(
        "an MPD has no version, nor has a playlist: it says which one its segments have, ask for it without `v_`"
    )]
    Versioned,
    /// An option is there twice.
    #[error("option `{name}` is given twice")]
    Twice {
        /// Its name.
        name: &'static str,
    },
}

const FILES: &str = "{track}/init.mp4, {track}/{number}.m4s, {track}/t{time}.m4s, and on demand {track}.mp4 and {track}.vtt";

fn forms(service: Service) -> String {
    let names: Vec<_> = Form::of(service).iter().map(|form| form.name()).collect();
    format!("{{{}}}.mpd, hls.m3u8", names.join("|"))
}

fn names(service: Service) -> String {
    let names: Vec<_> = service.options().map(|spec| format!("`{}_`", spec.name)).collect();
    names.join(", ")
}

/// Says whether a name may be an asset's or a track's: it needs no escape in a URL, hides no file,
/// and cannot climb out of its directory.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=64).contains(&name.len())
        && !name.starts_with('.')
        && name != "init"
        && name.bytes().all(allowed)
}

impl<'a> Address<'a> {
    /// Reads what follows `/vod/` or `/live/` in a path.
    ///
    /// # Errors
    /// Names the option that is wrong, or says what paths there are.
    pub fn parse(service: Service, path: &'a str) -> Result<Self, AddressError> {
        let shape = || AddressError::Shape { service };
        let mut parts = path.split('/');
        let asset = parts.next().filter(|name| is_name(name)).ok_or_else(shape)?;
        let last = parts.next_back().ok_or_else(shape)?;
        let target = target(service, last, &mut parts).ok_or_else(shape)?;
        let with = |options: Options, given| options.with(service, given);
        let options = parts.try_fold(Options::default(), with)?;
        let unversioned =
            matches!(target, Target::Manifest(_) | Target::Patch(..) | Target::Playlist(_));
        if options.number(&VERSION).is_some() && unversioned {
            return Err(AddressError::Versioned);
        }
        Ok(Self { asset, options, target })
    }
}

fn target<'a>(
    service: Service,
    last: &'a str,
    parts: &mut impl DoubleEndedIterator<Item = &'a str>,
) -> Option<Target<'a>> {
    let (stem, ending) = last.rsplit_once('.')?;
    let form = |stem: &str| Form::of(service).iter().find(|form| form.name() == stem).copied();
    let mut track = || parts.next_back().filter(|name| is_name(name));
    match (ending, service) {
        ("mpd", _) => form(stem).map(Target::Manifest),
        ("mpp", Service::Live) => {
            let (stem, published_ms) = stem.split_once('-')?;
            Some(Target::Patch(form(stem)?, decimal(published_ms)?))
        }
        ("xml", _) => {
            let (stem, period) = stem.split_once('-')?;
            is_name(period).then_some(Target::Remote(form(stem)?, period))
        }
        ("mp4", _) if stem == "init" => track().map(Target::Init),
        ("m4s", _) => {
            let track = track()?;
            match (stem.strip_prefix('t'), stem.split_once('_')) {
                (Some(time), _) => decimal(time).map(|time| Target::Time(track, time)),
                (None, Some((number, part))) if service == Service::Live => {
                    Some(Target::Part(track, decimal(number)?, decimal(part)?))
                }
                (None, _) => decimal(stem).map(|number| Target::Number(track, number)),
            }
        }
        ("m3u8", _) if stem == "hls" => Some(Target::Playlist(None)),
        ("m3u8", _) => stem
            .strip_prefix("hls-")
            .filter(|name| is_name(name))
            .map(|of| Target::Playlist(Some(of))),
        ("jpg", _) => Some(Target::Image(track()?, decimal(stem)?)),
        ("vtt", Service::Vod) => is_name(stem).then_some(Target::Text(stem)),
        ("mp4", Service::Vod) => is_name(stem).then_some(Target::File(stem)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
