//! Synthetic assets with heads that can be patched, and the files they stand for.

use crate::{Asset, AssetSource, Drm, Fragment, Kind, Part, Plan, Subtitle, Track};
use bytes::{BufMut as _, Bytes, BytesMut};
use dashpot_bmff::{Cut, RunSample, SampleDefaults, build_cut};
use dashpot_cenc::Keys;
use std::collections::BTreeMap;

pub(crate) const INIT_LEN: u64 = 40;

pub(crate) fn kind_video(height: u32) -> Kind {
    Kind::Video { width: height * 16 / 9, height, frame_rate: Some((25, 1)), sar: (1, 1) }
}

pub(crate) const STEREO: Kind = Kind::Audio { sample_rate: 48_000, channels: 2 };

/// Returns a track whose fragments have those durations, in ticks.
pub(crate) fn track(id: &str, kind: Kind, timescale: u32, durations: &[u64]) -> Track {
    let codec = match kind {
        Kind::Video { .. } => "avc1.64001F",
        Kind::Audio { .. } => "mp4a.40.2",
    };
    let (mut offset, mut start) = (INIT_LEN, 0);
    let mut fragments = Vec::new();
    for (index, duration) in durations.iter().enumerate() {
        let head = moof(start);
        let head_len = u64::try_from(head.len()).unwrap();
        let size = head_len + 20 + u64::try_from(index % 7).unwrap() * 11;
        fragments.push(Fragment { offset, size, start, duration: *duration, head });
        offset += size;
        start += duration;
    }
    Track {
        id: id.to_owned(),
        path: format!("clip/{id}.mp4"),
        kind,
        codec: codec.to_owned(),
        track_id: 1,
        timescale,
        lang: id.strip_prefix("a-").unwrap_or("und").to_owned(),
        label: None,
        init: 0..INIT_LEN,
        defaults: SampleDefaults::default(),
        sample_entries: match kind {
            Kind::Video { .. } => entries(b"avc1"),
            Kind::Audio { .. } => Bytes::new(),
        },
        fragments,
    }
}

/// Returns the body of a `stsd` with a sample entry of that type, whose `avcC` has no parameter sets.
pub(crate) fn entries(kind: &[u8; 4]) -> Bytes {
    let mut out = BytesMut::from(&[0, 0, 0, 0, 0, 0, 0, 1][..]);
    out.put_u32(8 + 78 + 15);
    out.put_slice(kind);
    out.put_bytes(0, 78);
    out.put_slice(b"\0\0\0\x0favcC\x01\x64\0\x1f\xff\xe0\0");
    out.freeze()
}

/// Returns what protects by the keys of a secret.
pub(crate) fn drm(seed: u8) -> Drm {
    let keys = Keys::new([seed; 32], BTreeMap::new());
    Drm::new(keys, BTreeMap::new(), LICENCES.to_owned())
}

/// Where licences for it are.
pub(crate) const LICENCES: &str = "http://origin.test/drm/clearkey";

/// Returns durations in 48 kHz ticks of AAC fragments cut next to every `gop_s` seconds.
pub(crate) fn aac(gop_s: u64, count: u64) -> Vec<u64> {
    let cut = |index: u64| (index * gop_s * 48_000 + 512) / 1_024 * 1_024;
    (0..count).map(|index| cut(index + 1) - cut(index)).collect()
}

/// Two rungs, two languages and subtitles; `count` fragments of 2 s.
pub(crate) fn clip(count: u64) -> Asset {
    let video = vec![25_600; usize::try_from(count).unwrap()];
    let audio = aac(2, count);
    Asset::new(AssetSource {
        name: "clip".to_owned(),
        title: "A <clip> & more".to_owned(),
        fingerprint: 7,
        tracks: vec![
            track("v1", kind_video(180), 12_800, &video),
            track("v2", kind_video(360), 12_800, &video),
            track("a-en", STEREO, 48_000, &audio),
            track("a-ko", STEREO, 48_000, &audio),
        ],
        subtitles: vec![Subtitle {
            id: "s-en".to_owned(),
            lang: "en".to_owned(),
            label: Some("English".to_owned()),
            text: "WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n".into(),
        }],
        ..AssetSource::default()
    })
    .unwrap()
}

/// Returns the bytes of each file; media data is a pattern of its offset.
pub(crate) fn files(asset: &Asset) -> BTreeMap<String, Vec<u8>> {
    let file = |track: &Track| {
        let end = track.fragments.last().map_or(0, |last| last.offset + last.size);
        let mut bytes: Vec<u8> = (0..end).map(|at| u8::try_from(at % 251).unwrap()).collect();
        for fragment in &track.fragments {
            let at = usize::try_from(fragment.offset).unwrap();
            bytes[at..at + fragment.head.len()].copy_from_slice(&fragment.head);
        }
        (track.path.clone(), bytes)
    };
    asset.tracks().iter().map(file).collect()
}

/// Puts a range of a body together, as a driver does.
pub(crate) fn read(
    files: &BTreeMap<String, Vec<u8>>,
    plan: &Plan,
    range: std::ops::Range<u64>,
) -> Vec<u8> {
    let mut out = Vec::new();
    for part in plan.parts(range) {
        assert!(!part.is_empty());
        match part {
            Part::Bytes(bytes) => out.extend_from_slice(&bytes),
            Part::File { path, range } => {
                let (start, end) =
                    (usize::try_from(range.start).unwrap(), usize::try_from(range.end).unwrap());
                out.extend_from_slice(&files[&path][start..end]);
            }
        }
    }
    out
}

fn moof(decode_time: u64) -> Bytes {
    let mut out = BytesMut::new();
    out.put_u32(8 + 16 + 8 + 16 + 20);
    out.put_slice(b"moof");
    out.put_u32(16);
    out.put_slice(b"mfhd");
    out.put_u64(0);
    out.put_u32(8 + 16 + 20);
    out.put_slice(b"traf");
    out.put_u32(16);
    out.put_slice(b"tfhd");
    out.put_u32(0x02_0000);
    out.put_u32(1);
    out.put_u32(20);
    out.put_slice(b"tfdt");
    out.put_u32(0x0100_0000);
    out.put_u64(decode_time);
    out.freeze()
}

/// Returns the decode time and the sequence number that a head made here has.
pub(crate) fn times(fragment: &[u8]) -> (u64, u32) {
    let word = |at: usize| u32::from_be_bytes(fragment[at..at + 4].try_into().unwrap());
    (u64::from(word(60)) << 32 | u64::from(word(64)), word(20))
}

/// A film whose samples are really there.
pub(crate) struct Film {
    /// Frames in so many seconds.
    pub(crate) rate: (u32, u32),
    pub(crate) sampling: u32,
    pub(crate) gops: u64,
    pub(crate) gop_seconds: u32,
    /// Frames of sound that the film has too few.
    pub(crate) missing_frames: u64,
}

/// Returns a film of pictures and AAC; sound is cut next to every group of pictures.
pub(crate) fn film(film: &Film) -> Asset {
    let gop = u64::from(film.rate.0.div_ceil(film.rate.1) * film.gop_seconds);
    let sample = 512 * film.rate.1;
    let video: Vec<_> = (0..film.gops).map(|_| gop).collect();
    let scale = u128::from(film.rate.0) * 512;
    let cut = |at: u64| {
        let ticks = u128::from(at * gop * u64::from(sample)) * u128::from(film.sampling);
        u64::try_from((ticks + scale * 512) / (scale * 1_024)).unwrap()
    };
    let mut audio: Vec<_> = (0..film.gops).map(|at| cut(at + 1) - cut(at)).collect();
    *audio.last_mut().unwrap() -= film.missing_frames;
    let sound = Kind::Audio { sample_rate: film.sampling, channels: 2 };
    let tracks = vec![
        sampled("v1", kind_video(180), (film.rate.0 * 512, sample), &video),
        sampled("a-en", sound, (film.sampling, 1_024), &audio),
    ];
    Asset::new(AssetSource {
        name: "film".to_owned(),
        title: "Film".to_owned(),
        fingerprint: 7,
        tracks,
        ..AssetSource::default()
    })
    .unwrap()
}

/// Returns a track whose fragments have so many samples.
fn sampled(id: &str, kind: Kind, (timescale, each): (u32, u32), counts: &[u64]) -> Track {
    let mut track = track(id, kind, timescale, &[]);
    let (mut offset, mut start) = (INIT_LEN, 0);
    for count in counts {
        let sample = |at: u64| RunSample {
            duration: each,
            size: 1 + u32::try_from(at % 13).unwrap(),
            flags: if at == 0 { 0 } else { 0x1_0000 },
            composition_offset: 0,
        };
        let samples: Vec<_> = (0..*count).map(sample).collect();
        let cut = Cut { track_id: 1, sequence_number: 1, decode_time: start, samples: &samples };
        let head = build_cut(&cut).unwrap();
        let bytes: u64 = samples.iter().map(|sample| u64::from(sample.size)).sum();
        let size = u64::try_from(head.len()).unwrap() + bytes;
        let duration = count * u64::from(each);
        let head = head.slice(..head.len() - 8);
        track.fragments.push(Fragment { offset, size, start, duration, head });
        (offset, start) = (offset + size, start + duration);
    }
    track
}
