//! The edge over real sockets: many viewers, hostile origins, and curl's opinion.

mod admin;
mod blocks;
mod client;
mod curl;
mod disk;
mod disk_parts;
mod disk_purge;
mod faults;
mod fields;
mod fills;
mod front;
mod http3;
mod joiners;
mod keys;
mod live;
mod memory;
mod origin;
mod parts;
mod parts_purge;
mod prefetch;
mod process;
mod purge;
mod refused;
mod rehearsed;
mod reload;
mod resumes;
mod room;
mod scripted;
mod smuggling;
mod stale;
mod tls;
mod upstreams;

use dashpot_edge::Config;
use dashpot_serve::{Limits, Shutdown};
use origin::HostileOrigin;
use std::{net::SocketAddr, time::Duration};
use tokio::{net::TcpSocket, task::JoinHandle};
use url::Url;

/// An edge in this process.
struct Edge {
    addr: SocketAddr,
    /// Where it speaks TLS, if anywhere.
    tls: Vec<SocketAddr>,
    shutdown: Shutdown,
    task: JoinHandle<()>,
}

impl Edge {
    async fn before(origin: &HostileOrigin) -> Self {
        Self::start(Config::new(origin.url(), any_port())).await
    }

    async fn start(config: Config) -> Self {
        let server = dashpot_edge::bind(patient(config)).await.expect("the edge binds");
        let (addr, tls, shutdown) = (server.addr(), server.tls_addrs(), Shutdown::new());
        let run = server.run(shutdown.clone());
        let task = tokio::spawn(async move { run.await.expect("the edge runs") });
        Self { addr, tls, shutdown, task }
    }

    /// Starts an edge with an operator's listener, and returns where that is.
    async fn administered(config: Config) -> (Self, SocketAddr) {
        Self::run_administered(dashpot_edge::bind(patient(config)).await.expect("the edge binds"))
    }

    /// Runs an edge that has been bound, and returns where its operator's listener is.
    fn run_administered(server: dashpot_edge::Server) -> (Self, SocketAddr) {
        let admin = server.admin_addr().expect("an operator's listener");
        let (addr, shutdown) = (server.addr(), Shutdown::new());
        let run = server.run(shutdown.clone());
        let task = tokio::spawn(async move { run.await.expect("the edge runs") });
        (Self { addr, tls: Vec::new(), shutdown, task }, admin)
    }

    async fn stop(self) {
        self.shutdown.begin();
        self.task.await.expect("the edge ends without a panic");
    }
}

/// Gives the clients of a busy machine as long as a test may take, but for the limits that a test
/// has set.
fn patient(mut config: Config) -> Config {
    let (limits, usual) = (&mut config.front.limits, Limits::default());
    for (limit, usual) in [
        (&mut limits.header_read_timeout, usual.header_read_timeout),
        (&mut limits.body_timeout, usual.body_timeout),
        (&mut limits.write_stall_timeout, usual.write_stall_timeout),
    ] {
        if *limit == usual {
            *limit = TEST_MAX;
        }
    }
    config
}

fn any_port() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// An address that refuses connections: taken, and not listened at, for as long as this lives.
struct Nobody {
    addr: SocketAddr,
    _taken: TcpSocket,
}

impl Nobody {
    fn new() -> Self {
        let taken = TcpSocket::new_v4().expect("a socket");
        taken.bind(any_port()).expect("a free port");
        Self { addr: taken.local_addr().expect("bound"), _taken: taken }
    }
}

fn http_url(addr: SocketAddr) -> Url {
    Url::parse(&format!("http://{addr}/")).expect("a URL")
}

/// A machine busy with other things takes a minute over what else takes seconds.
const TEST_MAX: Duration = Duration::from_secs(300);

/// Bounds a test: what would wait for ever fails instead.
async fn bounded<T>(test: impl Future<Output = T>) -> T {
    tokio::time::timeout(TEST_MAX, test).await.expect("nothing waits for ever")
}
