//! What players tell (CMCD, CTA-5004 and CTA-5004-A): kept by session, and written down.

mod log;
mod page;
mod read;
mod serve;

pub use log::CmcdLogError;
use page::{list, one};
use read::{BODY_BYTES_MAX, of_body};

use dashpot_base::WallTime;
use dashpot_http::{cmcd::Report, date};
use log::CmcdLog;
use serde::{Serialize, Serializer};
use std::{
    collections::{BTreeMap, VecDeque},
    net::IpAddr,
    path::Path,
    sync::{Mutex, PoisonError},
};

/// Sessions kept: a class of viewers; whoever has been silent longest leaves.
const SESSIONS_MAX: usize = 200;
/// Points kept of one: half an hour of two-second segments of sound and pictures.
const POINTS_MAX: usize = 2_000;
/// Letters of an id that are kept: CTA-5004 has no longer ones.
const ID_MAX: usize = 64;

/// All sessions that have told something.
#[derive(Debug)]
pub(crate) struct Sessions {
    held: Option<Mutex<BTreeMap<String, Session>>>,
    log: Option<CmcdLog>,
}

/// One session.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) content: Option<String>,
    pub(crate) client: IpAddr,
    /// Of CMCD, where it is said.
    pub(crate) version: Option<u64>,
    #[serde(serialize_with = "rfc3339")]
    pub(crate) first: WallTime,
    #[serde(serialize_with = "rfc3339")]
    pub(crate) last: WallTime,
    pub(crate) requests: u64,
    pub(crate) events: u64,
    /// How often the buffer ran dry: requests that say so (`bs`), and changes to the state `r`.
    pub(crate) stalls: u64,
    /// It has told of playing. What is waited for before that is the start.
    #[serde(skip)]
    has_played: bool,
    pub(crate) points: VecDeque<Point>,
}

/// What a session told at one time.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Point {
    #[serde(serialize_with = "rfc3339")]
    pub(crate) at: WallTime,
    pub(crate) bitrate_kbps: Option<f64>,
    pub(crate) buffer_ms: Option<f64>,
    pub(crate) throughput_kbps: Option<f64>,
    pub(crate) is_starved: bool,
    pub(crate) state: Option<String>,
    pub(crate) event: Option<String>,
}

/// How a report came.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way<'a> {
    /// With a request for this path, which was answered so.
    Request { path: &'a str, status: u16 },
    /// By itself.
    Event,
}

impl Sessions {
    /// Keeps sessions where `keeps`, and writes to `log` where there is one.
    pub(crate) fn new(keeps: bool, log: Option<&Path>) -> Result<Self, CmcdLogError> {
        let log = log.map(CmcdLog::open).transpose()?;
        Ok(Self { held: keeps.then(Mutex::default), log })
    }

    /// Says whether anything that players tell is wanted.
    pub(crate) const fn listens(&self) -> bool {
        self.held.is_some() || self.log.is_some()
    }

    /// Says whether there is a page of sessions.
    pub(crate) const fn has_page(&self) -> bool {
        self.held.is_some()
    }

    /// Notes what a client told.
    pub(crate) fn note(&self, now: WallTime, client: IpAddr, way: Way<'_>, report: &Report) {
        let id: String = report.text("sid").unwrap_or_default().chars().take(ID_MAX).collect();
        let id = if id.is_empty() { client.to_string() } else { id };
        if let Some(log) = &self.log {
            log.write(&log::Line { t: now, session: &id, client, way, report });
        }
        let Some(held) = &self.held else { return };
        let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
        if !held.contains_key(&id) && SESSIONS_MAX <= held.len() {
            let silent = held.values().min_by_key(|session| session.last);
            if let Some(silent) = silent.map(|session| session.id.clone()) {
                held.remove(&silent);
            }
        }
        let session = held.entry(id.clone()).or_insert_with(|| Session::new(id, now, client));
        session.take(now, way, report);
    }

    /// Returns all of them, those first that told something last.
    pub(crate) fn all(&self) -> Vec<Session> {
        let Some(held) = &self.held else { return Vec::new() };
        let held = held.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<Session> = held.values().cloned().collect();
        all.sort_by_key(|session| std::cmp::Reverse(session.last));
        all
    }

    /// Returns one of them.
    pub(crate) fn find(&self, id: &str) -> Option<Session> {
        let held = self.held.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        held.get(id).cloned()
    }
}

impl Session {
    const fn new(id: String, now: WallTime, client: IpAddr) -> Self {
        Self {
            id,
            content: None,
            client,
            version: None,
            first: now,
            last: now,
            requests: 0,
            events: 0,
            stalls: 0,
            has_played: false,
            points: VecDeque::new(),
        }
    }

    fn take(&mut self, now: WallTime, way: Way<'_>, report: &Report) {
        self.last = now;
        match way {
            Way::Request { .. } => self.requests += 1,
            Way::Event => self.events += 1,
        }
        if let Some(content) = report.text("cid") {
            self.content = Some(content.to_owned());
        }
        if let Some(version) = report.number("v", "") {
            self.version = Some(if version < 1.5 { 1 } else { 2 });
        }
        let object = report.text("ot").unwrap_or("v");
        let state = report.text("sta");
        self.has_played |= state == Some("p");
        let rebuffers = state == Some("r") && self.has_played;
        let is_new = self.points.back().is_none_or(|last| last.state.as_deref() != Some("r"));
        self.stalls += u64::from(report.flag("bs") || (rebuffers && is_new));
        let is_starved = report.flag("bs") || rebuffers;
        // What sound takes says nothing about what is seen.
        let is_video = matches!(object, "v" | "av");
        let number = |key| report.number(key, "v").filter(|_| is_video);
        let point = Point {
            at: now,
            bitrate_kbps: number("br"),
            buffer_ms: number("bl"),
            throughput_kbps: report.number("mtp", "v"),
            is_starved,
            state: state.map(str::to_owned),
            event: report.text("e").map(str::to_owned),
        };
        if self.points.len() == POINTS_MAX {
            self.points.pop_front();
        }
        self.points.push_back(point);
    }
}

pub(crate) fn rfc3339<S: Serializer>(time: &WallTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&date::print_rfc3339(*time))
}

#[cfg(test)]
mod tests;
