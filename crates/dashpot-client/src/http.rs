//! Requests over real HTTP, and the link that all of a session's bodies cross.

use crate::{
    Clock, CmcdMode, FetchError, Transport,
    fetch::{self, Keep, Line, Progress, Reply, WINDOW_BYTES},
    meaning::{is_mp4, meaning},
};
use dashpot_base::{ByteSize, Machine as _, WallTime};
use dashpot_net::{Input as LinkInput, Link, Output as LinkOutput, TransferId};
use dashpot_player::{Failure, Input, Request, Ticket, What};
use reqwest::{Client, header::HeaderMap};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::{Semaphore, mpsc},
    task::AbortHandle,
};

/// The most bytes of an MPD: a day of hand-written segment URLs stays below.
const MANIFEST_BYTES_MAX: u64 = 16 << 20;
/// The most bytes of a segment index: 12 bytes an entry, so hundreds of thousands of entries.
const INDEX_BYTES_MAX: u64 = 8 << 20;
/// The most bytes of an initialisation segment: hundreds of times the usual, for cover art.
const INIT_BYTES_MAX: u64 = 4 << 20;
/// The most bytes of a segment: half a minute at 280 Mbps.
const SEGMENT_BYTES_MAX: u64 = 1 << 30;

/// How often the link is looked at while bytes cross it: often enough that the window refills
/// before it is empty, seldom enough to cost nothing.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// How many errors are kept: the player has two requests on their way at most, so that the one
/// which ends the session is among the last of each.
const ERRORS_KEPT: usize = 4;

/// What tasks have said and the transport has not read; full, it slows the tasks down.
const EVENTS_MAX: usize = 64;

/// Transfers over HTTP: made as fast as the server likes, told to the player as the link allows.
#[derive(Debug)]
pub(crate) struct Http {
    client: Client,
    clock: Clock,
    cmcd: CmcdMode,
    link: Link,
    sender: mpsc::Sender<(Ticket, Progress)>,
    events: mpsc::Receiver<(Ticket, Progress)>,
    transfers: BTreeMap<Ticket, Transfer>,
    inputs: VecDeque<Input>,
    /// What was left out of the presentation, and why; `None` while there is no presentation.
    pub(crate) problems: Option<Vec<String>>,
    /// The last things that went wrong, in full, and what was asked for.
    pub(crate) errors: VecDeque<(What, FetchError)>,
}

#[derive(Debug)]
struct Transfer {
    request: Request,
    task: AbortHandle,
    window: Arc<Semaphore>,
    /// The server's answer began.
    head: bool,
    /// Bytes that it announced.
    size: Option<ByteSize>,
    /// The link let the answer's beginning across.
    answered: bool,
    /// Bytes that are across.
    delivered: ByteSize,
    reply: Option<Reply>,
    error: Option<FetchError>,
}

impl Drop for Transfer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Http {
    pub(crate) fn new(client: Client, clock: Clock, cmcd: CmcdMode, link: Link) -> Self {
        let (sender, events) = mpsc::channel(EVENTS_MAX);
        Self {
            client,
            clock,
            cmcd,
            link,
            sender,
            events,
            transfers: BTreeMap::new(),
            inputs: VecDeque::new(),
            problems: None,
            errors: VecDeque::new(),
        }
    }

    fn tell(&mut self, input: LinkInput) {
        self.link.handle(self.clock.now(), input);
        while let Some(output) = self.link.poll() {
            self.crossed(output);
        }
    }

    /// Takes in what a task says.
    fn took_place(&mut self, ticket: Ticket, progress: Progress) {
        let Some(transfer) = self.transfers.get_mut(&ticket) else { return };
        match progress {
            Progress::Head(size) => {
                (transfer.head, transfer.size) = (true, size.map(ByteSize::new));
                self.first_byte(ticket);
            }
            Progress::Bytes(length) => {
                self.tell(LinkInput::Offer(id(ticket), ByteSize::new(length)));
            }
            Progress::End(Ok(reply)) => {
                transfer.reply = Some(*reply);
                self.tell(LinkInput::Finish(id(ticket)));
            }
            Progress::End(Err(error)) => {
                transfer.error = Some(error);
                self.fail(ticket);
            }
        }
    }

    /// Takes in what the link says.
    fn crossed(&mut self, output: LinkOutput) {
        let (LinkOutput::Answered(of)
        | LinkOutput::Delivered(of, _)
        | LinkOutput::Done(of)
        | LinkOutput::Failed(of)) = output;
        let ticket = Ticket(of.0);
        let Some(transfer) = self.transfers.get_mut(&ticket) else { return };
        match output {
            LinkOutput::Answered(_) => {
                transfer.answered = true;
                self.first_byte(ticket);
                self.fail(ticket);
            }
            LinkOutput::Delivered(_, delivered) => {
                let room = delivered.bytes().saturating_sub(transfer.delivered.bytes());
                transfer.delivered = delivered;
                transfer.window.add_permits(usize::try_from(room).unwrap_or(0));
                self.inputs.push_back(Input::Progress { ticket, size: delivered });
            }
            LinkOutput::Done(_) => self.done(ticket),
            LinkOutput::Failed(_) => {
                transfer.answered = true;
                transfer.error = Some(FetchError::Lost { url: transfer.request.url.clone() });
                self.fail(ticket);
            }
        }
    }

    /// Says that an answer began, once it did at both ends of the link.
    fn first_byte(&mut self, ticket: Ticket) {
        if let Some(it) = self.transfers.get(&ticket).filter(|it| it.head && it.answered) {
            self.inputs.push_back(Input::FirstByte { ticket, size: it.size });
        }
    }

    /// Ends a transfer that failed, once word of it is across the link.
    fn fail(&mut self, ticket: Ticket) {
        let is_known = |transfer: &Transfer| transfer.answered && transfer.error.is_some();
        if !self.transfers.get(&ticket).is_some_and(is_known) {
            return;
        }
        if let Some(mut transfer) = self.transfers.remove(&ticket)
            && let Some(error) = transfer.error.take()
        {
            self.failed(ticket, transfer.request.fetch.what, error);
        }
        self.tell(LinkInput::Cancel(id(ticket)));
    }

    fn done(&mut self, ticket: Ticket) {
        let Some(mut transfer) = self.transfers.remove(&ticket) else { return };
        // The link is done only after it was told of the end, which came with the reply.
        let Some(reply) = transfer.reply.take() else { return };
        match meaning(&transfer.request, reply, self.clock.wall()) {
            Ok(input) => {
                if let Input::Manifest { presentation, .. } = &input {
                    let problems = presentation.problems.iter().map(ToString::to_string);
                    self.problems = Some(problems.collect());
                }
                self.inputs.push_back(input);
            }
            Err(error) => self.failed(ticket, transfer.request.fetch.what, error),
        }
    }

    fn failed(&mut self, ticket: Ticket, what: What, error: FetchError) {
        tracing::debug!(ticket = ticket.0, %error, "request failed");
        let failure: Failure = error.failure();
        if ERRORS_KEPT <= self.errors.len() {
            self.errors.pop_front();
        }
        self.errors.push_back((what, error));
        self.inputs.push_back(Input::Failed { ticket, failure });
    }
}

impl Transport for Http {
    fn fetch(&mut self, request: Request) {
        let ticket = request.fetch.ticket;
        let window = Arc::new(Semaphore::new(WINDOW_BYTES));
        let line = Line { events: self.sender.clone(), window: Arc::clone(&window) };
        let asked = on_the_wire(&request, self.cmcd, self.clock.wall());
        let task = tokio::spawn(fetch::fetch(self.client.clone(), asked, line));
        self.transfers.insert(
            ticket,
            Transfer {
                request,
                task: task.abort_handle(),
                window,
                head: false,
                size: None,
                answered: false,
                delivered: ByteSize::ZERO,
                reply: None,
                error: None,
            },
        );
        self.tell(LinkInput::Start(id(ticket)));
    }

    fn look(&mut self, ticket: Ticket) {
        self.tell(LinkInput::Wake);
        if let Some(transfer) = self.transfers.get(&ticket) {
            let size = transfer.delivered;
            self.inputs.push_back(Input::Progress { ticket, size });
        }
    }

    fn cancel(&mut self, ticket: Ticket) -> ByteSize {
        self.transfers.remove(&ticket);
        let came = self.link.across(self.clock.now(), id(ticket)).unwrap_or_default();
        self.tell(LinkInput::Cancel(id(ticket)));
        came
    }

    async fn next(&mut self) -> Input {
        loop {
            if let Some(input) = self.inputs.pop_front() {
                return input;
            }
            let alarm = self.link.wake_at().map(|(at, _)| at);
            let look = alarm.map(|at| at.min(self.clock.now().after(LOOK_EVERY)));
            let sleep = async {
                match look {
                    Some(at) => self.clock.sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                event = self.events.recv() => {
                    // The transport holds a sender of its own, so the channel never closes.
                    if let Some((ticket, progress)) = event {
                        self.took_place(ticket, progress);
                    }
                }
                () = sleep => self.tell(LinkInput::Wake),
            }
        }
    }
}

const fn id(ticket: Ticket) -> TransferId {
    TransferId(ticket.0)
}

fn on_the_wire(request: &Request, cmcd: CmcdMode, asked: WallTime) -> fetch::Request {
    let mut headers = HeaderMap::new();
    let mut url = request.url.clone();
    match cmcd {
        CmcdMode::Off => (),
        CmcdMode::Headers => request.cmcd.insert_headers(&mut headers),
        CmcdMode::Query => append_query(&mut url, &request.cmcd.to_query()),
    }
    let (keep, bytes_max) = match request.fetch.what {
        What::Manifest => (Keep::Whole, MANIFEST_BYTES_MAX),
        What::Index { .. } => (Keep::Whole, INDEX_BYTES_MAX),
        What::Init { .. } => (Keep::Whole, INIT_BYTES_MAX),
        What::Segment { .. } if is_mp4(request) => (Keep::Segment, SEGMENT_BYTES_MAX),
        What::Segment { .. } => (Keep::Head, SEGMENT_BYTES_MAX),
    };
    let ticket = request.fetch.ticket;
    fetch::Request { ticket, url, range: request.range, headers, keep, bytes_max, asked }
}

/// CTA-5004 §3.2: the argument is added to whatever query there is.
fn append_query(url: &mut String, argument: &str) {
    if !argument.is_empty() {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str(argument);
    }
}
