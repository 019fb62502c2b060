//! A server of a few lines, whose every answer is written by the test.

use std::sync::Arc;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    sync::Mutex,
};

/// What the server answers: the bytes on the wire, by the request's head.
pub(super) type Answer = fn(&str) -> Vec<u8>;

/// An answer that ends so is sent without it, and its connection stays open until the client has
/// gone: the rest never comes.
pub(super) const HELD: &[u8] = b"(held)";

/// Every request head that came, in order.
pub(super) type Heads = Arc<Mutex<Vec<String>>>;

/// The largest request head the server waits for.
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// Runs `client` against a server; returns what it returns, and what was asked of the server.
pub(super) async fn with_server<F: Future>(
    answer: Answer,
    client: impl FnOnce(String) -> F,
) -> (F::Output, Vec<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let heads = Heads::default();
    let serving = serve(listener, answer, Arc::clone(&heads));
    let output = tokio::select! {
        output = client(base) => output,
        () = serving => unreachable!("the server serves until it is dropped"),
    };
    let heads = std::mem::take(&mut *heads.lock().await);
    (output, heads)
}

async fn serve(listener: TcpListener, answer: Answer, heads: Heads) {
    loop {
        let (mut socket, _) = listener.accept().await.expect("a connection");
        let heads = Arc::clone(&heads);
        tokio::spawn(async move {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") && head.len() < HEAD_BYTES_MAX {
                match socket.read_u8().await {
                    Ok(byte) => head.push(byte),
                    Err(_) => return,
                }
            }
            let head = String::from_utf8_lossy(&head).into_owned();
            let bytes = answer(&head);
            heads.lock().await.push(head);
            let (bytes, is_held) = match bytes.strip_suffix(HELD) {
                Some(bytes) => (bytes, true),
                None => (&bytes[..], false),
            };
            // A client that hung up has its reasons.
            if is_held && socket.write_all(bytes).await.is_ok() {
                socket.read_u8().await.unwrap_or_default();
            } else if socket.write_all(bytes).await.is_ok() {
                socket.shutdown().await.unwrap_or_default();
            }
        });
    }
}

/// Returns a response that ends its connection.
pub(super) fn response(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// Returns the path that a request head asks for.
pub(super) fn path(head: &str) -> &str {
    head.split(' ').nth(1).unwrap_or_default()
}
