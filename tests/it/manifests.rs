//! The hand-written MPDs: each can be read, resolved and, where the schema is at hand, validated.

use crate::judges::{keep_to_the_dash_schema, root};
use bytes::Bytes;
use dashpot_base::MediaTime;
use dashpot_bmff::{parse_init, parse_sidx};
use dashpot_mpd::{
    parse,
    timeline::{Presentation, RepView, SegmentIndex, Sidx, from_sidx},
};
use std::{collections::BTreeSet, fs};
use url::Url;

/// Name and text of each manifest.
fn manifests() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join("manifests")).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|end| end == "mpd") {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            found.push((name, fs::read_to_string(&path).expect("UTF-8")));
        }
    }
    found.sort();
    assert!(5 <= found.len(), "only {found:?}");
    found
}

fn resolved(name: &str, text: &str) -> Presentation {
    let (mpd, warnings) = parse(text).expect(name);
    assert_eq!(warnings, [], "{name}");
    assert_eq!(parse(mpd.write()).expect(name).0, mpd, "{name}");
    let url = Url::parse(&format!("http://localhost/manifests/{name}")).expect("a URL");
    let presentation = Presentation::resolve(&mpd, &url).expect(name);
    assert_eq!(presentation.problems, [], "{name}");
    presentation
}

/// Returns the track that a URL of the film leads to.
fn track(url: &str) -> &str {
    let rest = url.strip_prefix("http://localhost/vod/film/").expect(url);
    rest.split(['/', '.']).next().expect("a name")
}

#[test]
fn every_manifest_resolves_to_the_whole_film() {
    for (name, text) in manifests() {
        let presentation = resolved(&name, &text);
        assert_eq!(presentation.duration().as_secs(), 24, "{name}");
        for period in &presentation.periods {
            let kinds: BTreeSet<_> =
                period.sets.iter().map(|set| format!("{:?}", set.kind)).collect();
            assert!(kinds.contains("Video") && kinds.contains("Audio"), "{name}: {kinds:?}");
            for representation in period.sets.iter().flat_map(|set| &set.representations) {
                let SegmentIndex::Listed(segments) = &representation.index else { continue };
                let last = segments.last().expect(&name);
                let end = last.start.ticks + last.duration.ticks;
                let whole = MediaTime::from_duration(period.duration, last.start.timescale);
                assert_eq!(end, whole.ticks, "{name} {}", representation.id);
                let all_its_own = segments.iter().all(|s| track(&s.url) == representation.id);
                assert!(all_its_own, "{name} {}", representation.id);
            }
        }
    }
}

/// A CMAF file of the film, and what its own boxes say.
struct Track {
    codec: String,
    size: (u32, u32),
    init_len: u64,
    index: (u64, u64),
    sidx: Sidx,
}

fn film(id: &str) -> Track {
    let path = root().join(format!("media/film/{id}.mp4"));
    let bytes = Bytes::from(fs::read(&path).expect(id));
    let init = parse_init(&bytes).expect(id);
    let top: Vec<_> = dashpot_bmff::boxes(&bytes).map(|item| item.expect(id)).collect();
    let header = &top.iter().find(|item| item.is(b"sidx")).expect(id).header;
    let index = header.start..header.end();
    let place = |at: u64| usize::try_from(at).expect("a small file");
    let sidx = parse_sidx(&bytes.slice(place(index.start)..place(index.end))).expect(id);
    let entries = sidx.references.iter().map(|r| (u64::from(r.size), u64::from(r.duration)));
    Track {
        codec: init.tracks[0].codec.clone(),
        size: (init.tracks[0].width.into(), init.tracks[0].height.into()),
        init_len: index.start,
        index: (index.start, index.end - 1),
        sidx: Sidx {
            timescale: sidx.timescale,
            earliest_presentation_time: sidx.earliest_presentation_time,
            first_byte: index.end + sidx.first_offset,
            entries: entries.collect(),
        },
    }
}

/// Checks one Representation against the file that it is cut from.
fn check_against_the_film(representation: &RepView) {
    let id = representation.id.as_str();
    let track = film(id);
    assert_eq!(representation.codecs.as_deref(), Some(track.codec.as_str()), "{id}");
    let size = (representation.width.unwrap_or(0), representation.height.unwrap_or(0));
    assert_eq!(size, track.size, "{id}");
    if let Some(range) = representation.init.as_ref().expect(id).range {
        assert_eq!(range, (0, track.init_len - 1), "{id}");
    }
    let segments = match &representation.index {
        SegmentIndex::NeedsSidx(file) => {
            assert_eq!(file.index_range, track.index, "{id}");
            from_sidx(file, &track.sidx).expect(id)
        }
        SegmentIndex::Listed(segments) => segments.clone(),
    };
    let (mut time, mut byte) = (0, track.sidx.first_byte);
    let real = track.sidx.entries.iter().zip(1_u64..).map(|(&(size, duration), number)| {
        let place = (number, time, (byte, byte + size - 1));
        (time, byte) = (time + duration, byte + size);
        place
    });
    let real: Vec<_> = real.collect();
    for segment in &segments {
        let (number, time, range) = real[usize::try_from(segment.number - 1).expect("small")];
        assert_eq!(segment.number, number, "{id}");
        match segment.range {
            Some(found) => assert_eq!(found, range, "{id} #{number}"),
            None => {
                let by_number = format!("/{id}/{number}.m4s");
                let by_time = format!("/{id}/t{time}.m4s");
                let url = &segment.url;
                assert!(url.ends_with(&by_number) || url.ends_with(&by_time), "{url}");
            }
        }
    }
}

#[test]
fn every_manifest_agrees_with_the_boxes_of_the_film() {
    for (name, text) in manifests() {
        for period in resolved(&name, &text).periods {
            for representation in period.sets.iter().flat_map(|set| &set.representations) {
                if representation.mime.as_deref() == Some("text/vtt") {
                    let path = root().join(format!("media/film/{}.vtt", representation.id));
                    assert!(path.is_file(), "{name}: {}", path.display());
                } else {
                    check_against_the_film(representation);
                }
            }
        }
    }
}

#[test]
fn every_manifest_is_valid_by_the_schema_as_it_is_and_as_it_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut files = Vec::new();
    for (name, text) in manifests() {
        let written = folder.path().join(&name);
        fs::write(&written, parse(text).expect(&name).0.write()).expect("a file");
        files.extend([root().join("manifests").join(&name), written]);
    }
    keep_to_the_dash_schema(&files);
}
