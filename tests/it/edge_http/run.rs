//! Runs a table of cases before one edge, each at a path of its own, and reports all that fail.

use super::{
    case::{Case, Expect, Outcome, Step},
    origin::{ScriptedOrigin, Seen},
    wire::{PATIENCE, Response, exchange},
    words::Words,
};
use dashpot_edge::Config;
use dashpot_serve::{Clock, Shutdown};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    sync::Semaphore,
    task::{JoinHandle, JoinSet},
    time::timeout,
};
use url::Url;

/// Cases under way at once: enough to hide the waits of each, few enough for a small machine.
const CONCURRENT: usize = 16;
/// How often a step may be tried that waits for what the edge does in the background.
const TRIES_MAX: usize = 2_000;

/// Holds the edge to `cases`, with its defaults.
pub(super) async fn check(cases: &'static [Case]) {
    check_with(cases, |config| config).await;
}

/// Holds an edge that is configured so to `cases`.
pub(super) async fn check_with(cases: &'static [Case], configured: fn(Config) -> Config) {
    bounded(async {
        let origin = Arc::new(ScriptedOrigin::start().await);
        let edge = Edge::before(&origin, configured).await;
        let turns = Arc::new(Semaphore::new(CONCURRENT));
        let mut running = JoinSet::new();
        for (number, case) in cases.iter().enumerate() {
            let (origin, turns, addr) = (Arc::clone(&origin), Arc::clone(&turns), edge.addr);
            running.spawn(async move {
                let _turn = turns.acquire().await.expect("open");
                let words = Words {
                    now: Clock::system().wall(),
                    base: format!("/c{number}"),
                    edge: addr.to_string(),
                    origin: origin.addr.to_string(),
                };
                (number, run(case, &words, addr, &origin).await)
            });
        }
        let mut reports = running.join_all().await;
        reports.sort_by_key(|(number, _)| *number);
        edge.stop().await;
        let failed: Vec<_> = reports.into_iter().filter_map(|(_, report)| report).collect();
        let (count, all) = (failed.len(), cases.len());
        assert!(failed.is_empty(), "{count} of {all} cases:\n\n{}", failed.join("\n\n"));
    })
    .await;
}

/// An edge in this process.
pub(super) struct Edge {
    pub(super) addr: SocketAddr,
    shutdown: Shutdown,
    task: JoinHandle<()>,
}

impl Edge {
    pub(super) async fn before(origin: &ScriptedOrigin, configured: fn(Config) -> Config) -> Self {
        let url = Url::parse(&format!("http://{}/", origin.addr)).expect("a URL");
        let mut config = configured(Config::new(url, SocketAddr::from(([127, 0, 0, 1], 0))));
        config.front.limits.header_read_timeout = PATIENCE;
        let server = dashpot_edge::bind(config).await.expect("the edge binds");
        let (addr, shutdown) = (server.addr(), Shutdown::new());
        let run = server.run(shutdown.clone());
        let task = tokio::spawn(async move { run.await.expect("the edge runs") });
        Self { addr, shutdown, task }
    }

    pub(super) async fn stop(self) {
        self.shutdown.begin();
        self.task.await.expect("the edge ends without a panic");
    }
}

/// Bounds a test: what would wait for ever fails instead, even where a case has lost its patience.
pub(super) async fn bounded<T>(test: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(300), test).await.expect("nothing waits for ever")
}

/// Returns a report where `case` does not go as it says.
async fn run(
    case: &Case,
    words: &Words,
    addr: SocketAddr,
    origin: &ScriptedOrigin,
) -> Option<String> {
    let mut log = String::new();
    let mut problems = Vec::new();
    for (number, step) in case.steps.iter().enumerate() {
        origin.script(words, step.answers);
        let before = origin.seen(&words.base).len();
        let request = request(words, step);
        let mut response = exchange(addr, step.method, request.as_bytes()).await;
        if step.outcome == Outcome::Eventually {
            for _ in 0..TRIES_MAX {
                let asked = before < origin.seen(&words.base).len();
                if asked
                    || problems_of(step, words, &response, &origin.seen(&words.base), before)
                        .is_empty()
                {
                    break;
                }
                response = exchange(addr, step.method, request.as_bytes()).await;
            }
        }
        if step.outcome == Outcome::Refreshing {
            let asked = origin.asked_more_than(&words.base, before);
            timeout(PATIENCE, asked).await.unwrap_or_default();
        }
        let seen = origin.seen(&words.base);
        log.push_str(&format!("--- step {number}, the client sent:\n{}", request.trim_end()));
        for seen in &seen[before..] {
            let (asked, answer) = (seen.request.shown(), seen.answer.trim_end());
            log.push_str(&format!("\n--- the origin saw:\n{asked}\n--- and answered:\n{answer}"));
        }
        match &response {
            Ok(response) => {
                let shown = response.message.shown();
                log.push_str(&format!("\n--- the client got:\n{shown}\n"));
            }
            Err(error) => log.push_str(&format!("\n--- the client got: {error}\n")),
        }
        let found = problems_of(step, words, &response, &seen, before);
        problems.extend(found.into_iter().map(|problem| format!("step {number}: {problem}")));
    }
    let title = format!("{} {:?}: {}", case.clause, case.level, case.name);
    match (case.gap, problems.is_empty()) {
        (None, true) | (Some(_), false) => None,
        (None, false) => Some(format!("=== {title}\n  {}\n{log}", problems.join("\n  "))),
        (Some(gap), true) => Some(format!("=== {title}\n  holds: it is no gap any more ({gap})")),
    }
}

fn request(words: &Words, step: &Step) -> String {
    let (method, target, version) = (step.method, words.fill(step.target), step.version);
    let mut request = format!("{method} {target} {version}\r\n");
    if !step.fields.iter().any(|line| line.starts_with("Host:")) {
        request.push_str(&format!("Host: {}\r\n", words.edge));
    }
    request.push_str("Connection: close\r\n");
    for line in step.fields {
        request.push_str(&format!("{}\r\n", words.fill(line)));
    }
    request + "\r\n" + step.body
}

/// Returns what is not as `step` says.
fn problems_of(
    step: &Step,
    words: &Words,
    response: &Result<Response, String>,
    seen: &[Seen],
    before: usize,
) -> Vec<String> {
    let response = match response {
        Ok(response) => response,
        // A response need not come where a broken one is expected.
        Err(_) if step.expect.iter().any(|expect| matches!(expect, Expect::Broken)) => {
            return Vec::new();
        }
        Err(error) => return vec![error.clone()],
    };
    let (earlier, now) = seen.split_at(before);
    let mut problems: Vec<_> = outcome(step, response, earlier, now).into_iter().collect();
    for expect in step.expect {
        if !holds(expect, words, response, now) {
            problems.push(format!("not so: {expect:?}"));
        }
    }
    let breaks = step.expect.iter().any(|expect| matches!(expect, Expect::Broken));
    if !response.whole && !breaks {
        problems.push("the body is cut".to_owned());
    }
    problems
}

fn outcome(step: &Step, response: &Response, earlier: &[Seen], now: &[Seen]) -> Option<String> {
    let body = String::from_utf8_lossy(&response.message.body);
    let has_body = step.method != "HEAD" && ![206, 304, 416].contains(&response.status);
    let is_of = |answers: &[Seen]| {
        !has_body
            || answers.iter().any(|seen| {
                seen.content.as_ref().is_none_or(|content| content.as_bytes() == body.as_bytes())
            })
    };
    let is_conditional = now.iter().any(|seen| {
        let conditions = ["if-none-match", "if-modified-since"];
        conditions.iter().any(|name| !seen.request.all(name).is_empty())
    });
    let (asked, is_earlier) = (!now.is_empty(), is_of(earlier));
    let wrong = match step.outcome {
        Outcome::Any => None,
        Outcome::Hit | Outcome::Eventually if asked => Some("the origin was asked"),
        Outcome::Miss if !asked => Some("the origin was not asked"),
        Outcome::Miss if !is_of(now) => Some("the content is not of this exchange"),
        Outcome::Validated if !asked => Some("the origin was not asked"),
        Outcome::Validated if !is_conditional => Some("the origin was asked without a condition"),
        Outcome::Covered if !asked => Some("the origin was not asked"),
        Outcome::Refreshing if !asked => Some("the origin was not asked in the background"),
        Outcome::Miss => None,
        Outcome::Hit
        | Outcome::Eventually
        | Outcome::Validated
        | Outcome::Covered
        | Outcome::Refreshing => (!is_earlier).then_some("the content is of no earlier answer"),
    };
    wrong.map(|wrong| format!("expected {:?}: {wrong}", step.outcome))
}

fn holds(expect: &Expect, words: &Words, response: &Response, now: &[Seen]) -> bool {
    let message = &response.message;
    let requests = || now.iter().map(|seen| &seen.request);
    let any_holds = |lines: &[&str], text: &str| {
        let text = words.fill(text);
        lines.iter().any(|line| line.contains(&text))
    };
    match *expect {
        Expect::Status(status) => response.status == status,
        Expect::Has(line) => message.has(&words.fill(line)),
        Expect::HasNo(name) => message.all(name).is_empty(),
        Expect::Lines(name, lines) => {
            let lines: Vec<_> = lines.iter().map(|line| words.fill(line)).collect();
            message.all(name) == lines
        }
        Expect::Holds(name, text) => any_holds(&message.all(name), text),
        Expect::HoldsNot(name, text) => !any_holds(&message.all(name), text),
        Expect::Body(text) => message.body == words.fill(text).as_bytes(),
        Expect::Within(name, least, most) => match message.all(name)[..] {
            [value] => value.parse().is_ok_and(|value: u64| (least..=most).contains(&value)),
            _ => false,
        },
        Expect::Sees(line) => requests().any(|request| request.has(&words.fill(line))),
        Expect::SeesNo(name) => {
            !now.is_empty() && requests().all(|request| request.all(name).is_empty())
        }
        Expect::SeesIn(name, text) => requests().any(|request| any_holds(&request.all(name), text)),
        Expect::SeesTarget(line) => requests().any(|request| request.start == words.fill(line)),
        Expect::SeesBody(text) => requests().any(|request| request.body == text.as_bytes()),
        Expect::Asked(count) => now.len() == count,
        Expect::Broken => !response.whole,
        Expect::Interim(statuses) => response.interim == statuses,
    }
}
