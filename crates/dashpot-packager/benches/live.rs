//! How long the packager takes for a live MPD, its patch, and the plan of a live segment.
//!
//! `cargo bench -p dashpot-packager --bench live -- --verbose` says the medians too.

use criterion::Criterion;
use dashpot_base::WallTime;
use dashpot_bmff::{Cut, RunSample, SampleDefaults, build_cut};
use dashpot_packager::{Asset, AssetSource, Catalogue, Fragment, Kind, Track, respond_live};
use std::{hint::black_box, time::Duration};

/// Memory comes from where the program has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn track(id: &str, kind: Kind, (timescale, each): (u32, u32), counts: &[u64]) -> Track {
    let (mut offset, mut start, mut fragments) = (0, 0, Vec::new());
    for count in counts {
        let sample = RunSample { duration: each, size: 500, flags: 0, composition_offset: 0 };
        let samples: Vec<_> = (0..*count).map(|_| sample).collect();
        let cut = Cut { track_id: 1, sequence_number: 1, decode_time: start, samples: &samples };
        let head = build_cut(&cut).expect("a head");
        let size = u64::try_from(head.len()).expect("small") + 500 * count;
        let (duration, head) = (count * u64::from(each), head.slice(..head.len() - 8));
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
        lang: id.to_owned(),
        label: None,
        init: 0..40,
        defaults: SampleDefaults::default(),
        sample_entries: bytes::Bytes::new(),
        fragments,
    }
}

/// Ten minutes of 2 s groups of pictures, five rungs and two languages.
fn film() -> Catalogue {
    let video: Vec<_> = (0..300).map(|_| 50).collect();
    let cut = |at: u64| (at * 96_000 + 512) / 1_024;
    let audio: Vec<_> = (0..300).map(|at| cut(at + 1) - cut(at)).collect();
    let picture = Kind::Video { width: 640, height: 360, frame_rate: Some((25, 1)), sar: (1, 1) };
    let sound = Kind::Audio { sample_rate: 48_000, channels: 2 };
    let rungs = (1..=5).map(|rung| track(&format!("v{rung}"), picture, (12_800, 512), &video));
    let tracks = rungs
        .chain(["en", "ko"].map(|lang| track(lang, sound, (48_000, 1_024), &audio)))
        .map(|track| Track {
            lang: match track.kind {
                Kind::Video { .. } => String::new(),
                Kind::Audio { .. } => track.id.clone(),
            },
            ..track
        });
    let source =
        AssetSource { name: "film".to_owned(), tracks: tracks.collect(), ..AssetSource::default() };
    Catalogue::new([Asset::new(source).expect("a film")])
}

fn main() {
    let film = film();
    // A moment after the patches' MPDs were published, so that a segment came and one went.
    let now = WallTime::from_epoch(Duration::from_millis(1_700_000_003_000));
    let mut criterion = Criterion::default().configure_from_args();
    for path in [
        "film/number.mpd",
        "film/tsbd_7200s/time.mpd",
        "film/tsbd_7200s/timeline.mpd",
        "film/patch_60s/tsbd_7200s/time-1700000000000.mpp",
        "film/patch_60s/tsbd_7200s/timeline-1700000000000.mpp",
        "film/v1/850000001.m4s",
        "film/en/850000001.m4s",
        "film/chunk_0.1s/v1/850000001.m4s",
    ] {
        criterion.bench_function(path, |bencher| {
            bencher.iter(|| respond_live(black_box(&film), path, now).expect(path));
        });
    }
    criterion.final_summary();
}
