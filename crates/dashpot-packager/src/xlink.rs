//! Periods that stand elsewhere: the MPD refers to them (ISO/IEC 23009-1 §5.5), by `XLink` 1.1.

use crate::{
    address::{Form, Target},
    grammar::{Options, PATCH, XLINK},
    options::OptionError,
    respond::Cacheability,
};
use dashpot_mpd::{Mpd, Period, remote_periods};
use std::{ops::Range, time::Duration};

/// The media type of what references lead to.
pub(crate) const CONTENT_TYPE: &str = "application/xml";
/// What attributes of `XLink` belong to.
const NAMESPACE: &str = "http://www.w3.org/1999/xlink";
/// Where a reference leads that comes to nothing (§5.5.3): its element is to be removed.
const TO_ZERO: &str = "urn:mpeg:dash:resolve-to-zero:2013";

/// How long who asked may keep an MPD that leads to places by the name it was asked by.
pub(crate) const PRIVATE: Cacheability = Cacheability::Private(Duration::from_secs(10));

/// Says whether what is asked for goes with references, where the options want them.
///
/// # Errors
/// Names the option that does not fit, and what would.
pub(crate) fn fits(
    target: &Target<'_>,
    divides: bool,
    options: &Options,
) -> Result<(), OptionError> {
    let Some(words) = options.words(&XLINK) else { return Ok(()) };
    let why = if matches!(target, Target::Playlist(_)) {
        "playlists have no Periods: leave it out"
    } else if words.contains(&"onload") == words.contains(&"onrequest") {
        "say either `onload` or `onrequest`"
    } else if options.has(&PATCH) {
        "patches are of what stands in the MPD: leave out `patch_`"
    } else if !divides {
        "there is one Period: give `period_` or `ad_` too, on demand `pre_`, `mid_` or `post_`"
    } else {
        return Ok(());
    };
    let given = format!("{}_{}", XLINK.name, words.join("-"));
    Err(OptionError::Fit { given, why: why.to_owned() })
}

/// How an MPD refers to Periods.
#[derive(Clone, Copy, Debug)]
pub(crate) struct References<'a> {
    form: Form,
    /// The URL of the folder that it leads to.
    folder: &'a str,
    on_load: bool,
    zero: bool,
}

impl<'a> References<'a> {
    /// Returns what the options ask for, if they ask for references.
    pub(crate) fn of(options: &Options, form: Form, folder: &'a str) -> Option<Self> {
        let has = |word| options.words(&XLINK).is_some_and(|words| words.contains(&word));
        let (on_load, zero) = (has("onload"), has("zero"));
        options.has(&XLINK).then_some(Self { form, folder, on_load, zero })
    }

    /// Refers to some of the Periods of an MPD: to consecutive ones at once.
    pub(crate) fn put(&self, remote: &[Range<usize>], mpd: &mut Mpd) {
        let whole = std::mem::take(&mut mpd.periods);
        for (at, period) in whole.into_iter().enumerate() {
            match remote.iter().find(|range| range.contains(&at)) {
                None => mpd.periods.push(period),
                Some(range) if range.start == at => {
                    mpd.periods.extend(self.zero.then(|| nothing(&period)));
                    mpd.periods.push(self.reference(period));
                }
                // It comes with the first.
                Some(_) => (),
            }
        }
        mpd.extra_attributes.push(("xmlns:xlink".to_owned(), NAMESPACE.to_owned()));
    }

    /// Returns what refers to Periods of which this is the first.
    fn reference(&self, first: Period) -> Period {
        let id = first.id.as_deref().unwrap_or_default();
        let url = format!("{}{}-{id}.xml", self.folder, self.form.name());
        let actuate = if self.on_load { "onLoad" } else { "onRequest" };
        let mut reference = if self.on_load {
            Period { id: first.id, start: first.start, ..Period::default() }
        } else {
            // Who never looks plays what is here.
            first
        };
        reference.extra_attributes.extend(attributes(url, actuate));
        reference
    }

    /// Returns which Periods of a film on demand stand elsewhere: those of breaks, and one behind the
    /// other at once where nothing stands in their place.
    pub(crate) fn breaks(&self, mpd: &Mpd) -> Vec<Range<usize>> {
        let mut all: Vec<Range<usize>> = Vec::new();
        for (at, _) in mpd.periods.iter().enumerate().filter(|(_, period)| is_break(period)) {
            match all.last_mut() {
                Some(last) if last.end == at && self.on_load => last.end = at + 1,
                Some(_) | None => all.push(at..at + 1),
            }
        }
        all
    }
}

impl References<'_> {
    /// Returns what stands where the reference of that name leads, of a film on demand.
    pub(crate) fn found(&self, mpd: &Mpd, id: &str) -> Option<String> {
        let is_it = |range: &Range<usize>| mpd.periods[range.start].id.as_deref() == Some(id);
        let range = self.breaks(mpd).into_iter().find(is_it)?;
        mpd.periods.get(range).map(remote_periods)
    }
}

/// Returns an element before a Period that is none.
fn nothing(next: &Period) -> Period {
    let id = next.id.as_deref().unwrap_or_default();
    Period {
        id: Some(format!("zero-{id}")),
        start: next.start,
        duration: Some(Duration::ZERO),
        extra_attributes: attributes(TO_ZERO.to_owned(), "onLoad").into(),
        ..Period::default()
    }
}

fn attributes(url: String, actuate: &str) -> [(String, String); 2] {
    [("xlink:href".to_owned(), url), ("xlink:actuate".to_owned(), actuate.to_owned())]
}

fn is_break(period: &Period) -> bool {
    period.id.as_deref().is_some_and(|id| id.starts_with("ad"))
}

#[cfg(test)]
mod tests;
