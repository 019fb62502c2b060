mod live;

use super::*;
use dashpot_abr::{Arrival, Decision, Film as _, Progress, Reason, Rung, View, by_name};
use dashpot_base::Bitrate;
use dashpot_qoe::{Abandoned, Event};

/// Sixty segments of two seconds, of which every other is half as large again.
fn film() -> Film {
    let ladder = vec![300.0, 750.0, 1_500.0, 3_000.0];
    let sizes = (0..60).map(|index| {
        let weight = if index % 2 == 0 { 1_000.0 } else { 3_000.0 };
        ladder.iter().map(|rate| rate * weight).collect()
    });
    let sizes = sizes.collect::<Vec<Vec<f64>>>();
    Film::new(&Table::new(ladder, vec![2_000.0; 60], &sizes).unwrap())
}

fn lab(rule: Box<dyn Rule>, trace: &str) -> Lab {
    Lab::new(film(), Trace::parse(trace).unwrap(), rule)
}

#[test]
fn every_rule_plays_the_film_to_its_end_and_an_ample_link_plays_the_top() {
    for name in dashpot_abr::names() {
        let outcome = lab(by_name(name).unwrap(), "1000,20000,20").run();
        let Summary { played_ms, stalls, average_bitrate_bps, .. } = outcome.summary;
        assert_eq!(outcome.done, Some(DoneReason::Ended), "{name}");
        assert_eq!((played_ms, stalls), (120_000, 0), "{name}");
        assert!(Some(1_000_000) < average_bitrate_bps, "{name}: {average_bitrate_bps:?}");
    }
}

#[test]
fn a_session_is_the_same_whether_or_not_anybody_watches() {
    let session = || lab(by_name("dynamic").unwrap(), "7000,2500,30\n5000,400,90");
    let (alone, watched) = (session().run(), session().observed(|_| ()));
    assert_eq!((alone.summary, alone.done), (watched.summary, watched.done));
    assert_eq!(alone.ended, watched.ended);
}

#[test]
fn the_link_carries_the_sizes_of_the_table_and_the_rule_sees_them() {
    let film = film();
    let mut sizes = Vec::new();
    let lab = lab(by_name("throughput").unwrap(), "1000,900,20");
    let outcome = lab.observed(|record| {
        if let Event::Segment { number, rung, size, .. } = record.event {
            sizes.push((number, rung, size.bytes()));
        }
    });
    assert_eq!(sizes.len(), 60);
    for (number, rung, bytes) in sizes {
        let index = usize::try_from(number).unwrap() - 1;
        let bits = film.tracks.bits(index, Rung(rung));
        assert_eq!(Some(bits / 8.0), u32::try_from(bytes).ok().map(f64::from));
    }
    assert_eq!(film.tracks.count(), Some(60));
    assert!(outcome.summary.wasted_bytes == 0);
}

#[test]
fn a_trace_that_carries_next_to_nothing_ends_after_the_time_given() {
    let slow = lab(by_name("throughput").unwrap(), "1000,1,20");
    let outcome = Lab { stop_after_time: Some(Duration::from_secs(60)), ..slow }.run();
    assert_eq!((outcome.done, outcome.ended.nanos()), (Some(DoneReason::TimeUp), 60_000_000_000));
}

#[test]
fn one_viewer_has_a_link_as_if_it_were_not_shared() {
    for name in dashpot_abr::names() {
        let trace = "7000,2500,30\n5000,400,90";
        let session = || Lab {
            seeks: vec![(Duration::from_secs(9), Duration::from_secs(70))],
            begins: Duration::from_millis(3_456),
            loss_ratio: 0.05,
            ..lab(by_name(name).unwrap(), trace)
        };
        let (mut said, mut heard) = (Vec::new(), Vec::new());
        let alone = session().observed(|record| said.push(record.clone()));
        let shared = shared_observed(vec![session()], |_, record| heard.push(record.clone()));
        assert_eq!(said, heard, "{name}");
        let shared = shared.into_iter().next().unwrap();
        assert_eq!((alone.summary, alone.done), (shared.summary, shared.done), "{name}");
        assert_eq!(alone.ended, shared.ended, "{name}");
    }
}

#[test]
fn viewers_of_one_rule_who_come_together_are_served_alike_and_share_the_link() {
    let viewer = || lab(by_name("throughput").unwrap(), "1000,3200,20");
    let outcomes = shared((0..4).map(|_| viewer()).collect());
    let rates = outcomes.iter().map(|it| it.summary.average_bitrate_bps.unwrap());
    let (least, most) = (rates.clone().min().unwrap(), rates.max().unwrap());
    assert!(most - least < most / 20, "{least} {most}");
    // 3,200 kbit/s for four: nobody plays more than the rungs near 800.
    assert!((300_000..900_000).contains(&most), "{most}");
    assert!(outcomes.iter().all(|it| it.done == Some(DoneReason::Ended)));
    let alone = viewer().run().summary.average_bitrate_bps.unwrap();
    assert!(2 * most < alone, "{most} {alone}");
}

#[test]
fn a_viewer_who_comes_later_takes_a_share_from_then_on() {
    let viewer = |begins_s| Lab {
        begins: Duration::from_secs(begins_s),
        ..lab(by_name("throughput").unwrap(), "1000,2400,20")
    };
    let outcomes = shared(vec![viewer(0), viewer(60), viewer(1_000)]);
    let rates = outcomes.iter().map(|it| it.summary.average_bitrate_bps.unwrap());
    let rates = rates.collect::<Vec<_>>();
    // The last one is alone by then; the first one was for half of the film.
    assert!(rates[1] < rates[2] && rates[0] <= rates[2], "{rates:?}");
    assert!(1_000_000_000_000 < outcomes[2].ended.nanos());
    let startup = outcomes[2].summary.startup_ms.unwrap();
    assert!(startup < 2_000, "counted from when the viewer came: {startup}");
    assert!(shared(Vec::new()).is_empty());
}

/// Hears where things came from.
#[derive(Debug, Default)]
struct Hears {
    hits: Vec<(usize, bool, f64)>,
    heard: Arc<std::sync::Mutex<Vec<(usize, bool, f64)>>>,
}

impl Rule for Hears {
    fn name(&self) -> &'static str {
        "hears"
    }

    fn decide(&mut self, _: &View<'_>) -> Decision {
        Decision::now(Rung(2), Reason::NoEstimate)
    }

    fn arrived(&mut self, arrival: &Arrival) {
        let is_hit = arrival.source.is_hit.expect("a cache speaks of itself");
        let kbps = arrival.bits / (arrival.took_ms - arrival.first_byte_ms);
        self.hits.push((arrival.index, is_hit, kbps));
        self.heard.lock().unwrap().clone_from(&self.hits);
    }
}

#[test]
fn hits_come_at_the_rate_of_the_link_and_misses_at_the_origins() {
    let edge = Edge { viewers_before: 8, miss_rate: Bitrate::from_kbps(4_000), ..Edge::default() };
    let heard = Arc::default();
    let rule = Box::new(Hears { heard: Arc::clone(&heard), ..Hears::default() });
    let outcome = Lab { edge: Some(edge), ..lab(rule, "1000,20000,20") }.run();
    assert_eq!(outcome.done, Some(DoneReason::Ended));
    let heard = heard.lock().unwrap().clone();
    let hits = heard.iter().filter(|(_, is_hit, _)| *is_hit).count();
    assert!((1..60).contains(&hits), "{hits}");
    for (index, is_hit, kbps) in heard {
        let expected = if is_hit { 19_900.0..20_001.0 } else { 3_000.0..4_300.0 };
        assert!(expected.contains(&kbps), "{index}: {is_hit} {kbps}");
    }
}

#[test]
fn what_one_viewer_asked_for_is_a_hit_for_the_next_where_there_is_room() {
    let hits = |capacity_mib| {
        let capacity = dashpot_base::ByteSize::from_mib(capacity_mib);
        let edge = Some(Edge { viewers_before: 0, capacity, ..Edge::default() });
        let (first, second) = (Arc::default(), Arc::default());
        let viewer = |begins_s, heard: &Arc<_>| Lab {
            edge,
            begins: Duration::from_secs(begins_s),
            ..lab(Box::new(Hears { heard: Arc::clone(heard), ..Hears::default() }), "1000,9000,20")
        };
        let outcomes = shared(vec![viewer(0, &first), viewer(1_000, &second)]);
        assert!(outcomes.iter().all(|it| it.done == Some(DoneReason::Ended)));
        [first, second].map(|heard: Arc<std::sync::Mutex<Vec<(usize, bool, f64)>>>| {
            heard.lock().unwrap().iter().filter(|(_, is_hit, _)| *is_hit).count()
        })
    };
    assert_eq!(hits(1_024), [0, 60]);
    assert_eq!(hits(1), [0, 0], "a loop over more than there is room for");
}

/// A rule that does what it is told.
#[derive(Debug)]
struct Told {
    delay_ms: f64,
    gives_up_after_ms: f64,
    rung: usize,
    waited_ms: f64,
    asked: usize,
}

impl Rule for Told {
    fn name(&self) -> &'static str {
        "told"
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        assert_eq!((view.index, view.film.count()), (self.asked.min(view.index), Some(60)));
        self.asked = view.index + 1;
        let rung = Rung(self.rung).min(view.top());
        Decision { delay_ms: self.delay_ms, ..Decision::now(rung, Reason::NoEstimate) }
    }

    fn waited(&mut self, ms: f64) {
        self.waited_ms += ms;
        assert!(0.0 < ms && self.waited_ms.is_finite());
    }

    fn patience_ms(&self, _: &View<'_>, progress: &Progress) -> f64 {
        (self.gives_up_after_ms - progress.since_ms).max(0.0)
    }

    fn gives_up(&mut self, _: &View<'_>, progress: &Progress) -> bool {
        assert!(self.gives_up_after_ms <= progress.since_ms, "{progress:?}");
        assert!(progress.first_byte_ms <= progress.since_ms);
        self.rung = self.rung.saturating_sub(1);
        true
    }
}

/// A rule that begins low and fetches what it has again once it may.
#[derive(Debug, Default)]
struct Again {
    /// Which one, counted from the playhead.
    nth: usize,
    replaced: Vec<usize>,
}

impl Rule for Again {
    fn name(&self) -> &'static str {
        "again"
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        Decision::now(Rung(usize::from(6 < view.index) * 3), Reason::NoEstimate)
    }

    fn arrived(&mut self, arrival: &Arrival) {
        if arrival.is_replacement {
            self.replaced.push(arrival.index);
            assert_eq!(arrival.rung, Rung(3));
        }
    }

    fn may_replace(&self) -> bool {
        true
    }

    fn replaces(&mut self, view: &View<'_>, buffered: &[Rung], rung: Rung) -> Option<usize> {
        assert!(buffered.len() <= view.index);
        let low = buffered.iter().enumerate().filter(|(_, had)| **had < rung);
        low.map(|(nth, _)| nth).nth(self.nth)
    }
}

#[test]
fn what_is_buffered_low_is_fetched_again_and_played_at_the_higher_rung() {
    let again = Box::new(Again { nth: 0, ..Again::default() });
    let (lines, outcome) = lines(lab(again, "1000,20000,20"));
    let count = |what: &str| lines.iter().filter(|line| line.contains(what)).count();
    let replaced = count("\"kind\":\"replace\"");
    assert!(4 <= replaced, "{replaced}");
    assert_eq!(count("\"kind\":\"segment\""), 60 + replaced);
    // Seven segments at 300 kbps, of 75,000 bytes or three times that, less those replaced.
    let low = outcome.summary.rungs[0];
    assert_eq!(low.bitrate_bps, 300_000);
    assert_eq!(low.played_ms, 2_000 * (7 - u64::try_from(replaced).unwrap()));
    assert_eq!((outcome.summary.played_ms, outcome.summary.stalls), (120_000, 0));
    let wasted = outcome.summary.wasted_bytes / 37_500;
    assert_eq!(outcome.summary.wasted_bytes % 37_500, 0, "whole segments of the lowest rung");
    assert!(wasted <= 2 * 7 * 3, "{wasted}");
}

#[test]
fn a_replacement_that_comes_too_late_is_broken_off_and_the_old_segment_is_played() {
    // The first whole segment ahead is always the next to be played, and the link is too slow.
    let again = Box::new(Again { nth: 0, ..Again::default() });
    let (lines, outcome) = lines(lab(again, "2200,4000,20\n600000,700,20"));
    let late = lines.iter().filter(|line| line.contains("\"reason\":\"late\"")).count();
    assert!(0 < late, "{}", lines.join("\n"));
    assert_eq!((outcome.done, outcome.summary.played_ms), (Some(DoneReason::Ended), 120_000));
    // All that came of it until the playhead was there: 87.5 bytes a millisecond for a second or
    // more, which nobody told of on the way.
    assert!(50_000 < outcome.summary.wasted_bytes, "{}", outcome.summary.wasted_bytes);
}

fn told(delay_ms: f64, gives_up_after_ms: f64, rung: usize) -> Box<dyn Rule> {
    Box::new(Told { delay_ms, gives_up_after_ms, rung, waited_ms: 0.0, asked: 0 })
}

/// Returns the kinds of events, and the buffer at each segment's arrival.
fn lines(lab: Lab) -> (Vec<String>, Outcome) {
    let mut lines = Vec::new();
    let outcome = lab.observed(|record| lines.push(record.line("player")));
    (lines, outcome)
}

#[test]
fn a_delay_is_honoured_as_long_as_a_segment_stays_buffered() {
    for (delay_ms, expected) in
        [(0.0, false), (f64::NAN, false), (-5.0, false), (700.0, true), (f64::INFINITY, true)]
    {
        let (lines, outcome) = lines(lab(told(delay_ms, f64::INFINITY, 0), "1000,20000,20"));
        let delays = lines.iter().filter(|line| line.contains("rule-delay")).count();
        assert_eq!(0 < delays, expected, "{delay_ms}: {delays}");
        assert_eq!(outcome.summary.stalls, 0, "{delay_ms}");
        if delay_ms.is_infinite() {
            // The buffer never grows: each segment is asked for when one is left.
            let fullest = lines.iter().filter_map(|line| {
                let line = line.contains("\"kind\":\"segment\"").then_some(line)?;
                let (_, rest) = line.split_once("\"buffer_ms\":")?;
                rest.trim_end_matches('}').parse::<u64>().ok()
            });
            let fullest = fullest.max().unwrap();
            assert!(fullest <= 4_000, "{fullest}");
        }
    }
}

#[test]
fn a_download_is_given_up_when_the_rule_says_so_and_its_bytes_are_waste() {
    // A segment of the top rung takes several seconds, one of the lowest less than one.
    let mut given_up = Vec::new();
    let lab = lab(told(0.0, 1_500.0, 3), "1000,800,40");
    let outcome = lab.observed(|record| {
        if let Event::Abandon { reason, size, .. } = record.event {
            given_up.push((record.at.nanos() / 1_000_000, reason, size.bytes()));
        }
    });
    // Each time 1,460 ms at 100 bytes a millisecond: the first segment at two rungs, and the
    // second, which is larger, at the third of them.
    let all = |at_ms| (at_ms, Abandoned::Rule, 146_000);
    assert_eq!(given_up[..3], [all(1_500), all(3_000), all(5_477)], "{given_up:?}");
    assert_eq!(outcome.done, Some(DoneReason::Ended));
    let wasted = given_up.iter().map(|(.., bytes)| bytes).sum::<u64>();
    assert_eq!(outcome.summary.wasted_bytes, wasted);
    assert_eq!(outcome.summary.segments, 60);
}

#[test]
fn a_rule_that_always_gives_up_still_ends() {
    let outcome = lab(told(0.0, 0.0, 3), "1000,400,40").run();
    assert_eq!(outcome.done, Some(DoneReason::Ended));
    assert_eq!(outcome.summary.segments, 60);
}

/// A rule that chooses a few times and can choose no longer then.
#[derive(Debug)]
struct Failing {
    left: usize,
    why: Option<String>,
}

impl Rule for Failing {
    fn name(&self) -> &'static str {
        "failing"
    }

    fn decide(&mut self, _: &View<'_>) -> Decision {
        match self.left.checked_sub(1) {
            Some(left) => self.left = left,
            None => self.why = Some("it is tired".to_owned()),
        }
        Decision::now(Rung(0), Reason::External)
    }

    fn failure(&self) -> Option<&str> {
        self.why.as_deref()
    }
}

#[test]
fn a_rule_that_fails_ends_the_session_and_says_why() {
    for left in [0, 1, 7] {
        let rule = Box::new(Failing { left, why: None });
        let (lines, outcome) = lines(lab(rule, "1000,20000,20"));
        let why = "it is tired".to_owned();
        assert_eq!(outcome.done, Some(DoneReason::RuleFailed { why }));
        let decisions = lines.iter().filter(|line| line.contains("\"kind\":\"rung\""));
        assert_eq!(decisions.count(), left, "a failure is no decision");
        assert_eq!(outcome.summary.segments, u64::try_from(left).unwrap());
        assert!(lines.last().unwrap().contains("rule-failed: it is tired"));
    }
}

/// The link is never idle but for a round trip a request: what it carried is what the session
/// downloaded, wherever downloads were cut.
#[test]
fn what_a_seek_and_the_end_cut_off_is_counted_to_the_last_byte() {
    let told = Told {
        delay_ms: 0.0,
        gives_up_after_ms: f64::INFINITY,
        rung: usize::MAX,
        waited_ms: 0.0,
        asked: 0,
    };
    let second = Duration::from_secs(1);
    let session = Lab {
        seeks: vec![(second * 7, Duration::ZERO), (second * 12, Duration::ZERO)],
        stop_after_time: Some(second * 20),
        ..lab(Box::new(told), "1000,1000,20")
    };
    let mut sizes = Vec::new();
    let outcome = session.observed(|record| {
        if let Event::Segment { size, .. } | Event::Abandon { size, .. } = &record.event {
            sizes.push(size.bytes());
        }
    });
    assert_eq!(outcome.done, Some(DoneReason::TimeUp));
    let requests = u64::try_from(sizes.len()).unwrap();
    let carried = (20_000 - requests * 20) * 125;
    let summary = outcome.summary;
    assert_eq!(summary.downloaded_bytes, sizes.iter().sum::<u64>());
    assert!(summary.downloaded_bytes.abs_diff(carried) <= requests, "{sizes:?} of {carried}");
    assert!(0 < summary.wasted_bytes && 0 < summary.unplayed_bytes, "{summary:?}");
}
