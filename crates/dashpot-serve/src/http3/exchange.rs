//! One request over HTTP/3 and its response.

use super::{
    guard::{Guarded, GuardedStream},
    received::Received,
};
use crate::{
    Limits, OtherBody, RequestBody,
    serve::{join_cookies, to_origin_form},
};
use bytes::Bytes;
use h3::{
    error::Code,
    quic::SendStream as _,
    server::{RequestResolver, RequestStream},
};
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body::Body;
use hyper::service::Service;
use std::{future::poll_fn, pin::pin, time::Duration};
use tokio::time::timeout;

/// The largest piece handed over at a time: a client that takes this much in a stall's time is not
/// stalled.
const PIECE_BYTES: usize = 64 << 10;

/// How long the end of a request may be late: some round trips. Where content is possible nobody is
/// asked before, and what comes later once it is answered is stopped, with a code that means no
/// error (RFC 9114 §9: an unknown one).
const END_PATIENCE: Duration = Duration::from_millis(500);

pub(super) type Asked = RequestResolver<Guarded<h3_quinn::Connection>, Bytes>;
pub(super) type Asking = RequestStream<GuardedStream<h3_quinn::RecvStream>, Bytes>;
type Answering = RequestStream<h3_quinn::SendStream<Bytes>, Bytes>;

/// A request whose head has come.
pub(super) struct Headed {
    request: Request<()>,
    send: Answering,
    receive: Asking,
}

/// Reads the head of a request.
pub(super) async fn head(mut asked: Asked, limits: Limits) -> Result<Headed, String> {
    let read = poll_fn(|cx| asked.frame_stream.poll_next(cx));
    let Ok(frame) = timeout(limits.header_read_timeout, read).await else {
        asked.frame_stream.reset(Code::H3_REQUEST_INCOMPLETE.value());
        return Err("its head takes too long".to_owned());
    };
    if frame.is_err() {
        // Too large, or its client has given it up, and hears nothing of it.
        asked.frame_stream.reset(Code::H3_EXCESSIVE_LOAD.value());
    }
    let resolved = asked.accept_with_frame(frame).map_err(|error| error.to_string())?;
    // It answers a head whose fields are too large in all, which a client need not take.
    let resolved = timeout(limits.write_stall_timeout, resolved.resolve()).await;
    let (request, stream) = resolved
        .map_err(|_| "its client takes nothing".to_owned())?
        .map_err(|error| error.to_string())?;
    let (send, receive) = stream.split();
    Ok(Headed { request, send, receive })
}

/// Has `service` answer a request and sends what it says.
pub(super) async fn answer<S, B>(headed: Headed, service: &S, limits: Limits) -> Result<(), String>
where
    S: Service<Request<RequestBody>, Response = Response<B>>,
    B: Body<Data = Bytes>,
{
    let Headed { mut request, mut send, receive } = headed;
    let target = request.uri().path_and_query().map_or("", |target| target.as_str());
    if limits.target_bytes_max < target.len() {
        return refuse(&mut send, StatusCode::URI_TOO_LONG, limits.write_stall_timeout).await;
    }
    to_origin_form(&mut request);
    join_cookies(request.headers_mut());
    let is_read = request.method() == Method::GET || request.method() == Method::HEAD;
    let is_head = request.method() == Method::HEAD;
    let Ok(length) = length_of(request.headers()) else {
        return refuse(&mut send, StatusCode::BAD_REQUEST, limits.write_stall_timeout).await;
    };
    // RFC 9110 §9.3.1: content of a GET or HEAD means nothing.
    let (body, rest) = if is_read {
        (RequestBody::Empty, Some(receive))
    } else {
        let mut body = Received::new(receive, length, limits.body_timeout);
        let is_empty = body.is_empty(END_PATIENCE).await;
        let body =
            if is_empty { RequestBody::Empty } else { RequestBody::Other(OtherBody::new(body)) };
        (body, None)
    };
    let Ok(response) = service.call(request.map(|()| body)).await else {
        send.stop_stream(Code::H3_INTERNAL_ERROR);
        return Err("the service failed".to_owned());
    };
    let sent = respond(&mut send, response, is_head, limits.write_stall_timeout).await;
    if let Err((code, error)) = sent {
        send.stop_stream(code);
        return Err(error);
    }
    if let Some(rest) = rest {
        timeout(END_PATIENCE, to_end(rest)).await.unwrap_or_default();
    }
    Ok(())
}

/// Reads the rest of a request that has been answered. A client that is told to stop sending may
/// take that for a failure of the whole, although RFC 9114 §4.1 forbids it; most have said all
/// when their answer is out, and the end is on its way.
async fn to_end(mut rest: Asking) {
    while let Ok(Some(_)) = rest.recv_data().await {}
}

/// Returns the length that a request announces.
fn length_of(headers: &HeaderMap) -> Result<Option<u64>, ()> {
    let mut all = headers.get_all(header::CONTENT_LENGTH).iter();
    let Some(length) = all.next() else { return Ok(None) };
    if all.next().is_some() || !length.as_bytes().iter().all(u8::is_ascii_digit) {
        return Err(());
    }
    length.to_str().ok().and_then(|length| length.parse().ok()).map(Some).ok_or(())
}

/// Answers with a status alone.
async fn refuse(send: &mut Answering, status: StatusCode, stall: Duration) -> Result<(), String> {
    let mut response = Response::new(RequestBody::Empty);
    *response.status_mut() = status;
    let sent = respond(send, response, true, stall).await;
    sent.map_err(|(_, error)| error)
}

/// Sends `response`, frame by frame as its client takes them.
async fn respond<B: Body<Data = Bytes>>(
    send: &mut Answering,
    response: Response<B>,
    is_head: bool,
    stall: Duration,
) -> Result<(), (Code, String)> {
    let stalled = |_| (Code::H3_REQUEST_CANCELLED, "its client takes nothing".to_owned());
    let gone = |error: h3::error::StreamError| (Code::H3_REQUEST_CANCELLED, error.to_string());
    let (mut parts, body) = response.into_parts();
    // RFC 9114 §4.2: fields of a connection have no place here.
    for name in [header::CONNECTION, header::TRANSFER_ENCODING, header::UPGRADE] {
        parts.headers.remove(name);
    }
    if let Some(length) = body.size_hint().exact()
        && !is_head
        && 0 < length
        && !parts.headers.contains_key(header::CONTENT_LENGTH)
    {
        parts.headers.insert(header::CONTENT_LENGTH, length.into());
    }
    let head = Response::from_parts(parts, ());
    timeout(stall, send.send_response(head)).await.map_err(stalled)?.map_err(gone)?;
    let mut body = pin!(body);
    while !is_head && let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        let Ok(frame) = frame else {
            return Err((Code::H3_INTERNAL_ERROR, "its body broke off".to_owned()));
        };
        // Trailers are no part of what a cache serves.
        let mut rest = frame.into_data().unwrap_or_default();
        while !rest.is_empty() {
            let piece = rest.split_to(rest.len().min(PIECE_BYTES));
            timeout(stall, send.send_data(piece)).await.map_err(stalled)?.map_err(gone)?;
        }
    }
    timeout(stall, send.finish()).await.map_err(stalled)?.map_err(gone)
}
