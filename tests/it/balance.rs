//! The balancer over real sockets: who gets what, and what happens when somebody misbehaves.

mod backend;
mod faults;
mod operator;
mod proxied;
mod relay;

use backend::Backend;
use dashpot_balance::{BackendSpec, Check, Config};
use dashpot_serve::Shutdown;
use serde_json::Value;
use std::{io, net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinHandle,
    time::timeout,
};

/// How long anything may take before a test gives up: only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A balancer in this process.
struct Balancer {
    addr: SocketAddr,
    admin: SocketAddr,
    shutdown: Shutdown,
    task: JoinHandle<()>,
}

impl Balancer {
    async fn start(config: Config) -> Self {
        let (listen, admin) = (Some(any_port()), Some(any_port()));
        let config = Config { listen, admin, ..config };
        let server = dashpot_balance::bind(config).await.expect("the balancer binds");
        let (addr, admin) = (server.addr().expect("bound"), server.admin_addr().expect("bound"));
        let shutdown = Shutdown::new();
        let task = tokio::spawn(server.run(shutdown.clone()));
        Self { addr, admin, shutdown, task }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.addr).await.expect("the balancer takes connections")
    }

    /// Connects and returns the name that the backend greets with, with the connection.
    async fn greeted(&self) -> (String, TcpStream) {
        let mut stream = self.connect().await;
        let mut name = [0; 1];
        bounded(stream.read_exact(&mut name)).await.expect("a greeting");
        (char::from(name[0]).to_string(), stream)
    }

    /// Connects once, and returns who answered.
    async fn greeter(&self) -> String {
        self.greeted().await.0
    }

    /// Asks the operator's listener, and returns status and JSON.
    async fn ask(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let (status, text) = self.ask_text(method, path, body).await;
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    async fn ask_text(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.admin).await.expect("an operator's listener");
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.admin,
            body.len()
        );
        stream.write_all(head.as_bytes()).await.expect("asked");
        let mut answer = String::new();
        bounded(stream.read_to_string(&mut answer)).await.expect("an answer");
        let status = answer[9..12].parse().expect("a status");
        let (_, body) = answer.split_once("\r\n\r\n").expect("a head");
        (status, body.to_owned())
    }

    /// Returns what the operator sees of a backend.
    async fn shown(&self, name: &str) -> Value {
        let (_, state) = self.ask("GET", "/state", "").await;
        let backends = state["backends"].as_array().expect("backends");
        backends.iter().find(|backend| backend["name"] == name).cloned().unwrap_or_default()
    }

    /// Waits until what the operator sees of a backend is so.
    async fn until(&self, name: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        bounded(async {
            loop {
                let shown = self.shown(name).await;
                if is_so(&shown) {
                    return shown;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await
    }

    async fn stop(self) {
        self.shutdown.begin();
        bounded(self.task).await.expect("the balancer ends");
    }
}

/// Waits for something that must happen.
async fn bounded<T>(future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.expect("it happens")
}

fn any_port() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// Returns a configuration that gives everything in turns and probes nobody.
fn turns(backends: &[&Backend]) -> Config {
    Config {
        backends: backends.iter().map(|backend| backend.spec()).collect(),
        algorithm: "round-robin".to_owned(),
        check: Check::Off,
        // Tests hold connections for as long as they like, and end when they are done.
        drain: Duration::ZERO,
        ..Config::new()
    }
}

/// Returns a backend's specification under another address, which nobody listens on.
fn spec(name: &str, addr: SocketAddr) -> BackendSpec {
    BackendSpec { name: name.to_owned(), ..BackendSpec::new(addr) }
}

/// Says whether a connection was reset, rather than ended.
fn is_reset(result: &io::Result<usize>) -> bool {
    result.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::ConnectionReset)
}
