use super::{
    program::{IN_BAND, LISTED, TICK},
    *,
};
use crate::{
    Catalogue,
    fixture::{self, Film, files, film, read},
    grammar::{Options, Service},
    live::{self, reel::Reel, respond_live, settings::Settings},
    respond::{Body, Refused, respond},
};
use dashpot_base::WallTime;
use dashpot_mpd::Mpd;
use proptest::prelude::*;
use std::{sync::LazyLock, time::Duration};

/// A message as a player finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) scheme: String,
    pub(super) value: String,
    pub(super) timescale: u32,
    /// With version 0 from the begin of the segment.
    pub(super) time: u64,
    pub(super) duration: u32,
    pub(super) id: u32,
    pub(super) message: Vec<u8>,
    version: u8,
}

/// Reads the messages before the media of a segment. It shares nothing with what writes them.
pub(super) fn messages(segment: &[u8]) -> Vec<Found> {
    let (mut rest, mut found) = (segment, Vec::new());
    while let Some((size, _)) = rest.split_first_chunk::<4>() {
        let size = usize::try_from(u32::from_be_bytes(*size)).unwrap();
        // The media data of a fixture is a pattern without boxes.
        let Some((one, behind)) = rest.split_at_checked(size).filter(|_| 8 <= size) else { break };
        if one[4..8] == *b"emsg" {
            found.push(message(&one[8..]));
        }
        rest = behind;
    }
    found
}

fn message(body: &[u8]) -> Found {
    let mut at = 4;
    let number = |bytes: usize, at: &mut usize| {
        let value =
            body[*at..*at + bytes].iter().fold(0_u64, |all, one| all << 8 | u64::from(*one));
        *at += bytes;
        value
    };
    let text = |at: &mut usize| {
        let end = *at + body[*at..].iter().position(|byte| *byte == 0).unwrap();
        let text = String::from_utf8(body[*at..end].to_vec()).unwrap();
        *at = end + 1;
        text
    };
    let small = |number: u64| u32::try_from(number).unwrap();
    if body[0] == 0 {
        let (scheme, value) = (text(&mut at), text(&mut at));
        let timescale = small(number(4, &mut at));
        let time = number(4, &mut at);
        let (duration, id) = (small(number(4, &mut at)), small(number(4, &mut at)));
        let message = body[at..].to_vec();
        return Found { scheme, value, timescale, time, duration, id, message, version: 0 };
    }
    let timescale = small(number(4, &mut at));
    let time = number(8, &mut at);
    let (duration, id) = (small(number(4, &mut at)), small(number(4, &mut at)));
    let (scheme, value) = (text(&mut at), text(&mut at));
    Found { scheme, value, timescale, time, duration, id, message: body[at..].to_vec(), version: 1 }
}

pub(super) static FILMS: LazyLock<[Catalogue; 4]> = LazyLock::new(|| {
    [
        ((25, 1), 48_000, 0),
        ((30_000, 1_001), 48_000, 1),
        ((24_000, 1_001), 44_100, 0),
        ((50, 1), 44_100, 0),
    ]
    .map(|(rate, sampling, missing_frames)| {
        Catalogue::new([film(&Film { rate, sampling, gops: 5, gop_seconds: 2, missing_frames })])
    })
});

fn wall(ms: u64) -> WallTime {
    WallTime::from_epoch(Duration::from_millis(ms))
}

/// Returns the bytes of a live segment at whatever time.
pub(super) fn segment(catalogue: &Catalogue, options: &str, track: &str, index: u64) -> Vec<u8> {
    let (asset, options) = (catalogue.asset("film").unwrap(), given(options));
    let settings = Settings::of(asset, &options).unwrap();
    let strip = settings.reel.strip(asset.track_index(track).unwrap()).unwrap();
    let segment = live::segment::segment(&settings, &strip, index).unwrap().unwrap();
    read(&files(asset), &segment.plan, 0..u64::MAX)
}

fn given(options: &str) -> Options {
    let given = options.split('/').filter(|one| !one.is_empty());
    given.fold(Options::default(), |all, one| all.with(Service::Live, one).unwrap())
}

pub(super) fn live_mpd(path: &str, now_ms: u64) -> Mpd {
    let found = respond_live(&FILMS[0], path, wall(now_ms)).unwrap();
    let Body::Text(text) = found.body else { panic!("{path}") };
    let (mpd, warnings) = dashpot_mpd::parse(&text).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    mpd
}

fn listed(mpd: &Mpd) -> Vec<(u64, u64)> {
    let [stream] = mpd.periods[0].event_streams.as_slice() else { panic!("one stream") };
    assert_eq!(
        (stream.scheme_id_uri.as_deref(), stream.value.as_deref()),
        (Some(TICK), Some(LISTED))
    );
    stream.events.iter().map(|one| (one.id.unwrap(), one.presentation_time.unwrap())).collect()
}

#[test]
fn an_mpd_lists_the_messages_of_its_window_and_of_what_is_next() {
    // At 25 frames a second there are 12,800 ticks a second. The newest of segments of 2 s ends at
    // 202 s; two more, and the time in which the MPD is fetched again, lie ahead.
    let check = |path: &str, numbers: Range<u64>| {
        let expected: Vec<_> = numbers.map(|n| (n, n * 5 * 12_800)).collect();
        assert_eq!(listed(&live_mpd(path, 203_000)), expected, "{path}");
    };
    check("film/events_5s/tsbd_20s/time.mpd", 37..42);
    check("film/events_5s/tsbd_20s/timeline.mpd", 37..42);
    check("film/events_5s/tsbd_20s/number.mpd", 37..44);
    check("film/events_5s/tsbd_20s/chunk_0.5s/number.mpd", 37..44);
    check("film/events_5s/start_150/stop_190/number.mpd", 30..38);
    check("film/events_5s/ast_1000/number.mpd", 0..3);
    let ended = live_mpd("film/events_5s/start_150/stop_190/number.mpd", 203_000);
    let stream = &ended.periods[0].event_streams[0];
    assert_eq!(
        (stream.timescale, stream.presentation_time_offset),
        (Some(12_800), Some(1_920_000))
    );
    assert_eq!((stream.events[0].text.as_str(), stream.events[0].duration), ("tick 30", Some(0)));
}

#[test]
fn an_mpd_with_messages_is_another_one_with_every_segment() {
    let published = |path: &str| live_mpd(path, 203_000).publish_time;
    assert_eq!(published("film/number.mpd"), Some(wall(0)));
    assert_eq!(published("film/emsg_5s/number.mpd"), Some(wall(0)));
    assert_eq!(published("film/events_5s/number.mpd"), Some(wall(202_000)));
}

#[test]
fn only_the_newest_messages_are_listed_where_there_are_very_many() {
    let listed = listed(&live_mpd("film/events_1s/start_0/number.mpd", 20_000_000));
    assert_eq!(listed.len(), LISTED_MAX);
    assert_eq!(listed.last().unwrap().0, 20_013);
}

#[test]
fn the_main_pictures_carry_the_messages_in_the_version_that_was_asked_for() {
    let found = |options: &str, track: &str| messages(&segment(&FILMS[0], options, track, 2));
    let tick = |time, version| Found {
        scheme: TICK.to_owned(),
        value: IN_BAND.to_owned(),
        timescale: 12_800,
        time,
        duration: 0,
        id: 1,
        message: b"tick 1".to_vec(),
        version,
    };
    assert_eq!(found("emsg_5s/", "v1"), [tick(64_000, 1)]);
    assert_eq!(found("emsg_5s/emsgv_0/", "v1"), [tick(12_800, 0)]);
    assert_eq!(found("emsg_5s/chunk_0.5s/", "v1"), [tick(64_000, 1)]);
    assert_eq!(found("events_5s/", "v1"), []);
    assert_eq!(found("emsg_5s/", "a-en"), []);
    let mpd = live_mpd("film/emsg_5s/number.mpd", 203_000);
    let said = |set: usize| mpd.periods[0].adaptation_sets[set].inband_event_streams.clone();
    let [stream] = &said(0)[..] else { panic!("one stream") };
    assert_eq!(
        (stream.scheme_id_uri.as_deref(), stream.value.as_deref()),
        (Some(TICK), Some(IN_BAND))
    );
    assert_eq!(said(1), []);
}

#[test]
fn a_film_on_demand_has_messages_too() {
    let catalogue = Catalogue::new([fixture::clip(6)]);
    let at = |path: &str| respond(&catalogue, path).map(|found| found.body);
    let mpd = |path: &str| match at(path) {
        Ok(Body::Text(text)) => dashpot_mpd::parse(&text).unwrap().0,
        other => panic!("{path} {other:?}"),
    };
    for form in ["number", "time", "base", "list"] {
        let mpd = mpd(&format!("clip/loop_2/events_5s/{form}.mpd"));
        assert_eq!(listed(&mpd), [0, 5, 10, 15, 20].map(|s| (s / 5, s * 12_800)), "{form}");
    }
    let mpd = mpd("clip/emsg_5s/time.mpd");
    let streams = mpd.periods[0].adaptation_sets.iter().map(|set| set.inband_event_streams.len());
    assert_eq!(streams.collect::<Vec<_>>(), [1, 0, 0, 0]);
    let bytes = |path: &str| match at(path) {
        Ok(Body::Media(plan)) => read(&files(catalogue.asset("clip").unwrap()), &plan, 0..u64::MAX),
        other => panic!("{path} {other:?}"),
    };
    let times = |path: &str| {
        messages(&bytes(path)).iter().map(|one| (one.id, one.time)).collect::<Vec<_>>()
    };
    assert_eq!(times("clip/loop_2/emsg_5s/v2/8.m4s"), [(3, 15 * 12_800)]);
    assert_eq!(times("clip/loop_2/emsg_5s/emsgv_0/v2/8.m4s"), [(3, 12_800)]);
    assert_eq!(times("clip/loop_2/emsg_5s/v2/t179200.m4s"), [(3, 15 * 12_800)]);
    assert_eq!(times("clip/loop_2/emsg_5s/a-en/8.m4s"), []);
    let (with, without) = (bytes("clip/emsg_5s/v1/3.m4s"), bytes("clip/v1/3.m4s"));
    assert_eq!(with[with.len() - without.len()..], without);
    for path in ["clip/emsg_5s/base.mpd", "clip/emsg_5s/list.mpd", "clip/emsg_5s/v1.mp4"] {
        let Err(Refused::BadRequest(why)) = at(path) else { panic!("{path}") };
        assert!(why.starts_with("option `emsg_` does not fit"), "{why}");
    }
    let Err(Refused::BadRequest(why)) = at("clip/emsgv_0/time.mpd") else { panic!() };
    assert!(why.starts_with("option `emsgv_0` does not fit"), "{why}");
}

mod cues;

/// A year of segments of two seconds.
const YEAR: u64 = 15_768_000;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn each_message_is_in_exactly_one_segment_however_these_are_cut(
        film in 0..4_usize,
        from in prop_oneof![0..20_u64, 0..YEAR],
        every_ms in prop_oneof![1_000..1_100_u64, 1_000..20_000_u64],
        shape in prop::sample::select(vec!["", "chunk_0.5s/", "seg_4s/", "emsgv_0/", "emsgv_0/chunk_0.3s/"]),
    ) {
        let catalogue = &FILMS[film];
        // With 1,001 in it no group of pictures makes whole milliseconds.
        prop_assume!(shape != "seg_4s/" || film == 0 || film == 3);
        let options = format!("{shape}emsg_{}s/", crate::grammar::seconds(every_ms));
        let given = given(&options);
        let reel = Reel::of(catalogue.asset("film").unwrap(), &given).unwrap();
        let strip = reel.strip(0).unwrap();
        let scale = u64::from(strip.track.timescale);
        let (mut found, count) = (Vec::new(), 12);
        for index in from..from + count {
            for one in messages(&segment(catalogue, &options, "v1", index)) {
                let base = if one.version == 0 { strip.start(index) } else { 0 };
                prop_assert_eq!(u64::from(one.timescale), scale);
                prop_assert!((strip.start(index)..strip.start(index + 1)).contains(&(base + one.time)));
                found.push((one.id, base + one.time));
            }
        }
        let (begin, end) = (strip.start(from), strip.start(from + count));
        let at = |n: u64| n * every_ms * scale / 1_000;
        let first = begin * 1_000 / scale / every_ms;
        let all = (first.saturating_sub(1)..).map(|n| (u32::try_from(n).unwrap(), at(n)));
        let within = all.skip_while(|(_, at)| *at < begin).take_while(|(_, at)| *at < end);
        prop_assert_eq!(found, within.collect::<Vec<_>>());
    }
}
