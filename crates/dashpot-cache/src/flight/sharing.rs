//! Who may have a response beside the request that it was sent for.

use std::sync::Arc;

use dashpot_base::WallTime;
use dashpot_http::cache_control::Flag;
use http::{HeaderMap, Method};

use super::{Flight, Output, ReaderId};
use crate::{Reason, RequestHead, StoredHead, Verdict, decide};

impl Flight {
    /// Returns whether `reader`, who has waited for the response with `head`, may have it.
    pub(super) fn shares(
        &self,
        wall: WallTime,
        head: &StoredHead,
        reader: ReaderId,
        request: &Arc<RequestHead>,
    ) -> Result<(), Refusal> {
        match sharing(wall, head, request) {
            Ok(()) => Ok(()),
            // RFC 9111 §5.2.2.4 binds each use to a validation: the one that was sent for this
            // request among others is its own.
            Err(Reason::ResponseNoCache | Reason::Stale) if takes_what_is_validated(request) => {
                let is_early = self.early.contains(&reader);
                is_early.then_some(()).ok_or(Refusal::Next)
            }
            Err(reason) => Err(Refusal::Alone(reason)),
        }
    }
}

/// Why a reader has nothing of a response.
pub(super) enum Refusal {
    /// It has to fetch for itself.
    Alone(Reason),
    /// It came too late for this one, and needs no more than one of its own time.
    Next,
}

impl Refusal {
    pub(super) fn of(self, reader: ReaderId, request: Arc<RequestHead>) -> Output {
        match self {
            Self::Alone(reason) => Output::GoAlone { reader, reason },
            Self::Next => Output::FlyNext { reader, request },
        }
    }
}

/// Returns whether each request for the response with `head` needs a validation.
pub(super) fn must_validate(wall: WallTime, head: &StoredHead) -> bool {
    let plain = RequestHead::new(Method::GET, HeaderMap::new());
    matches!(sharing(wall, head, &plain), Err(Reason::ResponseNoCache | Reason::Stale))
}

/// Returns whether `request` has no terms on freshness that a validation might not meet: they are
/// for the caches before the origin, too.
pub(super) fn takes_what_is_validated(request: &RequestHead) -> bool {
    let directives = &request.directives;
    !directives.has(Flag::NoCache) && directives.max_age.is_none() && directives.min_fresh.is_none()
}

/// Returns whether `request` may be answered with the response of `head` as it arrives.
pub(super) fn sharing(
    wall: WallTime,
    head: &StoredHead,
    request: &RequestHead,
) -> Result<(), Reason> {
    match decide(wall, Some(head), request) {
        Verdict::Fresh => Ok(()),
        Verdict::StaleWhileRevalidate => Err(Reason::Stale),
        Verdict::Stale(reason) | Verdict::Miss(reason) | Verdict::Bypass(reason) => Err(reason),
        Verdict::Unavailable => Err(Reason::NotShareable),
    }
}
