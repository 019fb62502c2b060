//! `dashpot edge` told to reload and to end, by signals, as an operator does it.

use super::{
    bounded,
    client::Client,
    origin::{BODY_BYTES, HostileOrigin, body_of},
};
use std::{fs, net::SocketAddr, path::Path, process::Stdio};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    net::TcpStream,
    process::{Child, ChildStderr, Command},
};

/// An edge in a process of its own.
struct Process {
    child: Child,
    log: Lines<BufReader<ChildStderr>>,
    addr: SocketAddr,
}

impl Process {
    async fn start(config: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_dashpot"))
            .arg("edge")
            .arg("--config")
            .arg(config)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the binary starts");
        let stdout = child.stdout.take().expect("stdout is piped");
        let line = BufReader::new(stdout).lines().next_line().await.expect("stdout is read");
        let line = line.expect("the address is printed first");
        let addr = line.trim_start_matches("http://").trim_end_matches('/');
        let addr = addr.parse().expect("an address");
        let log = BufReader::new(child.stderr.take().expect("stderr is piped")).lines();
        Self { child, log, addr }
    }

    async fn signal(&self, name: &str) {
        let pid = self.child.id().expect("it runs").to_string();
        let sent = Command::new("kill").args([name, &pid]).status().await.expect("kill runs");
        assert!(sent.success());
    }

    /// Reads the log up to a line that says `word`.
    async fn says(&mut self, word: &str) {
        loop {
            let line = self.log.next_line().await.expect("stderr is read");
            if line.unwrap_or_else(|| panic!("`{word}` was never said")).contains(word) {
                return;
            }
        }
    }
}

/// Asks on a connection that stays open, and returns the head of the answer.
async fn ask(stream: &mut TcpStream, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nHost: edge\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("the edge reads");
    let mut received = Vec::new();
    let end = |received: &[u8]| received.windows(4).position(|four| four == b"\r\n\r\n");
    loop {
        let read = stream.read_buf(&mut received).await.expect("not reset");
        assert_ne!(read, 0, "the connection is still open");
        if let Some(head) = end(&received)
            && head + 4 + BODY_BYTES <= received.len()
        {
            assert!(received[head + 4..] == body_of(BODY_BYTES));
            return String::from_utf8_lossy(&received[..head]).to_ascii_lowercase();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hangup_reloads_and_reopens_without_losing_cache_or_connections() {
    bounded(async {
        let origin = HostileOrigin::start().await;
        let folder = tempfile::tempdir().expect("a folder");
        let [config, log, aside] = ["edge.toml", "log", "log.1"].map(|it| folder.path().join(it));
        let write = |name: &str, more: &str| {
            let url = origin.url();
            let log = log.display();
            let text = format!(
                "[edge]\norigin = '{url}'\nlisten = '127.0.0.1:0'\naccess-log = '{log}'\nname = '{name}'\n{more}"
            );
            fs::write(&config, text).expect("the configuration is written");
        };
        write("before", "");
        let mut edge = Process::start(&config).await;
        let mut kept = TcpStream::connect(edge.addr).await.expect("the edge listens");
        let head = ask(&mut kept, "/fine/1.m4s").await;
        assert!(head.contains("cache-status: dashpot-before; fwd=uri-miss"), "{head}");

        write("after", "cache-mem = '1MiB'\n");
        fs::rename(&log, &aside).expect("the log is moved");
        edge.signal("-HUP").await;
        edge.says("these take a restart: cache-mem").await;
        let head = ask(&mut kept, "/fine/1.m4s").await;
        assert!(head.contains("cache-status: dashpot-after; hit"), "{head}");

        write("broken", "no-such-flag = 1\n");
        edge.signal("-HUP").await;
        edge.says("has no `no-such-flag`").await;
        assert!(ask(&mut kept, "/fine/1.m4s").await.contains("dashpot-after; hit"));
        assert_eq!(origin.asked("/fine/1.m4s").len(), 1);

        edge.signal("-TERM").await;
        let ended = edge.child.wait().await.expect("it ends");
        assert_eq!(ended.code(), Some(0));
        let lines = |path| fs::read_to_string(path).expect("a log").lines().count();
        assert_eq!((lines(&aside), lines(&log)), (1, 2));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_termination_lets_a_response_in_flight_end() {
    bounded(async {
        let origin = HostileOrigin::start().await;
        let folder = tempfile::tempdir().expect("a folder");
        let config = folder.path().join("edge.toml");
        let text = format!("[edge]\norigin = '{}'\nlisten = '127.0.0.1:0'\n", origin.url());
        fs::write(&config, text).expect("the configuration is written");
        let mut edge = Process::start(&config).await;
        origin.hold();
        let mut reader = Client::send(edge.addr, "/fine/1.m4s", &[]).await;
        reader.read_body(1).await;
        edge.signal("-TERM").await;
        edge.says("interrupt again").await;
        origin.release();
        let response = reader.finish().await;
        assert!(response.whole && response.body == body_of(BODY_BYTES));
        assert_eq!(edge.child.wait().await.expect("it ends").code(), Some(0));
    })
    .await;
}
