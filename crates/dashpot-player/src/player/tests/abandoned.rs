//! Downloads that end early: what came of them is told.

use super::world::*;
use crate::{Failure, Input, Ticket, What};
use dashpot_base::{Bitrate, ByteSize};
use dashpot_qoe::{Abandoned, Event, Media};
use std::time::Duration;

/// Lets `bytes` of the video segment that is on its way arrive.
fn arrive(world: &mut World, bytes: u64) -> Ticket {
    let is_video = |what: &What| matches!(what, What::Segment { media: Media::Video, .. });
    while !world.in_flight.values().any(|(_, it)| is_video(&it.fetch.what)) {
        let next = world.in_flight.keys().next().copied().expect("something on its way");
        world.answer(next);
    }
    let segment = world.in_flight.iter().find(|(_, (_, it))| is_video(&it.fetch.what));
    let ticket = *segment.expect("a video segment").0;
    world.feed(Input::FirstByte { ticket, size: None });
    world.feed(Input::Progress { ticket, size: ByteSize::new(bytes) });
    ticket
}

#[test]
fn what_came_of_a_download_that_ended_early_is_told() {
    let mut world = World::new(config(), one_film(), Bitrate::from_kbps(300));
    world.feed(Input::Start);
    arrive(&mut world, 5_000);
    world.feed(Input::Seek { to: Duration::from_secs(17) });
    let ticket = arrive(&mut world, 700);
    world.in_flight.remove(&ticket);
    world.feed(Input::Failed { ticket, failure: Failure::Truncated });
    world.now = world.now.after(Duration::from_secs(5));
    world.feed(Input::Wake);
    arrive(&mut world, 30);
    world.feed(Input::Stop);
    let told = world.log.iter().filter_map(|record| {
        let Event::Abandon { reason, media, size } = record.event else { return None };
        (media == Media::Video).then_some((reason, size.bytes()))
    });
    let told = told.collect::<Vec<_>>();
    let expected = [(Abandoned::Seek, 5_000), (Abandoned::Failure, 700), (Abandoned::End, 30)];
    assert_eq!(told, expected, "{}", world.lines());
    let summary = world.summary();
    assert_eq!(summary.wasted_bytes, 5_700);
    assert!(30 <= summary.unplayed_bytes);
}
