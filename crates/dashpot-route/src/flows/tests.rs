use super::*;
use proptest::prelude::*;

const SETTINGS: Settings = Settings { max: 3, idle: Duration::from_secs(10) };

fn at(seconds: u64) -> MonoTime {
    MonoTime::from_nanos(seconds * 1_000_000_000)
}

fn flow(port: u16) -> Flow {
    let destination = "203.0.113.1:443".parse().unwrap();
    Flow { source: SocketAddr::from(([198, 51, 100, 7], port)), destination }
}

#[test]
fn who_has_rested_longest_goes_first() {
    let mut flows = Flows::new(SETTINGS);
    for port in 1..=3 {
        assert_eq!(flows.insert(at(u64::from(port)), flow(port), port), None);
    }
    assert_eq!(flows.touch(at(4), &flow(1)), Some(&mut 1));
    assert_eq!(flows.insert(at(5), flow(4), 4), Some((flow(2), 2)));
    assert_eq!(flows.insert(at(5), flow(4), 5), Some((flow(4), 4)));
    assert_eq!((flows.len(), flows.peek(&flow(3))), (3, Some(&3)));
    assert_eq!(flows.expires_at(), Some(at(13)));
    assert_eq!(flows.expire(at(12)), None);
    assert_eq!(flows.touch(at(13), &flow(3)), None);
    assert_eq!(flows.expire(at(13)), Some((flow(3), 3)));
    assert_eq!(flows.retain(|value| *value == 5), 1);
    assert_eq!(flows.remove(&flow(4)), Some(5));
    assert!(flows.is_empty() && flows.expires_at().is_none());
    assert_eq!(flow(9).to_string(), "198.51.100.7:9>203.0.113.1:443");
}

proptest! {
    #[test]
    fn law_the_table_is_a_list_in_the_order_of_the_last_look(
        steps in prop::collection::vec((0..4_u8, 0..6_u16, 0..4_u64), 1..120),
    ) {
        // The slow and obvious model: a list, the one seen last at its end.
        let (mut model, mut flows, mut now) = (Vec::<(u16, u32, MonoTime)>::new(), Flows::new(SETTINGS), at(0));
        for (step, (what, port, passed)) in (0..).zip(steps) {
            now = now.after(Duration::from_secs(passed));
            let place = model.iter().position(|(other, ..)| *other == port);
            match what {
                0 => {
                    let gone = match place {
                        Some(place) => Some(model.remove(place)),
                        None if model.len() == SETTINGS.max => Some(model.remove(0)),
                        None => None,
                    };
                    model.push((port, step, now));
                    let expected = gone.map(|(port, value, _)| (flow(port), value));
                    prop_assert_eq!(flows.insert(now, flow(port), step), expected);
                }
                1 => {
                    let known = place.filter(|place| now.since(model[*place].2) < SETTINGS.idle);
                    let expected = known.map(|place| {
                        let (port, value, _) = model.remove(place);
                        model.push((port, value, now));
                        value
                    });
                    prop_assert_eq!(flows.touch(now, &flow(port)).copied(), expected);
                }
                2 => {
                    let expected = place.map(|place| model.remove(place).1);
                    prop_assert_eq!(flows.remove(&flow(port)), expected);
                }
                _ => {
                    let is_due = model.first().is_some_and(|first| SETTINGS.idle <= now.since(first.2));
                    let expected = is_due.then(|| model.remove(0)).map(|(port, value, _)| (flow(port), value));
                    prop_assert_eq!(flows.expire(now), expected);
                }
            }
            prop_assert_eq!(flows.len(), model.len());
            prop_assert!(flows.entries.len() <= SETTINGS.max);
        }
    }
}
