//! Whole assets from sources that ffmpeg draws. Where ffmpeg is missing they say so and pass.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dashpot_bmff::mux::{Cut, Plan};
use tempfile::TempDir;

use crate::source::medias;
use crate::{Codec, Config, Existing, IngestError, Mode, Report, Ssim, Stage, ingest};

mod encode;
mod refused;

/// A folder with sources, and one for assets.
struct Lab {
    folder: TempDir,
}

impl Lab {
    /// Returns a lab, or `None` with a message when ffmpeg is missing.
    fn new() -> Option<Self> {
        let found = Command::new("ffmpeg").arg("-version").stdout(Stdio::null()).status();
        if !found.is_ok_and(|status| status.success()) {
            println!("skipped: ffmpeg is not installed");
            return None;
        }
        Some(Self { folder: tempfile::tempdir().unwrap() })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn out(&self) -> PathBuf {
        self.path("out")
    }

    /// Draws 4 s of moving picture at 160x90 with a key frame each `group` frames, and a tone.
    fn draw(&self, name: &str, group: u32, more: &[&str]) -> PathBuf {
        let path = self.path(name);
        let group = group.to_string();
        let picture = ["-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=4"];
        let tone = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:duration=4"];
        let code = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-bf", "2"];
        let groups = ["-g", &group, "-keyint_min", &group, "-sc_threshold", "0", "-c:a", "aac"];
        let language = ["-metadata:s:a:0", "language=kor"];
        let status = Command::new("ffmpeg")
            .args(["-nostdin", "-v", "error", "-y"])
            .args(picture)
            .args(tone)
            .args(code)
            .args(groups)
            .args(language)
            .args(more)
            .arg(&path)
            .status()
            .unwrap();
        assert!(status.success());
        path
    }

    fn config(&self, inputs: &[PathBuf], mode: Mode) -> Config {
        Config {
            inputs: inputs.to_vec(),
            out: self.out(),
            name: "film".to_owned(),
            mode,
            gop: Duration::from_secs(2),
            thumbnails: None,
            existing: Existing::Keep,
            ffmpeg: "ffmpeg".into(),
            ffprobe: "ffprobe".into(),
        }
    }

    /// Everything in the assets' folder, hidden files included.
    fn left(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.out()) else { return Vec::new() };
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

fn run(config: Config) -> Result<Report, IngestError> {
    runtime().block_on(ingest(config, |_| {}))
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Checks that a track file is what the origin serves: fragments that start at a key frame on a
/// timeline from 0, without an edit list. Returns the starts in milliseconds.
fn starts(asset: &Path, file: &str) -> Vec<u128> {
    let mut found = medias(&asset.join(file)).unwrap();
    assert_eq!(found.len(), 1);
    let media = found.remove(0);
    assert!(media.track.edits.is_empty());
    let first = media.samples.first().unwrap();
    assert_eq!((first.decode_time, first.composition_offset, first.sync), (0, 0, true));
    let starts = Plan::new(media, &Cut::AtSync(Duration::from_millis(1500))).starts();
    starts.iter().map(|start| start.as_duration().as_millis()).collect()
}
