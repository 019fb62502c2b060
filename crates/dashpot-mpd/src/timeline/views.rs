//! From the elements of an MPD to the views of them.

use super::{
    Kind, LiveView, PeriodView, Presentation, Problem, RepView, SegmentIndex, SetView,
    TimelineError,
    addressing::{Addressing, levels},
    budget::Budget,
    live::Window,
    periods,
    resources::{self, Resources},
};
use crate::{AdaptationSet, Descriptor, Mpd, Period, PresentationType, Representation};
use dashpot_base::WallTime;
use std::borrow::Cow;
use url::Url;

const ROLE_SCHEME: &str = "urn:mpeg:dash:role:2011";
/// Most problems kept: an MPD with more is wrong throughout.
const MAX_PROBLEMS: usize = 100;

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
    resolve_within(mpd, mpd_url, Window::ALL)
}

/// Resolves an MPD of either type.
pub(super) fn resolve_at(
    mpd: &Mpd,
    mpd_url: &Url,
    now: WallTime,
) -> Result<Presentation, TimelineError> {
    if mpd.presentation_type != Some(PresentationType::Dynamic) {
        return resolve(mpd, mpd_url);
    }
    if mpd.periods.is_empty() {
        return Err(Problem::NoPeriod.at("MPD"));
    }
    let live = LiveView::of(mpd, now).map_err(|problem| problem.at("MPD"))?;
    let window = live.window(mpd);
    let mut mpd = Cow::Borrowed(mpd);
    if live.is_open {
        mpd.to_mut().media_presentation_duration = Some(window.to);
    }
    let presentation = resolve_within(&mpd, mpd_url, window)?;
    Ok(Presentation { live: Some(live), ..presentation })
}

fn resolve_within(mpd: &Mpd, mpd_url: &Url, window: Window) -> Result<Presentation, TimelineError> {
    let base = resources::base(mpd_url, &mpd.base_urls).map_err(|problem| problem.at("MPD"))?;
    let mut resolver = Resolver { budget: Budget::new(), problems: Vec::new() };
    let mut views = Vec::new();
    for (index, start, duration) in periods::spans(mpd)? {
        let path = format!("MPD/Period[{}]", index + 1);
        let period = &mpd.periods[index];
        let known = resolver.problems.len();
        let within = Window {
            from: window.from.saturating_sub(start),
            to: window.to.saturating_sub(start).min(duration),
        };
        // What is over by far, or far off, has nothing to be listed.
        if within.to <= within.from {
            continue;
        }
        let sets = resolver.sets(&path, period, &base, within)?;
        let declares = |kind| period.adaptation_sets.iter().any(|set| declared(set) == kind);
        for kind in [Kind::Video, Kind::Audio] {
            if declares(kind) && sets.iter().all(|set| set.kind != kind) {
                let causes = resolver.problems.split_off(known);
                return Err(Problem::Lost { kind, causes }.at(path));
            }
        }
        views.push(PeriodView { id: period.id.clone(), start, duration, sets });
    }
    if views.iter().any(|view| !view.sets.is_empty()) {
        return Ok(Presentation { periods: views, problems: resolver.problems, live: None });
    }
    let nothing = Problem::NoRepresentation.at("MPD");
    Err(resolver.problems.into_iter().next().unwrap_or(nothing))
}

/// The levels around a Representation.
struct Context<'a> {
    period: &'a Period,
    set: &'a AdaptationSet,
    base: &'a Url,
    within: Window,
}

struct Resolver {
    budget: Budget,
    problems: Vec<TimelineError>,
}

impl Resolver {
    /// Notes what is left out or looks wrong, or gives up where that would not help.
    fn leave_out(&mut self, error: TimelineError) -> Result<(), TimelineError> {
        if error.problem.is_limit() {
            return Err(error);
        }
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(error);
        }
        Ok(())
    }

    fn sets(
        &mut self,
        path: &str,
        period: &Period,
        base: &Url,
        within: Window,
    ) -> Result<Vec<SetView>, TimelineError> {
        let mut views = Vec::new();
        let base = match local(period).and_then(|()| resources::base(base, &period.base_urls)) {
            Ok(base) => base,
            Err(problem) => {
                self.leave_out(problem.at(path))?;
                return Ok(views);
            }
        };
        for (set, number) in period.adaptation_sets.iter().zip(1..) {
            let path = format!("{path}/AdaptationSet[{number}]");
            match resources::base(&base, &set.base_urls) {
                Ok(base) => {
                    let context = Context { period, set, base: &base, within };
                    views.extend(self.set(&path, &context)?);
                }
                Err(problem) => self.leave_out(problem.at(path))?,
            }
        }
        Ok(views)
    }

    fn set(&mut self, path: &str, context: &Context<'_>) -> Result<Option<SetView>, TimelineError> {
        let set = context.set;
        let mut representations = Vec::new();
        for (representation, number) in set.representations.iter().zip(1..) {
            let path = || format!("{path}/Representation[{number}]");
            match self.representation(context, representation) {
                Ok((view, odd)) => {
                    representations.push(view);
                    odd.map_or(Ok(()), |problem| self.leave_out(problem.at(path())))?;
                }
                Err(problem) => self.leave_out(problem.at(path()))?,
            }
        }
        let Some(first) = representations.first() else { return Ok(None) };
        let roles = set.roles.iter().filter(|role| scheme(role) == Some(ROLE_SCHEME));
        let essential = set.essential_properties.iter().filter_map(scheme);
        Ok(Some(SetView {
            id: set.id,
            kind: kind(set, first.mime.as_deref(), first.codecs.as_deref()),
            lang: set.lang.clone(),
            label: set.labels.first().map(|label| label.text.clone()),
            roles: roles.filter_map(|role| role.value.clone()).collect(),
            essential_schemes: essential.map(str::to_owned).collect(),
            representations,
        }))
    }

    /// Returns the view, and what looks wrong about it.
    fn representation(
        &mut self,
        context: &Context<'_>,
        representation: &Representation,
    ) -> Result<(RepView, Option<Problem>), Problem> {
        let set = context.set;
        let base = resources::base(context.base, &representation.base_urls)?;
        let mut addressing = Addressing::of(levels(representation, set, context.period))?;
        addressing.from = context.within.from;
        let id = representation.id.clone().unwrap_or_default();
        let bandwidth = representation.bandwidth.unwrap_or(0);
        let resources = Resources { id: &id, bandwidth, base: &base };
        let init = resources.init(&addressing)?;
        let index = resources.index(&addressing, context.within.to, &mut self.budget)?;
        if matches!(&index, SegmentIndex::Listed(segments) if segments.is_empty()) {
            return Err(Problem::NoSegments);
        }
        let view = RepView {
            codecs: self.inherited(representation.codecs.as_deref(), set.codecs.as_deref())?,
            width: representation.width.or(set.width),
            height: representation.height.or(set.height),
            frame_rate: self
                .inherited(representation.frame_rate.as_deref(), set.frame_rate.as_deref())?,
            mime: self.inherited(representation.mime_type.as_deref(), set.mime_type.as_deref())?,
            id,
            bandwidth,
            init,
            index,
        };
        Ok((view, addressing.odd_timescale(context.within.to)))
    }

    fn inherited(
        &mut self,
        own: Option<&str>,
        set: Option<&str>,
    ) -> Result<Option<String>, Problem> {
        let text = own.or(set);
        text.map(|text| self.budget.take_text(text)).transpose()?;
        Ok(text.map(str::to_owned))
    }
}

fn scheme(descriptor: &Descriptor) -> Option<&str> {
    descriptor.scheme_id_uri.as_deref()
}

/// Refuses a Period whose content is elsewhere alone; what is here will do (ISO/IEC 23009-1 §5.5).
fn local(period: &Period) -> Result<(), Problem> {
    let is_reference = period.extra_attributes.iter().any(|(name, _)| name == "xlink:href");
    if is_reference && period.adaptation_sets.is_empty() {
        return Err(Problem::Unsupported { what: "a Period behind an xlink:href".to_owned() });
    }
    Ok(())
}

/// Returns what a set says that it carries, whether or not any of it can be had; one without a
/// Representation carries nothing.
fn declared(set: &AdaptationSet) -> Kind {
    let Some(first) = set.representations.first() else { return Kind::Other };
    let mime = first.mime_type.as_deref().or(set.mime_type.as_deref());
    kind(set, mime, first.codecs.as_deref().or(set.codecs.as_deref()))
}

fn kind(set: &AdaptationSet, mime: Option<&str>, codecs: Option<&str>) -> Kind {
    let mime = mime.unwrap_or_default();
    let codecs = codecs.unwrap_or_default();
    let content_type = set.content_type.as_deref();
    let top = content_type.unwrap_or_else(|| mime.split('/').next().unwrap_or_default());
    match top {
        "video" => Kind::Video,
        "audio" => Kind::Audio,
        "text" => Kind::Text,
        "application" if mime == "application/ttml+xml" => Kind::Text,
        "application" if codecs.starts_with("stpp") || codecs.starts_with("wvtt") => Kind::Text,
        _ => Kind::Other,
    }
}
