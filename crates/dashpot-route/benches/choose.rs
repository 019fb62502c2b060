//! How long one choice takes, by rule and by how many servers there are.
//!
//! `make bench-route` says the medians.

use criterion::Criterion;
use dashpot_base::{MonoTime, Rng, Seed};
use dashpot_route::{
    Balancer, Request,
    balancer::Settings,
    gslb::{Client, Gslb, Network, Place, Site, policy},
    health::State,
    rules,
};
use std::{hint::black_box, time::Duration};

/// Keys that take turns, so that no branch is learnt by heart.
const KEYS: usize = 1_024;

fn balancer(spec: &str, count: usize) -> Balancer {
    let settings = Settings { health: None, ..Settings::default() };
    let servers = (0..count).map(|index| (format!("server-{index}"), 1));
    Balancer::new(settings, rules::parse(spec).expect(spec), servers, MonoTime::ZERO)
}

fn choices(criterion: &mut Criterion) {
    let urls: Vec<_> = (0..KEYS).map(|key| format!("/vod/film/v3/{key}.m4s")).collect();
    let mut turns = (0..KEYS).cycle();
    for entry in rules::all() {
        for count in [10, 100, 1_000] {
            let mut pool = balancer(entry.name, count);
            let mut rng = Rng::new(Seed(1));
            let name = format!("{}/{count}", entry.name);
            criterion.bench_function(&name, |bencher| {
                bencher.iter(|| {
                    let url = &urls[turns.next().unwrap_or(0)];
                    let request = Request { url: black_box(url), ..Request::default() };
                    let chosen = pool.choose(MonoTime::ZERO, &request, &mut rng);
                    chosen.into_iter().for_each(|index| pool.dropped(index));
                    chosen
                });
            });
        }
    }
    let mut pool = balancer("maglev", 100);
    let mut rng = Rng::new(Seed(1));
    criterion.bench_function("maglev/100 with a trace", |bencher| {
        bencher.iter(|| {
            let request = Request { url: black_box(&urls[7]), ..Request::default() };
            let (chosen, choice) = pool.explain(MonoTime::ZERO, &request, &mut rng);
            chosen.into_iter().for_each(|index| pool.dropped(index));
            choice
        });
    });
}

/// Ten sites all over, and a thousand networks that know where they are.
fn gslb(spec: &str) -> Gslb {
    let mut gslb = Gslb::new(policy::parse(spec).expect(spec));
    let place =
        |number: u16| Place::new(f64::from(number % 120) - 60.0, f64::from(number % 360) - 180.0);
    for number in 0..10_u16 {
        let site = Site::new(&format!("site-{number}"));
        gslb.sites.push(Site { place: place(number * 37), state: State::Up, ..site });
    }
    for number in 0..1_000_u16 {
        let network = Network {
            place: place(number),
            sites: vec![usize::from(number % 10)],
            latency_s: vec![Some(0.01); 10],
        };
        let [high, low] = number.to_be_bytes();
        gslb.networks.insert(format!("10.{high}.{low}.0/24").parse().expect("a network"), network);
    }
    gslb
}

fn replies(criterion: &mut Criterion) {
    for entry in policy::all() {
        let gslb = gslb(entry.name);
        let mut rng = Rng::new(Seed(1));
        let address = "10.2.7.9".parse().expect("an address");
        criterion.bench_function(&format!("gslb {}/10", entry.name), |bencher| {
            bencher.iter(|| gslb.reply(black_box(Client { address, bits: 24 }), &mut rng));
        });
    }
}

fn main() {
    // Short ones: there are many, and all of them are far below a millisecond.
    let criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(400))
        .sample_size(20);
    let mut criterion = criterion.configure_from_args();
    choices(&mut criterion);
    replies(&mut criterion);
    criterion.final_summary();
}
