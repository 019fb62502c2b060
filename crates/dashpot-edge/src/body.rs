//! The bodies of responses: stored, arriving, passed through or made here.

mod disk;
mod impatient;
mod passing;

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use dashpot_cache::Content;
use dashpot_http::range::ByteRange;
use dashpot_serve::BoxError;
use http_body::{Body as HttpBody, Frame, SizeHint};

use crate::{blocks, flights::FillReader, object::Blocks};
pub(crate) use disk::DiskReader;
use impatient::Impatient;
pub(crate) use passing::{Asked, Passing, SentAs};

/// The body of a response.
#[derive(Debug)]
pub(crate) enum Body {
    /// Bytes made here; sent in one piece.
    Own(Bytes),
    /// Bytes of the resource, by range.
    Media(Media),
    /// The upstream's body at the client's pace.
    Through(Passing),
}

/// Where the bytes of a resource come from.
#[derive(Debug)]
pub(crate) enum Source {
    Stored(Arc<Blocks>),
    Filling(FillReader),
    Disk(DiskReader),
    Blocks(Box<blocks::Reader>),
}

impl Source {
    /// Returns the next bytes in `at..until`; `None` at the proper end.
    fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        at: u64,
        until: u64,
    ) -> Poll<Option<Result<Bytes, BoxError>>> {
        match self {
            Self::Stored(blocks) => Poll::Ready(blocks.from(at, until).map(Ok)),
            Self::Filling(reader) => {
                reader.poll_read(cx, at, until).map(|read| read.map(|read| read.map_err(<_>::from)))
            }
            Self::Disk(reader) => reader.poll_read(cx, at, until),
            Self::Blocks(reader) => {
                reader.poll_read(cx, at, until).map(|read| read.map(|read| read.map_err(<_>::from)))
            }
        }
    }
}

/// Pieces of a resource and the text between them.
#[derive(Debug)]
pub(crate) struct Media {
    source: Source,
    at: u64,
    /// Where the piece under way ends; `u64::MAX` stands for wherever the body ends.
    until: u64,
    /// The pieces to come, the next one last.
    rest: Vec<Piece>,
}

#[derive(Debug)]
enum Piece {
    Text(Bytes),
    Range(ByteRange),
}

impl Media {
    /// Returns the body that `content` asks for, of a resource of `length` bytes where that is
    /// known.
    fn new(source: Source, content: Content, length: Option<u64>) -> Self {
        let (at, until, rest) = match content {
            Content::Nothing => (0, 0, Vec::new()),
            Content::Whole => (0, length.unwrap_or(u64::MAX), Vec::new()),
            Content::Part(range) => (range.first, range.last + 1, Vec::new()),
            Content::Parts(parts) => {
                let mut pieces = vec![Piece::Text(parts.tail)];
                for (head, range) in parts.parts.into_iter().rev() {
                    pieces.push(Piece::Range(range));
                    pieces.push(Piece::Text(head));
                }
                (0, 0, pieces)
            }
        };
        let mut media = Self { source, at, until, rest };
        if let (Some((at, until)), Source::Disk(reader)) = (media.first(), &mut media.source) {
            reader.begin_at(at, until);
        }
        media
    }

    fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BoxError>>> {
        while self.until <= self.at {
            match self.rest.pop() {
                None => return Poll::Ready(None),
                Some(Piece::Text(text)) => return Poll::Ready(Some(Ok(text))),
                Some(Piece::Range(range)) => (self.at, self.until) = (range.first, range.last + 1),
            }
        }
        self.source.poll_read(cx, self.at, self.until).map(|read| {
            if let Some(Ok(data)) = &read {
                self.at += u64::try_from(data.len()).unwrap_or(u64::MAX);
            }
            read
        })
    }

    /// Returns the first bytes that are to be read.
    fn first(&self) -> Option<(u64, u64)> {
        if self.at < self.until {
            return Some((self.at, self.until));
        }
        self.rest.iter().rev().find_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Range(range) => Some((range.first, range.last + 1)),
        })
    }

    /// Returns the bytes to come, or `None` where the end is not known.
    fn remaining(&self) -> Option<u64> {
        if self.until == u64::MAX {
            return None;
        }
        let rest = self.rest.iter().map(|piece| match piece {
            Piece::Text(text) => u64::try_from(text.len()).unwrap_or(u64::MAX),
            Piece::Range(range) => range.size(),
        });
        Some(self.until.saturating_sub(self.at) + rest.sum::<u64>())
    }
}

impl Body {
    pub(crate) const fn empty() -> Self {
        Self::Own(Bytes::new())
    }

    /// Returns the reader that this body comes from the disk with, where it does.
    pub(crate) const fn disk_reader(&mut self) -> Option<&mut DiskReader> {
        match self {
            Self::Media(Media { source: Source::Disk(reader), .. }) => Some(reader),
            Self::Own(_) | Self::Media(_) | Self::Through(_) => None,
        }
    }

    /// Returns the body that `content` asks for; a source that nothing is wanted of is let go.
    pub(crate) fn media(source: Source, content: Content, length: Option<u64>) -> Self {
        match content {
            Content::Nothing => Self::empty(),
            Content::Whole | Content::Part(_) | Content::Parts(_) => {
                Self::Media(Media::new(source, content, length))
            }
        }
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Self::Own(text.into())
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.get_mut() {
            Self::Own(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Own(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Self::Media(media) => media.poll_data(cx).map(|data| data.map(|d| d.map(Frame::data))),
            Self::Through(body) => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Own(bytes) => bytes.is_empty(),
            Self::Media(media) => media.remaining() == Some(0),
            Self::Through(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Own(bytes) => SizeHint::with_exact(u64::try_from(bytes.len()).unwrap_or(0)),
            Self::Media(media) => {
                media.remaining().map_or_else(SizeHint::new, SizeHint::with_exact)
            }
            Self::Through(body) => body.size_hint(),
        }
    }
}
