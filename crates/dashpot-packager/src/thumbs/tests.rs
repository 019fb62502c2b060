use super::*;
use crate::{
    AssetSource, Body, Catalogue, Found, Sheet,
    fixture::{kind_video, track},
    respond, respond_live,
};
use dashpot_base::WallTime;

/// A film of 12 s in segments of 2 s with three sheets of 4 s, whose sizes tell them apart.
fn catalogue() -> Catalogue {
    let sheet = |at: u64| Sheet { path: format!("clip/thumbs-{at}.jpg"), size: at };
    let asset = Asset::new(AssetSource {
        name: "clip".to_owned(),
        tracks: vec![track("v1", kind_video(180), 12_800, &[25_600; 6])],
        thumbnails: Some(Thumbnails {
            columns: 2,
            rows: 1,
            width: 320,
            height: 90,
            sheets: (1..=3).map(sheet).collect(),
        }),
        ..AssetSource::default()
    });
    Catalogue::new([asset.unwrap()])
}

fn found(path: &str, now_ms: Option<u64>) -> Result<Found, Refused> {
    match now_ms {
        Some(ms) => {
            respond_live(&catalogue(), path, WallTime::from_epoch(Duration::from_millis(ms)))
        }
        None => respond(&catalogue(), path),
    }
}

/// Says which sheet a path leads to, by its size.
fn check(path: &str, now_ms: Option<u64>, expected: Result<u64, &str>) {
    match (found(path, now_ms), expected) {
        (Ok(Found { body: Body::Media(plan), content_type, .. }), Ok(size)) => {
            assert_eq!((plan.len(), content_type), (size, "image/jpeg"), "{path}");
        }
        (Err(refused), Err(why)) => assert!(refused.to_string().starts_with(why), "{refused}"),
        (found, expected) => panic!("{path} at {now_ms:?}: {found:?}, not {expected:?}"),
    }
}

#[test]
fn sheets_come_again_in_each_pass() {
    for (path, now_ms, expected) in [
        ("clip/thumbs/1.jpg", None, Ok(1)),
        ("clip/thumbs/3.jpg", None, Ok(3)),
        ("clip/thumbs/4.jpg", None, Err("`thumbs` has sheets 1 to 3, no number 4")),
        ("clip/thumbs/0.jpg", None, Err("`thumbs` has sheets 1 to 3, no number 0")),
        ("clip/loop_3/thumbs/9.jpg", None, Ok(3)),
        ("clip/other/1.jpg", None, Err("there are no thumbnails `other`")),
        ("clip/thumbs/01.jpg", None, Err("no such path")),
        // Sheet 101 is from 400 s to 404 s.
        ("clip/thumbs/101.jpg", Some(399_999), Err("sheet 101 of `thumbs` comes in 1 ms")),
        ("clip/thumbs/101.jpg", Some(400_000), Ok(2)),
        ("clip/thumbs/101.jpg", Some(468_000), Ok(2)),
        ("clip/thumbs/101.jpg", Some(468_001), Err("sheet 101 of `thumbs` has left the window")),
        ("clip/ast_100/thumbs/76.jpg", Some(400_000), Ok(1)),
        ("clip/start_402/thumbs/100.jpg", Some(500_000), Err("the event has no sheet 100")),
        ("clip/start_402/thumbs/101.jpg", Some(500_000), Ok(2)),
        ("clip/stop_404/thumbs/102.jpg", Some(500_000), Err("the event has no sheet 102")),
        ("clip/stop_404/thumbs/101.jpg", Some(5_000_000), Ok(2)),
        // A pass of segments of 8 s is not the whole film.
        ("clip/seg_8s/thumbs/101.jpg", Some(400_000), Err("there are no thumbnails `thumbs`")),
    ] {
        check(path, now_ms, expected);
    }
}

fn template(path: &str, now_ms: Option<u64>) -> Option<SegmentTemplate> {
    let Body::Text(text) = found(path, now_ms).unwrap().body else { panic!("{path}") };
    let (mpd, warnings) = dashpot_mpd::parse(&text).unwrap();
    assert_eq!(warnings, [], "{path}");
    let sets = &mpd.periods.last()?.adaptation_sets;
    let set = sets.iter().find(|set| set.content_type.as_deref() == Some("image"))?;
    assert_eq!(set.representations[0].essential_properties, [Descriptor::new(SCHEME, "2x1")]);
    let size = (set.representations[0].width, set.representations[0].height);
    assert_eq!(size, (Some(320), Some(90)));
    set.segment_template.clone()
}

#[test]
fn an_mpd_says_when_each_sheet_is() {
    let number =
        |template: &SegmentTemplate| (template.timescale, template.duration, template.start_number);
    for path in ["clip/number.mpd", "clip/loop_3/time.mpd", "clip/list.mpd"] {
        let template = template(path, None).unwrap();
        assert_eq!(number(&template), (Some(38_400), Some(153_600), Some(1)), "{path}");
    }
    assert_eq!(template("clip/base.mpd", None), None);
    let live = template("clip/number.mpd", Some(1_000_000)).unwrap();
    assert_eq!(number(&live), (Some(38_400), Some(153_600), Some(1)));
    assert_eq!(live.availability_time_offset, Some(4.0));
    let begun = template("clip/start_400/number.mpd", Some(500_000)).unwrap();
    assert_eq!(number(&begun), (Some(38_400), Some(153_600), Some(101)));
    assert_eq!(begun.presentation_time_offset, Some(400 * 38_400));
    // An event that begins within a sheet cannot say so by a number alone.
    assert_eq!(template("clip/start_402/number.mpd", Some(500_000)), None);
    assert_eq!(template("clip/seg_8s/number.mpd", Some(500_000)), None);
    for form in ["time", "timeline"] {
        // Segments from 340 s to 400 s: sheets 86 to 100.
        let listed = template(&format!("clip/{form}.mpd"), Some(400_000)).unwrap();
        let s = listed.segment_timeline.unwrap().s;
        assert_eq!((s.len(), s[0].t, s[0].d, s[0].r), (1, Some(85 * 153_600), 153_600, 14));
        assert_eq!(listed.start_number, Some(86));
        let begun = template(&format!("clip/start_402/{form}.mpd"), Some(410_000)).unwrap();
        let s = begun.segment_timeline.unwrap().s;
        assert_eq!((s[0].t, s[0].r), (Some(100 * 153_600), 2));
        assert_eq!(begun.presentation_time_offset, Some(402 * 38_400));
        // All that is listed is there.
        for number in [86, 100] {
            assert!(found(&format!("clip/thumbs/{number}.jpg"), Some(400_000)).is_ok());
        }
    }
}

#[test]
fn sheets_that_cannot_be_are_refused() {
    let with = |thumbnails| {
        let tracks = vec![track("thumbs", kind_video(180), 12_800, &[25_600; 6])];
        let source = AssetSource {
            name: "clip".to_owned(),
            tracks,
            thumbnails: Some(thumbnails),
            ..AssetSource::default()
        };
        Asset::new(source).unwrap_err().to_string()
    };
    let sheets = vec![Sheet { path: String::new(), size: 1 }];
    let good = Thumbnails { columns: 1, rows: 1, width: 1, height: 1, sheets };
    assert_eq!(with(good.clone()), "two tracks are called `thumbs`");
    for bad in [
        Thumbnails { columns: 0, ..good.clone() },
        Thumbnails { rows: 65, ..good.clone() },
        Thumbnails { sheets: Vec::new(), ..good },
    ] {
        assert!(with(bad).starts_with("track thumbs: it needs a sheet"));
    }
}

#[test]
fn a_live_sheet_may_be_kept_until_it_is_gone() {
    for (now_ms, kept_ms) in [(400_000, 60_000), (460_000, 8_001), (468_000, 1)] {
        let now = WallTime::from_epoch(Duration::from_millis(now_ms));
        let sheet = found("clip/thumbs/101.jpg", Some(now_ms)).unwrap();
        let kept = crate::Cacheability::For(Duration::from_millis(kept_ms));
        assert_eq!(sheet.cacheability.at(now), kept, "{now_ms}");
    }
}
