//! What the player tells of itself with each request (CTA-5004).

use super::{Player, schedule::Order};
use crate::{What, lane::Lane, tracks::Lookup};
use dashpot_abr::Rung;
use dashpot_base::{Bitrate, ByteSize};
use dashpot_http::cmcd::{Cmcd, ObjectType, StreamType, StreamingFormat};
use dashpot_qoe::{Hold, Media};
use std::time::Duration;
use url::Url;

/// How many times faster than needed an object may come before more is of no use to the player
/// (`rtp`). dash.js asks for the same; less would stretch the time in which a drop goes unseen.
const THROUGHPUT_ENOUGH: u64 = 5;

/// The least time in which an object is said to be needed: with an empty buffer the need would
/// be infinite.
const DEADLINE_MIN: Duration = Duration::from_millis(500);

impl Player {
    /// Returns what is said with a request of the lane at `at`, or of no lane.
    pub(super) fn cmcd(&self, at: Option<usize>, order: &Order) -> Cmcd {
        let session = Cmcd {
            content_id: self.config.content_id.clone(),
            session_id: self.config.session_id.clone(),
            streaming_format: Some(StreamingFormat::Dash),
            // CTA-5004 §2: the default stream type is not assumed; the presentation is static.
            stream_type: Some(StreamType::Vod),
            measured_throughput: self.estimator.throughput(),
            ..Cmcd::default()
        };
        match at.and_then(|at| self.lanes.get(at)) {
            None => Cmcd { object_type: Some(ObjectType::Manifest), ..session },
            Some(lane) => self.lane_cmcd(lane, order, session),
        }
    }

    fn lane_cmcd(&self, lane: &Lane, order: &Order, session: Cmcd) -> Cmcd {
        let buffer = lane.level(self.playhead.position());
        let tracks = self.tracks.as_ref().and_then(|tracks| tracks.period(lane.period));
        let rate_of = |rung| tracks.and_then(|period| period.rate(lane.media, rung));
        let top = tracks.and_then(|it| it.of(lane.media).last()).map(|track| track.bandwidth);
        let lane_wide = Cmcd {
            buffer_length: Some(buffer),
            buffer_starved: lane.starved,
            // CTA-5004 §2, `su`: needed urgently, to start, to seek or to recover.
            startup: match self.playhead.hold() {
                Some(Hold::Startup | Hold::Seek | Hold::Stall) => true,
                None => false,
            },
            top_bitrate: top,
            ..session
        };
        match order.what {
            What::Segment { rung, duration, .. } => {
                let rate = rate_of(rung);
                Cmcd {
                    encoded_bitrate: rate,
                    object_duration: Some(duration),
                    object_type: Some(match lane.media {
                        Media::Video => ObjectType::Video,
                        Media::Audio => ObjectType::Audio,
                    }),
                    requested_throughput_max: rate
                        .and_then(|rate| enough(rate.bytes_in(duration), buffer)),
                    next_object: self.next_object(lane, rung, duration, &order.url),
                    deadline: Some(buffer),
                    ..lane_wide
                }
            }
            What::Init { rung, .. } => Cmcd {
                encoded_bitrate: rate_of(rung),
                object_type: Some(ObjectType::Init),
                ..lane_wide
            },
            What::Index { .. } | What::Manifest => {
                Cmcd { object_type: Some(ObjectType::Other), ..lane_wide }
            }
        }
    }

    /// Returns the path of the object after this one at the same rung, relative to it; `None`
    /// where they are parts of one file.
    fn next_object(
        &self,
        lane: &Lane,
        Rung(rung): Rung,
        duration: Duration,
        from: &str,
    ) -> Option<String> {
        let period = self.tracks.as_ref()?.period(lane.period)?;
        let track = period.of(lane.media).get(rung)?;
        let after = lane.to.saturating_add(duration);
        let Lookup::Found(next) = track.at(after, period.end) else { return None };
        if next.url == from {
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
