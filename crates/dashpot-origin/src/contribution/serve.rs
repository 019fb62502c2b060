//! Serving channels: their MPDs, and segments while they arrive.

use super::{
    Contribution, Held,
    media::{Media, follow},
};
use crate::reply::refuse;
use axum::body::Body;
use bytes::Bytes;
use dashpot_http::cors;
use dashpot_packager::channel::{ChannelForm, Lookup, Place};
use http::{HeaderValue, Method, Response, StatusCode, header};
use std::{sync::Arc, time::Duration};

/// Where channels are.
const PREFIX: &str = "/channel/";
/// How long before its time a segment is waited for: about what encoders' clocks and players' come
/// to in a second. Who is earlier is told when to come.
const EARLY_MS: u64 = 2_000;
/// How long it is waited for beyond its time: an encoder is late now and then.
const LATE: Duration = Duration::from_secs(1);
/// An MPD changes with every segment.
const MPD_CACHE: &str = "public, max-age=1, must-revalidate";

/// A segment that is there, or what to say in its place.
enum Found {
    Media(Arc<Media>, &'static str),
    Init(Bytes, &'static str),
    /// To come in so many milliseconds.
    Soon(u64),
    No(StatusCode, &'static str),
}

impl Contribution {
    /// Answers a request for a channel.
    pub(crate) async fn answer(&self, method: &Method, path: &str) -> Response<Body> {
        let mut response = self.served(path.strip_prefix(PREFIX).unwrap_or_default()).await;
        if method == Method::HEAD {
            *response.body_mut() = Body::empty();
        }
        response
    }

    async fn served(&self, below: &str) -> Response<Body> {
        let missing = |why| unkept(StatusCode::NOT_FOUND, why);
        let Some((name, file)) = below.split_once('/') else {
            return missing("a channel has manifest.mpd, number.mpd and time.mpd");
        };
        let Some(held) = self.find(name) else { return missing("there is no such channel") };
        let form = match file {
            "manifest.mpd" => ChannelForm::Either,
            "number.mpd" => ChannelForm::Number,
            "time.mpd" => ChannelForm::Time,
            _ => return self.segment(&held, file).await,
        };
        let Some(mpd) = held.state().channel.mpd(form) else {
            return missing("the channel has just begun, or no segment is as long as another");
        };
        let text = mpd.write();
        let len = HeaderValue::from(text.len());
        let mut response = typed(Body::from(text), "application/dash+xml", MPD_CACHE);
        response.headers_mut().insert(header::CONTENT_LENGTH, len);
        response
    }

    async fn segment(&self, held: &Arc<Held>, file: &str) -> Response<Body> {
        let (len, body, kind) = match self.awaited(held, file).await {
            Found::No(status, why) => return unkept(status, why),
            Found::Soon(in_ms) => {
                let mut response = unkept(StatusCode::TOO_EARLY, "the segment is to come");
                // RFC 9110 §10.2.3: whole seconds, which are not to be too few.
                let seconds = HeaderValue::from(in_ms.div_ceil(1_000).max(1));
                response.headers_mut().insert(header::RETRY_AFTER, seconds);
                return response;
            }
            Found::Init(init, kind) => (Some(init.len()), Body::from(init), kind),
            Found::Media(media, kind) => {
                let (len, news) = (media.len(), held.news.subscribe());
                (len, Body::from_stream(follow(media, news)), kind)
            }
        };
        let mut response = typed(body, kind, &self.kept());
        if let Some(len) = len {
            response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(len));
        }
        response
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
        let mut parts = file.split('/');
        let (Some(run), Some(track), Some(file), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
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
        let stem = file.strip_suffix(".m4s").unwrap_or_default();
        let place = match stem.strip_prefix('t') {
            Some(time) => time.parse().map(Place::Time),
            None => stem.parse().map(Place::Number),
        };
        let Ok(place) = place else { return missing("no such path: follow the MPD") };
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

fn typed(body: Body, content_type: &'static str, cache: &str) -> Response<Body> {
    let mut response = Response::new(body);
    let fields = response.headers_mut();
    cors::open(fields);
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(value) = HeaderValue::from_str(cache) {
        fields.insert(header::CACHE_CONTROL, value);
    }
    response
}

/// Returns a refusal that is true no longer than a moment.
fn unkept(status: StatusCode, why: &str) -> Response<Body> {
    let mut response = refuse(status, why);
    let fields = response.headers_mut();
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
