//! Samples out of progressive and fragmented files, folded onto a timeline from zero, and back.

use std::time::Duration;

use bytes::{BufMut as _, Bytes, BytesMut};
use dashpot_base::MediaTime;
use proptest::prelude::*;

use super::{Cut, Media, Plan, Sample};
use crate::build::{boxed, full_boxed};
use crate::error::BmffError;
use crate::init::{Edit, Handler};
use crate::sidx::parse_sidx;
use crate::tests::{film_track, media_of, medias_of, slice};

const GOP: Cut = Cut::AtSync(Duration::from_secs(2));

/// Puts a planned file together, as a driver does.
fn assemble(plan: &Plan, source: &Bytes) -> Bytes {
    let file = plan.write(1).unwrap();
    let mut out = BytesMut::from(&file.header[..]);
    for fragment in &file.fragments {
        out.put_slice(&fragment.head);
        for range in &fragment.data {
            out.put_slice(&slice(source, range));
        }
    }
    out.freeze()
}

#[test]
fn a_track_file_packed_again_is_byte_equal() {
    let film = film_track();
    assert!(assemble(&Plan::new(media_of(&film), &GOP), &film) == film);
}

#[test]
fn the_index_says_where_fragments_really_are() {
    let film = film_track();
    let sidx = parse_sidx(&film).unwrap();
    let sidx_at = film.windows(4).position(|four| four == b"sidx").unwrap() - 4;
    let mut at = sidx_at + crate::sidx::sidx_len(sidx.references.len());
    for reference in &sidx.references {
        assert_eq!(&film[at + 4..at + 8], b"moof");
        assert_eq!(reference.duration, 25_600);
        at += usize::try_from(reference.size).unwrap();
    }
    assert_eq!(at, film.len());
}

/// The tables of a progressive file, each as its full box body of 32-bit words.
struct Tables<'a> {
    stts: &'a [u32],
    ctts: &'a [u32],
    stsc: &'a [u32],
    stsz: &'a [u32],
    stco: &'a [u32],
    stss: &'a [u32],
}

/// Five samples of 10 ticks: two chunks of two and one of one, pictures out of order, two sync.
const TABLES: Tables<'_> = Tables {
    stts: &[1, 5, 10],
    ctts: &[4, 1, 20, 1, 30, 1, 10, 2, 20],
    stsc: &[2, 1, 2, 1, 3, 1, 1],
    stsz: &[0, 5, 1, 2, 3, 4, 5],
    stco: &[3, 0, 8, 16],
    stss: &[2, 1, 4],
};

/// Writes a progressive file around the tables, with the film's sample entry and 100 bytes of media.
fn progressive(tables: &Tables<'_>) -> Bytes {
    let track = media_of(&film_track()).track;
    let mut out = BytesMut::new();
    boxed(&mut out, b"mdat", |out| {
        out.put_bytes(7, 92);
        Ok(())
    })
    .unwrap();
    let words = |out: &mut BytesMut, words: &[u32]| {
        words.iter().for_each(|word| out.put_u32(*word));
        Ok(())
    };
    let table = |out: &mut BytesMut, kind: &[u8; 4], body: &[u32]| {
        if body.is_empty() { Ok(()) } else { full_boxed(out, kind, (0, 0), |out| words(out, body)) }
    };
    boxed(&mut out, b"moov", |out| {
        full_boxed(out, b"mvhd", (0, 0), |out| words(out, &[0, 0, 1000, 0]))?;
        boxed(out, b"trak", |out| {
            full_boxed(out, b"tkhd", (0, 3), |out| {
                words(out, &[0, 0, 1])?;
                out.put_bytes(0, 70);
                Ok(())
            })?;
            boxed(out, b"mdia", |out| {
                full_boxed(out, b"mdhd", (0, 0), |out| words(out, &[0, 0, 100, 50, 0x55c4_0000]))?;
                full_boxed(out, b"hdlr", (0, 0), |out| {
                    out.put_slice(b"\0\0\0\0vide\0");
                    Ok(())
                })?;
                boxed(out, b"minf", |out| {
                    boxed(out, b"stbl", |out| {
                        boxed(out, b"stsd", |out| {
                            out.put_slice(&track.sample_entries);
                            Ok(())
                        })?;
                        table(out, b"stts", tables.stts)?;
                        table(out, b"ctts", tables.ctts)?;
                        table(out, b"stsc", tables.stsc)?;
                        table(out, b"stsz", tables.stsz)?;
                        table(out, b"stco", tables.stco)?;
                        table(out, b"stss", tables.stss)
                    })
                })
            })
        })
    })
    .unwrap();
    out.freeze()
}

/// Writes samples as `offset+size@decode/composition`, with `s` for sync.
fn text(samples: &[Sample]) -> String {
    let text = samples.iter().map(|s| {
        let sync = if s.sync { "s" } else { "" };
        let composition = s.composition_offset;
        format!("{}+{}@{}/{composition}{sync}", s.offset, s.size, s.decode_time)
    });
    text.collect::<Vec<_>>().join(" ")
}

fn check_tables(tables: &Tables<'_>, expected: &str) {
    let said = match medias_of(&progressive(tables)) {
        Ok(medias) => text(&medias[0].samples),
        Err(error) => error.to_string().split(": ").last().unwrap().to_owned(),
    };
    assert_eq!(said, expected);
}

#[test]
fn sample_tables_give_places_and_times() {
    check_tables(&TABLES, "0+1@0/20s 1+2@10/30 8+3@20/10 11+4@30/20s 16+5@40/20");
    check_tables(
        &Tables { ctts: &[], stss: &[], ..TABLES },
        "0+1@0/0s 1+2@10/0s 8+3@20/0s 11+4@30/0s 16+5@40/0s",
    );
    check_tables(
        &Tables { stsz: &[6, 2], stsc: &[1, 1, 2, 1], stss: &[1, 1], ..TABLES },
        "0+6@0/20s 6+6@10/30",
    );
}

#[test]
fn sample_tables_that_lie_are_refused() {
    check_tables(
        &Tables { stsz: &[1, 0xffff_ffff], ..TABLES },
        "the track has more samples than any real one",
    );
    check_tables(&Tables { stts: &[1, 4, 10], ..TABLES }, "there are fewer durations than sizes");
    check_tables(
        &Tables { stco: &[1, 0], ..TABLES },
        "there are fewer samples in chunks than sizes",
    );
    check_tables(
        &Tables { stco: &[3, 0, 8, 4000], ..TABLES },
        "a sample lies behind the end of the file",
    );
    check_tables(&Tables { stsc: &[1, 1, 9, 2], ..TABLES }, "the coding changes within the track");
    check_tables(&Tables { stsc: &[1, 2, 9, 1], ..TABLES }, "the first chunk has no entry");
    check_tables(&Tables { stss: &[1, 6], ..TABLES }, "a sync sample does not exist");
    check_tables(&Tables { stss: &[1, 0], ..TABLES }, "a sync sample does not exist");
    check_tables(
        &Tables { stsz: &[0, 0xffff_ffff], ..TABLES },
        "moov/trak/mdia/minf/stbl/stsz at byte 656 needs 17179869180 bytes, but only 0 are there",
    );
}

fn sample(decode_time: u64, composition_offset: i64, sync: bool) -> Sample {
    Sample { offset: decode_time, size: 10, decode_time, duration: 10, composition_offset, sync }
}

fn media(handler: Handler, edits: &[Edit], samples: &[Sample]) -> Media {
    let mut media = media_of(&film_track());
    media.track.handler = handler;
    media.track.timescale = 100;
    media.movie_timescale = 1000;
    media.track.edits = edits.to_vec();
    media.samples = samples.to_vec();
    media
}

fn check_fold(media: Media, expected: &str) {
    let plan = Plan::new(media, &GOP);
    let durations: Vec<_> = plan.samples().iter().map(|sample| sample.duration).collect();
    assert_eq!(format!("{} {durations:?}", text(plan.samples())), expected);
}

#[test]
fn edit_lists_are_folded_away() {
    let start = |media_time| Edit { duration: 0, media_time };
    let sound = [sample(0, 0, true), sample(10, 0, true), sample(20, 0, true)];
    // Frames before the edit go; a frame that the edit starts within stays whole.
    check_fold(media(Handler::Audio, &[start(10)], &sound), "10+10@0/0s 20+10@10/0s [10, 10]");
    check_fold(media(Handler::Audio, &[start(15)], &sound), "10+10@0/0s 20+10@10/0s [10, 10]");
    check_fold(media(Handler::Audio, &[], &sound[1..]), "10+10@0/0s 20+10@10/0s [10, 10]");
    check_fold(media(Handler::Audio, &[start(99)], &sound), " []");
    // Pictures out of order: the first is presented at zero, a later one before it is decoded.
    let pictures = [sample(0, 20, true), sample(10, 30, false), sample(20, 0, false)];
    check_fold(
        media(Handler::Video, &[start(20)], &pictures),
        "0+10@0/0s 10+10@10/10 20+10@20/-20 [10, 10, 10]",
    );
    check_fold(
        media(Handler::Video, &[], &pictures),
        "0+10@0/0s 10+10@10/10 20+10@20/-20 [10, 10, 10]",
    );
    // A group before the edit goes; an empty edit of 50 ms makes the first sample longer.
    let groups = [sample(0, 0, true), sample(10, 0, false), sample(20, 0, true)];
    check_fold(media(Handler::Video, &[start(25)], &groups), "20+10@0/0s [10]");
    let empty = Edit { duration: 50, media_time: -1 };
    check_fold(
        media(Handler::Audio, &[empty, start(0)], &sound[..2]),
        "0+10@0/0s 10+10@15/0s [15, 10]",
    );
}

#[test]
fn sound_is_cut_at_the_frames_nearest_to_the_pictures() {
    let frames: Vec<_> = (0..20).map(|index| sample(index * 10, 0, true)).collect();
    let times = [0, 3, 44, 46, 95, 96, 999].map(|ticks| MediaTime { ticks, timescale: 100 });
    let plan = Plan::new(media(Handler::Audio, &[], &frames), &Cut::Near(times.to_vec()));
    let starts: Vec<_> = plan.starts().iter().map(|start| start.ticks).collect();
    assert_eq!(starts, [0, 10, 40, 50, 90, 100, 190]);
    // What would mostly come after the end goes, and with it the fragments that it filled.
    let trimmed = plan.trimmed(MediaTime { ticks: 96, timescale: 100 });
    assert_eq!((trimmed.starts().len(), trimmed.duration_ticks()), (5, 100));
}

#[test]
fn a_short_remnant_joins_the_fragment_before() {
    for (samples, expected) in [(40, 2), (44, 2), (45, 3)] {
        let all: Vec<_> = (0..samples).map(|at| sample(at * 10, 0, at % 5 == 0)).collect();
        let plan = Plan::new(media(Handler::Video, &[], &all), &GOP);
        assert_eq!(plan.starts().len(), expected, "{samples}");
    }
}

#[test]
fn fragments_out_of_order_are_refused() {
    let film = film_track();
    let mut twice = film.to_vec();
    let moof = film.windows(4).position(|four| four == b"moof").unwrap() - 4;
    twice.extend_from_slice(&film[moof..]);
    let error = medias_of(&Bytes::from(twice)).unwrap_err();
    assert!(error.to_string().ends_with("the fragment goes back in time"), "{error}");
    let error = medias_of(&film.slice(moof..)).unwrap_err();
    assert!(error.to_string().ends_with("the fragment comes before the movie header"), "{error}");
    assert!(matches!(medias_of(&Bytes::new()), Err(BmffError::Missing { .. })));
}

fn any_media() -> impl Strategy<Value = Media> {
    let one = (1..2000_u32, 1..50_u32, -60..60_i64, proptest::bool::weighted(0.2));
    proptest::collection::vec(one, 1..60).prop_map(|ones| {
        let (mut decode_time, mut offset) = (0, 0);
        let samples: Vec<_> = ones
            .into_iter()
            .map(|(size, duration, composition_offset, sync)| {
                let sync = sync || offset == 0;
                let sample =
                    Sample { offset, size, decode_time, duration, composition_offset, sync };
                decode_time += u64::from(duration);
                offset += u64::from(size);
                sample
            })
            .collect();
        media(Handler::Video, &[], &samples)
    })
}

proptest! {
    #[test]
    fn reading_what_was_written_gives_the_same_samples(media in any_media(), ms in 0..1000_u64) {
        let source = Bytes::from(vec![9; 60 * 2000]);
        let plan = Plan::new(media, &Cut::AtSync(Duration::from_millis(ms)));
        let again = media_of(&assemble(&plan, &source));
        let timed = |samples: &[Sample]| -> Vec<_> {
            samples.iter().map(|s| Sample { offset: 0, ..*s }).collect()
        };
        prop_assert_eq!(timed(&again.samples), timed(plan.samples()));
        // No gap and no overlap: each sample begins where the one before ends.
        for pair in again.samples.windows(2) {
            prop_assert_eq!(pair[0].decode_time + u64::from(pair[0].duration), pair[1].decode_time);
        }
    }

    #[test]
    fn no_damage_makes_reading_or_planning_panic(damage in proptest::collection::vec((0..760_usize, any::<u8>()), 1..8)) {
        let mut bytes = progressive(&TABLES).to_vec();
        for (at, value) in damage {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = value;
            }
        }
        let len = u64::try_from(bytes.len()).unwrap();
        for media in medias_of(&Bytes::from(bytes)).unwrap_or_default() {
            let plan = Plan::new(media, &GOP);
            for fragment in plan.write(1).map(|file| file.fragments).unwrap_or_default() {
                prop_assert!(fragment.data.iter().all(|range| range.end <= len));
            }
        }
    }
}
