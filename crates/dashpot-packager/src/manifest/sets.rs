//! Adaptation sets and what they say about their tracks.

use super::{Page, addressing};
use crate::{
    address::Form,
    catalogue::{Asset, Kind, Role, Subtitle, Track},
    check::same_set,
    timeline::Timeline,
};
use dashpot_mpd::{AdaptationSet, Descriptor, Representation};
use std::time::Duration;

pub(crate) const ROLE: &str = "urn:mpeg:dash:role:2011";
const CHANNELS: &str = "urn:mpeg:dash:23003:3:audio_channel_configuration:2011";

/// Tracks between which a player may switch, with what their set is for.
pub(crate) struct Set {
    /// Indexes into the asset's tracks; there is at least one.
    pub(crate) tracks: Vec<usize>,
    role: Role,
    /// Whether it is played where nobody chooses, and somebody said so.
    preferred: bool,
}

impl Set {
    /// Returns the set of one track.
    pub(crate) fn of(track: usize) -> Self {
        Self { tracks: vec![track], role: Role::MAIN, preferred: false }
    }
}

/// Puts tracks into sets: all video of one codec, then audio by language. The first set of each
/// kind is the main one.
pub(crate) fn grouped(asset: &Asset) -> Vec<Set> {
    let is_video = |at: &usize| matches!(asset.tracks[*at].kind, Kind::Video { .. });
    let (video, audio): (Vec<_>, Vec<_>) = (0..asset.tracks.len()).partition(is_video);
    let mut sets = Vec::new();
    for kind in [video, audio] {
        let said = |at: usize| asset.roles.get(&asset.tracks[at].id).copied();
        // Somebody may have said which one is the main one; else it is the first.
        let preferred = kind.iter().any(|at| said(*at) == Some(Role::MAIN));
        let mut role = if preferred { Role::ALL[1] } else { Role::MAIN };
        let mut kind_sets: Vec<Set> = Vec::new();
        for at in kind {
            let fits = |set: &&mut Set| {
                let first = set.tracks[0];
                said(first) == said(at) && same_set(&asset.tracks[first], &asset.tracks[at])
            };
            match kind_sets.iter_mut().find(fits) {
                Some(set) => set.tracks.push(at),
                None => {
                    let preferred = said(at) == Some(Role::MAIN);
                    let role =
                        said(at).unwrap_or_else(|| std::mem::replace(&mut role, Role::ALL[1]));
                    kind_sets.push(Set { tracks: vec![at], role, preferred });
                }
            }
        }
        kind_sets.sort_by_key(|set| !set.preferred);
        sets.append(&mut kind_sets);
    }
    sets
}

pub(super) fn media(
    page: &Page<'_>,
    set: &Set,
    timelines: &[Timeline<'_>],
    segment_max: Duration,
) -> AdaptationSet {
    let timelines: Vec<_> = set.tracks.iter().filter_map(|at| timelines.get(*at)).collect();
    let bandwidths = timelines.iter().map(|timeline| bandwidth(timeline, segment_max));
    let mut out = described(page.asset, set, bandwidths);
    if page.form == Form::Base {
        (out.segment_alignment, out.start_with_sap) = (None, None);
        (out.subsegment_alignment, out.subsegment_starts_with_sap) = (Some(true), Some(1));
    }
    out.segment_template = timelines.first().and_then(|one| addressing::template(page, one));
    for (timeline, representation) in timelines.iter().zip(&mut out.representations) {
        addressing::representation(page, timeline, representation);
    }
    out
}

/// Returns what a set says of its tracks, in segments, but not where these are.
pub(crate) fn described(
    asset: &Asset,
    set: &Set,
    bandwidths: impl Iterator<Item = u64>,
) -> AdaptationSet {
    let tracks = || set.tracks.iter().map(|at| &asset.tracks[*at]);
    let first = &asset.tracks[set.tracks[0]];
    let mut out = AdaptationSet {
        mime_type: Some(mime_type(first.kind).to_owned()),
        lang: Some(first.lang.clone()).filter(|lang| lang != "und"),
        segment_alignment: Some(true),
        start_with_sap: Some(1),
        roles: vec![Descriptor::new(ROLE, set.role.name())],
        // ISO/IEC 23009-1 §5.3.3.2: the highest is taken where nobody chooses; without it is 1.
        selection_priority: set.preferred.then_some(2),
        ..AdaptationSet::default()
    };
    match first.kind {
        Kind::Video { .. } => video(&mut out, tracks()),
        Kind::Audio { channels, .. } => {
            out.content_type = Some("audio".to_owned());
            // ISO/IEC 23003-3 numbers the layout of 7.1 channels as 7; up to six channels, number
            // and layout are the same.
            let layout = if channels == 8 { 7 } else { channels };
            out.audio_channel_configurations = vec![Descriptor::new(CHANNELS, &layout.to_string())];
            out.labels = first.label.iter().map(|label| label.as_str().into()).collect();
        }
    }
    out.representations = tracks().zip(bandwidths).map(representation).collect();
    out
}

fn video<'a>(out: &mut AdaptationSet, tracks: impl Iterator<Item = &'a Track>) {
    out.content_type = Some("video".to_owned());
    let mut fastest: Option<(u32, u32)> = None;
    for track in tracks {
        let Kind::Video { width, height, frame_rate, sar } = track.kind else { continue };
        if out.max_width.is_none_or(|widest| widest < width) {
            out.par = par((width, height), sar);
        }
        out.max_width = out.max_width.max(Some(width));
        out.max_height = out.max_height.max(Some(height));
        let faster = |one: (u32, u32), other: (u32, u32)| {
            u64::from(other.0) * u64::from(one.1) < u64::from(one.0) * u64::from(other.1)
        };
        if let Some(rate) = frame_rate.filter(|rate| fastest.is_none_or(|best| faster(*rate, best)))
        {
            fastest = Some(rate);
        }
    }
    out.max_frame_rate = fastest.map(frame_rate_text);
}

fn representation((track, bandwidth): (&Track, u64)) -> Representation {
    let mut out = Representation {
        id: Some(track.id.clone()),
        bandwidth: Some(bandwidth),
        codecs: Some(track.codec.clone()),
        ..Representation::default()
    };
    match track.kind {
        Kind::Video { width, height, frame_rate, sar } => {
            out.width = Some(width);
            out.height = Some(height);
            out.frame_rate = frame_rate.map(frame_rate_text);
            out.sar = Some(format!("{}:{}", sar.0, sar.1));
            out.labels = track.label.iter().map(|label| label.as_str().into()).collect();
        }
        Kind::Audio { sample_rate, .. } => out.audio_sampling_rate = Some(sample_rate.to_string()),
    }
    out
}

/// Returns `@bandwidth` in bits per second, after the rule on top of [`super`].
pub(crate) fn bandwidth(timeline: &Timeline<'_>, segment_max: Duration) -> u64 {
    let scale = u128::from(timeline.track().timescale);
    let last = timeline.segment_count();
    let longest_ticks = segment_max.as_nanos() * scale / 1_000_000_000;
    let rate = timeline.segments().map(|segment| {
        let bytes =
            timeline.offset(segment.fragments.end) - timeline.offset(segment.fragments.start);
        let own = u128::from(segment.duration);
        let ticks = if segment.number == last { own.max(longest_ticks) } else { own };
        (u128::from(bytes) * 8 * scale).div_ceil(ticks.max(1))
    });
    u64::try_from(rate.max().unwrap_or(1)).unwrap_or(u64::MAX)
}

/// Returns the set of a sidecar file, which has no segments: ISO/IEC 23009-1 §5.3.9.1.
pub(super) fn text(page: &Page<'_>, subtitle: &Subtitle) -> AdaptationSet {
    let bits = u128::try_from(subtitle.text.len()).unwrap_or(u128::MAX).saturating_mul(8);
    // Looping repeats the text as often as the film, so that the rate stays.
    let millis = page.asset.period.as_duration().as_millis().max(1);
    let bandwidth = bits.saturating_mul(1_000).div_ceil(millis).max(1);
    AdaptationSet {
        content_type: Some("text".to_owned()),
        mime_type: Some("text/vtt".to_owned()),
        lang: Some(subtitle.lang.clone()).filter(|lang| lang != "und"),
        roles: vec![Descriptor::new(ROLE, "subtitle")],
        labels: subtitle.label.iter().map(|label| label.as_str().into()).collect(),
        representations: vec![Representation {
            id: Some(subtitle.id.clone()),
            bandwidth: Some(u64::try_from(bandwidth).unwrap_or(u64::MAX)),
            base_urls: vec![format!("{}.vtt", subtitle.id).as_str().into()],
            ..Representation::default()
        }],
        ..AdaptationSet::default()
    }
}

const fn mime_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Video { .. } => "video/mp4",
        Kind::Audio { .. } => "audio/mp4",
    }
}

/// ISO/IEC 23009-1 §5.3.7.2: a whole number, or a fraction with `/`.
fn frame_rate_text((frames, seconds): (u32, u32)) -> String {
    if seconds == 1 { frames.to_string() } else { format!("{frames}/{seconds}") }
}

fn par(size: (u32, u32), sar: (u32, u32)) -> Option<String> {
    let (wide, high) = (u64::from(size.0) * u64::from(sar.0), u64::from(size.1) * u64::from(sar.1));
    let (mut divisor, mut rest) = (wide, high);
    while rest != 0 {
        (divisor, rest) = (rest, divisor % rest);
    }
    Some(format!("{}:{}", wide.checked_div(divisor)?, high.checked_div(divisor)?))
}
