//! Carrying a plan out: in place of an answer, or on it.

use super::{
    Faults, HOP, Met,
    body::{End, Wounds, wounded},
};
use crate::reply::{Content, Resource, refuse};
use axum::body::Body;
use dashpot_base::{Rng, Seed, WallTime};
use dashpot_fault::{Fault, Injection, Object};
use dashpot_http::date;
use dashpot_serve::FAULT;
use http::{HeaderValue, Response, StatusCode, header, request::Parts};
use std::{collections::BTreeSet, time::Duration};
use tokio::time::sleep;

impl Met<'_> {
    /// Returns the time by which a request is answered that comes at `now`.
    pub(crate) fn moved(&self, now: WallTime) -> WallTime {
        let by = self.plan.clock_moved_ms();
        let span = Duration::from_millis(by.unsigned_abs());
        if by < 0 { now.before(span) } else { now.after(span) }
    }

    /// Changes an MPD that leads to what goes wrong: it tells of what is missing.
    pub(crate) fn edit(&mut self, mut resource: Resource) -> Resource {
        let Content::Text(text) = &resource.content else { return resource };
        if let Some(gaps) = &self.gaps
            && let Some(changed) = gaps.leave_out(text)
        {
            self.plan.injections.push(gaps.injection());
            resource.content = Content::Text(changed.into());
        }
        resource
    }

    /// Returns the faults of the URL that clocks meet, as segments of a path: an MPD leads to clocks by
    /// URLs that have them.
    pub(crate) fn of_clocks(&self) -> String {
        self.folder_of(Object::Time)
    }

    /// Returns the faults of the URL that are for an object, as segments of a path.
    pub(super) fn folder_of(&self, object: Object) -> String {
        let rules = self.path.rules.iter().filter(|rule| rule.select.on.contains(&object));
        rules.map(|rule| format!("fault_{}/", rule.to_text())).collect()
    }
}

impl Faults {
    /// Waits as long as an answer is held up, and returns what there is in place of it.
    pub(crate) async fn instead(
        &self,
        met: &mut Met<'_>,
        request: &Parts,
    ) -> Option<Response<Body>> {
        for injection in &met.plan.injections {
            if let Fault::Delay(span) = injection.fault {
                sleep(span).await;
            }
        }
        let found = met.plan.injections.iter().find_map(|injection| {
            let response = match &injection.fault {
                Fault::Status { code, retry_after } => status(*code, *retry_after),
                Fault::Missing | Fault::Gap => {
                    refuse(StatusCode::NOT_FOUND, "this segment is missing, as a fault asks for")
                }
                Fault::Redirect { .. } => redirect(request, met.hops + 1),
                Fault::Delay(_)
                | Fault::Rate(_)
                | Fault::Stall { .. }
                | Fault::Truncate { .. }
                | Fault::Reset { .. }
                | Fault::Flip { .. }
                | Fault::Length { .. }
                | Fault::Stale(_)
                | Fault::Skew(_)
                | Fault::Early(_)
                | Fault::Late(_) => return None,
            };
            Some((injection.fault.name(), response))
        });
        let (name, mut response) = found?;
        met.plan.injections.retain(|injection| {
            injection.fault.name() == name || matches!(injection.fault, Fault::Delay(_))
        });
        self.tell(met, &mut response);
        Some(response)
    }

    /// Has an answer go wrong.
    pub(crate) fn carry_out(
        &self,
        met: &mut Met<'_>,
        mut response: Response<Body>,
    ) -> Response<Body> {
        if met.plan.injections.is_empty() {
            return response;
        }
        let length = response.headers().get(header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        let has_body = !http_body::Body::is_end_stream(response.body())
            && response.status() != StatusCode::NOT_MODIFIED;
        if !has_body {
            met.plan.injections.retain(|injection| !is_of_body(&injection.fault));
        }
        self.tell(met, &mut response);
        if met.plan.injections.iter().any(|injection| matches!(injection.fault, Fault::Skew(_))) {
            // RFC 9110 §6.6.1: a server whose clock is wrong says so here too.
            let date = date::to_value(met.moved(self.clock.wall()));
            response.headers_mut().insert(header::DATE, date);
        }
        let Some(wounds) = wounds(&met.plan.injections, length) else { return response };
        for injection in &met.plan.injections {
            if let (Fault::Length { by }, Some(length)) = (injection.fault, length) {
                let said = length.saturating_add_signed(by.into());
                response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(said));
            }
        }
        response.map(|body| wounded(body, wounds, self.clock.clone()))
    }

    /// Says in a response what was done to it, and counts it.
    fn tell(&self, met: &Met<'_>, response: &mut Response<Body>) {
        if met.plan.injections.is_empty() {
            return;
        }
        for injection in &met.plan.injections {
            self.injected.get_or_create(&vec![("fault", injection.fault.name())]).inc();
        }
        let fields = response.headers_mut();
        if let Ok(value) = HeaderValue::try_from(met.plan.to_field()) {
            fields.insert(FAULT, value);
        }
        // What is not the truth is no cache's to keep: it would go on when the fault has ended.
        if met.plan.injections.iter().any(|injection| is_untrue(&injection.fault)) {
            fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
    }
}

fn status(code: u16, retry_after: Option<Duration>) -> Response<Body> {
    // Rules have none but those from 400 to 599.
    let code = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = refuse(code, "this is an error, as a fault asks for");
    if let Some(span) = retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(span.as_secs().max(1)));
    }
    response
}

/// Returns a redirect to the same resource. The reference is relative, so that it also holds behind
/// a gateway that adds to the path, and the folder stays, so that an MPD's own references do.
fn redirect(request: &Parts, hop: u32) -> Response<Body> {
    let file = request.uri.path().rsplit_once('/').map_or("", |(_, file)| file);
    let query = request.uri.query().unwrap_or_default().split('&');
    let others = query.filter(|argument| {
        !argument.is_empty() && argument.split('=').next().is_some_and(|name| name != HOP)
    });
    let mut arguments: Vec<&str> = others.collect();
    let count = format!("{HOP}={hop}");
    arguments.push(&count);
    let mut response = refuse(StatusCode::FOUND, "elsewhere, as a fault asks for");
    if let Ok(location) = HeaderValue::try_from(format!("{file}?{}", arguments.join("&"))) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// Returns what a body meets; `None` where it is nothing.
fn wounds(injections: &[Injection], length: Option<u64>) -> Option<Wounds> {
    let mut wounds = Wounds::default();
    let mut any = false;
    for Injection { fault, seed, .. } in injections {
        any |= is_of_body(fault);
        match *fault {
            Fault::Rate(rate) => wounds.rate = Some(rate),
            Fault::Stall { at, span } => wounds.stall = Some((at.before(length), span)),
            Fault::Truncate { at } => wounds.end = Some((at.before(length), End::Truncate)),
            Fault::Reset { at } => wounds.end = Some((at.before(length), End::Reset)),
            Fault::Flip { bytes } => wounds.flips = places(*seed, bytes, length),
            Fault::Length { by } => wounds.is_short = 0 < by,
            Fault::Status { .. }
            | Fault::Delay(_)
            | Fault::Redirect { .. }
            | Fault::Missing
            | Fault::Gap
            | Fault::Stale(_)
            | Fault::Skew(_)
            | Fault::Early(_)
            | Fault::Late(_) => (),
        }
    }
    any.then_some(wounds)
}

/// Returns the places of `count` bytes of a body, or of all of its bytes where there are fewer.
fn places(seed: Seed, count: u32, length: Option<u64>) -> BTreeSet<u64> {
    let length = dashpot_fault::Position::Percent(99).before(length).max(1);
    let (mut rng, mut places) = (Rng::new(seed), BTreeSet::new());
    let count = u64::from(count).min(length);
    while u64::try_from(places.len()).unwrap_or(u64::MAX) < count {
        places.insert(rng.bits() % length);
    }
    places
}

/// Says whether a fault happens to a body, and to nothing without one.
const fn is_of_body(fault: &Fault) -> bool {
    match fault {
        Fault::Rate(_)
        | Fault::Stall { .. }
        | Fault::Truncate { .. }
        | Fault::Reset { .. }
        | Fault::Flip { .. }
        | Fault::Length { .. } => true,
        Fault::Status { .. }
        | Fault::Delay(_)
        | Fault::Redirect { .. }
        | Fault::Missing
        | Fault::Gap
        | Fault::Stale(_)
        | Fault::Skew(_)
        | Fault::Early(_)
        | Fault::Late(_) => false,
    }
}

/// Says whether what is answered is not what there is.
const fn is_untrue(fault: &Fault) -> bool {
    match fault {
        Fault::Status { .. }
        | Fault::Missing
        | Fault::Redirect { .. }
        | Fault::Flip { .. }
        | Fault::Length { .. }
        | Fault::Stale(_)
        | Fault::Skew(_) => true,
        Fault::Delay(_)
        | Fault::Rate(_)
        | Fault::Stall { .. }
        | Fault::Truncate { .. }
        | Fault::Reset { .. }
        | Fault::Gap
        | Fault::Early(_)
        | Fault::Late(_) => false,
    }
}
