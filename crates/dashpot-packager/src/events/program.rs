//! What the options of a path ask for.

use super::schedule::{Announced, Schedule};
use crate::{
    grammar::{CUE, CUE_AS, EMSG, EMSG_VERSION, EVENTS, Options, SCTE35, Spec},
    options::OptionError,
};

/// The scheme of messages that say nothing but their number.
pub(super) const TICK: &str = "urn:dashpot:event:tick:2026";
/// The value in the scheme of those in the MPD.
pub(super) const LISTED: &str = "mpd";
/// The value in the scheme of those in segments. dash.js wants one.
pub(super) const IN_BAND: &str = "emsg";
/// SCTE 35 §12 and SCTE 214-1 §6.8.4: sections as they are, in binary.
const CUE_BINARY: &str = "urn:scte:scte35:2013:bin";
/// Sections spelled out in XML.
const CUE_XML: &str = "urn:scte:scte35:2013:xml";
/// Sections in base64 within XML.
const CUE_XML_BINARY: &str = "urn:scte:scte35:2014:xml+bin";
/// The value in these schemes.
const CUE_VALUE: &str = "1";

/// What comes when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Program {
    streams: Vec<Stream>,
    version: Version,
}

/// Messages of one scheme and value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stream {
    pub(super) scheme: &'static str,
    pub(super) value: &'static str,
    /// Whether segments carry them, rather than the MPD.
    is_in_band: bool,
    /// Whether the MPD has them as binary within XML.
    pub(super) is_binary: bool,
    pub(super) schedule: Schedule,
}

/// How a box counts its time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Version {
    /// From the begin of the segment.
    Zero,
    /// On the timeline of the media.
    #[default]
    One,
}

impl Program {
    /// Returns what the options ask for.
    ///
    /// # Errors
    /// Names an option that says something about what is not there.
    pub(crate) fn of(options: &Options) -> Result<Self, OptionError> {
        let breaks = breaks(options);
        let words = |spec: &Spec| options.words(spec).map(|words| words.join("-"));
        for spec in [CUE, CUE_AS] {
            if let Some(given) = words(&spec).filter(|_| breaks.is_empty()) {
                return Err(OptionError::Fit {
                    given: format!("{}_{given}", spec.name),
                    why: "there are no breaks to announce: add `scte35_2`".to_owned(),
                });
            }
        }
        let tick = |every_ms, value, is_in_band| Stream {
            scheme: TICK,
            value,
            is_in_band,
            is_binary: false,
            schedule: Schedule::Ticks { every_ms },
        };
        let listed = options.number(&EVENTS).map(|every_ms| tick(every_ms, LISTED, false));
        let carried = options.number(&EMSG).map(|every_ms| tick(every_ms, IN_BAND, true));
        let streams = listed.into_iter().chain(carried).chain(breaks).collect();
        let version = options.number(&EMSG_VERSION);
        let program = Self {
            streams,
            version: if version == Some(0) { Version::Zero } else { Version::One },
        };
        if let (None, Some(given)) = (program.in_band(), version) {
            return Err(OptionError::Fit {
                given: format!("{}_{given}", EMSG_VERSION.name),
                why: "no segment carries a message: add `emsg_5s`".to_owned(),
            });
        }
        Ok(program)
    }

    /// Says whether the MPD lists messages, so that time changes it.
    pub(crate) fn lists(&self) -> bool {
        self.listed().next().is_some()
    }

    /// Returns the name of an option that puts messages into segments, if there is one.
    pub(crate) fn in_band(&self) -> Option<&'static str> {
        self.carried().next().map(|stream| match stream.schedule {
            Schedule::Ticks { .. } => EMSG.name,
            Schedule::Breaks { .. } => SCTE35.name,
        })
    }

    pub(super) fn listed(&self) -> impl Iterator<Item = &Stream> {
        self.streams.iter().filter(|stream| !stream.is_in_band)
    }

    pub(super) fn carried(&self) -> impl Iterator<Item = &Stream> {
        self.streams.iter().filter(|stream| stream.is_in_band)
    }

    pub(super) const fn version(&self) -> Version {
        self.version
    }
}

/// Returns the streams that announce breaks.
fn breaks(options: &Options) -> Vec<Stream> {
    let Some(per_minute) = options.number(&SCTE35) else { return Vec::new() };
    let commands = options.words(&CUE).unwrap_or(&["insert"]);
    let announced = |word: &&str| match *word {
        "signal" => Announced::Signal,
        _ => Announced::Insert,
    };
    let schedule =
        Schedule::Breaks { per_minute, announced: commands.iter().map(announced).collect() };
    let stream = |word: &&str| {
        let (scheme, is_in_band, is_binary) = match *word {
            "xml" => (CUE_XML, false, false),
            "xmlbin" => (CUE_XML_BINARY, false, true),
            _ => (CUE_BINARY, true, true),
        };
        Stream { scheme, value: CUE_VALUE, is_in_band, is_binary, schedule: schedule.clone() }
    };
    options.words(&CUE_AS).unwrap_or(&["emsg"]).iter().map(stream).collect()
}
