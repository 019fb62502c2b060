//! QUIC streams whose frames are bounded before h3 sees them: it keeps each frame but DATA until
//! all of it has come, whatever the length that the client announces.

use super::frames::{Frames, TooLarge};
use bytes::Bytes;
use h3::{
    error::Code,
    quic::{
        BidiStream, Connection, ConnectionErrorIncoming, OpenStreams, RecvStream, SendStream,
        StreamErrorIncoming, StreamId, WriteBuf,
    },
};
use std::task::{Context, Poll, ready};

type QuicBidi = h3_quinn::BidiStream<Bytes>;
type QuicSend = h3_quinn::SendStream<Bytes>;

/// A connection, or what opens streams on it.
pub(super) struct Guarded<C> {
    inner: C,
    frame_bytes_max: u64,
}

impl Guarded<h3_quinn::Connection> {
    /// Guards `quic`: a frame but DATA that is longer than `frame_bytes_max` ends its stream.
    pub(super) fn new(quic: quinn::Connection, frame_bytes_max: u64) -> Self {
        Self { inner: h3_quinn::Connection::new(quic), frame_bytes_max }
    }
}

impl Connection<Bytes> for Guarded<h3_quinn::Connection> {
    type RecvStream = GuardedStream<h3_quinn::RecvStream>;
    type OpenStreams = Guarded<h3_quinn::OpenStreams>;

    fn poll_accept_recv(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Self::RecvStream, ConnectionErrorIncoming>> {
        let inner = ready!(Connection::<Bytes>::poll_accept_recv(&mut self.inner, cx))?;
        let frames = Frames::after_type(self.frame_bytes_max);
        Poll::Ready(Ok(GuardedStream { inner, frames, is_critical: true }))
    }

    fn poll_accept_bidi(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Self::BidiStream, ConnectionErrorIncoming>> {
        let inner = ready!(self.inner.poll_accept_bidi(cx))?;
        let frames = Frames::new(self.frame_bytes_max);
        Poll::Ready(Ok(GuardedStream { inner, frames, is_critical: false }))
    }

    fn opener(&self) -> Self::OpenStreams {
        let inner = Connection::<Bytes>::opener(&self.inner);
        Guarded { inner, frame_bytes_max: self.frame_bytes_max }
    }
}

impl<C> OpenStreams<Bytes> for Guarded<C>
where
    C: OpenStreams<Bytes, BidiStream = QuicBidi, SendStream = QuicSend>,
{
    type BidiStream = GuardedStream<QuicBidi>;
    type SendStream = QuicSend;

    fn poll_open_bidi(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Self::BidiStream, StreamErrorIncoming>> {
        let inner = ready!(self.inner.poll_open_bidi(cx))?;
        let frames = Frames::new(self.frame_bytes_max);
        Poll::Ready(Ok(GuardedStream { inner, frames, is_critical: false }))
    }

    fn poll_open_send(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Self::SendStream, StreamErrorIncoming>> {
        self.inner.poll_open_send(cx)
    }

    fn close(&mut self, code: Code, reason: &[u8]) {
        self.inner.close(code, reason);
    }
}

/// A stream that brings frames.
pub(super) struct GuardedStream<S> {
    inner: S,
    frames: Frames,
    /// Whether the connection ends with it: h3 takes no notice of a stream of one direction that
    /// fails before its type is known to it.
    is_critical: bool,
}

impl<S: RecvStream<Buf = Bytes>> RecvStream for GuardedStream<S> {
    type Buf = Bytes;

    fn poll_data(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Bytes>, StreamErrorIncoming>> {
        let Some(data) = ready!(self.inner.poll_data(cx))? else { return Poll::Ready(Ok(None)) };
        if let Err(error @ TooLarge) = self.frames.pass(&data) {
            self.inner.stop_sending(Code::H3_EXCESSIVE_LOAD.value());
            return Poll::Ready(Err(if self.is_critical {
                let connection_error = ConnectionErrorIncoming::InternalError(error.to_string());
                StreamErrorIncoming::ConnectionErrorIncoming { connection_error }
            } else {
                StreamErrorIncoming::Unknown(error.into())
            }));
        }
        Poll::Ready(Ok(Some(data)))
    }

    fn stop_sending(&mut self, error_code: u64) {
        self.inner.stop_sending(error_code);
    }

    fn recv_id(&self) -> StreamId {
        self.inner.recv_id()
    }
}

impl<S: SendStream<Bytes>> SendStream<Bytes> for GuardedStream<S> {
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), StreamErrorIncoming>> {
        self.inner.poll_ready(cx)
    }

    fn send_data<T: Into<WriteBuf<Bytes>>>(&mut self, data: T) -> Result<(), StreamErrorIncoming> {
        self.inner.send_data(data)
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), StreamErrorIncoming>> {
        self.inner.poll_finish(cx)
    }

    fn reset(&mut self, reset_code: u64) {
        self.inner.reset(reset_code);
    }

    fn send_id(&self) -> StreamId {
        self.inner.send_id()
    }
}

impl BidiStream<Bytes> for GuardedStream<QuicBidi> {
    type SendStream = QuicSend;
    type RecvStream = GuardedStream<h3_quinn::RecvStream>;

    fn split(self) -> (Self::SendStream, Self::RecvStream) {
        let Self { inner, frames, is_critical } = self;
        let (send, inner) = inner.split();
        (send, GuardedStream { inner, frames, is_critical })
    }
}
