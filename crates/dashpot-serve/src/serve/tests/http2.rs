//! HTTP/2: what a client may not do, and how a connection ends.

use super::*;
use h2::{
    Reason,
    client::{self, SendRequest},
};
use http_body_util::Full;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::DuplexStream;

/// What a connection window of 65,535 bytes does not hold.
const BIG_BYTES: usize = 1 << 20;

struct Peer {
    shutdown: Shutdown,
    begun: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

/// Serves one connection in memory: `/big`, `/wait` (until dropped), anything else short.
fn serve_one(limits: Limits, stream: DuplexStream) -> Peer {
    let (shutdown, begun) = (Shutdown::new(), Arc::new(AtomicUsize::new(0)));
    let connection = Connection {
        limits,
        shutdown: shutdown.clone(),
        peer: "127.0.0.1:1".parse().unwrap(),
        protocols: Family::default(),
        refusals: Refusals::default(),
    };
    let count = Arc::clone(&begun);
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        count.fetch_add(1, Ordering::Relaxed);
        async move {
            if request.uri().path() == "/wait" {
                std::future::pending::<()>().await;
            }
            let bytes = if request.uri().path() == "/big" { BIG_BYTES } else { 5 };
            Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(vec![7; bytes]))))
        }
    });
    let tasks = TaskTracker::new();
    let task = tokio::spawn(async move {
        connection.serve_http2(stream, service, tasks.clone()).await;
        tasks.close();
        tasks.wait().await;
    });
    Peer { shutdown, begun, task }
}

async fn connect(limits: Limits) -> (Peer, SendRequest<Bytes>, JoinHandle<Result<(), h2::Error>>) {
    let (ours, theirs) = tokio::io::duplex(64 << 10);
    let peer = serve_one(limits, theirs);
    let mut builder = client::Builder::new();
    builder.initial_connection_window_size(8 << 20);
    let (requests, connection) = builder.handshake(ours).await.unwrap();
    (peer, requests, tokio::spawn(connection))
}

async fn ask(requests: &mut SendRequest<Bytes>, path: &str) -> Response<h2::RecvStream> {
    let request = Request::get(format!("http://x{path}")).body(()).unwrap();
    std::future::poll_fn(|cx| requests.poll_ready(cx)).await.unwrap();
    requests.send_request(request, true).unwrap().0.await.unwrap()
}

async fn read(body: &mut h2::RecvStream) -> Result<usize, h2::Error> {
    let mut length = 0;
    while let Some(data) = body.data().await {
        let data = data?;
        length += data.len();
        body.flow_control().release_capacity(data.len())?;
    }
    Ok(length)
}

#[tokio::test(start_paused = true)]
async fn a_stream_whose_client_takes_nothing_is_cut_and_the_others_go_on() {
    let limits = Limits { write_stall_timeout: Duration::from_secs(7), ..Limits::default() };
    let (_peer, mut requests, _connection) = connect(limits).await;
    let mut stalled = ask(&mut requests, "/big").await.into_body();
    let clock = Clock::system();
    let mut got = 0;
    let end = loop {
        match stalled.data().await.unwrap() {
            // Nothing is released: the window stays full.
            Ok(data) => got += data.len(),
            Err(error) => break error,
        }
    };
    assert_eq!((end.reason(), got), (Some(Reason::CANCEL), 65_535));
    let took = clock.mono().since(MonoTime::ZERO);
    assert!((7..=15).contains(&took.as_secs()), "{took:?}");
    let mut other = ask(&mut requests, "/big").await.into_body();
    assert_eq!(read(&mut other).await.unwrap(), BIG_BYTES);
}

#[tokio::test(start_paused = true)]
async fn a_slow_client_is_not_a_stalled_one() {
    let limits = Limits { write_stall_timeout: Duration::from_secs(7), ..Limits::default() };
    let (_peer, mut requests, _connection) = connect(limits).await;
    let mut body = ask(&mut requests, "/big").await.into_body();
    let mut length = 0;
    while let Some(data) = body.data().await {
        let data = data.unwrap();
        length += data.len();
        // 16 KiB/s: a piece in four seconds, the whole in a minute.
        let pause = Duration::from_micros(61 * u64::try_from(data.len()).unwrap());
        sleep(pause).await;
        body.flow_control().release_capacity(data.len()).unwrap();
    }
    assert_eq!(length, BIG_BYTES);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_rests_is_told_to_go_away() {
    let limits = Limits::default();
    let (peer, mut requests, connection) = connect(limits).await;
    assert_eq!(read(ask(&mut requests, "/").await.body_mut()).await.unwrap(), 5);
    let clock = Clock::system();
    peer.task.await.unwrap();
    let took = clock.mono().since(MonoTime::ZERO);
    assert!(limits.idle_timeout <= took, "{took:?}");
    assert!(took <= limits.idle_timeout * 2 + Duration::from_millis(5), "{took:?}");
    connection.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_lets_the_response_in_flight_end() {
    let (peer, mut requests, connection) = connect(Limits::default()).await;
    let mut body = ask(&mut requests, "/big").await.into_body();
    peer.shutdown.begin();
    assert_eq!(read(&mut body).await.unwrap(), BIG_BYTES);
    peer.task.await.unwrap();
    connection.await.unwrap().unwrap();
}

/// RFC 9113 §4.1: a frame.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

#[tokio::test]
async fn a_flood_of_resets_ends_the_connection() {
    const STREAMS: u32 = 1_000;
    // `GET http://x/wait`: static table entries, and literals that are not indexed.
    let head = [&b"\x82\x86\x04\x05/wait"[..], &b"\x01\x01x"[..]].concat();
    let mut flood = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    flood.extend(frame(4, 0, 0, &[]));
    for stream in (0..STREAMS).map(|at| 2 * at + 1) {
        flood.extend(frame(1, 0b101, stream, &head));
        // Cancelled at once: RST_STREAM.
        flood.extend(frame(3, 0, stream, &8_u32.to_be_bytes()));
    }
    let (mut ours, theirs) = tokio::io::duplex(flood.len());
    let peer = serve_one(Limits::default(), theirs);
    ours.write_all(&flood).await.unwrap();
    let mut answer = Vec::new();
    ours.read_to_end(&mut answer).await.unwrap();
    let code = u32::from(Reason::ENHANCE_YOUR_CALM).to_be_bytes();
    let is_goaway = |frame: &[u8]| frame[..6] == [7, 0, 0, 0, 0, 0] && frame[10..] == code;
    assert!(answer.windows(14).any(is_goaway), "{answer:?}");
    drop(ours);
    peer.task.await.unwrap();
    let begun = peer.begun.load(Ordering::Relaxed);
    assert!(begun < 100, "{begun}");
}

#[tokio::test]
async fn both_versions_are_understood_on_one_port() {
    let server = start(Limits::default(), LONG).await;
    let stream = TcpStream::connect(server.addr).await.unwrap();
    let (mut requests, connection) = client::handshake(stream).await.unwrap();
    let connection = tokio::spawn(connection);
    server.release.notify_one();
    let mut response = ask(&mut requests, "/").await;
    assert_eq!(response.version(), http::Version::HTTP_2);
    assert_eq!(read(response.body_mut()).await.unwrap(), 2);
    let mut plain = super::connect(&server, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    read_to_first_half(&mut plain).await;
    server.release.notify_one();
    server.shutdown.begin();
    server.task.await.unwrap();
    connection.await.unwrap().unwrap();
    let count = |protocol| server.protocols.get_or_create(&vec![("protocol", protocol)]).get();
    assert_eq!((count("h1"), count("h2")), (1, 1));
}
