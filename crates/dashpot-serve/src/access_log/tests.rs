use super::*;
use bytes::Bytes;
use dashpot_base::WallTime;
use http::{HeaderValue, Response};
use http_body_util::{BodyExt as _, Full, StreamBody};
use serde_json::{Value, json};
use std::sync::Mutex;
use tokio::time::advance;

/// What a log wrote.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = self.0.lock().map_err(|_| io::Error::other("poisoned"))?;
        written.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink {
    fn lines(&self) -> Vec<Value> {
        let bytes = self.0.lock().unwrap().clone();
        let text = String::from_utf8(bytes).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn out(out: Box<dyn Write + Send>) -> Out {
    let out = io::BufWriter::new(out);
    Out { out, format: LogFormat::Json, to: LogTo::Stderr }
}

fn log_to(sink: &Sink) -> AccessLog {
    let queue = Queue::start(out(Box::new(sink.clone())), Counter::default()).unwrap();
    let clock = Clock::starting_at(WallTime::from_unix_seconds(784_111_777));
    AccessLog { queue: Some(Arc::new(queue)), role: Role::Edge, clock }
}

fn begin(log: &AccessLog, request: &http::Request<()>) -> Begun {
    let client = "192.0.2.7:999".parse().unwrap();
    let (method, uri, headers) = (request.method(), request.uri(), request.headers());
    log.begin(&Asked { client, method, uri, headers, version: request.version() })
}

#[tokio::test(start_paused = true)]
async fn a_line_tells_the_whole_exchange() {
    let sink = Sink::default();
    let log = log_to(&sink);
    let request = http::Request::get("/vod/film/number.mpd?CMCD=bl%3D1200%2Cot%3Dm%2Csu")
        .header("range", "bytes=0-1")
        .header("user-agent", "test \"agent\"")
        .header("host", "cdn.example")
        .header("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
        .body(())
        .unwrap();
    let begun = begin(&log, &request);
    advance(Duration::from_millis(3)).await;
    let mut response = Response::new(Full::new(Bytes::from_static(b"ab")));
    *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    response.headers_mut().append("cache-status", HeaderValue::from_static("far; hit"));
    response.headers_mut().append("cache-status", HeaderValue::from_static("edge; hit"));
    response.extensions_mut().insert(UpstreamTook(Duration::from_micros(1_500)));
    let body = begun.finish(response).into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, "ab");
    drop(log);
    let expected = json!({
        "t": "1994-11-06T08:49:37.000Z", "role": "edge", "client": "192.0.2.7", "method": "GET",
        "path": "/vod/film/number.mpd?CMCD=bl%3D1200%2Cot%3Dm%2Csu", "status": 206, "bytes": 2,
        "protocol": "HTTP/1.1", "host": "cdn.example", "upstream_ms": 1.5,
        "trace": "4bf92f3577b34da6a3ce929d0e0e4736",
        "took_ms": 3.0, "first_byte_ms": 3.0, "cache_status": "edge; hit", "range": "bytes=0-1",
        "user_agent": "test \"agent\"", "cmcd": {"bl": 1200, "ot": "m", "su": true},
        "aborted": false,
    });
    assert_eq!(sink.lines(), [expected]);
}

/// The fields `status`, `bytes` and `aborted` of the only line after `exchange`.
async fn check_end<F: Future<Output = ()>>(
    method: &str,
    exchange: impl FnOnce(Begun) -> F,
    expected: Value,
) {
    let sink = Sink::default();
    let log = log_to(&sink);
    let request = http::Request::builder().method(method).uri("/").body(()).unwrap();
    exchange(begin(&log, &request)).await;
    drop(log);
    let line = &sink.lines()[0];
    assert_eq!(json!([line["status"], line["bytes"], line["aborted"]]), expected);
}

fn halves(second: Result<&'static str, io::Error>) -> impl http_body::Body<Data = Bytes> + Unpin {
    let frame = |text: &'static str| http_body::Frame::data(Bytes::from_static(text.as_bytes()));
    let frames = [Ok(frame("abc")), second.map(frame)];
    StreamBody::new(futures_util::stream::iter(frames))
}

#[tokio::test(start_paused = true)]
async fn how_an_exchange_ended_is_told() {
    let whole = |begun: Begun| async {
        let body = begun.finish(Response::new(halves(Ok("d")))).into_body();
        assert!(body.collect().await.is_ok());
    };
    check_end("GET", whole, json!([200, 4, false])).await;
    let failing = |begun: Begun| async {
        let body =
            begun.finish(Response::new(halves(Err(io::Error::other("origin died"))))).into_body();
        assert!(body.collect().await.is_err());
    };
    check_end("GET", failing, json!([200, 3, true])).await;
    let left = |begun: Begun| async {
        let mut body = begun.finish(Response::new(halves(Ok("d")))).into_body();
        assert!(body.frame().await.is_some());
    };
    check_end("GET", left, json!([200, 3, true])).await;
    let never_read = |begun: Begun| async {
        drop(begun.finish(Response::new(Full::new(Bytes::from_static(b"abc")))));
    };
    check_end("GET", never_read, json!([200, 0, true])).await;
    check_end("HEAD", never_read, json!([200, 0, false])).await;
    check_end("GET", |begun| async { drop(begun) }, json!([null, 0, true])).await;
}

#[tokio::test]
async fn a_full_queue_drops_and_counts_instead_of_waiting() {
    /// Takes nothing until it is let.
    struct Stuck(Receiver<()>);
    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            // An error means that the test is over.
            self.0.recv().unwrap_or_default();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (release, stuck) = std::sync::mpsc::channel();
    let dropped = Counter::default();
    let queue = Queue::start(out(Box::new(Stuck(stuck))), dropped.clone()).unwrap();
    let log = AccessLog { queue: Some(Arc::new(queue)), role: Role::Edge, clock: Clock::system() };
    let request = http::Request::get("/").body(()).unwrap();
    // The writer holds what it has taken; as many again as fit the queue are surely too many.
    for _ in 0..4 * LINES_MAX {
        drop(begin(&log, &request));
    }
    assert!(0 < dropped.get());
    drop(release);
}

#[test]
fn where_to_log_is_typed_as_a_path_a_dash_or_off() {
    assert_eq!(LogTo::from("off"), LogTo::Off);
    assert_eq!(LogTo::from("-"), LogTo::Stderr);
    assert_eq!(LogTo::from("/var/log/x"), LogTo::File("/var/log/x".into()));
    let missing = LogTo::from("/nonexistent-folder/x");
    let (clock, dropped) = (Clock::system(), Counter::default());
    let error = AccessLog::open(missing, LogFormat::Json, Role::Edge, clock, dropped);
    let message = error.unwrap_err().to_string();
    assert!(message.contains("/nonexistent-folder/x"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn a_combined_line_cannot_be_forged_by_a_client() {
    let sink = Sink::default();
    let out = Out { format: LogFormat::Combined, ..out(Box::new(sink.clone())) };
    let queue = Queue::start(out, Counter::default()).unwrap();
    let clock = Clock::starting_at(WallTime::from_unix_seconds(784_111_777));
    let log = AccessLog { queue: Some(Arc::new(queue)), role: Role::Edge, clock };
    let request = http::Request::get("/~dp.9.k.1.ff/a%22?b")
        .header("referer", "http://x/~dp.9.k.1.ff/\"")
        .header("user-agent", HeaderValue::from_bytes(b"a\tb\\\xc3\xa9").unwrap())
        .body(())
        .unwrap();
    drop(begin(&log, &request).finish(Response::new(Full::new(Bytes::from_static(b"ab")))));
    drop(begin(&log, &http::Request::get("/gone").body(()).unwrap()));
    drop(log);
    let text = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
    let expected = r#"192.0.2.7 - - [06/Nov/1994:08:49:37 +0000] "GET /a%22?b HTTP/1.1" 200 0 "http://x/\x22" "a\x09b\x5C\xC3\xA9"
192.0.2.7 - - [06/Nov/1994:08:49:37 +0000] "GET /gone HTTP/1.1" 499 0 "-" "-"
"#;
    assert_eq!(text, expected);
}

#[test]
fn a_reopened_log_goes_on_in_a_new_file() {
    let folder = std::env::temp_dir().join(format!("dashpot-log-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (path, aside) = (folder.join("log"), folder.join("log.1"));
    let to = LogTo::File(path.clone());
    let (clock, dropped) = (Clock::system(), Counter::default());
    let log = AccessLog::open(to, LogFormat::Json, Role::Edge, clock, dropped).unwrap();
    drop(begin(&log, &http::Request::get("/before").body(()).unwrap()));
    std::fs::rename(&path, &aside).unwrap();
    log.reopen();
    drop(begin(&log, &http::Request::get("/after").body(()).unwrap()));
    drop(log);
    let read = |path| std::fs::read_to_string(path).unwrap();
    // A line that was still queued may go to either file, but each line goes to one.
    let all = read(&aside) + &read(&path);
    assert!(read(&path).contains("/after"), "{all}");
    assert_eq!(all.lines().count(), 2, "{all}");
    std::fs::remove_dir_all(&folder).unwrap();
}
