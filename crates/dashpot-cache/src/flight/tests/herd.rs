//! Many at once for what must be validated for each.

use super::*;

/// Three who were there before anything was sent, and one who was not.
fn herd() -> [Input; 2] {
    let readers = (1..=3).map(|reader| (ReaderId(reader), request(""))).collect();
    [Input::JoinAll { readers, wall: NOW }, join(4, "")]
}

#[test]
fn one_validation_is_for_all_that_came_before_it_was_sent() {
    let validated = Input::HeadArrived {
        arrival: Arrival::NotModified { head: head("no-cache"), is_shared: true },
        wall: NOW,
    };
    check(
        Some("no-cache"),
        &[herd().as_slice(), &[validated]].concat(),
        expect![
            "Fetch { conditional: true }, Refresh, ServeStored 1, ServeStored 2, ServeStored 3, FlyNext 4"
        ],
    );
    let head = head("max-age=0");
    let changed = Arrival::Shareable { head, length: Some(9) };
    let changed = Input::HeadArrived { arrival: changed, wall: NOW };
    let end = [Input::Grew { len: 9 }, Input::Completed { len: 9 }];
    check(
        Some("max-age=0"),
        &[herd().as_slice(), &[changed], &end].concat(),
        expect![
            "Fetch { conditional: true }, Serve 1 Leader, Serve 2 Follower, Serve 3 Follower, FlyNext 4, Advance 9, Store 9, Finish 9"
        ],
    );
}

#[test]
fn a_body_that_each_must_validate_takes_no_joiners() {
    for (cache_control, expected) in
        [("no-cache", false), ("max-age=0", false), ("max-age=9", true)]
    {
        let mut flight = Flight::new(LIMITS, None, SEED);
        let arrival = Arrival::Shareable { head: head(cache_control), length: None };
        for input in [join(1, ""), Input::HeadArrived { arrival, wall: NOW }] {
            flight.handle(MonoTime::ZERO, input);
        }
        assert_eq!(flight.takes_readers(), expected, "{cache_control}");
    }
}
