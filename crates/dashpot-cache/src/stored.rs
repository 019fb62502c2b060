//! The head of a stored response, with everything a look-up needs read out of it once.

mod codec;
mod update;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use dashpot_base::WallTime;
use dashpot_http::{
    cache_control::{Flag, ResponseDirectives},
    date,
    etag::EntityTag,
    vary::Vary,
    via::strip_hop_by_hop,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use crate::{
    Basis, Framing, NotStorable, RequestHead, ResponseHead, Rules, Tags, Times,
    freshness::{Freshness, date_of},
    head::Control,
    may_store,
    storable::covers,
};

/// The head of a stored response.
#[derive(Clone, Debug)]
pub struct StoredHead {
    /// The status code.
    pub status: StatusCode,
    /// The header fields to answer with, without those of one connection and without `Age`.
    pub headers: HeaderMap,
    /// What selects this response (RFC 9111 §4.1).
    pub vary: Vary,
    /// What the origin has tagged it with, whether or not the fields are still among `headers`.
    pub tags: Tags,
    /// What `Content-Length` says among the header fields, where it is there.
    pub(crate) length: Option<u64>,
    pub(crate) etag: Option<EntityTag>,
    pub(crate) last_modified: Option<WallTime>,
    pub(crate) date: WallTime,
    selected: Vec<u8>,
    /// Whether it came with an `Age`: from a cache before this one.
    is_aged: bool,
    freshness: Freshness,
    pub(crate) policy: Policy,
}

/// The response directives that matter after storing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Policy {
    pub(crate) validate: Validate,
    pub(crate) stale_while_revalidate: Duration,
    pub(crate) stale_if_error: Duration,
    pub(crate) stale_if_disconnected: Duration,
}

/// When a stored response must be validated before use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Validate {
    /// Before each use (`no-cache`).
    Always,
    /// Once it is stale, without exception (`must-revalidate`, `proxy-revalidate`).
    OnceStale,
    /// Once it is stale, unless the response itself permits otherwise (`s-maxage`).
    UnlessSaid,
    /// Once it is stale, unless something permits otherwise.
    #[default]
    Usually,
}

impl Validate {
    /// Returns whether the response may say that it can be used while stale.
    pub(crate) const fn may_outlive(self) -> bool {
        matches!(self, Self::UnlessSaid | Self::Usually)
    }
}

impl StoredHead {
    /// Returns the head to store for the `response` to `request`.
    ///
    /// # Errors
    /// Why the response may not be stored.
    pub fn new(
        request: &RequestHead,
        response: &ResponseHead,
        times: Times,
        rules: &Rules,
    ) -> Result<Self, NotStorable> {
        may_store(request, response, rules)?;
        // RFC 9111 §4.1: a Vary that names "*" matches no request.
        let vary = Vary::of(&response.headers);
        let selected = vary.key(&request.headers).ok_or(NotStorable::VaryAny)?;
        let mut headers = response.headers.clone();
        // Once, and in its one normal spelling.
        headers.remove(header::CONTENT_LENGTH);
        if let (Framing::Length(length), true) =
            (response.framing, may_have_content(response.status))
        {
            headers.insert(header::CONTENT_LENGTH, length.into());
        }
        let selector = (vary, selected);
        Ok(Self::build(response.status, headers, times, selector, rules))
    }

    fn build(
        status: StatusCode,
        mut headers: HeaderMap,
        times: Times,
        (vary, selected): (Vary, Vec<u8>),
        rules: &Rules,
    ) -> Self {
        let control = Control::of(&headers);
        let freshness = Freshness::of(status, &headers, &control, times, rules);
        let policy = Policy::of(&control.directives, &headers, rules);
        strip_hop_by_hop(&mut headers);
        let is_aged = headers.remove(header::AGE).is_some();
        // RFC 9110 §6.5.1: trailers may be discarded, and are; nobody is to wait for them.
        headers.remove(header::TRAILER);
        if !headers.contains_key(header::DATE) {
            // RFC 9110 §6.6.1: a recipient with a clock dates a response that has no Date.
            headers.insert(header::DATE, date::to_value(times.responded));
        }
        let etag = headers.get(header::ETAG).and_then(|etag| EntityTag::parse(etag.as_bytes()));
        let last_modified = date_of(&headers, &header::LAST_MODIFIED, times);
        let date = freshness.date;
        let length = content_length(&headers);
        let tags = Tags::of(&headers).unwrap_or_default();
        let headers = compact(&headers);
        Self {
            status,
            headers,
            vary,
            tags,
            length,
            etag,
            last_modified,
            date,
            selected,
            is_aged,
            freshness,
            policy,
        }
    }

    /// Returns `head` with the length of a body that came without one.
    #[must_use]
    pub fn with_length(mut head: Arc<Self>, length: u64) -> Arc<Self> {
        if may_have_content(head.status) && head.length.is_none() {
            let head = Arc::make_mut(&mut head);
            head.headers.insert(header::CONTENT_LENGTH, length.into());
            head.length = Some(length);
        }
        head
    }

    /// Returns this head with no more freshness than it had at `then`: stale from then on.
    #[must_use]
    pub fn stale_since(&self, then: WallTime) -> Self {
        let mut head = self.clone();
        head.freshness.lifetime = self.lifetime().min(self.age(then));
        head
    }

    /// Returns whether `request` selects this response (RFC 9111 §4.1).
    #[must_use]
    pub fn selects(&self, request: &RequestHead) -> bool {
        match &self.vary {
            Vary::Fields(names) if names.is_empty() => true,
            Vary::Fields(_) | Vary::Any => {
                self.vary.key(&request.headers).as_ref() == Some(&self.selected)
            }
        }
    }

    /// Returns the current age (RFC 9111 §4.2.3).
    #[must_use]
    pub const fn age(&self, now: WallTime) -> Duration {
        self.freshness.age(now)
    }

    /// Returns whether this response came with an age, which a cache before this one gave it.
    #[must_use]
    pub const fn is_aged(&self) -> bool {
        self.is_aged
    }

    /// Returns the freshness lifetime (RFC 9111 §4.2.1); zero where nobody names one.
    #[must_use]
    pub const fn lifetime(&self) -> Duration {
        self.freshness.lifetime
    }

    /// Returns who says how long this response is fresh.
    #[must_use]
    pub const fn basis(&self) -> Basis {
        self.freshness.basis
    }

    /// Returns the seconds of freshness left, negative once stale: the `ttl` of `Cache-Status`
    /// (RFC 9211 §2.4).
    #[must_use]
    pub fn ttl_seconds(&self, now: WallTime) -> i64 {
        let seconds = |span: Duration| i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
        seconds(self.lifetime()).saturating_sub(seconds(self.age(now)))
    }

    /// Returns whether an error of the origin may be covered with this response.
    #[must_use]
    pub fn covers_errors(&self, now: WallTime) -> bool {
        // RFC 5861 §4, bounded by RFC 9111 §4.2.4.
        let limit = self.lifetime().saturating_add(self.policy.stale_if_error);
        self.policy.validate.may_outlive() && self.age(now) < limit
    }

    /// Returns whether an error of the origin may be covered with this response because the client
    /// of `request` wants it so.
    #[must_use]
    pub fn covers_errors_for(&self, now: WallTime, request: &RequestHead) -> bool {
        // RFC 5861 §4 gives requests the directive, too. As max-stale, it yields to what the
        // response forbids (RFC 9111 §4.2.4).
        request.directives.stale_if_error.is_some_and(|beyond| {
            let limit = self.lifetime().saturating_add(beyond);
            self.policy.validate == Validate::Usually && self.age(now) < limit
        })
    }

    /// Returns whether this response may be used while the origin cannot be reached.
    #[must_use]
    pub fn covers_disconnection(&self, now: WallTime) -> bool {
        // RFC 9111 §4.2.4: however stale, unless a directive forbids it; within what the operator
        // finds bearable.
        let bound = self.policy.stale_if_disconnected;
        let limit = self.lifetime().saturating_add(bound);
        self.policy.validate == Validate::Usually && !bound.is_zero() && self.age(now) < limit
    }

    /// Returns whether this response may be used when an attempt to validate it got no response.
    #[must_use]
    pub fn covers_failure(&self, now: WallTime) -> bool {
        self.covers_errors(now) || self.covers_disconnection(now)
    }

    /// Returns whether this response forbids its use without validation once it is stale.
    pub(crate) fn insists_on_validation(&self) -> bool {
        // RFC 9111 §5.2.2.10: s-maxage does so, too.
        self.policy.validate != Validate::Usually
    }

    /// Writes the preconditions that validate this response into an upstream `request`, and
    /// returns whether there are any (RFC 9111 §4.3.1).
    pub fn write_preconditions(&self, request: &mut HeaderMap) -> bool {
        let etag = self.headers.get(header::ETAG);
        let modified = self.headers.get(header::LAST_MODIFIED);
        if let Some(etag) = etag {
            request.insert(header::IF_NONE_MATCH, etag.clone());
        }
        if let Some(modified) = modified {
            request.insert(header::IF_MODIFIED_SINCE, modified.clone());
        }
        etag.or(modified).is_some()
    }

    /// Returns the bytes this head takes, roughly: what a store weighs beside the body.
    #[must_use]
    pub fn weight_bytes(&self) -> u64 {
        // Two more for the counts of those who share it.
        let own = size_of::<Self>() + 2 * size_of::<usize>();
        let bytes = own + map_bytes(&self.headers) + self.selected.capacity();
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        bytes.saturating_add(self.tags.weight_bytes()).saturating_add(self.vary.weight_bytes())
    }
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// RFC 9110 §15.3.5: no content with 204, and no length of any.
pub(crate) fn may_have_content(status: StatusCode) -> bool {
    status != StatusCode::NO_CONTENT
}

/// Returns a copy of `headers` whose values share one allocation of their own.
///
/// Values as they arrive are slices of the buffer that they were read into: kept as they are, a
/// small response would hold all of that buffer for as long as it is stored. One allocation each
/// would cost more than the values themselves.
fn compact(headers: &HeaderMap) -> HeaderMap {
    /// `Age`, `Via`, `Cache-Status`, `Server-Timing`, and two that a range adds.
    const ADDED_BY_REPLIES: usize = 6;
    let text: Vec<u8> = headers.values().flat_map(HeaderValue::as_bytes).copied().collect();
    let mut text = Bytes::from(text.into_boxed_slice());
    let mut compact = HeaderMap::with_capacity(headers.len() + ADDED_BY_REPLIES);
    for (name, value) in headers {
        // What was a value is one.
        if let Ok(own) = HeaderValue::from_maybe_shared(text.split_to(value.len())) {
            compact.append(name, own);
        }
    }
    // A copy has the slots for what replies add, but not the room in memory.
    compact.clone()
}

/// Returns the bytes that a map of fields takes, with values that share one allocation.
fn map_bytes(headers: &HeaderMap) -> usize {
    /// A name, a value, a hash and two links.
    const FIELD_BYTES: usize = size_of::<(HeaderName, HeaderValue)>() + 32;
    /// What an allocation takes beyond its size: rounding, and the count of those who share it.
    const SHARED_BYTES: usize = 48;
    // Names that are constants of `http` take nothing, others more: this is between the two.
    let text: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    // Four bytes for each slot, three quarters of which are used at most.
    let slots = headers.capacity() / 3 * 4 * 4;
    headers.len() * FIELD_BYTES + slots + text + SHARED_BYTES
}

impl Policy {
    /// RFC 9111 §5.2.2.10 gives `s-maxage` the strictness of `proxy-revalidate`. An origin that
    /// writes `stale-while-revalidate` or `stale-if-error` beside it contradicts that on purpose,
    /// and those are written for shared caches: they are heeded, a client's `max-stale` is not.
    fn of(directives: &ResponseDirectives, headers: &HeaderMap, rules: &Rules) -> Self {
        // RFC 9111 §5.2.2.4: the fields that `no-cache` names are not used without validation; a
        // response that has one of them is not used at all.
        let no_cache = directives.no_cache.as_ref();
        let validate = if no_cache.is_some_and(|scope| covers(scope, headers)) {
            Validate::Always
        } else if directives.has(Flag::MustRevalidate) || directives.has(Flag::ProxyRevalidate) {
            Validate::OnceStale
        } else if directives.s_maxage.is_some() {
            Validate::UnlessSaid
        } else {
            Validate::Usually
        };
        Self {
            validate,
            stale_while_revalidate: directives.stale_while_revalidate.unwrap_or_default(),
            stale_if_error: directives.stale_if_error.unwrap_or_default(),
            stale_if_disconnected: rules.stale_if_disconnected,
        }
    }
}

#[cfg(test)]
mod tests;
