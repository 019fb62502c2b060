//! A scene through a queue of events.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use dashpot_base::{Machine as _, MonoTime, WallTime};
use dashpot_cache::{
    Arrival, Continuation, Failure, Flight, Framing, Input, Limits, Output, ReaderId, ResponseHead,
    Rest, Rules, StoredHead, Times,
};

use super::{
    line,
    script::{Act, Exchange, OBJECT_BYTES_MAX, SEED, Scene, Step, config, head, request},
};

const WALL: WallTime = WallTime::EPOCH;

/// What happens next.
#[derive(Debug)]
enum Event {
    Reader(Act),
    /// A step of the connection with this number.
    Origin(usize, Step),
    Ask,
}

/// What the fetch keeps of its connection.
struct Driver {
    flight: Flight,
    queue: BTreeMap<(MonoTime, usize), Event>,
    queued: usize,
    exchanges: std::slice::Iter<'static, Exchange>,
    /// The number of the connection there is.
    connection: usize,
    rest: Option<Rest>,
    declared: Option<u64>,
    /// Bytes that the machine knows of.
    pushed: u64,
    /// The bytes that complete a body of declared length wait for its end.
    held: Option<u64>,
    skip: u64,
    log: Vec<String>,
}

/// Returns what the machine says, and when.
pub(super) fn play(scene: &Scene) -> Vec<String> {
    let config = config();
    let limits = Limits {
        head_timeout: config.head_timeout,
        idle_timeout: config.idle_timeout,
        object_bytes_max: OBJECT_BYTES_MAX,
        resumes_max: config.fill.resumes_max,
    };
    let mut driver = Driver {
        flight: Flight::new(limits, None, SEED),
        queue: BTreeMap::new(),
        queued: 0,
        exchanges: scene.exchanges.iter(),
        connection: 0,
        rest: None,
        declared: None,
        pushed: 0,
        held: None,
        skip: 0,
        log: Vec::new(),
    };
    for &(at_ms, act) in scene.acts {
        let at = MonoTime::ZERO.after(Duration::from_millis(at_ms));
        driver.plan(at, Event::Reader(act));
    }
    driver.run();
    driver.log
}

impl Driver {
    fn plan(&mut self, at: MonoTime, event: Event) {
        self.queue.insert((at, self.queued), event);
        self.queued += 1;
    }

    fn run(&mut self) {
        loop {
            let next = self.queue.first_key_value().map(|(&(at, _), _)| at);
            let wake = self.flight.wake_at().map(|(at, _)| at);
            match (next, wake) {
                (None, None) => return,
                (next, Some(wake)) if next.is_none_or(|next| wake < next) => {
                    self.tell(wake, Input::Wake { wall: WALL });
                }
                _ => {
                    let ((at, _), event) = self.queue.pop_first().unwrap();
                    self.happen(at, event);
                }
            }
        }
    }

    fn happen(&mut self, now: MonoTime, event: Event) {
        match event {
            Event::Reader(Act::Join(reader)) => {
                let (reader, request) = (ReaderId(reader), request());
                self.tell(now, Input::Join { reader, request, wall: WALL });
            }
            Event::Reader(Act::Leave(reader)) => {
                self.tell(now, Input::ReaderLeft { reader: ReaderId(reader) });
            }
            Event::Ask if !self.flight.is_over() => self.ask(now),
            Event::Origin(connection, step) if connection == self.connection => {
                self.step(now, step);
            }
            // Of a connection that is gone.
            Event::Ask | Event::Origin(..) => {}
        }
    }

    fn ask(&mut self, now: MonoTime) {
        self.connection += 1;
        let mut at = now;
        for &(delay_ms, step) in *self.exchanges.next().unwrap() {
            at = at.after(Duration::from_millis(delay_ms));
            self.plan(at, Event::Origin(self.connection, step));
        }
    }

    fn step(&mut self, now: MonoTime, step: Step) {
        match step {
            Step::Head(status, fields) => self.head(now, &head(status, fields)),
            Step::Refuse => self.fail(now, Failure::Connect),
            Step::Break => self.fail(now, Failure::Truncated),
            Step::Data(len) => self.data(now, u64::try_from(len).unwrap()),
            Step::End => {
                if let Some(len) = self.held.take() {
                    self.grow(now, len);
                }
                self.tell(now, Input::Completed { len: self.pushed });
            }
        }
    }

    fn head(&mut self, now: MonoTime, head: &ResponseHead) {
        if let Some(rest) = self.rest.take() {
            let continuation = rest.answered_by(head);
            if let Continuation::Rest { skip, length } = continuation {
                self.skip = skip;
                self.declared = self.declared.or(length);
            }
            return self.tell(now, Input::Resumed { continuation });
        }
        let times = Times { requested: WALL, responded: WALL };
        let arrival = match StoredHead::new(&request(), head, times, &Rules::default()) {
            Ok(stored) => {
                if let Framing::Length(length) = head.framing {
                    self.declared = Some(length);
                }
                Arrival::Shareable { head: Arc::new(stored), length: self.declared }
            }
            Err(why) => Arrival::Unshareable { status: head.status, why },
        };
        self.tell(now, Input::HeadArrived { arrival, wall: WALL });
    }

    fn data(&mut self, now: MonoTime, len: u64) {
        let skipped = self.skip.min(len);
        self.skip -= skipped;
        let total = self.pushed + len - skipped;
        if self.declared == Some(total) && skipped < len {
            self.held = Some(total);
        } else {
            self.grow(now, total);
        }
    }

    fn grow(&mut self, now: MonoTime, total: u64) {
        self.pushed = total;
        self.tell(now, Input::Grew { len: total });
    }

    fn fail(&mut self, now: MonoTime, failure: Failure) {
        self.tell(now, Input::Failed { failure, wall: WALL });
    }

    fn tell(&mut self, now: MonoTime, input: Input) {
        self.flight.handle(now, input);
        while let Some(output) = self.flight.poll() {
            self.log.push(line(now, &output));
            if let Output::Resume { rest, at } = &output {
                self.connection += 1;
                (self.rest, self.held, self.skip) = (Some(rest.clone()), None, 0);
                self.plan(next_millisecond(*at), Event::Ask);
            } else if let Output::Fetch { .. } = output {
                self.ask(now);
            }
        }
    }
}

/// Tokio's timers have a grain of a millisecond, and never ring early.
fn next_millisecond(at: MonoTime) -> MonoTime {
    MonoTime::from_nanos(at.nanos().div_ceil(1_000_000) * 1_000_000)
}
