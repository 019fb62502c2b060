//! Bodies that break off in the middle, and what an origin answers for the rest of them:
//! `/break/{how}/{rest}/…`.

use super::{BIG_BYTES, BODY_BYTES, Exchange, Framing, body_of};
use dashpot_serve::Clock;
use std::{io, sync::Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// What `/break/` bodies are when they have changed.
const OTHER: u8 = 255;

/// Long before any `Date`.
const MODIFIED: &str = "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT";

impl Exchange {
    /// Answers for a `path` of which `log` has all requests.
    pub(super) async fn break_off(
        &mut self,
        path: &str,
        log: &Mutex<Vec<String>>,
    ) -> io::Result<()> {
        let mut words = path.split('/').skip(2);
        let (how, rest) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let (nth, from) = {
            let log = log.lock().expect("no panic while locked");
            let line = format!(" {path} ");
            let mut heads = log.iter().filter(|head| head.contains(&line));
            (heads.clone().count(), heads.next_back().and_then(|head| range_of(head)))
        };
        let length = if how.contains("big") { BIG_BYTES } else { BODY_BYTES };
        let Some(from) = from else { return self.first_half(how, rest, length).await };
        match rest {
            "partial" | "time" => self.part(rest, from, from, length).await,
            "elsewhere" => self.part(rest, from + 1, from + 1, length).await,
            // Promises all of the rest, and breaks off again.
            "twice" if nth == 2 => {
                self.part_until(rest, from, from + (length - from) / 2, length).await
            }
            "down-once" if 2 < nth => self.part(rest, from, from, length).await,
            "twice" => self.part(rest, from, from, length).await,
            "ignored" | "nameless" => self.whole(rest, &body_of(length)).await,
            "changed" => self.whole(rest, &vec![OTHER; length]).await,
            "unsatisfiable" => {
                let head = format!(
                    "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */{length}\r\n\
                     Content-Length: 0\r\nConnection: close\r\n\r\n"
                );
                self.stream.write_all(head.as_bytes()).await
            }
            "down" | "down-once" => {
                self.answer("503 Service Unavailable", "text/plain", "soon").await
            }
            _ => Ok(()),
        }
    }

    async fn first_half(&mut self, how: &str, rest: &str, length: usize) -> io::Result<()> {
        let is_chunked = how.contains("chunked");
        let framing = if is_chunked { Framing::Chunked } else { Framing::Length };
        let framing_field = if is_chunked {
            "Transfer-Encoding: chunked".to_owned()
        } else {
            format!("Content-Length: {length}")
        };
        let name = named(rest, "v1");
        let kept = match how {
            _ if how.contains("private") => "private",
            _ if how.contains("no-store") => "no-store",
            _ => "max-age=600",
        };
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nCache-Control: {kept}\r\n\
             {name}{framing_field}\r\nConnection: close\r\n\r\n"
        );
        self.stream.write_all(head.as_bytes()).await?;
        self.write(framing, &body_of(length)[..length / 2]).await?;
        if !self.is_released(1).await {
            return Ok(());
        }
        if how.contains("stall") {
            // Until the edge hangs up.
            return self.stream.read_u8().await.map(drop);
        }
        if how.contains("reset") {
            self.stream.set_zero_linger()?;
        }
        Ok(())
    }

    async fn part(
        &mut self,
        rest: &str,
        from: usize,
        told: usize,
        length: usize,
    ) -> io::Result<()> {
        let body = body_of(length);
        self.head_of_part(rest, told, length).await?;
        self.stream.write_all(&body[from..]).await
    }

    async fn part_until(
        &mut self,
        rest: &str,
        from: usize,
        until: usize,
        length: usize,
    ) -> io::Result<()> {
        let body = body_of(length);
        self.head_of_part(rest, from, length).await?;
        self.stream.write_all(&body[from..until]).await
    }

    async fn head_of_part(&mut self, rest: &str, from: usize, length: usize) -> io::Result<()> {
        let (last, size, name) = (length - 1, length - from, named(rest, "v1"));
        let head = format!(
            "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {from}-{last}/{length}\r\n\
             {name}Content-Length: {size}\r\nConnection: close\r\n\r\n"
        );
        self.stream.write_all(head.as_bytes()).await
    }

    async fn whole(&mut self, rest: &str, body: &[u8]) -> io::Result<()> {
        let name = named(rest, if rest == "changed" { "v2" } else { "v1" });
        let head = format!(
            "HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\n{name}Content-Length: {}\r\n\
             Connection: close\r\n\r\n",
            body.len()
        );
        self.stream.write_all(head.as_bytes()).await?;
        self.stream.write_all(body).await
    }
}

/// The fields that name a version, with their line ends.
fn named(rest: &str, version: &str) -> String {
    match rest {
        "time" => {
            let date = dashpot_http::date::to_value(Clock::system().wall());
            format!("{MODIFIED}\r\nDate: {}\r\n", date.to_str().expect("a date in ASCII"))
        }
        "nameless" => String::new(),
        "weak" => format!("ETag: W/\"{version}\"\r\n"),
        _ => format!("ETag: \"{version}\"\r\n"),
    }
}

/// Where the rest begins that a request asks for.
fn range_of(head: &str) -> Option<usize> {
    let line = head.lines().find_map(|line| line.strip_prefix("range: bytes="))?;
    line.strip_suffix('-')?.parse().ok()
}
