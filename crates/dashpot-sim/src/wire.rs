//! The way between player and content: a link, and what answers at its far end.

use dashpot_base::{ByteSize, Machine, MonoTime};
use dashpot_mpd::timeline::{Presentation, Sidx};
use dashpot_net::{Input as LinkInput, Link, Output as LinkOutput, TransferId};
use dashpot_player::{Failure, Fetch, Input, Ticket, What};
use std::collections::{BTreeMap, VecDeque};

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
#[derive(Clone, Debug)]
pub enum WireInput {
    /// The player fetches something.
    Fetch(Box<Fetch>),
    /// The player wants an answer no more.
    Cancel(Ticket),
    /// Time has passed.
    Wake,
}

/// Content behind a link: takes what the player asks for, gives what the player is to be told.
#[derive(Debug)]
pub struct Wire<C> {
    content: C,
    link: Link,
    fetches: BTreeMap<Ticket, Box<Fetch>>,
    inputs: VecDeque<Input>,
}

impl<C: Content> Wire<C> {
    /// Returns `content` behind `link`.
    pub const fn new(content: C, link: Link) -> Self {
        Self { content, link, fetches: BTreeMap::new(), inputs: VecDeque::new() }
    }

    fn fetch(&mut self, now: MonoTime, fetch: Box<Fetch>) {
        let id = TransferId(fetch.ticket.0);
        self.link.handle(now, LinkInput::Start(id));
        self.link.handle(now, LinkInput::Offer(id, self.content.size(&fetch)));
        self.link.handle(now, LinkInput::Finish(id));
        self.fetches.insert(fetch.ticket, fetch);
    }

    fn translate(&mut self, output: LinkOutput) {
        match output {
            LinkOutput::Answered(id) => {
                self.inputs.push_back(Input::FirstByte { ticket: Ticket(id.0) });
            }
            LinkOutput::Delivered(id, size) => {
                self.inputs.push_back(Input::Progress { ticket: Ticket(id.0), size });
            }
            LinkOutput::Done(id) => {
                let fetch = self.fetches.remove(&Ticket(id.0));
                let input = fetch.map(|fetch| self.answer(&fetch));
                self.inputs.extend(input);
            }
            LinkOutput::Failed(id) => {
                let ticket = Ticket(id.0);
                self.fetches.remove(&ticket);
                self.inputs.push_back(Input::Failed { ticket, failure: Failure::Connect });
            }
        }
    }

    fn answer(&self, fetch: &Fetch) -> Input {
        let ticket = fetch.ticket;
        match fetch.what {
            What::Manifest => {
                Input::Manifest { ticket, presentation: Box::new(self.content.presentation()) }
            }
            What::Index { .. } => Input::Index { ticket, sidx: self.content.index(fetch) },
            What::Init { .. } | What::Segment { .. } => {
                Input::Arrived { ticket, size: self.content.size(fetch), cache_status: None }
            }
        }
    }
}

impl<C: Content> Machine for Wire<C> {
    type Input = WireInput;
    type Output = Input;

    fn handle(&mut self, now: MonoTime, input: WireInput) {
        match input {
            WireInput::Fetch(fetch) => self.fetch(now, fetch),
            WireInput::Cancel(ticket) => {
                self.fetches.remove(&ticket);
                self.link.handle(now, LinkInput::Cancel(TransferId(ticket.0)));
            }
            WireInput::Wake => self.link.handle(now, LinkInput::Wake),
        }
        while let Some(output) = self.link.poll() {
            self.translate(output);
        }
    }

    fn poll(&mut self) -> Option<Input> {
        self.inputs.pop_front()
    }

    fn wake_at(&self) -> Option<(MonoTime, &'static str)> {
        self.link.wake_at()
    }
}
