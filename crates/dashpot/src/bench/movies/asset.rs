//! An asset's folder: the index of each of its video tracks.

use crate::bench::files;
use anyhow::{Context as _, bail};
use bytes::Bytes;
use dashpot_bmff::{Handler, parse_init, parse_sidx};
use dashpot_ingest::Ssim;
use dashpot_sim::input::Segments;
use std::{fs::File, io::Read as _, path::Path};

/// `ftyp`, `moov` and `sidx` stand at the start of a track's file; an index of 65,535 segments, the
/// most there can be, takes 768 KiB.
const HEAD_MAX: u64 = 4 << 20;

/// Returns the versions of the film in `folder`, one for each MP4 file with a video track.
pub(super) fn versions(folder: &Path) -> anyhow::Result<Vec<Segments>> {
    let measured = measured(&folder.join(Ssim::FILE))?;
    let mut versions = Vec::new();
    for path in files::all(folder)? {
        if path.extension().is_some_and(|it| it == "mp4") {
            let track = track(&path).with_context(|| format!("`{}`", path.display()))?;
            let Some(mut track) = track else { continue };
            if let Some(measured) = &measured {
                track.ssim = Some(of_track(measured, &path, track.segments.len())?);
            }
            versions.push(track);
        }
    }
    if versions.is_empty() {
        bail!("it holds no MP4 file with a video track; `dashpot ingest` makes such assets");
    }
    Ok(versions)
}

/// Reads how like the source the asset's segments look, where somebody measured it.
fn measured(path: &Path) -> anyhow::Result<Option<Ssim>> {
    if !path.is_file() {
        return Ok(None);
    }
    let shown = path.display();
    let ssim = files::text(path).and_then(|text| Ok(Ssim::parse(&text)?));
    ssim.map(Some).with_context(|| format!("`{shown}` (remove it to go on without)"))
}

/// Returns what was measured of the track of `segments` segments in the file `path`.
fn of_track(measured: &Ssim, path: &Path, segments: usize) -> anyhow::Result<Vec<f64>> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let ssim = measured.tracks.get(&*name);
    let ssim = ssim.with_context(|| format!("`{}` has no track `{name}`", Ssim::FILE))?;
    if ssim.len() != segments {
        let (file, count) = (Ssim::FILE, ssim.len());
        bail!("`{file}` has {count} segments of `{name}`, which has {segments}; measure again");
    }
    Ok(ssim.clone())
}

/// Returns the segments of a track's file; `None` where it has no pictures.
fn track(path: &Path) -> anyhow::Result<Option<Segments>> {
    let mut head = Vec::new();
    File::open(path)?.take(HEAD_MAX).read_to_end(&mut head)?;
    let head = Bytes::from(head);
    let init = parse_init(&head)?;
    if !init.tracks.iter().any(|track| track.handler == Handler::Video) {
        return Ok(None);
    }
    let sidx = parse_sidx(&head)?;
    if sidx.references.iter().any(|reference| reference.to_index) {
        bail!("its index points at other indexes");
    }
    let ms = |ticks: u32| f64::from(ticks) / f64::from(sidx.timescale) * 1e3;
    let segments = sidx.references.iter().map(|it| (ms(it.duration), it.size.into())).collect();
    Ok(Some(Segments { kbps: None, segments, ssim: None }))
}
