use crate::{
    Body, Catalogue, Refused,
    fixture::{Film, film},
    respond_live,
};
use dashpot_base::WallTime;
use dashpot_mpd::Mpd;
use proptest::prelude::*;
use std::time::Duration;

const FILMS: [Film; 3] = [
    Film { rate: (25, 1), sampling: 48_000, gops: 5, gop_seconds: 2, missing_frames: 0 },
    Film { rate: (24, 1), sampling: 44_100, gops: 3, gop_seconds: 2, missing_frames: 0 },
    Film { rate: (50, 1), sampling: 48_000, gops: 4, gop_seconds: 1, missing_frames: 1 },
];

fn wall(ms: u64) -> WallTime {
    WallTime::from_epoch(Duration::from_millis(ms))
}

fn catalogue(at: usize) -> Catalogue {
    Catalogue::new([film(&FILMS[at])])
}

fn read(catalogue: &Catalogue, path: &str, now_ms: u64) -> Mpd {
    let Body::Text(text) = respond_live(catalogue, path, wall(now_ms)).unwrap().body else {
        panic!("{path}")
    };
    dashpot_mpd::parse(&text).unwrap().0
}

#[test]
fn an_mpd_leads_to_parts_and_says_how_many_there_are() {
    let mpd = read(&catalogue(0), "film/sub_on/chunk_0.5s/number.mpd", 200_000);
    for (at, cadence) in [(0, "4"), (1, "1")] {
        let set = &mpd.periods[0].adaptation_sets[at];
        let template = set.segment_template.as_ref().unwrap();
        assert_eq!(template.media.as_deref(), Some(super::MEDIA));
        assert_eq!(template.availability_time_offset, None);
        assert!(template.extra_attributes.contains(&("k".to_owned(), "4".to_owned())));
        let said = set.extra_children.iter().find(|one| one.name == "SegmentSequenceProperties");
        let expected = format!("type=\"1\" cadence=\"{cadence}\"");
        assert!(said.is_some() && mpd.write().contains(&expected), "{}", mpd.write());
    }
}

#[test]
fn what_has_no_equal_parts_is_refused_by_name() {
    let check = |path: &str, expected: &str| {
        let found = respond_live(&catalogue(0), &format!("film/sub_on/{path}.mpd"), wall(200_000));
        let Err(Refused::BadRequest(why)) = found else { panic!("{path}: {found:?}") };
        assert!(why.starts_with(expected), "{path}: {why}");
    };
    check("number", "option `sub_on` does not fit: segments are whole");
    check("chunk_0.5s/time", "option `sub_on` does not fit: parts are counted");
    check("chunk_0.5s/timeline", "option `sub_on` does not fit: parts are counted");
    check("chunk_0.5s/ato_1s/number", "option `ato_1s` does not fit: with `sub_on`");
    check("chunk_0.3s/number", "option `chunk_0.3s` does not fit: with `sub_on` every segment");
    let least =
        "option `chunk_0.05s` does not fit: with `sub_on` no part may be empty: `chunk_0.08s`";
    check("chunk_0.05s/number", least);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Law: every part that the MPD tells of is there when it has ended, to the last one of its
    /// segment, and put together they are the segment; behind the last one there is none.
    #[test]
    fn parts_are_there_as_they_end_and_make_the_segment(
        at in 0..FILMS.len(),
        chunk_ms in prop::sample::select(vec![100_u64, 125, 250, 500]),
        index in prop_oneof![0..200_u64, 800_000_000..900_000_000_u64],
        track in 0..2_usize,
    ) {
        let catalogue = catalogue(at);
        let folder = format!("film/sub_on/chunk_{}s", crate::grammar::seconds(chunk_ms));
        let each_ms = u64::from(FILMS[at].gop_seconds) * 1_000;
        let mpd = read(&catalogue, &format!("{folder}/number.mpd"), index * each_ms);
        let set = &mpd.periods[0].adaptation_sets[track];
        let template = set.segment_template.as_ref().unwrap();
        let (_, count) = template.extra_attributes.iter().find(|(name, _)| name == "k").unwrap();
        let count = count.parse::<u64>().unwrap();
        prop_assert_eq!(count * chunk_ms, each_ms);
        let id = set.representations[0].id.as_deref().unwrap();
        let number = template.start_number.unwrap() + index;
        let media = |name: &str, now_ms| {
            let found = respond_live(&catalogue, &format!("{folder}/{id}/{name}.m4s"), wall(now_ms));
            found.map(|found| match found.body {
                Body::Media(plan) => (plan.len(), found.held_until),
                Body::Text(_) | Body::Sealed(_) => panic!("{name}"),
            })
        };
        let mut bytes = 0;
        for part in 0..count {
            let end_ms = index * each_ms + (part + 1) * chunk_ms;
            let name = template.media.as_deref().unwrap().replace("$RepresentationID$/", "");
            let name = name.replace("$Number$", &number.to_string());
            let name = name.replace("$SubNumber$", &part.to_string());
            let (len, held) = media(name.strip_suffix(".m4s").unwrap(), end_ms).unwrap();
            prop_assert!(0 < len && held.is_none(), "{} {:?}", name, held);
            bytes += len;
        }
        let end_ms = (index + 1) * each_ms;
        prop_assert_eq!(bytes, media(&number.to_string(), end_ms).unwrap().0);
        let behind = media(&format!("{number}_{count}"), end_ms);
        prop_assert!(behind.is_err());
    }
}
