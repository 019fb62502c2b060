use super::*;
use dashpot_abr::{Film as _, Rung};
use std::fs;

fn repository() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn refused(path: &Path) -> String {
    format!("{:#}", movie(path.to_str().unwrap()).unwrap_err())
}

#[test]
fn the_test_film_has_five_rungs_whose_sizes_are_those_of_its_fragments() {
    let folder = repository().join("media/film");
    let movie = movie(folder.to_str().unwrap()).unwrap();
    let film = &movie.film;
    assert_eq!((movie.name.as_str(), film.ladder().len(), film.segments()), ("film", 5, 12));
    for (rung, track) in ["v1", "v2", "v3", "v4", "v5"].into_iter().enumerate() {
        let all = (0..12).map(|index| film.bits(index, Rung(rung)) / 8.0).sum::<f64>();
        let file = fs::metadata(folder.join(track).with_extension("mp4")).unwrap().len();
        // All but the head of the file, which is some hundred bytes.
        let head = file - format!("{all:.0}").parse::<u64>().unwrap();
        assert!((500..3_000).contains(&head), "{track}: {head}");
    }
}

#[test]
fn what_was_measured_of_an_asset_is_read_and_must_fit_it() {
    let folder = tempfile::tempdir().unwrap();
    for track in ["v1.mp4", "v3.mp4", "a-en.mp4"] {
        let from = repository().join("media/film").join(track);
        fs::copy(from, folder.path().join(track)).unwrap();
    }
    let name = folder.path().to_str().unwrap();
    assert_eq!(movie(name).unwrap().ssim(0, 0), None);
    let low = [0.5; 12];
    let high = (0_u8..12).map(|index| 0.9 + f64::from(index) / 1e3).collect::<Vec<_>>();
    let write = |tracks: serde_json::Value| {
        let file = serde_json::json!({
            "kind": "dashpot-ssim", "version": 1, "width": 640, "height": 360, "tracks": tracks
        });
        fs::write(folder.path().join("ssim.json"), file.to_string()).unwrap();
    };
    write(serde_json::json!({"v1": low, "v3": high}));
    let read = movie(name).unwrap();
    assert_eq!((read.ssim(11, 0), read.ssim(11, 1)), (Some(0.5), Some(0.911)));
    let check = |words: &str| {
        let told = refused(folder.path());
        assert!(told.contains(words), "{told}");
    };
    write(serde_json::json!({"v1": low}));
    check("has no track `v3`");
    write(serde_json::json!({"v1": low, "v3": high[1..]}));
    check("has 11 segments of `v3`, which has 12");
    write(serde_json::json!({"v1": low, "v3": [9]}));
    check("segment 0 of `v3` has 9");
    fs::write(folder.path().join("ssim.json"), "{").unwrap();
    check("remove it to go on without");
}

#[test]
fn an_mpd_is_read_with_segments_of_files_of_their_own_and_of_an_index() {
    let folder = tempfile::tempdir().unwrap();
    let template = r#"<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" minBufferTime="PT2S"
        mediaPresentationDuration="PT4S" profiles="urn:mpeg:dash:profile:full:2011"><Period>
        <AdaptationSet contentType="video" mimeType="video/mp4">
        <SegmentTemplate timescale="1" duration="2" media="$RepresentationID$-$Number$.m4s"/>
        <Representation id="a" bandwidth="100000"/><Representation id="b" bandwidth="300000"/>
        </AdaptationSet></Period></MPD>"#;
    let path = folder.path().join("own.mpd");
    fs::write(&path, template).unwrap();
    let error = refused(&path);
    assert!(error.contains("representation `a`") && error.contains("a-1.m4s"), "{error}");
    for (name, size) in [("a-1", 10_000), ("a-2", 20_000), ("b-1", 70_000), ("b-2", 80_000)] {
        fs::write(folder.path().join(name).with_extension("m4s"), vec![0; size]).unwrap();
    }
    let read = movie(path.to_str().unwrap()).unwrap();
    assert_eq!(format!("{:?}", read.film.ladder()), "[100.0, 300.0]");
    assert_eq!(format!("{:?}", read.film.bits(1, Rung(1))), "640000.0");
    assert_eq!(format!("{:?}", read.film.segment_ms(1)), "2000.0");

    let film = fs::canonicalize(repository().join("media/film/v3.mp4")).unwrap();
    let (from, to) = index_of(&fs::read(&film).unwrap());
    let base = format!(
        r#"<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" minBufferTime="PT2S"
        mediaPresentationDuration="PT24S" profiles="urn:mpeg:dash:profile:full:2011"><Period>
        <AdaptationSet contentType="video" mimeType="video/mp4">
        <Representation id="v3" bandwidth="800000"><BaseURL>{}</BaseURL>
        <SegmentBase indexRange="{from}-{to}"/></Representation>
        </AdaptationSet></Period></MPD>"#,
        url::Url::from_file_path(&film).unwrap()
    );
    fs::write(&path, base).unwrap();
    let read = movie(path.to_str().unwrap()).unwrap();
    let whole = movie(repository().join("media/film").to_str().unwrap()).unwrap();
    assert_eq!(read.film.segments(), 12);
    for index in 0..12 {
        let (found, expected) = (read.film.bits(index, Rung(0)), whole.film.bits(index, Rung(2)));
        assert_eq!(format!("{found:?}"), format!("{expected:?}"), "{index}");
    }
}

/// Returns the first and last byte of the index.
fn index_of(file: &[u8]) -> (usize, usize) {
    let name = file.windows(4).position(|four| four == b"sidx").unwrap();
    let size = u32::from_be_bytes(file[name - 4..name].try_into().unwrap());
    (name - 4, name - 5 + usize::try_from(size).unwrap())
}

#[test]
fn what_is_no_film_is_refused_with_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let refused_text = |text: &str| {
        let path = folder.path().join("film");
        fs::write(&path, text).unwrap();
        refused(&path)
    };
    let check = |found: String, words: &str| assert!(found.contains(words), "{found}");
    check(refused_text("{}"), "missing field `segment_duration_ms`");
    check(refused_text("<html/>"), "it is no MPD");
    check(refused(&folder.path().join("absent")), "cannot read the film");
    check(refused(&repository().join("docs")), "holds no MP4 file");
    check(refused(&repository().join("manifests/multi-period.mpd")), "periods");
    let remote = r#"<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" minBufferTime="PT2S"
        mediaPresentationDuration="PT4S" profiles="urn:mpeg:dash:profile:full:2011"><Period>
        <AdaptationSet contentType="video" mimeType="video/mp4">
        <SegmentTemplate timescale="1" duration="2" media="http://host/$Number$.m4s"/>
        <Representation id="a" bandwidth="100000"/></AdaptationSet></Period></MPD>"#;
    check(refused_text(remote), "is no file: download it");
}
