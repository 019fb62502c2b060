//! Taking in what encoders send: `PUT` or `POST` of initialization segments, segments, endless
//! tracks and MPDs, and `DELETE`.

use super::{
    Contribution, Held, NAME_MAX,
    media::{End, Media},
};
use crate::reply::refuse;
use axum::body::{Body, to_bytes};
use bytes::Bytes;
use dashpot_mpd::PresentationType;
use dashpot_packager::channel::{Arrived, Contributed, HELD_FOR, Piece, Pieces, track_name};
use futures_util::StreamExt as _;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header, request::Parts};
use std::{sync::Arc, time::Duration};

/// Where encoders send.
const PREFIX: &str = "/ingest/";
/// What a segment of a path begins with that is the token.
const KEY: &str = "key_";
const METHODS: &str = "PUT, POST, DELETE";
/// How long a body may stand still: an encoder makes a chunk much more often, and who holds
/// connections open for nothing is rid of soon.
const STILL_MAX: Duration = Duration::from_secs(30);
/// How much later than its first segment an initialization segment may come.
const INIT_LATE_MAX: Duration = Duration::from_secs(2);
/// Bytes of an encoder's MPD.
const MPD_BYTES_MAX: usize = 1 << 20;
/// Bytes of what is read and thrown away, so that an encoder hears the answer.
const WASTE_BYTES_MAX: usize = 64 << 20;

/// Why a request is refused.
struct Refusal(StatusCode, String);

impl From<Contributed> for Refusal {
    fn from(error: Contributed) -> Self {
        let status = match &error {
            Contributed::Held | Contributed::Foreign(_) => StatusCode::CONFLICT,
            Contributed::Unknown(_) => StatusCode::PRECONDITION_FAILED,
            Contributed::Known => StatusCode::OK,
            Contributed::Wrong(_) => StatusCode::BAD_REQUEST,
        };
        Self(status, error.to_string())
    }
}

impl Contribution {
    /// Says whether a request is an encoder's, and is answered by [`Self::take`].
    pub(crate) fn is_ingest(&self, request: &Parts) -> bool {
        self.config.is_open() && request.uri.path().starts_with(PREFIX)
    }

    /// Takes what an encoder sends.
    ///
    /// Encoders close their connections without waiting for the answer, and with a connection its
    /// handler goes: what has been sent is read by a task of its own.
    pub(crate) async fn take(self: &Arc<Self>, request: &Parts, body: Body) -> Response<Body> {
        let (held, of) = (Arc::clone(self), request.clone());
        let taken = tokio::spawn(async move { held.taken(&of, body).await }).await;
        let failed = |_| Refusal(StatusCode::INTERNAL_SERVER_ERROR, "it was lost".to_owned());
        match taken.map_err(failed).flatten() {
            Ok(()) | Err(Refusal(StatusCode::OK, _)) => Response::new(Body::empty()),
            Err(Refusal(status, why)) => {
                tracing::debug!(path = request.uri.path(), %status, %why, "refused a contribution");
                let mut response = refuse(status, &why);
                let fields = response.headers_mut();
                fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
                if status == StatusCode::CONFLICT {
                    let seconds = HELD_FOR.as_secs();
                    fields.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
                }
                if status == StatusCode::UNAUTHORIZED {
                    let scheme = HeaderValue::from_static("Bearer");
                    fields.insert(header::WWW_AUTHENTICATE, scheme);
                }
                if status == StatusCode::METHOD_NOT_ALLOWED {
                    fields.insert(header::ALLOW, HeaderValue::from_static(METHODS));
                }
                response
            }
        }
    }

    async fn taken(&self, request: &Parts, body: Body) -> Result<(), Refusal> {
        let path = request.uri.path().strip_prefix(PREFIX).unwrap_or_default();
        let path = self.admitted(path, &request.headers)?;
        let (name, file) = path.split_once('/').unwrap_or((path, ""));
        let wrong = |why: &str| Refusal(StatusCode::BAD_REQUEST, why.to_owned());
        if NAME_MAX < file.len() {
            return Err(wrong("so long a path is no track's"));
        }
        match request.method {
            Method::PUT | Method::POST => (),
            Method::DELETE => {
                // Of segments the window decides.
                if file.is_empty() || is_mpd(file) {
                    self.remove(name);
                }
                return Ok(());
            }
            _ => {
                return Err(Refusal(
                    StatusCode::METHOD_NOT_ALLOWED,
                    "there are PUT, POST and DELETE".to_owned(),
                ));
            }
        }
        if is_mpd(file) {
            return self.described(name, body).await;
        }
        let track = track_name(file).ok_or_else(|| wrong("no track has such a name"))?;
        let held = self.find_or_make(self.clock.wall(), name).ok_or_else(|| {
            let why = "no channel can be called that, or there are too many";
            Refusal(StatusCode::CONFLICT, why.to_owned())
        })?;
        self.segments(&held, track, body).await
    }

    /// Returns the path behind the token, where it is the one that is asked for.
    fn admitted<'a>(&self, path: &'a str, fields: &HeaderMap) -> Result<&'a str, Refusal> {
        let (first, rest) = path.split_once('/').unwrap_or((path, ""));
        let (key, path) = match first.strip_prefix(KEY) {
            Some(key) => (Some(key), rest),
            None => (None, path),
        };
        let Some(token) = &self.config.token else {
            // Without a token whoever is on this machine may contribute, but not any page that is
            // open in a browser there (Fetch Standard: such a request names its origin).
            if fields.contains_key(header::ORIGIN) {
                let why = "pages in browsers contribute with a token alone: --ingest-token";
                return Err(Refusal(StatusCode::FORBIDDEN, why.to_owned()));
            }
            return Ok(path);
        };
        let field = fields.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let bearer = field.and_then(|value| value.strip_prefix("Bearer "));
        if bearer.or(key).is_some_and(|given| is_same(given.as_bytes(), token.as_bytes())) {
            return Ok(path);
        }
        let why = "encoders send `Authorization: Bearer TOKEN`, or to /ingest/key_TOKEN/…";
        Err(Refusal(StatusCode::UNAUTHORIZED, why.to_owned()))
    }

    /// Reads an encoder's MPD, of which nothing is used but that it has ended.
    async fn described(&self, name: &str, body: Body) -> Result<(), Refusal> {
        let wrong = |why: String| Refusal(StatusCode::BAD_REQUEST, why);
        let read = tokio::time::timeout(STILL_MAX, to_bytes(body, MPD_BYTES_MAX)).await;
        let text = read.ok().and_then(Result::ok);
        let text = text.ok_or_else(|| wrong("the MPD does not arrive".to_owned()))?;
        let (mpd, _) = dashpot_mpd::parse(&text).map_err(|error| wrong(error.to_string()))?;
        if mpd.presentation_type != Some(PresentationType::Dynamic)
            && let Some(held) = self.find(name)
        {
            held.state().channel.end();
            held.tell();
        }
        Ok(())
    }

    /// Takes a body of boxes.
    async fn segments(&self, held: &Arc<Held>, track: String, body: Body) -> Result<(), Refusal> {
        let wrong = |why: String| Refusal(StatusCode::BAD_REQUEST, why);
        let mut upload = Upload { held, track, has_init: false, open: None };
        let (mut pieces, mut stream) = (Pieces::default(), body.into_data_stream());
        loop {
            let Ok(read) = tokio::time::timeout(STILL_MAX, stream.next()).await else {
                return Err(Refusal(StatusCode::REQUEST_TIMEOUT, "nothing arrives".to_owned()));
            };
            let Some(read) = read else { break };
            pieces.feed(&read.map_err(|error| wrong(error.to_string()))?);
            loop {
                let piece = pieces.next_piece().map_err(|error| wrong(error.to_string()))?;
                let Some(piece) = piece else { break };
                if matches!(piece, Piece::Fragment { .. }) && upload.open.is_none() {
                    initialized(held, &upload.track).await;
                }
                if let Err(error) = self.piece(&mut upload, piece) {
                    if error == Contributed::Known {
                        waste(stream).await;
                    }
                    return Err(error.into());
                }
            }
        }
        pieces.end().map_err(|error| wrong(error.to_string()))?;
        upload.end(End::Whole);
        Ok(())
    }

    fn piece(&self, upload: &mut Upload<'_>, piece: Piece) -> Result<(), Contributed> {
        let (now, track) = (self.clock.wall(), upload.track.clone());
        let held = upload.held;
        let mut state = held.state();
        let (bytes, moof, media) = match piece {
            Piece::Init(init) => {
                upload.has_init = true;
                // Again within a body, it says nothing new, or it would be another track's.
                if upload.open.is_none() || state.channel.init(&track) != Some(&init) {
                    let is_anew = state.channel.initialize(now, &track, &init)?;
                    state.clear(is_anew);
                }
                drop(state);
                held.tell();
                return Ok(());
            }
            Piece::Fragment { bytes, moof, media } => (bytes, moof, media),
        };
        let len = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let arrived = Arrived {
            moof: &moof,
            bytes: len,
            media,
            divides: upload.has_init,
            open: upload.start(),
        };
        let added = state.channel.add(now, &track, &arrived)?;
        state.clear(added.is_anew);
        if let Some(closed) =
            added.closed.and_then(|start| state.media.get(&(track.clone(), start)))
        {
            closed.end(End::Whole);
        }
        for key in added.left {
            state.media.remove(&key);
        }
        let media = Arc::clone(state.media(track, added.start));
        media.push(bytes);
        upload.open = Some((added.start, media));
        drop(state);
        held.tell();
        Ok(())
    }
}

/// A body that arrives; dropped before its end, it has broken off.
struct Upload<'a> {
    held: &'a Arc<Held>,
    track: String,
    has_init: bool,
    /// The segment that is arriving.
    open: Option<(u64, Arc<Media>)>,
}

impl Upload<'_> {
    fn start(&self) -> Option<u64> {
        self.open.as_ref().map(|(start, _)| *start)
    }

    fn end(&mut self, end: End) {
        let Some((start, media)) = self.open.take() else { return };
        let mut state = self.held.state();
        let key = (self.track.clone(), start);
        // Another run may have its own there by now.
        if state.media.get(&key).is_some_and(|held| Arc::ptr_eq(held, &media)) {
            state.channel.end_body(&self.track, start, end == End::Whole);
            if end == End::Broken {
                state.media.remove(&key);
            }
        }
        media.end(end);
        drop(state);
        self.held.tell();
    }
}

impl Drop for Upload<'_> {
    fn drop(&mut self) {
        self.end(End::Broken);
    }
}

fn is_mpd(file: &str) -> bool {
    file.rsplit_once('.').is_some_and(|(_, ending)| ending == "mpd")
}

/// Compares in a time that does not tell where two texts differ.
fn is_same(a: &[u8], b: &[u8]) -> bool {
    let differ = a.iter().zip(b).fold(0, |all, (a, b)| all | (a ^ b));
    a.len() == b.len() && differ == 0
}

/// Waits for the initialization segment of a track. An encoder sends it first, but over a connection
/// of its own and without waiting for the answer, so that it may come a moment later.
async fn initialized(held: &Held, track: &str) {
    let mut news = held.news.subscribe();
    let comes = async {
        while held.state().channel.init(track).is_none() {
            if news.changed().await.is_err() {
                return;
            }
        }
    };
    // What comes of it, the channel says.
    tokio::time::timeout(INIT_LATE_MAX, comes).await.unwrap_or_default();
}

/// Reads what is not wanted to its end, so that whoever sends it hears the answer.
async fn waste(mut stream: axum::body::BodyDataStream) {
    let mut left = WASTE_BYTES_MAX;
    while let Ok(Some(Ok(bytes))) = tokio::time::timeout(STILL_MAX, stream.next()).await {
        let Some(rest) = left.checked_sub(Bytes::len(&bytes)) else { return };
        left = rest;
    }
}
