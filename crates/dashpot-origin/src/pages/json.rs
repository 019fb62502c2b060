//! `/assets.json`: the catalogue for programs.

use super::Manifests;
use dashpot_packager::{Asset, Catalogue, Form, Kind, Subtitle, Track};
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
struct Page<'a> {
    assets: Vec<AssetEntry<'a>>,
    manifests: Vec<String>,
}

#[derive(Serialize)]
struct AssetEntry<'a> {
    name: &'a str,
    title: &'a str,
    duration_ms: u128,
    gop_ms: Option<u128>,
    manifests: BTreeMap<&'static str, String>,
    live: BTreeMap<&'static str, String>,
    tracks: Vec<TrackEntry<'a>>,
    subtitles: Vec<SubtitleEntry<'a>>,
}

#[derive(Serialize)]
struct TrackEntry<'a> {
    id: &'a str,
    kind: &'static str,
    codec: &'a str,
    lang: &'a str,
    label: Option<&'a str>,
    width: Option<u32>,
    height: Option<u32>,
    frame_rate: Option<String>,
    sample_rate: Option<u32>,
    channels: Option<u32>,
    average_bps: u128,
    fragments: usize,
}

#[derive(Serialize)]
struct SubtitleEntry<'a> {
    id: &'a str,
    lang: &'a str,
    label: Option<&'a str>,
}

/// Returns the JSON text.
pub(crate) fn assets(catalogue: &Catalogue, manifests: &Manifests) -> String {
    let page = Page {
        assets: catalogue.assets().map(|asset| entry(asset)).collect(),
        manifests: manifests.names().map(|name| format!("/manifests/{name}")).collect(),
    };
    // Plain strings and numbers always serialize.
    serde_json::to_string_pretty(&page).unwrap_or_default()
}

fn entry(asset: &Asset) -> AssetEntry<'_> {
    let path = |service, form: Form| format!("/{service}/{}/{}.mpd", asset.name, form.name());
    let manifest = |service| move |form: Form| (form.name(), path(service, form));
    AssetEntry {
        name: &asset.name,
        title: &asset.title,
        duration_ms: asset.period().as_duration().as_millis(),
        gop_ms: asset.gop().map(|gop| gop.as_duration().as_millis()),
        manifests: Form::VOD.into_iter().map(manifest("vod")).collect(),
        live: Form::LIVE.into_iter().map(manifest("live")).collect(),
        tracks: asset.tracks().iter().map(track).collect(),
        subtitles: asset.subtitles().iter().map(subtitle).collect(),
    }
}

fn subtitle(subtitle: &Subtitle) -> SubtitleEntry<'_> {
    SubtitleEntry { id: &subtitle.id, lang: &subtitle.lang, label: subtitle.label.as_deref() }
}

fn track(track: &Track) -> TrackEntry<'_> {
    let mut entry = TrackEntry {
        id: &track.id,
        kind: "audio",
        codec: &track.codec,
        lang: &track.lang,
        label: track.label.as_deref(),
        width: None,
        height: None,
        frame_rate: None,
        sample_rate: None,
        channels: None,
        average_bps: average_bps(track),
        fragments: track.fragments.len(),
    };
    match track.kind {
        Kind::Video { width, height, frame_rate, .. } => {
            entry.kind = "video";
            (entry.width, entry.height) = (Some(width), Some(height));
            entry.frame_rate = frame_rate.map(|(frames, seconds)| format!("{frames}/{seconds}"));
        }
        Kind::Audio { sample_rate, channels } => {
            (entry.sample_rate, entry.channels) = (Some(sample_rate), Some(channels));
        }
    }
    entry
}

/// Returns the bits per second of all fragments together.
pub(super) fn average_bps(track: &Track) -> u128 {
    let bytes: u128 = track.fragments.iter().map(|fragment| u128::from(fragment.size)).sum();
    let ticks: u128 = track.fragments.iter().map(|fragment| u128::from(fragment.duration)).sum();
    (bytes * 8 * u128::from(track.timescale)).checked_div(ticks).unwrap_or(0)
}
