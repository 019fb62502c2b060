//! The rest of a body that passes by: what it takes to ask for it.

use std::{sync::Arc, time::Duration};

use bytes::{Buf as _, Bytes};
use dashpot_cache::{Continuation, RequestHead, Rest, Resumes};
use http::{HeaderMap, Method, StatusCode, header};
use http_body::Body as _;

use super::super::Impatient;
use crate::{
    edge::Edge,
    flights::shared_headers,
    resumption::Resumption,
    upstream::{Ask, head_of},
};

/// A request for a body that passes by, so that its rest can be asked for.
pub(crate) struct Asked {
    pub(crate) edge: Arc<Edge>,
    pub(crate) path_and_query: String,
    pub(crate) request: Arc<RequestHead>,
    pub(crate) sent_as: SentAs,
}

/// How a client's request has gone to the origin.
#[derive(Clone, Copy)]
pub(crate) enum SentAs {
    /// As it came.
    ItCame,
    /// As one for all who might share the response.
    Shared,
}

/// What a body on its way needs to go on after a break.
pub(super) struct Going {
    asked: Asked,
    pub(super) rest: Rest,
    /// Bytes that are wanted.
    pub(super) left: u64,
    /// Bytes at the front of what arrives that have come before.
    skip: u64,
    resumes: Resumes,
    pub(super) has_resumed: bool,
}

/// The connection that a body goes on with.
pub(super) struct Next {
    pub(super) body: Impatient<reqwest::Body>,
    pub(super) going: Box<Going>,
}

impl Going {
    /// Returns what the `body` of a response with `head` to what was `asked` needs; `None` where
    /// its rest is not to be had.
    pub(super) fn of(
        asked: Asked,
        head: (StatusCode, &HeaderMap),
        body: &reqwest::Body,
    ) -> Option<Self> {
        let left = body.size_hint().exact()?;
        let rest = Rest::of_passing(head, left, asked.edge.clock.wall())?;
        let resumes = Resumes::default();
        let may_go_on = resumes.has_more(asked.edge.flight_limits.resumes_max) && left != 0;
        may_go_on.then_some(Self { asked, rest, left, skip: 0, resumes, has_resumed: false })
    }

    /// Returns how long a connection may be silent.
    pub(super) fn patience(&self) -> Duration {
        self.resumes.patience(&self.asked.edge.flight_limits)
    }

    /// Leaves of `data` what is wanted of it.
    pub(super) fn take(&mut self, data: &mut Bytes) {
        let skipped = usize::try_from(self.skip).unwrap_or(usize::MAX).min(data.len());
        data.advance(skipped);
        self.skip -= u64::try_from(skipped).unwrap_or(0);
        data.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
        let more = u64::try_from(data.len()).unwrap_or(0);
        if 0 < more {
            self.resumes.grew();
        }
        (self.rest.from, self.left) = (self.rest.from + more, self.left - more);
    }

    /// Asks for the rest, as often as may be; `None` once it is not to be had.
    pub(super) async fn go_on(mut self: Box<Self>) -> Option<Next> {
        let edge = Arc::clone(&self.asked.edge);
        let mut resumption = Resumption::begin(&edge);
        loop {
            let patience = resumption.wait(&edge, &mut self.resumes).await?;
            let response = match edge.ask(patience, self.ask()).await.sent {
                Ok(response) => response,
                Err(failed) if failed.failure.may_pass() => continue,
                Err(_) => return None,
            };
            match self.rest.answered_by(&head_of(&Method::GET, &response)) {
                Continuation::Rest { skip, .. } => {
                    edge.stats.resumed.inc();
                    (self.skip, self.has_resumed) = (skip, true);
                    let body = Impatient::new(response.into_body(), self.patience());
                    return Some(Next { body, going: self });
                }
                Continuation::Unavailable => {
                    edge.stats.upstream_errors.inc();
                }
                Continuation::Lost => return None,
            }
        }
    }

    fn ask(&self) -> Ask {
        let request = &self.asked.request;
        let mut headers = match self.asked.sent_as {
            SentAs::ItCame => without_conditions(&request.headers),
            SentAs::Shared => shared_headers(&request.headers, None),
        };
        self.rest.write(&mut headers);
        Ask {
            method: Method::GET,
            path_and_query: self.asked.path_and_query.clone(),
            headers,
            version: request.version,
            body: None,
        }
    }
}

/// Returns `request` without what has been answered by the first response.
fn without_conditions(request: &HeaderMap) -> HeaderMap {
    let mut headers = request.clone();
    for name in [header::IF_NONE_MATCH, header::IF_MODIFIED_SINCE, header::CONTENT_LENGTH] {
        headers.remove(name);
    }
    headers
}
