//! The function at the centre: a path in, the plan of a reply out.

mod written;

use crate::{
    address::{Address, AddressError, Target},
    ads::{self, Ad},
    bases::Bases,
    catalogue::{Asset, Catalogue, Kind},
    events::{Carrier, Program},
    grammar::{Options, Service, VERSION},
    hls,
    live::Due,
    manifest::breaks::Breaks,
    options::{OptionError, Shape, checked, unlisted},
    plan::{Part, Plan},
    protect::{self, Protector, Sealed},
    steering::Steered,
    subtitles, text, thumbs,
    timeline::{Segment, Timeline},
    trick, xlink,
};
use dashpot_base::WallTime;
use std::{sync::Arc, time::Duration};

/// Why there is nothing to answer with, in words for the client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// The path asks for something that cannot be.
    #[error("{0}")]
    BadRequest(String),
    /// The path asks for something that cannot be yet.
    #[error("{0}")]
    TooFar(String),
    /// It does not exist yet.
    #[error("{why}")]
    TooEarly {
        /// What comes when.
        why: String,
        /// In how many milliseconds it comes.
        in_ms: u64,
    },
    /// What the client has is what there is.
    #[error("nothing has changed")]
    Unchanged,
    /// It is no longer kept.
    #[error("{0}")]
    Gone(String),
    /// It cannot be waited for as long as it takes.
    #[error("{why}")]
    Unavailable {
        /// What takes how long.
        why: String,
        /// In how many milliseconds it comes.
        in_ms: u64,
    },
}

/// A resource that exists.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its media type.
    pub content_type: &'static str,
    /// How long it stays true.
    pub cacheability: Cacheability,
    /// The asset it belongs to; its fingerprint and the path make a validator.
    pub asset: Arc<Asset>,
    /// When it came to be as it is.
    pub modified: WallTime,
    /// What it consists of.
    pub body: Body,
    /// When which bytes of the body exist, where not all of them do yet; in order, to the end.
    pub due: Vec<Due>,
    /// When the answer may be given, where that is later: until then the body says too much.
    pub held_until: Option<WallTime>,
}

/// How long a copy of a resource may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cacheability {
    /// For ever: the path names the version, so that another content has another path.
    Immutable,
    /// For about a minute: the path names no version, and the asset can be replaced.
    Unversioned,
    /// For seconds: a manifest says which version there is.
    Manifest,
    /// For so long, and not longer: then there is another one, or none.
    For(Duration),
    /// For so long by who asked, and by nobody else: it tells of the name that the server was asked by.
    Private(Duration),
    /// Until it is gone, and for at most so long.
    Until {
        /// When there is none any more.
        gone: WallTime,
        /// How long a copy may be used where it stays.
        at_most: Duration,
    },
}

impl Cacheability {
    /// Returns what this comes to at a time: never [`Self::Until`].
    #[must_use]
    pub fn at(self, now: WallTime) -> Self {
        match self {
            Self::Until { gone, at_most } => Self::For(gone.since(now).min(at_most)),
            Self::Immutable
            | Self::Unversioned
            | Self::Manifest
            | Self::For(_)
            | Self::Private(_) => self,
        }
    }

    /// Says whether what was found once is what there is at a later time.
    #[must_use]
    pub fn holds_at(self, now: WallTime) -> bool {
        match self {
            Self::Immutable => true,
            Self::Until { gone, .. } => now < gone,
            Self::Unversioned | Self::Manifest | Self::For(_) | Self::Private(_) => false,
        }
    }
}

/// What a resource consists of.
#[derive(Clone, Debug)]
pub enum Body {
    /// Text that was written for this request.
    Text(String),
    /// Media, to be put together from parts.
    Media(Plan),
    /// Media that is protected while it is put together.
    Sealed(Sealed),
}

/// Media that a `sidx` can list: its count of references has 16 bits.
const INDEXED_MAX: u64 = 65_535;

/// Returns what answers a request for `/vod/{path}`.
///
/// # Errors
/// Says what there is not, or which option cannot be met.
pub fn respond(catalogue: &Catalogue, path: &str) -> Result<Found, Refused> {
    respond_in(catalogue, path, None)
}

/// Returns what answers a request for `/vod/{path}`, whose folder has that whole URL.
///
/// # Errors
/// As [`respond`].
pub fn respond_in(
    catalogue: &Catalogue,
    path: &str,
    folder: Option<&str>,
) -> Result<Found, Refused> {
    let (address, asset) = addressed(catalogue, Service::Vod, path)?;
    let cacheability = kept(&address.options);
    let refused = |error: OptionError| Refused::BadRequest(error.to_string());
    let shape = Shape::of(asset, &address.options).map_err(refused)?;
    let arranged = (Service::Vod, shape.gops.into());
    let protector = Protector::of(catalogue, asset, &address.options, arranged).map_err(refused)?;
    let found = |content_type, cacheability, body| Found {
        content_type,
        cacheability,
        modified: asset.modified,
        asset: Arc::clone(asset),
        body,
        due: Vec::new(),
        held_until: None,
    };
    let events = Program::of(&address.options).map_err(refused)?;
    carried(&events, &address.target)?;
    let whole = format!("/vod/{path}");
    let steered = Steered::of(&catalogue.pathways, &address, &whole).map_err(refused)?;
    let bases = Bases::of(&catalogue.pathways, &address, &whole)?;
    let breaks = Breaks::of(catalogue, (asset, shape), &address)?;
    if let Some(name) = ads::of(&address.options) {
        return of_ad(breaks.ad(name).ok_or_else(|| ads::unplayed(name))?, &address);
    }
    let options = &address.options;
    checked(asset, options).map_err(refused)?;
    xlink::fits(&address.target, !breaks.is_empty(), options).map_err(refused)?;
    if let Some(bytes) = text::vod::found(asset, (shape, options), &address.target)? {
        return Ok(found(text::CONTENT_TYPE, cacheability, Body::Media(Plan::of_bytes(bytes))));
    }
    if let Some(plan) = trick::found(asset, (shape, options), &address.target)? {
        return Ok(found("video/mp4", cacheability, Body::Media(plan)));
    }
    let source = Source { asset, shape, options, events, protector };
    match address.target {
        Target::Manifest(form) => {
            let places = (steered.as_ref(), bases.as_ref());
            let (cacheability, text) = source.written(form, places, &breaks, folder)?;
            Ok(found("application/dash+xml", cacheability, Body::Text(text)))
        }
        Target::Remote(form, id) => {
            let text = source.remote((form, id), &breaks)?;
            // What is played in a break has a version of its own, which the path does not name.
            Ok(found(xlink::CONTENT_TYPE, Cacheability::Unversioned, Body::Text(text)))
        }
        Target::Playlist(of) => {
            source.unlisted()?;
            let film = hls::Film { asset, shape, options, steered: steered.as_ref() };
            let text = film.playlist(of)?;
            Ok(found(hls::MEDIA_TYPE, Cacheability::Manifest, Body::Text(text)))
        }
        Target::Image(id, number) => {
            let plan = thumbs::on_demand(asset, shape.passes, (id, number))?;
            Ok(found(thumbs::CONTENT_TYPE, cacheability, Body::Media(plan)))
        }
        Target::Text(id) => {
            let text = source.subtitles(id)?;
            Ok(found("text/vtt; charset=utf-8", cacheability, Body::Text(text)))
        }
        // Its grammar has neither of the first two.
        Target::Patch(..)
        | Target::Part(..)
        | Target::Init(_)
        | Target::Number(..)
        | Target::Time(..)
        | Target::File(_) => {
            let (id, body) = source.media(&address.target)?;
            Ok(found(content_type(asset, id), cacheability, body))
        }
    }
}

/// Returns how long media stays what it is, which may name its version.
fn kept(options: &Options) -> Cacheability {
    let versioned = options.number(&VERSION).is_some();
    if versioned { Cacheability::Immutable } else { Cacheability::Unversioned }
}

/// Says whether there is something to carry messages within segments, where there are any.
fn carried(events: &Program, target: &Target<'_>) -> Result<(), Refused> {
    let Some(option) = events.in_band().filter(|_| target.is_indexed()) else { return Ok(()) };
    let why = "a file with an index carries no messages: use `number` or `time`, or `cueas_xml`";
    Err(Refused::BadRequest(format!("option `{option}_` does not fit: {why}")))
}

/// Returns what answers a request for what belongs to an asset that is played in a break: it is not
/// protected, and has nothing but pictures and sound.
pub(crate) fn of_ad(ad: &Ad<'_>, address: &Address<'_>) -> Result<Found, Refused> {
    let (asset, options, events) = (ad.asset, &Options::default(), Program::default());
    let source = Source { asset, shape: ad.shape, options, events, protector: None };
    let (id, body) = source.media(&address.target)?;
    Ok(Found {
        content_type: content_type(asset, id),
        cacheability: kept(&address.options),
        modified: asset.modified,
        asset: Arc::clone(asset),
        body,
        due: Vec::new(),
        held_until: None,
    })
}

/// Reads a path, and returns the asset that it names in the version that it names.
pub(crate) fn addressed<'a, 'c>(
    catalogue: &'c Catalogue,
    service: Service,
    path: &'a str,
) -> Result<(Address<'a>, &'c Arc<Asset>), Refused> {
    let address = Address::parse(service, path).map_err(|error| match error {
        AddressError::Shape { .. } => Refused::NotFound(error.to_string()),
        AddressError::Option { .. }
        | AddressError::Version { .. }
        | AddressError::Versioned
        | AddressError::Twice { .. } => Refused::BadRequest(error.to_string()),
    })?;
    let asset = catalogue
        .asset(address.asset)
        .ok_or_else(|| Refused::NotFound(format!("there is no asset `{}`", address.asset)))?;
    let (named, version) = match ads::of(&address.options) {
        Some(name) => {
            let ad = catalogue.asset(name).ok_or_else(|| ads::unplayed(name))?;
            (ad, ad.fingerprint)
        }
        None => (asset, protect::fingerprint(catalogue, asset, &address.options)),
    };
    if address.options.number(&VERSION).is_some_and(|given| given != version) {
        let name = &named.name;
        return Err(Refused::NotFound(format!(
            "`{name}` has changed since the MPD that led here was made: fetch the MPD again"
        )));
    }
    Ok((address, asset))
}

/// Returns the media type of what carries the track `id`.
pub(crate) fn content_type(asset: &Asset, id: &str) -> &'static str {
    let kind = asset.tracks.iter().find(|track| track.id == id).map(|track| track.kind);
    match kind {
        Some(Kind::Audio { .. }) => "audio/mp4",
        Some(Kind::Video { .. }) | None => "video/mp4",
    }
}

/// An asset in a shape that fits it.
struct Source<'a> {
    asset: &'a Arc<Asset>,
    shape: Shape,
    events: Program,
    options: &'a Options,
    protector: Option<Protector<'a>>,
}

/// Forms whose MPDs or indexes say where each segment begins in one file: of protected media that is
/// known once all of it was read.
const WHOLE: &str = "what is protected comes in segments: use `number` or `time` with `drm_`";

impl Source<'_> {
    /// Returns media, and the track that it is of.
    fn media<'t>(&self, target: &Target<'t>) -> Result<(&'t str, Body), Refused> {
        Ok(match *target {
            Target::Init(id) => (id, self.init(id)?),
            Target::Number(id, number) => {
                let segment = |timeline: &Timeline<'_>| timeline.segment(number);
                (id, self.segment(id, segment, || format!("no number {number}"))?)
            }
            Target::Time(id, time) => {
                let segment = |timeline: &Timeline<'_>| timeline.segment_at(time);
                (id, self.segment(id, segment, || format!("none that starts at {time}"))?)
            }
            Target::File(id) => (id, self.file(id)?),
            Target::Manifest(_)
            | Target::Patch(..)
            | Target::Playlist(_)
            | Target::Part(..)
            | Target::Image(..)
            | Target::Remote(..)
            | Target::Text(_) => return Err(vanished()),
        })
    }

    fn unlisted(&self) -> Result<(), Refused> {
        self.unprotected(protect::HLS)?;
        unlisted(self.options).map_err(|error| Refused::BadRequest(error.to_string()))
    }

    fn track(&self, id: &str) -> Result<usize, Refused> {
        let none = || Refused::NotFound(format!("`{}` has no track `{id}`", self.asset.name));
        self.asset.track_index(id).ok_or_else(none)
    }

    fn unprotected(&self, why: &str) -> Result<(), Refused> {
        self.protector.map_or(Ok(()), |_| Err(Refused::BadRequest(why.to_owned())))
    }

    fn subtitles(&self, id: &str) -> Result<String, Refused> {
        let subtitle = self.asset.subtitles.iter().find(|subtitle| subtitle.id == id);
        let none = || Refused::NotFound(format!("`{}` has no subtitles `{id}`", self.asset.name));
        let text = &subtitle.ok_or_else(none)?.text;
        Ok(subtitles::looped(text, self.shape.passes, self.asset.period))
    }

    fn init(&self, id: &str) -> Result<Body, Refused> {
        let track = self.track(id)?;
        let body = match &self.protector {
            Some(protector) => protector.init(track).map(Body::Sealed),
            None => Plan::init(Arc::clone(self.asset), track).map(Body::Media),
        };
        body.ok_or_else(vanished)
    }

    fn segment(
        &self,
        id: &str,
        pick: impl FnOnce(&Timeline<'_>) -> Option<Segment>,
        what: impl FnOnce() -> String,
    ) -> Result<Body, Refused> {
        let track = self.track(id)?;
        let timeline = Timeline::new(self.asset, track, self.shape).ok_or_else(vanished)?;
        let segment = pick(&timeline).ok_or_else(|| {
            let count = timeline.segment_count();
            Refused::NotFound(format!("`{id}` has segments 1 to {count}, {}", what()))
        })?;
        let in_band = self.events.in_band().filter(|_| self.asset.is_lead(timeline.track()));
        let boxes = in_band.map(|_| {
            let carrier = Carrier {
                timescale: timeline.track().timescale,
                span: segment.start..segment.start.saturating_add(segment.duration),
                is_first: segment.number == 1,
                end: timeline
                    .segment(timeline.segment_count())
                    .map(|last| last.start.saturating_add(last.duration)),
            };
            self.events.boxes(&carrier).unwrap_or_default()
        });
        if let Some(protector) = &self.protector {
            let sealed = protector.segment(track, &timeline, &segment, boxes);
            return sealed.map(Body::Sealed).ok_or_else(vanished);
        }
        let plan = Plan::segment(Arc::clone(self.asset), track, self.shape, &segment);
        let plan = plan.ok_or_else(vanished)?;
        Ok(Body::Media(match boxes {
            None => plan,
            Some(boxes) => {
                Plan::of_parts([Part::Bytes(boxes)].into_iter().chain(plan.parts(0..u64::MAX)))
            }
        }))
    }

    fn file(&self, id: &str) -> Result<Body, Refused> {
        self.unprotected(WHOLE)?;
        let track = self.track(id)?;
        self.indexable(track)?;
        Plan::file(Arc::clone(self.asset), track, self.shape)
            .map_err(|error| Refused::NotFound(format!("`{id}` cannot be one file: {error}")))?
            .map(Body::Media)
            .ok_or_else(vanished)
    }

    fn indexable(&self, track: usize) -> Result<(), Refused> {
        let timeline = Timeline::new(self.asset, track, self.shape).ok_or_else(vanished)?;
        if INDEXED_MAX < timeline.segment_count() {
            let name = &self.asset.name;
            let why =
                "has more segments than one index can list: use `number` or `time`, or `seg_`";
            return Err(Refused::NotFound(format!("`{name}` {why}")));
        }
        Ok(())
    }
}

/// The answer where a track that was found is not there: no asset comes to this.
pub(crate) fn vanished() -> Refused {
    Refused::NotFound("no such track".to_owned())
}

#[cfg(test)]
mod tests;
