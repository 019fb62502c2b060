//! What the origin has: assets, their tracks, and where each fragment lies in its file.

use crate::{
    check::{self, AssetError, same_set},
    protect::Drm,
    steering::Pathways,
    text::cues::Cues,
};
use bytes::Bytes;
use dashpot_base::{MediaTime, WallTime};
use dashpot_bmff::SampleDefaults;
use std::{collections::BTreeMap, ops::Range, sync::Arc};

/// Every asset that can be asked for, by name.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    assets: BTreeMap<String, Arc<Asset>>,
    pub(crate) pathways: Arc<Pathways>,
    drm: Option<Arc<Drm>>,
}

impl Catalogue {
    /// Returns the catalogue of `assets`; of two with one name the later one stays.
    #[must_use]
    pub fn new(assets: impl IntoIterator<Item = Asset>) -> Self {
        let by_name = |asset: Asset| (asset.name.clone(), Arc::new(asset));
        Self {
            assets: assets.into_iter().map(by_name).collect(),
            pathways: Arc::new(Pathways::default()),
            drm: None,
        }
    }

    /// Returns the catalogue with the pathways that steering leads to.
    #[must_use]
    pub fn with_pathways(mut self, pathways: Pathways) -> Self {
        self.pathways = Arc::new(pathways);
        self
    }

    /// Returns the pathways that steering leads to.
    #[must_use]
    pub fn pathways(&self) -> &Pathways {
        &self.pathways
    }

    /// Returns the catalogue with what its assets can be protected with.
    #[must_use]
    pub fn with_drm(self, drm: Drm) -> Self {
        Self { drm: Some(Arc::new(drm)), ..self }
    }

    /// Returns what assets can be protected with.
    #[must_use]
    pub fn drm(&self) -> Option<&Drm> {
        self.drm.as_deref()
    }

    /// Returns the asset of that name.
    #[must_use]
    pub fn asset(&self, name: &str) -> Option<&Arc<Asset>> {
        self.assets.get(name)
    }

    /// Returns the assets in the order of their names.
    pub fn assets(&self) -> impl Iterator<Item = &Arc<Asset>> {
        self.assets.values()
    }
}

/// What a scan found, before it is known to hold together.
#[derive(Clone, Debug, Default)]
pub struct AssetSource {
    /// The name in URLs.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// Changes whenever the content of a file changes; part of every entity tag and of the URLs that
    /// manifests lead to.
    pub fingerprint: u64,
    /// When the youngest of its files was last modified.
    pub modified: WallTime,
    /// Video and audio tracks, one file each.
    pub tracks: Vec<Track>,
    /// Sidecar subtitles.
    pub subtitles: Vec<Subtitle>,
    /// Small pictures for a viewer who seeks.
    pub thumbnails: Option<Thumbnails>,
    /// What tracks are for, by their ids, as far as it is known.
    pub roles: BTreeMap<String, Role>,
}

/// An asset whose tracks are known to fit together; [`Asset::new`] is the only way to one.
#[derive(Clone, Debug)]
pub struct Asset {
    /// The name in URLs.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// Changes whenever the content of a file changes; part of every entity tag and of the URLs that
    /// manifests lead to.
    pub fingerprint: u64,
    /// When the youngest of its files was last modified.
    pub modified: WallTime,
    pub(crate) tracks: Vec<Track>,
    pub(crate) layouts: Vec<Layout>,
    pub(crate) subtitles: Vec<Subtitle>,
    /// The cues of each of the subtitles.
    pub(crate) cues: Vec<Cues>,
    pub(crate) thumbnails: Option<Thumbnails>,
    pub(crate) roles: BTreeMap<String, Role>,
    pub(crate) period: MediaTime,
    pub(crate) gop: Option<MediaTime>,
    /// The track whose segment boundaries are those of the whole asset.
    pub(crate) lead: usize,
}

/// What is worked out once for each track, so that no request walks all fragments.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// Fragments that belong to one pass; what begins behind the end of the asset is left out.
    pub(crate) kept: usize,
    /// Byte offset behind each kept fragment, from the first one's start, as if they were adjacent.
    pub(crate) ends: Vec<u64>,
    /// Whether every decode time has 64 bits.
    pub(crate) wide: bool,
    /// Where the frames of sound are, if they all last equally long.
    pub(crate) frames: Option<Frames>,
    /// The highest rate of a fragment in bits per second.
    pub(crate) peak_bps: u64,
    /// The highest rate of what of a fragment of pictures depends on nothing else.
    pub(crate) sync_bps: u64,
}

/// Frames of equal length, counted over all fragments of a track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frames {
    /// Ticks of one.
    pub(crate) duration: u64,
    /// Frames up to the end of each fragment.
    pub(crate) ends: Vec<u64>,
}

impl Asset {
    /// Checks that the tracks of `source` fit together.
    ///
    /// # Errors
    /// Says which track breaks which rule.
    pub fn new(source: AssetSource) -> Result<Self, AssetError> {
        check::asset(source)
    }

    /// Returns the video and audio tracks.
    #[must_use]
    pub fn tracks(&self) -> &[Track] {
        &self.tracks
    }

    /// Returns the sidecar subtitles.
    #[must_use]
    pub fn subtitles(&self) -> &[Subtitle] {
        &self.subtitles
    }

    /// Says whether a track belongs to the main pictures, or where there are none to the main sound.
    pub(crate) fn is_lead(&self, track: &Track) -> bool {
        self.tracks.get(self.lead).is_some_and(|lead| same_set(lead, track))
    }

    /// Returns how long one pass lasts: as long as the longest video track, or where there is none
    /// the longest audio track.
    #[must_use]
    pub const fn period(&self) -> MediaTime {
        self.period
    }

    /// Returns the one length of all groups of pictures but the last, where there is one.
    #[must_use]
    pub const fn gop(&self) -> Option<MediaTime> {
        self.gop
    }

    /// Returns the option that names this content of the asset in URLs: `v_` and its fingerprint.
    #[must_use]
    pub fn version(&self) -> String {
        Self::version_of(self.fingerprint)
    }

    /// Returns the option that names the content of a fingerprint.
    pub(crate) fn version_of(fingerprint: u64) -> String {
        format!("v_{fingerprint:016x}")
    }

    pub(crate) fn track_index(&self, id: &str) -> Option<usize> {
        self.tracks.iter().position(|track| track.id == id)
    }
}

/// One track: a fragmented file of one kind of media.
#[derive(Clone, Debug)]
pub struct Track {
    /// The Representation's id: the file's name without its ending.
    pub id: String,
    /// The file, relative to the media root, with `/` between its parts.
    pub path: String,
    /// What it carries.
    pub kind: Kind,
    /// The codec as in RFC 6381.
    pub codec: String,
    /// Identifies the track in its file.
    pub track_id: u32,
    /// Ticks per second.
    pub timescale: u32,
    /// The language as in RFC 5646; `und` where it is unknown.
    pub lang: String,
    /// What people call it.
    pub label: Option<String>,
    /// The bytes of `ftyp` and `moov` in the file.
    pub init: Range<u64>,
    /// What samples have where a fragment's head does not say it (`trex`).
    pub defaults: SampleDefaults,
    /// The body of its `stsd`, verbatim: how its samples are coded.
    pub sample_entries: Bytes,
    /// The fragments in order of time.
    pub fragments: Vec<Fragment>,
}

/// The kinds of media that become segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Pictures.
    Video {
        /// Width in samples.
        width: u32,
        /// Height in samples.
        height: u32,
        /// Frames per so many seconds, where it is known.
        frame_rate: Option<(u32, u32)>,
        /// Width and height of a sample.
        sar: (u32, u32),
    },
    /// Sound.
    Audio {
        /// Samples per second.
        sample_rate: u32,
        /// Number of channels.
        channels: u32,
    },
}

/// One fragment: a `moof` and its `mdat`, from one random access point to the next.
#[derive(Clone, Debug)]
pub struct Fragment {
    /// Where it starts in the file.
    pub offset: u64,
    /// Bytes of the whole fragment.
    pub size: u64,
    /// Earliest presentation time, in ticks.
    pub start: u64,
    /// Duration in ticks.
    pub duration: u64,
    /// What stands before the media data; the only bytes that retiming changes.
    pub head: Bytes,
}

/// What a track is for (ISO/IEC 23009-1 §5.8.5.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Role(&'static str);

impl Role {
    /// What is played where nobody chooses.
    pub const MAIN: Self = Self("main");
    /// Those that sound can have, the one that is played by default first.
    pub const ALL: [Self; 7] = [
        Self::MAIN,
        Self("alternate"),
        Self("supplementary"),
        Self("commentary"),
        Self("dub"),
        Self("description"),
        Self("enhanced-audio-intelligibility"),
    ];

    /// Returns the name in MPDs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.0
    }

    /// Returns the role of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.0 == name)
    }
}

/// Sheets of small pictures that are evenly spaced over the whole film.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thumbnails {
    /// Pictures of a sheet side by side.
    pub columns: u32,
    /// Pictures of a sheet one above the other.
    pub rows: u32,
    /// Width of a sheet in pixels.
    pub width: u32,
    /// Height of a sheet in pixels.
    pub height: u32,
    /// The sheets in order of time, all of equal duration.
    pub sheets: Vec<Sheet>,
}

/// A sheet of small pictures: a JPEG file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// The file, relative to the media root.
    pub path: String,
    /// Its bytes.
    pub size: u64,
}

/// A `WebVTT` file beside the tracks.
#[derive(Clone, Debug)]
pub struct Subtitle {
    /// The Representation's id: the file's name without its ending.
    pub id: String,
    /// The language as in RFC 5646.
    pub lang: String,
    /// What people call it.
    pub label: Option<String>,
    /// The whole text.
    pub text: Arc<str>,
}
