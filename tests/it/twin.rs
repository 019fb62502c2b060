//! The same session in real and in virtual time makes the same decisions.
//!
//! One film, one trace and one viewer, through tokio under a paused clock and through the
//! simulator. Tokio's timers have a grain of a millisecond, which the simulator is told; nothing
//! else differs, and the logs are equal byte for byte.

use dashpot_abr::{Decision, Progress, Reason, Rule, Rung, View};
use dashpot_base::{ByteSize, Machine as _, Seed};
use dashpot_client::{Clock, Plan, Transport, drive};
use dashpot_mpd::timeline::Presentation;
use dashpot_net::{Link, Trace};
use dashpot_player::{Config, DoneReason, Input, Player, Request, Ticket};
use dashpot_sim::{Nominal, Session, Wire, WireInput};
use std::time::Duration;
use url::Url;

const MPD: &str = r#"<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT60S"
    minBufferTime="PT2S" profiles="urn:mpeg:dash:profile:isoff-live:2011">
  <Period>
    <AdaptationSet contentType="video" mimeType="video/mp4" codecs="avc1.64001f">
      <SegmentTemplate timescale="12800" duration="25600" media="$RepresentationID$/$Number$.m4s"
          initialization="$RepresentationID$/init.mp4"/>
      <Representation id="v1" bandwidth="120000"/>
      <Representation id="v2" bandwidth="300000"/>
      <Representation id="v3" bandwidth="700000"/>
      <Representation id="v4" bandwidth="1400000"/>
      <Representation id="v5" bandwidth="2700000"/>
    </AdaptationSet>
    <AdaptationSet contentType="audio" mimeType="audio/mp4" codecs="mp4a.40.2" lang="en">
      <SegmentTemplate timescale="48000" duration="96256" media="$RepresentationID$/$Number$.m4s"
          initialization="$RepresentationID$/init.mp4"/>
      <Representation id="a-en" bandwidth="64000"/>
    </AdaptationSet>
  </Period>
</MPD>"#;

/// Up, down to below the lowest rung with audio, an outage, and up again.
const TRACE: &str = "\
duration_ms,bandwidth_kbps,latency_ms
9000,2500,37
7000,900,61
9000,130,143
2500,0,80
11000,650,55
21500,3100,23";

const GRAIN: Duration = Duration::from_millis(1);

fn url() -> Url {
    Url::parse("http://origin.test/vod/film/number.mpd").expect("a URL")
}

fn wire(loss_ratio: f64) -> Wire<Nominal> {
    let (mpd, _) = dashpot_mpd::parse(MPD).expect("an MPD");
    let presentation = Presentation::resolve(&mpd, &url()).expect("a timeline");
    let trace = Trace::parse(TRACE).expect("a trace");
    Wire::new(Nominal(presentation), Link::new(trace, loss_ratio, Seed(7)))
}

/// A rule that does all that a rule may do, by the numbers that it sees.
#[derive(Debug, Default)]
struct Restless {
    decisions: usize,
}

/// What it is called here.
const RESTLESS: &str = "restless";

impl Rule for Restless {
    fn name(&self) -> &'static str {
        RESTLESS
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        self.decisions += 1;
        let rung = view.rung_below(view.throughput_kbps.unwrap_or(0.0));
        let delay_ms = if self.decisions.is_multiple_of(5) { 617.3 } else { 0.0 };
        let rung = if self.decisions.is_multiple_of(4) { Rung(0) } else { rung };
        Decision { delay_ms, ..Decision::now(rung, Reason::ThroughputFits) }
    }

    fn patience_ms(&self, view: &View<'_>, progress: &Progress) -> f64 {
        view.segment_ms * 0.7 - progress.since_ms
    }

    fn gives_up(&mut self, view: &View<'_>, progress: &Progress) -> bool {
        view.segment_ms < progress.since_ms && progress.bits_here < progress.bits / 2.0
    }

    fn may_replace(&self) -> bool {
        true
    }

    fn replaces(&mut self, _: &View<'_>, buffered: &[Rung], rung: Rung) -> Option<usize> {
        buffered.iter().rposition(|had| *had < rung)
    }
}

fn player(rule: &str) -> Player {
    let rule = match rule {
        RESTLESS => Box::new(Restless::default()),
        _ => dashpot_abr::by_name(rule).expect("a rule"),
    };
    Player::new(Config::new(url()), rule)
}

fn script() -> Vec<(Duration, Input)> {
    let seek = |at, to| (Duration::from_millis(at), Input::Seek { to: Duration::from_millis(to) });
    vec![seek(15_250, 31_337), seek(24_000, 8_000)]
}

/// The simulator's wire, in real time.
struct InMemory {
    wire: Wire<Nominal>,
    clock: Clock,
}

impl Transport for InMemory {
    fn fetch(&mut self, request: Request) {
        self.wire.handle(self.clock.now(), WireInput::Fetch(request.fetch));
    }

    fn look(&mut self, ticket: Ticket) {
        self.wire.handle(self.clock.now(), WireInput::Look(ticket));
    }

    fn cancel(&mut self, ticket: Ticket) -> ByteSize {
        self.wire.cancel(self.clock.now(), ticket)
    }

    async fn next(&mut self) -> Input {
        loop {
            if let Some(input) = self.wire.poll() {
                return input;
            }
            match self.wire.wake_at() {
                Some((at, _)) => self.clock.sleep_until(at).await,
                None => std::future::pending().await,
            }
            self.wire.handle(self.clock.now(), WireInput::Wake);
        }
    }
}

async fn real(rule: &str, loss_ratio: f64, script: Vec<(Duration, Input)>) -> (String, DoneReason) {
    let clock = Clock::start();
    let mut transport = InMemory { wire: wire(loss_ratio), clock };
    let mut log = String::new();
    // The refresh shows that being watched changes nothing.
    let plan = Plan { script, refresh: Some(Duration::from_millis(250)) };
    let observe = |snapshot: dashpot_client::Snapshot<'_>| {
        if let Some(record) = snapshot.record {
            log += &(record.line("player") + "\n");
        }
    };
    let never = std::future::pending();
    let driven = drive(player(rule), &mut transport, &clock, plan, never, observe).await;
    (log, driven.reason)
}

fn virtually(rule: &str, loss: f64, script: Vec<(Duration, Input)>) -> (String, DoneReason) {
    let session = Session { player: player(rule), wire: wire(loss), script, grain: GRAIN };
    let run = dashpot_sim::run(session);
    let log = run.records.iter().map(|record| record.line("player") + "\n").collect();
    (log, run.done.expect("a session ends"))
}

#[tokio::test(start_paused = true)]
async fn decisions_match_in_both_times() {
    let mut told = String::new();
    for rule in dashpot_abr::names().chain([RESTLESS]) {
        for (loss, script) in [(0.0, Vec::new()), (0.1, Vec::new()), (0.0, script())] {
            let context = format!("{rule}, loss {loss}, {} seeks", script.len());
            let (real_log, real_reason) = real(rule, loss, script.clone()).await;
            let (virtual_log, virtual_reason) = virtually(rule, loss, script);
            assert_eq!(real_log, virtual_log, "{context}");
            assert_eq!((real_reason, virtual_reason), (DoneReason::Ended, DoneReason::Ended));
            told += &virtual_log;
        }
    }
    for reason in ["rule-delay", "fast-switch", "late"] {
        assert!(told.contains(&format!("\"reason\":\"{reason}\"")), "no {reason} in any session");
    }
    let given_up = "\"kind\":\"abandon\",\"reason\":\"rule\"";
    assert!(told.contains(given_up), "nothing was given up in any session");
    // Sessions too smooth to wait, stall or fail would agree too easily.
    for kind in ["rung", "wait", "segment", "abandon", "play", "stall", "seek", "failure", "done"] {
        assert!(told.contains(&format!("\"kind\":\"{kind}\"")), "no {kind} in any session");
    }
}
