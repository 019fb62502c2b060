//! An origin whose answers a test writes, and a client for the operator's API.

use serde_json::Value;
use std::{
    net::SocketAddr,
    process::Output,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    process::Command,
    sync::Semaphore,
    task::JoinHandle,
};

/// What a test's script answers to a request head: the header lines and the body.
pub(super) struct Answer {
    pub(super) head: String,
    pub(super) body: String,
    /// Whether the second half of the body waits for [`ScriptedOrigin::let_go`].
    pub(super) held: bool,
}

/// Returns a 200 with these further header lines.
pub(super) fn ok(lines: &str, body: &str) -> Answer {
    let head = format!("HTTP/1.1 200 OK\r\n{}", with_ends(lines));
    Answer { head, body: body.to_owned(), held: false }
}

/// Returns a response without a body.
pub(super) fn status(line: &str, lines: &str) -> Answer {
    let head = format!("HTTP/1.1 {line}\r\n{}", with_ends(lines));
    Answer { head, body: String::new(), held: false }
}

fn with_ends(lines: &str) -> String {
    lines.lines().map(|line| format!("{}\r\n", line.trim())).collect()
}

type Script = dyn Fn(&str, usize) -> Answer + Send + Sync;

pub(super) struct ScriptedOrigin {
    pub(super) addr: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
    gate: Arc<Semaphore>,
    task: JoinHandle<()>,
}

impl ScriptedOrigin {
    /// Listens; `script` answers each request head, the nth of all from 0.
    pub(super) async fn start(
        script: impl Fn(&str, usize) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(super::any_port()).await.expect("a free port");
        let addr = listener.local_addr().expect("bound");
        let (heads, gate) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Semaphore::new(0)));
        let (log, open, script) = (Arc::clone(&heads), Arc::clone(&gate), Arc::new(script));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (log, open) = (Arc::clone(&log), Arc::clone(&open));
                let script: Arc<Script> = Arc::<_>::clone(&script) as _;
                tokio::spawn(async move { converse(stream, &log, &open, &*script).await });
            }
        });
        Self { addr, heads, gate, task }
    }

    /// Lets one held body go on.
    pub(super) fn let_go(&self) {
        self.gate.add_permits(1);
    }

    pub(super) fn url(&self) -> url::Url {
        super::http_url(self.addr)
    }

    /// Returns the request heads that have come, in lower case.
    pub(super) fn heads(&self) -> Vec<String> {
        let heads = self.heads.lock().expect("no panic while locked");
        heads.iter().map(|head| head.to_ascii_lowercase()).collect()
    }

    /// Returns how often `path` was asked for.
    pub(super) fn count(&self, path: &str) -> usize {
        let line = format!("GET {path} ");
        let heads = self.heads.lock().expect("no panic while locked");
        heads.iter().filter(|head| head.starts_with(&line)).count()
    }
}

impl Drop for ScriptedOrigin {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn converse(
    mut stream: TcpStream,
    log: &Mutex<Vec<String>>,
    gate: &Semaphore,
    script: &Script,
) {
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(_) => return,
            }
        }
        let head = String::from_utf8(head).expect("a head in ASCII");
        let nth = {
            let mut log = log.lock().expect("no panic while locked");
            log.push(head.clone());
            log.len() - 1
        };
        let Answer { head, body, held } = script(&head, nth);
        let (first, second) = body.split_at(body.len() / 2);
        let head = format!("{head}Content-Length: {}\r\n\r\n{first}", body.len());
        if stream.write_all(head.as_bytes()).await.is_err() {
            return;
        }
        if held {
            gate.acquire().await.expect("open").forget();
        }
        if stream.write_all(second.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// Asks the operator's API with curl; returns the status and the JSON.
pub(super) async fn curl(addr: SocketAddr, arguments: &[&str], path: &str) -> (u16, Value) {
    let output: Output = Command::new("curl")
        .args(["--silent", "--show-error", "--noproxy", "*", "--write-out", "\n%{http_code}"])
        .args(arguments)
        .arg(format!("http://{addr}{path}"))
        .output()
        .await
        .expect("curl runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (body, status) = text.rsplit_once('\n').expect("a status");
    let status = status.parse().expect("a number");
    (status, serde_json::from_str(body).unwrap_or(Value::String(body.to_owned())))
}

/// Sends JSON to the operator's API.
pub(super) async fn post(addr: SocketAddr, path: &str, json: &str) -> (u16, Value) {
    curl(addr, &["-H", "Content-Type: application/json", "-d", json], path).await
}
