//! Segments as sequences of parts that have URLs of their own, by `$SubNumber$` (ISO/IEC 23009-1, 6th
//! edition, Segment Sequences; DASH-IF's L3D).

use super::Page;
use crate::{
    address::Form,
    catalogue::{Kind, Track},
    grammar::{ATO, SUB, Service, seconds},
    live::{
        reel::Strip,
        settings::{Settings, span},
    },
    options::OptionError,
    protect,
};
use dashpot_bmff::placed;
use dashpot_mpd::{AdaptationSet, Element, Node};

/// The template of a part's URL: the very parts that HLS has, which count from 0.
const MEDIA: &str = "$RepresentationID$/$Number$_$SubNumber$.m4s";

/// Says whether an MPD of that form can lead to what the path asks for: to parts, to segments of which
/// there is no last one, or to what has one key after the other.
///
/// # Errors
/// Names the option that does not fit, and what would.
pub(in crate::live) fn checked(settings: &Settings<'_>, form: Form) -> Result<(), OptionError> {
    protect::told(settings.options, Service::Live)?;
    let fit = |given: String, why: &str| Err(OptionError::Fit { given, why: why.to_owned() });
    if settings.always && (form != Form::Number || settings.reel.each().is_none()) {
        let why = "a list of them has no end: use `number`, with segments that are alike";
        return fit("ato_inf".to_owned(), why);
    }
    if settings.options.word(&SUB).is_none() {
        return Ok(());
    }
    let sub = |why: &str| fit(format!("{}_on", SUB.name), why);
    let Some(chunk_ms) = settings.chunk_ms else {
        return sub("segments are whole: say by `chunk_` how long parts are");
    };
    if form != Form::Number {
        return sub("parts are counted, not listed: use `number`");
    }
    if settings.protector.is_some() {
        return sub(protect::PARTS);
    }
    if let Some(given) = settings.options.number(&ATO) {
        return fit(format!("ato_{}", span(given)), "with `sub_on` parts are there as they end");
    }
    let chunk = format!("chunk_{}s", seconds(chunk_ms));
    if count(settings).is_none() {
        return fit(chunk, "with `sub_on` every segment must have equally long parts");
    }
    let tracks = &settings.reel.asset().tracks;
    let longest_ms = tracks.iter().filter_map(longest_ms).max().unwrap_or(0);
    if chunk_ms < longest_ms * SAMPLES_MIN {
        let least = seconds(longest_ms * SAMPLES_MIN);
        let why = format!("with `sub_on` no part may be empty: `chunk_{least}s` is the least");
        return fit(chunk, &why);
    }
    Ok(())
}

/// Samples that fit a part at least, so that none is empty: sound begins and ends up to half a sample
/// off the segment's times.
const SAMPLES_MIN: u64 = 2;

/// Returns how long the longest sample of a track's first fragment is, in milliseconds, rounded up.
fn longest_ms(track: &Track) -> Option<u64> {
    let found = placed(&track.fragments.first()?.head, track.track_id, track.defaults).ok()?;
    let longest = found.samples.iter().map(|one| one.sample.duration).max()?;
    Some((u64::from(longest) * 1_000).div_ceil(u64::from(track.timescale).max(1)))
}

/// Returns how many parts every segment has, where they are alike.
fn count(settings: &Settings<'_>) -> Option<u64> {
    let segment = u128::from(settings.reel.each()?) * 1_000;
    let part = u128::from(settings.chunk_ms?) * u128::from(settings.reel.timescale());
    let count = segment.checked_div(part).filter(|count| count * part == segment)?;
    u64::try_from(count).ok()
}

/// Leads to the parts of a set's segments in place of the segments.
pub(super) fn set(page: &Page<'_>, strip: &Strip<'_>, set: &mut AdaptationSet) {
    let asked = page.settings.options.word(&SUB).and_then(|_| count(page.settings));
    let (Some(count), Some(template)) = (asked, &mut set.segment_template) else {
        return;
    };
    let count = count.to_string();
    template.media = Some(MEDIA.to_owned());
    // A part is there when it ends, and then all of it is.
    (template.availability_time_offset, template.availability_time_complete) = (None, None);
    template.extra_attributes.push(("k".to_owned(), count.clone()));
    // Of sound every part can be begun with; of pictures the first of a segment.
    let cadence = match strip.track.kind {
        Kind::Audio { .. } => "1".to_owned(),
        Kind::Video { .. } => count,
    };
    let sap = element("SAP", vec![("type", "1".to_owned()), ("cadence", cadence)], Vec::new());
    let sap = Node::Element(sap);
    set.extra_children.push(element("SegmentSequenceProperties", Vec::new(), vec![sap]));
}

fn element(name: &str, attributes: Vec<(&str, String)>, children: Vec<Node>) -> Element {
    let attributes = attributes.into_iter().map(|(name, value)| (name.to_owned(), value));
    Element { name: name.to_owned(), attributes: attributes.collect(), children }
}

#[cfg(test)]
mod tests;
