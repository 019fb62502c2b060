//! Where one HTTP/1 request ends and the next one begins (RFC 9112), decided before anything acts
//! on either.
//!
//! A request whose length two parsers could read differently lets its sender hide another one in
//! it. A [`Framer`] walks over the bytes of a connection in the strictest reading there is, and
//! refuses what has a second one. It copies nothing: the caller holds the bytes and learns how many
//! of them may go on.

mod chunked;
mod head;
mod host;
mod refusal;

use chunked::Chunked;
use head::{Head, Trailers};
pub use refusal::Refusal;

/// What a request may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The bytes of a head, from the request line to its empty line, and those of trailers.
    pub head_bytes_max: usize,
    /// The bytes of a request target.
    pub target_bytes_max: usize,
}

/// How far a look at some bytes has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scan {
    /// How many of the bytes may go on; all of them belong to the request under way.
    pub passed: usize,
    /// What comes behind them.
    pub next: Next,
}

/// What comes behind the bytes that may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// More of the same request; the bytes not passed are the beginning of something.
    More,
    /// The next request, at which nobody has looked.
    Request,
    /// What is wrong; nothing after it has a meaning.
    Refused {
        /// Why.
        refusal: Refusal,
        /// Whether it is about a head, before anything acted on its request.
        in_head: bool,
    },
}

/// Follows the framing of the requests of one connection.
#[derive(Clone, Debug)]
pub struct Framer {
    limits: Limits,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    Head(Head),
    /// So many bytes of a body are to come.
    Length(u64),
    Chunked(Chunked),
    Trailers(Trailers),
    Refused(Refusal),
}

/// What a head says of the body behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Body {
    Length(u64),
    Chunked,
}

/// How far a look at a part of a request has come.
enum Part<T> {
    /// It is not whole yet.
    More,
    /// It has so many bytes, and this to say.
    Whole(usize, T),
}

impl Framer {
    /// Returns a framer at the start of a connection.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, state: State::Head(Head::default()) }
    }

    /// Returns whether a body has begun and not ended.
    #[must_use]
    pub const fn is_in_body(&self) -> bool {
        match self.state {
            State::Length(_) | State::Chunked(_) | State::Trailers(_) => true,
            State::Head(_) | State::Refused(_) => false,
        }
    }

    /// Looks at `bytes`, which begin with those that the last look did not pass.
    ///
    /// Stops at the end of a request: a further call looks at the next one.
    pub fn advance(&mut self, bytes: &[u8]) -> Scan {
        let mut passed = 0;
        loop {
            let in_head = matches!(self.state, State::Head(_));
            match self.step(&bytes[passed..]) {
                Ok(Stepped { passed: more, next: Some(next) }) => {
                    return Scan { passed: passed + more, next };
                }
                Ok(Stepped { passed: more, next: None }) => passed += more,
                Err(refusal) => {
                    self.state = State::Refused(refusal);
                    return Scan { passed, next: Next::Refused { refusal, in_head } };
                }
            }
        }
    }

    fn step(&mut self, bytes: &[u8]) -> Result<Stepped, Refusal> {
        match &mut self.state {
            State::Head(head) => match head.advance(bytes, self.limits)? {
                Part::More => Ok(Stepped::more(0)),
                Part::Whole(passed, body) => Ok(self.begin_body(passed, body)),
            },
            State::Length(left) => {
                let here = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                *left -= u64::try_from(here).unwrap_or(u64::MAX);
                let is_whole = *left == 0;
                Ok(if is_whole { self.end_request(here) } else { Stepped::more(here) })
            }
            State::Chunked(chunked) => {
                let (passed, is_last) = chunked.advance(bytes)?;
                if !is_last {
                    return Ok(Stepped::more(passed));
                }
                self.state = State::Trailers(Trailers::default());
                Ok(Stepped { passed, next: None })
            }
            State::Trailers(trailers) => match trailers.advance(bytes, self.limits)? {
                Part::More => Ok(Stepped::more(0)),
                Part::Whole(passed, ()) => Ok(self.end_request(passed)),
            },
            State::Refused(refusal) => Err(*refusal),
        }
    }

    fn begin_body(&mut self, passed: usize, body: Body) -> Stepped {
        self.state = match body {
            Body::Length(0) => return self.end_request(passed),
            Body::Length(length) => State::Length(length),
            Body::Chunked => State::Chunked(Chunked::default()),
        };
        Stepped { passed, next: None }
    }

    fn end_request(&mut self, passed: usize) -> Stepped {
        self.state = State::Head(Head::default());
        Stepped { passed, next: Some(Next::Request) }
    }
}

struct Stepped {
    passed: usize,
    /// `None` where the next part of the request is to be looked at at once.
    next: Option<Next>,
}

impl Stepped {
    const fn more(passed: usize) -> Self {
        Self { passed, next: Some(Next::More) }
    }
}

#[cfg(test)]
mod tests;
