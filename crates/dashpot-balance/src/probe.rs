//! Probes: whether a backend is there.

use crate::{Check, ProxyOut, backend::Backend, connection::Shared};
use dashpot_http::proxy_protocol::{Transport, Who, write};
use dashpot_route::{
    Failure,
    health::{Outcome, State},
};
use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{sleep, timeout},
};
use tokio_util::task::AbortOnDropHandle;
use tracing::{info, warn};

/// Probes every backend on the list, for as long as it is there.
pub(crate) async fn run(shared: Arc<Shared>) {
    if shared.config.check == Check::Off {
        return;
    }
    let mut listed = shared.pool.listed();
    let mut tasks = BTreeMap::new();
    loop {
        let backends = listed.borrow_and_update().clone();
        // Another address under the same name is another server.
        let key = |backend: &Arc<Backend>| (backend.spec.name.clone(), backend.spec.addr);
        tasks.retain(|known, _| backends.iter().any(|backend| key(backend) == *known));
        for backend in backends {
            tasks.entry(key(&backend)).or_insert_with(|| {
                let task = tokio::spawn(follow(Arc::clone(&shared), backend));
                AbortOnDropHandle::new(task)
            });
        }
        if listed.changed().await.is_err() {
            return;
        }
    }
}

/// Probes one backend whenever that is due.
async fn follow(shared: Arc<Shared>, backend: Arc<Backend>) {
    while let Some(due) = shared.pool.probe_due(&backend) {
        sleep(due.since(shared.clock.mono())).await;
        let probe = probe(&shared, backend.spec.addr);
        let outcome = match timeout(shared.config.health.timeout, probe).await {
            Ok(Ok(())) => Outcome::Passed,
            Ok(Err(failure)) => Outcome::Failed(failure),
            Err(_) => Outcome::Failed(Failure::Timeout),
        };
        let Some(change) = shared.pool.probed(&backend, outcome) else { continue };
        let name = &backend.spec.name;
        match (change.to, change.why) {
            (State::Down, Some(why)) => warn!(backend = name, %why, "backend is down"),
            (State::Down | State::Up | State::Unknown, _) => {
                info!(backend = name, from = ?change.from, to = ?change.to, "backend");
            }
        }
    }
}

async fn probe(shared: &Shared, addr: SocketAddr) -> Result<(), Failure> {
    let mut stream = TcpStream::connect(addr).await.map_err(|_| Failure::Connect)?;
    let mut request = match shared.config.proxy_out {
        ProxyOut::Off => Vec::new(),
        // The connection is the balancer's own.
        ProxyOut::V2 => write(Who::Itself, Transport::Stream),
    };
    let Check::Http(path) = &shared.config.check else {
        if !request.is_empty() {
            stream.write_all(&request).await.map_err(|_| Failure::Closed)?;
        }
        return Ok(());
    };
    let head = format!(
        "GET {path} HTTP/1.1\r\nHost: {addr}\r\nUser-Agent: dashpot-balance\r\n\
         Connection: close\r\n\r\n"
    );
    request.extend(head.as_bytes());
    stream.write_all(&request).await.map_err(|_| Failure::Closed)?;
    let mut line = [0; 12];
    // RFC 9112 §4: `HTTP/1.1 200 `, a digit each for major and minor version.
    stream.read_exact(&mut line).await.map_err(|_| Failure::Closed)?;
    match status(&line) {
        Some(200..=399) => Ok(()),
        Some(status) => Err(Failure::Status(status)),
        None => Err(Failure::Content),
    }
}

/// Returns the status of the answer that begins so.
fn status(line: &[u8]) -> Option<u16> {
    let line = std::str::from_utf8(line).ok()?;
    let (version, status) = line.split_once(' ')?;
    let is_http = version.starts_with("HTTP/1.") && version.len() == 8;
    let is_status = status.bytes().all(|byte| byte.is_ascii_digit());
    if is_http && is_status { status.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_that_of_an_answer_in_http_1() {
        assert_eq!(status(b"HTTP/1.1 200"), Some(200));
        assert_eq!(status(b"HTTP/1.0 503"), Some(503));
        for other in
            ["HTTP/2.00 20", "SSH-2.0-Open", "HTTP/1.1 +20", "HTTP/1.1  20", "HTTP/1.12 20"]
        {
            assert_eq!(status(other.as_bytes()), None, "{other}");
        }
    }
}
