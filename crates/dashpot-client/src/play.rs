//! One session over HTTP.

use crate::{Clock, Driven, FetchError, Plan, PlayError, Snapshot, drive, http::Http};
use dashpot_abr::Rule;
use dashpot_base::{MonoTime, Seed};
use dashpot_net::{Link, Trace, UNLIMITED};
use dashpot_player::{self as player, DoneReason, Input, Player};
use dashpot_qoe::Summary;
use std::{sync::Once, time::Duration};

/// How long a connection may take to come about. Longer than any round trip on Earth with a lost
/// packet or two; a server that is down should be known before the buffer is empty.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Where CMCD goes (CTA-5004 §3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CmcdMode {
    /// Nowhere.
    Off,
    /// Into header fields.
    #[default]
    Headers,
    /// Into the URL's query.
    Query,
}

/// A session over HTTP.
#[derive(Debug)]
pub struct Config {
    /// The player's own part: the MPD, buffers, when to stop.
    pub player: player::Config,
    /// Who chooses the rungs.
    pub rule: Box<dyn Rule>,
    /// The access line to emulate; `None` lets everything pass.
    pub link: Option<Trace>,
    /// The share of requests that the emulated line loses, from 0 to 1.
    pub loss_ratio: f64,
    /// Fixes which requests these are.
    pub seed: Seed,
    /// Where CMCD goes.
    pub cmcd: CmcdMode,
    /// What the viewer does meanwhile: after how long, and where they go.
    pub seeks: Vec<(Duration, Duration)>,
    /// How often to observe even when nothing happens.
    pub refresh: Option<Duration>,
    /// Certificates of authorities to trust besides the machine's, in PEM; empty for none.
    pub ca: Vec<u8>,
}

impl Config {
    /// Returns a session of `rule` over the network as it is.
    #[must_use]
    pub fn new(player: player::Config, rule: Box<dyn Rule>) -> Self {
        Self {
            player,
            rule,
            link: None,
            loss_ratio: 0.0,
            seed: Seed(1),
            cmcd: CmcdMode::default(),
            seeks: Vec::new(),
            refresh: None,
            ca: Vec::new(),
        }
    }
}

/// How a session went.
#[derive(Debug)]
pub struct Outcome {
    /// Why it ended.
    pub reason: DoneReason,
    /// What went wrong in the end, where the reason is a failure.
    pub error: Option<FetchError>,
    /// What the MPD declares and could not be played, and why.
    pub problems: Vec<String>,
    /// Its numbers.
    pub summary: Summary,
    /// How long it took.
    pub took: Duration,
}

/// Plays one session; `stop` ends it early, and what was played until then counts.
///
/// # Errors
/// Where there was nothing to play: no MPD, or none that can be played. A session that failed
/// later is an [`Outcome`] whose reason says so.
///
/// # Panics
/// Never: a link without a limit is always a trace.
pub async fn play(
    config: Config,
    stop: impl Future<Output = ()>,
    observe: impl FnMut(Snapshot<'_>),
) -> Result<Outcome, PlayError> {
    let client = client(config.player.manifest.scheme(), &config.ca).map_err(PlayError::Client)?;
    let clock = Clock::start();
    let trace = match config.link {
        Some(trace) => trace,
        None => {
            Trace::constant(UNLIMITED, Duration::ZERO).expect("an unlimited link carries something")
        }
    };
    let link = Link::new(trace, config.loss_ratio, config.seed);
    let mut http = Http::new(client, clock, config.cmcd, link);
    let mut seeks = config.seeks;
    seeks.sort_by_key(|(after, _)| *after);
    let script = seeks.into_iter().map(|(after, to)| (after, Input::Seek { to })).collect();
    let plan = Plan { script, refresh: config.refresh };
    let url = config.player.manifest.to_string();
    let player = Player::new(config.player, config.rule);
    let driven = drive(player, &mut http, &clock, plan, stop, observe).await;
    outcome(driven, http, url)
}

fn outcome(driven: Driven, http: Http, url: String) -> Result<Outcome, PlayError> {
    let Driven { reason, session, ended } = driven;
    let took = ended.since(MonoTime::ZERO);
    let Some(problems) = http.problems else {
        // Whatever ended it, there was nothing to play; a wait that nothing broke has no error.
        let last = http.errors.into_iter().next_back().map(|(_, error)| error);
        return Err(match (reason, last) {
            (DoneReason::Failed { failure, .. }, Some(error)) if error.failure() != failure => {
                PlayError::NoManifest { url, waited: took }
            }
            (_, Some(error)) => PlayError::Manifest(error),
            (_, None) => PlayError::NoManifest { url, waited: took },
        });
    };
    let mut errors = http.errors.into_iter().rev();
    let error = match &reason {
        DoneReason::NothingToPlay => return Err(PlayError::NothingToPlay { url }),
        DoneReason::Failed { what, failure } => errors
            .find(|(of, error)| of == what && error.failure() == *failure)
            .map(|(_, error)| error),
        DoneReason::Ended
        | DoneReason::PlayedEnough
        | DoneReason::TimeUp
        | DoneReason::Stopped
        | DoneReason::RuleFailed { .. } => None,
    };
    Ok(Outcome { reason, error, problems, summary: session.summary(ended), took })
}

fn client(scheme: &str, ca: &[u8]) -> Result<reqwest::Client, reqwest::Error> {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        let provider = rustls::crypto::ring::default_provider();
        if provider.install_default().is_err() {
            tracing::debug!("another part of the process chose the TLS provider already");
        }
    });
    let trusted = reqwest::Certificate::from_pem_bundle(ca)?;
    let builder = || {
        reqwest::Client::builder()
            .user_agent(concat!("dashpot/", env!("CARGO_PKG_VERSION")))
            // What is measured is the path to the server named, not one through the environment's.
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .tls_certs_merge(trusted.clone())
    };
    match builder().build() {
        // A machine without CA certificates, such as a slim container, can still play over plain
        // HTTP; a redirect to HTTPS then fails as a certificate that nobody vouches for.
        Err(error) if scheme == "http" => {
            tracing::debug!(%error, "playing without CA certificates");
            builder().tls_certs_only([]).build()
        }
        built => built,
    }
}

#[cfg(test)]
mod tests;
