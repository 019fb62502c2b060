//! Cuts tracks into fragments and writes the asset's files. Blocking.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dashpot_base::MediaTime;
use dashpot_bmff::Handler;
use dashpot_bmff::mux::{Cut, Media, Plan};

use crate::align::check_aligned;
use crate::error::IngestError;
use crate::report::{Report, TrackReport};
use crate::source::medias;
use crate::ssim::{Compared, Ssim};
use crate::subtitles;
use crate::thumbnails::{self, Drawing, Packed, Tiles};
use crate::track::write_track;

/// A file that gives tracks.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// The MP4 or WebVTT file.
    pub(crate) path: PathBuf,
    /// The file that a person named, for errors.
    pub(crate) about: PathBuf,
    /// Language for tracks that say none.
    pub(crate) language: Option<String>,
    /// What people call its track.
    pub(crate) label: Option<String>,
    /// What its track is for.
    pub(crate) role: Option<&'static str>,
}

impl Source {
    /// Returns a file that a person named, of which nothing else is known.
    pub(crate) fn file(path: &Path) -> Self {
        let path = path.to_owned();
        Self { about: path.clone(), path, language: None, label: None, role: None }
    }
}

/// A planned track and where its samples come from.
struct Planned<'a> {
    source: &'a Source,
    plan: Plan,
}

/// Everything that becomes the asset.
pub(crate) struct Packing<'a> {
    pub(crate) sources: &'a [Source],
    /// How like the film each frame is, file by file, where that was measured.
    pub(crate) compared: &'a Compared,
    pub(crate) gop: Duration,
    pub(crate) title: &'a str,
    /// How many small pictures a sheet is to have, where there are to be sheets.
    pub(crate) tiles: Option<Tiles>,
    /// Set from outside to stop between tracks.
    pub(crate) stop: &'a AtomicBool,
    pub(crate) report: &'a (dyn Fn(f64) + Send + Sync),
}

/// Writes the tracks, the subtitles, `asset.json` and, where frames were compared, `ssim.json` into
/// `folder`.
pub(crate) fn pack(
    packing: &Packing<'_>,
    folder: &Path,
) -> Result<(Report, Option<Drawing>), IngestError> {
    let mut notes = Vec::new();
    let planned = plan(packing, &mut notes)?;
    let texts = texts(packing.sources)?;
    let total: u64 = planned.iter().map(|track| track.plan.data_bytes()).sum();
    let (mut names, mut tracks, mut done) = (Names::default(), Vec::new(), 0);
    let mut rungs = Vec::new();
    let mut ssim = packing.compared.sidecar();
    for track in &planned {
        if packing.stop.load(Ordering::Relaxed) {
            return Err(IngestError::Interrupted);
        }
        let file = format!("{}.mp4", names.of(track.plan.track()));
        let size_bytes = write_track(&track.source.path, &track.plan, &folder.join(&file))?;
        if track.plan.track().handler == Handler::Video {
            let size = (track.plan.track().width.into(), track.plan.track().height.into());
            rungs.push(Packed { file: file.clone(), size });
        }
        let mut made = track_report(&track.plan, file, size_bytes);
        if let Some(label) = &track.source.label {
            made.label.clone_from(label);
        }
        made.role = track.source.role;
        if let Some(ssim) = &mut ssim {
            made.ssim_db = packing.compared.add(ssim, &made.file, (track.source, &track.plan))?;
        }
        tracks.push(made);
        done += track.plan.data_bytes();
        (packing.report)(ratio(done, total));
    }
    for (language, text) in texts {
        let file = format!("{}.vtt", names.tagged("s", language.as_deref()));
        write_text(&folder.join(&file), &text)?;
        tracks.push(TrackReport {
            label: language.clone().unwrap_or_else(|| file.clone()),
            file,
            language,
            role: None,
            codec: "wvtt".to_owned(),
            rate_bps: 0,
            fragments: 0,
            size_bytes: u64::try_from(text.len()).unwrap_or(u64::MAX),
            ssim_db: None,
        });
    }
    if let Some(ssim) = ssim {
        write_text(&folder.join(Ssim::FILE), &ssim.text())?;
    }
    let pictures = planned.iter().filter(|one| one.plan.track().handler == Handler::Video);
    let longest = pictures.map(|one| end(&one.plan)).max_by_key(|end| end.as_duration());
    let drawing = packing
        .tiles
        .zip(longest)
        .and_then(|(tiles, longest)| thumbnails::planned(tiles, &rungs, longest));
    let thumbnails = drawing.as_ref().map(|drawing| drawing.thumbnails.clone());
    let text = Report::asset_json(packing.title, &tracks, thumbnails.as_ref());
    write_text(&folder.join("asset.json"), &text)?;
    let durations = planned.iter().map(|track| seconds(&track.plan));
    let duration_seconds = durations.fold(0.0, f64::max);
    let path = folder.to_owned();
    Ok((Report { path, duration_seconds, tracks, thumbnails, notes }, drawing))
}

/// Plans video by rising rate, then sound cut where the pictures are.
fn plan<'a>(
    packing: &Packing<'a>,
    notes: &mut Vec<String>,
) -> Result<Vec<Planned<'a>>, IngestError> {
    let (mut videos, mut sounds) = (Vec::new(), Vec::new());
    for source in packing.sources.iter().filter(|source| !is_text(&source.path)) {
        for mut media in medias(&source.path).map_err(|error| blame(error, &source.about))? {
            if media.track.language.is_none() {
                media.track.language.clone_from(&source.language);
            }
            match media.track.handler {
                Handler::Video if usable(&media, source, notes)? => videos.push((source, media)),
                Handler::Audio if usable(&media, source, notes)? => sounds.push((source, media)),
                Handler::Video | Handler::Audio => {}
                Handler::Text | Handler::Other(_) => notes.push(format!(
                    "{}: track {} ({}) is left out: it is neither video nor audio",
                    source.about.display(),
                    media.track.id,
                    media.track.sample_entry
                )),
            }
        }
    }
    let cut = Cut::AtSync(packing.gop);
    let planned = |(source, media), cut: &Cut| Planned { source, plan: Plan::new(media, cut) };
    let mut tracks: Vec<_> = videos.into_iter().map(|video| planned(video, &cut)).collect();
    let starts = tracks.iter().map(|track| (track.source.about.clone(), track.plan.starts()));
    check_aligned(&starts.collect::<Vec<_>>())?;
    tracks.sort_by_key(|track| track.plan.bits_per_second());
    let pictures = tracks.iter().max_by_key(|track| end(&track.plan).as_duration());
    let Some((starts, end)) = pictures.map(|track| (track.plan.starts(), end(&track.plan))) else {
        tracks.extend(sounds.into_iter().map(|sound| planned(sound, &cut)));
        return Ok(tracks);
    };
    let cut = Cut::Near(starts);
    for sound in sounds {
        let mut track = planned(sound, &cut);
        track.plan = track.plan.trimmed(end);
        long_enough(&track, end, packing.gop)?;
        tracks.push(track);
    }
    Ok(tracks)
}

/// Says whether a track can be packed; one without samples is left out with a note.
fn usable(media: &Media, source: &Source, notes: &mut Vec<String>) -> Result<bool, IngestError> {
    let unusable = |why: &str| IngestError::Unusable {
        path: source.about.clone(),
        why: format!("track {}: {why}", media.track.id),
    };
    let Some(first) = media.samples.first() else {
        notes.push(format!(
            "{}: track {} is left out: it is empty",
            source.about.display(),
            media.track.id
        ));
        return Ok(false);
    };
    if matches!(&media.track.sample_entry.0, b"encv" | b"enca") {
        return Err(unusable("it is encrypted"));
    }
    if !first.sync {
        return Err(unusable("it does not begin with a key frame"));
    }
    Ok(true)
}

/// The origin refuses assets whose sound ends more than a fragment before the pictures.
fn long_enough(track: &Planned<'_>, pictures: MediaTime, gop: Duration) -> Result<(), IngestError> {
    let missing = pictures.as_duration().saturating_sub(end(&track.plan).as_duration());
    if missing <= gop {
        return Ok(());
    }
    let why = format!("sound ends {:.1} s before the pictures; pad it", missing.as_secs_f64());
    Err(IngestError::Unusable { path: track.source.about.clone(), why })
}

/// Reads the sidecar subtitles among the sources.
fn texts(sources: &[Source]) -> Result<Vec<(Option<String>, String)>, IngestError> {
    let texts = sources.iter().filter(|source| is_text(&source.path)).map(|source| {
        let text = subtitles::read(&source.path).map_err(|error| blame(error, &source.about))?;
        Ok((source.language.clone().or_else(|| subtitles::language_of(&source.path)), text))
    });
    texts.collect()
}

/// Puts the file that a person named in place of one that was made of it.
fn blame(mut error: IngestError, about: &Path) -> IngestError {
    if let IngestError::Read { path, .. }
    | IngestError::Format { path, .. }
    | IngestError::Unusable { path, .. } = &mut error
    {
        about.clone_into(path);
    }
    error
}

pub(crate) fn is_text(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("vtt"))
}

fn write_text(path: &Path, text: &str) -> Result<(), IngestError> {
    let written = fs::write(path, text).and_then(|()| fs::File::open(path)?.sync_all());
    written.map_err(|source| IngestError::write(path, source))
}

fn track_report(plan: &Plan, file: String, size_bytes: u64) -> TrackReport {
    let track = plan.track();
    let rate_bps = plan.bits_per_second().unwrap_or(0);
    let label = match track.handler {
        Handler::Video => {
            // Rounded to what people say: 1750 kbit/s, not 1746.
            let kbps = (rate_bps + 5000) / 10_000 * 10;
            format!("{kbps}k {}x{}", track.width, track.height)
        }
        Handler::Audio | Handler::Text | Handler::Other(_) => {
            track.language.clone().unwrap_or_else(|| "Audio".to_owned())
        }
    };
    TrackReport {
        file,
        label,
        language: track.language.clone(),
        role: None,
        codec: track.codec.clone(),
        rate_bps,
        fragments: plan.starts().len(),
        size_bytes,
        ssim_db: None,
    }
}

/// File names without extension, each given once: `v1`, `v2`, `a-en`, `a-en-2`, `s-ko`.
#[derive(Default)]
struct Names {
    videos: u32,
    taken: BTreeSet<String>,
}

impl Names {
    fn of(&mut self, track: &dashpot_bmff::Track) -> String {
        if track.handler == Handler::Video {
            self.videos += 1;
            return format!("v{}", self.videos);
        }
        self.tagged("a", track.language.as_deref())
    }

    fn tagged(&mut self, kind: &str, language: Option<&str>) -> String {
        let first = format!("{kind}-{}", language.unwrap_or("und"));
        let mut name = first.clone();
        let mut number = 1_u32;
        while !self.taken.insert(name.clone()) {
            number += 1;
            name = format!("{first}-{number}");
        }
        name
    }
}

fn end(plan: &Plan) -> MediaTime {
    MediaTime { ticks: plan.duration_ticks(), timescale: plan.track().timescale }
}

fn seconds(plan: &Plan) -> f64 {
    end(plan).as_duration().as_secs_f64()
}

fn ratio(done: u64, total: u64) -> f64 {
    // Per mille is fine enough for a bar, and exact in a float.
    let per_mille = (u128::from(done) * 1000).checked_div(u128::from(total)).unwrap_or(1000);
    f64::from(u16::try_from(per_mille).unwrap_or(1000)) / 1000.0
}
