//! Stored heads brought up to date without their bodies being fetched again.

use dashpot_http::{etag::EntityTag, vary::Vary, via::strip_hop_by_hop};
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::StoredHead;
use crate::{NotStorable, RequestHead, Rules, Tags, Times, storable::may_keep};

impl StoredHead {
    /// Returns this head brought up to date by a 304 to `request` (RFC 9111 §4.3.4), or `None` where the 304
    /// speaks of another representation.
    #[must_use]
    pub fn refreshed(
        &self,
        request: &RequestHead,
        not_modified: &HeaderMap,
        times: Times,
        rules: &Rules,
    ) -> Option<Self> {
        let selector = self.selector_after(request, not_modified)?;
        let is_this = self.is_named_by(not_modified);
        is_this.then(|| self.updated(not_modified, selector, times, rules))
    }

    /// Returns this head brought up to date by the 200 to a `HEAD` (RFC 9111 §4.3.5), or `None`
    /// where that speaks of another representation, so that this one is out of date.
    #[must_use]
    pub fn confirmed(
        &self,
        request: &RequestHead,
        head: &HeaderMap,
        times: Times,
        rules: &Rules,
    ) -> Option<Self> {
        let selector = self.selector_after(request, head)?;
        let differs = |name: &HeaderName, own: Option<&HeaderValue>| {
            head.get(name).is_some_and(|told| own != Some(told))
        };
        let length = self.length.map(HeaderValue::from);
        let is_other = !self.is_named_by(head)
            || differs(&header::LAST_MODIFIED, self.headers.get(header::LAST_MODIFIED))
            || differs(&header::CONTENT_LENGTH, length.as_ref());
        (!is_other).then(|| self.updated(head, selector, times, rules))
    }

    /// Returns whether this response may stay stored, as the response to `request` has updated it.
    ///
    /// # Errors
    /// Why it may not. One that came of credentials or sets a cookie is its client's alone, and
    /// what was stored before it is as good as it was.
    pub fn may_stay(&self, request: &RequestHead) -> Result<(), NotStorable> {
        may_keep(request, self.status, &self.headers)
    }

    /// RFC 9111 §4.3.4: whether `told` may be about this representation, by the entity tag where
    /// it has one, weakly where that is weak.
    fn is_named_by(&self, told: &HeaderMap) -> bool {
        told.get(header::ETAG).is_none_or(|value| {
            let is_equal = match (EntityTag::parse(value.as_bytes()), &self.etag) {
                (Some(told), Some(own)) if told.weak => told.weak_eq(own),
                _ => false,
            };
            is_equal || self.headers.get(header::ETAG) == Some(value)
        })
    }

    /// Returns what selects this response once `told` about it in answer to `request`, which it
    /// was selected for; `None` where nothing will any more.
    fn selector_after(&self, request: &RequestHead, told: &HeaderMap) -> Option<(Vary, Vec<u8>)> {
        if told.contains_key(header::VARY) {
            let vary = Vary::of(told);
            let selected = vary.key(&request.headers)?;
            return Some((vary, selected));
        }
        Some((self.vary.clone(), self.selected.clone()))
    }

    fn updated(
        &self,
        told: &HeaderMap,
        selector: (Vary, Vec<u8>),
        times: Times,
        rules: &Rules,
    ) -> Self {
        let mut update = told.clone();
        strip_hop_by_hop(&mut update);
        // RFC 9111 §3.2: what describes the stored body stays with it.
        for name in [header::CONTENT_LENGTH, header::CONTENT_ENCODING, header::CONTENT_RANGE] {
            update.remove(name);
        }
        let mut headers = self.headers.clone();
        // The old Date would make the validated response as old as it was.
        headers.remove(header::DATE);
        for name in update.keys() {
            headers.remove(name);
        }
        for (name, value) in &update {
            headers.append(name, value.clone());
        }
        let is_tagged = Tags::of(&headers).is_some();
        let mut head = Self::build(self.status, headers, times, selector, rules);
        if !is_tagged {
            head.tags = self.tags.clone();
        }
        head
    }
}
