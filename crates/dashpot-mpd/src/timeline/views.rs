//! From the elements of an MPD to the views of them.

use super::{
    Kind, MAX_SEGMENTS, PeriodView, Presentation, Problem, RepView, ResourceRef, SegmentIndex,
    SegmentRef, SetView, SidxRef, TimelineError,
    addressing::{Addressed, Addressing, levels, refuse},
    expand::{Span, expand, ticks},
    periods,
    template::Template,
};
use crate::{
    AdaptationSet, BaseUrl, ByteRange, Descriptor, Initialization, Mpd, Period, PresentationType,
    Representation, SegmentUrl,
};
use dashpot_base::MediaTime;
use std::time::Duration;
use url::Url;

const MICROS_PER_SECOND: u32 = 1_000_000;
const ROLE_SCHEME: &str = "urn:mpeg:dash:role:2011";

pub(super) fn resolve(mpd: &Mpd, mpd_url: &Url) -> Result<Presentation, TimelineError> {
    let refused = match mpd.presentation_type {
        Some(PresentationType::Dynamic) => Some(Problem::Dynamic),
        Some(PresentationType::List) => {
            Some(Problem::Unsupported { what: "a list of presentations".to_owned() })
        }
        Some(PresentationType::Static) | None if mpd.periods.is_empty() => Some(Problem::NoPeriod),
        Some(PresentationType::Static) | None => None,
    };
    if let Some(problem) = refused {
        return Err(problem.at("MPD"));
    }
    let base = base(mpd_url, &mpd.base_urls).map_err(|problem| problem.at("MPD"))?;
    let mut resolver = Resolver { budget: MAX_SEGMENTS, problems: Vec::new() };
    let mut views = Vec::new();
    for (index, start, duration) in periods::spans(mpd)? {
        let path = format!("MPD/Period[{}]", index + 1);
        let period = &mpd.periods[index];
        let sets = resolver.sets(&path, period, &base, duration);
        views.push(PeriodView { id: period.id.clone(), start, duration, sets });
    }
    if views.iter().any(|view| !view.sets.is_empty()) {
        return Ok(Presentation { periods: views, problems: resolver.problems });
    }
    let nothing = Problem::NoRepresentation.at("MPD");
    Err(resolver.problems.into_iter().next().unwrap_or(nothing))
}

/// The levels around a Representation.
struct Context<'a> {
    period: &'a Period,
    set: &'a AdaptationSet,
    base: &'a Url,
    duration: Duration,
}

struct Resolver {
    /// How many more segments may be listed.
    budget: usize,
    problems: Vec<TimelineError>,
}

impl Resolver {
    fn sets(
        &mut self,
        path: &str,
        period: &Period,
        base: &Url,
        duration: Duration,
    ) -> Vec<SetView> {
        let base = match local(period).and_then(|()| self::base(base, &period.base_urls)) {
            Ok(base) => base,
            Err(problem) => {
                self.problems.push(problem.at(path));
                return Vec::new();
            }
        };
        let mut views = Vec::new();
        for (set, number) in period.adaptation_sets.iter().zip(1..) {
            let path = format!("{path}/AdaptationSet[{number}]");
            match self::base(&base, &set.base_urls) {
                Ok(base) => {
                    let context = Context { period, set, base: &base, duration };
                    views.extend(self.set(&path, &context));
                }
                Err(problem) => self.problems.push(problem.at(path)),
            }
        }
        views
    }

    fn set(&mut self, path: &str, context: &Context<'_>) -> Option<SetView> {
        let set = context.set;
        let mut representations = Vec::new();
        for (representation, number) in set.representations.iter().zip(1..) {
            match self.representation(context, representation) {
                Ok(view) => representations.push(view),
                Err(problem) => {
                    let path = format!("{path}/Representation[{number}]");
                    self.problems.push(problem.at(path));
                }
            }
        }
        let first = representations.first()?;
        let roles = set.roles.iter().filter(|role| scheme(role) == Some(ROLE_SCHEME));
        Some(SetView {
            id: set.id,
            kind: kind(set, first),
            lang: set.lang.clone(),
            label: set.labels.first().map(|label| label.text.clone()),
            roles: roles.filter_map(|role| role.value.clone()).collect(),
            essential_schemes: set
                .essential_properties
                .iter()
                .filter_map(scheme)
                .map(str::to_owned)
                .collect(),
            representations,
        })
    }

    fn representation(
        &mut self,
        context: &Context<'_>,
        representation: &Representation,
    ) -> Result<RepView, Problem> {
        let (period, set) = (context.period, context.set);
        let base = base(context.base, &representation.base_urls)?;
        let addressing = Addressing::of(levels(representation, set, period))?;
        let id = representation.id.clone().unwrap_or_default();
        let bandwidth = representation.bandwidth.unwrap_or(0);
        let own = Own { id: &id, bandwidth, base: &base };
        let init = own.init(&addressing)?;
        let index = own.index(&addressing, context.duration, self.budget)?;
        if let SegmentIndex::Listed(segments) = &index {
            self.budget -= segments.len();
        }
        let inherited =
            |own: &Option<String>, set: &Option<String>| own.as_ref().or(set.as_ref()).cloned();
        Ok(RepView {
            codecs: inherited(&representation.codecs, &set.codecs),
            width: representation.width.or(set.width),
            height: representation.height.or(set.height),
            frame_rate: inherited(&representation.frame_rate, &set.frame_rate),
            mime: inherited(&representation.mime_type, &set.mime_type),
            id,
            bandwidth,
            init,
            index,
        })
    }
}

/// What URLs of a Representation are made from.
struct Own<'a> {
    id: &'a str,
    bandwidth: u64,
    base: &'a Url,
}

impl Own<'_> {
    fn join(&self, url: &str) -> Result<String, Problem> {
        join(self.base, url).map(String::from)
    }

    fn init(&self, addressing: &Addressing<'_>) -> Result<Option<ResourceRef>, Problem> {
        if let Some(Initialization { source_url, range, .. }) = addressing.initialization {
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

    fn index(
        &self,
        addressing: &Addressing<'_>,
        duration: Duration,
        budget: usize,
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
            Addressed::File { .. } => self.listed(&spans, timescale, |_| Ok((String::new(), None))),
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
                self.listed(&spans, timescale, |span| match place(span) {
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
                self.listed(&spans, timescale, |span| {
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
        place: impl Fn(&Span) -> Result<(String, Option<(u64, u64)>), Problem>,
    ) -> Result<Vec<SegmentRef>, Problem> {
        spans
            .iter()
            .map(|span| {
                let (url, range) = place(span)?;
                let (start, duration) = span.times(timescale);
                Ok(SegmentRef {
                    number: span.number,
                    start,
                    duration,
                    url: self.join(&url)?,
                    range,
                })
            })
            .collect()
    }
}

/// Resolves against the first of the alternatives (ISO/IEC 23009-1 §5.6.4, RFC 3986 §5).
fn base(outer: &Url, alternatives: &[BaseUrl]) -> Result<Url, Problem> {
    match alternatives.first() {
        Some(first) => join(outer, &first.url),
        None => Ok(outer.clone()),
    }
}

fn join(base: &Url, url: &str) -> Result<Url, Problem> {
    base.join(url).map_err(|source| Problem::BadUrl { url: url.to_owned(), source })
}

fn pair(range: ByteRange) -> (u64, u64) {
    (range.first, range.last)
}

fn scheme(descriptor: &Descriptor) -> Option<&str> {
    descriptor.scheme_id_uri.as_deref()
}

/// Refuses a Period whose content is elsewhere.
fn local(period: &Period) -> Result<(), Problem> {
    if period.extra_attributes.iter().any(|(name, _)| name == "xlink:href") {
        return Err(Problem::Unsupported { what: "a Period behind an xlink:href".to_owned() });
    }
    Ok(())
}

fn kind(set: &AdaptationSet, first: &RepView) -> Kind {
    let mime = first.mime.as_deref().unwrap_or_default();
    let codecs = first.codecs.as_deref().unwrap_or_default();
    let declared = set.content_type.as_deref();
    let top = declared.unwrap_or_else(|| mime.split('/').next().unwrap_or_default());
    match top {
        "video" => Kind::Video,
        "audio" => Kind::Audio,
        "text" => Kind::Text,
        "application" if mime == "application/ttml+xml" => Kind::Text,
        "application" if codecs.starts_with("stpp") || codecs.starts_with("wvtt") => Kind::Text,
        _ => Kind::Other,
    }
}
