use super::*;
use crate::Nominal;
use dashpot_abr::by_name;
use dashpot_base::Seed;
use dashpot_mpd::timeline::Presentation;
use dashpot_net::{Link, Trace};
use dashpot_player::Config;
use proptest::prelude::*;

const MPD: &str = r#"<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT60S"
    minBufferTime="PT2S" profiles="urn:mpeg:dash:profile:isoff-live:2011">
  <Period>
    <AdaptationSet contentType="video" mimeType="video/mp4" codecs="avc1.64001f">
      <SegmentTemplate timescale="1000" duration="2000" media="$RepresentationID$/$Number$.m4s"
          initialization="$RepresentationID$/init.mp4"/>
      <Representation id="v1" bandwidth="120000"/>
      <Representation id="v2" bandwidth="300000"/>
      <Representation id="v3" bandwidth="800000"/>
      <Representation id="v4" bandwidth="1800000"/>
    </AdaptationSet>
    <AdaptationSet contentType="audio" mimeType="audio/mp4" codecs="mp4a.40.2" lang="en">
      <SegmentTemplate timescale="1000" duration="2000" media="$RepresentationID$/$Number$.m4s"
          initialization="$RepresentationID$/init.mp4"/>
      <Representation id="a-en" bandwidth="64000"/>
    </AdaptationSet>
  </Period>
</MPD>"#;

fn session(rule: &str, trace: &str, loss: f64, seed: u64) -> Session<Nominal> {
    let url = url::Url::parse("http://origin.test/vod/film/number.mpd").unwrap();
    let (mpd, _) = dashpot_mpd::parse(MPD).unwrap();
    let presentation = Presentation::resolve(&mpd, &url).unwrap();
    let link = Link::new(Trace::parse(trace).unwrap(), loss, Seed(seed));
    Session {
        player: Player::new(Config::new(url), by_name(rule).unwrap()),
        wire: Wire::new(Nominal(presentation), link),
        script: Vec::new(),
        grain: Duration::from_nanos(1),
    }
}

fn lines(run: &Run) -> String {
    run.records.iter().map(|record| record.line("player") + "\n").collect()
}

/// Rules that are there to follow the link; others wait longer before they change, or look at more
/// than the link.
const QUICK: [&str; 6] = ["dynamic-o", "dynamic", "throughput", "bola", "bola-o", "bola-basic"];

#[test]
fn every_rule_plays_to_the_end_of_a_link_that_drops() {
    for rule in dashpot_abr::names() {
        let run = run(session(rule, "20000,3000,40\n20000,400,80\n60000,3000,40", 0.0, 1));
        let summary = run.summary();
        assert_eq!(run.done, Some(DoneReason::Ended), "{rule}");
        assert_eq!(summary.played_ms, 60_000, "{rule}: {summary:?}");
    }
}

#[test]
fn an_ample_link_plays_the_top_without_a_stall() {
    for rule in QUICK {
        let run = run(session(rule, "1000,8000,20", 0.0, 1));
        let summary = run.summary();
        assert_eq!(run.done, Some(DoneReason::Ended), "{rule}:\n{}", lines(&run));
        assert_eq!((summary.stalls, summary.played_ms), (0, 60_000), "{rule}");
        assert!(Some(1_000_000) < summary.average_bitrate_bps, "{rule}: {summary:?}");
    }
}

#[test]
fn a_link_that_drops_is_followed_down_and_up_again() {
    let trace = "20000,3000,40\n20000,400,80\n60000,3000,40";
    for rule in QUICK {
        let run = run(session(rule, trace, 0.0, 1));
        let summary = run.summary();
        assert_eq!(run.done, Some(DoneReason::Ended), "{rule}");
        assert!(summary.stall_ratio < Some(0.01), "{rule}: {summary:?}\n{}", lines(&run));
        assert!(2 <= summary.switches, "{rule}: {summary:?}");
    }
}

#[test]
fn a_seek_goes_where_it_is_sent() {
    let mut session = session("throughput", "1000,4000,20", 0.0, 1);
    let to = Duration::from_secs(50);
    session.script = vec![(Duration::from_secs(5), Input::Seek { to })];
    let run = run(session);
    let summary = run.summary();
    assert_eq!((run.done, summary.seeks), (Some(DoneReason::Ended), 1));
    assert!((14_000..16_000).contains(&summary.played_ms), "{summary:?}");
}

proptest! {
    #[test]
    fn the_same_seed_gives_the_same_records_and_every_session_ends(
        rows in prop::collection::vec((200_u64..5_000, 0_u64..4_000, 0_u64..300), 1..6),
        loss in 0.0..0.2, seed in any::<u64>(), bola in any::<bool>(),
    ) {
        let rows = [vec![(1_000, 500, 50)], rows].concat();
        let trace = rows.iter().map(|(ms, kbps, latency)| format!("{ms},{kbps},{latency}\n"));
        let trace = trace.collect::<String>();
        let rule = if bola { "bola" } else { "throughput" };
        let once = run(session(rule, &trace, loss, seed));
        let again = run(session(rule, &trace, loss, seed));
        prop_assert_eq!(lines(&once), lines(&again));
        prop_assert!(once.done.is_some());
        prop_assert!(once.records.is_sorted_by_key(|record| record.at));
    }
}
