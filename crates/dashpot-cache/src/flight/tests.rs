//! Scripts with their expected outputs, and laws held against random input.

use expect_test::{Expect, expect};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use proptest::prelude::*;

mod herd;
mod resume;

use super::*;
use crate::{Framing, ResponseHead, Times};

const NOW: WallTime = WallTime::EPOCH;
const SEED: Seed = Seed(1);
const LIMITS: Limits = Limits {
    head_timeout: Duration::from_secs(10),
    idle_timeout: Duration::from_secs(5),
    object_bytes_max: 100,
    resumes_max: 3,
};

fn request(cache_control: &'static str) -> Arc<RequestHead> {
    let mut headers = HeaderMap::new();
    if !cache_control.is_empty() {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache_control));
    }
    Arc::new(RequestHead::new(Method::GET, headers))
}

fn head(cache_control: &'static str) -> Arc<StoredHead> {
    // Weak: enough to validate what is stored, too little to put bodies together.
    head_with(cache_control, "W/\"a\"")
}

fn head_with(cache_control: &'static str, etag: &'static str) -> Arc<StoredHead> {
    let mut headers = HeaderMap::new();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache_control));
    headers.insert(header::ETAG, HeaderValue::from_static(etag));
    let response = ResponseHead { status: StatusCode::OK, headers, framing: Framing::Delimited };
    let times = Times { requested: NOW, responded: NOW };
    Arc::new(StoredHead::new(&request(""), &response, times, &crate::Rules::default()).unwrap())
}

fn join(reader: u64, cache_control: &'static str) -> Input {
    Input::Join { reader: ReaderId(reader), request: request(cache_control), wall: NOW }
}

fn shareable(length: Option<u64>) -> Input {
    let arrival = Arrival::Shareable { head: head("max-age=60"), length };
    Input::HeadArrived { arrival, wall: NOW }
}

fn unshareable(status: u16) -> Input {
    let status = StatusCode::from_u16(status).unwrap();
    let arrival = Arrival::Unshareable { status, why: NotStorable::NoStore };
    Input::HeadArrived { arrival, wall: NOW }
}

fn left(reader: u64) -> Input {
    Input::ReaderLeft { reader: ReaderId(reader) }
}

fn failed(failure: Failure) -> Input {
    Input::Failed { failure, wall: NOW }
}

/// Writes an output as a test reads it: without the heads.
fn describe(output: &Output) -> String {
    match output {
        Output::ServeStored { reader, .. } => format!("ServeStored {}", reader.0),
        Output::Refresh { .. } => "Refresh".to_owned(),
        Output::Store { len, .. } => format!("Store {len}"),
        Output::Serve { reader, role } => format!("Serve {} {role:?}", reader.0),
        Output::ServeStale { reader } => format!("ServeStale {}", reader.0),
        Output::PassThrough { reader, why } => format!("PassThrough {} {why:?}", reader.0),
        Output::FlyNext { reader, .. } => format!("FlyNext {}", reader.0),
        Output::GoAlone { reader, reason } => format!("GoAlone {} {reason:?}", reader.0),
        Output::Refuse { reader, failure } => format!("Refuse {} {failure:?}", reader.0),
        Output::Advance { len } => format!("Advance {len}"),
        Output::Finish { len } => format!("Finish {len}"),
        Output::Cut { failure } => format!("Cut {failure:?}"),
        Output::Resume { rest, .. } => format!("Resume {}", rest.from),
        Output::Fetch { .. } | Output::Outgrow | Output::Abort => format!("{output:?}"),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "expectations are written in place")]
fn check(stored: Option<&'static str>, inputs: &[Input], expected: Expect) {
    let mut flight = Flight::new(LIMITS, stored.map(head), SEED);
    let mut lines = Vec::new();
    for input in inputs {
        flight.handle(MonoTime::ZERO, input.clone());
        lines.extend(std::iter::from_fn(|| flight.poll()).map(|output| describe(&output)));
    }
    expected.assert_eq(&lines.join(", "));
}

#[test]
fn one_fetch_serves_the_leader_its_followers_and_late_joiners() {
    check(
        None,
        &[
            join(1, ""),
            join(2, ""),
            shareable(Some(9)),
            Input::Grew { len: 4 },
            join(3, ""),
            Input::Grew { len: 9 },
            Input::Completed { len: 9 },
        ],
        expect![
            "Fetch { conditional: false }, Serve 1 Leader, Serve 2 Follower, Advance 4, Serve 3 Joiner, Advance 9, Store 9, Finish 9"
        ],
    );
}

#[test]
fn a_follower_whose_own_terms_forbid_sharing_goes_alone() {
    // RFC 9111 §4: a response satisfies several requests only where each may have it.
    check(
        None,
        &[join(1, "no-cache"), join(2, "no-cache"), shareable(None), join(3, "min-fresh=90")],
        expect![
            "Fetch { conditional: false }, Serve 1 Leader, GoAlone 2 RequestNoCache, GoAlone 3 RequestMinFresh"
        ],
    );
}

#[test]
fn a_private_response_is_for_its_leader_only() {
    check(
        None,
        &[join(1, ""), join(2, ""), unshareable(200), join(3, "")],
        expect![
            "Fetch { conditional: false }, PassThrough 1 NoStore, GoAlone 2 NotShareable, GoAlone 3 NotShareable"
        ],
    );
    // The one it was for has gone: nobody else may have it.
    check(
        None,
        &[join(1, ""), join(2, ""), left(1), unshareable(200)],
        expect!["Fetch { conditional: false }, GoAlone 2 NotShareable, Abort"],
    );
}

#[test]
fn a_body_known_to_be_too_large_passes_through() {
    check(
        None,
        &[join(1, ""), shareable(Some(101))],
        expect!["Fetch { conditional: false }, PassThrough 1 TooLarge"],
    );
}

#[test]
fn a_body_that_outgrows_the_store_is_finished_for_its_readers_only() {
    let begin = [join(1, ""), shareable(None), Input::Grew { len: 101 }, join(2, "")];
    let end = [Input::Grew { len: 150 }, Input::Completed { len: 150 }];
    check(
        None,
        &[begin.as_slice(), &end].concat(),
        expect![
            "Fetch { conditional: false }, Serve 1 Leader, Advance 101, Outgrow, GoAlone 2 NotShareable, Advance 150, Finish 150"
        ],
    );
    check(
        None,
        &[begin.as_slice(), &[left(1)], &end].concat(),
        expect![
            "Fetch { conditional: false }, Serve 1 Leader, Advance 101, Outgrow, GoAlone 2 NotShareable, Abort"
        ],
    );
}

#[test]
fn a_body_that_there_is_no_room_for_is_not_stored() {
    check(
        None,
        &[
            join(1, ""),
            shareable(Some(9)),
            Input::Grew { len: 4 },
            Input::Squeeze,
            Input::Squeeze,
            join(2, ""),
            Input::Grew { len: 9 },
            Input::Completed { len: 9 },
        ],
        expect![
            "Fetch { conditional: false }, Serve 1 Leader, Advance 4, Outgrow, GoAlone 2 NotShareable, Advance 9, Finish 9"
        ],
    );
}

#[test]
fn a_fill_goes_on_when_its_readers_leave() {
    check(
        None,
        &[
            join(1, ""),
            left(1),
            shareable(Some(2)),
            Input::Grew { len: 2 },
            Input::Completed { len: 2 },
        ],
        expect!["Fetch { conditional: false }, Advance 2, Store 2, Finish 2"],
    );
}

#[test]
fn a_truncated_body_is_cut_and_never_stored() {
    let begin = [join(1, ""), shareable(Some(9)), Input::Grew { len: 4 }];
    // RFC 9112 §8: an end before Content-Length is no end, even if the transport calls it one.
    check(
        None,
        &[begin.as_slice(), &[Input::Completed { len: 4 }]].concat(),
        expect!["Fetch { conditional: false }, Serve 1 Leader, Advance 4, Cut Truncated"],
    );
    check(
        None,
        &[begin.as_slice(), &[failed(Failure::Truncated), Input::Completed { len: 9 }]].concat(),
        expect!["Fetch { conditional: false }, Serve 1 Leader, Advance 4, Cut Truncated"],
    );
    check(
        None,
        &[begin.as_slice(), &[Input::Grew { len: 10 }]].concat(),
        expect!["Fetch { conditional: false }, Serve 1 Leader, Advance 4, Cut TooLong"],
    );
}

#[test]
fn a_validated_response_answers_from_the_store() {
    let validated = |cache_control| Input::HeadArrived {
        arrival: Arrival::NotModified { head: head(cache_control), is_shared: true },
        wall: NOW,
    };
    check(
        Some("max-age=0"),
        &[join(1, ""), join(2, ""), validated("max-age=9")],
        expect!["Fetch { conditional: true }, Refresh, ServeStored 1, ServeStored 2"],
    );
    // RFC 9111 §5.2.2.4: no-cache binds each request to a validation that was sent after it came.
    for strict in ["no-cache", "max-age=0, must-revalidate"] {
        check(
            Some(strict),
            &[join(1, ""), join(2, ""), validated(strict)],
            expect!["Fetch { conditional: true }, Refresh, ServeStored 1, FlyNext 2"],
        );
    }
    // A request's own terms are for the origin to hear.
    check(
        Some("no-cache"),
        &[join(1, ""), join(2, "no-cache"), validated("no-cache")],
        expect!["Fetch { conditional: true }, Refresh, ServeStored 1, GoAlone 2 ResponseNoCache"],
    );
    check(
        Some("max-age=0"),
        &[Input::Refresh, Input::Refresh, validated("max-age=9")],
        expect!["Fetch { conditional: true }, Refresh"],
    );
}

#[test]
fn an_error_is_covered_only_where_stale_if_error_says_so() {
    // RFC 5861 §4.
    let covering = Some("max-age=0, stale-if-error=60");
    check(
        covering,
        &[join(1, ""), join(2, ""), unshareable(503)],
        expect!["Fetch { conditional: true }, Abort, ServeStale 1, ServeStale 2"],
    );
    check(
        covering,
        &[join(1, ""), failed(Failure::Connect)],
        expect!["Fetch { conditional: true }, ServeStale 1"],
    );
    check(
        covering,
        &[join(1, ""), unshareable(404)],
        expect!["Fetch { conditional: true }, PassThrough 1 NoStore"],
    );
    check(
        Some("max-age=0"),
        &[join(1, ""), unshareable(503)],
        expect!["Fetch { conditional: true }, PassThrough 1 NoStore"],
    );
}

#[test]
fn rfc9111_4_3_2_a_304_to_the_leader_is_the_leaders_alone() {
    check(
        None,
        &[join(1, ""), join(2, ""), unshareable(304)],
        expect![
            "Fetch { conditional: false }, PassThrough 1 NoStore, GoAlone 2 OthersPrecondition"
        ],
    );
}

#[test]
fn rfc9111_4_2_4_a_disconnection_is_covered_unless_the_response_forbids_it() {
    for failure in [Failure::Connect, Failure::Protocol, Failure::Timeout] {
        check(
            Some("max-age=0"),
            &[join(1, ""), join(2, ""), failed(failure)],
            expect!["Fetch { conditional: true }, ServeStale 1, ServeStale 2"],
        );
    }
    for strict in [
        "max-age=0, must-revalidate, stale-if-error=60",
        "max-age=0, proxy-revalidate",
        "s-maxage=0",
        "no-cache",
    ] {
        check(
            Some(strict),
            &[join(1, ""), failed(Failure::Connect)],
            expect!["Fetch { conditional: true }, Refuse 1 Connect"],
        );
    }
}

#[test]
fn rfc9111_5_2_2_2_what_must_be_validated_and_cannot_be_is_a_gateway_timeout() {
    let check = |failure: Failure, stored: Option<&'static str>, expected: u16| {
        let status = failure.status(stored.map(head).as_deref());
        assert_eq!(status, expected, "{failure:?} {stored:?}");
    };
    for failure in [Failure::Connect, Failure::Protocol] {
        check(failure, None, 502);
        check(failure, Some("max-age=0"), 502);
        for strict in ["must-revalidate", "proxy-revalidate", "no-cache, must-revalidate"] {
            check(failure, Some(strict), 504);
        }
        check(failure, Some("s-maxage=0"), 504);
    }
    check(Failure::Timeout, None, 504);
}

#[test]
fn silence_ends_a_fetch_at_its_deadline_and_not_before() {
    let mut flight = Flight::new(LIMITS, None, SEED);
    let drain = |flight: &mut Flight| -> Vec<String> {
        std::iter::from_fn(|| flight.poll()).map(|output| describe(&output)).collect()
    };
    assert_eq!(flight.wake_at(), None);
    flight.handle(MonoTime::ZERO, join(1, ""));
    let at = |seconds: u64| MonoTime::from_nanos(seconds * 1_000_000_000);
    assert_eq!(flight.wake_at(), Some((at(10), "head-timeout")));
    flight.handle(at(9), shareable(None));
    assert_eq!(flight.wake_at(), Some((at(14), "idle-timeout")));
    flight.handle(at(12), Input::Grew { len: 1 });
    drain(&mut flight);
    flight.handle(at(16), Input::Wake { wall: NOW });
    assert_eq!(drain(&mut flight), Vec::<String>::new());
    flight.handle(at(17), Input::Wake { wall: NOW });
    assert_eq!(drain(&mut flight), ["Cut Timeout", "Abort"]);
    assert_eq!(flight.wake_at(), None);
}

/// What a driver may do, in no particular order: nonsense included.
fn any_input() -> impl Strategy<Value = Input> {
    prop_oneof![
        4 => (0..6_u64, prop::bool::ANY)
            .prop_map(|(reader, strict)| join(reader, if strict { "no-cache" } else { "" })),
        1 => Just(Input::Refresh),
        2 => prop::option::of(0..130_u64).prop_map(shareable),
        2 => prop::option::of(0..130_u64).prop_map(resume::named),
        1 => prop_oneof![Just(200_u16), Just(503)].prop_map(unshareable),
        1 => Just(Input::HeadArrived {
            arrival: Arrival::NotModified { head: head("max-age=9"), is_shared: true },
            wall: NOW,
        }),
        6 => (0..130_u64).prop_map(|len| Input::Grew { len }),
        2 => (0..130_u64).prop_map(|len| Input::Completed { len }),
        1 => Just(failed(Failure::Truncated)),
        1 => Just(Input::Squeeze),
        1 => any_continuation().prop_map(|continuation| Input::Resumed { continuation }),
        2 => (0..6_u64).prop_map(left),
        1 => Just(Input::Wake { wall: NOW }),
    ]
}

fn any_continuation() -> impl Strategy<Value = Continuation> {
    prop_oneof![
        Just(Continuation::Rest { skip: 0, length: None }),
        Just(Continuation::Unavailable),
        Just(Continuation::Lost),
    ]
}

/// The slow and obvious account of what a flight may ever say, kept beside it.
#[derive(Debug, Default)]
struct Ledger {
    fetches: usize,
    has_head: bool,
    arrived: u64,
    promised: u64,
    declared: Option<u64>,
    ended: Option<String>,
    open: BTreeSet<u64>,
}

impl Ledger {
    fn told(&mut self, input: &Input, was_over: bool) {
        match input {
            Input::Join { reader, .. } => {
                self.open.insert(reader.0);
            }
            Input::JoinAll { readers, .. } => {
                self.open.extend(readers.iter().map(|(reader, _)| reader.0));
            }
            Input::ReaderLeft { reader } => {
                self.open.remove(&reader.0);
            }
            Input::Grew { len } if !was_over => self.arrived = self.arrived.max(*len),
            Input::HeadArrived { arrival, .. } if self.fetches == 1 && !self.has_head => {
                self.has_head = true;
                if let Arrival::Shareable { length, .. } = arrival {
                    self.declared = *length;
                }
            }
            Input::Grew { .. }
            | Input::Refresh
            | Input::Squeeze
            | Input::HeadArrived { .. }
            | Input::Completed { .. }
            | Input::Failed { .. }
            | Input::Resumed { .. }
            | Input::Wake { .. } => {}
        }
    }

    fn said(&mut self, output: &Output) {
        match output {
            Output::Fetch { .. } => self.fetches += 1,
            Output::Serve { reader, .. }
            | Output::ServeStored { reader, .. }
            | Output::ServeStale { reader }
            | Output::PassThrough { reader, .. }
            | Output::GoAlone { reader, .. }
            | Output::FlyNext { reader, .. }
            | Output::Refuse { reader, .. } => {
                assert!(self.open.remove(&reader.0), "{reader:?} is answered exactly once");
            }
            Output::Advance { len } => {
                assert!(self.promised <= *len && *len <= self.arrived, "conservation");
                self.promised = *len;
            }
            Output::Store { len, .. } => {
                assert!(self.ended.is_none(), "stored after {:?}", self.ended);
                assert_eq!((*len, *len <= LIMITS.object_bytes_max), (self.promised, true));
            }
            Output::Finish { .. } | Output::Cut { .. } => {
                assert!(self.ended.is_none(), "ended twice: {:?} {output:?}", self.ended);
                self.ended = Some(describe(output));
            }
            Output::Outgrow | Output::Resume { .. } | Output::Refresh { .. } | Output::Abort => {}
        }
    }
}

proptest! {
    #[test]
    fn conservation_one_fetch_one_answer_each_and_no_store_after_a_failure(
        has_stored in prop::bool::ANY,
        inputs in prop::collection::vec(any_input(), 0..40),
    ) {
        let stored = has_stored.then(|| head("max-age=0, stale-if-error=60"));
        let mut flight = Flight::new(LIMITS, stored, SEED);
        let mut ledger = Ledger::default();
        let mut seen = BTreeSet::new();
        for (second, input) in (0_u64..).zip(&inputs) {
            // A reader joins once; the driver never uses a name twice.
            if let Input::Join { reader, .. } = input && !seen.insert(reader.0) {
                continue;
            }
            let now = MonoTime::from_nanos(second * 1_000_000_000);
            ledger.told(input, flight.is_over());
            flight.handle(now, input.clone());
            while let Some(output) = flight.poll() {
                ledger.said(&output);
            }
            prop_assert!(ledger.fetches <= 1);
            if flight.is_over() {
                prop_assert!(ledger.open.is_empty(), "left unanswered: {:?}", ledger.open);
                prop_assert_eq!(flight.wake_at(), None);
            }
        }
        if let (Some(end), Some(declared)) = (&ledger.ended, ledger.declared)
            && let Some(len) = end.strip_prefix("Finish ")
        {
            prop_assert_eq!(len.parse(), Ok(declared));
        }
    }
}
