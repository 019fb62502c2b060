//! The matrix of `docs/origin.md`: what it lists is valid, and it lists everything.
//! `web/e2e/matrix.test.mjs` plays the same rows in Chromium.

use crate::{
    judges::{keep_to_the_dash_schema, root},
    origin::Origin,
};
use dashpot_mpd::{AdaptationSet, Mpd, SegmentTemplate};
use std::fs;

/// Options that no row needs: MPDs put them into their own URLs.
const IN_EVERY_MPD: [&str; 2] = ["v_", "of_"];

fn guide() -> String {
    fs::read_to_string(root().join("docs/origin.md")).expect("the guide")
}

/// Returns the URLs of the matrix.
fn urls(guide: &str) -> Vec<&str> {
    let (_, matrix) = guide.split_once("\n## Matrix\n").expect("a matrix");
    let matrix = matrix.split("\n## ").next().unwrap_or(matrix);
    matrix
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains("| `/"))
        .map(|line| line.split('`').nth(1).expect("an URL"))
        .collect()
}

/// Returns the options of a family as the guide lists them, which another test holds to the grammar.
fn options<'a>(guide: &'a str, family: &str) -> Vec<&'a str> {
    let (_, table) = guide.split_once(&format!("<!-- options: {family} -->")).expect("a table");
    let table = table.split("<!-- end -->").next().unwrap_or(table);
    table.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect()
}

/// One of either family is enough where both have it.
#[test]
fn every_option_is_in_the_matrix() {
    let guide = guide();
    let urls = urls(&guide);
    for option in ["live", "vod"].into_iter().flat_map(|family| options(&guide, family)) {
        let is_there = urls.iter().any(|url| url.contains(&format!("/{option}")));
        assert!(
            is_there || IN_EVERY_MPD.contains(&option),
            "the matrix of docs/origin.md has no row with {option}"
        );
    }
}

#[test]
fn every_mpd_of_the_matrix_is_valid() {
    let (origin, folder, guide) =
        (Origin::start(), tempfile::tempdir().expect("a folder"), guide());
    let mut files = Vec::new();
    // Channels are there when somebody contributes one.
    let is_made_here = |url: &&&str| url.ends_with(".mpd") && !url.starts_with("/channel/");
    for (number, url) in urls(&guide).iter().filter(is_made_here).enumerate() {
        let text = origin.get(url);
        let (mpd, _) = dashpot_mpd::parse(&text).unwrap_or_else(|error| panic!("{url}: {error}"));
        keeps_to_its_longest_segment(url, &mpd);
        let file = folder.path().join(format!("{number}-{}.mpd", url.replace('/', "-")));
        fs::write(&file, text).expect("a file");
        files.push(file);
    }
    keep_to_the_dash_schema(&files);
}

/// ISO/IEC 23009-1 §5.3.1.2: no segment is longer than `@maxSegmentDuration`.
fn keeps_to_its_longest_segment(url: &str, mpd: &Mpd) {
    let Some(most) = mpd.max_segment_duration else { return };
    for set in mpd.periods.iter().flat_map(|period| &period.adaptation_sets) {
        for template in templates(set) {
            let timescale = f64::from(template.timescale.unwrap_or(1));
            let runs = template.segment_timeline.iter().flat_map(|timeline| &timeline.s);
            for ticks in runs.map(|run| run.d).chain(template.duration) {
                let seconds = f64::from(u32::try_from(ticks).expect("a short segment")) / timescale;
                assert!(seconds <= most.as_secs_f64(), "{url}: {seconds} s of {most:?}");
            }
        }
    }
}

fn templates(set: &AdaptationSet) -> impl Iterator<Item = &SegmentTemplate> {
    let own = set.representations.iter().filter_map(|one| one.segment_template.as_ref());
    own.chain(&set.segment_template)
}
