//! What strangers ask an origin for: options, names of Periods, directives of playlists.
#![no_main]

use bytes::Bytes;
use dashpot_base::WallTime;
use dashpot_bmff::{Cut, RunSample, SampleDefaults, build_cut};
use dashpot_packager::{
    Around, Asked, Asset, AssetSource, Body, Catalogue, Fragment, Kind, Track, asked_time,
    livesim2, located, permitted, respond, respond_live_asked,
};
use libfuzzer_sys::fuzz_target;
use std::{sync::LazyLock, time::Duration};

/// The longest that an answer is held (RFC 8216bis §6.2.5.2), in milliseconds: the longest segment that
/// an option can ask for has a minute.
const HELD_MS: u64 = 3 * 60_000;

/// Returns a track of five fragments of two seconds.
fn track(id: &str, kind: Kind, (timescale, each): (u32, u32)) -> Track {
    let (mut offset, mut start) = (40, 0);
    let mut fragments = Vec::new();
    for at in 1..=5_u64 {
        let end = (at * 2 * u64::from(timescale) + u64::from(each) / 2) / u64::from(each);
        let count = end - start / u64::from(each);
        let sample = |at: u64| RunSample {
            duration: each,
            size: 9,
            flags: if at == 0 { 0 } else { 0x1_0000 },
            composition_offset: 0,
        };
        let samples: Vec<_> = (0..count).map(sample).collect();
        let cut = Cut { track_id: 1, sequence_number: 1, decode_time: start, samples: &samples };
        let head = build_cut(&cut).expect("a head");
        let size = head.len() as u64 + 9 * count;
        let duration = count * u64::from(each);
        let head = head.slice(..head.len() - 8);
        fragments.push(Fragment { offset, size, start, duration, head });
        (offset, start) = (offset + size, start + duration);
    }
    Track {
        id: id.to_owned(),
        path: format!("film/{id}.mp4"),
        kind,
        codec: "avc1.64001F".to_owned(),
        track_id: 1,
        timescale,
        lang: "und".to_owned(),
        label: None,
        init: 0..40,
        defaults: SampleDefaults::default(),
        sample_entries: Bytes::new(),
        fragments,
    }
}

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let video = Kind::Video { width: 320, height: 180, frame_rate: Some((25, 1)), sar: (1, 1) };
    let audio = Kind::Audio { sample_rate: 48_000, channels: 2 };
    let tracks = vec![track("v1", video, (12_800, 512)), track("a-en", audio, (48_000, 1_024))];
    let source = AssetSource { name: "film".to_owned(), tracks, ..AssetSource::default() };
    Catalogue::new([Asset::new(source).expect("an asset")])
});

fuzz_target!(|data: &[u8]| {
    let Some((time, rest)) = data.split_at_checked(5) else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    // 40 bits of milliseconds: up to 2004.
    let ms = time.iter().fold(0_u64, |ms, byte| ms << 8 | u64::from(*byte));
    let now = WallTime::from_epoch(Duration::from_millis(ms));
    let now = asked_time(Some(query), now).unwrap_or(now);
    drop((located(&format!("/live/{path}"), now), located(&format!("/livesim2/{path}"), now)));
    drop((permitted(&format!("/live/{path}"), Some(query)), livesim2(&CATALOGUE, &[], path)));
    drop(respond(&CATALOGUE, path));
    let asked = Asked { query: Some(query), now, around: Around::default() };
    let Ok(found) = respond_live_asked(&CATALOGUE, path, &asked) else { return };
    let held = found.held_until.map_or(Duration::ZERO, |until| until.since(now));
    assert!(held <= Duration::from_millis(HELD_MS), "{held:?}");
    let again = respond_live_asked(&CATALOGUE, path, &asked).expect("what was found once");
    if let (Body::Text(one), Body::Text(other)) = (found.body, again.body) {
        assert_eq!(one, other);
    }
});
