//! Bodies that break off and go on.

use super::*;
use crate::Rest;

/// A head whose body may go on.
pub(super) fn named(length: Option<u64>) -> Input {
    let head = head_with("max-age=60", "\"a\"");
    Input::HeadArrived { arrival: Arrival::Shareable { head, length }, wall: NOW }
}

const fn resumed(continuation: Continuation) -> Input {
    Input::Resumed { continuation }
}

const GOES_ON: Input = resumed(Continuation::Rest { skip: 0, length: None });
const BROKEN: Input = Input::Failed { failure: Failure::Truncated, wall: NOW };

fn check_from_four(inputs: &[Input], expected: Expect) {
    let begin = [join(1, ""), named(Some(9)), Input::Grew { len: 4 }];
    check(None, &[begin.as_slice(), inputs].concat(), expected);
}

#[test]
fn a_body_that_breaks_off_goes_on_and_no_reader_notices() {
    check_from_four(
        &[BROKEN, join(2, ""), GOES_ON, Input::Grew { len: 9 }, Input::Completed { len: 9 }],
        expect![
            "Fetch { conditional: false }, Serve 1 Leader, Advance 4, Resume 4, Serve 2 Joiner, Advance 9, Store 9, Finish 9"
        ],
    );
    // An end before the end is a break like any other.
    check_from_four(
        &[Input::Completed { len: 4 }, GOES_ON, Input::Grew { len: 6 }, BROKEN],
        expect![
            "Fetch { conditional: false }, Serve 1 Leader, Advance 4, Resume 4, Advance 6, Resume 6"
        ],
    );
}

#[test]
fn what_does_not_belong_to_the_body_cuts_it() {
    check_from_four(
        &[BROKEN, resumed(Continuation::Lost), Input::Completed { len: 4 }],
        expect!["Fetch { conditional: false }, Serve 1 Leader, Advance 4, Resume 4, Cut Changed"],
    );
    // What went beyond its end is not what was promised: nothing to go on with.
    check_from_four(
        &[Input::Grew { len: 10 }],
        expect!["Fetch { conditional: false }, Serve 1 Leader, Advance 4, Cut TooLong"],
    );
    check_from_four(
        &[failed(Failure::Abandoned)],
        expect!["Fetch { conditional: false }, Serve 1 Leader, Advance 4, Cut Abandoned"],
    );
}

#[test]
fn resumptions_are_bounded_in_a_row() {
    let vain = resumed(Continuation::Unavailable);
    check_from_four(
        &[BROKEN, vain.clone(), vain.clone(), vain.clone()],
        expect![
            "Fetch { conditional: false }, Serve 1 Leader, Advance 4, Resume 4, Resume 4, Resume 4, Cut Protocol"
        ],
    );
    // A connection that gives nothing counts, one that gives a byte begins anew.
    check_from_four(
        &[
            BROKEN,
            GOES_ON,
            BROKEN,
            GOES_ON,
            Input::Grew { len: 5 },
            BROKEN,
            GOES_ON,
            BROKEN,
            vain,
            GOES_ON,
            BROKEN,
        ],
        expect![
            "Fetch { conditional: false }, Serve 1 Leader, Advance 4, Resume 4, Resume 4, Advance 5, Resume 5, Resume 5, Resume 5, Cut Truncated"
        ],
    );
}

#[test]
fn resumptions_are_bounded_in_all() {
    let mut flight = Flight::new(LIMITS, None, SEED);
    let mut resumes = 0;
    for input in [join(1, ""), named(None)] {
        flight.handle(MonoTime::ZERO, input);
    }
    for len in 1..=100 {
        for input in [Input::Grew { len }, BROKEN, GOES_ON] {
            flight.handle(MonoTime::ZERO, input);
            let outputs = std::iter::from_fn(|| flight.poll());
            resumes += outputs.filter(|output| matches!(output, Output::Resume { .. })).count();
        }
    }
    assert_eq!((resumes, flight.is_over()), (64, true));
}

#[test]
fn a_body_that_outgrew_the_store_goes_on_while_somebody_reads_it() {
    let begin = [join(1, ""), named(None), Input::Grew { len: 101 }, BROKEN];
    let end = [GOES_ON, Input::Grew { len: 120 }, Input::Completed { len: 120 }];
    check(
        None,
        &[begin.as_slice(), &end].concat(),
        expect![
            "Fetch { conditional: false }, Serve 1 Leader, Advance 101, Outgrow, Resume 101, Advance 120, Finish 120"
        ],
    );
    check(
        None,
        &[begin.as_slice(), &[left(1)], &end].concat(),
        expect![
            "Fetch { conditional: false }, Serve 1 Leader, Advance 101, Outgrow, Resume 101, Abort"
        ],
    );
}

/// Returns what the machine says at `at_ms`, with the times of resumptions.
fn timed(flight: &mut Flight, at_ms: u64, input: Input) -> Vec<String> {
    flight.handle(MonoTime::from_nanos(at_ms * 1_000_000), input);
    let outputs = std::iter::from_fn(|| flight.poll());
    let describe = |output| {
        let Output::Resume { at, .. } = output else { return describe(&output) };
        let wait = at.since(MonoTime::from_nanos(at_ms * 1_000_000));
        format!("Resume in {}", wait.as_millis())
    };
    outputs.map(describe).collect()
}

#[test]
fn waits_grow_are_spread_and_end_with_the_idle_timeout() {
    let wake = || Input::Wake { wall: NOW };
    let mut flight = Flight::new(LIMITS, None, SEED);
    let flight = &mut flight;
    for input in [join(1, ""), named(None), Input::Grew { len: 4 }] {
        timed(flight, 0, input);
    }
    // The origin's silence is a break like any other.
    assert_eq!(timed(flight, 2_499, wake()), Vec::<String>::new());
    assert_eq!(timed(flight, 2_500, wake()), ["Resume in 75"]);
    let vain = || resumed(Continuation::Unavailable);
    assert_eq!(timed(flight, 2_600, vain()), ["Resume in 279"]);
    assert_eq!(timed(flight, 3_000, vain()), ["Resume in 1085"]);
    // One that goes on without a byte has no more time than the others: half of the whole.
    assert_eq!(timed(flight, 4_000, GOES_ON), Vec::<String>::new());
    assert_eq!(timed(flight, 4_999, wake()), Vec::<String>::new());
    assert_eq!(timed(flight, 5_000, wake()), ["Cut Timeout", "Abort"]);
}

#[test]
fn a_resumption_that_would_come_too_late_is_not_begun() {
    let mut flight = Flight::new(LIMITS, None, SEED);
    for input in [join(1, ""), named(None), BROKEN] {
        timed(&mut flight, 0, input);
    }
    assert_eq!(timed(&mut flight, 4_990, resumed(Continuation::Unavailable)), ["Cut Protocol"]);
}

/// What an origin may do to one connection, and how it answers for the rest after a break.
#[derive(Clone, Copy, Debug)]
enum Answer {
    Partial,
    /// Less than was asked for.
    Less,
    Whole,
    /// From another offset than was asked for, and honest about it.
    Elsewhere,
    OtherPart,
    OtherWhole,
    Unsatisfiable,
    Down,
}

fn any_answer() -> impl Strategy<Value = Answer> {
    use Answer::{Down, Elsewhere, Less, OtherPart, OtherWhole, Partial, Unsatisfiable, Whole};
    prop_oneof![
        6 => prop_oneof![Just(Partial), Just(Less), Just(Whole)],
        2 => Just(Down),
        1 => prop_oneof![
            Just(Elsewhere), Just(OtherPart), Just(OtherWhole), Just(Unsatisfiable)
        ],
    ]
}

/// Two versions of a body; a byte tells where it stands and of which it is.
fn byte_of(version: u8, at: u64) -> u8 {
    version ^ u8::try_from(at % 97).unwrap()
}

impl Answer {
    /// Returns the head that an origin answers `rest` of `length` bytes with, and which version's
    /// bytes from where on to where follow.
    fn to(self, rest: &Rest, length: u64) -> (ResponseHead, u8, std::ops::Range<u64>) {
        let from = rest.from;
        let (status, version, bytes) = match self {
            Self::Partial => (206, b'a', from..length),
            Self::Less => (206, b'a', from..(from + 3).min(length)),
            Self::Whole => (200, b'a', 0..length),
            Self::Elsewhere => (206, b'a', (from + 1).min(length)..length),
            Self::OtherPart => (206, b'b', from..length),
            Self::OtherWhole => (200, b'b', 0..length),
            Self::Unsatisfiable => (416, b'a', 0..0),
            Self::Down => (503, b'a', 0..0),
        };
        let size = bytes.end.saturating_sub(bytes.start);
        let range = format!("bytes {}-{}/{length}", bytes.start, bytes.end.max(1) - 1);
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_RANGE, HeaderValue::try_from(range).unwrap());
        let etag = if version == b'a' { "\"a\"" } else { "\"b\"" };
        headers.insert(header::ETAG, HeaderValue::from_static(etag));
        let status = StatusCode::from_u16(status).unwrap();
        (ResponseHead { status, headers, framing: Framing::Length(size) }, version, bytes)
    }
}

/// A driver in a few lines: what has been pushed, and what readers may read of it.
#[derive(Debug, Default)]
struct Delivery {
    pushed: Vec<u8>,
    delivered: usize,
    asked: Option<Rest>,
    ended: Option<bool>,
}

impl Delivery {
    fn tell(&mut self, flight: &mut Flight, now: MonoTime, input: Input) {
        flight.handle(now, input);
        while let Some(output) = flight.poll() {
            match output {
                Output::Advance { len } => self.delivered = usize::try_from(len).unwrap(),
                Output::Resume { rest, .. } => self.asked = Some(rest),
                Output::Finish { .. } => self.ended = Some(true),
                Output::Cut { .. } => self.ended = Some(false),
                Output::Fetch { .. }
                | Output::Serve { .. }
                | Output::ServeStored { .. }
                | Output::ServeStale { .. }
                | Output::PassThrough { .. }
                | Output::GoAlone { .. }
                | Output::FlyNext { .. }
                | Output::Refuse { .. }
                | Output::Outgrow
                | Output::Refresh { .. }
                | Output::Store { .. }
                | Output::Abort => {}
            }
        }
    }

    /// Takes at most `most` of `bytes` behind the first `skip`, and then the end.
    fn take(
        &mut self,
        flight: &mut Flight,
        now: MonoTime,
        (version, bytes): (u8, std::ops::Range<u64>),
        (skip, most): (u64, u64),
    ) {
        let end = bytes.end.min(bytes.start.saturating_add(most));
        for at in (bytes.start..end).skip(usize::try_from(skip).unwrap()) {
            self.pushed.push(byte_of(version, at));
            let len = u64::try_from(self.pushed.len()).unwrap();
            self.tell(flight, now, Input::Grew { len });
        }
        let len = u64::try_from(self.pushed.len()).unwrap();
        let is_broken = end < bytes.end;
        self.tell(flight, now, if is_broken { BROKEN } else { Input::Completed { len } });
    }
}

proptest! {
    #[test]
    fn whatever_the_breaks_what_is_delivered_is_a_prefix_and_whole_where_it_ends_so(
        length in 0..120_u64,
        is_declared in prop::bool::ANY,
        first in 0..130_u64,
        answers in prop::collection::vec((any_answer(), 0..60_u64), 0..12),
    ) {
        let mut flight = Flight::new(LIMITS, None, SEED);
        let mut delivery = Delivery::default();
        // Half a second for each, so that some run into the idle timeout.
        let mut now = MonoTime::ZERO;
        for input in [join(1, ""), named(is_declared.then_some(length))] {
            delivery.tell(&mut flight, now, input);
        }
        delivery.take(&mut flight, now, (b'a', 0..length), (0, first));
        for (answer, most) in answers {
            let Some(rest) = delivery.asked.take() else { break };
            now = now.after(Duration::from_millis(500));
            let (head, version, bytes) = answer.to(&rest, length);
            let continuation = rest.answered_by(&head);
            delivery.tell(&mut flight, now, resumed(continuation));
            if let Continuation::Rest { skip, .. } = continuation {
                delivery.take(&mut flight, now, (version, bytes), (skip, most));
            }
        }
        let expected: Vec<u8> = (0..length).map(|at| byte_of(b'a', at)).collect();
        let delivered = &delivery.pushed[..delivery.delivered];
        prop_assert!(expected.starts_with(delivered), "{delivered:?}");
        if delivery.ended == Some(true) {
            prop_assert_eq!(delivered.len(), expected.len());
        }
    }
}
