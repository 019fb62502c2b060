//! Presentations whose MPD grows while they are played.

use super::*;
use dashpot_mpd::timeline::{LiveView, Presentation};
use dashpot_qoe::Record;

/// How much had been captured when the session began.
const ON_AIR: Duration = Duration::from_millis(100_300);

/// How long an MPD is valid.
const UPDATE: Duration = Duration::from_secs(2);

fn edge(now: MonoTime) -> Duration {
    ON_AIR + now.since(MonoTime::ZERO)
}

/// Returns the MPD as of `now`: what is whole by then, in segments of two seconds.
fn version(now: MonoTime) -> Presentation {
    let whole = edge(now).as_secs() / 2;
    let video =
        vec![rep("v1", 300_000, listed("v1", whole)), rep("v2", 900_000, listed("v2", whole))];
    let audio = vec![rep("a", 64_000, listed("a", whole))];
    let sets = vec![set(Kind::Video, None, video), set(Kind::Audio, None, audio)];
    let duration = edge(now) + Duration::from_secs(120);
    let live = LiveView {
        edge: edge(now),
        delay: Some(Duration::from_secs(5)),
        speeds: Some((0.9, 1.1)),
        update: Some(UPDATE),
        is_open: true,
    };
    let period = PeriodView { id: None, start: Duration::ZERO, duration, sets };
    Presentation { live: Some(live), ..presentation(vec![period]) }
}

#[derive(Debug, Default)]
struct Seen {
    log: Vec<Record>,
    manifests: Vec<MonoTime>,
    /// Where each video segment begins that was asked for, where it ends, and when that was.
    asked: Vec<(Duration, Duration, MonoTime)>,
    done: Option<DoneReason>,
}

/// Plays for half a minute over a network on which everything takes 50 ms, and only the first so
/// many MPDs are to be had.
fn play(manifests: usize) -> Seen {
    let config = Config {
        stop_after_time: Some(Duration::from_secs(30)),
        ..Config::new(url("live.mpd").parse().expect("a URL"))
    };
    let mut player = Player::new(config, Box::new(dashpot_abr::Throughput::default()));
    let (mut seen, mut now) = (Seen::default(), MonoTime::ZERO);
    let mut coming: Vec<(MonoTime, Input)> = vec![(now, Input::Start)];
    loop {
        while let Some(output) = player.poll() {
            let fetch = match output {
                Output::Fetch(fetch) => fetch,
                Output::Log(record) => {
                    seen.log.push(record);
                    continue;
                }
                Output::Look { .. } | Output::Cancel { .. } => continue,
                Output::Done(reason) => {
                    seen.done = Some(reason);
                    return seen;
                }
            };
            let (ticket, then) = (fetch.ticket, now.after(Duration::from_millis(50)));
            let input = match fetch.what {
                What::Manifest if seen.manifests.len() < manifests => {
                    seen.manifests.push(now);
                    Input::Manifest { ticket, presentation: Box::new(version(then)) }
                }
                What::Manifest => Input::Failed { ticket, failure: Failure::Status(503) },
                What::Segment { media, start, duration, .. } => {
                    if media == Media::Video {
                        seen.asked.push((start, start + duration, now));
                    }
                    let size = fetch.bitrate.bytes_in(duration);
                    Input::Arrived { ticket, size, cache_status: None, server_data: None }
                }
                What::Init { .. } | What::Index { .. } => {
                    let size = ByteSize::new(700);
                    Input::Arrived { ticket, size, cache_status: None, server_data: None }
                }
            };
            coming.push((then, input));
            coming.sort_by_key(|(at, _)| *at);
        }
        let wake = player.wake_at().map(|(at, _)| at);
        let arrival = coming.first().map(|(at, _)| *at);
        now = [wake, arrival].into_iter().flatten().min().expect("something comes");
        let input = if arrival == Some(now) { coming.remove(0).1 } else { Input::Wake };
        player.handle(now, input);
    }
}

fn count(seen: &Seen, is: impl Fn(&Event) -> bool) -> usize {
    seen.log.iter().filter(|record| is(&record.event)).count()
}

#[test]
fn what_a_later_mpd_lists_is_played_without_a_gap_5_3_1_2() {
    let seen = play(usize::MAX);
    assert_eq!(seen.done, Some(DoneReason::TimeUp));
    assert_eq!(count(&seen, |event| matches!(event, Event::Stall { .. })), 0);
    for pair in seen.asked.windows(2) {
        assert_eq!(pair[0].1, pair[1].0, "segment after segment");
    }
    // 30 s, and what was there when it began.
    assert!((15..=18).contains(&seen.asked.len()), "{:?}", seen.asked);
    for (start, end, at) in &seen.asked {
        assert!(*end <= edge(*at), "{start:?} was asked for at {at:?}");
    }
    for pair in seen.manifests.windows(2) {
        assert_eq!(pair[1].since(pair[0]), UPDATE);
    }
    assert_eq!(seen.manifests.len(), 15);
    let joined = seen.log.iter().find_map(|record| {
        let Event::Join { position, latency, target } = &record.event else { return None };
        Some((*position, *latency, *target))
    });
    let target = Duration::from_secs(5);
    let (position, latency, wished) = joined.expect("a beginning");
    assert_eq!((position + latency, wished), (ON_AIR + Duration::from_millis(50), target));
    assert_eq!(latency, target);
}

#[test]
fn without_a_later_mpd_what_is_listed_is_played_and_then_it_waits() {
    let seen = play(2);
    assert_eq!(seen.done, Some(DoneReason::TimeUp));
    assert_eq!(count(&seen, |event| matches!(event, Event::Stall { .. })), 1);
    let failures = count(&seen, |event| matches!(event, Event::Failure { .. }));
    assert!((4..=12).contains(&failures), "{failures}");
}
