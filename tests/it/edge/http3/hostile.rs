//! What a client can send that keeps to QUIC alone.

use super::{Client, SEGMENT, begin, config};
use crate::edge::{
    Edge, bounded,
    origin::{BODY_BYTES, HostileOrigin, body_of},
    tls::Files,
};
use quinn::{Connection, ConnectionError, ReadToEndError, VarInt};
use std::time::Duration;

/// RFC 9114 §8.1.
const EXCESSIVE_LOAD: u32 = 0x107;
const REQUEST_INCOMPLETE: u32 = 0x10d;

/// A length of 1 GiB (RFC 9000 §16).
const HUGE: [u8; 8] = [0xc0, 0, 0, 0, 0x40, 0, 0, 0];
/// RFC 9114 §7.2.2.
const HEADERS: u8 = 1;

/// Sends `bytes` as a request, and returns the response's stream once it has ended.
async fn send(quic: &Connection, bytes: &[u8]) -> Result<Vec<u8>, ReadToEndError> {
    let (mut send, mut receive) = quic.open_bi().await.expect("a stream");
    send.write_all(bytes).await.expect("it is taken");
    // The rest does not come.
    let answer = receive.read_to_end(1 << 20).await;
    drop(send);
    answer
}

fn reset(code: u32) -> Result<Vec<u8>, ReadToEndError> {
    Err(ReadToEndError::Read(quinn::ReadError::Reset(VarInt::from_u32(code))))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_is_refused_by_the_length_that_it_announces() {
    bounded(async {
        let (_origin, files, edge) = begin().await;
        let client = Client::connect(edge.tls[0], &files.cert("a")).await.expect("a connection");
        let huge = |of: u8| [&[of][..], &HUGE].concat();
        // RFC 9114 §7.2.8: the second type means nothing.
        for frame in [huge(HEADERS), huge(0x21)] {
            assert_eq!(send(&client.quic, &frame).await, reset(EXCESSIVE_LOAD), "{frame:?}");
        }
        // The connection goes on.
        let got = client.get(SEGMENT, None).await.expect("a response");
        assert!(got.body == body_of(BODY_BYTES));
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_is_large_only_once_decoded_is_refused() {
    /// RFC 9204 §4.5.2, appendix A: `GET`, `https` and `/`.
    const REQUEST: [u8; 5] = [0, 0, 0xd1, 0xd7, 0xc1];
    /// The longest field there is a number for: 108 bytes in two.
    const LONG_FIELD: [u8; 2] = [0xff, 85 - 63];
    bounded(async {
        let (_origin, files, edge) = begin().await;
        let client = Client::connect(edge.tls[0], &files.cert("a")).await.expect("a connection");
        let fields = [&REQUEST[..], &LONG_FIELD.repeat(1_000)].concat();
        let length = u16::try_from(fields.len()).expect("it is short") | 0x4000;
        let frame = [&[HEADERS][..], &length.to_be_bytes(), &fields].concat();
        let answer = send(&client.quic, &frame).await.expect("an answer");
        // 431, as it is or by the code of RFC 7541, appendix B.
        let is_431 = |window: &[u8]| window == b"431" || window == [0x69, 0x90, 0xff];
        let mut windows = answer.windows(3);
        assert!(windows.any(is_431), "{answer:x?}");
        assert_eq!(client.get(SEGMENT, None).await.expect("a response").status, 200);
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_of_the_control_stream_is_bounded_too() {
    bounded(async {
        let (_origin, files, edge) = begin().await;
        let quic = super::quic(edge.tls[0], &files.cert("a")).await.expect("a connection");
        let mut control = quic.connection.open_uni().await.expect("a stream");
        // RFC 9114 §6.2.1, §7.2.4: a control stream, and its SETTINGS.
        control.write_all(&[&[0, 4][..], &HUGE].concat()).await.expect("it is taken");
        let ended = quic.connection.closed().await;
        assert!(matches!(ended, ConnectionError::ApplicationClosed(_)), "{ended}");
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_drips_and_a_body_that_pauses_are_cut() {
    bounded(async {
        let (origin, files) = (HostileOrigin::start().await, Files::new());
        files.write("a", &["a.test"]);
        let mut config = config(&origin, &files);
        // What else has to come within it does so at once; a busy machine makes pauses of its own.
        config.front.limits.header_read_timeout = Duration::from_secs(2);
        // Within this nothing has to come.
        config.front.limits.body_timeout = Duration::from_millis(300);
        let edge = Edge::start(config).await;
        let client = Client::connect(edge.tls[0], &files.cert("a")).await.expect("a connection");
        // A frame of 64 bytes, of which two come.
        let dripping = [HEADERS, 0x40, 0x40, 0, 0];
        assert_eq!(send(&client.quic, &dripping).await, reset(REQUEST_INCOMPLETE));
        let post = http::Request::post("https://a.test/silent/post").header("content-length", "9");
        let mut requests = client.requests.clone();
        let post = post.body(()).expect("a request");
        let mut stream = requests.send_request(post).await.expect("a stream");
        // Nothing of the body comes.
        let answered = stream.recv_response().await;
        assert!(answered.is_err() || answered.is_ok_and(|got| 400 <= got.status().as_u16()));
        assert_eq!(client.get(SEGMENT, None).await.expect("a response").status, 200);
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_opens_streams_without_heads_loses_the_connection() {
    bounded(async {
        let (_origin, files, edge) = begin().await;
        let client = Client::connect(edge.tls[0], &files.cert("a")).await.expect("a connection");
        let mut opened = 0;
        let ended = loop {
            match client.quic.open_bi().await {
                Ok((mut send, _receive)) => {
                    opened += 1;
                    // RFC 9114 §10.5: it costs a client next to nothing.
                    send.write_all(&[HEADERS]).await.unwrap_or_default();
                    send.reset(VarInt::from_u32(0)).unwrap_or_default();
                }
                Err(error) => break error,
            }
        };
        let ConnectionError::ApplicationClosed(told) = ended else { panic!("{ended}") };
        assert_eq!(told.error_code, VarInt::from_u32(EXCESSIVE_LOAD));
        assert!(1_000 < opened, "{opened}");
        let other = Client::connect(edge.tls[0], &files.cert("a")).await.expect("a connection");
        assert_eq!(other.get(SEGMENT, None).await.expect("a response").status, 200);
        edge.stop().await;
    })
    .await;
}
