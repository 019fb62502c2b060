//! `dashpot bench --browser`: dash.js in a browser, beside our rules, all of them in real time over
//! the same links.

mod chromium;
mod contender;
mod desk;
mod film;
mod results;
mod session;
mod told;

use super::{
    Format,
    plan::Plan,
    real::{self, Chain, Known},
};
use crate::{ExitStatus, signal, up::page};
use anyhow::{Context as _, bail};
use chromium::Browser;
pub(super) use contender::{Contender, NAME, is_one};
use dashpot_base::MonoTime;
use dashpot_player as player;
use dashpot_qoe::Metric;
use dashpot_serve::{Listener, Options, Shutdown, TowerToHyperService, serve};
use dashpot_sim::{input::Movie, sweep::Played};
use desk::{Desk, PAGE};
use film::Film;
use indicatif::ProgressBar;
use results::Results;
use session::Stage;
use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    num::NonZeroUsize,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};
use tokio::{sync::Semaphore, task::JoinSet};

/// Cores for each browser: it decodes and draws the film as if somebody watched, and one that lacks
/// processor time measures that instead of the link.
const CORES_PER_BROWSER: usize = 2;

/// What is compared.
#[derive(Debug)]
pub(super) struct Request {
    /// Rules, dash.js among them, and networks; its films are not played.
    pub(super) plan: Plan,
    /// The browser's program, where it is not to be looked for.
    pub(super) program: Option<PathBuf>,
    /// How much media each session plays.
    pub(super) length: Duration,
    /// Browsers at once; 0 for as many as this machine can bear.
    pub(super) at_once: usize,
    /// Where files are written.
    pub(super) out: Option<PathBuf>,
    /// Sessions whose decision logs are wanted.
    pub(super) log: Vec<String>,
    /// The shape of the result.
    pub(super) format: Format,
}

/// Plays every rule over every network in real time, and prints how they compare.
///
/// # Errors
/// Where there is no browser, the chain cannot be started, or a session cannot be played.
pub(super) async fn run(request: Request) -> anyhow::Result<ExitStatus> {
    if !page::has(PAGE) {
        bail!("this build has no page for dash.js: run `make web`, then build dashpot again");
    }
    let browser = Browser::find(request.program.as_deref()).await?;
    let chain = Chain::start(request.length).await?;
    let shutdown = Shutdown::new();
    let outcome = tokio::select! {
        outcome = play(request, browser, &chain, &shutdown) => outcome,
        () = signal::interrupted() => Err(anyhow::anyhow!("interrupted: no session was written")),
    };
    // What runs is ended whatever came of the sessions.
    shutdown.begin();
    let ended = chain.stop().await;
    let results = outcome?;
    ended?;
    results.write()?;
    Ok(ExitStatus::Done)
}

async fn play(
    request: Request,
    browser: Browser,
    chain: &Chain,
    shutdown: &Shutdown,
) -> anyhow::Result<Results> {
    let known = Known::fetch(chain.mpd()).await?;
    let Request { mut plan, length, .. } = request;
    plan.movies = vec![Movie::of_versions("film".to_owned(), known.versions())?];
    let chosen = super::extras::choose(&plan, &request.log)?;
    let desk = Desk::default();
    let listener = Listener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    let page = listener.addr();
    let router = TowerToHyperService::new(desk.routes());
    let options = Options::new(shutdown.clone());
    tokio::spawn(async move { serve(listener, move |_| router.clone(), options).await });
    let film = Arc::new(Film::of(known.presentation()));
    let version = browser.version.clone();
    let (links, buffer) = (chain.links(), plan.setup.buffer);
    let stage = Stage { browser, links, desk, page, film, length, buffer };
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let browsers = match request.at_once {
        0 => (cores / CORES_PER_BROWSER).max(1),
        at_once => at_once,
    };
    let bar = real::bar(plan.len())?;
    let all = Sessions { plan: &plan, bar: bar.clone(), length };
    let mut played = all.of_rules(chain, &known, cores * real::SESSIONS_PER_CORE).await?;
    let (in_browser, dashjs) = all.of_dashjs(&stage, &known, browsers).await?;
    bar.finish_and_clear();
    played.extend(in_browser);
    Ok(Results {
        sessions: played.into_values().collect(),
        plan,
        dashjs,
        browser: version,
        length,
        chosen,
        out: request.out,
        format: request.format,
    })
}

/// Sessions by their place in the plan.
type ByPlace = BTreeMap<usize, Played>;

/// What all sessions have in common.
struct Sessions<'a> {
    plan: &'a Plan,
    bar: ProgressBar,
    length: Duration,
}

impl Sessions<'_> {
    /// Plays the sessions of our own rules.
    async fn of_rules(
        &self,
        chain: &Chain,
        known: &Known,
        at_once: usize,
    ) -> anyhow::Result<ByPlace> {
        let (room, mut sessions) = (Arc::new(Semaphore::new(at_once)), JoinSet::new());
        for (index, job) in self.plan.jobs().enumerate().filter(|(_, job)| !is_one(job.rule)) {
            let plan = real::Plan {
                rule: job.rule.to_owned(),
                trace: job.network.trace.clone(),
                config: player::Config {
                    buffer_max: job.setup.buffer,
                    stop_after_media: Some(self.length),
                    ..player::Config::new(chain.mpd().clone())
                },
            };
            let (room, known, network) =
                (Arc::clone(&room), known.clone(), job.network.name.clone());
            let begins = real::APART.saturating_mul(u32::try_from(sessions.len() % at_once)?);
            sessions.spawn(async move {
                let _permit = room.acquire_owned().await?;
                tokio::time::sleep(begins).await;
                let played = plan.really(&known).await;
                let played = played.with_context(|| format!("{} over `{network}`", plan.rule))?;
                anyhow::Ok((index, played))
            });
        }
        let mut played = self.joined(sessions).await?;
        for (index, played) in &mut played {
            self.add_reaction(*index, played);
        }
        Ok(played)
    }

    /// Plays the sessions of dash.js; returns its version, too.
    async fn of_dashjs(
        &self,
        stage: &Stage,
        known: &Known,
        at_once: usize,
    ) -> anyhow::Result<(ByPlace, String)> {
        let (room, mut sessions) = (Arc::new(Semaphore::new(at_once)), JoinSet::new());
        for (index, job) in self.plan.jobs().enumerate().filter(|(_, job)| is_one(job.rule)) {
            let contender = Contender::parse(job.rule)?;
            let (room, stage) = (Arc::clone(&room), stage.clone());
            let (trace, name) = (job.network.trace.clone(), job.network.name.clone());
            let rule = job.rule.to_owned();
            sessions.spawn(async move {
                let _permit = room.acquire_owned().await?;
                let played = stage.play(contender, trace).await;
                anyhow::Ok((index, played.with_context(|| format!("{rule} over `{name}`"))?))
            });
        }
        let (ladder, mut dashjs) = (known.ladder(), String::new());
        let mut all = ByPlace::new();
        for (index, session) in self.joined(sessions).await? {
            dashjs = session.dashjs;
            let took = session.telling.at().since(MonoTime::ZERO);
            let (measures, tracker, records) = session.telling.finish(&ladder);
            let ended = session.ended;
            let mut played = Played { measures, ended, failure: None, took, tracker, records };
            self.add_reaction(index, &mut played);
            all.insert(index, played);
        }
        Ok((all, dashjs))
    }

    /// Waits for all of them; the first that fails ends the others.
    async fn joined<T: 'static>(
        &self,
        mut sessions: JoinSet<anyhow::Result<(usize, T)>>,
    ) -> anyhow::Result<BTreeMap<usize, T>> {
        let mut all = BTreeMap::new();
        while let Some(done) = sessions.join_next().await {
            match done.context("a session panicked").flatten() {
                Ok((index, played)) => {
                    all.insert(index, played);
                    self.bar.inc(1);
                }
                Err(error) => {
                    // Their browsers are to be gone before this is told.
                    sessions.shutdown().await;
                    return Err(error);
                }
            }
        }
        Ok(all)
    }

    fn add_reaction(&self, index: usize, played: &mut Played) {
        let ended = MonoTime::ZERO.after(played.took);
        let reaction = self.plan.job(index).reaction(&played.tracker, ended);
        played.measures.set(Metric::ReactionSeconds, reaction);
    }
}
