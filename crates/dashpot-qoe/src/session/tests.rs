use super::*;
use crate::Hold;

const SECOND: Duration = Duration::from_secs(1);

fn ms(ms: u64) -> MonoTime {
    MonoTime::from_nanos(ms * 1_000_000)
}

/// A video segment of 2 s and 1,000 bytes that begins at `start_s`.
fn segment(start_s: u32, kbps: u64) -> Event {
    Event::Segment {
        media: Media::Video,
        rung: 0,
        bitrate: Bitrate::from_kbps(kbps),
        number: 1,
        start: SECOND * start_s,
        duration: SECOND * 2,
        size: ByteSize::new(1_000),
        took: Duration::ZERO,
        first_byte_after: Duration::ZERO,
        idle: Duration::ZERO,
        buffer: Duration::ZERO,
        cache_status: None,
    }
}

fn play(after: Hold, held_ms: u64, position_s: u32) -> Event {
    Event::Play { after, held: Duration::from_millis(held_ms), position: SECOND * position_s }
}

fn done(position_s: u32) -> Event {
    Event::Done { reason: "ended".to_owned(), position: SECOND * position_s }
}

fn after(events: &[(u64, Event)]) -> Session {
    let mut session = Session::new();
    for (at, event) in events {
        session.add(&Record { at: ms(*at), event: event.clone() });
    }
    session
}

fn check(events: &[(u64, Event)], now_ms: u64, expected: &Summary) {
    assert_eq!(&after(events).summary(ms(now_ms)), expected);
}

fn nothing() -> Summary {
    Summary {
        average_bitrate_bps: None,
        switches: 0,
        switch_bps_mean: 0,
        startup_ms: None,
        stalls: 0,
        stall_ms: 0,
        stall_ratio: None,
        seeks: 0,
        seek_ms: 0,
        played_ms: 0,
        segments: 0,
        downloaded_bytes: 0,
        unplayed_bytes: 0,
        wasted_bytes: 0,
        failures: 0,
        rungs: Vec::new(),
    }
}

fn share(kbps: u64, played_ms: u64) -> RungShare {
    RungShare { bitrate_bps: kbps * 1_000, played_ms }
}

#[test]
fn a_session_without_records_has_no_ratios() {
    check(&[], 5_000, &nothing());
}

#[test]
fn startup_stalls_and_playing_are_told_apart() {
    let events = [
        (300, segment(0, 100)),
        (500, segment(2, 300)),
        (500, play(Hold::Startup, 500, 0)),
        (4_500, Event::Stall { position: SECOND * 4 }),
        (5_000, segment(4, 200)),
        (5_500, play(Hold::Stall, 1_000, 4)),
        (7_500, done(6)),
    ];
    let expected = Summary {
        // 2 s each of 100, 300 and 200 kbps.
        average_bitrate_bps: Some(200_000),
        switches: 2,
        switch_bps_mean: 150_000,
        startup_ms: Some(500),
        stalls: 1,
        stall_ms: 1_000,
        stall_ratio: Some(1.0 / 7.0),
        played_ms: 6_000,
        segments: 3,
        downloaded_bytes: 3_000,
        rungs: vec![share(100, 2_000), share(200, 2_000), share(300, 2_000)],
        ..nothing()
    };
    check(&events, 7_500, &expected);
    check(&events, 99_000, &expected);
}

#[test]
fn the_numbers_run_with_the_session() {
    let events =
        [(300, segment(0, 100)), (400, segment(2, 300)), (500, play(Hold::Startup, 500, 0))];
    let expected = Summary {
        // 2 s of 100 and 1 s of 300 kbps by 3.5 s.
        average_bitrate_bps: Some(166_666),
        switches: 1,
        switch_bps_mean: 200_000,
        startup_ms: Some(500),
        stall_ratio: Some(0.0),
        played_ms: 3_000,
        segments: 2,
        downloaded_bytes: 2_000,
        rungs: vec![share(100, 2_000), share(300, 1_000)],
        ..nothing()
    };
    check(&events, 3_500, &expected);
    let running = after(&events);
    assert_eq!((running.phase(), running.position(ms(3_500))), (Phase::Playing, SECOND * 3));

    let stalled = [&events[..], &[(4_500, Event::Stall { position: SECOND * 4 })]].concat();
    let summary = after(&stalled).summary(ms(5_500));
    assert_eq!((summary.stalls, summary.stall_ms, summary.stall_ratio), (1, 1_000, Some(0.2)));
}

#[test]
fn what_is_fetched_and_never_played_is_waste() {
    // Four segments; the second is jumped over inside the buffer, the last is left at the end.
    let events = [
        (0, segment(0, 100)),
        (0, segment(2, 300)),
        (0, segment(4, 100)),
        (0, segment(6, 100)),
        (0, play(Hold::Startup, 0, 0)),
        (1_000, Event::Seek { seek: SeekKind::InsideBuffer, from: SECOND, to: SECOND * 4 }),
        (2_500, done(6)),
    ];
    let mut events = events.to_vec();
    if let Some((_, Event::Done { position, .. })) = events.last_mut() {
        *position = Duration::from_millis(5_500);
    }
    let summary = after(&events).summary(ms(2_500));
    assert_eq!((summary.wasted_bytes, summary.unplayed_bytes), (1_000, 1_000));
    assert_eq!(summary.downloaded_bytes, 4_000);
    assert_eq!((summary.switches, summary.seeks, summary.seek_ms), (0, 1, 0));
    assert_eq!(summary.played_ms, 2_500);
}

#[test]
fn a_seek_outside_the_buffer_drops_it_and_its_wait_is_no_stall() {
    let seek = |from| Event::Seek { seek: SeekKind::OutsideBuffer, from, to: SECOND * 30 };
    let events = [
        (0, segment(0, 100)),
        (0, segment(2, 100)),
        (0, play(Hold::Startup, 0, 0)),
        (1_000, seek(SECOND)),
        (1_800, segment(30, 400)),
        (1_800, play(Hold::Seek, 800, 30)),
        (3_800, done(32)),
    ];
    check(
        &events,
        3_800,
        &Summary {
            // 1 s of 100 and 2 s of 400 kbps.
            average_bitrate_bps: Some(300_000),
            switches: 1,
            switch_bps_mean: 300_000,
            startup_ms: Some(0),
            stall_ratio: Some(0.0),
            seeks: 1,
            seek_ms: 800,
            played_ms: 3_000,
            segments: 3,
            downloaded_bytes: 3_000,
            wasted_bytes: 1_000,
            rungs: vec![share(100, 1_000), share(400, 2_000)],
            ..nothing()
        },
    );

    // In a stall the stall ends where the seek begins; before the first picture it is startup.
    let events = [
        (0, seek(Duration::ZERO)),
        (700, segment(30, 400)),
        (700, play(Hold::Seek, 700, 30)),
        (2_700, Event::Stall { position: SECOND * 32 }),
        (3_000, seek(SECOND * 32)),
        (3_500, play(Hold::Seek, 800, 30)),
    ];
    let summary = after(&events).summary(ms(3_500));
    assert_eq!(summary.startup_ms, Some(700));
    assert_eq!((summary.stalls, summary.stall_ms, summary.seek_ms), (1, 300, 500));
}

#[test]
fn what_came_of_an_abandoned_download_is_waste_unless_the_end_broke_it_off() {
    let abandon =
        |reason, bytes| Event::Abandon { reason, media: Media::Video, size: ByteSize::new(bytes) };
    let mut events = vec![
        (0, segment(0, 100)),
        (0, segment(2, 100)),
        (0, play(Hold::Startup, 0, 0)),
        (100, abandon(Abandoned::Failure, 10)),
        (200, abandon(Abandoned::Seek, 200)),
    ];
    let sums = |events: &[(u64, Event)]| {
        let it = after(events).summary(ms(500));
        (it.downloaded_bytes, it.unplayed_bytes, it.wasted_bytes, it.segments)
    };
    assert_eq!(sums(&events), (2_210, 0, 210, 2));
    events.extend([(500, abandon(Abandoned::End, 4)), (500, done(1))]);
    assert_eq!(sums(&events), (2_214, 1_004, 210, 2));
}

#[test]
fn a_segment_fetched_again_is_played_in_the_place_of_the_first_which_is_waste() {
    let mut audio = segment(0, 64);
    if let Event::Segment { media, .. } = &mut audio {
        *media = Media::Audio;
    }
    let events = [
        (0, segment(0, 100)),
        (0, segment(2, 100)),
        (0, segment(4, 100)),
        (0, audio),
        (0, play(Hold::Startup, 0, 0)),
        (1_500, segment(2, 300)),
        (5_000, done(5)),
    ];
    let summary = after(&events).summary(ms(5_000));
    assert_eq!((summary.wasted_bytes, summary.unplayed_bytes), (1_000, 0));
    assert_eq!((summary.switches, summary.segments), (2, 5));
    assert_eq!(summary.rungs, [share(100, 3_000), share(300, 2_000)]);
}

#[test]
fn failures_are_counted() {
    let failure = Event::Failure {
        next: crate::NextTry::Retry,
        reason: "timeout".to_owned(),
        what: "video segment 3".to_owned(),
    };
    let events = [(0, failure.clone()), (1, failure)];
    check(&events, 1, &Summary { failures: 2, ..nothing() });
}
