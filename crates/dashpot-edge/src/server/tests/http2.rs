//! An origin that speaks HTTP/2 and resets streams.

use std::sync::Mutex;

use bytes::Bytes;
use h2::{
    Reason,
    server::{SendResponse, handshake},
};
use http::{HeaderMap, Request};
use tokio::net::TcpListener;

use super::*;
use crate::UpstreamHttp;

const BODY: &[u8] = b"0123456789";

/// Answers the first request with half of the body and resets its stream once `reset` says so;
/// answers the others with what they ask for. The fields of all of them are in `asked`.
async fn resetting(asked: Arc<Mutex<Vec<HeaderMap>>>, reset: Arc<Notify>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (asked, reset) = (Arc::clone(&asked), Arc::clone(&reset));
            tokio::spawn(async move {
                let mut connection = handshake(stream).await.unwrap();
                while let Some(Ok((request, respond))) = connection.accept().await {
                    let is_first = {
                        let mut asked = asked.lock().unwrap();
                        asked.push(request.headers().clone());
                        asked.len() == 1
                    };
                    if is_first {
                        tokio::spawn(first_half(respond, Arc::clone(&reset)));
                    } else {
                        rest(&request, respond);
                    }
                }
            });
        }
    });
    addr
}

async fn first_half(mut respond: SendResponse<Bytes>, reset: Arc<Notify>) {
    let head = http::Response::builder()
        .header("cache-control", "max-age=60")
        .header("etag", "\"a\"")
        .body(())
        .unwrap();
    let mut stream = respond.send_response(head, false).unwrap();
    stream.send_data(Bytes::from_static(&BODY[..5]), false).unwrap();
    reset.notified().await;
    stream.send_reset(Reason::INTERNAL_ERROR);
}

fn rest(request: &Request<h2::RecvStream>, mut respond: SendResponse<Bytes>) {
    let range = request.headers()["range"].to_str().unwrap();
    let from: usize = range.strip_prefix("bytes=").unwrap().trim_end_matches('-').parse().unwrap();
    let head = http::Response::builder()
        .status(206)
        .header("content-range", format!("bytes {from}-9/10"))
        .header("etag", "\"a\"")
        .body(())
        .unwrap();
    let mut stream = respond.send_response(head, false).unwrap();
    stream.send_data(Bytes::from_static(&BODY[from..]), true).unwrap();
}

#[tokio::test]
async fn a_stream_that_is_reset_goes_on_with_another() {
    let (asked, reset) = (Arc::default(), Arc::new(Notify::new()));
    let origin = resetting(Arc::clone(&asked), Arc::clone(&reset)).await;
    let edge = TestEdge::start(origin, |config| config.behind.http = UpstreamHttp::Http2).await;
    let mut reader = edge.get("/a", &[]).await;
    let first = reader.chunk().await.unwrap().unwrap();
    reset.notify_one();
    let whole = [first, reader.bytes().await.unwrap()].concat();
    assert_eq!(whole, BODY);
    assert!(field(&edge.get("/a", &[]).await, "cache-status").contains("hit"));
    let asked = asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 2);
    assert_eq!(
        (&asked[1]["range"], &asked[1]["if-range"]),
        (&"bytes=5-".parse().unwrap(), &"\"a\"".parse().unwrap())
    );
    edge.stop().await;
}
