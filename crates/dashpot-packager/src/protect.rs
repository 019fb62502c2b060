//! Media that is encrypted on its way out: what a path asks for, which key each segment has, and what
//! manifests say of it.
//!
//! Media data never passes through the packager. Which bytes of pictures are encrypted depends on
//! them, and so do the lengths of heads: a protected segment is a [`Sealed`], work that the driver
//! has done over what it reads.

mod descriptors;
mod sealed;

pub(crate) use descriptors::{mpd, protect, version};
pub(crate) use sealed::Chunk;
use sealed::pieces;
pub use sealed::{Piece, SealError, Sealed};

use crate::{
    catalogue::{Asset, Catalogue, Kind, Track},
    grammar::{AD, DRM, MID, Options, PERIOD, POST, PRE, ROTATE, Service, TRICK, seconds},
    live::settings::to_ms,
    options::OptionError,
    timeline::{Segment, Timeline},
};
use bytes::Bytes;
use dashpot_bmff::{Protection, Scheme, SystemHeader, build_pssh};
use dashpot_cenc::{Cipher, Coding, CodingError, KeyId, Keys, Purpose, Stream};
use std::collections::BTreeMap;

/// The W3C's common system, whose `pssh` names keys and which every player may read
/// ("cenc" initialization data, EME).
const COMMON: [u8; 16] = 0x1077_efec_c0b2_4d02_ace3_3c1e_52e2_fb4b_u128.to_be_bytes();

/// Parts are read from the clear alone.
pub(crate) const PARTS: &str = "what is protected has no parts: leave out `drm_`";
/// What tells HLS players of keys is not written.
pub(crate) const HLS: &str = "playlists say nothing of keys: use `number` or `time` with `drm_`";

/// No frame of sound lasts longer: 2,048 samples at 16 kHz. No segment is shorter than two of them.
const FRAME_MS: u64 = 128;

/// What is told to a protection system that is not ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct System {
    /// Names it.
    pub id: [u8; 16],
    /// Its whole `pssh` box.
    pub pssh: Bytes,
}

/// What an origin protects media with.
#[derive(Clone, Debug)]
pub struct Drm {
    keys: Keys,
    /// Systems beside ClearKey, by asset.
    systems: BTreeMap<String, Vec<System>>,
    licence_url: String,
    fingerprint: u64,
}

impl Drm {
    /// Returns protection by `keys`, whose licences players get at `licence_url`.
    #[must_use]
    pub fn new(keys: Keys, systems: BTreeMap<String, Vec<System>>, licence_url: String) -> Self {
        let told: Vec<u8> = systems
            .iter()
            .flat_map(|(asset, systems)| {
                let boxes = systems.iter().flat_map(|system| system.pssh.iter().copied());
                asset.bytes().chain([0]).chain(boxes)
            })
            .collect();
        let fingerprint = keys.fingerprint(&told);
        Self { keys, systems, licence_url, fingerprint }
    }

    /// Returns the keys, for those who ask for licences.
    #[must_use]
    pub const fn keys(&self) -> &Keys {
        &self.keys
    }
}

/// The fingerprint of an asset as `options` have it served: protected, it has other bytes with other
/// keys, and so other URLs.
pub(crate) fn fingerprint(catalogue: &Catalogue, asset: &Asset, options: &Options) -> u64 {
    let keys = catalogue.drm().filter(|_| options.words(&DRM).is_some());
    asset.fingerprint ^ keys.map_or(0, |drm| drm.fingerprint)
}

/// An asset that is protected as a path asks.
#[derive(Clone, Copy, Debug)]
pub struct Protector<'a> {
    drm: &'a Drm,
    asset: &'a Asset,
    scheme: Scheme,
    rotate_ms: Option<u64>,
    /// See [`Stream`].
    arrangement: u32,
}

impl<'a> Protector<'a> {
    /// Returns what `options` ask for, if it is protection. Segments of so many groups of pictures
    /// are arranged in another way than those of others.
    ///
    /// # Errors
    /// Names the option that cannot be met.
    pub(crate) fn of(
        catalogue: &'a Catalogue,
        asset: &'a Asset,
        options: &Options,
        (service, gops): (Service, u64),
    ) -> Result<Option<Self>, OptionError> {
        let rotate_ms = options.number(&ROTATE);
        let unfit = |given: String, why: &str| OptionError::Fit { given, why: why.to_owned() };
        let Some(words) = options.words(&DRM) else {
            return rotate_ms.map_or(Ok(None), |given| {
                let given = format!("rotate_{}s", seconds(given));
                Err(unfit(given, "only what is protected has keys: use it with `drm_cenc`"))
            });
        };
        let given = || format!("drm_{}", words.join("-"));
        let scheme = match words {
            ["cenc"] => Scheme::Cenc,
            ["cbcs"] => Scheme::Cbcs,
            _ => return Err(unfit(given(), "there is one scheme at a time")),
        };
        if options.number(&TRICK).is_some() {
            return Err(unfit(
                given(),
                "a track for fast play is not protected: leave `trick_` out",
            ));
        }
        if let Some(breaks) = [AD, PRE, MID, POST].iter().find(|spec| options.has(spec)) {
            let why = format!("breaks are in the clear: leave `{}_` out", breaks.name);
            return Err(unfit(given(), &why));
        }
        let Some(drm) = catalogue.drm() else {
            return Err(unfit(given(), "this origin has no keys"));
        };
        for track in asset.tracks() {
            coding(track).map_err(|error| unfit(given(), &format!("`{}`: {error}", track.id)))?;
        }
        let arrangement = match service {
            Service::Vod => 0,
            // Twenty-four bits count; so many groups of pictures no segment has.
            Service::Live => 1 << 23 | u32::try_from(gops & 0x7f_ffff).unwrap_or(0),
        };
        Ok(Some(Self { drm, asset, scheme, rotate_ms, arrangement }))
    }

    /// Returns the period of the key of a segment that begins so many milliseconds after time zero.
    pub(crate) fn period(&self, start_ms: u64) -> u64 {
        self.rotate_ms.and_then(|length| start_ms.checked_div(length)).unwrap_or(0)
    }

    /// Returns the name of the key of a period; the movie header names that of the first.
    fn key_id(&self, period: u64) -> KeyId {
        self.drm.keys.key(&self.purpose(period)).0
    }

    fn purpose(&self, period: u64) -> Purpose<'a> {
        let Asset { name, fingerprint, .. } = self.asset;
        Purpose { asset: name, fingerprint: *fingerprint, scheme: self.scheme, period }
    }

    /// ISO/IEC 23001-7 §10.1 and §10.4: counters and no pattern, or one vector and for pictures one
    /// block of ten.
    fn protection(&self, track: &Track, key_id: KeyId) -> Protection {
        let (pattern, constant_iv) = match (self.scheme, track.kind) {
            (Scheme::Cenc, _) => ((0, 0), None),
            (Scheme::Cbcs, Kind::Video { .. }) => ((1, 9), Some(Keys::constant_iv(&key_id))),
            (Scheme::Cbcs, Kind::Audio { .. }) => ((0, 0), Some(Keys::constant_iv(&key_id))),
        };
        Protection { scheme: self.scheme, key_id, pattern, constant_iv }
    }

    /// Returns the headers of all systems that know the key of a name.
    fn headers(&self, key_id: KeyId) -> Vec<Bytes> {
        let common = SystemHeader { system: COMMON, key_ids: &[key_id], data: &[] };
        // It has few bytes, so that it can be built.
        let common = build_pssh(&common).ok();
        common.into_iter().chain(self.systems().iter().map(|system| system.pssh.clone())).collect()
    }

    fn systems(&self) -> &'a [System] {
        self.drm.systems.get(&self.asset.name).map_or(&[], Vec::as_slice)
    }

    /// Returns what becomes of a track's samples in a period.
    pub(crate) fn seal(&self, at: usize, period: u64) -> Option<Seal> {
        let track = self.asset.tracks().get(at)?;
        let (key_id, key) = self.drm.keys.key(&self.purpose(period));
        let own_key = self.rotate_ms.is_some();
        Some(Seal {
            coding: coding(track).ok()?,
            cipher: Cipher::new(&key, self.protection(track, key_id)),
            stream: Stream { arrangement: self.arrangement, track: u16::try_from(at).ok()? },
            own_key,
            systems: if own_key { self.headers(key_id) } else { Vec::new() },
        })
    }

    /// Returns the movie header of a track.
    pub(crate) fn init(&self, at: usize) -> Option<Sealed> {
        let track = self.asset.tracks().get(at)?;
        let key_id = self.key_id(0);
        let protection = self.protection(track, key_id);
        let piece = Piece::init(track, protection, self.headers(key_id));
        Some(self.sealed(vec![piece]))
    }

    /// Returns a segment on demand, before which messages may stand.
    pub(crate) fn segment(
        &self,
        at: usize,
        timeline: &Timeline<'_>,
        segment: &Segment,
        messages: Option<Bytes>,
    ) -> Option<Sealed> {
        // All tracks have another key from the same segment on, whose begins differ by less than the
        // length of a frame of sound.
        let ms = to_ms(u128::from(segment.start), timeline.track().timescale);
        let seal = self.seal(at, self.period(ms.saturating_add(FRAME_MS)))?;
        Some(self.sealed(pieces((timeline, segment), messages, &seal).ok()?))
    }

    /// Returns what consists of `pieces`.
    pub(crate) const fn sealed(&self, pieces: Vec<Piece>) -> Sealed {
        Sealed { pieces, fingerprint: self.drm.fingerprint }
    }
}

/// Refuses an MPD that could not tell of keys as they change: those of a live film have to change with its
/// Periods, and what is on demand is one.
///
/// # Errors
/// Names the option.
pub(crate) fn told(options: &Options, service: Service) -> Result<(), OptionError> {
    let Some(rotate) = options.number(&ROTATE) else { return Ok(()) };
    let period = options.number(&PERIOD).filter(|_| service == Service::Live);
    if period.is_some_and(|period| rotate.is_multiple_of(period.max(1))) {
        return Ok(());
    }
    let given = format!("rotate_{}s", seconds(rotate));
    let why = match service {
        Service::Live => format!(
            "players learn of keys from Periods: use it with `period_{}s`, or a part of that",
            seconds(rotate)
        ),
        Service::Vod => "players learn of keys from Periods, and on demand there is one".to_owned(),
    };
    Err(OptionError::Fit { given, why })
}

/// How the samples of a track are encrypted, and as what.
#[derive(Clone, Debug)]
pub(crate) struct Seal {
    coding: Coding,
    cipher: Cipher,
    stream: Stream,
    own_key: bool,
    systems: Vec<Bytes>,
}

fn coding(track: &Track) -> Result<Coding, CodingError> {
    match track.kind {
        Kind::Video { .. } => Coding::pictures(&track.sample_entries),
        Kind::Audio { .. } => Ok(Coding::sound()),
    }
}

#[cfg(test)]
mod tests;
