//! Live from any film: it is looped by the clock, so that what there is is a function of the path
//! and the time, and any replica answers any request.
//!
//! * [`reel`] counts segments, for ever and exactly.
//! * [`settings`] is what the options of a path come to.
//! * [`parts`] divides them into Periods.
//! * [`window`] says which segments there are at a time.
//! * [`segment`] cuts one out of the film.
//! * [`manifest`] writes the MPD.

mod around;
pub mod manifest;
pub mod parts;
pub mod reel;
mod remote;
pub mod segment;
pub mod settings;
pub mod window;

use crate::{
    address::{Address, Form, Target},
    ads,
    bases::Bases,
    catalogue::{Asset, Catalogue},
    grammar::{INSTANT_MAX, Options, Service, VERSION},
    hls, initset, located,
    options::{OptionError, checked, unlisted},
    plan::Plan,
    protect::{self, Protector},
    respond::{Body, Cacheability, Found, Refused, addressed, content_type, of_ad, vanished},
    steering::Steered,
};
use crate::{
    text::{self, TextTrack},
    thumbs, trick, xlink,
};
pub use around::Around;
use dashpot_base::WallTime;
use manifest::{Page, Timelines, patch, sequence};
use parts::Part;
use reel::Strip;
pub use segment::Due;
use settings::Settings;
use std::{sync::Arc, time::Duration};
use window::{Window, stays_from};

/// How long what names no version may be kept at most; and what shows a fixed time.
const UNVERSIONED_MS: u64 = 60_000;
/// How long an MPD may be kept at most: the asset can be replaced.
const MANIFEST_MS: u64 = 10_000;

/// How early a segment may be asked for and is waited for: clients' clocks are right to about the time
/// of a round trip, and a refusal would cost them more than that.
const EARLY_MS: u64 = 250;

/// Where segments can be asked for however long before they begin: until then they are there.
const LATEST_MS: u64 = INSTANT_MAX * 1_000;

/// Returns the time that a query asks about, `nowMS=` in milliseconds since the epoch, or else `now`.
/// Whatever else is in a query is for others.
///
/// # Errors
/// Says that the time is none.
pub fn asked_time(query: Option<&str>, now: WallTime) -> Result<WallTime, Refused> {
    let mut fields = query.unwrap_or_default().split('&');
    let Some(given) = fields.find_map(|field| field.strip_prefix("nowMS=")) else {
        return Ok(now);
    };
    // 13 digits: until the year 2286, within what a time can hold.
    let digits = given.len() <= 13 && given.bytes().all(|byte| byte.is_ascii_digit());
    let ms = given.parse().ok().filter(|_| digits);
    let ms = ms.ok_or_else(|| {
        Refused::BadRequest("`nowMS` is milliseconds since 1970, up to 13 digits".to_owned())
    })?;
    Ok(WallTime::from_epoch(Duration::from_millis(ms)))
}

/// Returns what answers a request for `/live/{path}` at a time.
///
/// # Errors
/// Says what there is not, not yet or no longer, or which option cannot be met.
pub fn respond_live(catalogue: &Catalogue, path: &str, now: WallTime) -> Result<Found, Refused> {
    respond_live_asked(catalogue, path, &Asked { query: None, now, around: Around::default() })
}

/// What else there is to a request for `/live/{path}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked<'a> {
    /// Its query, which means something to HLS playlists, which can be waited for.
    pub query: Option<&'a str>,
    /// When it is asked.
    pub now: WallTime,
    /// What the path alone does not say.
    pub around: Around,
}

/// Returns what answers a request for `/live/{path}`.
///
/// # Errors
/// As [`respond_live`], and says what is wrong with the query.
pub fn respond_live_asked(
    catalogue: &Catalogue,
    path: &str,
    asked: &Asked<'_>,
) -> Result<Found, Refused> {
    let (address, asset) = addressed(catalogue, Service::Live, path)?;
    let refused = |error: OptionError| Refused::BadRequest(error.to_string());
    let mut settings =
        Settings::of(asset, &address.options).map_err(refused)?.with_ads(catalogue)?;
    if let Some(spec) = located::unsettled(&address.options) {
        let why =
            format!("option `{}_` belongs to the URL of an MPD, which leads elsewhere", spec.name);
        return Err(Refused::BadRequest(why));
    }
    asked.around.checked(&settings.utc).map_err(refused)?;
    let whole = format!("/live/{path}");
    settings.steered = Steered::of(&catalogue.pathways, &address, &whole).map_err(refused)?;
    settings.bases = Bases::of(&catalogue.pathways, &address, &whole)?;
    settings.around.clone_from(&asked.around);
    if let Some(name) = ads::of(&address.options) {
        let ad = settings.ads.iter().find(|ad| ad.asset.name == name);
        return of_ad(ad.ok_or_else(|| ads::unplayed(name))?, &address);
    }
    let arranged = (Service::Live, settings.reel.gops());
    settings.protector =
        Protector::of(catalogue, asset, &address.options, arranged).map_err(refused)?;
    let is_hls = matches!(address.target, Target::Playlist(_) | Target::Part(..));
    if settings.protector.is_some() && is_hls {
        return Err(Refused::BadRequest(protect::HLS.to_owned()));
    }
    initset::fits(true, &address.options).map_err(refused)?;
    checked(asset, &address.options).map_err(refused)?;
    xlink::fits(&address.target, settings.division.divides(), &address.options).map_err(refused)?;
    let query = asked.query;
    let channel = Channel { asset, settings, now_ms: asked.now.unix_millis() };
    match address.target {
        Target::Manifest(form) => {
            sequence::checked(&channel.settings, form).map_err(refused)?;
            Ok(channel.manifest(form))
        }
        Target::Remote(form, id) => {
            sequence::checked(&channel.settings, form).map_err(refused)?;
            channel.remote(&address, (form, id))
        }
        Target::Patch(form, published_ms) => {
            sequence::checked(&channel.settings, form).map_err(refused)?;
            channel.patch(form, published_ms)
        }
        Target::Init(id) => channel.init(id, &address.options),
        Target::Number(id, number) => channel.segment(&address, id, channel.index(id, number)?),
        Target::Time(id, time) => {
            let strip = channel.strip(id)?;
            let none = || Refused::NotFound(format!("`{id}` has no segment that starts at {time}"));
            channel.segment(&address, id, strip.at(time).ok_or_else(none)?)
        }
        Target::Image(id, number) => channel.image(&address, (id, number)),
        Target::Playlist(_) if !channel.settings.ads.is_empty() => {
            Err(Refused::BadRequest("playlists have no breaks: leave out `ad_`".to_owned()))
        }
        Target::Playlist(of) => {
            unlisted(channel.settings.options).map_err(refused)?;
            hls::Channel::new(channel.asset, channel.settings, channel.now_ms).playlist(of, query)
        }
        Target::Part(id, number, part) => channel.part(&address, id, (number, part)),
        Target::File(_) | Target::Text(_) => Err(vanished()),
    }
}

/// An asset that runs by the clock, at a time.
struct Channel<'a> {
    asset: &'a Arc<Asset>,
    settings: Settings<'a>,
    now_ms: u64,
}

impl Channel<'_> {
    fn track(&self, id: &str) -> Result<usize, Refused> {
        let none = || Refused::NotFound(format!("`{}` has no track `{id}`", self.asset.name));
        self.asset.track_index(id).ok_or_else(none)
    }

    fn text(&self, id: &str) -> Option<TextTrack<'_>> {
        text::live::track(self.asset, self.settings.options, id)
    }

    fn trick(&self, id: &str) -> Option<usize> {
        trick::rung_of(self.asset, self.settings.options, id)
    }

    /// Returns the strip that says when a track's segments begin: text has that of the lead track.
    fn strip(&self, id: &str) -> Result<Strip<'_>, Refused> {
        let at = match self.trick(id) {
            Some(rung) => rung,
            None if self.text(id).is_some() => self.asset.lead,
            None => self.track(id)?,
        };
        self.settings.reel.strip(at).ok_or_else(vanished)
    }

    fn index(&self, id: &str, number: u64) -> Result<u64, Refused> {
        let start = self.settings.start_number;
        let none =
            || Refused::NotFound(format!("`{id}` has no segment {number}: the first is {start}"));
        number.checked_sub(start).ok_or_else(none)
    }

    fn manifest(&self, form: Form) -> Found {
        let window = Window::at(&self.settings, self.now_ms);
        let timelines = Timelines::default();
        let page = self.page((&window, &timelines), form, self.now_ms);
        self.written(&page, "application/dash+xml", manifest::manifest(&page))
    }

    /// Returns what makes the MPD that was published then the one of now.
    fn patch(&self, form: Form, published_ms: u64) -> Result<Found, Refused> {
        let (window, timelines) = (Window::at(&self.settings, self.now_ms), Timelines::default());
        let page = self.page((&window, &timelines), form, self.now_ms);
        patch::checked(&page, published_ms)?;
        let (old, timelines) = (Window::at(&self.settings, published_ms), Timelines::default());
        let old = self.page((&old, &timelines), form, published_ms);
        Ok(match patch::patch(&old, &page) {
            Some(text) => self.written(&page, "application/dash-patch+xml", text),
            // Too much is different, as at an event's end: a client takes the whole for what it is.
            None => self.written(&page, "application/dash+xml", manifest::manifest(&page)),
        })
    }

    const fn page<'a>(
        &'a self,
        (window, timelines): (&'a Window, &'a Timelines),
        form: Form,
        now_ms: u64,
    ) -> Page<'a> {
        Page { settings: &self.settings, window, form, now_ms, timelines, part: Part::WHOLE }
    }

    /// Returns what was written of an MPD; it stays true until that changes.
    fn written(&self, page: &Page<'_>, content_type: &'static str, text: String) -> Found {
        let change =
            page.changes_ms().map_or(u64::MAX, |change| change.saturating_sub(self.now_ms));
        // The time itself is in the MPD where the client is to take it from there.
        let is_of_now =
            self.settings.utc.contains(&"direct") || self.settings.around.location.is_some();
        let change = if is_of_now { 0 } else { change };
        Found {
            content_type,
            cacheability: match (&self.settings.around.folder, change.min(MANIFEST_MS)) {
                (Some(_), ms) => Cacheability::Private(Duration::from_millis(ms)),
                (None, ms) => for_ms(ms),
            },
            asset: Arc::clone(self.asset),
            modified: wall(page.changed_ms()),
            body: Body::Text(text),
            due: Vec::new(),
            held_until: None,
        }
    }

    fn init(&self, id: &str, options: &Options) -> Result<Found, Refused> {
        let (content_type, body) = if let Some(track) = self.text(id) {
            let timescale = self.settings.reel.timescale();
            let bytes = track.init(timescale).map_err(|_| vanished())?;
            (text::CONTENT_TYPE, Some(Body::Media(Plan::of_bytes(bytes))))
        } else {
            let at = self.trick(id).map_or_else(|| self.track(id), Ok)?;
            let body = match &self.settings.protector {
                Some(protector) => protector.init(at).map(Body::Sealed),
                None => Plan::init(Arc::clone(self.asset), at).map(Body::Media),
            };
            (content_type(self.asset, id), body)
        };
        let versioned = options.number(&VERSION).is_some();
        Ok(Found {
            content_type,
            cacheability: if versioned {
                Cacheability::Immutable
            } else {
                Cacheability::Unversioned
            },
            modified: self.asset.modified,
            asset: Arc::clone(self.asset),
            body: body.ok_or_else(vanished)?,
            due: Vec::new(),
            held_until: None,
        })
    }

    fn image(&self, address: &Address<'_>, sheet: (&str, u64)) -> Result<Found, Refused> {
        let (plan, gone) = thumbs::live(&self.settings, self.now_ms, sheet)?;
        Ok(Found {
            content_type: thumbs::CONTENT_TYPE,
            cacheability: kept(address, gone),
            modified: self.asset.modified,
            asset: Arc::clone(self.asset),
            body: Body::Media(plan),
            held_until: None,
            due: Vec::new(),
        })
    }

    fn segment(&self, address: &Address<'_>, id: &str, index: u64) -> Result<Found, Refused> {
        let strip = self.strip(id)?;
        let gone = self.gone_ms(id, index, (self.settings.asked_ms(index), EARLY_MS))?;
        if LATEST_MS <= self.settings.start_ms(index) {
            return Err(Refused::NotFound("no film runs for so long".to_owned()));
        }
        let (text, trick) = (self.text(id), self.trick(id));
        let whole = |plan| segment::Segment { plan, due: Vec::new(), sealed: Vec::new() };
        let segment = match (&text, trick) {
            (Some(track), _) => text::live::segment(&self.settings, &strip, track, index)
                .map(|bytes| whole(Plan::of_bytes(bytes))),
            (None, Some(_)) => trick::live(&self.settings, &strip, index).map(whole),
            (None, None) => segment::segment(&self.settings, &strip, index).ok().flatten(),
        };
        let segment = segment.ok_or_else(vanished)?;
        let mut due = segment.due;
        if due.is_empty() || self.settings.chunk_ms.is_none() {
            // It comes as a whole, and where an offset says so, before its end.
            // A picture for fast play is there with its whole group.
            let at = wall(match trick {
                Some(_) => self.settings.start_ms(index.saturating_add(1)),
                None => self.settings.asked_ms(index),
            });
            due = vec![Due { end: segment.plan.len(), at }];
        }
        let whole = due.last().is_none_or(|last| last.at <= wall(self.now_ms));
        Ok(Found {
            content_type: match text {
                Some(_) => text::CONTENT_TYPE,
                None => content_type(self.asset, id),
            },
            cacheability: kept(address, gone),
            modified: wall(self.settings.asked_ms(index)),
            asset: Arc::clone(self.asset),
            // Text and pictures of pages are in the clear.
            body: match self.settings.protector.filter(|_| !segment.sealed.is_empty()) {
                Some(protector) => Body::Sealed(protector.sealed(segment.sealed)),
                None => Body::Media(segment.plan),
            },
            due: if whole { Vec::new() } else { due },
            held_until: None,
        })
    }

    /// Returns a chunk of a segment as a whole; one that comes next is waited for.
    fn part(
        &self,
        address: &Address<'_>,
        id: &str,
        (number, part): (u64, u64),
    ) -> Result<Found, Refused> {
        let strip = self.settings.reel.strip(self.track(id)?).ok_or_else(vanished)?;
        let index = self.index(id, number)?;
        let chunk_ms = self.settings.chunk_ms.ok_or_else(|| {
            let why = "segments are whole here: with `chunk_` they have parts";
            Refused::NotFound(why.to_owned())
        })?;
        // The event has such a segment, and it is not far away.
        let first_ms = self.settings.start_ms(index).saturating_add(chunk_ms);
        let gone = self.gone_ms(id, index, (first_ms, chunk_ms.saturating_add(EARLY_MS)))?;
        let found = segment::segment(&self.settings, &strip, index).ok().flatten();
        let segment = found.ok_or_else(vanished)?;
        let ends = segment.due.iter().map(|due| due.end);
        let begins = std::iter::once(0).chain(ends);
        let at = usize::try_from(part).unwrap_or(usize::MAX);
        let (begin, due) = begins.zip(&segment.due).nth(at).ok_or_else(|| {
            let count = segment.due.len();
            Refused::NotFound(format!("segment {number} of `{id}` has {count} parts, from 0"))
        })?;
        let in_ms = due.at.unix_millis().saturating_sub(self.now_ms);
        // RFC 8216bis §6.2.6: who was told of the next part may ask before it is there.
        if chunk_ms.saturating_add(EARLY_MS) < in_ms {
            let why = format!("part {part} of segment {number} of `{id}` comes in {in_ms} ms");
            return Err(Refused::TooEarly { why, in_ms });
        }
        Ok(Found {
            content_type: content_type(self.asset, id),
            cacheability: kept(address, gone),
            modified: due.at,
            asset: Arc::clone(self.asset),
            body: Body::Media(Plan::of_parts(segment.plan.parts(begin..due.end))),
            due: Vec::new(),
            held_until: (0 < in_ms).then_some(due.at),
        })
    }

    /// Returns when a segment that is there, or is there so soon, is gone, if ever.
    fn gone_ms(
        &self,
        id: &str,
        index: u64,
        (available, early_ms): (u64, u64),
    ) -> Result<Option<u64>, Refused> {
        let settings = &self.settings;
        let number = settings.start_number.saturating_add(index);
        if index < settings.first || settings.stop.is_some_and(|stop| stop <= index) {
            let last = settings.stop.map_or_else(String::new, |stop| {
                format!(" to {}", settings.start_number.saturating_add(stop).saturating_sub(1))
            });
            let first = settings.start_number.saturating_add(settings.first);
            let why = format!("the event has segments {first}{last} of `{id}`, no number {number}");
            return Err(Refused::NotFound(why));
        }
        if let Some(in_ms) = available.checked_sub(self.now_ms).filter(|in_ms| early_ms < *in_ms) {
            let why = format!("segment {number} of `{id}` comes in {in_ms} ms");
            return Err(Refused::TooEarly { why, in_ms });
        }
        let Some(gone) = settings.gone_ms(index, stays_from(settings)) else {
            return Ok(None);
        };
        if gone <= self.now_ms {
            let why = format!("segment {number} of `{id}` has left the window");
            return Err(Refused::Gone(why));
        }
        Ok(Some(gone))
    }
}

/// Returns how long a segment may be kept that is gone at a time, if ever.
fn kept(address: &Address<'_>, gone_ms: Option<u64>) -> Cacheability {
    let (at_most, versioned) = match address.options.number(&VERSION) {
        Some(_) => (Duration::MAX, true),
        None => (Duration::from_millis(UNVERSIONED_MS), false),
    };
    match gone_ms {
        Some(gone) => Cacheability::Until { gone: wall(gone), at_most },
        None if versioned => Cacheability::Immutable,
        None => Cacheability::For(at_most),
    }
}

fn for_ms(ms: u64) -> Cacheability {
    Cacheability::For(Duration::from_millis(ms))
}

fn wall(ms: u64) -> WallTime {
    WallTime::from_epoch(Duration::from_millis(ms))
}

#[cfg(test)]
mod tests;
