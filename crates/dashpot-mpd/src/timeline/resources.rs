//! The URLs of a Representation.

use super::{
    Problem, ResourceRef, SegmentIndex, SegmentRef, SidxRef,
    addressing::{Addressed, Addressing, refuse},
    budget::Budget,
    error::clip,
    expand::{Span, expand, ticks},
    template::Template,
};
use crate::{BaseUrl, ByteRange, Initialization, SegmentUrl};
use dashpot_base::MediaTime;
use std::time::Duration;
use url::Url;

const MICROS_PER_SECOND: u32 = 1_000_000;
/// Longest URL: servers refuse longer ones, and each segment has one.
pub(super) const MAX_URL_BYTES: usize = 8 << 10;

/// What URLs of a Representation are made from.
pub(super) struct Resources<'a> {
    pub(super) id: &'a str,
    pub(super) bandwidth: u64,
    pub(super) base: &'a Url,
}

impl Resources<'_> {
    fn join(&self, url: &str) -> Result<String, Problem> {
        join(self.base, url).map(String::from)
    }

    /// Returns where the initialization segment is.
    pub(super) fn init(&self, addressing: &Addressing<'_>) -> Result<Option<ResourceRef>, Problem> {
        if let Some(Initialization { source_url, range, extra_attributes, .. }) =
            addressing.initialization
        {
            refuse(extra_attributes, &["range"])?;
            let url = self.join(source_url.as_deref().unwrap_or_default())?;
            return Ok(Some(ResourceRef { url, range: range.map(pair) }));
        }
        match addressing.kind {
            Addressed::Template { initialization: Some(template), .. } => {
                let template = Template::new(template, self.id, self.bandwidth)?;
                if template.varies() {
                    let what = "$Number$ or $Time$ in @initialization".to_owned();
                    return Err(Problem::Unsupported { what });
                }
                Ok(Some(ResourceRef { url: self.join(&template.fill(0, 0))?, range: None }))
            }
            // What comes before the index of a file is its initialization segment.
            Addressed::File { index_range: Some(ByteRange { first, .. }) } if 0 < first => {
                Ok(Some(ResourceRef { url: self.join("")?, range: Some((0, first - 1)) }))
            }
            Addressed::Template { .. } | Addressed::File { .. } | Addressed::List { .. } => {
                Ok(None)
            }
        }
    }

    /// Returns where the media segments are, or where to read that.
    pub(super) fn index(
        &self,
        addressing: &Addressing<'_>,
        duration: Duration,
        budget: &mut Budget,
    ) -> Result<SegmentIndex, Problem> {
        let timescale = addressing.timescale;
        if let Addressed::File { index_range: Some(range) } = addressing.kind {
            return Ok(SegmentIndex::NeedsSidx(SidxRef {
                url: self.join("")?,
                index_range: pair(range),
                presentation_time_offset: MediaTime { ticks: addressing.offset, timescale },
                period_duration: duration,
            }));
        }
        let several = addressing.duration.is_some() || addressing.timeline.is_some();
        // A segment as long as the Period need not be as coarse as a timescale nobody set.
        let timescale = if several { timescale } else { MICROS_PER_SECOND };
        let mut spans = expand(addressing, ticks(duration, timescale), budget)?;
        let segments = match addressing.kind {
            Addressed::File { .. } => {
                self.listed(&spans, timescale, budget, |_| Ok((String::new(), None)))
            }
            Addressed::List { urls } => {
                if 1 < urls.len() && !several {
                    return Err(Problem::NoLengths);
                }
                let place = |span: &Span| {
                    let index =
                        usize::try_from(span.number.checked_sub(addressing.start_number)?).ok()?;
                    urls.get(index)
                };
                spans.retain(|span| place(span).is_some());
                self.listed(&spans, timescale, budget, |span| match place(span) {
                    Some(SegmentUrl { media, media_range, extra_attributes, .. }) => {
                        refuse(extra_attributes, &["mediaRange"])?;
                        Ok((media.clone().unwrap_or_default(), media_range.map(pair)))
                    }
                    None => Err(Problem::Overflow),
                })
            }
            Addressed::Template { media, .. } => {
                let template =
                    Template::new(media.ok_or(Problem::NoMedia)?, self.id, self.bandwidth)?;
                if 1 < spans.len() && !template.varies() {
                    return Err(Problem::SameUrl);
                }
                self.listed(&spans, timescale, budget, |span| {
                    Ok((template.fill(span.number, span.time), None))
                })
            }
        };
        segments.map(SegmentIndex::Listed)
    }

    fn listed(
        &self,
        spans: &[Span],
        timescale: u32,
        budget: &mut Budget,
        place: impl Fn(&Span) -> Result<(String, Option<(u64, u64)>), Problem>,
    ) -> Result<Vec<SegmentRef>, Problem> {
        spans
            .iter()
            .map(|span| {
                let (url, range) = place(span)?;
                let (start, duration) = span.times(timescale);
                let url = self.join(&url)?;
                budget.take_text(&url)?;
                Ok(SegmentRef { number: span.number, start, duration, url, range })
            })
            .collect()
    }
}

/// Resolves against the first of the alternatives (ISO/IEC 23009-1 §5.6.4, RFC 3986 §5).
pub(super) fn base(outer: &Url, alternatives: &[BaseUrl]) -> Result<Url, Problem> {
    match alternatives.first() {
        Some(first) => join(outer, &first.url),
        None => Ok(outer.clone()),
    }
}

fn join(base: &Url, url: &str) -> Result<Url, Problem> {
    if MAX_URL_BYTES < url.len() {
        return Err(Problem::UrlTooLong { limit: MAX_URL_BYTES });
    }
    let joined = base.join(url).map_err(|source| Problem::BadUrl { url: clip(url), source })?;
    // Percent-encoding lengthens what it is done to.
    if MAX_URL_BYTES < joined.as_str().len() {
        return Err(Problem::UrlTooLong { limit: MAX_URL_BYTES });
    }
    Ok(joined)
}

fn pair(range: ByteRange) -> (u64, u64) {
    (range.first, range.last)
}
