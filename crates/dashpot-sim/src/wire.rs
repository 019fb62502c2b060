//! The way between player and content: a link, and what answers at its far end.

use dashpot_base::{ByteSize, Machine, MonoTime};
use dashpot_mpd::timeline::{Presentation, Sidx};
use dashpot_net::{Input as LinkInput, Link, Output as LinkOutput, TransferId};
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
    link: Link,
}

impl<C: Content> Wire<C> {
    /// Returns `content` behind `link`.
    pub const fn new(content: C, link: Link) -> Self {
        Self { desk: Desk::new(content), link }
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
                let (id, size) = (TransferId(fetch.ticket.0), self.desk.fetch(fetch));
                self.link.handle(now, LinkInput::Request(id, size));
            }
            WireInput::Cancel(ticket) => {
                self.desk.forget(ticket);
                self.link.handle(now, LinkInput::Cancel(TransferId(ticket.0)));
            }
            WireInput::Look(_) | WireInput::Wake => self.link.handle(now, LinkInput::Wake),
        }
        while let Some(output) = self.link.poll() {
            self.desk.translate(output);
        }
        if let Some(ticket) = look {
            self.desk.look(ticket);
        }
    }

    fn poll(&mut self) -> Option<Input> {
        self.desk.poll()
    }

    fn wake_at(&self) -> Option<(MonoTime, &'static str)> {
        self.link.wake_at()
    }
}

/// What is asked for at the far end of a link, and what is to be said of it.
#[derive(Debug)]
pub(crate) struct Desk<C> {
    content: C,
    /// What is on its way, a few at most, with how large it is and how much of it is here.
    fetches: Vec<(Fetch, ByteSize, ByteSize)>,
    inputs: VecDeque<Input>,
}

impl<C: Content> Desk<C> {
    pub(crate) const fn new(content: C) -> Self {
        Self { content, fetches: Vec::new(), inputs: VecDeque::new() }
    }

    /// Takes a request; returns how large its answer is.
    pub(crate) fn fetch(&mut self, fetch: Fetch) -> ByteSize {
        let size = self.content.size(&fetch);
        self.fetches.push((fetch, size, ByteSize::ZERO));
        size
    }

    pub(crate) fn poll(&mut self) -> Option<Input> {
        self.inputs.pop_front()
    }

    pub(crate) fn forget(&mut self, ticket: Ticket) -> Option<(Fetch, ByteSize)> {
        let place = self.fetches.iter().position(|(fetch, ..)| fetch.ticket == ticket)?;
        let (fetch, size, _) = self.fetches.swap_remove(place);
        Some((fetch, size))
    }

    /// Takes in what the link says of a transfer, which is named as its request is.
    pub(crate) fn translate(&mut self, output: LinkOutput) {
        match output {
            LinkOutput::Answered(id) => {
                let ticket = Ticket(id.0);
                let size = self.fetches.iter().find(|(fetch, ..)| fetch.ticket == ticket);
                let size = size.map(|(_, size, _)| *size);
                self.inputs.push_back(Input::FirstByte { ticket, size });
            }
            LinkOutput::Delivered(id, size) => {
                let ticket = Ticket(id.0);
                let known = self.fetches.iter_mut().find(|(fetch, ..)| fetch.ticket == ticket);
                if let Some((.., here)) = known {
                    *here = size;
                }
                self.inputs.push_back(Input::Progress { ticket, size });
            }
            LinkOutput::Done(id) => {
                // The arrival says all that a last step of progress would.
                let is_last = |input: &mut Input| matches!(input, Input::Progress { ticket, .. } if ticket.0 == id.0);
                self.inputs.pop_back_if(is_last);
                let fetch = self.forget(Ticket(id.0));
                let input = fetch.map(|(fetch, size)| self.answer(&fetch, size));
                self.inputs.extend(input);
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
        let known = self.fetches.iter().find(|(fetch, ..)| fetch.ticket == ticket);
        let Some(&(.., size)) = known else { return };
        let is_said =
            matches!(self.inputs.back(), Some(Input::Progress { ticket: of, .. }) if *of == ticket);
        if !is_said {
            self.inputs.push_back(Input::Progress { ticket, size });
        }
    }

    fn answer(&self, fetch: &Fetch, size: ByteSize) -> Input {
        let ticket = fetch.ticket;
        match fetch.what {
            What::Manifest => {
                Input::Manifest { ticket, presentation: Box::new(self.content.presentation()) }
            }
            What::Index { .. } => Input::Index { ticket, sidx: self.content.index(fetch) },
            What::Init { .. } | What::Segment { .. } => {
                Input::Arrived { ticket, size, cache_status: None, server_data: None }
            }
        }
    }
}
