//! Laws of playlists over random films, options and times.

use super::{at, read::read, text};
use crate::{
    Body, Catalogue, Found,
    fixture::{Film, files, film, read as put_together},
};
use proptest::prelude::*;
use std::sync::LazyLock;

const RATES: [(u32, u32); 4] = [(25, 1), (24_000, 1_001), (30_000, 1_001), (50, 1)];
const OPTIONS: [&str; 6] = [
    "chunk_0.5s/",
    "chunk_0.2s/tsbd_10s/",
    "chunk_0.333s/seg_SEGs/",
    "",
    "tsbd_3s/",
    "ast_7/snr_0/chunk_1s/",
];

static FILMS: LazyLock<Vec<Catalogue>> = LazyLock::new(|| {
    let one = |(at, rate): (usize, (u32, u32))| {
        let sampling = if at % 2 == 0 { 48_000 } else { 44_100 };
        let missing_frames = u64::from(at == 1);
        Catalogue::new([film(&Film { rate, sampling, gops: 5, gop_seconds: 2, missing_frames })])
    };
    RATES.into_iter().enumerate().map(one).collect()
});

/// A film, a folder of playlists, and a track.
fn channels() -> impl Strategy<Value = (usize, String, &'static str)> {
    let track = prop_oneof![Just("v1"), Just("a-en")];
    (0..RATES.len(), 0..OPTIONS.len(), track).prop_map(|(rate, options, track)| {
        // Twice a group of pictures, as the option is written.
        let seg = ["4", "4.004", "4.004", "4"][rate];
        (rate, OPTIONS[options].replace("SEG", seg), track)
    })
}

fn bytes(catalogue: &Catalogue, found: &Found) -> Vec<u8> {
    let Body::Media(plan) = &found.body else { panic!("text") };
    put_together(&files(catalogue.asset("film").unwrap()), plan, 0..u64::MAX)
}

proptest! {
    #[test]
    fn what_is_listed_is_there_and_parts_are_their_segment(
        (film, options, track) in channels(), now_ms in 1_000_000..40_000_000_000_u64,
    ) {
        let catalogue = &FILMS[film];
        let get = |url: &str| at(catalogue, &format!("film/{options}{url}"), now_ms);
        let playlist = read(text(&get(&format!("hls-{track}.m3u8")).unwrap()));
        prop_assert!(!playlist.ended && !playlist.segments.is_empty());
        for (number, whole) in &playlist.segments {
            let name = format!("/{track}/{number}.m4s");
            prop_assert!(whole.url.ends_with(&name));
            prop_assert!(whole.seconds.round() <= playlist.target_s);
            let found = get(&whole.url).unwrap();
            prop_assert!(found.held_until.is_none() && found.due.is_empty(), "{} is not whole", whole.url);
            if !whole.parts.is_empty() {
                let seconds: f64 = whole.parts.iter().map(|part| part.seconds).sum();
                prop_assert!((seconds - whole.seconds).abs() < 0.000_01, "{:?}", whole);
                prop_assert!(whole.parts[0].independent);
                let joined: Vec<u8> =
                    whole.parts.iter().flat_map(|part| bytes(catalogue, &get(&part.url).unwrap())).collect();
                prop_assert_eq!(joined, bytes(catalogue, &found));
            }
        }
        let parts = playlist.segments.values().flat_map(|whole| &whole.parts).chain(&playlist.parts);
        for part in parts {
            prop_assert!(part.seconds <= playlist.part_target_s + 0.000_001, "{:?}", part);
            prop_assert!(get(&part.url).unwrap().held_until.is_none(), "{:?}", part);
        }
        prop_assert_eq!(playlist.hint.is_some(), options.contains("chunk"));
        if let Some(hint) = playlist.hint {
            prop_assert!(get(&hint).unwrap().held_until.is_some());
        }
    }

    #[test]
    fn a_playlist_only_goes_on(
        (film, options, track) in channels(), now_ms in 1_000_000..40_000_000_000_u64, later_ms in 0..30_000_u64,
    ) {
        let catalogue = &FILMS[film];
        let url = format!("film/{options}hls-{track}.m3u8");
        let get = |url: &str, now_ms| read(text(&at(catalogue, url, now_ms).unwrap()));
        let (old, new) = (get(&url, now_ms), get(&url, now_ms + later_ms));
        prop_assert!(old.sequence <= new.sequence);
        for (number, whole) in &old.segments {
            if let Some(same) = new.segments.get(number) {
                prop_assert_eq!((&whole.url, whole.seconds), (&same.url, same.seconds));
            }
        }
        // An update and what the client has make the whole.
        let update = get(&format!("{url}?_HLS_skip=YES"), now_ms);
        prop_assert_eq!(update.sequence, old.sequence);
        let skipped = old.sequence..old.sequence + update.skipped;
        let mut patched = update.segments.clone();
        patched.extend(skipped.map(|number| (number, old.segments[&number].clone())));
        prop_assert_eq!(patched, old.segments);
        prop_assert_eq!(update.parts, old.parts);
    }

    #[test]
    fn who_waits_gets_what_it_waits_for_at_the_moment_at_which_it_comes(
        (film, options, track) in channels(), now_ms in 1_000_000..40_000_000_000_u64,
        ahead in 0..3_u64, part in 0..4_usize,
    ) {
        let catalogue = &FILMS[film];
        let url = format!("film/{options}hls-{track}.m3u8");
        let now = read(text(&at(catalogue, &url, now_ms).unwrap()));
        let last = *now.segments.keys().next_back().unwrap();
        let with_parts = options.contains("chunk");
        let query = if with_parts {
            format!("{url}?_HLS_msn={}&_HLS_part={part}", last + ahead)
        } else {
            format!("{url}?_HLS_msn={}", last + ahead)
        };
        // Too far ahead is refused, which the table checks.
        let Ok(found) = at(catalogue, &query, now_ms) else { return Ok(()) };
        let has = |text: &str| {
            let playlist = read(text);
            let newest = *playlist.segments.keys().next_back().unwrap();
            let parts = playlist.parts.len();
            last + ahead <= newest || (with_parts && last + ahead == newest + 1 && part < parts)
                // Behind the last part of a segment comes the first of the next.
                || (with_parts && last + ahead == newest && 0 < parts)
        };
        prop_assert!(has(text(&found)), "{} at {}", query, now_ms);
        if let Some(until) = found.held_until {
            let then = at(catalogue, &url, until.unix_millis()).unwrap();
            prop_assert_eq!(text(&then), text(&found));
            let before = at(catalogue, &url, until.unix_millis() - 1).unwrap();
            prop_assert!(part != 0 || !has(text(&before)), "{} waits too long", query);
        } else {
            prop_assert!(has(text(&at(catalogue, &url, now_ms).unwrap())));
        }
    }
}
