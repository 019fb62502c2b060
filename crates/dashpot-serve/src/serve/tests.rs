//! Over real sockets: what ends a connection, and when.

mod http2;
mod refused;

use super::*;
use crate::Clock;
use dashpot_base::MonoTime;
use http_body_util::{BodyExt as _, StreamBody, combinators::UnsyncBoxBody};
use std::convert::Infallible;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::Notify,
    task::JoinHandle,
};

type TestBody = UnsyncBoxBody<Bytes, BoxError>;

struct Server {
    addr: SocketAddr,
    shutdown: Shutdown,
    /// Lets the second half of a body go.
    release: Arc<Notify>,
    task: JoinHandle<()>,
    protocols: Family<Vec<(&'static str, &'static str)>, Counter>,
    refusals: Refusals,
}

/// Answers `a`, then waits for `release`, then `b`.
fn two_halves(release: Arc<Notify>) -> TestBody {
    let first = futures_util::stream::once(async { Ok(frame("a")) });
    let second = futures_util::stream::once(async move {
        release.notified().await;
        Ok(frame("b"))
    });
    StreamBody::new(futures_util::StreamExt::chain(first, second)).boxed_unsync()
}

fn frame(text: &'static str) -> http_body::Frame<Bytes> {
    http_body::Frame::data(Bytes::from_static(text.as_bytes()))
}

async fn start(limits: Limits, drain: Duration) -> Server {
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let (addr, shutdown, release) = (listener.addr(), Shutdown::new(), Arc::new(Notify::new()));
    let options = Options { limits, drain, ..Options::new(shutdown.clone()) };
    let for_service = Arc::clone(&release);
    let service_of = move |_peer| {
        let release = Arc::clone(&for_service);
        hyper::service::service_fn(move |_request| {
            let body = two_halves(Arc::clone(&release));
            async move {
                let response = Response::builder().header("content-length", 2).body(body);
                Ok::<_, Infallible>(response.unwrap())
            }
        })
    };
    let (protocols, refusals) = (options.protocols.clone(), options.refusals.clone());
    let task = tokio::spawn(serve(listener, service_of, options));
    Server { addr, shutdown, release, task, protocols, refusals }
}

async fn connect(server: &Server, head: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(server.addr).await.unwrap();
    stream.write_all(head).await.unwrap();
    stream
}

/// Reads until the first byte of the body has come.
async fn read_to_first_half(stream: &mut TcpStream) {
    let mut got = Vec::new();
    while !got.ends_with(b"\r\n\r\na") {
        assert_ne!(stream.read_buf(&mut got).await.unwrap(), 0, "ended before the body");
    }
}

const LONG: Duration = Duration::from_secs(3_600);

#[tokio::test]
async fn drain_lets_a_response_in_flight_end() {
    let server = start(Limits::default(), LONG).await;
    let mut stream = connect(&server, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    read_to_first_half(&mut stream).await;
    server.shutdown.begin();
    server.release.notify_one();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    assert_eq!(rest, b"b");
    server.task.await.unwrap();
}

#[tokio::test]
async fn the_deadline_cuts_a_response_that_does_not_end() {
    let server = start(Limits::default(), Duration::from_millis(1)).await;
    let mut stream = connect(&server, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    read_to_first_half(&mut stream).await;
    server.shutdown.begin();
    server.task.await.unwrap();
    let mut rest = Vec::new();
    // A reset or an end: either way the second half is missing.
    stream.read_to_end(&mut rest).await.ok();
    assert_eq!(rest, b"");
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_the_drain() {
    let server = start(Limits::default(), LONG).await;
    let mut stream = connect(&server, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    server.release.notify_one();
    let mut got = Vec::new();
    while !got.ends_with(b"ab") {
        assert_ne!(stream.read_buf(&mut got).await.unwrap(), 0);
    }
    server.shutdown.begin();
    server.task.await.unwrap();
    assert_eq!(stream.read(&mut [0; 8]).await.unwrap(), 0);
}

/// Time is paused: it moves only while every task waits, straight to the next timer.
async fn check_closed_after(limits: Limits, parts: &[&[u8]], expected: Duration) {
    let server = start(limits, LONG).await;
    let mut stream = connect(&server, b"").await;
    let mut got = Vec::new();
    for part in parts {
        stream.write_all(part).await.unwrap();
        server.release.notify_one();
        while part.ends_with(b"\r\n\r\n") && !got.ends_with(b"ab") {
            assert_ne!(stream.read_buf(&mut got).await.unwrap(), 0);
        }
    }
    let clock = Clock::system();
    stream.read_to_end(&mut got).await.unwrap();
    let took = clock.mono().since(MonoTime::ZERO);
    // tokio's timers have a grain of a millisecond.
    assert!(took <= expected + Duration::from_millis(1), "{took:?}");
    server.shutdown.begin();
    server.task.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_client_that_drips_its_head_is_closed() {
    let limits = Limits { idle_timeout: LONG, ..Limits::default() };
    let within = limits.header_read_timeout;
    check_closed_after(limits, &[], within).await;
    check_closed_after(limits, &[b"GET / HTTP/1.1\r\nHo"], within).await;
    let second = [&b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"[..], b"GET"];
    check_closed_after(limits, &second, within).await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_rests_too_long_is_closed() {
    let limits = Limits { header_read_timeout: LONG, ..Limits::default() };
    let request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    check_closed_after(limits, &[request], limits.idle_timeout * 2).await;
}

#[tokio::test(start_paused = true)]
async fn a_body_that_drips_is_cut() {
    let (ours, mut theirs) = tokio::io::duplex(4_096);
    let limits = Limits { body_timeout: Duration::from_secs(9), ..Limits::default() };
    let activity = Activity::default();
    let _exchange = activity.begin();
    activity.set_body_due(true);
    let mut guarded = stream::Guarded::new(ours, limits, activity);
    let drip = tokio::spawn(async move {
        // Enough for the first nine seconds; then a byte in each second.
        theirs.write_all(&[0; 1_000]).await.unwrap();
        while theirs.write_all(&[0]).await.is_ok() {
            sleep(Duration::from_secs(1)).await;
        }
    });
    let clock = Clock::system();
    let error = guarded.read_to_end(&mut Vec::new()).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    let took = clock.mono().since(MonoTime::ZERO);
    assert!(Duration::from_secs(9) < took && took <= Duration::from_millis(18_001), "{took:?}");
    drop(guarded);
    drip.await.unwrap();
}

#[tokio::test]
async fn a_request_that_is_not_read_to_its_end_still_has_its_whole_answer() {
    let server = start(Limits::default(), LONG).await;
    let head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n";
    let mut stream = connect(&server, head).await;
    server.release.notify_one();
    stream.write_all(&[b'x'; 50_000]).await.unwrap();
    let mut got = Vec::new();
    // Not reset, although bytes were on their way that nobody wanted.
    stream.read_to_end(&mut got).await.unwrap();
    assert!(got.ends_with(b"ab"), "{}", String::from_utf8_lossy(&got));
    drop(stream);
    server.shutdown.begin();
    server.task.await.unwrap();
}

#[tokio::test]
async fn a_refused_request_is_answered_and_nothing_after_it() {
    let server = start(Limits::default(), LONG).await;
    for (raw, status) in [
        (&b"GET / HTTP/1.1\r\nHost: x\r\nX : y\r\n\r\nGET / HTTP/1.1\r\n"[..], "400"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nx", "400"),
        (b"GET / HTTP/3.0\r\n", "505"),
    ] {
        let mut stream = connect(&server, raw).await;
        let mut got = Vec::new();
        stream.read_to_end(&mut got).await.unwrap();
        let text = String::from_utf8_lossy(&got);
        assert!(text.starts_with(&format!("HTTP/1.1 {status} ")), "{text}");
        assert_eq!(text.matches("HTTP/1.1 ").count(), 1, "{text}");
    }
    server.shutdown.begin();
    server.task.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_nothing_is_cut() {
    let (ours, theirs) = tokio::io::duplex(64);
    let limits = Limits { write_stall_timeout: Duration::from_secs(7), ..Limits::default() };
    let mut guarded = stream::Guarded::new(ours, limits, Activity::default());
    let error = guarded.write_all(&[0; 1_000]).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    drop(theirs);
}

#[tokio::test]
async fn a_head_beyond_its_limit_is_answered_431() {
    let server = start(Limits { header_bytes_max: 8_192, ..Limits::default() }, LONG).await;
    let head = format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "y".repeat(9_000));
    let mut stream = connect(&server, head.as_bytes()).await;
    let mut got = Vec::new();
    stream.read_to_end(&mut got).await.ok();
    assert!(got.starts_with(b"HTTP/1.1 431"), "{}", String::from_utf8_lossy(&got));
    server.shutdown.begin();
    server.task.await.unwrap();
}

#[tokio::test]
async fn a_connection_beyond_the_limit_waits_for_a_free_slot() {
    let server = start(Limits { connections_max: 1, ..Limits::default() }, LONG).await;
    let request = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let mut first = connect(&server, request).await;
    read_to_first_half(&mut first).await;
    let mut second = connect(&server, request).await;
    // The second one has its answer only after the first one has ended.
    server.release.notify_one();
    let mut rest = Vec::new();
    first.read_to_end(&mut rest).await.unwrap();
    read_to_first_half(&mut second).await;
    server.shutdown.begin();
    server.release.notify_one();
    server.task.await.unwrap();
}

#[tokio::test]
async fn a_client_with_too_many_connections_is_told_so() {
    let limits = Limits { connections_per_client_max: NonZeroUsize::new(1), ..Limits::default() };
    let server = start(limits, LONG).await;
    let request = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let mut first = connect(&server, request).await;
    read_to_first_half(&mut first).await;
    let mut second = connect(&server, b"").await;
    let mut got = Vec::new();
    second.read_to_end(&mut got).await.unwrap();
    assert_eq!(got, clients::TOO_MANY);
    server.release.notify_one();
    first.read_to_end(&mut got).await.unwrap();
    server.shutdown.begin();
    server.task.await.unwrap();
}

#[tokio::test]
async fn every_address_of_the_machine_is_listened_on_in_both_families() {
    let listener = Listener::bind("[::]:0".parse().unwrap()).await.unwrap();
    let port = listener.addr().port();
    for addr in [format!("127.0.0.1:{port}"), format!("[::1]:{port}")] {
        let (client, accepted) = tokio::join!(TcpStream::connect(&addr), listener.accept());
        let (_, peer) = accepted.unwrap();
        let ours = client.unwrap().local_addr().unwrap();
        assert_eq!(peer.ip(), ours.ip());
    }
}

#[tokio::test]
async fn a_socket_has_the_buffer_and_the_probes_asked_for() {
    let sockets = crate::SocketOptions {
        send_buffer_bytes: Some(123_456),
        keepalive: Some(Duration::from_secs(77)),
        ..crate::SocketOptions::default()
    };
    let any = "127.0.0.1:0".parse().unwrap();
    let listener = Listener::bind_with(any, &sockets).await.unwrap();
    let (client, accepted) = tokio::join!(TcpStream::connect(listener.addr()), listener.accept());
    let (stream, _) = accepted.unwrap();
    let socket = socket2::SockRef::from(&stream);
    assert!(socket.keepalive().unwrap());
    assert_eq!(socket.tcp_keepalive_time().unwrap(), Duration::from_secs(77));
    // Linux doubles what is asked for, for its own bookkeeping.
    assert!(123_456 <= socket.send_buffer_size().unwrap());
    drop(client);
}
