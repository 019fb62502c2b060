//! Encodes a ladder, sound and subtitles in one run of ffmpeg, so that the film is decoded once.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::codec::{Codec, options};
use crate::config::Config;
use crate::error::IngestError;
use crate::ffmpeg;
use crate::ladder::{Ladder, Rung};
use crate::pack::{Source, is_text};
use crate::probe::{Audio, Probe, Video, probe};

/// What was encoded.
pub(crate) struct Encoded {
    /// The files to pack.
    pub(crate) sources: Vec<Source>,
    /// What its pictures were made of, where it has some.
    pub(crate) pictures: Option<Pictures>,
}

/// Pictures and the rungs made of them.
pub(crate) struct Pictures {
    /// The file that has them.
    pub(crate) path: PathBuf,
    /// Which of its streams, and at what rate.
    pub(crate) video: Video,
    /// How long they last, where that is known.
    pub(crate) total: Option<Duration>,
    /// Each rung and its file, by rising rate.
    pub(crate) rungs: Vec<(Rung, PathBuf)>,
}

impl Pictures {
    /// Returns the filters that make the frames which rungs are encoded of. A constant rate from
    /// time 0 makes every group the same number of frames. Interlaced frames are made progressive,
    /// others pass.
    pub(crate) fn frames((frames, seconds): (u32, u32)) -> String {
        format!("yadif=deint=interlaced,fps={frames}/{seconds}:start_time=0")
    }
}

/// Encodes the inputs into `work`.
pub(crate) async fn encode(
    config: &Config,
    (ladder, codec): (&Ladder, Codec),
    work: &Path,
    report: impl FnMut(f64, Option<Duration>),
) -> Result<Encoded, IngestError> {
    let about = config.inputs.first().cloned().unwrap_or_default();
    let listed =
        ffmpeg::output("ffmpeg", &config.ffmpeg, &words(&["-hide_banner", "-encoders"]), &about)
            .await?;
    let encoder = codec.encoder(&listed)?;
    let mut job = Job { args: words(&QUIET), sources: Vec::new(), work };
    let mut probes = Vec::new();
    // Sidecar subtitles are taken as they are.
    for path in &config.inputs {
        if is_text(path) {
            job.sources.push(Source::file(path));
        } else {
            job.args.extend(words(&["-i"]));
            job.args.push(file_argument(path));
            probes.push((path, probe(config, path).await?));
        }
    }
    let video = probes.iter().enumerate().find_map(|(input, (path, probe))| {
        probe.video.map(|video| (input, *path, video, probe.duration))
    });
    let sound = probes.iter().any(|(_, probe)| !probe.audio.is_empty());
    if video.is_none() && !sound {
        return Err(IngestError::NoStreams { inputs: list(&config.inputs) });
    }
    let total = video.map_or_else(
        || probes.iter().filter_map(|(_, probe)| probe.duration).max(),
        |(.., duration)| duration,
    );
    let mut pictures = None;
    if let Some((input, path, video, _)) = video {
        let rungs = ladder.fit(video.width, video.height);
        job.pictures((input, path), video, &rungs, (encoder, config.gop), total);
        let files = (0..rungs.len()).map(|at| work.join(rung_file(at)));
        let rungs = rungs.iter().copied().zip(files).collect();
        pictures = Some(Pictures { path: path.clone(), video, total, rungs });
    }
    for (input, (path, probe)) in probes.iter().enumerate() {
        job.sound((input, path), probe, total, video.is_some());
        job.text((input, path), probe);
    }
    ffmpeg::encode(&config.ffmpeg, &job.args, &about, total, report).await?;
    Ok(Encoded { sources: job.sources, pictures })
}

fn rung_file(at: usize) -> String {
    format!("v{at}.mp4")
}

pub(crate) const QUIET: [&str; 8] =
    ["-nostdin", "-hide_banner", "-v", "error", "-nostats", "-progress", "pipe:1", "-y"];

/// The role of what is played where nobody chooses.
const MAIN: &str = "main";
/// Channels of sound, their rate, and what people call them.
const SHAPES: [(&str, &str, &str); 2] = [("2", "128k", ""), ("6", "384k", "5.1")];

/// The command line that grows, and the files it will make.
struct Job<'a> {
    args: Vec<OsString>,
    sources: Vec<Source>,
    work: &'a Path,
}

impl Job<'_> {
    /// Adds a rung for each size, all from one decoding, with key frames at the same frames.
    fn pictures(
        &mut self,
        (input, about): (usize, &Path),
        video: Video,
        rungs: &[Rung],
        (encoder, gop): (&str, Duration),
        total: Option<Duration>,
    ) {
        let frames = Pictures::frames(video.frame_rate);
        let mut graph = format!("[{input}:{}]{frames},split={}", video.index, rungs.len());
        let branches = (0..rungs.len()).map(|at| format!("[s{at}]"));
        graph.extend(branches);
        for (at, rung) in rungs.iter().enumerate() {
            let (width, height) = (rung.width, rung.height);
            graph.push_str(&format!(
                ";[s{at}]scale={width}:{height},setsar=1,format=yuv420p[v{at}]"
            ));
        }
        self.add(&["-filter_complex", &graph]);
        let group = options(encoder, group_frames(video.frame_rate, gop));
        for (at, rung) in rungs.iter().enumerate() {
            let rate = rung.rate.bps();
            self.add(&["-map", &format!("[v{at}]"), "-c:v", encoder, "-b:v", &rate.to_string()]);
            // The AV1 encoders take a ceiling in other modes only.
            if !["libsvtav1", "libaom-av1"].contains(&encoder) {
                let peak = (rate / 10 * 11).to_string();
                self.add(&["-maxrate", &peak, "-bufsize", &rate.to_string()]);
            }
            self.args.extend(group.iter().map(OsString::from));
            self.output(total, &rung_file(at), about, None);
        }
    }

    /// Adds every sound track of an input as stereo AAC, and with six channels where it has so many.
    fn sound(
        &mut self,
        (input, about): (usize, &Path),
        probe: &Probe,
        total: Option<Duration>,
        pictures: bool,
    ) {
        let shapes = |audio: &Audio| if audio.channels < 6 { &SHAPES[..1] } else { &SHAPES[..] };
        let tracks =
            probe.audio.iter().flat_map(|audio| shapes(audio).iter().map(move |s| (audio, s)));
        // What is the default of one is nothing to say.
        let several = 1 < probe.audio.len();
        let mains = probe.audio.iter().filter(|audio| audio.role == Some(MAIN));
        let main = mains.map(|audio| audio.index).next();
        for (audio, (channels, rate, layout)) in tracks {
            let Audio { index: stream, language, title, role, .. } = audio;
            self.add(&["-map", &format!("{input}:{stream}"), "-c:a", "aac", "-b:a", rate]);
            self.add(&["-ac", channels, "-ar", "48000"]);
            // Gaps become silence, and sound starts and ends with the pictures.
            let mut filter = "aresample=async=1:first_pts=0".to_owned();
            if let (true, Some(total)) = (pictures, total) {
                filter.push_str(&format!(",apad=whole_dur={:.6}", total.as_secs_f64()));
            }
            self.add(&["-af", &filter]);
            if let Some(language) = language {
                self.add(&["-metadata:s:a:0", &format!("language={language}")]);
            }
            let language = language.as_deref().and_then(dashpot_bmff::shortest_language);
            self.output(total, &format!("a{input}-{stream}-{channels}.mp4"), about, language);
            if let Some(source) = self.sources.last_mut() {
                // One track is the main one, and of its shapes the one that all can play.
                let plain = layout.is_empty() && main.is_none_or(|main| main == *stream);
                source.role = role.filter(|role| several && (*role != MAIN || plain));
                let name = title.clone().or_else(|| source.language.clone());
                let name = name.unwrap_or_else(|| "Audio".to_owned());
                source.label = match *layout {
                    "" => title.clone(),
                    layout => Some(format!("{name} {layout}")),
                };
            }
        }
    }

    /// Adds every text subtitle of an input as WebVTT.
    fn text(&mut self, (input, about): (usize, &Path), probe: &Probe) {
        for (stream, language) in &probe.text {
            self.add(&["-map", &format!("{input}:{stream}"), "-c:s", "webvtt"]);
            let language = language.as_deref().and_then(dashpot_bmff::shortest_language);
            self.output(None, &format!("s{input}-{stream}.vtt"), about, language);
        }
    }

    fn output(
        &mut self,
        total: Option<Duration>,
        name: &str,
        about: &Path,
        language: Option<String>,
    ) {
        if let Some(total) = total {
            self.add(&["-t", &format!("{:.6}", total.as_secs_f64())]);
        }
        let path = self.work.join(name);
        self.add(&["-map_metadata", "-1"]);
        self.args.push(file_argument(&path));
        let about = about.to_owned();
        self.sources.push(Source { path, about, language, label: None, role: None });
    }

    fn add(&mut self, more: &[&str]) {
        self.args.extend(words(more));
    }
}

/// Returns how many frames a group of pictures has: the nearest whole number.
fn group_frames((frames, seconds): (u32, u32), gop: Duration) -> u64 {
    let scaled = u128::from(frames) * gop.as_nanos();
    let unit = u128::from(seconds) * 1_000_000_000;
    let nearest = (scaled + unit / 2).checked_div(unit).unwrap_or(1);
    u64::try_from(nearest).unwrap_or(u64::MAX).max(1)
}

/// Names a file so that ffmpeg takes it as one, whatever characters it begins with.
pub(crate) fn file_argument(path: &Path) -> OsString {
    let mut argument = OsString::from("file:");
    argument.push(path);
    argument
}

pub(crate) fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::group_frames;

    #[test]
    fn groups_have_a_whole_number_of_frames() {
        for (rate, gop_ms, expected) in [
            ((25, 1), 2000, 50),
            ((30_000, 1001), 2000, 60),
            ((24_000, 1001), 2000, 48),
            ((10, 1), 10, 1),
        ] {
            assert_eq!(group_frames(rate, Duration::from_millis(gop_ms)), expected, "{rate:?}");
        }
    }
}
