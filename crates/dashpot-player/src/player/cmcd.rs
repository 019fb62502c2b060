//! Requests in full, with what the player tells of itself (CTA-5004).

use super::Player;
use crate::{Fetch, Request, What, tracks::Track};
use dashpot_abr::Rung;
use dashpot_base::{Bitrate, ByteSize};
use dashpot_http::cmcd::{Cmcd, ObjectType, StreamingFormat};
use dashpot_qoe::Media;
use std::time::Duration;
use url::Url;

/// How many times faster than needed an object may come before more is of no use to the player
/// (`rtp`). dash.js asks for the same; less would stretch the time in which a drop goes unseen.
const THROUGHPUT_ENOUGH: u64 = 5;

/// The least time in which an object is said to be needed: with an empty buffer the need would
/// be infinite.
const DEADLINE_MIN: Duration = Duration::from_millis(500);

impl Player {
    /// Returns all that there is to say of a request, which this player has just made.
    #[must_use]
    pub fn request(&self, fetch: &Fetch) -> Request {
        let (url, range) = self.find(fetch).unwrap_or_default();
        let mime = self.track(fetch).and_then(|track| track.mime.clone());
        let cmcd = self.cmcd(fetch, &url);
        Request { fetch: *fetch, url, range, mime, cmcd }
    }

    /// Returns the representation that a request is of.
    fn track(&self, fetch: &Fetch) -> Option<&Track> {
        let (media, Rung(rung)) = match fetch.what {
            What::Manifest => return None,
            What::Index { media, rung }
            | What::Init { media, rung }
            | What::Segment { media, rung, .. } => (media, rung),
        };
        let (period, _) = fetch.place;
        self.tracks.as_ref()?.period(period)?.of(media).get(rung)
    }

    /// Returns where something is.
    fn find(&self, fetch: &Fetch) -> Option<(String, Option<(u64, u64)>)> {
        let (url, range) = match fetch.what {
            What::Manifest => (self.config.manifest.as_str(), None),
            What::Index { .. } => {
                let index = self.track(fetch)?.index()?;
                (index.url.as_str(), Some(index.index_range))
            }
            What::Init { .. } => {
                let init = self.track(fetch)?.init.as_ref()?;
                (init.url.as_str(), init.range)
            }
            What::Segment { .. } => {
                let (resource, _) = self.track(fetch)?.place(fetch.place.1)?;
                (resource.url.as_str(), resource.range)
            }
        };
        Some((url.to_owned(), range))
    }

    fn cmcd(&self, fetch: &Fetch, url: &str) -> Cmcd {
        let session = Cmcd {
            content_id: self.config.content_id.clone(),
            session_id: self.config.session_id.clone(),
            streaming_format: Some(StreamingFormat::Dash),
            // CTA-5004 §2: the default stream type is not assumed.
            stream_type: Some(self.stream_type()),
            playback_rate: self.live_rate(),
            measured_throughput: fetch.state.throughput,
            ..Cmcd::default()
        };
        match fetch.what {
            What::Manifest => Cmcd { object_type: Some(ObjectType::Manifest), ..session },
            What::Index { media, .. } => {
                let object_type = Some(ObjectType::Other);
                Cmcd { object_type, ..self.media_cmcd(fetch, media, session) }
            }
            What::Init { media, .. } => Cmcd {
                encoded_bitrate: Some(fetch.bitrate),
                object_type: Some(ObjectType::Init),
                ..self.media_cmcd(fetch, media, session)
            },
            What::Segment { media, duration, .. } => Cmcd {
                encoded_bitrate: Some(fetch.bitrate),
                object_duration: Some(duration),
                object_type: Some(match media {
                    Media::Video => ObjectType::Video,
                    Media::Audio => ObjectType::Audio,
                }),
                requested_throughput_max: enough(
                    fetch.bitrate.bytes_in(duration),
                    fetch.state.buffer,
                ),
                next_object: self.next_object(fetch, url),
                deadline: Some(fetch.state.buffer),
                ..self.media_cmcd(fetch, media, session)
            },
        }
    }

    fn media_cmcd(&self, fetch: &Fetch, media: Media, session: Cmcd) -> Cmcd {
        let period = self.tracks.as_ref().and_then(|tracks| tracks.period(fetch.place.0));
        let top = period.and_then(|it| it.of(media).last()).map(|track| track.bandwidth);
        Cmcd {
            buffer_length: Some(fetch.state.buffer),
            buffer_starved: fetch.state.starved,
            startup: fetch.state.urgent,
            top_bitrate: top,
            ..session
        }
    }

    /// Returns the path of the object after this one at the same rung, relative to it; `None`
    /// where they are parts of one file.
    fn next_object(&self, fetch: &Fetch, from: &str) -> Option<String> {
        let (period, place) = fetch.place;
        let period = self.tracks.as_ref()?.period(period)?;
        let (next, start) = self.track(fetch)?.place(place + 1)?;
        if period.end <= start || next.url == from {
            return None;
        }
        Url::parse(from).ok()?.make_relative(&Url::parse(&next.url).ok()?)
    }
}

/// Returns the throughput at which `size` comes well before the buffer is dry.
fn enough(size: ByteSize, buffer: Duration) -> Option<Bitrate> {
    let needed = Bitrate::over(size, buffer.max(DEADLINE_MIN))?;
    Some(Bitrate::from_bps(needed.bps().saturating_mul(THROUGHPUT_ENOUGH)))
}
