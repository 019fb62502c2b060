//! Compares rungs with the film that they were made of, in one run of ffmpeg.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use dashpot_bmff::mux::Plan;
use dashpot_qoe::ssim_db;

use crate::encode::{Pictures, QUIET, file_argument, words};
use crate::error::IngestError;
use crate::ffmpeg;
use crate::pack::Source;
use crate::ssim::Ssim;

/// How like the film every frame of every rung's file is.
#[derive(Debug, Default)]
pub(crate) struct Compared {
    /// Width and height at which they were compared.
    size: (u32, u32),
    files: BTreeMap<PathBuf, Vec<f64>>,
}

/// Compares each rung of `pictures`, frame by frame.
pub(crate) async fn compare(
    program: &Path,
    pictures: &Pictures,
    work: &Path,
    report: impl FnMut(f64, Option<Duration>),
) -> Result<Compared, IngestError> {
    let Some(largest) = pictures.rungs.iter().map(|(rung, _)| rung).max_by_key(|it| it.pixels())
    else {
        return Ok(Compared::default());
    };
    let size = (largest.width, largest.height);
    let logs: Vec<_> =
        (0..pictures.rungs.len()).map(|at| work.join(format!("{at}.ssim"))).collect();
    let mut args = words(&QUIET);
    for path in [&pictures.path].into_iter().chain(pictures.rungs.iter().map(|(_, path)| path)) {
        args.extend(words(&["-i"]));
        args.push(file_argument(path));
    }
    let graph = graph(pictures, size, &logs)?;
    args.extend(words(&["-filter_complex", &graph]));
    for at in 0..logs.len() {
        args.extend(words(&["-map", &format!("[o{at}]")]));
    }
    // The pictures themselves go nowhere.
    args.extend(words(&["-f", "null", "-"]));
    ffmpeg::encode(program, &args, &pictures.path, pictures.total, report).await?;
    let mut files = BTreeMap::new();
    for ((_, path), log) in pictures.rungs.iter().zip(&logs) {
        files.insert(path.clone(), frames(log)?);
    }
    Ok(Compared { size, files })
}

/// Returns the filters: the film's frames at `size` beside each rung's frames, scaled to it.
fn graph(
    pictures: &Pictures,
    (width, height): (u32, u32),
    logs: &[PathBuf],
) -> Result<String, IngestError> {
    let alike = format!("scale={width}:{height}:flags=bicubic,setsar=1,format=yuv420p");
    let frames = Pictures::frames(pictures.video.frame_rate);
    let mut graph = format!("[0:{}]{frames},{alike},split={}", pictures.video.index, logs.len());
    graph.extend((0..logs.len()).map(|at| format!("[r{at}]")));
    for (at, log) in logs.iter().enumerate() {
        let log = escaped(log)?;
        let input = at + 1;
        // The rung is the main input, so that there is one line for each of its frames.
        graph.push_str(&format!(
            ";[{input}:v]{alike}[d{at}];[d{at}][r{at}]ssim=stats_file={log}[o{at}]"
        ));
    }
    Ok(graph)
}

/// Writes a path as the value of a filter's option: once for the option, once for the graph.
fn escaped(path: &Path) -> Result<String, IngestError> {
    let text = path.to_str().ok_or_else(|| IngestError::Unusable {
        path: path.to_owned(),
        why: "comparing pictures needs a path of Unicode letters".to_owned(),
    })?;
    let escape = |text: &str, special: &[char]| {
        text.chars().fold(String::with_capacity(text.len()), |mut done, letter| {
            if special.contains(&letter) {
                done.push('\\');
            }
            done.push(letter);
            done
        })
    };
    Ok(escape(&escape(text, &['\\', '\'', ':']), &['\\', '\'', '[', ']', ',', ';']))
}

/// The longest line of ffmpeg's statistics is a fifth of this.
const LINE_MAX: u64 = 512;

/// Reads what ffmpeg wrote of each frame: `n:1 Y:0.98 U:0.99 V:0.99 All:0.985 (18.2)`.
fn frames(log: &Path) -> Result<Vec<f64>, IngestError> {
    let unreadable = |source| IngestError::Read { path: log.to_owned(), source };
    let mut lines = BufReader::new(File::open(log).map_err(unreadable)?);
    let (mut frames, mut line) = (Vec::new(), String::new());
    loop {
        line.clear();
        let count = lines.by_ref().take(LINE_MAX).read_line(&mut line).map_err(unreadable)?;
        if count == 0 {
            return Ok(frames);
        }
        let value = all(&line).ok_or_else(|| IngestError::Unusable {
            path: log.to_owned(),
            why: format!("ffmpeg said `{}` of a frame", line.trim()),
        })?;
        frames.push(value);
    }
}

fn all(line: &str) -> Option<f64> {
    let word = line.split_whitespace().find_map(|word| word.strip_prefix("All:"))?;
    // Rounding may end a hair above 1.
    word.parse().ok().filter(|value: &f64| (-1.0..=1.001).contains(value)).map(|it| it.min(1.0))
}

impl Compared {
    /// Returns that nothing was compared.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Returns a sidecar without a track, where something was compared.
    pub(crate) fn sidecar(&self) -> Option<Ssim> {
        let size = self.size;
        (!self.files.is_empty()).then_some(Ssim { size, tracks: BTreeMap::new() })
    }

    /// Adds the mean of each fragment of the track in `file`, and returns that of all in decibels;
    /// `None` where the track was not compared.
    pub(crate) fn add(
        &self,
        ssim: &mut Ssim,
        file: &str,
        (source, plan): (&Source, &Plan),
    ) -> Result<Option<f64>, IngestError> {
        let Some(frames) = self.files.get(&source.path) else { return Ok(None) };
        if frames.len() != plan.samples().len() {
            let why = format!(
                "ffmpeg compared {} of {} frames of {file}",
                frames.len(),
                plan.samples().len()
            );
            return Err(IngestError::Unusable { path: source.about.clone(), why });
        }
        let (mut means, mut rest) = (Vec::new(), &frames[..]);
        for length in plan.fragment_lengths() {
            let (fragment, after) = rest.split_at(length.min(rest.len()));
            means.push(mean(fragment));
            rest = after;
        }
        let name = file.strip_suffix(".mp4").unwrap_or(file);
        ssim.tracks.insert(name.to_owned(), means);
        Ok(Some(ssim_db(mean(frames))))
    }
}

#[expect(clippy::cast_precision_loss, reason = "no film has 2^53 frames")]
fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_similarity_of_all_planes_is_read() {
        let check = |line: &str, expected| assert_eq!(all(line), expected, "{line}");
        check("n:1 Y:0.98 U:0.99 V:0.99 All:0.985000 (18.239087)\n", Some(0.985));
        check("n:1 Y:1 U:1 V:1 All:1.000000 (inf)", Some(1.0));
        check("n:1 All:nan (nan)", None);
        check("n:1 All:7", None);
        check("n:1 Y:0.98", None);
        check("", None);
    }

    #[test]
    fn paths_are_escaped_for_the_option_and_for_the_graph() {
        let check = |path: &str, expected: &str| {
            assert_eq!(escaped(Path::new(path)).unwrap(), expected);
        };
        check("/a/b.ssim", "/a/b.ssim");
        check("C:/it's", r"C\\:/it\\\'s");
        check(r"a[b],c;d\e", r"a\[b\]\,c\;d\\\\e");
    }
}
