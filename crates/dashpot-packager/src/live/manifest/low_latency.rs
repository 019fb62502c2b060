//! What players need to know to stay close to the live edge.

use super::{Page, ticks_of};
use crate::live::reel::Strip;
use dashpot_mpd::{AdaptationSet, Element, Mpd, Node, time::format_date_time};

/// DASH-IF's name of what is here (Low-latency Modes for DASH, §9).
const PROFILE: &str = "http://www.dashif.org/guidelines/low-latency-live-v5";
/// The reference time that the latency counts from.
const REFERENCE: &str = "0";

/// Adds the `ServiceDescription` (ISO/IEC 23009-1 Annex K).
pub(super) fn mpd(page: &Page<'_>, mpd: &mut Mpd) {
    let Some(target) = page.settings.latency_ms.filter(|_| !page.window.ended()) else {
        return;
    };
    if page.settings.chunk_ms.is_some() {
        mpd.profiles = mpd.profiles.take().map(|profiles| format!("{profiles},{PROFILE}"));
    }
    // Half and twice the target: nearer there is too little to play from, farther it is worth a jump.
    let (nearest, farthest) = ((target / 2).to_string(), (target * 2).to_string());
    let target = target.to_string();
    let mut latency = vec![("target", target.as_str()), ("min", &nearest), ("max", &farthest)];
    if page.settings.chunk_ms.is_some() {
        latency.push(("referenceId", REFERENCE));
    }
    // Four per cent is not heard.
    let rate = element("PlaybackRate", &[("min", "0.96"), ("max", "1.04")], Vec::new());
    let latency = element("Latency", &latency, Vec::new());
    let children = vec![Node::Element(latency), Node::Element(rate)];
    mpd.extra_children.push(element("ServiceDescription", &[("id", "0")], children));
}

/// Adds where a decoder may begin within a segment, and when the media was made.
pub(super) fn set(page: &Page<'_>, strip: &Strip<'_>, set: &mut AdaptationSet) {
    let Some(chunk_ms) = page.settings.chunk_ms.filter(|_| !page.window.ended()) else {
        return;
    };
    // ISO/IEC 23009-1 §5.12: time zero of the media was made at availabilityStartTime.
    let (made, shown) = if page.begin() == 0 {
        (page.settings.ast_ms, 0)
    } else {
        (page.settings.start_ms(page.begin()), strip.start(page.begin()))
    };
    let (made, shown) = (format_date_time(super::wall(made)), shown.to_string());
    let reference = [
        ("id", REFERENCE),
        ("inband", "true"),
        ("type", "encoder"),
        ("wallClockTime", made.as_str()),
        ("presentationTime", shown.as_str()),
    ];
    let reference = element("ProducerReferenceTime", &reference, Vec::new());
    set.extra_children.push(reference);
    // ISO/IEC 23009-1 §5.3.13: chunks begin anywhere in a group of pictures, at most so far apart.
    let distance = ticks_of(chunk_ms, strip.track).to_string();
    let resync = element("Resync", &[("type", "0"), ("dT", &distance)], Vec::new());
    set.extra_children.push(resync);
}

fn element(name: &str, attributes: &[(&str, &str)], children: Vec<Node>) -> Element {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Element { name: name.to_owned(), attributes: attributes.iter().map(owned).collect(), children }
}
