//! Hashes of every record of many sessions: `hash_sessions [MOVIE.json [RULE]]`.
//!
//! Every rule plays every film over every network in every way that there is: what is made faster
//! is compared with what it was, line by line. There is a line for each rule and on it a hash for
//! each way; of a RULE all records are printed instead.
#![expect(clippy::print_stdout, reason = "its output is its purpose")]

use dashpot_abr::{Rule, Table};
use dashpot_base::Seed;
use dashpot_mpd::timeline::Presentation;
use dashpot_net::{Generator, Link, Trace};
use dashpot_player::{Config, Input, Log, Player};
use dashpot_qoe::{Record, Tracker};
use dashpot_sim::{
    Nominal, Session, Wire,
    input::Vbr,
    lab::{Edge, Film, Lab, Live, shared, shared_observed},
    run_with,
};
use std::{
    env,
    fmt::{Debug, Write as _},
    fs,
    time::Duration,
};
use url::Url;
use xxhash_rust::xxh3::Xxh3Default;

/// Pictures and sound whose boundaries differ, in two periods.
const MPD: &str = r#"<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"
    mediaPresentationDuration="PT90S" minBufferTime="PT2S"
    profiles="urn:mpeg:dash:profile:isoff-live:2011">
  <Period duration="PT41S">
    <AdaptationSet contentType="video" mimeType="video/mp4" codecs="avc1.64001f">
      <SegmentTemplate timescale="12800" duration="25600" media="$RepresentationID$/$Number$.m4s"
          initialization="$RepresentationID$/init.mp4"/>
      <Representation id="v1" bandwidth="120000"/>
      <Representation id="v2" bandwidth="300000"/>
      <Representation id="v3" bandwidth="700000"/>
    </AdaptationSet>
    <AdaptationSet contentType="audio" mimeType="audio/mp4" codecs="mp4a.40.2" lang="en">
      <SegmentTemplate timescale="48000" duration="96256" media="$RepresentationID$/$Number$.m4s"
          initialization="$RepresentationID$/init.mp4"/>
      <Representation id="a-en" bandwidth="64000"/>
    </AdaptationSet>
  </Period>
  <Period>
    <AdaptationSet contentType="video" mimeType="video/mp4" codecs="avc1.64001f">
      <SegmentTemplate timescale="1000" duration="3000" media="$RepresentationID$/$Number$.m4s"/>
      <Representation id="w1" bandwidth="200000"/>
      <Representation id="w2" bandwidth="900000"/>
      <Representation id="w3" bandwidth="2100000"/>
    </AdaptationSet>
  </Period>
</MPD>"#;

/// How many ways there are to play a film over a network.
const WAYS: usize = 11;

/// All that sessions of one rule said.
#[derive(Default)]
struct Sum {
    ways: [Xxh3Default; WAYS],
    line: String,
    records: u64,
    is_printed: bool,
}

impl Sum {
    fn record(&mut self, way: usize, record: &Record) {
        self.records += 1;
        self.say(way, record);
    }

    fn say(&mut self, way: usize, what: &dyn Debug) {
        self.line.clear();
        write!(self.line, "{what:?}").expect("a string takes all");
        self.ways[way].update(self.line.as_bytes());
        if self.is_printed {
            println!("{way} {}", self.line);
        }
    }
}

fn main() {
    let mut films = ["vbr,segments=40", "vbr,seed=2,segments=25"].map(|text| {
        let movie = Vbr::parse(text).and_then(|vbr| vbr.movie());
        movie.expect("a film").film
    });
    if let Some(path) = env::args().nth(1) {
        let text = fs::read_to_string(path).expect("the film can be read");
        films[0] = dashpot_sim::input::sabre::movie(&text).expect("a film").into();
    }
    let films = films.map(|table| (Film::new(&table), table));
    let traces = Generator::parse("mixed,n=7").expect("a generator").traces().expect("traces");
    let traces = traces.into_iter().map(|(_, trace)| trace).collect::<Vec<_>>();
    let wanted = env::args().nth(2);
    for name in dashpot_abr::names() {
        for spec in ["", ":replace=left", ":replace=right"].map(|how| format!("{name}{how}")) {
            let Ok(_) = dashpot_abr::parse(&spec) else { continue };
            let rule = || dashpot_abr::parse(&spec).expect("a rule");
            let is_printed = wanted.as_ref() == Some(&spec);
            if wanted.is_some() && !is_printed {
                continue;
            }
            let mut sum = Sum { is_printed, ..Sum::default() };
            for (film, table) in &films {
                for trace in &traces {
                    play(&mut sum, table, &|| Lab::new(film.clone(), trace.clone(), rule()));
                }
            }
            traces.iter().for_each(|trace| resolved(&mut sum, trace, rule()));
            let hashes = sum.ways.iter().map(|way| format!("{:08x} ", way.digest() >> 32));
            println!("{}{:>9} {spec}", hashes.collect::<String>(), sum.records);
        }
    }
}

/// Plays sessions in every way that a laboratory has.
fn play(sum: &mut Sum, table: &Table, lab: &dyn Fn() -> Lab) {
    let seconds = Duration::from_secs;
    let live = |target, chunk| Live {
        target,
        chunk: Duration::from_millis(chunk),
        on_air: target + Duration::from_millis(1_370),
    };
    let seeks =
        vec![(seconds(9), seconds(50)), (seconds(33), seconds(20)), (seconds(40), seconds(21))];
    let ways: [&dyn Fn() -> Lab; 8] = [
        &lab,
        &|| Lab { buffer: seconds(60), loss_ratio: 0.05, ..lab() },
        &|| Lab { seeks: seeks.clone(), begins: seconds(7), ..lab() },
        &|| Lab { edge: Some(Edge::default()), ..lab() },
        &|| Lab { live: Some(live(seconds(6), 500)), ..lab() },
        &|| Lab { live: Some(live(seconds(9), 0)), loss_ratio: 0.02, ..lab() },
        &|| Lab { stop_after_media: Some(seconds(31)), resume: seconds(5), ..lab() },
        &|| Lab { stop_after_time: Some(seconds(77)), buffer: seconds(6), ..lab() },
    ];
    for (number, way) in ways.iter().enumerate() {
        let mut tracker = Tracker::new();
        let outcome = way().observed(|record| {
            tracker.add(record);
            sum.record(number, record);
        });
        let measures = tracker.measures(&outcome.summary, table.ladder());
        let (pieces, stalls) = (tracker.pieces(), tracker.stalls());
        sum.say(number, &(measures, pieces, stalls, outcome, way().run()));
    }
    for (number, edge) in [(8, None), (9, Some(Edge::default()))] {
        let labs = || {
            let lab = |viewer| Lab { begins: seconds(2) * viewer, edge, ..lab() };
            (0..3).map(lab).collect::<Vec<_>>()
        };
        let outcomes = shared_observed(labs(), |_, record| sum.record(number, record));
        sum.say(number, &(outcomes, shared(labs())));
    }
}

/// Plays what an MPD says, with sound.
fn resolved(sum: &mut Sum, trace: &Trace, rule: Box<dyn Rule>) {
    let url = Url::parse("http://origin.test/number.mpd").expect("a URL");
    let (mpd, _) = dashpot_mpd::parse(MPD).expect("an MPD");
    let presentation = Presentation::resolve(&mpd, &url).expect("a timeline");
    let config = Config { log: Log::All, ..Config::new(url) };
    let session = Session {
        player: Player::new(config, rule),
        wire: Wire::new(Nominal(presentation), Link::new(trace.clone(), 0.03, Seed(5))),
        script: vec![(Duration::from_secs(30), Input::Seek { to: Duration::from_secs(35) })],
        grain: Duration::from_millis(1),
    };
    let end = run_with(session, |record| sum.record(WAYS - 1, record));
    sum.say(WAYS - 1, &end);
}
