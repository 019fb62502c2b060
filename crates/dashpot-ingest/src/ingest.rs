//! The whole work: encode or take as it is, pack, move into place.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::config::{Config, Mode, Progress, Stage};
use crate::encode::encode;
use crate::error::IngestError;
use crate::folder::Folder;
use crate::pack::{Packing, Source, pack};
use crate::report::Report;
use crate::ssim::{Compared, compare};
use crate::thumbnails::Drawing;

/// Makes an asset of films, and says how far it is through `progress`. When the future is dropped, the
/// encoder ends and what was made so far goes.
///
/// # Errors
/// Fails when a program, an input or the disk does not allow it; nothing is left behind then.
pub async fn ingest(
    config: Config,
    progress: impl Fn(Progress) + Send + Sync + 'static,
) -> Result<Report, IngestError> {
    let folder = Folder::new(&config.out, &config.name, config.existing)?;
    let report = |stage| {
        let progress = &progress;
        move |done_ratio, remaining| progress(Progress { stage, done_ratio, remaining })
    };
    let mut compared = Compared::new();
    let sources = match &config.mode {
        Mode::Copy => config.inputs.iter().map(|path| Source::file(path)).collect(),
        Mode::Encode { ladder, codec, ssim } => {
            let work = folder.work();
            let encoded = encode(&config, (ladder, *codec), &work, report(Stage::Encode)).await?;
            if let (true, Some(pictures)) = (*ssim, &encoded.pictures) {
                compared = compare(&config.ffmpeg, pictures, &work, report(Stage::Compare)).await?;
            }
            encoded.sources
        }
    };
    let stop = StopOnDrop(Arc::new(AtomicBool::new(false)));
    let (stopped, ffmpeg) = (Arc::clone(&stop.0), config.ffmpeg.clone());
    let progress = Arc::new(progress);
    let told = Arc::clone(&progress);
    let packed = tokio::task::spawn_blocking(move || {
        let report = |done_ratio| {
            told(Progress { stage: Stage::Pack, done_ratio, remaining: None });
        };
        let sources = (&sources[..], &compared);
        packed(folder, sources, &config, &stopped, &report)
    });
    // The task does not panic; a runtime that ends takes it along.
    let (folder, mut made, drawing) = packed.await.unwrap_or(Err(IngestError::Interrupted))?;
    if let Some(drawing) = drawing {
        progress(Progress { stage: Stage::Draw, done_ratio: 0.0, remaining: None });
        drawing.draw(&ffmpeg, &folder.asset()).await?;
    }
    let committed = tokio::task::spawn_blocking(move || folder.commit());
    made.path = committed.await.unwrap_or(Err(IngestError::Interrupted))?;
    Ok(made)
}

/// Packs the sources; what is still to be drawn comes with the folder.
fn packed(
    folder: Folder,
    (sources, compared): (&[Source], &Compared),
    config: &Config,
    stop: &AtomicBool,
    report: &(dyn Fn(f64) + Send + Sync),
) -> Result<(Folder, Report, Option<Drawing>), IngestError> {
    let (gop, title, tiles) = (config.gop, config.name.as_str(), config.thumbnails);
    let packing = Packing { sources, compared, gop, title, tiles, stop, report };
    let (made, drawing) = pack(&packing, &folder.asset())?;
    if made.tracks.iter().all(|track| track.fragments == 0) {
        let inputs = sources.iter().map(|source| source.about.display().to_string());
        return Err(IngestError::NoStreams { inputs: inputs.collect::<Vec<_>>().join(", ") });
    }
    if stop.load(Ordering::Relaxed) {
        return Err(IngestError::Interrupted);
    }
    Ok((folder, made, drawing))
}

/// Tells the blocking work to stop when the future that waits for it is dropped.
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
