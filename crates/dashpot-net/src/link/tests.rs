use super::*;
use crate::Row;
use proptest::prelude::*;
use std::time::Duration;

mod model;

const SEED: Seed = Seed(1);

fn ms(ms: u64) -> MonoTime {
    MonoTime::from_nanos(ms * 1_000_000)
}

fn link(csv: &str) -> Link {
    Link::new(Trace::parse(csv).unwrap(), 0.0, SEED)
}

/// Runs `link` by its own wake-ups to its rest, with `inputs` (time-ordered) fed on the way, and
/// returns all it says with the time at which it says it.
fn run(link: &mut Link, inputs: &[(MonoTime, Input)]) -> Vec<(MonoTime, Output)> {
    drive(link, inputs, |link, at| link.handle(at, Input::Wake))
}

/// Runs `link` like [`run`], but for the inputs that would wake it, in whose place is `instead`.
fn drive(
    link: &mut Link,
    inputs: &[(MonoTime, Input)],
    instead: impl Fn(&mut Link, MonoTime),
) -> Vec<(MonoTime, Output)> {
    let mut said = Vec::new();
    let mut inputs = inputs.iter().peekable();
    loop {
        let wake = link.wake_at().map(|(at, _)| at);
        let due = inputs.next_if(|(at, _)| wake.is_none_or(|wake| *at <= wake));
        let at = match (due, wake) {
            (Some((at, Input::Wake)), _) => {
                instead(link, *at);
                *at
            }
            (Some((at, input)), _) => {
                link.handle(*at, input.clone());
                *at
            }
            (None, Some(at)) => {
                link.handle(at, Input::Wake);
                at
            }
            (None, None) => return said,
        };
        said.extend(std::iter::from_fn(|| link.poll()).map(|output| (at, output)));
    }
}

/// A whole response of `bytes` asked for at `at`.
fn whole(at: MonoTime, id: u64, bytes: u64) -> [(MonoTime, Input); 3] {
    let id = TransferId(id);
    [(at, Input::Start(id)), (at, Input::Offer(id, ByteSize::new(bytes))), (at, Input::Finish(id))]
}

/// Checks when each transfer is answered (`None`: never) and ends, in ms.
fn check(csv: &str, inputs: &[(MonoTime, Input)], expected: &[(u64, Option<u64>, u64)]) {
    let said = run(&mut link(csv), inputs);
    let when = |wanted: &dyn Fn(&Output) -> bool| {
        said.iter().find(|(_, output)| wanted(output)).map(|(at, _)| at.nanos() / 1_000_000)
    };
    for &(id, answered, done) in expected {
        let id = TransferId(id);
        assert_eq!(when(&|output| *output == Output::Answered(id)), answered, "{id:?} {said:?}");
        assert_eq!(when(&|output| *output == Output::Done(id)), Some(done), "{id:?} {said:?}");
    }
    let ended = said.iter().filter(|(_, output)| matches!(output, Output::Done(_))).count();
    assert_eq!(ended, expected.len(), "{said:?}");
}

#[test]
fn one_transfer_pays_latency_once_and_then_its_size_over_the_rate() {
    check("1000,800,50", &whole(ms(0), 1, 10_000), &[(1, Some(50), 150)]);
    check("1000,800,50", &whole(ms(7), 1, 0), &[(1, Some(57), 57)]);
}

#[test]
fn transfers_in_flight_share_equally() {
    // Both at 400 kbps until the small one is through; then the other has the link to itself.
    let both = [whole(ms(0), 1, 10_000), whole(ms(0), 2, 20_000)].concat();
    check("1000,800,0", &both, &[(1, Some(0), 200), (2, Some(0), 300)]);
    // Alone for 100 ms (10,000 bytes), then halves.
    let late = [whole(ms(0), 1, 20_000), whole(ms(100), 2, 10_000)].concat();
    check("1000,800,0", &late, &[(1, Some(0), 300), (2, Some(100), 300)]);
}

#[test]
fn an_outage_holds_everything_and_the_trace_loops() {
    let csv = "100,800,0\n400,0,0";
    check(csv, &whole(ms(0), 1, 25_000), &[(1, Some(0), 1_050)]);
    check(csv, &whole(ms(200), 1, 1_000), &[(1, Some(200), 510)]);
}

#[test]
fn a_transfer_without_offers_takes_no_capacity_and_a_cancelled_one_neither() {
    let id = TransferId(1);
    let mut inputs = vec![(ms(0), Input::Start(id))];
    inputs.extend(whole(ms(0), 2, 10_000));
    inputs.push((ms(500), Input::Offer(id, ByteSize::new(5_000))));
    inputs.push((ms(600), Input::Offer(id, ByteSize::new(5_000))));
    inputs.push((ms(700), Input::Finish(id)));
    // Past the finish nothing more is taken in.
    inputs.push((ms(700), Input::Offer(id, ByteSize::new(5_000))));
    check("1000,800,0", &inputs, &[(2, Some(0), 100), (1, Some(0), 700)]);

    let mut inputs = [whole(ms(0), 1, 10_000), whole(ms(0), 2, 10_000)].concat();
    inputs.push((ms(100), Input::Cancel(id)));
    check("1000,800,0", &inputs, &[(2, Some(0), 150)]);
}

#[test]
fn another_trace_takes_over_in_mid_transfer() {
    let slower = Trace::parse("1000,80,0").unwrap();
    let mut inputs = whole(ms(0), 1, 10_000).to_vec();
    inputs.push((ms(50), Input::SetTrace(slower)));
    check("1000,800,0", &inputs, &[(1, Some(0), 550)]);
    let mut inputs = whole(ms(0), 1, 10_000).to_vec();
    let unlimited = Trace::constant(UNLIMITED, Duration::ZERO).unwrap();
    inputs.push((ms(60), Input::SetTrace(unlimited)));
    inputs.extend(whole(ms(80), 2, u64::MAX));
    check("1000,800,0", &inputs, &[(1, Some(0), 60), (2, Some(80), 80)]);
}

#[test]
fn loss_fails_that_share_of_requests_after_their_latency_and_follows_the_seed() {
    let lost = |seed| {
        let mut link = Link::new(Trace::parse("1000,8000,20").unwrap(), 0.25, seed);
        let inputs = (0..1_000).flat_map(|id| whole(ms(id * 40), id, 100)).collect::<Vec<_>>();
        let said = run(&mut link, &inputs);
        assert_eq!(link.in_flight(), 0);
        let failed = said.iter().filter_map(|(at, output)| match output {
            Output::Failed(id) => Some((*at, id.0)),
            Output::Answered(_) | Output::Delivered(..) | Output::Done(_) => None,
        });
        failed.collect::<Vec<_>>()
    };
    let failed = lost(SEED);
    assert!((200..300).contains(&failed.len()), "{}", failed.len());
    assert!(failed.iter().all(|(at, id)| *at == ms(id * 40 + 20)));
    assert_eq!(failed, lost(SEED));
    assert_ne!(failed, lost(Seed(2)));
}

#[test]
fn loss_can_be_turned_on_and_off_while_it_runs() {
    let mut inputs = vec![(ms(0), Input::SetLoss(1.0))];
    inputs.extend(whole(ms(0), 1, 100));
    inputs.push((ms(1), Input::SetLoss(0.0)));
    inputs.extend(whole(ms(1), 2, 100));
    check("1000,800,0", &inputs, &[(2, Some(1), 2)]);
}

/// Small worlds at about a byte a nanosecond, so that the model can tick through them.
fn traces() -> impl Strategy<Value = Trace> {
    let row = (1..400_u64, prop_oneof![Just(0), 1..9_000_000_000_u64], 0..120_u64);
    prop::collection::vec(row, 1..6).prop_filter_map("carries nothing", |rows| {
        let rows = rows.into_iter().map(|(duration, bps, latency)| Row {
            duration: Duration::from_nanos(duration),
            rate: Bitrate::from_bps(bps),
            latency: Duration::from_nanos(latency),
        });
        // A mean of about 1 % of a byte a nanosecond keeps the model's run short.
        let trace = Trace::from_rows(rows).ok()?;
        let carries: u128 =
            trace.rows().map(|row| u128::from(row.rate.bps()) * row.duration.as_nanos()).sum();
        let span: u128 = trace.rows().map(|row| row.duration.as_nanos()).sum();
        (80_000_000 < carries / span).then_some(trace)
    })
}

fn requests() -> impl Strategy<Value = Vec<(u64, u64)>> {
    prop::collection::vec((0..600_u64, 0..300_u64), 1..6).prop_map(|mut requests| {
        requests.sort_unstable();
        requests
    })
}

fn inputs_of(requests: &[(u64, u64)]) -> Vec<(MonoTime, Input)> {
    let numbered = (0..).zip(requests);
    numbered.flat_map(|(id, &(at, size))| whole(MonoTime::from_nanos(at), id, size)).collect()
}

proptest! {
    #[test]
    fn law_every_transfer_ends_when_the_fluid_model_says(
        trace in traces(), requests in requests(),
    ) {
        let said = run(&mut Link::new(trace.clone(), 0.0, SEED), &inputs_of(&requests));
        for (id, expected) in (0..).zip(model::ends(&trace, &requests)) {
            let done = said.iter().find(|(_, output)| *output == Output::Done(TransferId(id)));
            let at = done.map(|(at, _)| at.nanos()).unwrap();
            // The model ticks by the nanosecond and in floating point.
            prop_assert!(at.abs_diff(expected) <= 1, "{id}: {at}, model {expected}");
        }
    }

    #[test]
    fn law_waking_oftener_changes_no_transfers_end(
        trace in traces(), requests in requests(), mut wakes in prop::collection::vec(0..3_000_u64, 0..60),
    ) {
        let inputs = inputs_of(&requests);
        wakes.sort_unstable();
        let wakes = wakes.into_iter().map(|at| (MonoTime::from_nanos(at), Input::Wake));
        let mut often = inputs.iter().cloned().chain(wakes).collect::<Vec<_>>();
        often.sort_by_key(|(at, _)| *at);
        let ends = |inputs: &[(MonoTime, Input)]| {
            let mut said = run(&mut Link::new(trace.clone(), 0.0, SEED), inputs);
            said.retain(|(_, output)| !matches!(output, Output::Delivered(..)));
            said
        };
        prop_assert_eq!(ends(&inputs), ends(&often));
    }

    #[test]
    fn law_a_look_says_what_waking_would_and_changes_no_transfers_end(
        trace in traces(), requests in requests(), looks in prop::collection::vec(0..3_000_u64, 0..60),
    ) {
        let inputs = inputs_of(&requests);
        let looks = looks.into_iter().map(|at| (MonoTime::from_nanos(at), Input::Wake));
        let mut often = inputs.iter().cloned().chain(looks).collect::<Vec<_>>();
        often.sort_by_key(|(at, _)| *at);
        let look = |link: &mut Link, at: MonoTime| {
            let mut woken = link.clone();
            woken.handle(at, Input::Wake);
            for (id, _) in link.transfers.clone() {
                let is_due = link.wake_at().is_some_and(|(due, _)| due <= at);
                let said = woken.place(id).map(|place| woken.transfers[place].1.reported).ok();
                let is_alone = link.in_flight() == 1;
                assert_eq!(link.look(at, id), said.filter(|_| is_alone && !is_due));
            }
        };
        let ends = |inputs: &[(MonoTime, Input)]| {
            let mut said = drive(&mut Link::new(trace.clone(), 0.0, SEED), inputs, look);
            said.retain(|(_, output)| !matches!(output, Output::Delivered(..)));
            said
        };
        prop_assert_eq!(ends(&inputs), ends(&often));
    }

    #[test]
    fn law_what_is_foretold_comes_and_foretelling_changes_no_bytes_time(
        trace in traces(), requests in requests(), looks in prop::collection::vec(0..3_000_u64, 0..20),
        until in prop_oneof![Just(u64::MAX), 0..3_000_u64],
    ) {
        let asked = (0..).zip(&requests).map(|(id, &(at, size))| (at, Some((TransferId(id), size))));
        let mut events = asked.chain(looks.into_iter().map(|at| (at, None))).collect::<Vec<_>>();
        events.sort_by_key(|(at, _)| *at);
        let wakes = events.iter().map(|(at, _)| (MonoTime::from_nanos(*at), Input::Wake));
        let wakes = wakes.collect::<Vec<_>>();
        let (until, foretold) = (MonoTime::from_nanos(until), std::cell::RefCell::new(Vec::new()));
        let said = |is_foretold: bool| {
            let (events, across) = (std::cell::RefCell::new(events.iter()), std::cell::RefCell::new(Vec::new()));
            let mut said = drive(&mut Link::new(trace.clone(), 0.0, SEED), &wakes, |link, at| {
                match events.borrow_mut().next() {
                    Some((_, Some((id, size)))) if is_foretold => {
                        let how = link.request(at, *id, ByteSize::new(*size), until);
                        foretold.borrow_mut().extend(how.map(|how| (*id, how)));
                    }
                    Some((_, Some((id, size)))) => {
                        link.handle(at, Input::Request(*id, ByteSize::new(*size)));
                    }
                    _ => across.borrow_mut().extend(link.transfers.clone().iter().map(|(id, _)| {
                        (at, *id, link.look(at, *id), link.across(at, *id))
                    })),
                }
            });
            said.retain(|(_, output)| matches!(output, Output::Done(_)));
            (said, across.into_inner())
        };
        let ((said, across), (plainly, plainly_across)) = (said(true), said(false));
        prop_assert_eq!(&said, &plainly);
        // Where there is more to say, which is said at other times, a look says nothing.
        for (one, other) in across.iter().zip(&plainly_across) {
            prop_assert_eq!((one.0, one.1, one.3), (other.0, other.1, other.3));
            prop_assert!(one.2.is_none() || one.2 == one.3, "{:?}", one);
        }
        for (id, how) in foretold.into_inner() {
            prop_assert!(how.ends < until && how.begins < how.ends);
            // Another request may have come meanwhile.
            let is_alone = requests.iter().filter(|(at, _)| *at < how.ends.nanos()).count() <= 1;
            prop_assert!(!is_alone || said.contains(&(how.ends, Output::Done(id))), "{:?}", how);
        }
    }

    #[test]
    fn law_what_is_foretold_never_falls_behind_its_steady_pace(
        trace in traces(), wait in 0..3_000_u64, bytes in 1..2_000_u64, share in 0.0..1.0_f64,
    ) {
        let (mut link, id) = (Link::new(trace, 0.0, SEED), TransferId(1));
        let (now, size) = (MonoTime::from_nanos(wait), ByteSize::new(bytes));
        let Some(Foretold { begins, ends, steadily }) = link.request(now, id, size, ms(1_000)) else {
            return Ok(());
        };
        prop_assert!(ends.span_since(begins) <= steadily);
        let within = ends.span_since(begins).as_secs_f64() * share;
        let at = begins.after(Duration::from_secs_f64(within)).min(ends);
        let pace = bytes as f64 / steadily.as_secs_f64();
        let least = pace * at.span_since(begins).as_secs_f64();
        let here = link.clone().across(at, id).map_or(bytes, ByteSize::bytes) as f64;
        // A nanosecond is the grain of ends, and a byte that of what is said.
        prop_assert!(least <= here + 1.0 + pace / 1e9, "{} of {}", here, least);
        prop_assert_eq!(link.wake_at().map(|(at, _)| at), Some(ends));
        link.handle(ends, Input::Wake);
        prop_assert!(std::iter::from_fn(|| link.poll()).eq([Output::Done(id)]));
    }

    #[test]
    fn law_bytes_delivered_are_the_capacity_while_there_are_bytes_to_move(
        trace in traces(), count in 1..6_u64, until in 1..5_000_u64,
    ) {
        let mut link = Link::new(trace.clone(), 0.0, SEED);
        let requests = (0..count).map(|_| (0, 1_u64 << 40)).collect::<Vec<_>>();
        for (at, input) in inputs_of(&requests) {
            link.handle(at, input);
        }
        // All requests begin in the first row, so one latency holds for all.
        let begin = trace.rows().next().unwrap().latency;
        link.handle(MonoTime::from_nanos(until), Input::Wake);
        let moved: u64 = std::iter::from_fn(|| link.poll())
            .map(|output| match output {
                Output::Delivered(_, size) => size.bytes(),
                Output::Answered(_) | Output::Done(_) | Output::Failed(_) => 0,
            })
            .sum();
        let begin = u64::try_from(begin.as_nanos()).unwrap();
        let capacity: u128 = (begin..until)
            .map(|at| u128::from(trace.at(MonoTime::ZERO, MonoTime::from_nanos(at)).rate.bps()))
            .sum();
        let capacity = u64::try_from(capacity / UNITS_PER_BYTE).unwrap();
        // Each transfer may hold the fraction of a byte.
        prop_assert!(moved <= capacity && capacity <= moved + count, "{moved} of {capacity}");
    }
}
