//! Jobs that fill the cache before anybody asks.

mod list;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::Serialize;
use tokio::{
    task::{AbortHandle, JoinSet},
    time::{MissedTickBehavior, interval},
};

use crate::{edge::Edge, errand};
pub(crate) use list::{Wanted, of_mpd};

/// URLs of one job: a film of three hours in ten versions with segments of four seconds is 27,000.
pub(crate) const URLS_MAX: usize = 50_000;
/// Fetches of one job at a time: more would crowd out viewers' own.
pub(crate) const CONCURRENCY_MAX: usize = 32;
/// Fetches that a job begins in a second.
pub(crate) const RATE_PER_S_MAX: u32 = 1_000;
/// Jobs that run at a time.
const RUNNING_MAX: usize = 4;
/// Jobs that are remembered, those that have ended included.
const JOBS_MAX: usize = 64;
/// Failures that a job tells one by one.
const REASONS_MAX: usize = 100;

/// All jobs.
#[derive(Debug, Default)]
pub(crate) struct Jobs {
    jobs: Mutex<BTreeMap<String, Job>>,
}

#[derive(Debug)]
struct Job {
    begun: u64,
    progress: Arc<Mutex<Progress>>,
    task: AbortHandle,
}

/// How far a job is.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Progress {
    pub(crate) state: State,
    pub(crate) total: usize,
    pub(crate) done: usize,
    pub(crate) failed: usize,
    pub(crate) bytes: u64,
    /// The first failures.
    pub(crate) failures: Vec<Failure>,
}

/// Whether a job goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    Running,
    Finished,
    Cancelled,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Failure {
    url: String,
    reason: String,
}

/// What a job is to do.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) urls: BTreeSet<Wanted>,
    /// An MPD whose resources come after `urls`.
    pub(crate) mpd: Option<Wanted>,
    pub(crate) rate_per_s: u32,
    pub(crate) concurrency: usize,
}

impl Jobs {
    /// Begins a job and returns its id; `None` where as many run as may.
    pub(crate) fn begin(&self, edge: &Arc<Edge>, id: String, plan: Plan) -> Option<String> {
        let mut jobs = lock(&self.jobs);
        let running = jobs.values().filter(|job| lock(&job.progress).state == State::Running);
        if RUNNING_MAX <= running.count() {
            return None;
        }
        while JOBS_MAX <= jobs.len() {
            let ended = jobs.iter().filter(|(_, job)| lock(&job.progress).state != State::Running);
            let oldest = ended.min_by_key(|(_, job)| job.begun).map(|(id, _)| id.clone())?;
            jobs.remove(&oldest);
        }
        let progress = Progress {
            state: State::Running,
            total: plan.urls.len(),
            done: 0,
            failed: 0,
            bytes: 0,
            failures: Vec::new(),
        };
        let progress = Arc::new(Mutex::new(progress));
        let begun = jobs.values().map(|job| job.begun + 1).max().unwrap_or(0);
        let run = Run { edge: Arc::clone(edge), progress: Arc::clone(&progress) };
        let task = tokio::spawn(run.all(plan)).abort_handle();
        jobs.insert(id.clone(), Job { begun, progress, task });
        Some(id)
    }

    /// Returns how far a job is.
    pub(crate) fn progress(&self, id: &str) -> Option<Progress> {
        lock(&self.jobs).get(id).map(|job| lock(&job.progress).clone())
    }

    /// Ends a job and returns how far it got.
    pub(crate) fn cancel(&self, id: &str) -> Option<Progress> {
        let jobs = lock(&self.jobs);
        let job = jobs.get(id)?;
        job.task.abort();
        let mut progress = lock(&job.progress);
        if progress.state == State::Running {
            progress.state = State::Cancelled;
        }
        Some(progress.clone())
    }

    /// Ends all jobs.
    pub(crate) fn end(&self) {
        for job in lock(&self.jobs).values() {
            job.task.abort();
        }
    }
}

/// A job under way.
struct Run {
    edge: Arc<Edge>,
    progress: Arc<Mutex<Progress>>,
}

impl Run {
    async fn all(self, mut plan: Plan) {
        if let Some(mpd) = plan.mpd.take() {
            self.read_mpd(&mpd, &mut plan.urls).await;
        }
        let mut pace = interval(Duration::from_secs(1) / plan.rate_per_s.max(1));
        // A slow origin is not made up for by a burst.
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut fetches = JoinSet::new();
        for wanted in plan.urls {
            while plan.concurrency <= fetches.len() {
                fetches.join_next().await;
            }
            pace.tick().await;
            let (edge, progress) = (Arc::clone(&self.edge), Arc::clone(&self.progress));
            fetches.spawn(async move { one(&edge, &progress, &wanted).await });
        }
        while fetches.join_next().await.is_some() {}
        let mut progress = lock(&self.progress);
        if progress.state == State::Running {
            progress.state = State::Finished;
        }
    }

    /// Adds what an MPD leads to.
    async fn read_mpd(&self, mpd: &Wanted, urls: &mut BTreeSet<Wanted>) {
        /// The largest MPD that is read: the reader takes no larger ones.
        const MPD_BYTES_MAX: usize = 8 << 20;
        lock(&self.progress).total += 1;
        let fetched = errand::run(&self.edge, &mpd.path_and_query, mpd.headers(), MPD_BYTES_MAX);
        let found = match fetched.await {
            // What may not be stored can be read all the same; it is the segments that count.
            Err(failed) => Err(failed.to_text()),
            Ok(fetched) => of_mpd(&fetched.kept, mpd).inspect(|_| {
                let mut progress = lock(&self.progress);
                (progress.done, progress.bytes) = (progress.done + 1, fetched.bytes);
            }),
        };
        match found {
            Ok(found) => {
                urls.extend(found);
                while URLS_MAX < urls.len() {
                    urls.pop_last();
                }
                lock(&self.progress).total = urls.len() + 1;
            }
            Err(reason) => note_failure(&self.progress, mpd, reason),
        }
    }
}

async fn one(edge: &Arc<Edge>, progress: &Mutex<Progress>, wanted: &Wanted) {
    match errand::run(edge, &wanted.path_and_query, wanted.headers(), 0).await {
        Ok(fetched) => {
            let mut progress = lock(progress);
            progress.done += 1;
            progress.bytes += fetched.bytes;
        }
        Err(failed) => note_failure(progress, wanted, failed.to_text()),
    }
}

fn note_failure(progress: &Mutex<Progress>, wanted: &Wanted, reason: String) {
    let mut progress = lock(progress);
    progress.failed += 1;
    if progress.failures.len() < REASONS_MAX {
        progress.failures.push(Failure { url: wanted.path_and_query.clone(), reason });
    }
}

impl Wanted {
    /// Returns the fields to ask with.
    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let fields: [(HeaderName, Option<&String>); 2] =
            [(header::HOST, self.host.as_ref()), (header::RANGE, self.range.as_ref())];
        for (name, value) in fields {
            if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
                headers.insert(name, value);
            }
        }
        headers
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What the locks guard is whole between any two statements that can panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
