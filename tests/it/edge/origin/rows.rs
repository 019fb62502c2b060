//! Responses whose first and later answers differ, and bodies that come in parts:
//! `/row/{what}/…`.

use super::{BODY_BYTES, Exchange, body_of};
use std::{io, sync::Mutex};
use tokio::io::AsyncWriteExt as _;

impl Exchange {
    /// Answers for a `path` of which `log` has all requests.
    pub(super) async fn row(&mut self, path: &str, log: &Mutex<Vec<String>>) -> io::Result<()> {
        let nth = {
            let log = log.lock().expect("no panic while locked");
            let line = format!(" {path} ");
            log.iter().filter(|head| head.contains(&line)).count()
        };
        let numbered = format!("{nth}");
        match path.split('/').nth(2).unwrap_or_default() {
            // A third at once, the others one by one.
            "thirds" => self.thirds().await,
            "swr" => {
                if 1 < nth && !self.is_released(1).await {
                    return Ok(());
                }
                self.text("200 OK", "max-age=0, stale-while-revalidate=60", &numbered).await
            }
            // What each must validate: the first validation is held.
            "herd" if 1 < nth => {
                if !self.is_released(1).await {
                    return Ok(());
                }
                let head = "HTTP/1.1 304 Not Modified\r\nCache-Control: no-cache\r\n\
                            ETag: \"v1\"\r\nConnection: close\r\n\r\n";
                self.stream.write_all(head.as_bytes()).await
            }
            "herd" => self.text("200 OK", "no-cache\r\nETag: \"v1\"", "live").await,
            "sie" if 1 < nth => self.text("503 Service Unavailable", "no-store", "down").await,
            "sie" => self.text("200 OK", "max-age=0, stale-if-error=60", &numbered).await,
            "missing" => self.text("404 Not Found", "", &numbered).await,
            "missing-kept" => self.text("404 Not Found", "max-age=60", &numbered).await,
            _ => Ok(()),
        }
    }

    async fn text(&mut self, status: &str, cache_control: &str, text: &str) -> io::Result<()> {
        let policy = match cache_control {
            "" => String::new(),
            directives => format!("Cache-Control: {directives}\r\n"),
        };
        let length = text.len();
        let head = format!(
            "HTTP/1.1 {status}\r\n{policy}Content-Length: {length}\r\nConnection: close\r\n\r\n"
        );
        self.stream.write_all((head + text).as_bytes()).await
    }

    async fn thirds(&mut self) -> io::Result<()> {
        let head = format!(
            "HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: {BODY_BYTES}\r\n\
             Connection: close\r\n\r\n"
        );
        self.stream.write_all(head.as_bytes()).await?;
        let body = body_of(BODY_BYTES);
        for (nth, third) in body.chunks(BODY_BYTES.div_ceil(3)).enumerate() {
            if !self.is_released(nth).await {
                return Ok(());
            }
            self.stream.write_all(third).await?;
        }
        Ok(())
    }
}
