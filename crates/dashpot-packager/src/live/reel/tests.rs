use super::*;
use crate::{
    fixture::{Film, film},
    grammar::Service,
    live::segment::{segment, testing::spans},
    live::settings::Settings,
};
use proptest::prelude::*;

/// Frame rates as frames in seconds, and sampling rates, with which films are made.
const RATES: [(u32, u32); 4] = [(24_000, 1_001), (25, 1), (30_000, 1_001), (50, 1)];
const SAMPLING: [u32; 2] = [44_100, 48_000];

fn options(given: &str) -> Options {
    let parts = given.split('/').filter(|part| !part.is_empty());
    parts.fold(Options::default(), |options, one| options.with(Service::Live, one).unwrap())
}

fn check(asset: &Asset, given: &str, index: u64) {
    let options = options(given);
    let settings = Settings::of(asset, &options).unwrap();
    let reel = settings.reel;
    let scale = u128::from(reel.timescale());
    // Pictures: every segment has the same length, to the tick, and where it is follows from that.
    let each = u128::from(reel.each().unwrap());
    assert_eq!(reel.start(index), each * u128::from(index));
    for ticks in [reel.start(index), reel.start(index + 1) - 1] {
        assert_eq!(reel.at(ticks), index);
    }
    for at in 0..asset.tracks.len() {
        let strip = reel.strip(at).unwrap();
        assert_eq!(strip.at(strip.start(index)), Some(index));
        assert!(strip.duration(index) <= strip.longest());
        // No gap and no overlap: samples follow one another within a segment and to the next one.
        let mut time = strip.start(index);
        for index in index..index + 3 {
            let whole = segment(&settings, &strip, index).unwrap().unwrap();
            for (begin, end) in spans(asset, &strip, &whole) {
                assert_eq!(begin, time, "{} {index}", strip.track.id);
                time = end;
            }
            assert_eq!(time, strip.start(index + 1));
        }
        // No drift: never more than half a frame of sound from the pictures.
        let own = u128::from(strip.start(index)) * scale;
        let true_start = reel.start(index) * u128::from(strip.track.timescale);
        let half = strip.frames.map_or(0, |frames| u128::from(frames.duration) * scale);
        assert!(own.abs_diff(true_start) * 2 <= half, "{} {index}", strip.track.id);
    }
}

/// Law: of all segments of a year each begins where the one before ended, and is never more than half a
/// frame of sound from the pictures.
#[test]
fn a_year_of_segments_has_no_gap_no_overlap_and_no_drift() {
    // Segments of a day, about, and days.
    const DAY: u64 = 43_200;
    const DAYS: u64 = 366;
    for (rate, sampling) in RATES.into_iter().flat_map(|rate| SAMPLING.map(|one| (rate, one))) {
        let made = Film { rate, sampling, gops: 5, gop_seconds: 2, missing_frames: 1 };
        let (asset, options) = (film(&made), Options::default());
        let reel = Reel::of(&asset, &options).unwrap();
        let scale = u128::from(reel.timescale());
        for at in 0..asset.tracks.len() {
            let strip = reel.strip(at).unwrap();
            let half = strip.frames.map_or(0, |frames| u128::from(frames.duration) * scale);
            let (mut index, mut time) = (0, strip.start(0));
            for run in (0..DAYS).flat_map(|day| strip.runs(day * DAY..(day + 1) * DAY)) {
                index += run.more + 1;
                time += run.duration * (run.more + 1);
                assert!(run.duration <= strip.longest());
                assert_eq!(time, strip.start(index), "{rate:?} {sampling} {}", strip.track.id);
                let truly = reel.start(index) * u128::from(strip.track.timescale);
                assert!((u128::from(time) * scale).abs_diff(truly) * 2 <= half, "{index}");
            }
            assert_eq!(index, DAYS * DAY);
        }
    }
}

proptest! {
    #[test]
    fn a_loop_has_no_gap_no_overlap_and_no_drift_for_decades(
        rate in 0..RATES.len(),
        sampling in 0..SAMPLING.len(),
        gops in 2..6_u64,
        seconds in 0..4_000_000_000_u64,
        merged in 1..3_u64,
        chunk in proptest::option::of(20..900_u64),
        missing in 0..3_u64,
    ) {
        let (rate, sampling) = (RATES[rate], SAMPLING[sampling]);
        let asset = film(&Film { rate, sampling, gops, gop_seconds: 2, missing_frames: missing });
        let gop_ms = asset.gop().unwrap().as_duration().as_millis();
        let seg = crate::grammar::seconds(u64::try_from(gop_ms).unwrap() * merged);
        let mut given = format!("seg_{seg}s");
        if let Some(chunk) = chunk {
            given = format!("{given}/chunk_{}s", crate::grammar::seconds(chunk));
        }
        check(&asset, &given, seconds / 2 / merged);
        check(&asset, &given, seconds % 10);
        // The seam between two passes.
        let per_pass = gops / merged;
        check(&asset, &given, seconds / per_pass * per_pass + per_pass - 1);
    }
}

#[test]
fn what_remains_of_a_film_behind_its_last_whole_segment_is_left_out() {
    let asset =
        film(&Film { rate: (25, 1), sampling: 48_000, gops: 5, gop_seconds: 2, missing_frames: 0 });
    for (given, per_pass) in [("", 5), ("seg_4s", 2), ("seg_6s", 1), ("seg_10s", 1)] {
        assert_eq!(Reel::of(&asset, &options(given)).unwrap().per_pass(), per_pass, "{given}");
    }
    let error = Reel::of(&asset, &options("seg_12s")).unwrap_err().to_string();
    assert!(error.contains("the nearest is `seg_10s`"), "{error}");
}

#[test]
fn segments_of_uneven_length_loop_too() {
    let track =
        crate::fixture::track("v1", crate::fixture::kind_video(180), 1_000, &[1_000, 2_000, 1_500]);
    let source =
        crate::AssetSource { name: "clip".to_owned(), tracks: vec![track], ..Default::default() };
    let asset = Asset::new(source).unwrap();
    let reel = Reel::of(&asset, &Options::default()).unwrap();
    let starts: Vec<_> = (0..7).map(|index| reel.start(index)).collect();
    assert_eq!(starts, [0, 1_000, 3_000, 4_500, 5_500, 7_500, 9_000]);
    for (index, pair) in (0..).zip(starts.windows(2)) {
        assert_eq!((reel.at(pair[0]), reel.at(pair[1] - 1)), (index, index));
        let strip = reel.strip(0).unwrap();
        assert_eq!(u128::from(strip.duration(index)), pair[1] - pair[0]);
        assert_eq!(strip.at(u64::try_from(pair[0]).unwrap()), Some(index));
    }
    assert_eq!((reel.longest(), reel.each()), (2_000, None));
}

/// What the lengths of segments are, counted one by one.
fn slow(strip: &Strip<'_>, segments: Range<u64>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for duration in segments.map(|index| strip.duration(index)) {
        match runs.last_mut() {
            Some(run) if run.duration == duration => run.more += 1,
            _ => runs.push(Run { duration, more: 0 }),
        }
    }
    runs
}

/// A film whose pictures are cut unevenly, with sound that is cut by frames and a track of another
/// rate that is cut elsewhere.
fn uneven() -> Asset {
    let track = crate::fixture::track;
    let video = track("v1", crate::fixture::kind_video(180), 1_000, &[1_000, 2_000, 1_500]);
    let other = track("x1", crate::fixture::kind_video(360), 90_000, &[80_000, 150_001, 174_000]);
    let source = crate::AssetSource {
        name: "clip".to_owned(),
        tracks: vec![video, other, track("a-en", crate::fixture::STEREO, 48_000, &[216_000])],
        ..Default::default()
    };
    Asset::new(source).unwrap()
}

proptest! {
    /// Law: segments counted in passing last what each of them lasts by itself.
    #[test]
    fn runs_are_the_durations_of_each_segment(
        rate in 0..RATES.len(),
        sampling in 0..SAMPLING.len(),
        gops in 2..6_u64,
        merged in 1..3_u64,
        from in prop_oneof![0..20_u64, 0..2_000_000_000_u64],
        count in 0..200_u64,
    ) {
        let film = Film { rate: RATES[rate], sampling: SAMPLING[sampling], gops, gop_seconds: 2, missing_frames: 0 };
        let even = film_with(&film, merged);
        for (asset, given) in [&(even), &(uneven(), String::new())] {
            let options = options(given);
            let reel = Reel::of(asset, &options).unwrap();
            for at in 0..asset.tracks.len() {
                let (strip, segments) = (reel.strip(at).unwrap(), from..from + count);
                prop_assert_eq!(strip.runs(segments.clone()), slow(&strip, segments));
            }
        }
    }
}

/// Returns a film and the option that joins so many of its groups of pictures.
fn film_with(made: &Film, merged: u64) -> (Asset, String) {
    let asset = film(made);
    let gop_ms = asset.gop().unwrap().as_duration().as_millis();
    let seg = crate::grammar::seconds(u64::try_from(gop_ms).unwrap() * merged);
    (asset, format!("seg_{seg}s"))
}
