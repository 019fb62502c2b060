use super::*;
use crate::{By, Reason};
use dashpot_base::{Rng, Seed};
use proptest::prelude::*;

const SITES: [&str; 4] = ["seoul", "busan", "tokyo", "paris"];
const PLACES: [(f64, f64); 4] = [(37.57, 126.98), (35.18, 129.08), (35.68, 139.65), (48.85, 2.35)];

/// Four sites that are up and idle, and two networks: one in Daejeon, one in Lyon.
fn gslb(spec: &str) -> Gslb {
    let mut gslb = Gslb::new(policy::parse(spec).unwrap());
    for (id, (latitude, longitude)) in SITES.into_iter().zip(PLACES) {
        let place = Place::new(latitude, longitude);
        gslb.sites.push(Site { place, state: State::Up, ..Site::new(id) });
    }
    let korea = Network {
        place: Place::new(36.35, 127.38),
        sites: vec![1, 0],
        latency_s: vec![Some(0.006), Some(0.004), Some(0.031)],
    };
    let france = Network { place: Place::new(45.76, 4.84), sites: vec![3], latency_s: Vec::new() };
    assert!(gslb.networks.insert("10.1.0.0/16".parse().unwrap(), korea));
    assert!(gslb.networks.insert("10.2.0.0/16".parse().unwrap(), france));
    gslb
}

fn client(address: &str) -> Client {
    Client { address: address.parse().unwrap(), bits: 24 }
}

const KOREA: &str = "10.1.7.0";
const FRANCE: &str = "10.2.7.0";
const NOWHERE: &str = "192.0.2.0";

/// Whom a policy names to a client, and for how many bits, where these sites are down and these
/// loaded.
fn check(spec: &str, from: &str, (down, loaded): (&[usize], &[usize]), expected: (&[&str], u8)) {
    let mut gslb = gslb(spec);
    down.iter().for_each(|index| gslb.sites[*index].state = State::Down);
    loaded.iter().for_each(|index| gslb.sites[*index].load = 0.9);
    let (reply, choice) = gslb.explain(client(from), &mut Rng::new(Seed(4)));
    let names: Vec<_> = reply.sites().iter().map(|index| SITES[*index]).collect();
    assert_eq!((&names[..], reply.scope), expected, "{spec} {from} {choice:?}");
    assert_eq!(choice.chosen, names);
}

const WELL: (&[usize], &[usize]) = (&[], &[]);

#[test]
fn each_policy_goes_by_what_it_says() {
    check("static:order=fixed,answers=2", KOREA, (&[0], &[]), (&["seoul", "busan"], 0));
    check("failover", KOREA, WELL, (&["seoul"], 0));
    check("failover:answers=2", KOREA, (&[0], &[]), (&["busan", "tokyo"], 0));
    check("failover", KOREA, (&[], &[0]), (&["busan"], 0));
    check("geo", KOREA, WELL, (&["busan"], 16));
    check("geo:answers=4", KOREA, WELL, (&["busan", "seoul"], 16));
    check("geo", FRANCE, WELL, (&["paris"], 16));
    // Where none of the client's own can be had, the others are better than nothing.
    check("geo", FRANCE, (&[3], &[]), (&["seoul"], 16));
    check("geo", FRANCE, (&[], &[3]), (&["seoul"], 16));
    check("geo", NOWHERE, WELL, (&["seoul"], 1));
    check("nearest:answers=4", KOREA, WELL, (&["seoul", "busan", "tokyo", "paris"], 16));
    check("nearest", FRANCE, WELL, (&["paris"], 16));
    check("nearest", KOREA, (&[0], &[1]), (&["tokyo"], 16));
    check("nearest", KOREA, (&[], &[0, 1, 2, 3]), (&["seoul"], 16));
    check("latency:answers=4", KOREA, WELL, (&["busan", "seoul", "tokyo", "paris"], 16));
    check("latency", NOWHERE, WELL, (&["seoul"], 1));
    check("load:pick=least", KOREA, (&[], &[0, 1, 3]), (&["tokyo"], 0));
}

#[test]
fn a_rotated_list_names_everyone_dead_or_alive() {
    let mut gslb = gslb("static");
    gslb.sites[2].state = State::Down;
    let mut rng = Rng::new(Seed(1));
    let mut firsts = [0; 4];
    for _ in 0..400 {
        let reply = gslb.reply(client(KOREA), &mut rng);
        let first = reply.sites()[0];
        let turned: Vec<_> = (0..4).map(|step| (first + step) % 4).collect();
        assert_eq!(reply.sites(), turned);
        firsts[first] += 1;
    }
    assert!(firsts.iter().all(|count| (70..130).contains(count)), "{firsts:?}");
}

#[test]
fn draws_follow_weights_and_room() {
    let shares = |spec: &str| {
        let mut gslb = gslb(spec);
        for (site, (weight, load)) in
            gslb.sites.iter_mut().zip([(1, 0.5), (2, 0.0), (3, 0.5), (0, 0.0)])
        {
            (site.weight, site.load) = (weight, load);
        }
        let (mut rng, mut counts) = (Rng::new(Seed(2)), [0_u32; 4]);
        for number in 0..12_000_u32 {
            let address = IpAddr::from((number << 8).to_be_bytes());
            counts[gslb.reply(Client { address, bits: 24 }, &mut rng).sites()[0]] += 1;
        }
        counts
    };
    for (spec, expected) in [
        ("weighted", [2_000, 4_000, 6_000, 0]),
        ("weighted:by=client", [2_000, 4_000, 6_000, 0]),
        ("load", [1_500, 6_000, 4_500, 0]),
    ] {
        let counts = shares(spec);
        let is_close = |(count, expected): (&u32, u32)| count.abs_diff(expected) < 250;
        assert!(counts.iter().zip(expected).all(is_close), "{spec} {counts:?}");
    }
}

#[test]
fn a_client_keeps_what_was_drawn_for_its_network_until_that_is_down() {
    let mut gslb = gslb("weighted:by=client");
    let mut rng = Rng::new(Seed(1));
    let first = gslb.reply(client(KOREA), &mut rng);
    assert_eq!(first.scope, 24);
    for last in 0..50 {
        let address = IpAddr::from([10, 1, 7, last]);
        assert_eq!(gslb.reply(Client { address, bits: 24 }, &mut rng), first);
    }
    gslb.sites[first.sites()[0]].state = State::Down;
    assert_ne!(gslb.reply(client(KOREA), &mut rng).sites(), first.sites());
}

fn check_down(spec: &str, expected: (Verdict, &[usize])) {
    let mut gslb = gslb(spec);
    for (site, second) in gslb.sites.iter_mut().zip([10, 20, 20, 5]) {
        site.state = State::Down;
        site.why = Some(Failure::Timeout);
        site.since = MonoTime::from_nanos(second * 1_000_000_000);
    }
    let (reply, choice) = gslb.explain(client(KOREA), &mut Rng::new(Seed(1)));
    assert_eq!((reply.verdict, reply.sites()), expected, "{spec} {choice:?}");
    assert_eq!((reply.mode, choice.by), (Mode::Panic, By::AllDown), "{spec}");
}

#[test]
fn where_all_are_down_the_policy_says_what_then() {
    check_down("failover:all-down=any,answers=4", (Verdict::Sites, &[0, 1, 2, 3]));
    check_down("failover:all-down=last-known,answers=4", (Verdict::Sites, &[1, 2]));
    check_down("failover:all-down=refuse", (Verdict::Refuse, &[]));
    check_down("failover:all-down=nodata", (Verdict::NoData, &[]));
}

#[test]
fn what_was_never_probed_is_not_down() {
    let mut gslb = gslb("failover:all-down=refuse");
    gslb.sites.iter_mut().for_each(|site| site.state = State::Unknown);
    let mut rng = Rng::new(Seed(1));
    let reply = gslb.reply(client(KOREA), &mut rng);
    assert_eq!(
        (reply.verdict, reply.mode, reply.sites()),
        (Verdict::Sites, Mode::Unprobed, &[0][..])
    );
    gslb.sites[0].state = State::Down;
    assert_eq!(gslb.reply(client(KOREA), &mut rng).sites(), [1]);
    gslb.sites[2].state = State::Up;
    let (reply, choice) = gslb.explain(client(KOREA), &mut rng);
    assert_eq!((reply.mode, reply.sites()), (Mode::Normal, &[2][..]));
    let excluded =
        [("seoul", Reason::Down(None)), ("busan", Reason::Unprobed), ("paris", Reason::Unprobed)];
    assert_eq!(choice.excluded, excluded.map(|(id, reason)| (id.to_owned(), reason)));
    gslb.sites.iter_mut().for_each(|site| site.is_drained = true);
    assert_eq!(gslb.reply(client(KOREA), &mut rng).verdict, Verdict::Refuse);
    let nothing = Gslb::new(policy::parse("static").unwrap());
    assert_eq!(nothing.reply(client(KOREA), &mut rng).verdict, Verdict::NoData);
}

#[test]
fn a_site_whose_load_is_no_number_is_full() {
    for spec in ["failover", "load", "load:pick=least", "nearest"] {
        let mut gslb = gslb(spec);
        for site in &mut gslb.sites[..3] {
            site.load = -f64::NAN;
        }
        assert_eq!(gslb.reply(client(KOREA), &mut Rng::new(Seed(1))).sites(), [3], "{spec}");
    }
}

#[test]
fn measurements_move_an_estimate_and_the_choice() {
    let mut gslb = gslb("latency");
    let mut rng = Rng::new(Seed(1));
    for _ in 0..3 {
        gslb.measured("10.1.200.1".parse().unwrap(), 1, Duration::from_millis(20));
    }
    assert_eq!(gslb.reply(client(KOREA), &mut rng).sites(), [0]);
    gslb.measured(NOWHERE.parse().unwrap(), 1, Duration::ZERO);
    gslb.measured("10.1.200.1".parse().unwrap(), 9, Duration::ZERO);
    gslb.measured("10.2.1.1".parse().unwrap(), 2, Duration::from_millis(250));
    assert_eq!(gslb.reply(client(FRANCE), &mut rng).sites(), [2]);
}

fn states() -> impl Strategy<Value = Vec<(State, f64, u32)>> {
    let state = prop::sample::select(vec![State::Up, State::Down, State::Unknown]);
    prop::collection::vec((state, 0.0..1.2_f64, 0..3_u32), 4)
}

proptest! {
    #[test]
    fn law_no_site_that_is_down_is_named_while_one_is_up_and_some_site_is_if_there_is_any(
        spec in prop::sample::select(vec![
            "weighted", "weighted:by=client", "geo", "nearest:answers=3", "latency", "load",
            "load:pick=least", "failover:answers=4",
        ]),
        states in states(), seed in any::<u64>(), from in prop::sample::select(vec![KOREA, FRANCE, NOWHERE]),
    ) {
        let mut gslb = gslb(spec);
        for (site, (state, load, weight)) in gslb.sites.iter_mut().zip(&states) {
            (site.state, site.load, site.weight) = (*state, *load, *weight);
        }
        let reply = gslb.reply(client(from), &mut Rng::new(Seed(seed)));
        let able = || gslb.sites.iter().filter(|site| site.weight != 0);
        let up = able().any(|site| site.state == State::Up);
        prop_assert_eq!(reply.sites().is_empty(), able().next().is_none());
        for index in reply.sites() {
            let site = &gslb.sites[*index];
            prop_assert!(site.weight != 0 && (!up || site.state == State::Up), "{:?}", site);
            // A full site is named only where no other is left.
            let has_room = able().any(|site| site.state == State::Up && site.load < 0.8);
            prop_assert!(!has_room || !up || site.load < 0.8, "{:?}", site);
        }
        let (same, choice) = gslb.explain(client(from), &mut Rng::new(Seed(seed)));
        prop_assert_eq!(reply, same);
        prop_assert_eq!(choice.candidates.len() + choice.excluded.len(), 4);
    }

    #[test]
    fn law_all_clients_of_a_scope_are_told_the_same(
        spec in prop::sample::select(vec!["geo", "nearest", "latency", "weighted:by=client"]),
        address in any::<[u8; 4]>(), other in any::<u32>(),
    ) {
        let (gslb, mut rng) = (gslb(spec), Rng::new(Seed(1)));
        let reply = gslb.reply(Client { address: address.into(), bits: 24 }, &mut rng);
        let mask = u32::MAX.checked_shr(reply.scope.into()).unwrap_or(0);
        let near = (u32::from_be_bytes(address) & !mask) | (other & mask);
        let near = Client { address: near.to_be_bytes().into(), bits: 24 };
        prop_assert_eq!(gslb.reply(near, &mut rng), reply);
    }
}
