//! How many connections an edge holds, and what each costs it.
//!
//! `make bench-connections` runs it. It starts the edge given as its first argument, with an origin
//! of its own behind it, opens connections in steps, lets a few of them fetch at full speed and
//! reads the edge's memory from `/proc`.
#![expect(clippy::disallowed_methods, reason = "a measurement")]
#![expect(clippy::print_stdout, reason = "the result")]

use anyhow::{Context as _, bail, ensure};
use std::{net::SocketAddr, process::Stdio, time::Duration};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    process::{Child, Command},
    time::{Instant, sleep, timeout},
};

const OBJECT_BYTES: usize = 64 << 10;
/// Connections made at once: below every backlog.
const AT_ONCE: usize = 100;
/// Connections that ask without a pause at the end.
const BUSY: usize = 200;
const BUSY_FOR: Duration = Duration::from_secs(5);

/// What one step has come to.
#[derive(serde::Serialize)]
struct Row {
    step: &'static str,
    connections: usize,
    rss_kib: u64,
    rss_bytes_per_connection: u64,
}

#[derive(serde::Serialize)]
struct Report {
    rows: Vec<Row>,
    limit: String,
    busy_connections: usize,
    busy_requests_per_second: f64,
    busy_p50_ms: f64,
    busy_p99_ms: f64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [binary, count, rest @ ..] = args.as_slice() else {
        bail!("give the dashpot binary and how many connections, then --json where wanted");
    };
    let count: usize = count.parse().context("how many connections")?;
    let wanted = u64::try_from(count + 1_000)?;
    let limit = rlimit::increase_nofile_limit(wanted)?;
    ensure!(wanted <= limit, "this process may open {limit} files only: raise `ulimit -Hn`");
    let origin = origin().await?;
    let (mut edge, addr) = start(binary, origin, count).await?;
    let measured = measure(&edge, addr, count).await;
    edge.kill().await?;
    let report = measured?;
    if rest.iter().any(|arg| arg == "--json") {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print(&report);
    }
    Ok(())
}

fn print(report: &Report) {
    println!("{:<28} {:>11} {:>9} {:>16}", "step", "connections", "RSS KiB", "B per connection");
    for row in &report.rows {
        println!(
            "{:<28} {:>11} {:>9} {:>16}",
            row.step, row.connections, row.rss_kib, row.rss_bytes_per_connection
        );
    }
    println!("ended by: {}", report.limit);
    println!(
        "{} busy among them, 64 KiB each: {:.0} requests/s, median {:.1} ms, p99 {:.1} ms",
        report.busy_connections,
        report.busy_requests_per_second,
        report.busy_p50_ms,
        report.busy_p99_ms
    );
}

async fn measure(edge: &Child, addr: SocketAddr, count: usize) -> anyhow::Result<Report> {
    let pid = edge.id().context("the edge runs")?;
    // Warm: threads, allocator and the object are there.
    let mut warm = TcpStream::connect(addr).await?;
    fetch(&mut warm, "/object").await?;
    let before = rss_kib(pid)?;
    let mut rows = Vec::new();
    let mut row = |step, connections: usize| {
        let now = rss_kib(pid)?;
        let each = now.saturating_sub(before) * 1_024 / u64::try_from(connections.max(1))?;
        rows.push(Row { step, connections, rss_kib: now, rss_bytes_per_connection: each });
        anyhow::Ok(())
    };
    row("none", 0)?;
    let (mut open, limit) = connect(addr, count).await;
    sleep(Duration::from_millis(500)).await;
    row("open, nothing sent", open.len())?;
    for stream in &mut open {
        fetch(stream, "/health").await?;
    }
    row("after a small response", open.len())?;
    for stream in &mut open {
        fetch(stream, "/object").await?;
    }
    row("after a 64 KiB response", open.len())?;
    let busy = open.split_off(open.len().saturating_sub(BUSY));
    let busy_connections = busy.len();
    let tasks: Vec<_> = busy.into_iter().map(|stream| tokio::spawn(ask(stream))).collect();
    let mut took = Vec::new();
    for task in tasks {
        took.extend(task.await??);
    }
    row("after the busy ones", open.len() + busy_connections)?;
    took.sort_unstable();
    let at = |share: usize| took.get(took.len() * share / 100).copied().unwrap_or_default();
    let ms = |span: Duration| span.as_secs_f64() * 1e3;
    let requests = f64::from(u32::try_from(took.len())?);
    Ok(Report {
        limit,
        busy_connections,
        busy_requests_per_second: requests / BUSY_FOR.as_secs_f64(),
        busy_p50_ms: ms(at(50)),
        busy_p99_ms: ms(at(99)),
        rows,
    })
}

/// Opens up to `count` connections, and says what ended it.
async fn connect(addr: SocketAddr, count: usize) -> (Vec<TcpStream>, String) {
    let mut open = Vec::with_capacity(count);
    while open.len() < count {
        let at_once = AT_ONCE.min(count - open.len());
        let batch: Vec<_> = (0..at_once).map(|_| tokio::spawn(TcpStream::connect(addr))).collect();
        for task in batch {
            match task.await {
                Ok(Ok(stream)) => open.push(stream),
                Ok(Err(error)) => return (open, format!("connect: {error}")),
                Err(error) => return (open, error.to_string()),
            }
        }
    }
    (open, "the count asked for".to_owned())
}

/// Fetches until the time is over; returns how long each response took.
async fn ask(mut stream: TcpStream) -> anyhow::Result<Vec<Duration>> {
    let (began, mut took) = (Instant::now(), Vec::new());
    while began.elapsed() < BUSY_FOR {
        let asked = Instant::now();
        fetch(&mut stream, "/object").await?;
        took.push(asked.elapsed());
    }
    Ok(took)
}

async fn fetch(stream: &mut TcpStream, path: &str) -> anyhow::Result<()> {
    let head = format!("GET {path} HTTP/1.1\r\nHost: bench.example\r\n\r\n");
    let answered = async {
        stream.write_all(head.as_bytes()).await?;
        let (mut got, mut buffer) = (Vec::new(), vec![0; 32 << 10]);
        let (head, length) = loop {
            let read = stream.read(&mut buffer).await?;
            ensure!(read != 0, "the edge closed a connection");
            got.extend_from_slice(&buffer[..read]);
            if let Some(end) = got.windows(4).position(|four| four == b"\r\n\r\n") {
                let text = String::from_utf8_lossy(&got[..end]).to_ascii_lowercase();
                ensure!(text.starts_with("http/1.1 200"), "{text}");
                let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
                break (end + 4, length.context("a length")?.trim().parse::<usize>()?);
            }
        };
        let mut left = (head + length).saturating_sub(got.len());
        while left != 0 {
            let read = stream.read(&mut buffer).await?;
            ensure!(read != 0, "the edge cut a response");
            left = left.saturating_sub(read);
        }
        Ok(())
    };
    timeout(Duration::from_secs(20), answered).await.context("the edge does not answer")?
}

/// Starts the edge, and waits for its address.
async fn start(
    binary: &str,
    origin: SocketAddr,
    count: usize,
) -> anyhow::Result<(Child, SocketAddr)> {
    let mut edge = Command::new(binary)
        .args(["edge", "--origin", &format!("http://{origin}"), "--listen", "127.0.0.1:0"])
        .args(["--connections-max", &(count + 100).to_string(), "--client-idle-timeout", "10m"])
        // What opens a connection and says nothing is cut in five seconds otherwise.
        .args(["--client-header-timeout", "10m"])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot run {binary}"))?;
    let stdout = edge.stdout.take().context("its stdout")?;
    let line = BufReader::new(stdout).lines().next_line().await?.context("its address")?;
    let addr = line.trim_start_matches("http://").trim_end_matches('/').parse()?;
    Ok((edge, addr))
}

/// Starts an origin with one object.
async fn origin() -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut buffer = [0; 4_096];
                while stream.read(&mut buffer).await.is_ok_and(|read| read != 0) {
                    let head = format!(
                        "HTTP/1.1 200 OK\r\nCache-Control: max-age=3600\r\n\
                         Content-Length: {OBJECT_BYTES}\r\n\r\n"
                    );
                    let mut response = head.into_bytes();
                    response.resize(response.len() + OBJECT_BYTES, b'x');
                    if stream.write_all(&response).await.is_err() {
                        break;
                    }
                }
            });
        }
    });
    Ok(addr)
}

/// Returns the resident memory of a process.
fn rss_kib(pid: u32) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.context("VmRSS in /proc")?.trim().trim_end_matches(" kB");
    Ok(kib.parse()?)
}
