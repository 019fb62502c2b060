//! What an MPD refers to in the place of a Period.

use super::{Channel, EARLY_MS, kept, manifest::remote, wall, window::Window, window::stays_from};
use crate::{
    address::{Address, Form},
    live::manifest::Timelines,
    respond::{Body, Cacheability, Found, Refused},
    xlink::CONTENT_TYPE,
};
use std::{sync::Arc, time::Duration};

/// How long a break may be kept at most: the asset that is played in it can be replaced, and the path
/// does not name its version.
const BREAK_MS: u64 = 60_000;

impl Channel<'_> {
    /// Returns a Period once it no longer changes.
    pub(super) fn remote(
        &self,
        address: &Address<'_>,
        (form, id): (Form, &str),
    ) -> Result<Found, Refused> {
        let (settings, timelines) = (&self.settings, Timelines::default());
        let none = || Refused::NotFound(format!("no MPD refers to a Period `{id}`"));
        let part = remote::part(settings, id).ok_or_else(none)?;
        let last = part.end.saturating_sub(1);
        let lists = form != Form::Number || settings.reel.each().is_none();
        let begin = settings.division.told_with(part.first);
        let at_ms = match part.ad {
            // It is told of before its time.
            Some(_) if !lists && begin <= settings.first => 0,
            Some(_) if !lists => settings.available_ms(begin),
            Some(_) | None => settings.available_ms(last),
        };
        if let Some(in_ms) = at_ms.checked_sub(self.now_ms).filter(|in_ms| EARLY_MS < *in_ms) {
            let why = format!("Period `{id}` still changes, for {in_ms} ms");
            return Err(Refused::TooEarly { why, in_ms });
        }
        let gone = settings.gone_ms(last, stays_from(settings));
        if gone.is_some_and(|gone| gone <= self.now_ms) {
            return Err(Refused::Gone(format!("Period `{id}` has left the window")));
        }
        let segments = remote::before(settings, part)..part.end;
        let window = Window { segments, changed_ms: at_ms, changes_ms: Some(at_ms) };
        let page = self.page((&window, &timelines), form, at_ms);
        let text = remote::text(&page, id).ok_or_else(none)?;
        let left_ms = gone.map_or(BREAK_MS, |gone| gone.saturating_sub(self.now_ms).min(BREAK_MS));
        Ok(Found {
            content_type: CONTENT_TYPE,
            cacheability: match part.ad {
                Some(_) => Cacheability::For(Duration::from_millis(left_ms)),
                None => kept(address, gone),
            },
            modified: wall(at_ms),
            asset: Arc::clone(self.asset),
            body: Body::Text(text),
            due: Vec::new(),
            held_until: None,
        })
    }
}
