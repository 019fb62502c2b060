//! An origin of large resources that gives ranges of them, each path in its own way, and counts.

use dashpot_http::range::{ByteRange, ContentRange, RangeSet, Resolved};
use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};
use url::Url;

pub(in super::super) const MIB: u64 = 1 << 20;
/// Five blocks and a bit.
pub(in super::super) const LENGTH: u64 = 5 * MIB + 77;
pub(in super::super) const SMALL: u64 = 300_000;
pub(in super::super) const HUGE: u64 = 10 << 30;

/// Bodies repeat after so many bytes: a prime, so that no two blocks are alike.
const PERIOD: usize = 65_537;

/// Returns the bytes of `first..=last` of the representation with this version.
///
/// They are copied rather than reckoned one by one: a test that reckons for seconds keeps its own
/// connections waiting, and servers do not wait for ever.
pub(in super::super) fn bytes_of(version: u64, first: u64, last: u64) -> Vec<u8> {
    static VERSIONS: [OnceLock<Vec<u8>>; 4] = [const { OnceLock::new() }; 4];
    let index = usize::try_from(version).expect("a small version");
    let period = VERSIONS[index].get_or_init(|| {
        let byte = |at: u64| (at.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) ^ (version * 17);
        let bytes = 0..u64::try_from(PERIOD).expect("it fits");
        bytes.map(|at| u8::try_from(byte(at) & 0xFF).expect("a byte")).collect()
    });
    let length = usize::try_from(last + 1 - first).expect("it fits");
    let skipped = usize::try_from(first % PERIOD as u64).expect("it fits");
    let mut bytes = Vec::with_capacity(length);
    bytes.extend_from_slice(&period[skipped..][..length.min(PERIOD - skipped)]);
    while bytes.len() < length {
        bytes.extend_from_slice(&period[..PERIOD.min(length - bytes.len())]);
    }
    bytes
}

#[derive(Debug, Default)]
struct Shared {
    heads: Mutex<Vec<String>>,
    sent: AtomicU64,
    version: AtomicU64,
}

pub(in super::super) struct RangeOrigin {
    addr: SocketAddr,
    shared: Arc<Shared>,
    release: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl RangeOrigin {
    pub(in super::super) async fn start() -> Self {
        let listener = TcpListener::bind(super::super::any_port()).await.expect("a free port");
        let addr = listener.local_addr().expect("bound");
        let shared = Arc::new(Shared::default());
        let (release, released) = watch::channel(false);
        let seen = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let exchange =
                    Exchange { stream, shared: Arc::clone(&seen), released: released.clone() };
                tokio::spawn(exchange.run());
            }
        });
        Self { addr, shared, release, task }
    }

    pub(in super::super) fn url(&self) -> Url {
        super::super::http_url(self.addr)
    }

    /// Lets what is held go.
    pub(in super::super) fn release(&self) {
        self.release.send_replace(true);
    }

    /// Replaces every resource.
    pub(in super::super) fn change(&self) {
        self.shared.version.fetch_add(1, Ordering::SeqCst);
    }

    /// Returns the values of Range that have come, "-" where there was none.
    pub(in super::super) fn ranges(&self) -> Vec<String> {
        let heads = self.shared.heads.lock().expect("no panic while locked");
        heads.iter().map(|head| field(head, "range").unwrap_or("-").to_owned()).collect()
    }

    pub(in super::super) fn heads(&self) -> Vec<String> {
        self.shared.heads.lock().expect("no panic while locked").clone()
    }

    /// Returns the bytes of bodies that were sent.
    pub(in super::super) fn sent(&self) -> u64 {
        self.shared.sent.load(Ordering::SeqCst)
    }
}

impl Drop for RangeOrigin {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (field, value) = line.split_once(": ")?;
        field.eq_ignore_ascii_case(name).then_some(value)
    })
}

struct Exchange {
    stream: TcpStream,
    shared: Arc<Shared>,
    released: watch::Receiver<bool>,
}

impl Exchange {
    /// Answers one request and closes; what fails fails because the edge has gone away.
    async fn run(mut self) {
        // None of the requests has content.
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if !matches!(self.stream.read_buf(&mut head).await, Ok(1..)) {
                return;
            }
        }
        let head = String::from_utf8(head).expect("a head in ASCII");
        let nth = {
            let mut heads = self.shared.heads.lock().expect("no panic while locked");
            heads.push(head.clone());
            heads.len() - 1
        };
        self.answer(&head, nth).await.unwrap_or_default();
    }

    async fn answer(&mut self, head: &str, nth: usize) -> std::io::Result<()> {
        let path = head.split(' ').nth(1).unwrap_or_default();
        let kind = path.split('/').nth(1).unwrap_or_default();
        let version = match kind {
            // Another one after the first request.
            "changes" | "breaks-changes" => u64::from(nth != 0),
            _ => self.shared.version.load(Ordering::SeqCst),
        };
        let length = match kind {
            "small" => SMALL,
            "huge" => HUGE,
            _ => LENGTH,
        };
        let is_down = nth == 1 && kind == "breaks-down-once" || nth != 0 && kind == "breaks-down";
        if is_down {
            let head = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\
                        Connection: close\r\n\r\n";
            return self.stream.write_all(head.as_bytes()).await;
        }
        let etag = if kind.ends_with("weak") {
            format!("W/\"{version}\"")
        } else {
            format!("\"{version}\"")
        };
        let control = match kind {
            "stale" => "max-age=0",
            "no-store" => "no-store",
            "private" => "private",
            _ => "max-age=600",
        };
        let fields = format!(
            "Content-Type: video/mp4\r\nCache-Control: {control}\r\nETag: {etag}\r\n\
             Surrogate-Key: {kind}\r\nConnection: close\r\n"
        );
        if kind == "plain-late" && nth == 0 && self.released.wait_for(|&yes| yes).await.is_err() {
            return Ok(());
        }
        if head.starts_with("POST ") {
            let head = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
            return self.stream.write_all(head.as_bytes()).await;
        }
        if field(head, "if-none-match") == Some(&etag) {
            let head = format!("HTTP/1.1 304 Not Modified\r\n{fields}\r\n");
            return self.stream.write_all(head.as_bytes()).await;
        }
        let applies = field(head, "if-range").is_none_or(|told| told == etag || kind == "rude");
        let range = field(head, "range").filter(|_| applies && !kind.starts_with("plain"));
        let resolved = range.and_then(|range| RangeSet::parse(range.as_bytes()));
        match resolved.map(|set| set.resolve(length)) {
            Some(Resolved::Satisfiable(ranges)) => {
                let range = self.odd(kind, ranges[0]);
                let complete = (kind != "star").then_some(length);
                let told = ContentRange::Part { range, complete };
                let head =
                    format!("HTTP/1.1 206 Partial Content\r\n{fields}Content-Range: {told}\r\n");
                self.body(&head, version, range, kind).await
            }
            Some(Resolved::Unsatisfiable) => {
                let head = format!(
                    "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */{length}\r\n\
                     X-Told: yes\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno\n"
                );
                self.stream.write_all(head.as_bytes()).await
            }
            Some(Resolved::Ignored) | None => {
                let all = ByteRange { first: 0, last: length - 1 };
                self.body(&format!("HTTP/1.1 200 OK\r\n{fields}"), version, all, kind).await
            }
        }
    }

    /// Returns what is given when `range` is asked for.
    fn odd(&self, kind: &str, range: ByteRange) -> ByteRange {
        match kind {
            "short" => ByteRange { last: range.last.min(range.first + 299_999), ..range },
            "shifted" => ByteRange { first: range.last.min(range.first + 100_000), ..range },
            "wide" => ByteRange { first: range.first.saturating_sub(5), ..range },
            _ => range,
        }
    }

    async fn body(
        &mut self,
        head: &str,
        version: u64,
        range: ByteRange,
        kind: &str,
    ) -> std::io::Result<()> {
        let size = range.size();
        let head = format!("{head}Content-Length: {size}\r\n\r\n");
        self.stream.write_all(head.as_bytes()).await?;
        let is_whole = head.starts_with("HTTP/1.1 200");
        let breaks_at =
            (kind.starts_with("breaks") && 200_000 < size).then_some(range.first + size / 2);
        let holds_at =
            (kind == "slow" && is_whole || kind == "held").then_some(range.first + 100_000);
        let mut at = range.first;
        while at <= range.last {
            let stop = [breaks_at, holds_at].into_iter().flatten().find(|&stop| at < stop);
            let last = range.last.min(at + 65_535).min(stop.map_or(u64::MAX, |stop| stop - 1));
            self.stream.write_all(&bytes_of(version, at, last)).await?;
            self.shared.sent.fetch_add(last + 1 - at, Ordering::SeqCst);
            at = last + 1;
            if breaks_at == Some(at) {
                return Ok(());
            }
            if holds_at == Some(at) && self.released.wait_for(|&yes| yes).await.is_err() {
                return Ok(());
            }
        }
        Ok(())
    }
}
