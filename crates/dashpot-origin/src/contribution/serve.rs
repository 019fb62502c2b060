//! Serving channels: their MPDs, and segments while they arrive.

use super::{Arriving, Contribution, Held, media::Media};
use crate::reply::{Content, Resource, refuse};
use axum::body::Body;
use bytes::Bytes;
use dashpot_base::{Bitrate, ByteSize};
use dashpot_http::{
    cmcd::{ObjectType, StreamType, StreamingFormat},
    cmsd::Static,
};
use dashpot_packager::{
    Part, Plan,
    channel::{ChannelForm, Lookup, Place},
};
use http::{HeaderValue, Response, StatusCode, header};
use std::{sync::Arc, time::Duration};
use xxhash_rust::xxh3::xxh3_64;

/// Where channels are.
const PREFIX: &str = "/channel/";
/// How long before its time a segment is waited for: about what encoders' clocks and players' come
/// to in a second. Who is earlier is told when to come.
const EARLY_MS: u64 = 2_000;
/// How long it is waited for beyond its time: an encoder is late now and then.
const LATE: Duration = Duration::from_secs(1);
/// An MPD changes with every segment.
const MPD_CACHE: &str = "public, max-age=1, must-revalidate";

/// What there is, or why there is none.
type Served = Result<Resource, Box<Response<Body>>>;

/// A segment that is there, or what to say in its place.
enum Found {
    Media(Arc<Media>, &'static str),
    Init(Bytes, &'static str),
    /// To come in so many milliseconds.
    Soon(u64),
    No(StatusCode, &'static str),
}

impl Contribution {
    /// Says whether a path is a channel's, and is answered by [`Self::answer`].
    pub(crate) fn is_channel(path: &str) -> bool {
        path.starts_with(PREFIX)
    }

    /// Returns what is at the path of a channel.
    pub(crate) async fn answer(&self, path: &str) -> Served {
        let missing = |why| Err(unkept(StatusCode::NOT_FOUND, why));
        let below = path.strip_prefix(PREFIX).unwrap_or_default();
        let Some((name, file)) = below.split_once('/') else {
            return missing("a channel has manifest.mpd, number.mpd and time.mpd");
        };
        let Some(held) = self.find(name) else { return missing("there is no such channel") };
        let Some(form) = form(file) else { return self.segment(&held, file).await };
        let Some(mpd) = held.state().channel.mpd(form) else {
            return missing("the channel has just begun, or no segment is as long as another");
        };
        Ok(Resource::text("application/dash+xml", MPD_CACHE, mpd.write()))
    }

    async fn segment(&self, held: &Arc<Held>, file: &str) -> Served {
        let (content, content_type) = match self.awaited(held, file).await {
            Found::No(status, why) => return Err(unkept(status, why)),
            Found::Soon(in_ms) => {
                let mut response = unkept(StatusCode::TOO_EARLY, "the segment is to come");
                // RFC 9110 §10.2.3: whole seconds, which are not to be too few.
                let seconds = HeaderValue::from(in_ms.div_ceil(1_000).max(1));
                response.headers_mut().insert(header::RETRY_AFTER, seconds);
                return Err(response);
            }
            Found::Init(init, kind) => {
                let version = xxh3_64(&init);
                (Content::Media { plan: Plan::of_parts([Part::Bytes(init)]), version }, kind)
            }
            Found::Media(media, kind) => {
                let (version, news) = (media.version, held.news.subscribe());
                let content = match media.whole() {
                    Some(parts) => {
                        let plan = Plan::of_parts(parts.into_iter().map(Part::Bytes));
                        Content::Media { plan, version }
                    }
                    None => Content::Arriving(Arriving { media, news }, version),
                };
                (content, kind)
            }
        };
        let cache_control = self.kept().into();
        Ok(Resource { content_type, cache_control, modified: None, content, held: Duration::ZERO })
    }

    /// Returns what CMSD tells of what is at a path (CTA-5006), whose length is known or not.
    pub(crate) fn told(&self, path: &str, length: Option<u64>) -> Option<Static> {
        let (name, file) = path.strip_prefix(PREFIX)?.split_once('/')?;
        let of = |kind| Static {
            object_type: Some(kind),
            streaming_format: Some(StreamingFormat::Dash),
            stream_type: Some(StreamType::Live),
            ..Static::default()
        };
        if form(file).is_some() {
            return Some(of(ObjectType::Manifest));
        }
        let (_, track, file) = parts(file)?;
        if file == "init.mp4" {
            return Some(of(ObjectType::Init));
        }
        let (held, place) = (self.find(name)?, place(file)?);
        let state = held.state();
        let is_sound = state.channel.content_type(track)?.starts_with("audio/");
        let told = of(if is_sound { ObjectType::Audio } else { ObjectType::Video });
        let next_of = |place| match place {
            Place::Number(number) => Some(format!("{}.m4s", number.checked_add(1)?)),
            Place::Time(_) => None,
        };
        let Lookup::There(start) = state.channel.find(self.clock.wall(), track, place) else {
            return Some(told);
        };
        // How long it is shows once it is whole, and with that where the next one begins.
        let Some((duration, end)) = state.channel.extent(track, start) else {
            return Some(Static { next_object: next_of(place), ..told });
        };
        let rate = length.and_then(|bytes| Bitrate::over(ByteSize::new(bytes), duration));
        let next = next_of(place).unwrap_or_else(|| format!("t{end}.m4s"));
        Some(Static {
            encoded_bitrate: rate,
            object_duration: Some(duration),
            next_object: Some(next),
            ..told
        })
    }

    /// Finds a segment, and waits for one that is about to come.
    async fn awaited(&self, held: &Held, file: &str) -> Found {
        let mut news = held.news.subscribe();
        let found = self.look(held, file);
        let Found::Soon(in_ms) = found else { return found };
        if EARLY_MS < in_ms {
            return found;
        }
        let comes = async {
            let mut found = found;
            while let Found::Soon(_) = found
                && news.changed().await.is_ok()
            {
                found = self.look(held, file);
            }
            found
        };
        let longest = Duration::from_millis(in_ms) + LATE;
        tokio::time::timeout(longest, comes).await.unwrap_or(Found::Soon(in_ms))
    }

    /// Returns for how long what there is of one run may be kept: as long as it is there.
    fn kept(&self) -> String {
        format!("public, max-age={}", self.config.window.as_secs())
    }

    fn look(&self, held: &Held, file: &str) -> Found {
        let missing = |why| Found::No(StatusCode::NOT_FOUND, why);
        let Some((run, track, file)) = parts(file) else {
            return missing("no such path: follow the MPD");
        };
        let state = held.state();
        if run != state.channel.run() {
            return missing("the channel has begun anew: fetch the MPD again");
        }
        let Some(kind) = state.channel.content_type(track) else {
            return missing("the channel has no such track");
        };
        if file == "init.mp4" {
            let init = state.channel.init(track).cloned();
            return init.map_or_else(|| missing("no such track"), |init| Found::Init(init, kind));
        }
        let Some(place) = place(file) else { return missing("no such path: follow the MPD") };
        match state.channel.find(self.clock.wall(), track, place) {
            Lookup::There(start) => {
                let media = state.media.get(&(track.to_owned(), start)).cloned();
                media.map_or_else(|| missing("no such segment"), |media| Found::Media(media, kind))
            }
            Lookup::Soon(in_ms) => Found::Soon(in_ms),
            Lookup::Gone => Found::No(StatusCode::GONE, "the segment has left the window"),
            Lookup::Never => missing("there is no such segment"),
        }
    }
}

/// Returns the form of an MPD by its name.
fn form(file: &str) -> Option<ChannelForm> {
    Some(match file {
        "manifest.mpd" => ChannelForm::Either,
        "number.mpd" => ChannelForm::Number,
        "time.mpd" => ChannelForm::Time,
        _ => return None,
    })
}

/// Returns the run, the track and the name of a segment.
fn parts(file: &str) -> Option<(&str, &str, &str)> {
    let (run, rest) = file.split_once('/')?;
    let (track, file) = rest.split_once('/')?;
    (!file.contains('/')).then_some((run, track, file))
}

/// Returns which segment a name is of.
fn place(file: &str) -> Option<Place> {
    let stem = file.strip_suffix(".m4s")?;
    match stem.strip_prefix('t') {
        Some(time) => time.parse().ok().map(Place::Time),
        None => stem.parse().ok().map(Place::Number),
    }
}

/// Returns a refusal that is true no longer than a moment.
fn unkept(status: StatusCode, why: &str) -> Box<Response<Body>> {
    let mut response = refuse(status, why);
    let fields = response.headers_mut();
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Box::new(response)
}
