//! An origin that does as a test tells it, and an edge in front of it.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use dashpot_serve::Shutdown;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinHandle,
};

use crate::{Config, Handle, RunError, bind};

/// What an origin does next on a connection.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Send(Vec<u8>),
    /// Goes on once the test has let it.
    Wait(Gate),
    Close,
}

/// Something that a test opens, once for each waiter.
#[derive(Clone, Debug)]
pub(crate) struct Gate(Arc<Semaphore>);

impl Gate {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }

    pub(crate) fn open(&self) {
        self.0.add_permits(1);
    }

    async fn passed(&self) {
        self.0.acquire().await.unwrap().forget();
    }
}

pub(crate) fn send(text: impl AsRef<[u8]>) -> Step {
    Step::Send(text.as_ref().to_vec())
}

/// Returns a whole response with `headers`, a line each.
pub(crate) fn response(status: &str, headers: &str, body: &str) -> Vec<Step> {
    let lines: String = headers.lines().map(|line| format!("{}\r\n", line.trim())).collect();
    let head = format!("HTTP/1.1 {status}\r\n{lines}Content-Length: {}\r\n\r\n", body.len());
    vec![send(head + body)]
}

/// A scripted origin.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) addr: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Origin {
    /// Listens; `script` answers each request head, which is in lower case, the nth from 0.
    pub(crate) async fn start(
        script: impl Fn(&str, usize) -> Vec<Step> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let (log, script) = (Arc::clone(&heads), Arc::new(script));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (log, script) = (Arc::clone(&log), Arc::clone(&script));
                tokio::spawn(async move { converse(stream, &log, &*script).await });
            }
        });
        Self { addr, heads, task }
    }

    /// Returns the heads of the requests so far.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.heads.lock().unwrap().len()
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn converse(
    mut stream: TcpStream,
    log: &Mutex<Vec<String>>,
    script: &(dyn Fn(&str, usize) -> Vec<Step> + Send + Sync),
) {
    while let Some(head) = read_head(&mut stream).await {
        let nth = {
            let mut log = log.lock().unwrap();
            log.push(head.clone());
            log.len() - 1
        };
        for step in script(&head, nth) {
            match step {
                Step::Send(bytes) => {
                    if stream.write_all(&bytes).await.is_err() {
                        return;
                    }
                }
                Step::Wait(gate) => gate.passed().await,
                Step::Close => return,
            }
        }
    }
}

/// Reads a head, in lower case, and skips a body with a length.
async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).await.ok()?;
    Some(head)
}

/// A running edge and a client for it.
pub(crate) struct Edge {
    pub(crate) addr: SocketAddr,
    pub(crate) client: reqwest::Client,
    pub(crate) handle: Handle,
    shutdown: Shutdown,
    task: JoinHandle<Result<(), RunError>>,
}

impl Edge {
    pub(crate) async fn start(origin: SocketAddr, adjust: impl FnOnce(&mut Config)) -> Self {
        let mut config = config(origin);
        adjust(&mut config);
        let server = bind(config).await.unwrap();
        let (addr, handle, shutdown) = (server.addr(), server.handle(), Shutdown::new());
        let task = tokio::spawn(server.run(shutdown.clone()));
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
        Self { addr, client, handle, shutdown, task }
    }

    /// Changes the configuration for what is asked from here on.
    pub(crate) fn reload(&self, adjust: impl FnOnce(&mut Config)) {
        let mut config = self.handle.config();
        adjust(&mut config);
        assert_eq!(self.handle.reload(config).unwrap(), Vec::<&str>::new());
    }

    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> reqwest::Response {
        self.request(reqwest::Method::GET, path, headers).await
    }

    pub(crate) async fn request(
        &self,
        method: reqwest::Method,
        path: &str,
        headers: &[(&str, &str)],
    ) -> reqwest::Response {
        let mut request = self.client.request(method, format!("http://{}{path}", self.addr));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    pub(crate) async fn stats(&self) -> serde_json::Value {
        let text = self.get("/_dashpot/stats", &[]).await.text().await.unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// Ends the edge and waits until it has.
    pub(crate) async fn stop(self) {
        self.shutdown.begin();
        self.task.await.unwrap().unwrap();
    }
}

pub(crate) fn config(origin: SocketAddr) -> Config {
    let origin = format!("http://{origin}").parse().unwrap();
    let mut config = Config::new(origin, "127.0.0.1:0".parse().unwrap());
    config.name = "test".to_owned();
    // A busy machine may take long between a connection and what is asked for on it.
    config.front.limits.header_read_timeout = std::time::Duration::from_secs(300);
    config
}

/// Returns a field of a response, empty where it is absent.
pub(crate) fn field<'a>(response: &'a reqwest::Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}
