//! Asking pathways how they are: whether they serve, and how loaded they say that they are.

use super::Steerer;
use crate::config::{PollConfig, StartError};
use dashpot_http::{
    cmsd::CMSD_DYNAMIC,
    nearest::{member, parameter},
};
use dashpot_packager::Pathways;
use dashpot_route::{
    Failure,
    health::{Outcome, Settings},
    steering::{LOAD_FULL, News, Probe, Said},
};
use dashpot_serve::Clock;
use futures_util::future::join_all;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use std::{convert::Infallible, future::pending};
use tokio::time::{sleep, timeout};
use tracing::{info, warn};
use url::Url;

/// Bytes of an answer that are read: many times those of a server of ours.
const BODY_BYTES_MAX: usize = 64 << 10;

/// What asks the pathways.
#[derive(Debug)]
pub(crate) struct Poller {
    client: reqwest::Client,
    settings: Settings,
    /// Names, and what is asked.
    pathways: Vec<(String, Url)>,
}

impl Poller {
    /// Returns what asks the configured pathways as `config` says.
    pub(crate) fn new(config: &PollConfig, pathways: &Pathways) -> Result<Self, StartError> {
        let mut asked = Vec::new();
        for pathway in pathways.list() {
            // RFC 3986 §5.2.2: below the pathway's own path, or in the place of it.
            let url =
                Url::parse(&format!("{}/", pathway.url)).and_then(|url| url.join(&config.path));
            let url = url.map_err(|_| StartError::Poll {
                pathway: pathway.name.clone(),
                path: config.path.clone(),
            })?;
            asked.push((pathway.name.clone(), url));
        }
        let settings = Settings {
            interval: config.every,
            // A doubt is settled in half the time.
            fast_interval: config.every / 2,
            ..Settings::default()
        };
        // reqwest takes the process's provider; it may have been set by another server in here.
        rustls::crypto::ring::default_provider().install_default().unwrap_or_default();
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .user_agent("dashpot-steering")
            .pool_max_idle_per_host(1);
        if asked.iter().all(|(_, url)| url.scheme() == "http") {
            // No certificate will be looked at, so that a machine without any can still ask.
            builder = builder.tls_certs_only([]);
        }
        let client = builder.build().map_err(|source| StartError::PollClient { source })?;
        Ok(Self { client, settings, pathways: asked })
    }

    /// Asks all of them for as long as the server runs.
    pub(crate) async fn run(&self, steerer: &Steerer, clock: &Clock) -> Infallible {
        steerer.held(|steering| steering.watch(clock.mono(), self.settings));
        join_all(self.pathways.iter().map(|(id, url)| self.watch(id, url, steerer, clock))).await;
        pending().await
    }

    async fn watch(&self, id: &str, url: &Url, steerer: &Steerer, clock: &Clock) {
        while let Some(due) = steerer.held(|steering| steering.wake_at(id)) {
            sleep(due.since(clock.mono())).await;
            let asked = timeout(self.settings.timeout, self.ask(url.clone()));
            let probe = asked.await.unwrap_or_else(|_| failed(Failure::Timeout));
            let noted = steerer.held(|steering| steering.probed(clock.mono(), id, probe));
            let Ok(news) = noted else { return };
            tell(id, news);
        }
    }

    /// Asks once.
    async fn ask(&self, url: Url) -> Probe {
        let mut answer = match self.client.get(url).send().await {
            Ok(answer) => answer,
            Err(error) if error.is_connect() => return failed(Failure::Connect),
            Err(_) => return failed(Failure::Closed),
        };
        let (status, fields) = (answer.status(), std::mem::take(answer.headers_mut()));
        let mut body = Vec::new();
        loop {
            match answer.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() <= BODY_BYTES_MAX => {
                    body.extend_from_slice(&chunk);
                }
                Ok(Some(_)) => return failed(Failure::Content),
                Ok(None) => break,
                Err(_) => return failed(Failure::Closed),
            }
        }
        probe(status, &fields, &body)
    }
}

const fn failed(failure: Failure) -> Probe {
    Probe { outcome: Outcome::Failed(failure), said: None }
}

/// What a server of ours says; of what others say as much as is called the same.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Report {
    status: Option<String>,
    load_percent: Option<u8>,
    duress: bool,
}

/// Reads an answer. A page that says nothing of a load is as good as one that does.
fn probe(status: StatusCode, fields: &HeaderMap, body: &[u8]) -> Probe {
    let report: Report = serde_json::from_slice(body).unwrap_or_default();
    let said = if report.status.as_deref() == Some("draining") {
        Some(Said::Draining)
    } else if report.duress || is_duress(fields) {
        Some(Said::Duress)
    } else {
        report.load_percent.map(|percent| Said::Load(percent.min(LOAD_FULL)))
    };
    let outcome = if status.is_success() {
        Outcome::Passed
    } else {
        Outcome::Failed(Failure::Status(status.as_u16()))
    };
    Probe { outcome, said }
}

/// Says whether the nearest server is under duress (CTA-5006 `du`).
fn is_duress(fields: &HeaderMap) -> bool {
    let last = fields.get_all(CMSD_DYNAMIC).iter().next_back();
    let last = last.and_then(|value| value.to_str().ok()).and_then(member);
    // RFC 9651 §3.1.2: without a value, it is true.
    last.and_then(|member| parameter(member, "du")).is_some_and(|value| matches!(value, "" | "?1"))
}

/// Writes down what has changed.
fn tell(id: &str, news: News) {
    if let Some(change) = news.health {
        match change.why {
            Some(why) => warn!(pathway = id, %why, "pathway is down"),
            None => info!(pathway = id, "pathway is up"),
        }
    }
    match news.fullness {
        Some((true, said)) => warn!(pathway = id, ?said, "pathway is full"),
        Some((false, said)) => info!(pathway = id, ?said, "pathway is no longer full"),
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn check(status: u16, cmsd: &[&'static str], body: &str, outcome: Outcome, said: Option<Said>) {
        let mut fields = HeaderMap::new();
        for line in cmsd {
            fields.append(CMSD_DYNAMIC, HeaderValue::from_static(line));
        }
        let status = StatusCode::from_u16(status).unwrap();
        let expected = Probe { outcome, said };
        assert_eq!(probe(status, &fields, body.as_bytes()), expected, "{status} {cmsd:?} {body}");
    }

    #[test]
    fn answers_are_read_for_what_they_say() {
        use Outcome::{Failed, Passed};
        let load = |percent| Some(Said::Load(percent));
        check(200, &[], "", Passed, None);
        check(204, &[], "OK", Passed, None);
        check(200, &[], r#"{"status":"ok"}"#, Passed, None);
        check(200, &[], r#"{"status":"ok","load_percent":40,"more":1}"#, Passed, load(40));
        check(200, &[], r#"{"load_percent":250}"#, Passed, load(100));
        check(200, &[], r#"{"load_percent":1000}"#, Passed, None);
        check(200, &[], r#"{"load_percent":91,"duress":true}"#, Passed, Some(Said::Duress));
        let draining = r#"{"status":"draining","load_percent":1}"#;
        check(503, &[], draining, Failed(Failure::Status(503)), Some(Said::Draining));
        check(302, &[], "", Failed(Failure::Status(302)), None);
        // Each server on the way adds a member; the last one is the one that was asked.
        check(200, &["\"o\";du"], r#"{"load_percent":1}"#, Passed, Some(Said::Duress));
        check(200, &["\"o\";du, \"e\";etp=5"], "", Passed, None);
        check(200, &["\"o\";du", "\"e\";etp=5"], "", Passed, None);
        check(200, &["\"o\"", "\"e\";etp=5;du=?1"], "", Passed, Some(Said::Duress));
        check(200, &["\"o\";du=?0"], "", Passed, None);
    }
}
