//! A body from the disk at the client's pace, one block ahead of it.

use std::{
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use dashpot_cache::StoredHead;
use dashpot_http::etag::EntityTag;
use dashpot_serve::BoxError;
use http::header;
use tokio::task::JoinHandle;

use super::Source;
use crate::{
    disk::{BLOCK_BYTES, DiskBody, ReadFailed},
    edge::Edge,
    flights::{Answer, Flights, Wanted},
    proxy::unconditional,
    respond,
};

/// A reader of a body on the disk.
#[derive(Debug)]
pub(crate) struct DiskReader {
    body: Arc<DiskBody>,
    /// The block that was read last, and its number.
    block: Option<(usize, Bytes)>,
    /// The block that is being read, and its number.
    ahead: Option<(usize, JoinHandle<Result<Bytes, ReadFailed>>)>,
    /// What will be read first.
    first: (u64, u64),
    rescue: Rescue,
}

/// What becomes of a body whose file turns out to be damaged in the middle.
#[derive(Debug)]
enum Rescue {
    /// It breaks off.
    None,
    /// The same representation is fetched again.
    Possible(Box<Plan>),
    /// That is being done.
    UnderWay(JoinHandle<Option<Source>>),
    /// It goes on from there.
    Done(Box<Source>),
}

#[derive(Debug)]
struct Plan {
    edge: Arc<Edge>,
    wanted: Wanted,
    etag: EntityTag,
    length: u64,
}

impl DiskReader {
    pub(crate) const fn new(body: Arc<DiskBody>) -> Self {
        Self { body, block: None, ahead: None, first: (0, 0), rescue: Rescue::None }
    }

    pub(crate) fn len(&self) -> u64 {
        self.body.len()
    }

    /// Notes that `at..until` is what will be read first.
    pub(super) const fn begin_at(&mut self, at: u64, until: u64) {
        self.first = (at, until);
    }

    /// Waits for the first block that is to be read.
    ///
    /// # Errors
    /// Where that is damaged.
    pub(crate) async fn prime(&mut self) -> Result<(), ReadFailed> {
        let (at, until) = self.first;
        if self.body.len().min(until) <= at {
            return Ok(());
        }
        std::future::poll_fn(|cx| self.poll_block(cx, at, until)).await
    }

    /// Lets what is damaged further on be fetched as `wanted`, if the origin still has what `etag`
    /// names the very bytes of.
    pub(crate) fn rescue_with(&mut self, edge: &Arc<Edge>, wanted: &Wanted, etag: EntityTag) {
        // RFC 9110 §8.8.1: a weak one names the meaning only, which is not enough to go on.
        if etag.strong_eq(&etag) {
            // What the client has is nothing that the rest of a body could be compared with.
            let request = Arc::new(unconditional(&wanted.request));
            let wanted = Wanted { stored: None, request, ..wanted.clone() };
            let plan = Plan { edge: Arc::clone(edge), wanted, etag, length: self.body.len() };
            self.rescue = Rescue::Possible(Box::new(plan));
        }
    }

    pub(super) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        at: u64,
        until: u64,
    ) -> Poll<Option<Result<Bytes, BoxError>>> {
        let until = until.min(self.body.len());
        if until <= at {
            return Poll::Ready(None);
        }
        loop {
            match &mut self.rescue {
                Rescue::Done(source) => return source.poll_read(cx, at, until),
                Rescue::UnderWay(joining) => match ready!(Pin::new(joining).poll(cx)) {
                    Ok(Some(source)) => self.rescue = Rescue::Done(Box::new(source)),
                    Ok(None) | Err(_) => return Poll::Ready(Some(Err(ReadFailed.into()))),
                },
                Rescue::None | Rescue::Possible(_) => {
                    if ready!(self.poll_block(cx, at, until)).is_ok() {
                        return Poll::Ready(self.slice(at, until).map(Ok));
                    }
                    match mem::replace(&mut self.rescue, Rescue::None) {
                        Rescue::Possible(plan) => {
                            self.rescue = Rescue::UnderWay(tokio::spawn(plan.carry_out()));
                        }
                        Rescue::None | Rescue::UnderWay(_) | Rescue::Done(_) => {
                            return Poll::Ready(Some(Err(ReadFailed.into())));
                        }
                    }
                }
            }
        }
    }

    /// Waits for the block that `at` is in, and begins with the next one where that is before
    /// `until`.
    fn poll_block(
        &mut self,
        cx: &mut Context<'_>,
        at: u64,
        until: u64,
    ) -> Poll<Result<(), ReadFailed>> {
        let number = DiskBody::block_of(at);
        if self.block.as_ref().is_some_and(|(held, _)| *held == number) {
            return Poll::Ready(Ok(()));
        }
        let (_, mut reading) = match self.ahead.take() {
            Some(ahead) if ahead.0 == number => ahead,
            Some(_) | None => self.begin(number),
        };
        let read = match Pin::new(&mut reading).poll(cx) {
            Poll::Ready(read) => read,
            Poll::Pending => {
                self.ahead = Some((number, reading));
                return Poll::Pending;
            }
        };
        let block = read.map_err(|_| ReadFailed).flatten()?;
        self.block = Some((number, block));
        if number < DiskBody::block_of(until.min(self.body.len()) - 1) {
            self.ahead = Some(self.begin(number + 1));
        }
        Poll::Ready(Ok(()))
    }

    /// Reads a block whether or not anybody looks after it meanwhile.
    fn begin(&self, number: usize) -> (usize, JoinHandle<Result<Bytes, ReadFailed>>) {
        (number, tokio::spawn(Arc::clone(&self.body).block(number)))
    }

    fn slice(&self, at: u64, until: u64) -> Option<Bytes> {
        let (_, block) = self.block.as_ref()?;
        let start = usize::try_from(at % u64::from(BLOCK_BYTES)).ok()?;
        let wanted = usize::try_from(until - at).unwrap_or(usize::MAX);
        (start < block.len())
            .then(|| block.slice(start..block.len().min(start.saturating_add(wanted))))
    }
}

impl Plan {
    /// Returns the same representation as it arrives, or `None` where it is not the same.
    async fn carry_out(self: Box<Self>) -> Option<Source> {
        let Self { edge, wanted, etag, length } = *self;
        let is_same = |head: &StoredHead, len: Option<u64>| {
            let other = head.headers.get(header::ETAG);
            other
                .and_then(|other| EntityTag::parse(other.as_bytes()))
                .is_some_and(|other| other.strong_eq(&etag))
                && len.is_none_or(|len| len == length)
        };
        let answer = Flights::join(&edge, wanted).await.answer;
        match answer {
            Answer::Serve { reader, head, length, .. } if is_same(&head, length) => {
                Some(Source::Filling(reader))
            }
            Answer::Found { object } if is_same(&object.head, Some(object.body.len())) => {
                Some(respond::stored(&object).0)
            }
            Answer::Serve { .. }
            | Answer::Found { .. }
            | Answer::Validated { .. }
            | Answer::Stale { .. }
            | Answer::PassThrough { .. }
            | Answer::Again { .. }
            | Answer::GoAlone(_)
            | Answer::Refuse(_) => None,
        }
    }
}
