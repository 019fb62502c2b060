//! How evenly rules spread, how much moves, how long requests wait: the figures of `docs/routing.md`.
//!
//! `make bench-route` prints them.

mod queue;

use crate::{
    Balancer, Maglev, Node, Rendezvous, Request, Ring,
    balancer::Settings,
    hash::{mix, unit},
    rules,
};
use dashpot_base::{MonoTime, Rng, Seed};
use queue::{Queue, Waits};

/// Keys of the tables of balance: of ten thousand keys for each of a hundred servers, chance alone
/// makes the fullest of them 2.5 percent fuller than the mean.
const KEYS: u64 = 1_000_000;
/// Keys where every server is asked for each of them: a tenth, so that tests stay quick.
const KEYS_RENDEZVOUS: u64 = 100_000;

/// Prints a table, and holds the page that shows it to it: the figures are the same on every machine.
fn show(title: &str, rows: &[String]) {
    let columns = title.matches('|').count() - 1;
    let table = format!("{title}\n|{}\n{}\n", "---|".repeat(columns), rows.join("\n"));
    println!("{table}");
    let page = include_str!("../../../docs/routing.md");
    assert!(page.contains(&table), "docs/routing.md does not show this table:\n{table}");
}

fn nodes(count: usize) -> Vec<Node> {
    (0..count).map(|index| Node::new(&format!("server-{index}"), 1)).collect()
}

type Find = Box<dyn Fn(u64, Option<usize>) -> Option<usize>>;

/// Makes a table of these servers; it finds a key's server, but never the one that is gone.
type Make = fn(&[Node]) -> Find;

const TABLES: &[(&str, Make, u64)] = &[
    ("ring 160", |nodes| ring(nodes, 160), KEYS),
    ("ring 1000", |nodes| ring(nodes, 1_000), KEYS),
    ("Maglev 65537", |nodes| maglev(nodes, 65_537), KEYS),
    ("Maglev 655373", |nodes| maglev(nodes, 655_373), KEYS),
    ("rendezvous", rendezvous, KEYS_RENDEZVOUS),
];

fn ring(nodes: &[Node], points: usize) -> Find {
    let ring = Ring::new(nodes, points);
    Box::new(move |hash, gone| ring.find(hash, |index| Some(index) != gone))
}

fn maglev(nodes: &[Node], size: usize) -> Find {
    let table = Maglev::new(nodes, size);
    Box::new(move |hash, gone| table.find(hash, |index| Some(index) != gone))
}

fn rendezvous(nodes: &[Node]) -> Find {
    let order = Rendezvous::new(nodes);
    Box::new(move |hash, gone| order.find(hash, |index| Some(index) != gone))
}

#[expect(clippy::cast_precision_loss, reason = "counts of keys are far below 2^53")]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

/// What a table does with many keys.
struct Spread {
    /// The keys of the fullest server over the mean.
    peak: f64,
    /// The part of the keys that is elsewhere while one server is away.
    moved_away: f64,
    /// The part of the keys that is elsewhere once that server is no longer listed.
    moved_gone: f64,
}

fn spread(make: Make, count: usize, keys: u64) -> Spread {
    let all = nodes(count);
    let (whole, rest) = (make(&all), make(&all[..count - 1]));
    let mut counts = vec![0_u64; count];
    let (mut away, mut gone) = (0, 0);
    for key in 0..keys {
        let hash = mix(key, 0x7AB1E);
        let home = whole(hash, None).expect("there are servers");
        counts[home] += 1;
        away += u64::from(whole(hash, Some(count - 1)) != Some(home));
        gone += u64::from(rest(hash, None) != Some(home));
    }
    let fullest = counts.into_iter().max().unwrap_or(0);
    let servers = u64::try_from(count).expect("few servers");
    Spread {
        peak: ratio(fullest * servers, keys),
        moved_away: ratio(away, keys),
        moved_gone: ratio(gone, keys),
    }
}

#[test]
fn maglev_is_within_five_percent_of_the_mean_and_one_server_moves_little_more_than_its_share() {
    let mut rows = Vec::new();
    for count in [5_usize, 20, 100] {
        for (name, make, keys) in TABLES {
            let Spread { peak, moved_away, moved_gone } = spread(*make, count, *keys);
            let (away, gone) = (100.0 * moved_away, 100.0 * moved_gone);
            rows.push(format!("| {count} | {name} | {peak:.3} | {away:.2} % | {gone:.2} % |"));
            let share = 1.0 / f64::from(u32::try_from(count).expect("few"));
            // Of a ring, one server's share itself is as uneven as the ring is.
            let most = if name.starts_with("ring") { share * peak } else { share };
            assert!(moved_away <= most + 0.01, "{name} {count}: {moved_away}");
            assert!(moved_gone <= most + 0.02, "{name} {count}: {moved_gone}");
            assert!(!name.starts_with("Maglev") || peak <= 1.05, "{name} {count}: {peak}");
        }
    }
    show("| servers | table | max/mean | moved, one away | moved, one unlisted |", &rows);
}

#[test]
fn slots_of_a_maglev_table_are_even_to_one_in_a_hundred() {
    let table = Maglev::new(&nodes(100), Maglev::SIZE);
    let mut counts = [0_u64; 100];
    table.slots().for_each(|index| counts[index] += 1);
    let fullest = counts.into_iter().max().unwrap_or(0);
    assert!(ratio(fullest * 100, 65_537) <= 1.01, "{fullest}");
}

/// Objects of a film service, the nth asked for 1/n times as often as the first.
struct Zipf {
    sums: Vec<f64>,
}

impl Zipf {
    fn new(objects: u32) -> Self {
        let mut sum = 0.0;
        let sums = (1..=objects).map(|rank| {
            sum += 1.0 / f64::from(rank);
            sum
        });
        Self { sums: sums.collect() }
    }

    fn draw(&self, rng: &mut Rng) -> usize {
        let at = rng.unit() * self.sums.last().copied().unwrap_or(0.0);
        self.sums.partition_point(|sum| *sum <= at)
    }
}

/// What a bound makes of popular objects.
struct Bounded {
    peak: f64,
    /// The part of the requests that their home has answered.
    at_home: f64,
    /// Servers that have had an object, in the mean of the objects.
    copies: f64,
}

/// Two thousand objects, twenty servers, each request in flight while the next 999 come.
fn bounded(bound: &str) -> Bounded {
    let (objects, servers, window, requests) = (2_000, 20_usize, 1_000, 100_000_u64);
    let list = |_: ()| (0..servers).map(|index| (format!("server-{index}"), 1));
    let settings = || Settings { health: None, outliers: None, ..Settings::default() };
    let make = |spec: &str| {
        Balancer::new(settings(), rules::parse(spec).expect(spec), list(()), MonoTime::ZERO)
    };
    let (mut pool, mut plain) = (make(&format!("maglev:bound={bound}")), make("maglev"));
    let (mut rng, zipf) = (Rng::new(Seed(1)), Zipf::new(objects));
    let mut held = std::collections::VecDeque::new();
    let mut copies = vec![0_u32; 2_000];
    let (mut at_home, mut peak) = (0, 0.0_f64);
    for request in 0..requests {
        let object = zipf.draw(&mut rng);
        let url = format!("/object/{object}");
        let request_here = Request { url: &url, ..Request::default() };
        let home = plain.choose(MonoTime::ZERO, &request_here, &mut rng).expect("a home");
        plain.dropped(home);
        if held.len() == window {
            held.pop_front().into_iter().for_each(|index| pool.dropped(index));
        }
        let chosen = pool.choose(MonoTime::ZERO, &request_here, &mut rng).expect("one has room");
        held.push_back(chosen);
        copies[object] |= 1 << chosen;
        at_home += u64::from(chosen == home);
        let in_flight = |index: usize| u64::from(pool.servers()[index].in_flight);
        let total: u64 = (0..servers).map(in_flight).sum();
        if u64::try_from(window).expect("small") <= request {
            let fullest = (0..servers).map(in_flight).max().unwrap_or(0);
            peak = peak.max(ratio(fullest * 20, total));
        }
    }
    let asked = copies.iter().filter(|copies| **copies != 0).count();
    let held: u32 = copies.iter().map(|copies| copies.count_ones()).sum();
    Bounded {
        peak,
        at_home: ratio(at_home, requests),
        copies: ratio(held.into(), u64::try_from(asked).expect("few")),
    }
}

#[test]
fn a_bound_is_never_passed_and_costs_copies() {
    let mut rows = Vec::new();
    for bound in ["none", "2", "1.5", "1.25", "1.1"] {
        let Bounded { peak, at_home, copies } = bounded(bound);
        rows.push(format!("| {bound} | {peak:.2} | {:.1} % | {copies:.2} |", 100.0 * at_home));
        match bound.parse::<f64>() {
            // Of a thousand in flight, fifty are the mean: the bound is rounded up to a whole one.
            Ok(bound) => assert!(peak <= (bound * 50.0).ceil() / 50.0 + 1e-9, "{bound}: {peak}"),
            Err(_) => assert!(2.0 < peak, "without a bound there is nothing to see: {peak}"),
        }
    }
    show("| bound | peak/mean | at home | copies |", &rows);
}

#[test]
fn two_choices_wait_at_most_three_fifths_of_round_robins_time() {
    let mut rows = Vec::new();
    let rules =
        ["random", "round-robin", "random:draws=2", "p2c", "least-time", "least-connections"];
    let mut wait = |spec, slowdown| {
        let queue = Queue { slowdown, ..Queue::default() };
        let waits = queue.run(spec);
        let kind = if slowdown < 2.0 { "20 equal" } else { "19 and one 3 times slower" };
        let Waits { p50, p99, p999 } = waits;
        rows.push(format!("| {kind} | {spec} | {p50:.1} | {p99:.1} | {p999:.1} |"));
        p99
    };
    let [random, turns, draws, p2c, time, least] = rules.map(|spec| wait(spec, 1.0));
    assert!(p2c <= 0.6 * turns, "{p2c} of {turns}");
    assert!(turns < random && draws <= 0.6 * turns && time < turns && least < p2c);
    // A slow server's queue grows without end under whoever does not look.
    let [random, turns, draws, p2c, time, least] = rules.map(|spec| wait(spec, 3.0));
    for looks in [draws, p2c, time, least] {
        assert!(looks < 0.05 * random.min(turns), "{looks} of {turns}");
    }
    show("| servers | rule | p50 | p99 | p99.9 |", &rows);
}

/// Returns a draw of the exponential distribution with mean one.
fn exponential(rng: &mut Rng) -> f64 {
    -libm::log(unit(rng.bits()))
}
