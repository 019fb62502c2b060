//! `dashpot bench --real`: the same rules over real HTTP, beside the same sessions in virtual time.

mod chain;
mod known;
mod told;

use crate::{ExitStatus, cli, rule};
use anyhow::Context as _;
pub(super) use chain::{Chain, Links};
use dashpot_abr::Rule;
use dashpot_base::{MonoTime, Seed};
use dashpot_client as client;
use dashpot_net::{Link, Trace};
use dashpot_player as player;
use dashpot_qoe::{self as qoe, Measures, Metric};
use dashpot_sim::{Session, Wire, sweep::Played};
use indicatif::{ProgressBar, ProgressStyle};
pub(super) use known::Known;
use std::{num::NonZeroUsize, sync::Arc, time::Duration};
use tokio::{sync::Semaphore, task::JoinSet};
use told::{Agreement, Pair};

/// How many sessions play at once for each core: one costs a hundredth of a core or two at the
/// rates of access lines, and a core that is never full keeps timers true.
pub(super) const SESSIONS_PER_CORE: usize = 8;

/// Sessions begin so far apart: all at once they would measure how fast this machine makes clients.
pub(super) const APART: Duration = Duration::from_millis(200);

/// What is compared.
#[derive(Debug)]
pub(super) struct Request {
    /// Rules as they are typed.
    pub(super) rules: Vec<String>,
    /// Links and their names.
    pub(super) traces: Vec<(String, Trace)>,
    /// The most media ahead of the playhead.
    pub(super) buffer: Duration,
    /// How much media each session plays.
    pub(super) length: Duration,
    /// Fixes the resampling of intervals.
    pub(super) seed: Seed,
    /// Whether the result is one JSON object rather than a table.
    pub(super) json: bool,
}

/// Plays every rule over every trace in real and in virtual time, and prints how they agree.
///
/// # Errors
/// Where the chain cannot be started or a session cannot be played.
pub(super) async fn run(request: Request) -> anyhow::Result<ExitStatus> {
    let chain = Chain::start(request.length).await?;
    let known = Known::fetch(chain.mpd()).await?;
    let pairs = play_all(&request, &chain, &known).await;
    // What runs is ended whatever came of the sessions.
    let ended = chain.stop().await;
    let agreement = Agreement::of(pairs?, request.seed);
    ended?;
    cli::print(&if request.json { agreement.json()? } else { agreement.text() });
    Ok(if agreement.holds() { ExitStatus::Done } else { ExitStatus::CheckFailed })
}

async fn play_all(request: &Request, chain: &Chain, known: &Known) -> anyhow::Result<Vec<Pair>> {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let at_once = cores * SESSIONS_PER_CORE;
    let room = Arc::new(Semaphore::new(at_once));
    let bar = bar(request.rules.len() * request.traces.len())?;
    let mut sessions = JoinSet::new();
    for (number, (name, trace)) in request.traces.iter().enumerate() {
        for (rule_number, rule) in request.rules.iter().enumerate() {
            let plan = Plan {
                rule: rule.clone(),
                trace: trace.clone(),
                config: player::Config {
                    buffer_max: request.buffer,
                    stop_after_media: Some(request.length),
                    ..player::Config::new(chain.mpd().clone())
                },
            };
            let (room, known, bar) = (Arc::clone(&room), known.clone(), bar.clone());
            let (rule, name) = (rule.clone(), name.clone());
            let slot = (number * request.rules.len() + rule_number) % at_once;
            let begins = APART.saturating_mul(u32::try_from(slot).unwrap_or(u32::MAX));
            sessions.spawn(async move {
                let _permit = room.acquire_owned().await?;
                tokio::time::sleep(begins).await;
                let in_virtual = plan.virtually(&known)?;
                let in_real = plan.really(&known).await;
                let in_real = in_real.with_context(|| format!("{rule} over `{name}`"))?.measures;
                bar.inc(1);
                let pair = Pair { rule, trace: name, in_virtual, in_real };
                anyhow::Ok(((rule_number, number), pair))
            });
        }
    }
    let mut pairs = Vec::new();
    while let Some(done) = sessions.join_next().await {
        pairs.push(done.context("a session panicked")??);
    }
    bar.finish_and_clear();
    pairs.sort_by_key(|(order, _)| *order);
    Ok(pairs.into_iter().map(|(_, pair)| pair).collect())
}

/// One session, to be played in either time.
pub(super) struct Plan {
    /// The rule as it is typed.
    pub(super) rule: String,
    /// The link.
    pub(super) trace: Trace,
    /// The player.
    pub(super) config: player::Config,
}

impl Plan {
    fn made(&self) -> anyhow::Result<Box<dyn Rule>> {
        rule::make(&self.rule).with_context(|| format!("--abr {}", self.rule))
    }

    fn virtually(&self, known: &Known) -> anyhow::Result<Measures> {
        let link = Link::new(self.trace.clone(), 0.0, Seed(1));
        let run = dashpot_sim::run(Session {
            player: player::Player::new(self.config.clone(), self.made()?),
            wire: Wire::new(known.clone(), link),
            script: Vec::new(),
            grain: Duration::from_nanos(1),
        });
        if let Some(reason @ player::DoneReason::RuleFailed { .. }) = &run.done {
            anyhow::bail!("{reason}");
        }
        let mut tracker = qoe::Tracker::new();
        for record in &run.records {
            tracker.add(record);
        }
        Ok(tracker.measures(&run.summary(), &known.ladder()))
    }

    /// Plays it over HTTP.
    ///
    /// # Errors
    /// Where the session fails, or its rule is none.
    pub(super) async fn really(&self, known: &Known) -> anyhow::Result<Played> {
        let (mut tracker, mut records) = (qoe::Tracker::new(), Vec::new());
        let rule = self.made()?;
        let config = client::Config {
            link: Some(self.trace.clone()),
            ..client::Config::new(self.config.clone(), rule)
        };
        let observe = |seen: client::Snapshot<'_>| {
            if let Some(record) = seen.record {
                tracker.add(record);
                records.push(record.clone());
            }
        };
        let outcome = client::play(config, std::future::pending(), observe).await?;
        if let player::DoneReason::Failed { .. } | player::DoneReason::RuleFailed { .. } =
            outcome.reason
        {
            anyhow::bail!("{}", outcome.reason);
        }
        let measures = tracker.measures(&outcome.summary, &known.ladder());
        let took = records.last().map(|record| record.at.since(MonoTime::ZERO));
        let took = took.unwrap_or_default();
        Ok(Played { measures, ended: "ended", failure: None, took, tracker, records })
    }
}

/// Returns the bar of so many sessions.
///
/// # Errors
/// None: its template is one.
pub(super) fn bar(sessions: usize) -> anyhow::Result<ProgressBar> {
    let style =
        ProgressStyle::with_template("{bar:30} {pos}/{len} sessions in real time, {elapsed}")?;
    let bar = ProgressBar::new(sessions as u64).with_style(style);
    bar.enable_steady_tick(Duration::from_millis(500));
    Ok(bar)
}

/// The figures that are compared, in the order of columns.
const COMPARED: [Metric; 4] =
    [Metric::BitrateKbps, Metric::StallSeconds, Metric::StartupSeconds, Metric::SwitchesPerMinute];
