//! A body that its sender may not pause in for long.

use std::{
    future::Future as _,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use dashpot_serve::BoxError;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

/// A body that breaks off once its sender has let a reader wait for too long.
///
/// Only that counts: a client that takes nothing for a while makes its origin wait, and finds
/// what has come meanwhile.
#[derive(Debug)]
pub(crate) struct Impatient<B> {
    inner: B,
    limit: Duration,
    /// Runs while a reader waits.
    timer: Option<Pin<Box<Sleep>>>,
}

impl<B> Impatient<B> {
    pub(crate) const fn new(inner: B, limit: Duration) -> Self {
        Self { inner, limit, timer: None }
    }
}

impl<B: HttpBody<Error: Into<BoxError>> + Unpin> HttpBody for Impatient<B> {
    type Data = B::Data;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, BoxError>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.inner).poll_frame(cx) {
            this.timer = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let timer = this.timer.get_or_insert_with(|| Box::pin(sleep(this.limit)));
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Some(Err(io::Error::from(io::ErrorKind::TimedOut).into())))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::VecDeque, task::Waker};

    use bytes::Bytes;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(30);

    /// What each poll finds; pending once there is nothing left.
    struct Script(VecDeque<Poll<&'static str>>);

    impl HttpBody for Script {
        type Data = Bytes;
        type Error = BoxError;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
            let polled = self.0.pop_front().unwrap_or(Poll::Pending);
            polled.map(|text| Some(Ok(Frame::data(text.into()))))
        }
    }

    /// Polls a body of `script` with `pause` before each poll; `-` stands for waiting.
    async fn check(pause: Duration, script: &[Poll<&'static str>], expected: &str) {
        let polls = script.len();
        let mut body = Impatient::new(Script(script.iter().copied().collect()), LIMIT);
        let mut got = Vec::new();
        for _ in 0..polls {
            tokio::time::advance(pause).await;
            let polled = Pin::new(&mut body).poll_frame(&mut Context::from_waker(Waker::noop()));
            got.push(match polled {
                Poll::Pending => "-".to_owned(),
                Poll::Ready(Some(Ok(frame))) => {
                    String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap()
                }
                Poll::Ready(Some(Err(_))) => "broken".to_owned(),
                Poll::Ready(None) => "end".to_owned(),
            });
        }
        assert_eq!(got.join(" "), expected, "{script:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn the_senders_pauses_count_and_the_readers_do_not() {
        use Poll::{Pending, Ready};
        let long = LIMIT * 2;
        check(long, &[Ready("a"), Ready("b"), Ready("c")], "a b c").await;
        check(long, &[Ready("a"), Pending, Pending], "a - broken").await;
        // What has come meanwhile is there, whoever paused.
        check(long, &[Ready("a"), Pending, Ready("b"), Pending], "a - b -").await;
        check(LIMIT / 2, &[Pending, Pending, Pending], "- - broken").await;
    }
}
