use super::*;

const FLOWS: u16 = 10_000;
const NOW: MonoTime = MonoTime::ZERO;
const FIVE: [&str; 5] = ["a", "b", "c", "d", "e"];

fn flow(port: u16) -> Flow {
    let destination = "203.0.113.1:443".parse().unwrap();
    Flow { source: std::net::SocketAddr::from(([198, 51, 100, 7], port)), destination }
}

/// What became of connections: the part that another server has got though theirs is there, and how
/// many there were whose server has gone.
#[derive(Debug)]
struct Outcome {
    broken: f64,
    lost: usize,
}

fn outcome(memory: Memory, change: impl Fn(&mut Tier)) -> Outcome {
    let mut tier = Tier::new(memory, 4, &FIVE);
    let homes: Vec<_> =
        (0..FLOWS).map(|port| tier.packet(NOW, &flow(port)).unwrap().to_owned()).collect();
    change(&mut tier);
    let (mut broken, mut lost) = (0, 0);
    for (port, home) in (0..FLOWS).zip(&homes) {
        if !tier.servers.contains(home) {
            lost += 1;
        } else if tier.packet(NOW, &flow(port)) != Some(home) {
            broken += 1;
        }
    }
    Outcome { broken: f64::from(broken) / f64::from(FLOWS), lost }
}

const SIX: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

/// The changes: their names, what they do, and the bounds of what they break, by memory.
type Change = (&'static str, fn(&mut Tier), [std::ops::RangeInclusive<f64>; 3]);

#[test]
fn what_a_change_breaks_depends_on_what_is_remembered() {
    let none = || 0.0..=0.0;
    let changes: [Change; 5] = [
        // The newcomer's share moves to it, and hardly anything else: Maglev §5.3.
        ("server added", |tier| tier.set_servers(&SIX), [0.15..=0.19, none(), none()]),
        // Beside its own flows, which nobody can save, some others move.
        ("server removed", |tier| tier.set_servers(&FIVE[1..]), [0.001..=0.03, none(), none()]),
        // The others find the same servers, which is what consistent hashing is for.
        ("balancer removed", |tier| tier.set_balancers(3), [none(), none(), none()]),
        // Flows that the router moves are unknown where they come to, and are hashed again.
        (
            "server, then balancer",
            |tier| {
                tier.set_servers(&SIX);
                tier.set_balancers(3);
            },
            [0.15..=0.19, 0.05..=0.14, none()],
        ),
        (
            "server, seen again, then balancer added",
            |tier| {
                tier.set_servers(&SIX);
                for port in 0..FLOWS {
                    tier.packet(NOW, &flow(port));
                }
                tier.set_balancers(5);
            },
            [0.15..=0.19, 0.05..=0.16, none()],
        ),
    ];
    println!("{:<40} {:>9} {:>9} {:>9}", "connections broken", "nothing", "own", "shared");
    for (name, change, bounds) in changes {
        let memories = [Memory::Nothing, Memory::Own, Memory::Shared];
        let outcomes = memories.map(|memory| outcome(memory, change));
        let [nothing, own, shared] = outcomes.each_ref().map(|it| it.broken * 100.0);
        println!("{name:<40} {nothing:>8.1}% {own:>8.1}% {shared:>8.1}%");
        for (outcome, bound) in outcomes.iter().zip(&bounds) {
            assert!(bound.contains(&outcome.broken), "{name}: {outcome:?} is not in {bound:?}");
            assert_eq!(outcome.lost, outcomes[0].lost, "{name}: a server's flows go with it");
        }
    }
}

#[test]
fn without_servers_there_is_nobody_to_give_a_packet_to() {
    assert_eq!(Tier::new(Memory::Own, 0, &[]).packet(NOW, &flow(1)), None);
}
