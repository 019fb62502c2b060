//! The four forms end to end, and byte ranges against the whole.

use super::{
    Config, Running, config, film,
    http::{ask, get},
    start,
};
use crate::server::{answer, bind};
use dashpot_base::ByteSize;
use dashpot_mpd::timeline::{
    Kind, Presentation, ResourceRef, SegmentIndex, SegmentRef, Sidx, SidxRef, from_sidx,
};
use dashpot_packager::Form;
use dashpot_serve::{Ends, Health, Role, Shutdown};
use http::Request;

async fn resolve(server: &Running, path: &str) -> Presentation {
    let text = get(server, path).await;
    let (mpd, warnings) = dashpot_mpd::parse(text.text()).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    let url = format!("http://origin.test{path}").parse().unwrap();
    let presentation = Presentation::resolve(&mpd, &url).unwrap();
    assert!(presentation.problems.is_empty(), "{:?}", presentation.problems);
    presentation
}

async fn fetch(server: &Running, url: &str, range: Option<(u64, u64)>) -> Vec<u8> {
    let path = url.strip_prefix("http://origin.test").unwrap();
    let lines =
        range.map_or_else(String::new, |(first, last)| format!("Range: bytes={first}-{last}\r\n"));
    let reply = ask(server.addr, "GET", path, &lines).await;
    assert_eq!(reply.status, if range.is_some() { 206 } else { 200 }, "{url} {range:?}");
    reply.body
}

async fn segments(server: &Running, index: &SegmentIndex) -> Vec<SegmentRef> {
    match index {
        SegmentIndex::Listed(segments) => segments.clone(),
        SegmentIndex::NeedsSidx(file) => indexed(server, file).await,
    }
}

async fn indexed(server: &Running, file: &SidxRef) -> Vec<SegmentRef> {
    let bytes = fetch(server, &file.url, Some(file.index_range)).await;
    let index = dashpot_bmff::parse_sidx(&bytes.into()).unwrap();
    let entries = index.references.iter();
    let sidx = Sidx {
        timescale: index.timescale,
        earliest_presentation_time: index.earliest_presentation_time,
        first_byte: file.index_range.1 + 1 + index.first_offset,
        entries: entries.map(|entry| (entry.size.into(), entry.duration.into())).collect(),
    };
    from_sidx(file, &sidx).unwrap()
}

#[tokio::test]
async fn all_four_forms_lead_to_the_same_media_at_the_times_they_say() {
    let server = start(config(film())).await;
    for options in ["", "loop_3/", "seg_4s/", "loop_2/seg_8s/"] {
        let mut by_form = Vec::new();
        for form in Form::VOD {
            let path = format!("/vod/film/{options}{}.mpd", form.name());
            let presentation = resolve(&server, &path).await;
            let mut media = Vec::new();
            let sets = presentation.periods[0].sets.iter().filter(|set| set.kind != Kind::Text);
            for rep in sets.flat_map(|set| &set.representations) {
                let ResourceRef { url, range } = rep.init.as_ref().unwrap();
                let init = fetch(&server, url, *range).await;
                let track = dashpot_bmff::parse_init(&init.clone().into()).unwrap();
                media.push((rep.id.clone(), init));
                for segment in segments(&server, &rep.index).await {
                    let bytes = fetch(&server, &segment.url, segment.range).await;
                    let moof = dashpot_bmff::parse_moof(&bytes.clone().into(), &track).unwrap();
                    let starts = moof.fragments[0].decode_time.unwrap();
                    let said = segment.start.rescale(track.tracks[0].timescale).unwrap().ticks;
                    // The film's audio is cut within half a frame of 1,024 samples of its video.
                    assert!(starts.abs_diff(said) <= 512, "{path} {} {said}", rep.id);
                    media.push((rep.id.clone(), bytes));
                }
            }
            by_form.push(media);
        }
        assert!(by_form.windows(2).all(|pair| pair[0] == pair[1]), "{options}");
        assert!(7 * 4 <= by_form[0].len(), "{options}");
    }
}

#[tokio::test]
async fn ranges_are_slices_of_the_whole() {
    let server = start(config(film())).await;
    for path in [
        "/vod/film/a-en.mp4",
        "/vod/film/loop_2/a-en.mp4",
        "/vod/film/v1/2.m4s",
        "/vod/film/time.mpd",
    ] {
        let whole = get(&server, path).await.body;
        let len = whole.len();
        for (spec, start, end) in [
            ("0-0".to_owned(), 0, 1),
            ("100-1199".to_owned(), 100, 1_200),
            (format!("{}-", len - 7), len - 7, len),
            ("-9".to_owned(), len - 9, len),
            (format!("0-{}", len * 2), 0, len),
            (format!("{}-{}", len / 2, len / 2 + 700), len / 2, len / 2 + 701),
        ] {
            let lines = format!("Range: bytes={spec}\r\n");
            let reply = ask(server.addr, "GET", path, &lines).await;
            assert_eq!(reply.status, 206, "{path} {spec}");
            assert_eq!(reply.body, whole[start..end], "{path} {spec}");
            assert_eq!(reply.field("content-range"), format!("bytes {start}-{}/{len}", end - 1));
        }
        let beyond = ask(server.addr, "GET", path, &format!("Range: bytes={len}-\r\n")).await;
        assert_eq!(
            (beyond.status, beyond.field("content-range")),
            (416, &*format!("bytes */{len}"))
        );
    }
}

#[tokio::test]
async fn several_ranges_become_one_multipart() {
    let server = start(config(film())).await;
    let whole = get(&server, "/vod/film/v1.mp4").await.body;
    let lines = "Range: bytes=0-9,5000-5009,-10\r\n";
    let reply = ask(server.addr, "GET", "/vod/film/v1.mp4", lines).await;
    assert_eq!(reply.status, 206);
    let boundary =
        reply.field("content-type").strip_prefix("multipart/byteranges; boundary=").unwrap();
    assert_eq!(reply.field("content-length"), reply.body.len().to_string());
    let mut expected = Vec::new();
    for (at, range) in [0..10, 5_000..5_010, whole.len() - 10..whole.len()].into_iter().enumerate()
    {
        let lead = if at == 0 { "" } else { "\r\n" };
        let (first, last, len) = (range.start, range.end - 1, whole.len());
        let head = format!(
            "{lead}--{boundary}\r\nContent-Type: video/mp4\r\nContent-Range: bytes {first}-{last}/{len}\r\n\r\n"
        );
        expected.extend(head.into_bytes());
        expected.extend_from_slice(&whole[range]);
    }
    expected.extend(format!("\r\n--{boundary}--\r\n").into_bytes());
    assert_eq!(reply.body, expected);
}

#[tokio::test]
async fn a_file_that_changes_under_the_server_is_an_error_and_never_a_mix() {
    for cache_mem in [ByteSize::from_mib(1), ByteSize::ZERO] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("clip")).unwrap();
        let copy = folder.path().join("clip/v1.mp4");
        std::fs::copy(film().join("film/v1.mp4"), &copy).unwrap();
        let config = Config { cache_mem, ..config(folder.path().to_owned()) };
        let server = start(config).await;
        let whole = get(&server, "/vod/clip/v1/1.m4s").await;
        assert_eq!(whole.field("content-length"), whole.body.len().to_string());
        let mut bytes = std::fs::read(&copy).unwrap();
        bytes.push(0);
        std::fs::write(&copy, bytes).unwrap();
        let changed = get(&server, "/vod/clip/v1/12.m4s").await;
        assert_eq!((changed.status, changed.field("cache-control")), (500, "no-store"));
        // What is in memory is of the version that the catalogue speaks of.
        let again = get(&server, "/vod/clip/v1/1.m4s").await;
        if cache_mem == ByteSize::ZERO {
            assert_eq!(again.status, 500);
        } else {
            assert_eq!((again.status, again.body), (200, whole.body));
        }
    }
}

#[tokio::test]
async fn an_answer_takes_little_room_while_it_is_made() {
    let server = bind(config(film())).await.unwrap();
    let (clock, shutdown) = (server.origin.clock.clone(), Shutdown::new());
    let health = Health { role: Role::Origin, version: "", clock, shutdown, tls: None };
    let ends = Ends { peer: server.addr(), local: server.addr(), is_secure: false };
    let (parts, ()) = Request::new(()).into_parts();
    let size = size_of_val(&answer(&server.origin, &health, ends, &parts));
    // It is moved a few times, and each connection has room for one. What compresses has ten times that.
    assert!(size <= 3_072, "{size}");
}
