//! What an edge takes of the machine's memory: no more than it was told, however small the objects.

use super::{any_port, bounded};
use std::{
    fs,
    net::SocketAddr,
    ops::Range,
    process::{Child, Command, Stdio},
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

const CACHE_BYTES: usize = 8 << 20;
const OBJECT_BYTES: usize = 1 << 10;
/// Twice as many as there is room for.
const OBJECTS: usize = 5_000;
const VIEWERS: usize = 8;

/// Answers every request with a segment's usual head and a small body.
async fn small_objects() -> SocketAddr {
    let listener = TcpListener::bind(any_port()).await.expect("a free port");
    let addr = listener.local_addr().expect("bound");
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: {OBJECT_BYTES}\r\n\
         Cache-Control: public, max-age=31536000, immutable\r\n\
         ETag: \"5f2b1c9a7d3e\"\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n\
         Access-Control-Allow-Origin: *\r\nAccept-Ranges: bytes\r\nServer: origin\r\n\r\n"
    );
    let response = [head.as_bytes(), &[7; OBJECT_BYTES]].concat();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let response = response.clone();
            tokio::spawn(async move {
                let mut stream = BufReader::new(stream);
                let mut line = String::new();
                while stream.read_line(&mut line).await.is_ok_and(|read| read != 0) {
                    if line == "\r\n" && stream.get_mut().write_all(&response).await.is_err() {
                        return;
                    }
                    line.clear();
                }
            });
        }
    });
    addr
}

/// A `dashpot edge` in a process of its own, which ends with its owner.
struct Edge(Child);

impl Edge {
    /// Starts one in front of `origin`; returns it and its address.
    fn start(origin: SocketAddr) -> (Self, SocketAddr) {
        let mut process = Command::new(env!("CARGO_BIN_EXE_dashpot"))
            .env_clear()
            .args(["edge", "--listen", "127.0.0.1:0", "--origin", &format!("http://{origin}")])
            .args(["--cache-mem", &format!("{}MiB", CACHE_BYTES >> 20)])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        let stdout = process.stdout.take().expect("stdout is piped");
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line)
            .expect("the address is printed first");
        let addr = line.trim().trim_start_matches("http://").trim_end_matches('/');
        let addr = addr.parse().expect("an address");
        (Self(process), addr)
    }

    /// Returns what the system has given it, where the system tells.
    fn resident_bytes(&self) -> Option<usize> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id())).ok()?;
        // Apart from it there are the pages of the binary that have been run so far.
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
        let kibibytes: usize = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
        Some(kibibytes << 10)
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        // A process that ended by itself cannot be killed, and that is as good.
        self.0.kill().unwrap_or_default();
        self.0.wait().map(drop).unwrap_or_default();
    }
}

/// Gets `paths` on one connection.
async fn get(addr: SocketAddr, paths: impl Iterator<Item = usize>) {
    let mut stream = BufReader::new(TcpStream::connect(addr).await.expect("the edge listens"));
    let mut body = vec![0; OBJECT_BYTES];
    let request = |path| format!("GET /vod/film/v3/{path}.m4s HTTP/1.1\r\nHost: {addr}\r\n\r\n");
    // Some at a time: on a busy machine each exchange of its own waits for its turn.
    for some in paths.collect::<Vec<_>>().chunks(16) {
        let requests = some.iter().map(request).collect::<String>();
        stream.get_mut().write_all(requests.as_bytes()).await.expect("the edge reads");
        for _ in some {
            let mut line = String::new();
            while line != "\r\n" {
                line.clear();
                assert_ne!(stream.read_line(&mut line).await.expect("a head"), 0);
            }
            stream.read_exact(&mut body).await.expect("a body");
        }
    }
}

/// Gets `paths` by several viewers at once.
async fn watch(addr: SocketAddr, paths: Range<usize>) {
    let viewers = (0..VIEWERS).map(|nth| get(addr, paths.clone().skip(nth).step_by(VIEWERS)));
    viewers.collect::<JoinSet<_>>().join_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_full_of_small_objects_takes_little_more_than_it_was_given() {
    bounded(async {
        let origin = small_objects().await;
        let (edge, addr) = Edge::start(origin);
        // What each of its threads takes to begin with has nothing to do with what is stored.
        watch(addr, 0..200).await;
        let Some(before) = edge.resident_bytes() else {
            return eprintln!("skipped: no /proc/PID/status on this system");
        };
        watch(addr, 200..OBJECTS).await;
        // Each is asked for again: what a hit leaves behind counts, too.
        get(addr, OBJECTS - 2_000..OBJECTS).await;
        let grown = edge.resident_bytes().expect("told before").saturating_sub(before);
        eprintln!("{before} bytes before, {grown} more after {OBJECTS} objects");
        assert!(grown <= CACHE_BYTES * 13 / 10, "{grown} bytes for {CACHE_BYTES}");
    })
    .await;
}
