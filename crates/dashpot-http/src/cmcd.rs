//! Common Media Client Data, version 1 (CTA-5004): what a player tells with each request.

mod decode;
mod encode;
mod report;

pub use encode::Value;
pub use report::{Item, REPORTS_MAX, Report};

use dashpot_base::Bitrate;
use std::time::Duration;

/// Characters kept of a content or session id (CTA-5004 §2, `cid` and `sid`: at most 64).
pub const ID_CHARS_MAX: usize = 64;

/// Characters kept of a next-object path, so that a log line stays a line.
pub const PATH_CHARS_MAX: usize = 1_024;

/// All keys of version 1; the key's own name ends each comment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cmcd {
    /// The encoded bitrate of what is asked for: `br`.
    pub encoded_bitrate: Option<Bitrate>,
    /// The length of the buffer: `bl`.
    pub buffer_length: Option<Duration>,
    /// Whether the buffer ran dry since the last request: `bs`.
    pub buffer_starved: bool,
    /// What identifies the content: `cid`.
    pub content_id: Option<String>,
    /// The playback duration of what is asked for: `d`.
    pub object_duration: Option<Duration>,
    /// From now until the first sample must have come: `dl`.
    pub deadline: Option<Duration>,
    /// The throughput as the client measures it: `mtp`.
    pub measured_throughput: Option<Bitrate>,
    /// The path of the next object, relative to this one: `nor`.
    pub next_object: Option<String>,
    /// The byte range of the next request, such as `12323-48763`: `nrr`.
    pub next_range: Option<String>,
    /// What kind of object is asked for: `ot`.
    pub object_type: Option<ObjectType>,
    /// The playback rate, where it is not 1: `pr`.
    pub playback_rate: Option<f64>,
    /// The throughput the client would take at most: `rtp`.
    pub requested_throughput_max: Option<Bitrate>,
    /// The streaming format: `sf`.
    pub streaming_format: Option<StreamingFormat>,
    /// What identifies the session: `sid`.
    pub session_id: Option<String>,
    /// Whether the stream is live: `st`.
    pub stream_type: Option<StreamType>,
    /// Whether the object is needed to start, seek or recover: `su`.
    pub startup: bool,
    /// The highest bitrate of the ladder that the client may play: `tb`.
    pub top_bitrate: Option<Bitrate>,
}

macro_rules! tokens {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $token:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Returns the token that stands for it.
            #[must_use]
            pub const fn token(self) -> &'static str {
                match self { $(Self::$variant => $token,)+ }
            }

            /// Returns what `token` stands for.
            #[must_use]
            pub fn of(token: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.token() == token)
            }
        }
    };
}

tokens! {
    /// What is asked for: `ot`.
    ObjectType {
        /// A manifest or playlist.
        Manifest = "m",
        /// Audio only.
        Audio = "a",
        /// Video only.
        Video = "v",
        /// Audio and video together.
        Muxed = "av",
        /// An initialization segment.
        Init = "i",
        /// Captions or subtitles.
        Caption = "c",
        /// ISO BMFF timed text.
        TimedText = "tt",
        /// A key, licence or certificate.
        Key = "k",
        /// Anything else.
        Other = "o",
    }
}

tokens! {
    /// How the stream is made: `sf`.
    StreamingFormat {
        /// MPEG DASH.
        Dash = "d",
        /// HTTP Live Streaming.
        Hls = "h",
        /// Smooth Streaming.
        Smooth = "s",
        /// Anything else.
        Other = "o",
    }
}

tokens! {
    /// Whether all segments exist: `st`.
    StreamType {
        /// All do.
        Vod = "v",
        /// They come one after the other.
        Live = "l",
    }
}

#[cfg(test)]
mod tests;
