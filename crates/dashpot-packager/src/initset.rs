//! What decoders are to be made ready for, said once for all Periods (ISO/IEC 23009-1 §5.3.12).

use crate::{
    grammar::{DRM, INITSET, Options},
    options::OptionError,
};
use dashpot_mpd::{AdaptationSet, Element, Mpd, Period};

/// Says whether an MPD with those options can have initialization sets.
///
/// # Errors
/// Names the option where it cannot.
pub(crate) fn fits(template: bool, options: &Options) -> Result<(), OptionError> {
    let why = match options.word(&INITSET) {
        Some(_) if options.has(&DRM) => "protected tracks are said in their sets alone",
        Some(_) if !template => "files have no initialization of their own: use `number` or `time`",
        Some(_) | None => return Ok(()),
    };
    Err(OptionError::Fit { given: format!("{}_on", INITSET.name), why: why.to_owned() })
}

/// Adds them to an MPD whose sets have the same ids in all Periods of the main asset; `breaks` says
/// whether others are played in between.
pub(crate) fn add(options: &Options, breaks: bool, mpd: &mut Mpd) {
    if !options.has(&INITSET) {
        return;
    }
    // What is played in a break stands elsewhere, and is of other tracks.
    let is_main = |period: &&mut Period| period.base_urls.is_empty();
    let mut elements = Vec::new();
    for period in mpd.periods.iter_mut().filter(is_main) {
        for set in &mut period.adaptation_sets {
            let Some((id, element)) = element(set, !breaks) else { continue };
            set.extra_attributes.push(("initializationSetRef".to_owned(), id.to_string()));
            if elements.iter().all(|(known, _)| *known != id) {
                elements.push((id, element));
            }
        }
    }
    mpd.extra_children.extend(elements.into_iter().map(|(_, element)| element));
}

/// Returns the element of a set of pictures or sound that is played by who knows of nothing else.
fn element(set: &AdaptationSet, in_all: bool) -> Option<(u32, Element)> {
    let (id, kind) = (set.id?, set.content_type.as_deref()?);
    if !["video", "audio"].contains(&kind) || !set.essential_properties.is_empty() {
        return None;
    }
    // Who can decode the highest rung can decode all.
    let best = set.representations.iter().max_by_key(|one| one.bandwidth)?;
    let template = set.segment_template.as_ref()?.initialization_template.as_deref()?;
    let initialization = template.replace("$RepresentationID$", best.id.as_deref()?);
    let number = |number: Option<u32>| number.map(|number| number.to_string());
    let attributes = [
        ("id", Some(id.to_string())),
        ("inAllPeriods", Some(in_all.to_string())),
        ("contentType", Some(kind.to_owned())),
        ("mimeType", best.mime_type.clone().or_else(|| set.mime_type.clone())),
        ("codecs", best.codecs.clone()),
        ("audioSamplingRate", best.audio_sampling_rate.clone()),
        ("par", set.par.clone()),
        ("maxWidth", number(set.max_width)),
        ("maxHeight", number(set.max_height)),
        ("maxFrameRate", set.max_frame_rate.clone()),
        ("initialization", Some(initialization)),
    ];
    let attributes =
        attributes.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let name = "InitializationSet".to_owned();
    Some((id, Element { name, attributes: attributes.collect(), children: Vec::new() }))
}

#[cfg(test)]
mod tests;
