//! What a session does, end to end, in a world of the test's making.

mod abandoned;
mod hostile;
mod live;
mod restless;
mod world;

use super::*;
use crate::{Failure, Request, What};
use dashpot_base::{Bitrate, ByteSize};
use dashpot_mpd::timeline::{Kind, PeriodView, SegmentIndex, Sidx};
use dashpot_qoe::{Event, Media};
use expect_test::expect;
use proptest::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use world::*;

fn kbps(rate: u64) -> Bitrate {
    Bitrate::from_kbps(rate)
}

/// What a test says of a finished session: why it ended, when, and how much of what it asked for.
#[derive(Debug, PartialEq)]
struct Seen {
    done: DoneReason,
    millis: u64,
    segments: usize,
    stalls: usize,
}

fn seen(world: &World) -> Seen {
    let segments = world.fetches.iter().filter(|it| matches!(it.fetch.what, What::Segment { .. }));
    Seen {
        done: world.done.clone().expect("ended"),
        millis: world.now.nanos() / 1_000_000,
        segments: segments.count(),
        stalls: world.log.iter().filter(|it| matches!(it.event, Event::Stall { .. })).count(),
    }
}

/// Returns where each video segment asked for begins, and its rung.
fn video(fetches: &[Request]) -> impl Iterator<Item = (Duration, Rung)> {
    fetches.iter().filter_map(|fetch| match fetch.fetch.what {
        What::Segment { media: Media::Video, rung, start, .. } => Some((start, rung)),
        What::Segment { .. } | What::Manifest | What::Index { .. } | What::Init { .. } => None,
    })
}

fn check(name: &str, world: World, expected: &Seen) -> World {
    let world = world.run();
    assert_eq!(seen(&world), *expected, "{name}:\n{}", world.lines());
    world
}

#[test]
fn a_session_plays_to_its_end_in_all_kinds_of_addressing() {
    for (name, index) in
        [("listed", listed as fn(&str, u64) -> SegmentIndex), ("sidx", |name, _| needs_sidx(name))]
    {
        let film = presentation(vec![film(0, 24, index)]);
        let world = World::new(config(), film, kbps(10_000)).run();
        let Seen { done, segments, stalls, .. } = seen(&world);
        assert_eq!((done, segments, stalls), (DoneReason::Ended, 24, 0), "{name}");
    }
}

#[test]
fn a_period_that_outlasts_its_segments_ends_with_them() {
    let mut film = film(0, 24, listed);
    film.duration = 30 * SECOND;
    let world = World::new(config(), presentation(vec![film]), kbps(10_000)).run();
    assert_eq!(seen(&world).done, DoneReason::Ended);
    assert_eq!(world.player.playhead.position(), (24 * SECOND).into());
}

#[test]
fn an_init_segment_and_an_index_are_fetched_once_a_representation() {
    let film = presentation(vec![film(0, 24, |name, _| needs_sidx(name))]);
    let world = World::new(config(), film, kbps(1_300)).run();
    let mut heads =
        world.fetches.iter().filter(|it| !matches!(it.fetch.what, What::Segment { .. }));
    let mut seen = BTreeSet::new();
    assert!(heads.all(|it| seen.insert((it.url.clone(), it.range))));
    assert!(seen.contains(&(url("v2.mp4"), Some((100, 199)))), "{seen:?}");
}

#[test]
fn the_second_period_is_entered_at_its_start_on_a_rung_of_its_own_ladder() {
    let mut second = film(24, 24, listed);
    second.sets[2].representations.remove(0);
    let film = presentation(vec![film(0, 24, listed), second]);
    let world = World::new(config(), film, kbps(1_300)).run();
    assert_eq!((seen(&world).done, seen(&world).segments), (DoneReason::Ended, 48));
    let rungs = video(&world.fetches).collect::<BTreeMap<_, _>>();
    assert_eq!(rungs[&(22 * SECOND)], Rung(1), "900 kbps of three");
    assert_eq!(rungs[&(24 * SECOND)], Rung(0), "900 kbps of two");
}

#[test]
fn a_kind_of_media_that_a_period_lacks_does_not_hold_up_the_other() {
    let mut silent = film(24, 24, listed);
    silent.sets.retain(|set| set.kind == Kind::Video);
    for periods in [
        vec![silent.clone()],
        vec![film(0, 24, listed), silent.clone()],
        vec![film(0, 24, listed), silent, film(48, 24, listed)],
    ] {
        let world = World::new(config(), presentation(periods), kbps(10_000)).run();
        assert_eq!((seen(&world).done, seen(&world).stalls), (DoneReason::Ended, 0));
    }
}

#[test]
fn nothing_to_play_is_an_end_and_not_a_wait() {
    for sets in [vec![], vec![set(Kind::Text, None, vec![rep("s", 1, listed("s", 1))])]] {
        let film = presentation(vec![PeriodView { sets, ..film(0, 24, listed) }]);
        let world = World::new(config(), film, kbps(1_000)).run();
        assert_eq!(seen(&world).done, DoneReason::NothingToPlay);
    }
}

#[test]
fn the_language_wished_for_is_played_and_else_the_first() {
    for (wished, played) in
        [(None, "a-en"), (Some("ko"), "a-ko"), (Some("KO-kr"), "a-ko"), (Some("fr"), "a-en")]
    {
        let config = Config { language: wished.map(str::to_owned), ..config() };
        let world = World::new(config, one_film(), kbps(10_000)).run();
        let audio = world.fetches.iter().filter(|it| it.url.contains("/a-"));
        assert!(audio.count() == 13, "an init segment and twelve segments");
        let only = |it: &Request| !it.url.contains("/a-") || it.url.contains(played);
        assert!(world.fetches.iter().all(only), "{wished:?}");
    }
}

#[test]
fn a_hole_in_the_media_is_played_through_and_does_not_hang() {
    let mut late = film(0, 100, listed);
    for set in &mut late.sets {
        for rep in &mut set.representations {
            if let SegmentIndex::Listed(refs) = &mut rep.index {
                refs.drain(0..30);
            }
        }
    }
    let mut apart = film(200, 24, listed);
    apart.duration = 50 * SECOND;
    for periods in [vec![late], vec![apart.clone()], vec![film(0, 24, listed), apart]] {
        let world = World::new(config(), presentation(periods), kbps(10_000)).run();
        assert_eq!(seen(&world).done, DoneReason::Ended);
    }
}

#[test]
fn a_link_below_the_ladder_stalls_and_still_ends() {
    let world = World::new(config(), one_film(), kbps(200)).run();
    let Seen { done, stalls, .. } = seen(&world);
    assert_eq!(done, DoneReason::Ended);
    assert!(3 < stalls, "{stalls}:\n{}", world.lines());
}

#[test]
fn a_session_stops_after_so_much_media_or_time() {
    let stopped = |done, millis, segments| Seen { done, millis, segments, stalls: 0 };
    let media = Config { stop_after_media: Some(5 * SECOND), ..config() };
    let world = World::new(media, one_film(), kbps(10_000));
    let world = check("media", world, &stopped(DoneReason::PlayedEnough, 5_181, 23));
    assert_eq!(world.player.playhead.played(), (5 * SECOND).into());
    let time = Config { stop_after_time: Some(5 * SECOND), ..config() };
    let world = World::new(time, one_film(), kbps(10_000));
    check("time", world, &stopped(DoneReason::TimeUp, 5_000, 23));
}

#[test]
fn a_full_buffer_pauses_fetching() {
    let config = Config { buffer_max: 6 * SECOND, ..config() };
    let mut world = World::new(config, one_film(), kbps(10_000));
    world.feed(Input::Start);
    world.run_until(10);
    let levels = world
        .player
        .lanes
        .iter()
        .map(|lane| Duration::from(lane.level(world.player.playhead.position())));
    let levels = levels.collect::<Vec<_>>();
    assert!(levels.iter().all(|level| 3 * SECOND < *level && *level <= 6 * SECOND), "{levels:?}");
    assert_eq!(world.player.wake_at().map(|(_, why)| why), Some("buffer full"));
}

#[test]
fn failures_that_may_pass_are_retried_and_others_end_the_session() {
    fn at_segment_5(
        fetch: &Request,
        upto: usize,
        tries: usize,
        failure: Failure,
    ) -> Option<Failure> {
        (fetch.url.ends_with("/5.m4s") && tries <= upto).then_some(failure)
    }
    let attempts = |fails| {
        let mut world = World::new(config(), one_film(), kbps(10_000));
        world.fails = fails;
        let world = world.run();
        let fives = world.fetches.iter().filter(|it| it.url.ends_with("v3/5.m4s")).count();
        (world.done.expect("ended"), fives)
    };
    let failed = |failure| DoneReason::Failed {
        what: What::Segment {
            media: Media::Video,
            rung: Rung(2),
            number: 5,
            start: 8 * SECOND,
            duration: 2 * SECOND,
        },
        failure,
    };
    let (done, tries) = attempts(|it, tries| at_segment_5(it, 2, tries, Failure::Status(503)));
    assert_eq!((done, tries), (DoneReason::Ended, 3));
    let (done, tries) = attempts(|it, tries| {
        let video = it.url.contains("v3");
        at_segment_5(it, 99, tries, Failure::Truncated).filter(|_| video)
    });
    assert_eq!((done, tries), (failed(Failure::Truncated), 5));
    let (done, tries) = attempts(|it, tries| {
        let video = it.url.contains("v3");
        at_segment_5(it, 99, tries, Failure::Status(404)).filter(|_| video)
    });
    assert_eq!((done, tries), (failed(Failure::Status(404)), 1));
}

#[test]
fn an_mpd_that_does_not_come_ends_the_session() {
    let cases: [(Failure, usize, Fails); 3] = [
        (Failure::Status(404), 1, |_, _| Some(Failure::Status(404))),
        (Failure::Connect, 5, |_, _| Some(Failure::Connect)),
        (Failure::Malformed, 1, |_, _| Some(Failure::Malformed)),
    ];
    for (failure, tries, fails) in cases {
        let mut world = World::new(config(), one_film(), kbps(10_000));
        world.fails = fails;
        let world = world.run();
        assert_eq!(world.done, Some(DoneReason::Failed { what: What::Manifest, failure }));
        assert_eq!(world.fetches.len(), tries);
    }
}

#[test]
fn a_request_without_an_answer_is_cancelled_and_tried_again() {
    let config = Config { request_timeout: SECOND, ..config() };
    let mut world = World::new(config, one_film(), kbps(10_000));
    world.feed(Input::Start);
    world.in_flight.values_mut().for_each(|(due, _)| *due = MonoTime::from_nanos(u64::MAX));
    assert!(world.step(MonoTime::ZERO.after(SECOND)));
    assert!(world.in_flight.is_empty(), "cancelled");
    assert_eq!(world.player.wake_at().map(|(_, why)| why), Some("retry"));
}

#[test]
fn a_seek_inside_the_buffer_goes_on_at_once_and_outside_it_starts_over() {
    let mut world = World::new(config(), one_film(), kbps(10_000));
    world.feed(Input::Start);
    world.run_until(2);
    let before = world.fetches.len();
    let ahead = Duration::from(world.player.playhead.position()) + SECOND / 2;
    world.feed(Input::Seek { to: ahead });
    assert_eq!(world.player.playhead.hold(), None, "inside");
    assert_eq!(world.player.playhead.position(), ahead.into());
    world.feed(Input::Seek { to: 17 * SECOND });
    assert!(world.player.playhead.hold().is_some(), "outside");
    world.run_until(60);
    assert_eq!(world.done, Some(DoneReason::Ended));
    let starts = video(&world.fetches[before..]).map(|(start, _)| start.as_secs());
    let starts = starts.collect::<Vec<_>>();
    assert_eq!(starts.last_chunk(), Some(&[16, 18, 20, 22]), "{starts:?}");
}

#[test]
fn a_seek_to_the_end_or_beyond_ends_the_session() {
    for to in [24 * SECOND, 1_000 * SECOND, Duration::MAX] {
        for warm in [0, 5] {
            let mut world = World::new(config(), one_film(), kbps(3_000));
            world.feed(Input::Start);
            world.run_until(warm);
            world.feed(Input::Seek { to });
            world.run_until(60);
            assert_eq!(world.done, Some(DoneReason::Ended), "{to:?} after {warm} s");
        }
    }
}

#[test]
fn answers_that_nobody_waits_for_change_nothing() {
    let mut world = World::new(config(), one_film(), kbps(3_000));
    world.feed(Input::Start);
    world.run_until(3);
    let (ticket, size) = (Ticket(999), ByteSize::new(1));
    let wake = world.player.wake_at();
    world.feed(Input::FirstByte { ticket, size: None });
    world.feed(Input::Arrived { ticket, size, cache_status: None, server_data: None });
    world.feed(Input::Failed { ticket, failure: Failure::Connect });
    world.feed(Input::Index { ticket, sidx: sidx() });
    world.feed(Input::Manifest { ticket, presentation: Box::new(one_film()) });
    world.feed(Input::Start);
    assert_eq!(world.player.wake_at(), wake);
}

#[test]
fn an_index_that_says_nothing_ends_the_session() {
    let bad = Sidx { entries: Vec::new(), ..sidx() };
    let film = presentation(vec![film(0, 24, |name, _| needs_sidx(name))]);
    let mut world = World::new(config(), film, kbps(10_000));
    world.feed(Input::Start);
    world.answer(Ticket(1));
    world.feed(Input::Index { ticket: Ticket(2), sidx: bad });
    let what = What::Index { media: Media::Video, rung: Rung(0) };
    assert_eq!(world.done, Some(DoneReason::Failed { what, failure: Failure::Malformed }));
}

#[test]
fn stop_cancels_what_is_in_flight_and_silence_follows() {
    let mut world = World::new(config(), one_film(), kbps(1_000));
    world.feed(Input::Start);
    world.run_until(1);
    assert!(!world.in_flight.is_empty());
    world.feed(Input::Stop);
    assert!(world.in_flight.is_empty());
    assert_eq!(world.done, Some(DoneReason::Stopped));
    assert_eq!(world.player.wake_at(), None);
    world.feed(Input::Wake);
}

#[test]
fn the_log_and_the_cmcd_of_a_session_say_what_was_chosen_and_why() {
    let config = Config {
        session_id: Some("s-1".to_owned()),
        stop_after_media: Some(3 * SECOND),
        ..config()
    };
    let world = World::new(config, one_film(), kbps(1_300)).run();
    expect![[r#"
        {"t_ms":46,"node":"player","kind":"rung","choice":0,"reason":"no-estimate","media":"video","bitrate_bps":300000,"buffer_ms":0,"throughput_bps":null}
        {"t_ms":230,"node":"player","kind":"segment","media":"audio","rung":0,"bitrate_bps":64000,"number":1,"start_ms":0,"duration_ms":2000,"size_bytes":16000,"took_ms":138,"first_byte_ms":0,"buffer_ms":2000}
        {"t_ms":369,"node":"player","kind":"segment","media":"audio","rung":0,"bitrate_bps":64000,"number":2,"start_ms":2000,"duration_ms":2000,"size_bytes":16000,"took_ms":138,"first_byte_ms":0,"buffer_ms":4000}
        {"t_ms":369,"node":"player","kind":"wait","reason":"other-media-behind","media":"audio","buffer_ms":4000}
        {"t_ms":593,"node":"player","kind":"segment","media":"video","rung":0,"bitrate_bps":300000,"number":1,"start_ms":0,"duration_ms":2000,"size_bytes":75000,"took_ms":501,"first_byte_ms":0,"buffer_ms":2000}
        {"t_ms":593,"node":"player","kind":"rung","choice":0,"reason":"throughput-fits","media":"video","bitrate_bps":300000,"buffer_ms":2000,"throughput_bps":1001413}
        {"t_ms":593,"node":"player","kind":"play","reason":"startup","held_ms":593,"position_ms":0}
        {"t_ms":732,"node":"player","kind":"segment","media":"audio","rung":0,"bitrate_bps":64000,"number":3,"start_ms":4000,"duration_ms":2000,"size_bytes":16000,"took_ms":138,"first_byte_ms":0,"buffer_ms":5861}
        {"t_ms":732,"node":"player","kind":"wait","reason":"other-media-behind","media":"audio","buffer_ms":5861}
        {"t_ms":1095,"node":"player","kind":"segment","media":"video","rung":0,"bitrate_bps":300000,"number":2,"start_ms":2000,"duration_ms":2000,"size_bytes":75000,"took_ms":501,"first_byte_ms":0,"buffer_ms":3498}
        {"t_ms":1095,"node":"player","kind":"rung","choice":0,"reason":"throughput-fits","media":"video","bitrate_bps":300000,"buffer_ms":3498,"throughput_bps":1061243}
        {"t_ms":1233,"node":"player","kind":"segment","media":"audio","rung":0,"bitrate_bps":64000,"number":4,"start_ms":6000,"duration_ms":2000,"size_bytes":16000,"took_ms":138,"first_byte_ms":0,"buffer_ms":7359}
        {"t_ms":1233,"node":"player","kind":"wait","reason":"other-media-behind","media":"audio","buffer_ms":7359}
        {"t_ms":1596,"node":"player","kind":"segment","media":"video","rung":0,"bitrate_bps":300000,"number":3,"start_ms":4000,"duration_ms":2000,"size_bytes":75000,"took_ms":501,"first_byte_ms":0,"buffer_ms":4996}
        {"t_ms":1596,"node":"player","kind":"rung","choice":1,"reason":"throughput-fits","media":"video","bitrate_bps":900000,"buffer_ms":4996,"throughput_bps":1085437}
        {"t_ms":1781,"node":"player","kind":"segment","media":"audio","rung":0,"bitrate_bps":64000,"number":5,"start_ms":8000,"duration_ms":2000,"size_bytes":16000,"took_ms":138,"first_byte_ms":0,"buffer_ms":8812}
        {"t_ms":1781,"node":"player","kind":"wait","reason":"other-media-behind","media":"audio","buffer_ms":8812}
        {"t_ms":3067,"node":"player","kind":"segment","media":"video","rung":1,"bitrate_bps":900000,"number":4,"start_ms":6000,"duration_ms":2000,"size_bytes":225000,"took_ms":1424,"first_byte_ms":0,"buffer_ms":5526}
        {"t_ms":3067,"node":"player","kind":"rung","choice":1,"reason":"throughput-fits","media":"video","bitrate_bps":900000,"buffer_ms":5526,"throughput_bps":1140494}
        {"t_ms":3206,"node":"player","kind":"segment","media":"audio","rung":0,"bitrate_bps":64000,"number":6,"start_ms":10000,"duration_ms":2000,"size_bytes":16000,"took_ms":138,"first_byte_ms":0,"buffer_ms":9387}
        {"t_ms":3206,"node":"player","kind":"wait","reason":"other-media-behind","media":"audio","buffer_ms":9387}
        {"t_ms":3593,"node":"player","kind":"done","reason":"played-enough","position_ms":3000}
    "#]]
    .assert_eq(&world.lines());
    let cmcd = world
        .fetches
        .iter()
        .take(9)
        .map(|it| format!("{}: {:?}\n", it.fetch.what, it.cmcd.to_query()));
    expect![[r#"
        MPD: "CMCD=ot%3Dm%2Csf%3Dd%2Csid%3D%22s-1%22%2Cst%3Dv"
        video init of rung 0: "CMCD=bl%3D0%2Cbr%3D300%2Cot%3Di%2Csf%3Dd%2Csid%3D%22s-1%22%2Cst%3Dv%2Csu%2Ctb%3D2400"
        audio init of rung 0: "CMCD=bl%3D0%2Cbr%3D64%2Cot%3Di%2Csf%3Dd%2Csid%3D%22s-1%22%2Cst%3Dv%2Csu%2Ctb%3D64"
        video segment 1 of rung 0: "CMCD=bl%3D0%2Cbr%3D300%2Cd%3D2000%2Cdl%3D0%2Cnor%3D%222.m4s%22%2Cot%3Dv%2Crtp%3D6000%2Csf%3Dd%2Csid%3D%22s-1%22%2Cst%3Dv%2Csu%2Ctb%3D2400"
        audio segment 1 of rung 0: "CMCD=bl%3D0%2Cbr%3D64%2Cd%3D2000%2Cdl%3D0%2Cnor%3D%222.m4s%22%2Cot%3Da%2Crtp%3D1300%2Csf%3Dd%2Csid%3D%22s-1%22%2Cst%3Dv%2Csu%2Ctb%3D64"
        audio segment 2 of rung 0: "CMCD=bl%3D2000%2Cbr%3D64%2Cd%3D2000%2Cdl%3D2000%2Cnor%3D%223.m4s%22%2Cot%3Da%2Crtp%3D300%2Csf%3Dd%2Csid%3D%22s-1%22%2Cst%3Dv%2Csu%2Ctb%3D64"
        video segment 2 of rung 0: "CMCD=bl%3D2000%2Cbr%3D300%2Cd%3D2000%2Cdl%3D2000%2Cmtp%3D1000%2Cnor%3D%223.m4s%22%2Cot%3Dv%2Crtp%3D1500%2Csf%3Dd%2Csid%3D%22s-1%22%2Cst%3Dv%2Csu%2Ctb%3D2400"
        audio segment 3 of rung 0: "CMCD=bl%3D4000%2Cbr%3D64%2Cd%3D2000%2Cdl%3D4000%2Cmtp%3D1000%2Cnor%3D%224.m4s%22%2Cot%3Da%2Crtp%3D200%2Csf%3Dd%2Csid%3D%22s-1%22%2Cst%3Dv%2Csu%2Ctb%3D64"
        video segment 3 of rung 0: "CMCD=bl%3D3500%2Cbr%3D300%2Cd%3D2000%2Cdl%3D3500%2Cmtp%3D1100%2Cnor%3D%224.m4s%22%2Cot%3Dv%2Crtp%3D900%2Csf%3Dd%2Csid%3D%22s-1%22%2Cst%3Dv%2Ctb%3D2400"
    "#]].assert_eq(&cmcd.collect::<String>());
    let summary = world.summary();
    assert_eq!((summary.stalls, summary.played_ms, summary.startup_ms), (0, 3_000, Some(593)));
}

/// One thing that an unfriendly world does.
#[derive(Clone, Debug)]
enum Whim {
    /// Answers one of the requests in flight.
    Answer(usize),
    /// Fails one.
    Fail(usize, Failure),
    /// Lets time pass and wakes the player, whether or not it asked.
    Pass(u64),
    /// Seeks.
    Seek(u64),
}

fn whims() -> impl Strategy<Value = Vec<Whim>> {
    let failure = prop_oneof![
        Just(Failure::Connect),
        Just(Failure::Timeout),
        Just(Failure::Status(503)),
        Just(Failure::Truncated),
    ];
    let whim = prop_oneof![
        5 => (0..2_usize).prop_map(Whim::Answer),
        1 => (0..2_usize, failure).prop_map(|(which, failure)| Whim::Fail(which, failure)),
        3 => (0..3_000_u64).prop_map(Whim::Pass),
        1 => (0..60_u64).prop_map(Whim::Seek),
    ];
    prop::collection::vec(whim, 0..120)
}

proptest! {
    /// The laws: no buffer below zero or above its bound and no wake-up in the past (asserted in
    /// the player), no segment asked for twice at once (asserted in the world), and an end.
    #[test]
    fn whatever_the_order_of_answers_the_session_ends(
        whims in whims(), sidx in any::<bool>(), buffer_s in 1..30_u64,
    ) {
        let index = if sidx { |name: &str, _| needs_sidx(name) } else { listed };
        let periods = vec![film(0, 24, index), film(24, 24, listed)];
        let config = Config {
            retries_max: 1_000,
            buffer_max: Duration::from_secs(buffer_s),
            ..config()
        };
        let mut world = World::new(config, presentation(periods), kbps(5_000));
        world.feed(Input::Start);
        for whim in whims {
            let nth = |which: usize| {
                let count = world.in_flight.len();
                world.in_flight.keys().nth(which % count.max(1)).copied()
            };
            match whim {
                Whim::Answer(which) => if let Some(ticket) = nth(which) { world.answer(ticket) },
                Whim::Fail(which, failure) => if let Some(ticket) = nth(which) {
                    world.in_flight.remove(&ticket);
                    world.feed(Input::Failed { ticket, failure });
                },
                Whim::Pass(millis) => {
                    world.now = world.now.after(Duration::from_millis(millis));
                    world.feed(Input::Wake);
                }
                Whim::Seek(to) => world.feed(Input::Seek { to: Duration::from_secs(to) }),
            }
        }
        for (due, _) in world.in_flight.values_mut() {
            *due = world.now.after(SECOND);
        }
        let world = world.run();
        prop_assert_eq!(world.done, Some(DoneReason::Ended));
    }
}
