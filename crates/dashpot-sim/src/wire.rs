//! The way between player and content: a link, and what answers at its far end.

use crate::{
    making::Making,
    upstream::{Carrier, Way},
};
use dashpot_base::{ByteSize, Machine, MonoTime};
use dashpot_mpd::timeline::{Presentation, Sidx};
use dashpot_net::{Foretold, Link, Output as LinkOutput, TransferId};
use dashpot_player::{Failure, Fetch, Input, Ticket, What};
use std::collections::VecDeque;

/// What can be fetched: sizes and meanings, no bytes.
pub trait Content {
    /// Returns what the MPD says.
    fn presentation(&self) -> Presentation;

    /// Returns what the segment index asked for says.
    fn index(&self, fetch: &Fetch) -> Sidx;

    /// Returns the size of the answer.
    fn size(&self, fetch: &Fetch) -> ByteSize;

    /// Returns how an answer of that size comes to the far end of the link; `None` where it is
    /// there at once.
    fn way(&self, _fetch: &Fetch, _size: ByteSize) -> Option<Way> {
        None
    }

    /// Returns how the answer comes into being while it is sent; `None` where all of it is there.
    fn making(&self, _fetch: &Fetch) -> Option<Making> {
        None
    }
}

/// What a [`Wire`] is told.
#[derive(Clone, Copy, Debug)]
pub enum WireInput {
    /// The player fetches something.
    Fetch(Fetch),
    /// The player wants to know how much of an answer is here.
    Look(Ticket),
    /// The player wants an answer no more.
    Cancel(Ticket),
    /// Time has passed.
    Wake,
}

/// Content behind a link: takes what the player asks for, gives what the player is to be told.
#[derive(Debug)]
pub struct Wire<C> {
    desk: Desk<C>,
    carrier: Carrier,
}

impl<C: Content> Wire<C> {
    /// Returns `content` behind `link`.
    pub const fn new(content: C, link: Link) -> Self {
        Self { desk: Desk::new(content), carrier: Carrier::new(link) }
    }

    /// Takes a request; what comes of it is said later. Where that is asked for, returns how the
    /// answer will come, if it is as large as expected and sure to be here before `until`: there is no
    /// [`Input::FirstByte`] then.
    pub(crate) fn request(
        &mut self,
        now: MonoTime,
        fetch: &Fetch,
        until: Option<MonoTime>,
    ) -> Option<Foretold> {
        let (id, answer) = (TransferId(fetch.ticket.0), self.desk.fetch(fetch));
        let is_sure = answer.is_plain() && fetch.size == Some(answer.size);
        let foretold = match until.filter(|_| is_sure) {
            Some(until) => self.carrier.request_foretold(now, id, answer.size, until),
            None => {
                answer.send(now, id, &mut self.carrier);
                None
            }
        };
        if foretold.is_none() {
            self.listen();
        }
        foretold
    }

    /// Gives a request up, and returns how much of its answer had come.
    pub fn cancel(&mut self, now: MonoTime, ticket: Ticket) -> ByteSize {
        let here = self.carrier.across(now, TransferId(ticket.0));
        self.handle(now, WireInput::Cancel(ticket));
        here
    }

    /// Takes in what the link has to say.
    fn listen(&mut self) {
        while let Some(output) = self.carrier.poll() {
            self.desk.translate(output);
        }
    }

    /// Returns how much of an answer is here at `now`; `None` where a [`WireInput::Look`] has to
    /// find that out.
    pub(crate) fn look(&mut self, now: MonoTime, ticket: Ticket) -> Option<ByteSize> {
        let asked = self.desk.asked(ticket).filter(|asked| asked.making.is_none())?;
        asked.here = self.carrier.look(now, TransferId(ticket.0))?;
        Some(asked.here)
    }
}

impl<C: Content> Machine for Wire<C> {
    type Input = WireInput;
    type Output = Input;

    fn handle(&mut self, now: MonoTime, input: WireInput) {
        let look = match input {
            WireInput::Look(ticket) => Some(ticket),
            WireInput::Fetch(_) | WireInput::Cancel(_) | WireInput::Wake => None,
        };
        match input {
            WireInput::Fetch(fetch) => {
                self.request(now, &fetch, None);
            }
            WireInput::Cancel(ticket) => {
                self.desk.forget(ticket);
                self.carrier.cancel(now, TransferId(ticket.0));
            }
            WireInput::Look(_) | WireInput::Wake => self.carrier.wake(now),
        }
        self.listen();
        if let Some(ticket) = look {
            self.desk.look(ticket);
        }
    }

    fn poll(&mut self) -> Option<Input> {
        self.desk.poll()
    }

    fn wake_at(&self) -> Option<(MonoTime, &'static str)> {
        Some((self.carrier.wake_at()?, "link"))
    }
}

/// What is asked for at the far end of a link, and what is to be said of it.
#[derive(Debug)]
pub(crate) struct Desk<C> {
    content: C,
    /// What is on its way, a few at most.
    fetches: Vec<Asked>,
    inputs: VecDeque<Input>,
}

/// An answer that is on its way.
#[derive(Debug)]
pub(crate) struct Asked {
    ticket: Ticket,
    /// What it is for, but where that is media: nearly all is, and says no more than its size.
    head: Option<Box<Fetch>>,
    size: ByteSize,
    /// How much of it is here.
    here: ByteSize,
    way: Option<Way>,
    making: Option<Making>,
    /// Chunks that the player was told of.
    told: u64,
}

impl Asked {
    /// Has the answer sent.
    pub(crate) fn send(&self, now: MonoTime, id: TransferId, carrier: &mut Carrier) {
        match self.making {
            Some(making) => carrier.stream(now, id, self.size, making),
            None => carrier.request(now, id, self.size, self.way),
        }
    }

    /// Whether it is media that is there at once.
    const fn is_plain(&self) -> bool {
        self.head.is_none() && self.making.is_none() && self.way.is_none()
    }

    /// Takes note of how much is here; returns what is to be said of chunks. Of the last one the
    /// arrival of the whole says enough.
    fn chunk(&mut self) -> Option<Input> {
        let making = self.making?;
        let before = self.told;
        while self.told + 1 < making.chunks() && making.bytes(self.told + 1, self.size) <= self.here
        {
            self.told += 1;
        }
        let (ticket, size, media) = (self.ticket, self.here, making.media(self.told));
        (before < self.told).then_some(Input::Chunk { ticket, size, media })
    }

    /// Returns whether nothing is on its way, the next chunk being still to be made.
    fn is_idle(&self) -> bool {
        let is_all = |making: Making| self.here == making.bytes(self.told, self.size);
        0 < self.told && self.making.is_some_and(is_all)
    }
}

impl<C: Content> Desk<C> {
    pub(crate) const fn new(content: C) -> Self {
        Self { content, fetches: Vec::new(), inputs: VecDeque::new() }
    }

    /// Takes a request; returns its answer, to be sent.
    pub(crate) fn fetch(&mut self, fetch: &Fetch) -> &Asked {
        let size = self.content.size(fetch);
        let (way, making) = (self.content.way(fetch, size), self.content.making(fetch));
        let head = match fetch.what {
            What::Manifest | What::Index { .. } => Some(Box::new(*fetch)),
            What::Init { .. } | What::Segment { .. } => None,
        };
        let (ticket, here) = (fetch.ticket, ByteSize::ZERO);
        self.fetches.push_mut(Asked { ticket, head, size, here, way, making, told: 0 })
    }

    fn asked(&mut self, ticket: Ticket) -> Option<&mut Asked> {
        self.fetches.iter_mut().find(|asked| asked.ticket == ticket)
    }

    /// Takes out what is asked for by that name.
    fn take(&mut self, ticket: Ticket) -> Option<Asked> {
        let place = self.fetches.iter().position(|asked| asked.ticket == ticket)?;
        Some(self.fetches.swap_remove(place))
    }

    pub(crate) fn poll(&mut self) -> Option<Input> {
        self.inputs.pop_front()
    }

    pub(crate) fn forget(&mut self, ticket: Ticket) {
        self.fetches.retain(|asked| asked.ticket != ticket);
    }

    /// Takes in what the link says of a transfer, which is named as its request is.
    pub(crate) fn translate(&mut self, output: LinkOutput) {
        match output {
            LinkOutput::Answered(id) => {
                let ticket = Ticket(id.0);
                let size = self.asked(ticket).map(|asked| asked.size);
                self.inputs.push_back(Input::FirstByte { ticket, size });
            }
            LinkOutput::Delivered(id, size) => {
                let ticket = Ticket(id.0);
                let chunk = self.asked(ticket).and_then(|asked| {
                    asked.here = size;
                    asked.chunk()
                });
                self.inputs.push_back(Input::Progress { ticket, size });
                if let Some(chunk) = chunk {
                    self.inputs.push_back(chunk);
                }
            }
            LinkOutput::Done(id) => {
                // The arrival says all that a last step of progress would.
                let is_last = |input: &mut Input| matches!(input, Input::Progress { ticket, .. } if ticket.0 == id.0);
                self.inputs.pop_back_if(is_last);
                if let Some(asked) = self.take(Ticket(id.0)) {
                    let input = self.answer(&asked);
                    self.inputs.push_back(input);
                }
            }
            LinkOutput::Failed(id) => {
                let ticket = Ticket(id.0);
                self.forget(ticket);
                self.inputs.push_back(Input::Failed { ticket, failure: Failure::Connect });
            }
        }
    }

    /// Says how much of an answer is here, unless that was the last thing said.
    pub(crate) fn look(&mut self, ticket: Ticket) {
        let asked = self.asked(ticket).filter(|asked| !asked.is_idle());
        let Some(size) = asked.map(|asked| asked.here) else { return };
        let is_said =
            matches!(self.inputs.back(), Some(Input::Progress { ticket: of, .. }) if *of == ticket);
        if !is_said {
            self.inputs.push_back(Input::Progress { ticket, size });
        }
    }

    fn answer(&self, asked: &Asked) -> Input {
        let (ticket, size) = (asked.ticket, asked.size);
        match &asked.head {
            Some(fetch) if fetch.what == What::Manifest => {
                Input::Manifest { ticket, presentation: Box::new(self.content.presentation()) }
            }
            Some(fetch) => Input::Index { ticket, sidx: self.content.index(fetch) },
            None => {
                let status = asked.way.map(|way| if way.is_hit { HIT } else { MISS }.to_owned());
                Input::Arrived { ticket, size, cache_status: status, server_data: None }
            }
        }
    }
}

/// What a cache says of what it had, and of what it had not (RFC 9211).
const HIT: &str = "edge; hit";
const MISS: &str = "edge; fwd=uri-miss; stored";
