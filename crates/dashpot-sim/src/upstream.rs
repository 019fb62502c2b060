//! What lies behind a link: answers that come late, and no faster than an origin sends them.

use crate::making::Making;
use dashpot_base::{Bitrate, ByteSize, Machine as _, MonoTime};
use dashpot_net::{Foretold, Input as LinkInput, Link, Output as LinkOutput, TransferId};
use std::{collections::VecDeque, time::Duration};

/// How an answer comes to the far end of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// Whether a cache had it.
    pub is_hit: bool,
    /// From the request there to the first byte there.
    pub wait: Duration,
    /// How fast it comes from then on.
    pub rate: Bitrate,
}

/// How often what has come in is handed on. A link is behind by this much at most; with less, a
/// session would be mostly of such steps.
const STEP: Duration = Duration::from_millis(20);

/// A link, and what is on its way to it.
#[derive(Debug)]
pub(crate) struct Carrier {
    link: Link,
    /// Answers that do not come at once; a few for each viewer.
    flows: Vec<Flow>,
    /// Answers that are still being made; a few for each viewer.
    streams: Vec<Stream>,
    /// What the link said while there were such.
    outputs: VecDeque<LinkOutput>,
}

/// An answer that is made while it is sent.
#[derive(Clone, Copy, Debug)]
struct Stream {
    id: TransferId,
    making: Making,
    size: ByteSize,
    /// Chunks that were given to the link. A chunk is, once the one before it is across, so that
    /// the link says of each when it is.
    offered: u64,
    across: ByteSize,
}

impl Stream {
    /// Returns when the next chunk is given to the link; `None` while one is crossing, and after
    /// the last.
    fn next(&self) -> Option<MonoTime> {
        let is_across = self.across == self.making.bytes(self.offered, self.size);
        let is_more = self.offered < self.making.chunks();
        (is_more && is_across).then(|| self.making.when(self.offered + 1))
    }

    fn step(&mut self, now: MonoTime, link: &mut Link, outputs: &mut VecDeque<LinkOutput>) {
        if self.offered == 0 {
            // A server that is asked early answers when there is something to answer with.
            link.handle(now, LinkInput::Start(self.id));
        } else {
            outputs.push_back(LinkOutput::Delivered(self.id, self.across));
        }
        let before = self.making.bytes(self.offered, self.size);
        self.offered += 1;
        let bytes = self.making.bytes(self.offered, self.size).bytes() - before.bytes();
        link.handle(now, LinkInput::Offer(self.id, ByteSize::new(bytes)));
        if self.offered == self.making.chunks() {
            link.handle(now, LinkInput::Finish(self.id));
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Flow {
    id: TransferId,
    way: Way,
    begins: MonoTime,
    next: MonoTime,
    size: ByteSize,
    /// Given to the link; `None` while it does not know of the transfer.
    offered: Option<ByteSize>,
}

impl Flow {
    /// Hands on what has come in by `now`; returns whether that is all.
    fn step(&mut self, now: MonoTime, link: &mut Link) -> bool {
        let offered = self.offered.unwrap_or_else(|| {
            link.handle(now, LinkInput::Start(self.id));
            ByteSize::ZERO
        });
        let here = self.way.rate.bytes_in(now.since(self.begins).max(Duration::from_nanos(1)));
        let here = here.min(self.size);
        link.handle(now, LinkInput::Offer(self.id, ByteSize::new(here.bytes() - offered.bytes())));
        (self.offered, self.next) = (Some(here), now.after(STEP));
        let is_whole = here == self.size;
        if is_whole {
            link.handle(now, LinkInput::Finish(self.id));
        }
        is_whole
    }
}

impl Carrier {
    pub(crate) const fn new(link: Link) -> Self {
        Self { link, flows: Vec::new(), streams: Vec::new(), outputs: VecDeque::new() }
    }

    /// A request for an answer of `size` is made, which is there at once or comes by `way`.
    pub(crate) fn request(
        &mut self,
        now: MonoTime,
        id: TransferId,
        size: ByteSize,
        way: Option<Way>,
    ) {
        let Some(way) = way else {
            self.link.handle(now, LinkInput::Request(id, size));
            return;
        };
        let begins = now.after(way.wait);
        self.flows.push(Flow { id, way, begins, next: begins, size, offered: None });
    }

    /// A request for an answer of `size` is made, which is there at once; returns how it will come
    /// where that is sure, and before `until`.
    pub(crate) fn request_foretold(
        &mut self,
        now: MonoTime,
        id: TransferId,
        size: ByteSize,
        until: MonoTime,
    ) -> Option<Foretold> {
        if self.flows.is_empty() && self.streams.is_empty() {
            self.link.request(now, id, size, until)
        } else {
            self.request(now, id, size, None);
            None
        }
    }

    /// A request is made for an answer of `size` that is still being made.
    pub(crate) fn stream(&mut self, now: MonoTime, id: TransferId, size: ByteSize, making: Making) {
        self.streams.push(Stream { id, making, size, offered: 0, across: ByteSize::ZERO });
        self.go_on(now);
    }

    /// Hands on what has been made, and hears what became of it.
    fn go_on(&mut self, now: MonoTime) {
        while !self.streams.is_empty() {
            while let Some(output) = self.link.poll() {
                self.hear(output);
                self.outputs.push_back(output);
            }
            let mut streams = self.streams.iter_mut();
            let Some(due) = streams.find(|stream| stream.next().is_some_and(|at| at <= now)) else {
                return;
            };
            due.step(now, &mut self.link, &mut self.outputs);
        }
    }

    fn hear(&mut self, output: LinkOutput) {
        match output {
            LinkOutput::Answered(_) => {}
            LinkOutput::Delivered(id, size) => {
                let of_it = self.streams.iter_mut().find(|stream| stream.id == id);
                if let Some(stream) = of_it {
                    stream.across = size;
                }
            }
            LinkOutput::Done(id) | LinkOutput::Failed(id) => {
                self.streams.retain(|stream| stream.id != id);
            }
        }
    }

    /// Nobody wants an answer any more.
    pub(crate) fn cancel(&mut self, now: MonoTime, id: TransferId) {
        self.flows.retain(|flow| flow.id != id);
        self.streams.retain(|stream| stream.id != id);
        self.link.handle(now, LinkInput::Cancel(id));
        self.go_on(now);
    }

    /// Hands on what has come in, and lets the link get on.
    pub(crate) fn wake(&mut self, now: MonoTime) {
        let link = &mut self.link;
        if !self.flows.is_empty() {
            self.flows.retain_mut(|flow| now < flow.next || !flow.step(now, link));
        }
        link.handle(now, LinkInput::Wake);
        self.go_on(now);
    }

    /// Returns how much of an answer is across; `None` for one that the link does not know of.
    pub(crate) fn look(&mut self, now: MonoTime, id: TransferId) -> Option<ByteSize> {
        self.link.look(now, id)
    }

    /// Returns how much of an answer is across at `now`.
    pub(crate) fn across(&mut self, now: MonoTime, id: TransferId) -> ByteSize {
        self.link.across(now, id).unwrap_or_default()
    }

    #[inline]
    pub(crate) fn poll(&mut self) -> Option<LinkOutput> {
        self.outputs.pop_front().or_else(|| self.link.poll())
    }

    #[inline]
    pub(crate) fn wake_at(&self) -> Option<MonoTime> {
        let link = self.link.wake_at().map(|(at, _)| at);
        if self.flows.is_empty() && self.streams.is_empty() {
            return link;
        }
        let made = self.streams.iter().filter_map(Stream::next);
        self.flows.iter().map(|flow| flow.next).chain(made).chain(link).min()
    }
}
