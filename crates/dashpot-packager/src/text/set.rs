//! What an MPD says of segmented text.

use super::{CONTENT_TYPE, Format, Source, TextTrack, cues::Cues};
use crate::{catalogue::Track, manifest::sets::ROLE, text::Slot};
use dashpot_mpd::{AdaptationSet, Descriptor, Representation, SegmentTemplate};

/// Fragments that a sidecar's rate is measured over: beyond, the first ones stand for all.
const MEASURED_MAX: usize = 10_000;

/// Bytes of a segment without cues, and of the cue that a clock shows in a second.
const fn clock_bytes(format: Format) -> (u64, u64) {
    match format {
        Format::Wvtt => (220, 160),
        Format::Stpp => (1_300, 220),
    }
}

impl TextTrack<'_> {
    /// Returns the set of the track, whose segments last at most `longest_ms`.
    pub(super) fn set(&self, template: &SegmentTemplate, longest_ms: u64) -> AdaptationSet {
        let label = self.label();
        AdaptationSet {
            content_type: Some("text".to_owned()),
            mime_type: Some(CONTENT_TYPE.to_owned()),
            lang: Some(self.lang.to_owned()).filter(|lang| lang != "und"),
            segment_alignment: Some(true),
            start_with_sap: Some(1),
            roles: vec![Descriptor::new(ROLE, "subtitle")],
            labels: label.iter().map(|label| label.as_str().into()).collect(),
            segment_template: Some(template.clone()),
            representations: vec![Representation {
                id: Some(self.id.clone()),
                bandwidth: Some(self.bandwidth(longest_ms)),
                codecs: Some(self.format.codecs().to_owned()),
                ..Representation::default()
            }],
            ..AdaptationSet::default()
        }
    }

    /// Returns the bits per second that no segment goes beyond.
    pub(crate) fn bandwidth(&self, longest_ms: u64) -> u64 {
        match (self.source, self.format) {
            (Source::Film(_, cues), Format::Wvtt) => cues.peak_bps.0,
            (Source::Film(_, cues), Format::Stpp) => cues.peak_bps.1,
            (Source::Clock, format) => {
                let (head, each) = clock_bytes(format);
                // One cue more than seconds, where a segment does not begin with a second.
                let bits = (head + each) * 8 * 1_000;
                each * 8 + bits.div_ceil(longest_ms.max(1))
            }
        }
    }
}

/// Measures the rates of a sidecar in segments of one fragment of the lead track each. Longer ones
/// share what these have before their cues.
pub(crate) fn measured(mut cues: Cues, lang: &str, lead: &Track) -> Cues {
    let end = lead.fragments.last().map_or(0, |last| last.start + last.duration);
    let mut peak = [0_u64; 2];
    for fragment in lead.fragments.iter().take(MEASURED_MAX) {
        let slot = Slot {
            number: 1,
            start: fragment.start,
            end: fragment.start + fragment.duration,
            timescale: lead.timescale,
            pass: end,
            epoch_s: None,
        };
        let shown = super::shown::of_film(&cues, &slot);
        let sizes =
            [super::wvtt::segment(&slot, &shown), super::ttml::segment(&slot, lang, &shown)];
        for (peak, bytes) in peak.iter_mut().zip(sizes) {
            let bytes = bytes.map_or(0, |bytes| bytes.len());
            // A quarter more, for times with more digits than these have.
            let bits = u128::try_from(bytes).unwrap_or(u128::MAX) * 10 * u128::from(lead.timescale);
            let bps = bits.div_ceil(u128::from(fragment.duration).max(1));
            *peak = u64::try_from(bps).unwrap_or(u64::MAX).max(*peak);
        }
    }
    cues.peak_bps = peak.into();
    cues
}
