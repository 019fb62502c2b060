//! What an origin tells of what it sends and how it goes: `CMSD-Static` and `CMSD-Dynamic` (CTA-5006).

use dashpot_base::{Bitrate, ByteSize, MediaTime};
use dashpot_http::{
    cmcd::{ObjectType, StreamType, StreamingFormat},
    cmsd::{CMSD_DYNAMIC, CMSD_STATIC, Dynamic, Static},
};
use dashpot_packager::{
    Address, Asset, Catalogue, Kind, Shape, Target, Timeline,
    grammar::{Options, Service},
    live::settings::Settings,
};
use dashpot_serve::{Ends, Transport};
use http::{HeaderMap, Response, StatusCode, header};
use tracing::warn;

/// How this server is called in `CMSD-Dynamic`.
const NAME: &str = "dashpot-origin";

/// Tells players of what they get, and of the way it takes.
#[derive(Debug)]
pub(crate) struct Teller {
    /// `None` where the operating system does not tell of the way.
    transport: Option<Transport>,
}

impl Teller {
    pub(crate) fn new() -> Self {
        let transport = Transport::new();
        let transport = transport.inspect_err(|error| warn!(%error, "CMSD-Dynamic is not written"));
        Self { transport: transport.ok() }
    }

    /// Adds both fields to an answer, where it is one of media: `of` says so by the length of the
    /// whole resource.
    pub(crate) fn tell<B>(
        &self,
        ends: Ends,
        response: &mut Response<B>,
        of: impl FnOnce(Option<u64>) -> Option<Static>,
    ) {
        if !matches!(response.status(), StatusCode::OK | StatusCode::PARTIAL_CONTENT) {
            return;
        }
        let fields = response.headers_mut();
        let Some(told) = of(length(fields)) else { return };
        if let Some(value) = told.to_value() {
            fields.insert(CMSD_STATIC, value);
        }
        let way = self.transport.as_ref().and_then(|transport| transport.way(ends));
        let dynamic = Dynamic {
            estimated_throughput: way.and_then(|way| way.throughput),
            round_trip: way.map(|way| way.round_trip),
            ..Dynamic::default()
        };
        if let Some(member) = dynamic.to_member(NAME) {
            fields.append(CMSD_DYNAMIC, member);
        }
    }
}

/// Returns the length of the whole resource, where it is said.
fn length(fields: &HeaderMap) -> Option<u64> {
    let text = |name| fields.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok());
    let of_range = text(header::CONTENT_RANGE).and_then(|range| range.rsplit_once('/'));
    let length = of_range.map_or_else(|| text(header::CONTENT_LENGTH), |(_, length)| Some(length));
    length?.parse().ok()
}

/// Returns what there is to tell of what is at a path of an asset, whose length is known or not.
pub(crate) fn of(path: &str, catalogue: &Catalogue, length: Option<u64>) -> Option<Static> {
    let (service, below, stream_type) = match path.strip_prefix("/live/") {
        Some(below) => (Service::Live, below, StreamType::Live),
        None => (Service::Vod, path.strip_prefix("/vod/")?, StreamType::Vod),
    };
    let Address { asset, options, target } = Address::parse(service, below).ok()?;
    let asset = catalogue.asset(asset)?;
    let base = Static {
        streaming_format: Some(StreamingFormat::Dash),
        stream_type: Some(stream_type),
        ..Static::default()
    };
    let kind = |object_type| Some(Static { object_type: Some(object_type), ..base.clone() });
    let (track, number, time) = match target {
        Target::Manifest(_) | Target::Patch(..) => return kind(ObjectType::Manifest),
        Target::Playlist(_) => {
            let streaming_format = Some(StreamingFormat::Hls);
            return Some(Static { streaming_format, ..kind(ObjectType::Manifest)? });
        }
        // How long a part is stands in the playlist that leads to it.
        Target::Part(track, ..) => {
            let streaming_format = Some(StreamingFormat::Hls);
            return Some(Static { streaming_format, ..kind(object_type(asset, track)?)? });
        }
        Target::Init(_) => return kind(ObjectType::Init),
        Target::Text(_) => return kind(ObjectType::Caption),
        Target::Remote(..) => return kind(ObjectType::Manifest),
        Target::Image(..) => return kind(ObjectType::Other),
        Target::File(track) => return kind(object_type(asset, track)?),
        Target::Number(track, number) => (track, Some(number), None),
        Target::Time(track, time) => (track, None, Some(time)),
    };
    let of = Of { service, asset, options: &options };
    let (duration, next) = of.segment(track, number, time)?;
    let rate = length.and_then(|bytes| Bitrate::over(ByteSize::new(bytes), duration.as_duration()));
    Some(Static {
        encoded_bitrate: rate,
        object_duration: Some(duration.as_duration()),
        next_object: next,
        object_type: Some(object_type(asset, track)?),
        ..base
    })
}

fn object_type(asset: &Asset, track: &str) -> Option<ObjectType> {
    let track = asset.tracks().iter().find(|held| held.id == track)?;
    Some(match track.kind {
        Kind::Video { .. } => ObjectType::Video,
        Kind::Audio { .. } => ObjectType::Audio,
    })
}

struct Of<'a> {
    service: Service,
    asset: &'a Asset,
    options: &'a Options,
}

impl Of<'_> {
    /// Returns how long a segment is, and the name of the next one.
    fn segment(
        &self,
        id: &str,
        number: Option<u64>,
        time: Option<u64>,
    ) -> Option<(MediaTime, Option<String>)> {
        let track = self.asset.tracks().iter().position(|held| held.id == id)?;
        let timescale = self.asset.tracks().get(track)?.timescale;
        let (ticks, next) = match self.service {
            Service::Vod => {
                let shape = Shape::of(self.asset, self.options).ok()?;
                let timeline = Timeline::new(self.asset, track, shape)?;
                let segment = match (number, time) {
                    (Some(number), _) => timeline.segment(number)?,
                    (None, time) => timeline.segment_at(time?)?,
                };
                let next = timeline.segment(segment.number + 1);
                (segment.duration, next.map(|next| (next.number, next.start)))
            }
            Service::Live => {
                let settings = Settings::of(self.asset, self.options).ok()?;
                let strip = settings.reel.strip(track)?;
                let index = match (number, time) {
                    (Some(number), _) => number.checked_sub(settings.start_number)?,
                    (None, time) => strip.at(time?)?,
                };
                let next = index.checked_add(1)?;
                let is_last = settings.stop == Some(next);
                let number = settings.start_number.saturating_add(next);
                (strip.duration(index), (!is_last).then(|| (number, strip.start(next))))
            }
        };
        let next = next.map(|(number, start)| match time {
            Some(_) => format!("t{start}.m4s"),
            None => format!("{number}.m4s"),
        });
        Some((MediaTime::new(ticks, timescale)?, next))
    }
}
