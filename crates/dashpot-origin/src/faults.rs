//! Faults on demand: which rules there are, what a request meets, and carrying it out.

mod attempts;
mod body;
mod gaps;
mod path;
mod respond;
mod ride;

pub(crate) use path::{Split, is_fault, split};
pub(crate) use ride::ride_along;

use attempts::Attempts;
use dashpot_fault::{Document, DocumentError, Facts, Plan, RuleError, decide};
use dashpot_http::cmcd::Cmcd;
use dashpot_packager::Catalogue;
use dashpot_serve::{Clock, Counter, Family};
use http::request::Parts;
use path::{Named, Numbers};
use std::{
    io,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

/// The argument of a URL that counts the redirects of a chain.
const HOP: &str = "fault-hop";

/// Why rules in a file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FaultsError {
    /// The file cannot be read.
    #[error("cannot read the faults in `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// What is in it are no rules.
    #[error("cannot use the faults in `{}`", path.display())]
    Document {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        source: DocumentError,
    },
}

/// The rules in force, and what they have come to.
#[derive(Debug)]
pub(crate) struct Faults {
    document: RwLock<Arc<Document>>,
    attempts: Mutex<Attempts>,
    /// Whether URLs may ask for faults.
    takes_urls: bool,
    clock: Clock,
    injected: Family<Vec<(&'static str, &'static str)>, Counter>,
}

/// A request's path and the faults that it meets.
#[derive(Clone, Debug)]
pub(crate) struct Met<'a> {
    /// What the request is for; without the faults that its URL asks for.
    pub(crate) path: Split<'a>,
    pub(crate) plan: Plan,
    hops: u32,
    /// The rules that leave segments out of the MPD that is asked for.
    gaps: Option<gaps::Gaps>,
    /// Where the MPD that is asked for is, relative to where it was asked for.
    pub(crate) location: Option<String>,
    /// The whole URL of the folder that the MPD is in, where it is to tell of it.
    pub(crate) folder: Option<String>,
}

impl<'a> Met<'a> {
    /// Returns a request for a path that meets nothing.
    pub(crate) fn plain(path: &'a str) -> Self {
        Self {
            path: Split::plain(path),
            plan: Plan::default(),
            hops: 0,
            gaps: None,
            location: None,
            folder: None,
        }
    }
}

impl Faults {
    /// Returns the rules in `file`, where there is one.
    pub(crate) fn new(
        file: Option<&Path>,
        takes_urls: bool,
        clock: Clock,
        injected: Family<Vec<(&'static str, &'static str)>, Counter>,
    ) -> Result<Self, FaultsError> {
        let document = file.map_or(Ok(Document::default()), |file| {
            let path = || file.to_owned();
            let json =
                std::fs::read(file).map_err(|source| FaultsError::Read { path: path(), source })?;
            Document::parse(&json).map_err(|source| FaultsError::Document { path: path(), source })
        })?;
        let (document, attempts) = (RwLock::new(Arc::new(document)), Mutex::default());
        Ok(Self { document, attempts, takes_urls, clock, injected })
    }

    /// Returns the rules in force.
    pub(crate) fn document(&self) -> Arc<Document> {
        Arc::clone(&self.document.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts `change`d rules in force, unless it fails; attempts count anew.
    pub(crate) fn change<E>(
        &self,
        change: impl FnOnce(&mut Document) -> Result<(), E>,
    ) -> Result<Arc<Document>, E> {
        let mut held = self.document.write().unwrap_or_else(PoisonError::into_inner);
        let mut document = (**held).clone();
        change(&mut document)?;
        *held = Arc::new(document);
        *self.attempts.lock().unwrap_or_else(PoisonError::into_inner) = Attempts::default();
        Ok(Arc::clone(&held))
    }

    /// Returns what a request meets.
    ///
    /// # Errors
    /// Where its URL asks for a fault that is none.
    pub(crate) fn meet<'a>(
        &self,
        request: &'a Parts,
        client: IpAddr,
        catalogue: &Catalogue,
    ) -> Result<Met<'a>, RuleError> {
        let mut met = Met::plain(request.uri.path());
        if self.takes_urls {
            met.path = split(request.uri.path())?;
        }
        let document = self.document();
        if met.path.rules.is_empty() && document.rules.is_empty() {
            return Ok(met);
        }
        let Some(named) = Named::of(&met.path.path, catalogue) else { return Ok(met) };
        let query = request.uri.query().unwrap_or_default();
        met.hops = hops(query);
        let viewer = Cmcd::from_headers(&request.headers)
            .or_else(|| Cmcd::from_query(query))
            .and_then(|cmcd| cmcd.session_id)
            .unwrap_or_else(|| client.to_string());
        let facts = Facts {
            object: named.object,
            asset: named.asset,
            representation: named.representation,
            number: named.number,
            time: named.time,
            viewer: &viewer,
            now: self.clock.wall(),
            attempt: self.attempt(&viewer, request.uri.path(), met.hops),
            hops: met.hops,
        };
        let rules = || met.path.rules.iter().chain(&document.rules);
        let plan = decide(rules(), document.seed, &facts);
        let numbers = || Some(Numbers::of(&met.path.path, catalogue)?.0);
        let gaps = gaps::Gaps::of(rules(), document.seed, &facts, numbers);
        (met.plan, met.gaps) = (plan, gaps);
        Ok(met)
    }

    /// Returns how often a viewer has asked for a path, this time included.
    fn attempt(&self, viewer: &str, path: &str, hops: u32) -> u64 {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        // The rest of a chain of redirects belongs to the attempt that it began with.
        if hops == 0 { attempts.begin(viewer, path) } else { attempts.count(viewer, path) }
    }
}

/// Returns how many redirects a request has been through.
fn hops(query: &str) -> u32 {
    let mut arguments = query.split('&').filter_map(|argument| argument.split_once('='));
    let hop = arguments.find(|(name, _)| *name == HOP);
    hop.and_then(|(_, count)| count.parse().ok()).unwrap_or(0)
}
