use super::{testing::pieces, *};
use crate::{
    fixture::{Film, film},
    grammar::{Options, Service},
};

fn check(given: &str, index: u64, expected: &[(u64, usize)]) {
    let asset =
        film(&Film { rate: (25, 1), sampling: 48_000, gops: 5, gop_seconds: 2, missing_frames: 0 });
    let options = given.split('/').filter(|one| !one.is_empty());
    let options =
        options.fold(Options::default(), |all, one| all.with(Service::Live, one).unwrap());
    let settings = Settings::of(&asset, &options).unwrap();
    let strip = settings.reel.strip(0).unwrap();
    let segment = segment(&settings, &strip, index).unwrap().unwrap();
    let due: Vec<_> = segment.due.iter().map(|due| due.at.unix_millis()).collect();
    let samples = pieces(&asset, &strip, &segment).into_iter().map(|piece| piece.samples.len());
    let found: Vec<_> = due.into_iter().zip(samples).collect();
    assert_eq!(found, expected, "{given} {index}");
    assert_eq!(segment.due.last().unwrap().end, segment.plan.len());
}

#[test]
fn chunks_are_due_as_their_time_ends_and_hold_the_samples_of_it() {
    check("", 3, &[(8_000, 50)]);
    check("chunk_0.5s", 0, &[(500, 12), (1_000, 13), (1_500, 12), (2_000, 13)]);
    check("chunk_0.8s", 1, &[(2_800, 20), (3_600, 20), (4_000, 10)]);
    check("chunk_1s/ast_100", 1, &[(103_000, 25), (104_000, 25)]);
    // Chunks shorter than a frame: as many as there are frames.
    let each: Vec<_> = (1..=50).map(|frame| (frame * 40, 1)).collect();
    check("chunk_0.04s", 0, &each);
    assert_eq!(ntp(0, 0, 1), 2_208_988_800 << 32);
    assert_eq!(ntp(500, 3, 4), (2_208_988_801 << 32) + (1 << 30));
}
