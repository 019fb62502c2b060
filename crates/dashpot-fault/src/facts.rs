//! What is known of a request before it is answered.

use dashpot_base::WallTime;

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Object {
    /// A manifest or playlist.
    Mpd,
    /// An initialization segment.
    Init,
    /// A media segment.
    Segment,
    /// A part of a media segment that has a URL of its own.
    Chunk,
    /// A whole track as one file, of which players ask for ranges.
    File,
    /// Subtitles beside the media.
    Text,
    /// The time, for players that set their clocks.
    Time,
    /// A key or licence.
    Key,
    /// A steering manifest.
    Steering,
}

impl Object {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Mpd,
        Self::Init,
        Self::Segment,
        Self::Chunk,
        Self::File,
        Self::Text,
        Self::Time,
        Self::Key,
        Self::Steering,
    ];

    /// Returns the name in rules.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mpd => "mpd",
            Self::Init => "init",
            Self::Segment => "segment",
            Self::Chunk => "chunk",
            Self::File => "file",
            Self::Text => "text",
            Self::Time => "time",
            Self::Key => "key",
            Self::Steering => "steering",
        }
    }

    /// Returns what a rule calls `name`.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|object| object.name() == name)
    }
}

/// One request, as a rule looks at it.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// What is asked for.
    pub object: Object,
    /// The asset or channel, empty where there is none.
    pub asset: &'a str,
    /// The Representation, where the object belongs to one.
    pub representation: Option<&'a str>,
    /// The segment's number, where it is a segment whose number is known.
    pub number: Option<u64>,
    /// The segment's time in its track's ticks, where the URL says that instead of a number.
    pub time: Option<u64>,
    /// Who asks: the session that CMCD names, else the client's address.
    pub viewer: &'a str,
    /// When.
    pub now: WallTime,
    /// How often this viewer has asked for this, from 1.
    pub attempt: u64,
    /// How many redirects of a chain the request has been through.
    pub hops: u32,
}
