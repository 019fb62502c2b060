//! What there is to choose from: variants of pictures, and groups of sound and text.

use super::{Rate, one_key_frame, playlist_of, text::Text};
use crate::{
    catalogue::{Asset, Kind, Track},
    grammar::{Options, TRICK},
    manifest::sets::grouped,
    respond::Refused,
    steering::Steered,
    trick,
};
use dashpot_hls::{KeyFrames, Multivariant, Rendition, RenditionKind, Variant};

const TEXT: &str = "text";

/// What a multivariant playlist is made from.
pub(super) struct Offer<'a> {
    pub(super) asset: &'a Asset,
    pub(super) options: &'a Options,
    /// The rates of the asset's tracks.
    pub(super) rates: Vec<Rate>,
    pub(super) texts: Vec<Text>,
    /// Whether each segment of pictures is one group of them.
    pub(super) of_gops: bool,
    pub(super) steered: Option<&'a Steered>,
}

/// Sound in one quality, in all its languages.
struct Group {
    id: String,
    /// Family of the codec, and channels: what tells qualities of different sets apart.
    sort: (String, u32),
    /// Places among the asset's tracks.
    tracks: Vec<usize>,
}

impl Offer<'_> {
    /// Returns the multivariant playlist.
    ///
    /// # Errors
    /// Says that segments are too long for a playlist of key frames.
    pub(super) fn playlist(&self) -> Result<Multivariant, Refused> {
        let Self { asset, rates, texts, .. } = self;
        let groups = groups(asset);
        let mut renditions: Vec<_> = groups.iter().flat_map(|group| sound(asset, group)).collect();
        renditions.extend(text(texts));
        let videos = asset.tracks.iter().enumerate().filter(|(_, track)| is_video(track));
        let mut variants = Vec::new();
        for (at, _) in videos {
            if groups.is_empty() {
                variants.push(variant(asset, rates, (Some(at), None)));
            }
            let with = groups.iter().map(|group| variant(asset, rates, (Some(at), Some(group))));
            variants.extend(with);
        }
        if variants.is_empty() {
            variants.extend(groups.iter().map(|group| variant(asset, rates, (None, Some(group)))));
        }
        let text_bps = texts.iter().map(|text| text.peak_bps).max().unwrap_or(0);
        for variant in &mut variants {
            variant.peak_bps = variant.peak_bps.saturating_add(text_bps);
            variant.average_bps = variant.average_bps.map(|rate| rate.saturating_add(text_bps));
            variant.subtitles = (!texts.is_empty()).then(|| TEXT.to_owned());
            for codec in texts.iter().filter_map(|text| text.codec) {
                if variant.codecs.iter().all(|known| known != codec) {
                    variant.codecs.push(codec.to_owned());
                }
            }
        }
        let mut playlist = Multivariant {
            independent_segments: true,
            renditions,
            variants,
            key_frames: self.key_frames()?.into_iter().collect(),
            steering: None,
        };
        if let Some(steered) = self.steered {
            steered.add_to(&mut playlist);
        }
        Ok(playlist)
    }

    fn key_frames(&self) -> Result<Option<KeyFrames>, Refused> {
        let Some(speed) = self.options.number(&TRICK) else { return Ok(None) };
        if !self.of_gops {
            return Err(one_key_frame(speed));
        }
        let rung = trick::rung(self.asset, self.options);
        let track = rung.and_then(|at| self.asset.tracks.get(at));
        let layout = rung.and_then(|at| self.asset.layouts.get(at));
        let (Some(track), Some(layout)) = (track, layout) else { return Ok(None) };
        let resolution = match track.kind {
            Kind::Video { width, height, .. } => Some((width, height)),
            Kind::Audio { .. } => None,
        };
        Ok(Some(KeyFrames {
            peak_bps: layout.sync_bps,
            codecs: vec![track.codec.clone()],
            resolution,
            pathway: None,
            uri: playlist_of(&format!("{}{}", trick::PREFIX, track.id)),
        }))
    }
}

const fn is_video(track: &Track) -> bool {
    matches!(track.kind, Kind::Video { .. })
}

/// Puts sound into groups: a group for each quality, and in it a track of each language. Where a
/// language lacks a quality, its best one stands in, so that none is lost with the rate.
fn groups(asset: &Asset) -> Vec<Group> {
    let sets = grouped(asset);
    let sounds = sets.iter().filter_map(|set| {
        let first = asset.tracks.get(*set.tracks.first()?)?;
        let Kind::Audio { channels, .. } = first.kind else { return None };
        let family = first.codec.split('.').next().unwrap_or_default().to_owned();
        Some(((family, channels), set))
    });
    let sounds: Vec<_> = sounds.collect();
    let mut groups: Vec<Group> = Vec::new();
    for (sort, _) in &sounds {
        if groups.iter().any(|group| group.sort == *sort) {
            continue;
        }
        let alike = || sounds.iter().filter(|(other, _)| other == sort).map(|(_, set)| set);
        let qualities = alike().map(|set| set.tracks.len()).max().unwrap_or(0);
        for quality in 0..qualities {
            let of_set = |tracks: &[usize]| tracks.get(quality).or(tracks.last()).copied();
            let tracks = alike().filter_map(|set| of_set(&set.tracks)).collect();
            let id = format!("audio{}", groups.len() + 1);
            groups.push(Group { id, sort: sort.clone(), tracks });
        }
    }
    groups
}

fn sound(asset: &Asset, group: &Group) -> Vec<Rendition> {
    let mut renditions: Vec<Rendition> = Vec::new();
    for track in group.tracks.iter().filter_map(|at| asset.tracks.get(*at)) {
        let Kind::Audio { channels, .. } = track.kind else { continue };
        let name = name(&renditions, track.label.as_deref(), (&track.lang, &track.id));
        renditions.push(Rendition {
            kind: RenditionKind::Audio { channels },
            group: group.id.clone(),
            name,
            language: known(&track.lang),
            default: renditions.is_empty(),
            autoselect: true,
            uri: playlist_of(&track.id),
        });
    }
    renditions
}

fn text(texts: &[Text]) -> Vec<Rendition> {
    let mut renditions: Vec<Rendition> = Vec::new();
    for text in texts {
        let name = name(&renditions, text.label.as_deref(), (&text.lang, &text.id));
        renditions.push(Rendition {
            kind: RenditionKind::Subtitles,
            group: TEXT.to_owned(),
            name,
            language: known(&text.lang),
            default: false,
            autoselect: true,
            uri: playlist_of(&text.id),
        });
    }
    renditions
}

fn known(lang: &str) -> Option<String> {
    Some(lang.to_owned()).filter(|lang| lang != "und")
}

/// Returns what people call a rendition. RFC 8216bis §4.4.6.1.1: names in a group differ.
fn name(others: &[Rendition], label: Option<&str>, (lang, id): (&str, &str)) -> String {
    let label = label.or((lang != "und").then_some(lang)).unwrap_or(id);
    if others.iter().all(|other| other.name != label) {
        return label.to_owned();
    }
    format!("{label} ({id})")
}

/// Returns the variant of a track of pictures, by its place, with a group of sound.
fn variant(
    asset: &Asset,
    rates: &[Rate],
    (video, group): (Option<usize>, Option<&Group>),
) -> Variant {
    let rate = |at: &usize| rates.get(*at).copied();
    let sounds: Vec<Rate> = group.iter().flat_map(|group| &group.tracks).filter_map(rate).collect();
    // RFC 8216bis §4.4.6.2: what a player gets that takes the dearest of each group.
    let dearest = |of: fn(&Rate) -> u64| {
        let sound = sounds.iter().map(of).max().unwrap_or(0);
        video.as_ref().and_then(rate).as_ref().map_or(0, of).saturating_add(sound)
    };
    let first = group.and_then(|group| group.tracks.first()).copied();
    let track = |at: Option<usize>| at.and_then(|at| asset.tracks.get(at));
    let pictures = track(video).map(|track| track.kind);
    let (mut resolution, mut rate) = (None, None);
    if let Some(Kind::Video { width, height, frame_rate, .. }) = pictures {
        (resolution, rate) = (Some((width, height)), frame_rate);
    }
    let mut codecs: Vec<String> = Vec::new();
    let others = group.iter().flat_map(|group| &group.tracks).map(|at| Some(*at));
    for track in std::iter::once(video).chain(others).filter_map(track) {
        if !codecs.contains(&track.codec) {
            codecs.push(track.codec.clone());
        }
    }
    Variant {
        peak_bps: dearest(|rate| rate.peak_bps),
        average_bps: Some(dearest(|rate| rate.average_bps)),
        codecs,
        resolution,
        frame_rate: rate,
        audio: group.map(|group| group.id.clone()),
        subtitles: None,
        pathway: None,
        uri: track(video.or(first)).map_or_else(String::new, |track| playlist_of(&track.id)),
    }
}
