//! An origin that misbehaves, by the first segment of the path asked for.

mod breaking;
mod rows;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};
use url::Url;

/// The length of a body where the path does not say another.
pub(super) const BODY_BYTES: usize = 200_000;

/// More than the sockets and buffers between an origin and a client hold together.
pub(super) const BIG_BYTES: usize = 24 << 20;

/// Returns the first `len` bytes of the body that every path has.
pub(super) fn body_of(len: usize) -> Vec<u8> {
    let mut body = Vec::from_iter(0..=250_u8).repeat(len.div_ceil(251));
    body.truncate(len);
    body
}

/// How a body's end is told.
#[derive(Clone, Copy, Debug)]
enum Framing {
    Length,
    Chunked,
    Close,
}

/// What comes after the first half.
#[derive(Clone, Copy, Debug)]
enum SecondHalf {
    AtOnce,
    /// The rest, once the test lets it go.
    Held,
    /// The connection's end, once the test lets it go.
    Fin,
    /// The same as a reset.
    Reset,
}

pub(super) struct HostileOrigin {
    addr: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    release: watch::Sender<usize>,
    task: JoinHandle<()>,
}

impl HostileOrigin {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind(super::any_port()).await.expect("a free port");
        let addr = listener.local_addr().expect("bound");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (release, released) = watch::channel(0);
        let log = Arc::clone(&asked);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let exchange = Exchange { stream, released: released.clone() };
                let log = Arc::clone(&log);
                tokio::spawn(exchange.run(log));
            }
        });
        Self { addr, asked, release, task }
    }

    pub(super) fn url(&self) -> Url {
        super::http_url(self.addr)
    }

    /// Lets every held second half go, now and later.
    pub(super) fn release(&self) {
        self.release.send_replace(usize::MAX);
    }

    /// Lets the next one of the parts go that are held one by one.
    pub(super) fn release_next(&self) {
        self.release.send_modify(|parts| *parts += 1);
    }

    /// Holds second halves again.
    pub(super) fn hold(&self) {
        self.release.send_replace(0);
    }

    /// Returns the heads of the requests that have come for `path`.
    pub(super) fn asked(&self, path: &str) -> Vec<String> {
        let asked = self.asked.lock().expect("no panic while locked");
        let line = format!(" {path} ");
        asked
            .iter()
            .filter(|head| head.lines().next().unwrap_or_default().contains(&line))
            .cloned()
            .collect()
    }
}

impl Drop for HostileOrigin {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Exchange {
    stream: TcpStream,
    released: watch::Receiver<usize>,
}

impl Exchange {
    /// Answers one request and closes; what fails fails because the edge has gone away.
    async fn run(mut self, log: Arc<Mutex<Vec<String>>>) {
        let Some(head) = self.read_head().await else { return };
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        log.lock().expect("no panic while locked").push(head);
        let kind = path.split('/').nth(1).unwrap_or_default();
        if kind == "break" {
            return self.break_off(&path, &log).await.unwrap_or_default();
        }
        if kind == "row" {
            return self.row(&path, &log).await.unwrap_or_default();
        }
        let length = path.split('/').nth(2).and_then(|length| length.parse().ok());
        let length = length.unwrap_or(BODY_BYTES);
        let answered = match kind {
            "fine" => self.halves(Framing::Length, SecondHalf::AtOnce, BODY_BYTES).await,
            "big" => self.halves(Framing::Length, SecondHalf::AtOnce, BIG_BYTES).await,
            "hold" => self.halves(Framing::Length, SecondHalf::Held, length).await,
            "hold-chunked" => self.halves(Framing::Chunked, SecondHalf::Held, length).await,
            "hold-big-chunked" => self.halves(Framing::Chunked, SecondHalf::Held, BIG_BYTES).await,
            "cut" => self.halves(Framing::Length, SecondHalf::Fin, BODY_BYTES).await,
            "cut-chunked" => self.halves(Framing::Chunked, SecondHalf::Fin, BODY_BYTES).await,
            "reset" => self.halves(Framing::Length, SecondHalf::Reset, BODY_BYTES).await,
            "reset-chunked" => self.halves(Framing::Chunked, SecondHalf::Reset, BODY_BYTES).await,
            "reset-close" => self.halves(Framing::Close, SecondHalf::Reset, BODY_BYTES).await,
            "close" => self.halves(Framing::Close, SecondHalf::AtOnce, BODY_BYTES).await,
            "html" => self.answer("200 OK", "text/html", "<p>Please log in.</p>").await,
            "500" => self.answer("500 Internal Server Error", "text/plain", "oh no").await,
            "half-head" => self.stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Le").await,
            // Nothing at all.
            "silent" => Ok(()),
            _ => self.answer("404 Not Found", "text/plain", "no such script").await,
        };
        answered.unwrap_or_default();
    }

    /// Waits until the test has let `parts` go; `false` where it has ended instead.
    async fn is_released(&mut self, parts: usize) -> bool {
        self.released.wait_for(|&released| parts <= released).await.is_ok()
    }

    async fn read_head(&mut self) -> Option<String> {
        let mut head = Vec::new();
        loop {
            if self.stream.read_buf(&mut head).await.ok()? == 0 {
                return None;
            }
            // Some of the content may have come with it.
            if let Some(end) = head.windows(4).position(|four| four == b"\r\n\r\n") {
                head.truncate(end + 4);
                return String::from_utf8(head).ok();
            }
        }
    }

    async fn answer(&mut self, status: &str, kind: &str, text: &str) -> std::io::Result<()> {
        let length = text.len();
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n{text}"
        );
        self.stream.write_all(head.as_bytes()).await
    }

    async fn halves(
        &mut self,
        framing: Framing,
        second: SecondHalf,
        length: usize,
    ) -> std::io::Result<()> {
        let framing_field = match framing {
            Framing::Length => format!("Content-Length: {length}\r\n"),
            Framing::Chunked => "Transfer-Encoding: chunked\r\n".to_owned(),
            Framing::Close => String::new(),
        };
        // What breaks off has no name, or it would be asked for again.
        let name = match second {
            SecondHalf::AtOnce | SecondHalf::Held => "ETag: \"v1\"\r\n",
            SecondHalf::Fin | SecondHalf::Reset => "",
        };
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nCache-Control: max-age=600\r\n\
             {name}{framing_field}Connection: close\r\n\r\n"
        );
        let body = body_of(length);
        let (first_half, second_half) = body.split_at(length / 2);
        self.stream.write_all(head.as_bytes()).await?;
        self.write(framing, first_half).await?;
        if !matches!(second, SecondHalf::AtOnce) && !self.is_released(1).await {
            return Ok(());
        }
        match second {
            SecondHalf::AtOnce | SecondHalf::Held => {
                self.write(framing, second_half).await?;
                if let Framing::Chunked = framing {
                    self.stream.write_all(b"0\r\n\r\n").await?;
                }
            }
            SecondHalf::Fin => (),
            SecondHalf::Reset => self.stream.set_zero_linger()?,
        }
        Ok(())
    }

    async fn write(&mut self, framing: Framing, bytes: &[u8]) -> std::io::Result<()> {
        if let Framing::Chunked = framing {
            self.stream.write_all(format!("{:x}\r\n", bytes.len()).as_bytes()).await?;
        }
        self.stream.write_all(bytes).await?;
        if let Framing::Chunked = framing {
            self.stream.write_all(b"\r\n").await?;
        }
        Ok(())
    }
}
