//! An origin that answers as the step under way of each case says, and remembers what it was asked.

use super::{
    case::{Answer, Content, End},
    wire::{Message, read_request},
    words::Words,
};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// What the origin does for one case, and has seen of it.
#[derive(Debug)]
struct Script {
    words: Words,
    answers: [Answer; 2],
    /// How many requests have come before the step under way.
    earlier: usize,
    seen: Vec<Seen>,
}

/// A request that came, and the content it was answered with.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) request: Message,
    pub(super) answer: String,
    /// The content, where it is not framed by the case itself.
    pub(super) content: Option<String>,
}

#[derive(Debug, Default)]
struct Scripts(Mutex<BTreeMap<String, Script>>);

pub(super) struct ScriptedOrigin {
    pub(super) addr: SocketAddr,
    scripts: Arc<Scripts>,
    /// Counts requests, for those who wait for one.
    count: watch::Sender<usize>,
    task: JoinHandle<()>,
}

impl ScriptedOrigin {
    pub(super) async fn start() -> Self {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = TcpListener::bind(any).await.expect("a free port");
        let addr = listener.local_addr().expect("bound");
        let scripts = Arc::new(Scripts::default());
        let (count, _) = watch::channel(0);
        let (shared, counter) = (Arc::clone(&scripts), count.clone());
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, Arc::clone(&shared), counter.clone()));
            }
        });
        Self { addr, scripts, count, task }
    }

    /// Begins a step of the case whose paths start with the base of `words`.
    pub(super) fn script(&self, words: &Words, answers: [Answer; 2]) {
        let mut scripts = self.scripts.0.lock().expect("no panic while locked");
        let script = scripts.entry(words.base.clone()).or_insert_with(|| Script {
            words: words.clone(),
            answers,
            earlier: 0,
            seen: Vec::new(),
        });
        (script.answers, script.earlier) = (answers, script.seen.len());
    }

    /// Returns all requests of the case with this base.
    pub(super) fn seen(&self, base: &str) -> Vec<Seen> {
        let scripts = self.scripts.0.lock().expect("no panic while locked");
        scripts.get(base).map(|script| script.seen.clone()).unwrap_or_default()
    }

    /// Waits until more than `count` requests have come for the case with this base.
    pub(super) async fn asked_more_than(&self, base: &str, count: usize) {
        let mut counter = self.count.subscribe();
        while self.seen(base).len() <= count {
            counter.changed().await.expect("the origin lives");
        }
    }
}

impl Drop for ScriptedOrigin {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Answers requests while the answers have an end of their own, and closes; what fails fails because
/// the edge has gone away.
async fn answer(mut stream: TcpStream, scripts: Arc<Scripts>, count: watch::Sender<usize>) {
    while let Some(request) = read_request(&mut stream).await {
        let method = request.start.split(' ').next().unwrap_or_default().to_owned();
        let Some(Reply { head, content, end }) = scripts.answer(request) else { return };
        count.send_modify(|count| *count += 1);
        match end {
            End::Silent => return,
            End::Reset => return stream.set_zero_linger().unwrap_or_default(),
            End::Whole | End::Half => {}
        }
        stream.write_all(head.as_bytes()).await.unwrap_or_default();
        let sent = if end == End::Half { content.len() / 2 } else { content.len() };
        if method != "HEAD" {
            stream.write_all(&content.as_bytes()[..sent]).await.unwrap_or_default();
        }
        if head.contains("\r\nConnection: close\r\n") {
            return;
        }
    }
}

/// What to send.
struct Reply {
    head: String,
    content: String,
    end: End,
}

impl Scripts {
    /// Notes `request` and returns the head and content to answer with; `None` where no case is
    /// meant.
    fn answer(&self, request: Message) -> Option<Reply> {
        let target = request.start.split(' ').nth(1).unwrap_or_default();
        let base = format!("/{}", target.split('/').nth(1)?);
        let mut scripts = self.0.lock().expect("no panic while locked");
        let script = scripts.get_mut(&base)?;
        let index = usize::from(script.earlier < script.seen.len());
        let answer = script.answers[index];
        let words = &script.words;
        let content = match answer.content {
            Content::Unique if has_no_content(answer.status) => String::new(),
            Content::Unique => format!("answer {} of {base}", script.seen.len()),
            Content::Text(text) | Content::Raw(text) => words.fill(text),
            Content::Nothing => String::new(),
        };
        let head = head(words, &answer, content.len());
        let shown = if answer.end == End::Silent { "(silence)".to_owned() } else { head.clone() };
        let plain = (!matches!(answer.content, Content::Raw(_))).then(|| content.clone());
        script.seen.push(Seen { request, answer: shown, content: plain });
        Some(Reply { head, content, end: answer.end })
    }
}

fn head(words: &Words, answer: &Answer, length: usize) -> String {
    let mut head = String::new();
    for interim in answer.interim {
        head.push_str(&format!("HTTP/1.1 {}\r\n\r\n", words.fill(interim)));
    }
    let version = if answer.status.starts_with("HTTP/") { "" } else { "HTTP/1.1 " };
    head.push_str(&format!("{version}{}\r\n", answer.status));
    let says = |name: &str| {
        answer.fields.iter().any(|line| {
            let line = line.trim_start_matches('-').to_ascii_lowercase();
            line.split(':').next() == Some(name)
        })
    };
    for line in answer.fields.iter().filter(|line| !line.starts_with('-')) {
        head.push_str(&format!("{}\r\n", words.fill(line)));
    }
    if !says("date") {
        head.push_str(&words.fill("Date: {imf+0}\r\n"));
    }
    let has_no_length = ["204", "304"].iter().any(|status| answer.status.starts_with(status))
        || matches!(answer.content, Content::Raw(_));
    if !has_no_length && !says("content-length") {
        head.push_str(&format!("Content-Length: {length}\r\n"));
    }
    // Where the end of the response may only be that of the connection.
    let closes = answer.end != End::Whole
        || matches!(answer.content, Content::Raw(_))
        || says("content-length")
        || !version.starts_with("HTTP/1.1");
    if closes {
        head.push_str("Connection: close\r\n");
    }
    head + "\r\n"
}

fn has_no_content(status: &str) -> bool {
    ["204", "205", "304"].iter().any(|none| status.starts_with(none))
}
